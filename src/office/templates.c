/* SPDX-License-Identifier: Apache-2.0 */
/* All templates, and registrations held against them. The values that must be unique
 * are in one table by a hash of 128 bits; whoever stands there is asked for in the
 * registry before anybody is refused for its sake. */
#include <stdlib.h>

#include "base/num.h"
#include "codec/handle/handle.h"
#include "office/state.h"

enum { CLAIM_KEY = 16, VARINT_BYTES = 10, INDEX_ADMIN = 100, INDEX_ADMIN_KEY = 300 };

static const int64_t CLAIM_HELD_NS = 60 * NS_PER_S;

static const err_text_t text_prefix = {
	{ "no prefix %1 is kept here, or it is not yours", "此处没有前缀 %1，或您无权管理" },
	{ "templates belong to a prefix that this node counts", "模板属于本节点管理的前缀" },
};
static const err_text_t text_used = {
	{ "the version %1 of the template is in use", "模板版本 %1 已被使用" },
	{ "make a new version", "请新建版本" },
};
static const err_text_t text_none = {
	{ "there is no such template: %1", "没有此模板：%1" },
	{ "list the templates first", "请先查看模板列表" },
};

const template_t *office_template_at(const office_t *office, size_t i)
{
	return i < office->template_count ? office->templates[i] : NULL;
}

static template_t **find(const office_t *office, slice_t prefix, slice_t version)
{
	for (size_t i = 0; i < office->template_count; i++)
		if (slice_eq(office->templates[i]->version, version) &&
		    slice_eq_nocase(office->templates[i]->prefix, prefix))
			return &office->templates[i];
	return NULL;
}

const template_t *office_template(const office_t *office, slice_t prefix, slice_t version)
{
	template_t **at = find(office, prefix, version);
	return at ? *at : NULL;
}

void templates_free(office_t *office)
{
	size_t at = 0;
	slice_t key;
	void *value;
	for (size_t i = 0; i < office->template_count; i++)
		template_free(office->templates[i]);
	free(office->templates);
	while (office->claims && table_next(office->claims, &at, &key, &value))
		free(((claim_t *)value)->name);
	table_free(office->claims);
	office->template_count = 0;
	office->templates = NULL;
	office->claims = NULL;
}

/* Entries. */

static err_t add_template(office_t *office, template_t *t)
{
	if (office->template_count == OFFICE_TEMPLATES_MAX) {
		template_free(t);
		return ERR_LIMIT;
	}
	office->templates[office->template_count++] = t;
	return ERR_OK;
}

err_t templates_put_apply(office_t *office, const entry_t *entry)
{
	template_t *t = NULL;
	reader_t r = reader_of(entry->rest);
	err_t err = template_read(&r, &t);
	if (err)
		return err;
	template_t **at = find(office, t->prefix, t->version);
	if (!at)
		return add_template(office, t);
	template_free(*at);
	*at = t;
	return ERR_OK;
}

err_t templates_use_apply(office_t *office, const entry_t *entry)
{
	template_t **at = find(office, entry->prefix, entry->version);
	if (!at)
		return ERR_CORRUPT;
	(*at)->is_used = true;
	return ERR_OK;
}

err_t templates_end_apply(office_t *office, const entry_t *entry)
{
	template_t **at = find(office, entry->prefix, entry->version);
	if (!at)
		return ERR_CORRUPT;
	template_free(*at);
	*at = office->templates[--office->template_count];
	return ERR_OK;
}

/* Making and ending. */

static bool may_keep(const office_t *office, const caller_t *caller, slice_t prefix)
{
	return caller->role >= ROLE_ENGINEER && meter_find(office->meter, prefix) &&
	       (caller->scope.len == 0 || slice_eq_nocase(caller->scope, prefix));
}

static err_t say(err_detail_t *ret_detail, err_t err, const err_text_t *text, slice_t a)
{
	char arg[ERR_ARG_MAX];
	slice_to_cstr(a, arg, sizeof(arg));
	return err_raise(ret_detail, err, text, "", arg, (char *)NULL);
}

static err_t finish(office_t *office, const entry_t *entry, const office_ask_t *ask,
                    err_detail_t *ret_detail)
{
	event_t event = event_make(MSG_TEMPLATE_CHANGED, (node_time_t){ entry->utc_ns });
	const template_t *t = entry->template;
	err_t err = office_do(office, entry, ask, NULL);
	if (err)
		return err_raise(ret_detail, err, NULL, "", (char *)NULL);
	event_arg(&event, ARG_IDENT, value_text(t ? t->prefix : entry->prefix));
	event_arg(&event, ARG_VERSION, value_text(t ? t->version : entry->version));
	event_arg(&event, ARG_SUBJECT, value_text(ask->caller.subject));
	office_tell(office, &event);
	return ERR_OK;
}

err_t office_template_put(office_t *office, const template_t *form, const office_ask_t *ask,
                          err_detail_t *ret_detail)
{
	err_t err = template_good(form, ret_detail);
	if (err)
		return err;
	if (!may_keep(office, &ask->caller, form->prefix))
		return say(ret_detail, ERR_DENIED, &text_prefix, form->prefix);
	const template_t *there = office_template(office, form->prefix, form->version);
	if (there && there->is_used)
		return say(ret_detail, ERR_CONFLICT, &text_used, form->version);
	err = !there && office->template_count == OFFICE_TEMPLATES_MAX ? ERR_LIMIT
	                                                               : office_may(office);
	if (err)
		return err_raise(ret_detail, err, NULL, "", (char *)NULL);
	entry_t entry = office_entry(office, ENTRY_TEMPLATE, &ask->caller);
	entry.template = form;
	return finish(office, &entry, ask, ret_detail);
}

err_t office_template_remove(office_t *office, slice_t prefix, slice_t version,
                             const office_ask_t *ask, err_detail_t *ret_detail)
{
	const template_t *t = office_template(office, prefix, version);
	if (!may_keep(office, &ask->caller, prefix))
		return say(ret_detail, ERR_DENIED, &text_prefix, prefix);
	if (!t)
		return say(ret_detail, ERR_NOT_FOUND, &text_none, version);
	if (t->is_used)
		return say(ret_detail, ERR_CONFLICT, &text_used, version);
	err_t err = office_may(office);
	if (err)
		return err_raise(ret_detail, err, NULL, "", (char *)NULL);
	entry_t entry = office_entry(office, ENTRY_TEMPLATE_END, &ask->caller);
	entry.prefix = prefix;
	entry.version = version;
	return finish(office, &entry, ask, ret_detail);
}

/* Unique values. */

static slice_t prefix_of(slice_t name)
{
	return slice_sub(name, 0, slice_find(name, '/'));
}

static void claim_key(slice_t name, uint32_t index, slice_t value, uint8_t key[CLAIM_KEY])
{
	slice_t prefix = prefix_of(name);
	uint8_t folded[METER_PREFIX_BYTES];
	writer_t w = writer_of(key, CLAIM_KEY);
	size_t len = prefix.len < sizeof(folded) ? prefix.len : sizeof(folded);
	slice_fold_upper(slice_sub(prefix, 0, len), folded);
	uint64_t seed = num_hash(slice_of(folded, len), index);
	wr_u64(&w, num_hash(value, seed));
	wr_u64(&w, num_hash(value, ~seed));
}

static bool record_has(const record_t *record, uint32_t index, slice_t data)
{
	handle_value_t value;
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	while (handle_value_next(&iter, &value))
		if (value.index == index)
			return slice_eq(value.data, data);
	return false;
}

/* Somebody else has it, or asked for it a moment ago. */
static bool is_held(office_t *office, const claim_t *claim, slice_t name,
                    const registration_item_t *item)
{
	record_t record;
	err_t err = ERR_OK;
	slice_t holder = slice_str(claim->name);
	if (slice_eq_nocase(holder, name))
		return false;
	registry_find_batch(office->reader, &holder, 1, &record, &err);
	bool has = !err && record_has(&record, item->index, item->value);
	registry_find_done(office->reader);
	return has || env_utc(office->env).ns - claim->since_ns < CLAIM_HELD_NS;
}

static err_t put_key(office_t *office, slice_t key, slice_t name, int64_t since_ns)
{
	claim_t *claim = NULL;
	char *copy = malloc(name.len + 1);
	if (!copy)
		return ERR_NO_MEMORY;
	slice_to_cstr(name, copy, name.len + 1);
	err_t err = table_put(office->claims, key, (void **)&claim, NULL);
	if (err) {
		free(copy);
		return err;
	}
	free(claim->name);
	claim->name = copy;
	claim->since_ns = since_ns;
	return ERR_OK;
}

static err_t put_claim(office_t *office, slice_t name, const registration_item_t *item,
                       int64_t since_ns)
{
	uint8_t key[CLAIM_KEY];
	claim_key(name, item->index, item->value, key);
	return put_key(office, slice_of(key, sizeof(key)), name, since_ns);
}

size_t templates_claims_bytes(const office_t *office)
{
	size_t bytes = 0, at = 0;
	slice_t key;
	claim_t *claim;
	while (table_next(office->claims, &at, &key, (void **)&claim))
		bytes += CLAIM_KEY + 2 * VARINT_BYTES + strlen(claim->name);
	return bytes;
}

void templates_claims_put(const office_t *office, writer_t *w)
{
	size_t at = 0;
	slice_t key;
	claim_t *claim;
	while (table_next(office->claims, &at, &key, (void **)&claim)) {
		wr_bytes(w, key);
		wr_zigzag(w, claim->since_ns);
		wr_string(w, slice_str(claim->name));
	}
}

err_t templates_claim_take(office_t *office, reader_t *r)
{
	slice_t key = rd_take(r, CLAIM_KEY);
	int64_t since_ns = rd_zigzag(r);
	slice_t name = rd_string(r);
	return r->bad ? ERR_CORRUPT : put_key(office, key, name, since_ns);
}

void templates_replay(office_t *office, const registry_entry_t *entry)
{
	const record_t *record = &entry->record;
	handle_value_t value;
	const template_t *t = NULL;
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	slice_t prefix = prefix_of(record->name);
	while (!t && office->template_count && handle_value_next(&iter, &value))
		if (value.index == TEMPLATE_INDEX)
			t = office_template(office, prefix, value.data);
	iter = handle_list_iter(handle_values_of(record));
	while (t && handle_value_next(&iter, &value)) {
		const template_item_t *item = template_item(t, value.index);
		/* A full table shows at the next registration. */
		registration_item_t given = { value.index, value.type, value.data };
		if (item && item->unique && record->state != RECORD_DELETED)
			(void)!put_claim(office, record->name, &given, entry->utc_ns);
	}
}

static err_t check_claim(office_t *office, slice_t name, const template_item_t *item,
                         const registration_item_t *given, template_faults_t *faults)
{
	uint8_t key[CLAIM_KEY];
	char value[ERR_ARG_MAX];
	claim_key(name, given->index, given->value, key);
	const claim_t *claim = table_get(office->claims, slice_of(key, sizeof(key)));
	slice_to_cstr(given->value, value, sizeof(value));
	if (claim && is_held(office, claim, name, given))
		template_fault(faults, RULE_UNIQUE, item, given->index, value);
	return !claim && table_count(office->claims) == OFFICE_CLAIMS_MAX ? ERR_LIMIT : ERR_OK;
}

static err_t check_unique(office_t *office, const template_t *t, const registration_form_t *form,
                          template_faults_t *faults)
{
	err_t err = ERR_OK;
	for (size_t i = 0; i < form->count && !err; i++) {
		const template_item_t *item = template_item(t, form->items[i].index);
		if (item && item->unique)
			err = check_claim(office, form->name, item, &form->items[i], faults);
	}
	return err;
}

static err_t hold_unique(office_t *office, const template_t *t, const registration_form_t *form)
{
	err_t err = ERR_OK;
	int64_t now_ns = env_utc(office->env).ns;
	for (size_t i = 0; i < form->count && !err; i++) {
		const template_item_t *item = template_item(t, form->items[i].index);
		if (item && item->unique)
			err = put_claim(office, form->name, &form->items[i], now_ns);
	}
	return err;
}

/* Registrations. */

static void write_value(writer_t *w, uint32_t index, slice_t type, slice_t data, uint8_t perms)
{
	handle_value_t value = { .index = index,
		                 .ttl_s = HANDLE_TTL_DEFAULT_S,
		                 .perms = perms,
		                 .type = type,
		                 .data = data };
	handle_value_encode(&value, w);
}

static void write_admin(slice_t prefix, writer_t *w)
{
	uint8_t buf[METER_PREFIX_BYTES + 64];
	char name[METER_PREFIX_BYTES + 8];
	writer_t n = writer_of(name, sizeof(name)), a = writer_of(buf, sizeof(buf));
	handle_prefix_record(prefix, &n);
	handle_admin_t admin = { .rights = HANDLE_ADMIN_ALL,
		                 .admin = { writer_done(&n), INDEX_ADMIN_KEY } };
	handle_admin_encode(&admin, &a);
	w->bad = w->bad || n.bad || a.bad;
	write_value(w, INDEX_ADMIN, SLICE("HS_ADMIN"), writer_done(&a), HANDLE_PERMS_DEFAULT);
}

/* The first registration by a template is the end of its changes. */
static err_t use(office_t *office, const template_t *t)
{
	caller_t caller = caller_node();
	uint64_t seq;
	if (t->is_used)
		return ERR_OK;
	entry_t entry = office_entry(office, ENTRY_TEMPLATE_USE, &caller);
	entry.prefix = t->prefix;
	entry.version = t->version;
	return office_log(office, &entry, &seq);
}

static void fault_template(template_faults_t *faults, slice_t version)
{
	char text[ERR_ARG_MAX];
	slice_to_cstr(version, text, sizeof(text));
	template_fault(faults, RULE_TEMPLATE, NULL, 0, text);
}

/* ERR_INVALID: what is wrong is in the faults. */
static err_t check_form(office_t *office, const template_t *t, const registration_form_t *form,
                        template_faults_t *faults)
{
	err_t err = ERR_OK;
	if (t)
		template_check(t, form, faults);
	else
		fault_template(faults, form->version);
	if (t && faults->count == 0)
		err = check_unique(office, t, form, faults);
	metric_add(&office->metrics, OFFICE_METRIC_FAULTY, faults->count > 0);
	return faults->count > 0 ? ERR_INVALID : err;
}

static void write_items(const template_t *t, const registration_form_t *form, writer_t *w)
{
	for (size_t i = 0; i < form->count; i++) {
		const registration_item_t *given = &form->items[i];
		write_value(w, given->index, given->type, given->value,
		            template_item(t, given->index)->perms);
	}
}

static void write_record(const template_t *t, const registration_form_t *form, writer_t *w)
{
	write_admin(prefix_of(form->name), w);
	write_value(w, TEMPLATE_INDEX, SLICE("TEMPLATE"), t->version, HANDLE_PERMS_DEFAULT);
	write_items(t, form, w);
}

err_t office_compose(office_t *office, const registration_form_t *form, writer_t *w,
                     uint32_t *ret_count, template_faults_t *ret_faults)
{
	const template_t *t = office_template(office, prefix_of(form->name), form->version);
	*ret_faults = (template_faults_t){ .count = 0 };
	err_t err = check_form(office, t, form, ret_faults);
	if (!err)
		err = use(office, t);
	if (!err)
		err = hold_unique(office, t, form);
	if (err)
		return err;
	write_record(t, form, w);
	*ret_count = (uint32_t)(form->count + 2);
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}
