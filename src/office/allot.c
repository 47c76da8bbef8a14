/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a prefix, 0.NA/PREFIX: made once the decision is durable, and noted as
 * made once it is. Its values: 1 DESC, 3 HS_SITE and 4 HS_SERV where names are delegated,
 * 100 HS_ADMIN for the applicant, 101 HS_ADMIN for the node, 300 HS_PUBKEY; a secret
 * (301 HS_SECKEY) is set once, later. */
#include "base/num.h"
#include "codec/handle/handle.h"
#include "office/state.h"

enum {
	RECORD_BYTES = OFFICE_KEY_MAX + 8192,
	INDEX_DESC = 1,
	INDEX_SITE = 3,
	INDEX_SERVICE = 4,
	INDEX_ADMIN = 100,
	INDEX_NODE_ADMIN = 101,
	INDEX_KEY = 300,
	INDEX_SECRET = 301,
	/* All but what makes and ends derived prefixes: that is the office's. */
	RIGHTS = HANDLE_ADMIN_ALL & ~(HANDLE_ADMIN_ADD_PREFIX | HANDLE_ADMIN_DELETE_PREFIX),
	SECRET_BYTES = (OFFICE_SECRET_TEXT - 1) / 2,
	SITE_BYTES = 1024,
	PERMS_SECRET = HANDLE_PERM_ADMIN_READ | HANDLE_PERM_ADMIN_WRITE,
};

static const int64_t RETRY_NS = 1 * NS_PER_S;

static const err_text_t text_none = {
	{ "no prefix %1 was given here", "此处未分配前缀 %1" },
	{ "list the prefixes first", "请先查看前缀列表" },
};
static const err_text_t text_has = {
	{ "the prefix %1 has a key or a secret already", "前缀 %1 已有密钥" },
	{ "it is set once; its holder changes it over the Handle wire",
	  "密钥只能设置一次，持有单位可通过标识协议更换" },
};
static const err_text_t text_pending = {
	{ "the record of the prefix %1 is not made yet", "前缀 %1 的记录尚未建立" },
	{ "it is tried again by itself; wait until it is made", "系统会自动重试，请稍候" },
};

/* Values. */

typedef struct {
	writer_t w;
	uint32_t count;
} values_t;

static void add(values_t *values, uint32_t index, const char *type, slice_t data)
{
	handle_value_t value = { .index = index,
		                 .ttl_s = HANDLE_TTL_DEFAULT_S,
		                 .perms = index == INDEX_SECRET ? PERMS_SECRET
		                                                : HANDLE_PERMS_DEFAULT,
		                 .type = slice_str(type),
		                 .data = data };
	handle_value_encode(&value, &values->w);
	values->count++;
}

static void add_admin(values_t *values, uint32_t index, uint16_t rights,
                      const handle_reference_t *admin)
{
	uint8_t buf[METER_PREFIX_BYTES + 64];
	writer_t w = writer_of(buf, sizeof(buf));
	handle_admin_encode(&(handle_admin_t){ .rights = rights, .admin = *admin }, &w);
	values->w.bad = values->w.bad || w.bad;
	add(values, index, "HS_ADMIN", writer_done(&w));
}

static slice_t record_name(slice_t prefix, writer_t *w)
{
	handle_prefix_record(prefix, w);
	return writer_done(w);
}

/* One server that answers questions and takes changes by UDP and TCP at the address of
 * the application. */
static void add_site(values_t *values, addr_t at)
{
	uint8_t buf[SITE_BYTES], scratch[SITE_BYTES];
	writer_t w = writer_of(buf, sizeof(buf)), s = writer_of(scratch, sizeof(scratch));
	const handle_interface_t doors[] = {
		{ HANDLE_SERVES_QUERY, HANDLE_TRANSPORT_UDP, at.port },
		{ HANDLE_SERVES_QUERY | HANDLE_SERVES_ADMIN, HANDLE_TRANSPORT_TCP, at.port },
	};
	handle_server_t server = { .server_id = 1 };
	handle_server_set_ip(&server, at.ip);
	handle_interface_encode(&doors[0], &s);
	handle_interface_encode(&doors[1], &s);
	server.interfaces = (handle_list_t){ 2, writer_done(&s) };
	size_t from = s.len;
	handle_server_encode(&server, &s);
	handle_site_t site = { .format = 1,
		               .major = HANDLE_MAJOR,
		               .minor = HANDLE_MINOR,
		               .serial = 1,
		               .flags = HANDLE_SITE_PRIMARY,
		               .hash_option = HANDLE_HASH_WHOLE,
		               .servers = { 1, slice_from(writer_done(&s), from) } };
	handle_site_encode(&site, &w);
	values->w.bad = values->w.bad || w.bad || s.bad;
	add(values, INDEX_SITE, "HS_SITE", writer_done(&w));
}

static void compose(const office_t *office, const application_t *a, values_t *values)
{
	char holder[METER_PREFIX_BYTES + 8], node[METER_PREFIX_BYTES + 8];
	writer_t h = writer_of(holder, sizeof(holder)), n = writer_of(node, sizeof(node));
	handle_reference_t applicant = {
		.handle = record_name(slice_str(a->prefix), &h),
		.index = a->form.public_key.len ? INDEX_KEY : INDEX_SECRET,
	};
	handle_reference_t keeper = { .handle = record_name(office->own, &n), .index = INDEX_KEY };
	values->w.bad = h.bad || n.bad;
	add(values, INDEX_DESC, "DESC", a->form.organisation);
	if (a->form.site.port)
		add_site(values, a->form.site);
	if (a->form.service.len)
		add(values, INDEX_SERVICE, "HS_SERV", a->form.service);
	add_admin(values, INDEX_ADMIN, RIGHTS, &applicant);
	add_admin(values, INDEX_NODE_ADMIN, HANDLE_ADMIN_ALL, &keeper);
	if (a->form.public_key.len)
		add(values, INDEX_KEY, "HS_PUBKEY", a->form.public_key);
}

/* Asking the registry. */

static sent_t *free_place(office_t *office)
{
	for (size_t i = 0; i < OFFICE_REPLIES; i++)
		if (!office->sent[i].is_used)
			return &office->sent[i];
	return NULL;
}

static err_t send_change(office_t *office, slice_t prefix, registry_verb_t verb,
                         const values_t *values, const sent_t *what)
{
	char name[METER_PREFIX_BYTES + 8];
	writer_t w = writer_of(name, sizeof(name));
	if (values->w.bad)
		return ERR_TOO_BIG;
	sent_t *sent = free_place(office);
	if (!sent)
		return ERR_BUSY;
	*sent = *what;
	registry_change_t change = { .verb = verb,
		                     .name = record_name(prefix, &w),
		                     .count = values->count,
		                     .values = writer_done(&values->w),
		                     .caller = caller_node() };
	err_t err = registry_change(office->spec.registry, &change, office->replies, sent);
	sent->is_used = err == ERR_OK;
	return err;
}

void allot_send(office_t *office, application_t *application, const office_ask_t *ask)
{
	uint8_t buf[RECORD_BYTES];
	values_t values = { .w = writer_of(buf, sizeof(buf)) };
	sent_t sent = { .application = application,
		        .ask = ask ? *ask : (office_ask_t){ .done = NULL },
		        .number = application->number };
	compose(office, application, &values);
	err_t err = send_change(office, slice_str(application->prefix), REGISTRY_CREATE, &values,
	                        &sent);
	application->is_sending = err == ERR_OK;
	if (err)
		env_timer_set(office->timer, RETRY_NS);
	if (err && sent.ask.done)
		sent.ask.done(sent.ask.ctx, err, sent.number);
}

void allot_resume(office_t *office)
{
	int64_t unmade = 0;
	for (size_t i = 0; i < office->application_count; i++) {
		application_t *a = office->applications[i];
		if (!a->prefix[0] || a->is_made)
			continue;
		unmade++;
		if (!a->is_sending && free_place(office))
			allot_send(office, a, NULL);
	}
	metric_set(&office->metrics, OFFICE_METRIC_UNMADE, unmade);
}

/* A record that is there already was made before a crash; not so a deleted one. */
static err_t note_made(office_t *office, const sent_t *sent, const registry_result_t *result)
{
	bool is_there = result->err == ERR_EXISTS && result->state != RECORD_DELETED;
	err_t err = result->err;
	sent->application->is_sending = false;
	if (err && !is_there) {
		env_timer_set(office->timer, RETRY_NS);
		return err;
	}
	caller_t caller = caller_node();
	entry_t entry = office_entry(office, ENTRY_MADE, &caller);
	entry.number = sent->application->number;
	err = office_may(office);
	return err ? err : office_do(office, &entry, &sent->ask, NULL);
}

static void take_reply(office_t *office, const registry_result_t *result)
{
	sent_t *place = result->ctx;
	sent_t sent = *place;
	err_t err = result->err;
	place->is_used = false;
	if (sent.application)
		err = note_made(office, &sent, result);
	/* When it was made the journal tells the asker. */
	if ((err || !sent.application) && sent.ask.done)
		sent.ask.done(sent.ask.ctx, err, sent.number);
}

void allot_replies(void *ctx)
{
	office_t *office = ctx;
	registry_result_t result;
	while (env_mailbox_take(office->replies, &result))
		take_reply(office, &result);
}

/* The secret. */

static bool has_key(const record_t *record)
{
	handle_value_t value;
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	while (handle_value_next(&iter, &value))
		if (slice_eq(value.type, SLICE("HS_PUBKEY")) ||
		    slice_eq(value.type, SLICE("HS_SECKEY")))
			return true;
	return false;
}

static err_t check_secret(office_t *office, slice_t prefix, const office_ask_t *ask,
                          err_detail_t *ret_detail)
{
	char text[ERR_ARG_MAX];
	record_t record;
	slice_to_cstr(prefix, text, sizeof(text));
	const application_t *holder = office_holder(office, prefix);
	if (!office_may_decide(office, &ask->caller))
		return err_raise(ret_detail, ERR_DENIED, NULL, "", (char *)NULL);
	if (!holder)
		return err_raise(ret_detail, ERR_NOT_FOUND, &text_none, "", text, (char *)NULL);
	if (!holder->is_made)
		return err_raise(ret_detail, ERR_CONFLICT, &text_pending, "", text, (char *)NULL);
	char name[METER_PREFIX_BYTES + 8];
	writer_t w = writer_of(name, sizeof(name));
	slice_t asked = record_name(prefix, &w);
	err_t err = ERR_OK;
	registry_find_batch(office->reader, &asked, 1, &record, &err);
	bool has = !err && has_key(&record);
	registry_find_done(office->reader);
	if (has)
		return err_raise(ret_detail, ERR_EXISTS, &text_has, "", text, (char *)NULL);
	return err ? err_raise(ret_detail, err, NULL, "", (char *)NULL) : ERR_OK;
}

err_t office_secret(office_t *office, slice_t prefix, const office_ask_t *ask,
                    char ret_secret[OFFICE_SECRET_TEXT], err_detail_t *ret_detail)
{
	uint8_t random[SECRET_BYTES], buf[SITE_BYTES];
	char secret[OFFICE_SECRET_TEXT];
	values_t values = { .w = writer_of(buf, sizeof(buf)) };
	err_t err = check_secret(office, prefix, ask, ret_detail);
	if (err)
		return err;
	env_random(office->env, random, sizeof(random));
	num_to_hex(slice_of(random, sizeof(random)), secret);
	add(&values, INDEX_SECRET, "HS_SECKEY", slice_str(secret));
	sent_t sent = { .ask = *ask, .number = office_holder(office, prefix)->number };
	err = send_change(office, prefix, REGISTRY_MERGE, &values, &sent);
	if (err)
		return err_raise(ret_detail, err, NULL, "", (char *)NULL);
	memcpy(ret_secret, secret, sizeof(secret));
	return ERR_OK;
}
