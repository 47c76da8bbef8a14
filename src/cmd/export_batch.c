/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/export_batch.h"

enum { RIGHTS = 12 };

static slice_t member(const json_tree_t *object, const char *key)
{
	slice_t text = { 0 };
	(void)json_text(json_member(object, key), &text);
	return text;
}

static int64_t number(const json_tree_t *object, const char *key)
{
	int64_t whole = -1;
	(void)json_whole(json_member(object, key), 0, UINT32_MAX, &whole);
	return whole;
}

static void put_slice(text_t *text, const char *between, slice_t s)
{
	text_addf(text, "%s", between);
	text_add(text, s);
}

static bool put_text(const json_tree_t *value, text_t *text)
{
	slice_t data = { 0 };
	if (!json_text(value, &data) || slice_find(data, '\n') < data.len ||
	    slice_find(data, '\r') < data.len)
		return false;
	put_slice(text, "UTF8 ", data);
	return true;
}

/* The order of the file; see batch/batch.h. */
static bool put_admin(const json_tree_t *value, text_t *text)
{
	static const uint8_t right_bits[RIGHTS] = { 0, 1, 2, 3, 4, 5, 6, 10, 7, 8, 9, 11 };
	slice_t rights = member(value, "permissions");
	if (rights.len != RIGHTS)
		return false;
	text_addf(text, "ADMIN %lld:", (long long)number(value, "index"));
	for (size_t i = 0; i < RIGHTS; i++)
		text_add(text, slice_sub(rights, RIGHTS - 1u - right_bits[i], 1));
	put_slice(text, ":", member(value, "handle"));
	return true;
}

static bool put_list(const json_tree_t *value, text_t *text)
{
	text_addf(text, "LIST ");
	for (size_t i = 0; i < json_count(value); i++) {
		const json_tree_t *item = json_item(value, i);
		text_addf(text, "%s%lld:", i ? ";" : "", (long long)number(item, "index"));
		text_add(text, member(item, "handle"));
	}
	return json_count(value) > 0;
}

static bool put_data(const json_tree_t *data, text_t *text)
{
	static const struct {
		const char *format;
		bool (*put)(const json_tree_t *value, text_t *text);
	} forms[] = { { "string", put_text }, { "admin", put_admin }, { "vlist", put_list } };
	slice_t format = member(data, "format");
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (slice_eq(format, slice_str(forms[i].format)))
			return forms[i].put(json_member(data, "value"), text);
	return false;
}

err_t export_batch(const json_tree_t *record, text_t *text, int64_t *ret_index)
{
	const json_tree_t *values = json_member(record, "values");
	put_slice(text, "CREATE ", member(record, "name"));
	text_addf(text, "\n");
	for (size_t i = 0; i < json_count(values); i++) {
		const json_tree_t *value = json_item(values, i);
		slice_t perms = member(value, "permissions"), type = member(value, "type");
		int64_t ttl = number(value, "ttl");
		text_addf(text, "%lld ", (long long)number(value, "index"));
		put_slice(text, "", type);
		text_addf(text, " %lld ", (long long)ttl);
		put_slice(text, "", perms.len ? perms : SLICE("1110"));
		text_addf(text, " ");
		/* Blanks divide the words of the line. */
		if (ttl < 0 || slice_find(type, ' ') < type.len ||
		    json_member(value, "references") ||
		    !put_data(json_member(value, "data"), text)) {
			*ret_index = number(value, "index");
			return ERR_UNSUPPORTED;
		}
		text_addf(text, "\n");
	}
	text_addf(text, "\n");
	return text->bad ? ERR_NO_MEMORY : ERR_OK;
}
