/* SPDX-License-Identifier: Apache-2.0 */
/* Templates, in the node's own form and in that of SNMS; both take and give the same
 * fields and differ in what stands around them. */
#include <math.h>
#include <stdlib.h>

#include "api/body.h"
#include "api/handlers.h"
#include "api/office_json.h"
#include "api/snms.h"
#include "api/state.h"
#include "base/num.h"
#include "codec/handle/handle.h"

enum { HEAD_ROOM = 16 * 1024, ITEM_ROOM = 6 * 1024, PERMS = 4 };

static const err_text_t text_none = {
	{ "there is no such template: %1", "没有此模板：%1" },
	{ "GET /api/v1/office/templates lists them", "GET /api/v1/office/templates 可列出全部" },
};

static const char *const industry_keys[4] = { "industryCategory", "industrySpecific",
	                                      "industryTrade", "industrySubclass" };

/* Giving. */

static void put_bound(json_t *j, const char *key, double bound)
{
	if (!isnan(bound))
		json_put_f64(j, key, bound);
}

static void put_perms(uint8_t perms, json_t *j)
{
	char text[PERMS + 1] = { 0 };
	for (size_t i = 0; i < PERMS; i++)
		text[i] = perms >> (PERMS - 1 - i) & 1 ? '1' : '0';
	json_put_cstr(j, "permissions", text);
}

static void put_metadata(const template_item_t *item, json_t *j)
{
	json_put_object(j, "metadata");
	json_put_cstr(j, "type", template_kind_name(item->kind));
	json_put_u64(j, "minLength", item->length_min);
	json_put_u64(j, "maxLength", item->length_max ? item->length_max : TEMPLATE_VALUE_MAX);
	put_bound(j, "min", item->min);
	put_bound(j, "max", item->max);
	json_close(j);
}

static void put_item(const template_item_t *item, json_t *j)
{
	json_object(j);
	json_put_str(j, "name", item->name[LANG_ZH]);
	json_put_str(j, "nameEn", item->name[LANG_EN]);
	json_put_str(j, "idType", item->type);
	json_put_u64(j, "idIndex", item->index);
	json_put_bool(j, "required", item->required);
	json_put_bool(j, "unique", item->unique);
	json_put_u64(j, "state", item->disabled ? 0 : 1);
	put_perms(item->perms, j);
	put_metadata(item, j);
	json_close(j);
}

static void put_items(exchange_t *x, const template_t *t)
{
	json_put_array(&x->reply.json, "items");
	for (size_t i = 0; i < t->item_count; i++)
		put_item(&t->items[i], reply_json(&x->reply, ITEM_ROOM));
	json_close(&x->reply.json);
}

static void put_names(const template_t *t, json_t *j)
{
	json_put_str(j, "prefix", t->prefix);
	json_put_str(j, "version", t->version);
	json_put_str(j, "name", t->name[LANG_ZH]);
	json_put_str(j, "nameEn", t->name[LANG_EN]);
	json_put_str(j, "description", t->description);
}

static void put_industry(const template_t *t, json_t *j)
{
	for (size_t i = 0; i < 4; i++)
		json_put_str(j, industry_keys[i], t->industry[i]);
}

static void put_template(exchange_t *x, const template_t *t)
{
	json_t *j = reply_json(&x->reply, HEAD_ROOM);
	json_object(j);
	put_names(t, j);
	put_industry(t, j);
	json_put_u64(j, "type", t->type);
	json_put_bool(j, "used", t->is_used);
	put_items(x, t);
	json_close(j);
}

/* Taking. A field that is absent keeps what stands there; the names of those of the
 * wrong kind are told. */

static bool take_text(const json_tree_t *root, const char *key, slice_t *to)
{
	const json_tree_t *item = json_member(root, key);
	return !item || json_text(item, to);
}

static bool take_flag(const json_tree_t *root, const char *key, bool *to)
{
	const json_tree_t *item = json_member(root, key);
	return !item || json_flag(item, to);
}

/* The documentation writes some numbers as text. */
static bool take_whole(const json_tree_t *root, const char *key, int64_t max, int64_t *to)
{
	const json_tree_t *item = json_member(root, key);
	slice_t text;
	if (!item || json_whole(item, 0, max, to))
		return true;
	return json_text(item, &text) && num_parse_i64(text, to) == ERR_OK && *to >= 0 &&
	       *to <= max;
}

static bool take_bound(const json_tree_t *root, const char *key, double *to)
{
	const json_tree_t *item = json_member(root, key);
	return !item || json_number(item, to);
}

static bool take_perms(const json_tree_t *root, uint8_t *to)
{
	slice_t text;
	const json_tree_t *item = json_member(root, "permissions");
	if (!item)
		return true;
	if (!json_text(item, &text) || text.len != PERMS)
		return false;
	*to = 0;
	for (size_t i = 0; i < PERMS; i++) {
		if (text.ptr[i] != '0' && text.ptr[i] != '1')
			return false;
		*to = (uint8_t)(*to << 1 | (text.ptr[i] == '1'));
	}
	return true;
}

static const char *read_metadata(const json_tree_t *root, template_item_t *item)
{
	slice_t kind = SLICE("string");
	int64_t min = 0, max = 0;
	if (!take_text(root, "type", &kind))
		return "metadata.type";
	if (!take_whole(root, "minLength", UINT32_MAX, &min))
		return "metadata.minLength";
	if (!take_whole(root, "maxLength", UINT32_MAX, &max))
		return "metadata.maxLength";
	if (!take_bound(root, "min", &item->min))
		return "metadata.min";
	if (!take_bound(root, "max", &item->max))
		return "metadata.max";
	item->kind = template_kind_parse(kind);
	item->length_min = (uint32_t)min;
	item->length_max = (uint32_t)max;
	return NULL;
}

static const char *read_item(const json_tree_t *root, size_t i, template_item_t *item)
{
	int64_t index = TEMPLATE_ITEM_INDEX_MIN + (int64_t)i, state = 1;
	*item = (template_item_t){ .perms = HANDLE_PERMS_DEFAULT, .min = NAN, .max = NAN };
	if (!take_text(root, "name", &item->name[LANG_ZH]) ||
	    !take_text(root, "nameEn", &item->name[LANG_EN]))
		return "items[].name";
	if (!take_text(root, "idType", &item->type))
		return "items[].idType";
	if (!take_whole(root, "idIndex", INT32_MAX, &index))
		return "items[].idIndex";
	if (!take_flag(root, "required", &item->required))
		return "items[].required";
	if (!take_flag(root, "unique", &item->unique))
		return "items[].unique";
	if (!take_whole(root, "state", 1, &state))
		return "items[].state";
	if (!take_perms(root, &item->perms))
		return "items[].permissions";
	item->index = (uint32_t)index;
	item->disabled = state == 0;
	return read_metadata(json_member(root, "metadata"), item);
}

static const char *read_head(const json_tree_t *root, template_t *form)
{
	int64_t type = TEMPLATE_OTHER;
	const struct {
		const char *key;
		slice_t *to;
	} texts[] = { { "prefix", &form->prefix },
		      { "version", &form->version },
		      { "name", &form->name[LANG_ZH] },
		      { "nameEn", &form->name[LANG_EN] },
		      { "description", &form->description } };
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (!take_text(root, texts[i].key, texts[i].to))
			return texts[i].key;
	for (size_t i = 0; i < 4; i++)
		if (!take_text(root, industry_keys[i], &form->industry[i]))
			return industry_keys[i];
	if (!take_whole(root, "type", TEMPLATE_OTHER, &type))
		return "type";
	form->type = (template_type_t)type;
	return NULL;
}

/* The field that is wrong, or NULL. Items are in `rows`. */
static const char *read_template(const json_tree_t *root, template_item_t *rows, template_t *form)
{
	const json_tree_t *items = json_member(root, "items");
	const char *wrong = read_head(root, form);
	if (!wrong &&
	    (json_kind(items) != JSON_LIST_VALUE || json_count(items) > TEMPLATE_ITEMS_MAX))
		wrong = "items";
	form->item_count = wrong ? 0 : json_count(items);
	form->items = rows;
	for (size_t i = 0; i < form->item_count && !wrong; i++)
		wrong = read_item(json_item(items, i), i, &rows[i]);
	return wrong;
}

typedef void (*done_t)(void *ctx, err_t err, uint64_t number);

static verdict_t put_form(exchange_t *x, const template_t *form, done_t done)
{
	err_detail_t detail = { 0 };
	office_ask_t ask = office_ask_of(x, done);
	err_t err = office_template_put(x->api->spec.office, form, &ask, &detail);
	return office_asked(x, err, &detail);
}

static verdict_t put_doc(exchange_t *x, const json_tree_t *doc, done_t done)
{
	template_t form = { .type = TEMPLATE_OTHER };
	template_item_t *rows = calloc(TEMPLATE_ITEMS_MAX, sizeof(*rows));
	if (!rows)
		return exchange_refuse(x, ERR_NO_MEMORY, NULL, (slice_t){ 0 });
	const char *wrong = read_template(doc, rows, &form);
	verdict_t verdict = wrong ? body_refuse(x, wrong) : put_form(x, &form, done);
	free(rows);
	return verdict;
}

static verdict_t put(exchange_t *x, done_t done)
{
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	verdict_t verdict = put_doc(x, doc, done);
	json_free(doc);
	return verdict;
}

static verdict_t end(exchange_t *x, slice_t prefix, slice_t version, done_t done)
{
	err_detail_t detail = { 0 };
	office_ask_t ask = office_ask_of(x, done);
	err_t err = office_template_remove(x->api->spec.office, prefix, version, &ask, &detail);
	return office_asked(x, err, &detail);
}

/* NULL with the problem in the reply. */
static const template_t *find(exchange_t *x, slice_t prefix, slice_t version)
{
	const template_t *t = office_template(x->api->spec.office, prefix, version);
	if (t && office_may_see(x, t->prefix))
		return t;
	exchange_refuse(x, ERR_NOT_FOUND, &text_none, version);
	return NULL;
}

/* The node's own form. */

static void done_here(void *ctx, err_t err, uint64_t number)
{
	exchange_t *x = ctx;
	(void)number;
	if (err)
		exchange_refuse(x, err, NULL, (slice_t){ 0 });
	else
		x->reply.status = 204;
	exchange_finish(x);
}

static bool is_wanted(const exchange_t *x, const template_t *t)
{
	slice_t prefix = { 0 };
	request_query(&x->request, "prefix", 0, &prefix);
	return office_may_see(x, t->prefix) && (!prefix.len || slice_eq_nocase(prefix, t->prefix));
}

verdict_t templates_get(exchange_t *x)
{
	office_page_t page;
	const template_t *t;
	if (!office_page_begin(x, 1000000, &page))
		return EXCHANGE_ANSWERED;
	for (size_t i = 0; (t = office_template_at(x->api->spec.office, i)) != NULL; i++)
		if (is_wanted(x, t) && office_page_takes(&page))
			put_template(x, t);
	return office_page_end(x, &page);
}

verdict_t templates_post(exchange_t *x)
{
	return put(x, done_here);
}

verdict_t template_get(exchange_t *x)
{
	const template_t *t = find(x, x->request.param[0], x->request.param[1]);
	if (t)
		put_template(x, t);
	return EXCHANGE_ANSWERED;
}

verdict_t template_delete(exchange_t *x)
{
	return end(x, x->request.param[0], x->request.param[1], done_here);
}

/* The form of SNMS. */

static void done_snms(void *ctx, err_t err, uint64_t number)
{
	(void)number;
	if (err)
		exchange_refuse(ctx, err, NULL, (slice_t){ 0 });
	else
		snms_true(ctx);
	exchange_finish(ctx);
}

verdict_t snms_template_get(exchange_t *x)
{
	slice_t prefix = { 0 }, version = { 0 };
	request_query(&x->request, "prefix", 0, &prefix);
	request_query(&x->request, "version", 0, &version);
	const template_t *t = find(x, prefix, version);
	if (!t)
		return EXCHANGE_ANSWERED;
	snms_begin(x);
	put_template(x, t);
	json_close(&x->reply.json);
	return EXCHANGE_ANSWERED;
}

verdict_t snms_template_put(exchange_t *x)
{
	return put(x, done_snms);
}

verdict_t snms_template_delete(exchange_t *x)
{
	slice_t prefix, version;
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	verdict_t verdict;
	if (!json_text(json_member(doc, "prefix"), &prefix))
		verdict = body_refuse(x, "prefix");
	else if (!json_text(json_member(doc, "version"), &version))
		verdict = body_refuse(x, "version");
	else
		verdict = end(x, prefix, version, done_snms);
	json_free(doc);
	return verdict;
}
