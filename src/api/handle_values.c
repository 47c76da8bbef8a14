/* SPDX-License-Identifier: Apache-2.0 */
/* Values are first collected with their data in scratch memory, then sorted by
 * index and encoded, because a record keeps them in that order. */
#include "api/handle_values.h"

#include <stdlib.h>

#include "api/handle_key_read.h"
#include "base/base64.h"
#include "base/num.h"
#include "base/text.h"
#include "model/record.h"
#include "model/time.h"

enum { RIGHTS = 12, PERMS = 4 };

typedef struct {
	handle_value_t values[RECORD_VALUES_MAX];
	uint32_t indexes[RECORD_VALUES_MAX];
	size_t count;
	bool keeps_times;
	writer_t scratch, out;
	uint8_t scratch_bytes[RECORD_BYTES_MAX];
	uint8_t out_bytes[RECORD_BYTES_MAX];
} work_t;

static slice_t since(const writer_t *w, size_t from)
{
	return slice_from(writer_done(w), from);
}

/* "0110" as a number, leftmost digit highest. */
static bool read_digits(const json_tree_t *item, size_t count, uint16_t *ret_bits)
{
	slice_t text;
	uint16_t bits = 0;
	if (!json_text(item, &text) || text.len != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (text.ptr[i] != '0' && text.ptr[i] != '1')
			return false;
		bits = (uint16_t)(bits << 1 | (text.ptr[i] == '1'));
	}
	*ret_bits = bits;
	return true;
}

/* A whole number; some clients put it in quotes. */
static bool read_index(const json_tree_t *item, int64_t min, int64_t max, int64_t *ret_index)
{
	slice_t text;
	uint64_t number = 0;
	if (!json_text(item, &text))
		return json_whole(item, min, max, ret_index);
	if (num_parse_u64(text, (uint64_t)max, &number) || (int64_t)number < min)
		return false;
	*ret_index = (int64_t)number;
	return true;
}

static bool read_reference(const json_tree_t *item, handle_reference_t *ret_reference)
{
	int64_t index = 0;
	if (!json_text(json_member(item, "handle"), &ret_reference->handle) ||
	    !read_index(json_member(item, "index"), 0, UINT32_MAX, &index))
		return false;
	ret_reference->index = (uint32_t)index;
	return true;
}

/* Count and references into the scratch memory. */
static err_t read_references(work_t *work, const json_tree_t *item)
{
	handle_reference_t reference;
	uint32_t count = 0;
	size_t mark = handle_list_begin(&work->scratch);
	if (json_kind(item) != JSON_LIST_VALUE)
		return ERR_INVALID;
	for (; count < json_count(item); count++) {
		if (!read_reference(json_item(item, count), &reference))
			return ERR_INVALID;
		handle_reference_encode(&reference, &work->scratch);
	}
	handle_list_end(mark, count, &work->scratch);
	return ERR_OK;
}

static err_t read_string(work_t *work, const json_tree_t *item)
{
	slice_t text;
	if (!json_text(item, &text))
		return ERR_INVALID;
	wr_bytes(&work->scratch, text);
	return ERR_OK;
}

static err_t read_base64(work_t *work, const json_tree_t *item)
{
	slice_t text;
	if (!json_text(item, &text))
		return ERR_INVALID;
	err_t err = base64_decode(text, &work->scratch);
	return err == ERR_MALFORMED ? ERR_INVALID : err;
}

static err_t read_hex(work_t *work, const json_tree_t *item)
{
	slice_t text;
	size_t len = 0;
	if (!json_text(item, &text))
		return ERR_INVALID;
	uint8_t *room = wr_reserve(&work->scratch, text.len / 2);
	if (!room)
		return ERR_TOO_BIG;
	/* Blanks would leave part of the room unused. */
	return num_from_hex(text, room, text.len / 2, &len) || len * 2 != text.len ? ERR_INVALID
	                                                                           : ERR_OK;
}

static err_t read_admin(work_t *work, const json_tree_t *item)
{
	handle_admin_t admin = { 0 };
	if (!read_reference(item, &admin.admin) ||
	    !read_digits(json_member(item, "permissions"), RIGHTS, &admin.rights))
		return ERR_INVALID;
	handle_admin_encode(&admin, &work->scratch);
	return ERR_OK;
}

static err_t read_key(work_t *work, const json_tree_t *item)
{
	return handle_key_read(item, &work->scratch);
}

static err_t read_site(work_t *work, const json_tree_t *item)
{
	return handle_site_read(item, &work->scratch);
}

typedef err_t read_form_t(work_t *work, const json_tree_t *item);

static read_form_t *reader_of_form(slice_t format)
{
	static const struct {
		const char *format;
		read_form_t *read;
	} forms[] = {
		{ "string", read_string }, { "base64", read_base64 },    { "hex", read_hex },
		{ "admin", read_admin },   { "vlist", read_references }, { "key", read_key },
		{ "site", read_site },
	};
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (slice_eq(format, slice_str(forms[i].format)))
			return forms[i].read;
	return NULL;
}

static err_t read_formatted(work_t *work, slice_t format, const json_tree_t *value)
{
	if (!value)
		return ERR_INVALID;
	read_form_t *read = reader_of_form(format);
	return read ? read(work, value) : ERR_UNSUPPORTED;
}

/* Data is a string, or an object of its value and the format of that. */
static err_t read_data(work_t *work, const json_tree_t *data, slice_t *ret_data)
{
	size_t from = work->scratch.len;
	slice_t format = SLICE("string");
	bool is_object = data && json_kind(data) == JSON_MEMBERS_VALUE;
	if (is_object && !json_text(json_member(data, "format"), &format))
		return ERR_INVALID;
	err_t err = read_formatted(work, format, is_object ? json_member(data, "value") : data);
	*ret_data = since(&work->scratch, from);
	return err;
}

/* A number of seconds, or a time at which the value ends. */
static bool read_end(slice_t text, int64_t *ret_s)
{
	int64_t ns = 0;
	if (time_parse(text, &ns) || ns < 0 || ns / NS_PER_S > UINT32_MAX)
		return false;
	*ret_s = ns / NS_PER_S;
	return true;
}

/* A number of seconds, or a time at which the value ends. */
static bool read_ttl(const json_tree_t *item, handle_value_t *value)
{
	int64_t seconds = HANDLE_TTL_DEFAULT_S;
	slice_t text;
	bool is_end = json_text(item, &text);
	value->ttl_type = is_end ? HANDLE_TTL_ABSOLUTE : HANDLE_TTL_RELATIVE;
	bool is_good = is_end ? read_end(text, &seconds)
	                      : !item || json_whole(item, 0, INT32_MAX, &seconds);
	value->ttl_s = (uint32_t)seconds;
	return is_good;
}

/* When the value was set, as its server says. */
static bool read_time(const json_tree_t *item, handle_value_t *value)
{
	int64_t seconds = 0;
	slice_t text;
	if (!item)
		return true;
	bool is_good = json_text(item, &text) && read_end(text, &seconds);
	value->timestamp_s = (uint32_t)seconds;
	return is_good;
}

static err_t read_value_references(work_t *work, const json_tree_t *item, handle_value_t *value)
{
	size_t from = work->scratch.len;
	if (!item)
		return ERR_OK;
	err_t err = read_references(work, item);
	reader_t r = reader_of(since(&work->scratch, from));
	value->references = handle_list_read_references(&r);
	return !err && r.bad ? ERR_TOO_BIG : err;
}

static err_t read_value(work_t *work, const json_tree_t *item)
{
	handle_value_t value = { .perms = HANDLE_PERMS_DEFAULT };
	const json_tree_t *permissions = json_member(item, "permissions");
	int64_t index = 0;
	uint16_t perms = HANDLE_PERMS_DEFAULT;
	if (work->count == RECORD_VALUES_MAX)
		return ERR_TOO_BIG;
	if (!read_index(json_member(item, "index"), 1, INT32_MAX, &index) ||
	    !json_text(json_member(item, "type"), &value.type) || value.type.len == 0 ||
	    !read_ttl(json_member(item, "ttl"), &value))
		return ERR_INVALID;
	if (permissions && !read_digits(permissions, PERMS, &perms))
		return ERR_INVALID;
	if (work->keeps_times && !read_time(json_member(item, "timestamp"), &value))
		return ERR_INVALID;
	value.index = (uint32_t)index;
	value.perms = (uint8_t)perms;
	err_t err = read_data(work, json_member(item, "data"), &value.data);
	if (!err)
		err = read_value_references(work, json_member(item, "references"), &value);
	work->values[work->count++] = value;
	return err;
}

static err_t read_all(work_t *work, const json_tree_t *root)
{
	const json_tree_t *list = json_kind(root) == JSON_MEMBERS_VALUE
	                                  ? json_member(root, "values")
	                                  : root;
	if (!list)
		return read_value(work, root);
	if (json_kind(list) != JSON_LIST_VALUE)
		return ERR_INVALID;
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < json_count(list); i++)
		err = read_value(work, json_item(list, i));
	return err;
}

static int by_index(const void *a, const void *b)
{
	const handle_value_t *left = a, *right = b;
	return (left->index > right->index) - (left->index < right->index);
}

static err_t encode_all(work_t *work)
{
	qsort(work->values, work->count, sizeof(work->values[0]), by_index);
	for (size_t i = 0; i < work->count; i++) {
		work->indexes[i] = work->values[i].index;
		if (i && work->indexes[i] == work->indexes[i - 1])
			return ERR_INVALID;
		handle_value_encode(&work->values[i], &work->out);
	}
	return work->scratch.bad || work->out.bad ? ERR_TOO_BIG : ERR_OK;
}

static void begin(work_t *work)
{
	work->count = 0;
	work->scratch = writer_of(work->scratch_bytes, sizeof(work->scratch_bytes));
	work->out = writer_of(work->out_bytes, sizeof(work->out_bytes));
}

static err_t read_into(work_t *work, const json_tree_t *root)
{
	begin(work);
	err_t err = read_all(work, root);
	if (!err)
		err = encode_all(work);
	return !err && work->count == 0 ? ERR_INVALID : err;
}

static handle_values_t values_of(work_t *work)
{
	return (handle_values_t){ .count = (uint32_t)work->count,
		                  .bytes = writer_done(&work->out),
		                  .indexes = work->indexes,
		                  .memory = work };
}

err_t handle_values_read(const json_tree_t *root, handle_values_t *ret_values)
{
	work_t *work = ret_values->memory ? ret_values->memory : malloc(sizeof(*work));
	bool keeps_times = ret_values->keeps_times;
	ret_values->memory = NULL;
	if (!work)
		return ERR_NO_MEMORY;
	work->keeps_times = keeps_times;
	err_t err = read_into(work, root);
	if (err)
		free(work);
	else
		*ret_values = values_of(work);
	ret_values->keeps_times = keeps_times;
	return err;
}

void handle_values_done(handle_values_t *values)
{
	free(values->memory);
	values->memory = NULL;
}
