/* SPDX-License-Identifier: Apache-2.0 */
#include "env/json_read.h"

#include <assert.h>
#include <jansson.h>

/* json_tree_t is jansson's value under another name: the library's header and
 * base/json.h claim the same words, so they never meet in one file. */

enum { NESTING_MAX = 64 };

static const json_t *in(const json_tree_t *value)
{
	return (const json_t *)value;
}

static const json_tree_t *out(const json_t *value)
{
	return (const json_tree_t *)value;
}

static_assert(NESTING_MAX <= JSON_PARSER_MAX_DEPTH, "the library's own limit is far above ours");

/* True when brackets nest deeper than we allow; strings are stepped over. */
static bool too_deep(slice_t text)
{
	size_t depth = 0;
	bool quoted = false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (c == '[' || c == '{') && ++depth > NESTING_MAX)
			return true;
		else if (!quoted && (c == ']' || c == '}') && depth)
			depth--;
	}
	return false;
}

err_t json_read(slice_t text, json_tree_t **ret_root, unsigned *ret_line)
{
	json_error_t error = { .line = 1 };
	json_t *root = NULL;
	if (!too_deep(text))
		root = json_loadb((const char *)text.ptr, text.len,
		                  JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
		                  &error);
	if (ret_line)
		*ret_line = error.line > 0 ? (unsigned)error.line : 1;
	if (!root)
		return ERR_MALFORMED;
	*ret_root = (json_tree_t *)root;
	return ERR_OK;
}

void json_free(json_tree_t *root)
{
	json_decref((json_t *)root);
}

json_kind_t json_kind(const json_tree_t *value)
{
	static const json_kind_t kinds[] = {
		[JSON_OBJECT] = JSON_MEMBERS_VALUE, [JSON_ARRAY] = JSON_LIST_VALUE,
		[JSON_STRING] = JSON_TEXT_VALUE,    [JSON_INTEGER] = JSON_INTEGER_VALUE,
		[JSON_REAL] = JSON_REAL_VALUE,      [JSON_TRUE] = JSON_BOOL_VALUE,
		[JSON_FALSE] = JSON_BOOL_VALUE,     [JSON_NULL] = JSON_NULL_VALUE,
	};
	return value ? kinds[json_typeof(in(value))] : JSON_MISSING;
}

const json_tree_t *json_member(const json_tree_t *object, const char *key)
{
	return out(json_object_get(in(object), key));
}

void json_members(const json_tree_t *object,
                  bool (*fn)(void *ctx, slice_t key, const json_tree_t *value), void *ctx)
{
	/* The library's iterators take a value they could change; this one is only read. */
	json_t *root = (json_t *)(uintptr_t)object;
	for (void *at = json_object_iter(root); at; at = json_object_iter_next(root, at)) {
		slice_t key = slice_of(json_object_iter_key(at), json_object_iter_key_len(at));
		if (!fn(ctx, key, out(json_object_iter_value(at))))
			break;
	}
}

const json_tree_t *json_item(const json_tree_t *array, size_t i)
{
	return out(json_array_get(in(array), i));
}

size_t json_count(const json_tree_t *array)
{
	return json_array_size(in(array));
}

bool json_text(const json_tree_t *value, slice_t *ret_text)
{
	if (!json_is_string(in(value)))
		return false;
	*ret_text = slice_of(json_string_value(in(value)), json_string_length(in(value)));
	return true;
}

bool json_number(const json_tree_t *value, double *ret_number)
{
	if (!json_is_number(in(value)))
		return false;
	*ret_number = json_number_value(in(value));
	return true;
}

bool json_whole(const json_tree_t *value, int64_t min, int64_t max, int64_t *ret_integer)
{
	if (!json_is_integer(in(value)) || json_integer_value(in(value)) < min ||
	    json_integer_value(in(value)) > max)
		return false;
	*ret_integer = json_integer_value(in(value));
	return true;
}

bool json_flag(const json_tree_t *value, bool *ret_flag)
{
	if (!json_is_boolean(in(value)))
		return false;
	*ret_flag = json_is_true(in(value));
	return true;
}
