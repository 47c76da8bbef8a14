/* SPDX-License-Identifier: Apache-2.0 */
/* A value line of a batch file becomes a value of the Handle JSON. */
#include <stdlib.h>

#include "base/base64.h"
#include "base/num.h"
#include "batch/impl.h"

enum { RIGHTS = 12, PERMS = 4 };

static const err_text_t text_value = {
	{ "%1 does not fit where INDEX TYPE TTL PERMISSIONS FORM DATA is expected",
	  "此处应为 序号 类型 TTL 权限 形式 数据，%1 不符" },
	{ "like: 1 URL 86400 1110 UTF8 https://example.com; an empty line ends the block",
	  "例如：1 URL 86400 1110 UTF8 https://example.com；空行结束该段" },
};
static const err_text_t text_admin = {
	{ "%1 is not an administrator", "%1 不是管理员" },
	{ "write INDEX:PERMISSIONS:HANDLE with 12 digits 0 and 1",
	  "请写为 序号:权限:标识，权限为 12 位 0 或 1" },
};
static const err_text_t text_list = {
	{ "%1 is not a list of identities", "%1 不是身份列表" },
	{ "write INDEX:HANDLE;INDEX:HANDLE", "请写为 序号:标识;序号:标识" },
};
static const err_text_t text_file = {
	{ "the file %1 cannot be read", "无法读取文件 %1" },
	{ "name a file of at most 200 KiB that you may read",
	  "请指定可读取且不超过 200 KiB 的文件" },
};

typedef struct {
	batch_t *b;
	slice_t data;
	size_t column;
	err_detail_t *ret_detail;
} form_t;

static err_t complain(const form_t *form, const err_text_t *text, slice_t arg)
{
	return batch_complain(form->b, ERR_INVALID, &(complaint_t){ text, form->column, arg },
	                      form->ret_detail);
}

/* Where each digit of the file's order stands in the order of the bits. */
static const uint8_t right_bits[RIGHTS] = { 0, 1, 2, 3, 4, 5, 6, 10, 7, 8, 9, 11 };

/* The digits in JSON's order, the highest bit first. */
static bool turn_rights(slice_t digits, char ret_json[RIGHTS + 1])
{
	if (digits.len != RIGHTS)
		return false;
	for (size_t i = 0; i < RIGHTS; i++) {
		if (digits.ptr[i] != '0' && digits.ptr[i] != '1')
			return false;
		ret_json[RIGHTS - 1 - right_bits[i]] = (char)digits.ptr[i];
	}
	ret_json[RIGHTS] = 0;
	return true;
}

static void begin_data(json_t *j, const char *format)
{
	json_object(j);
	json_put_cstr(j, "format", format);
	json_key(j, "value");
}

static err_t put_text(const form_t *form)
{
	json_str(&form->b->json, form->data);
	return ERR_OK;
}

static err_t put_admin(const form_t *form)
{
	json_t *j = &form->b->json;
	slice_t rest = form->data;
	slice_t index = slice_cut(&rest, ':'), digits = slice_cut(&rest, ':');
	char rights[RIGHTS + 1];
	uint64_t number = 0;
	if (num_parse_u64(index, INT32_MAX, &number) || !turn_rights(digits, rights) ||
	    rest.len == 0)
		return complain(form, &text_admin, form->data);
	begin_data(j, "admin");
	json_object(j);
	json_put_str(j, "handle", rest);
	json_put_u64(j, "index", number);
	json_put_cstr(j, "permissions", rights);
	json_close(j);
	json_close(j);
	return ERR_OK;
}

static err_t put_list(const form_t *form)
{
	json_t *j = &form->b->json;
	slice_t rest = form->data;
	begin_data(j, "vlist");
	json_array(j);
	while (rest.len) {
		slice_t handle = slice_trim(slice_cut(&rest, ';'));
		slice_t index = slice_cut(&handle, ':');
		uint64_t number = 0;
		if (num_parse_u64(index, INT32_MAX, &number) || handle.len == 0)
			return complain(form, &text_list, form->data);
		json_object(j);
		json_put_str(j, "handle", handle);
		json_put_u64(j, "index", number);
		json_close(j);
	}
	json_close(j);
	json_close(j);
	return ERR_OK;
}

static err_t put_file(const form_t *form)
{
	batch_t *b = form->b;
	if (!b->load_bytes && !(b->load_bytes = malloc(FILE_MAX_BYTES)))
		return complain(form, &text_file, form->data);
	writer_t w = writer_of(b->load_bytes, FILE_MAX_BYTES);
	if (!b->spec.load || b->spec.load(b->spec.ctx, slice_trim(form->data), &w) || w.bad)
		return complain(form, &text_file, form->data);
	begin_data(&b->json, "base64");
	/* Base 64 needs no escapes, so it is written into the JSON as it is. */
	json_raw(&b->json, SLICE("\""));
	base64_encode(writer_done(&w), BASE64_PLAIN, &b->json.w);
	wr_u8(&b->json.w, '"');
	json_close(&b->json);
	return ERR_OK;
}

static const struct {
	const char *word;
	err_t (*put)(const form_t *form);
} forms[] = {
	{ "UTF8", put_text }, { "ADMIN", put_admin }, { "LIST", put_list }, { "FILE", put_file }
};

static err_t put_data(const form_t *form, slice_t word)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (slice_eq(word, slice_str(forms[i].word))) {
			json_key(&form->b->json, "data");
			return forms[i].put(form);
		}
	return complain(form, &text_value, word);
}

static bool are_digits(slice_t text, size_t count)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] != '0' && text.ptr[i] != '1')
			return false;
	return text.len == count;
}

/* A word and the blanks behind it. */
static slice_t next_word(slice_t *rest)
{
	slice_t word = slice_cut(rest, ' ');
	while (slice_starts(*rest, SLICE(" ")))
		*rest = slice_from(*rest, 1);
	return word;
}

err_t block_value(batch_t *b, slice_t line, err_detail_t *ret_detail)
{
	slice_t rest = line, number = next_word(&rest), type = next_word(&rest);
	slice_t seconds = next_word(&rest), perms = next_word(&rest), word = slice_cut(&rest, ' ');
	uint64_t index = 0, ttl = 0;
	form_t form = { b, rest, line.len - rest.len + 1, ret_detail };
	if (num_parse_u64(number, INT32_MAX, &index) || index == 0 || type.len == 0 ||
	    num_parse_u64(seconds, INT32_MAX, &ttl) || !are_digits(perms, PERMS) ||
	    !batch_index(b, (uint32_t)index)) {
		form.column = 1;
		return complain(&form, &text_value, line);
	}
	json_object(&b->json);
	json_put_u64(&b->json, "index", index);
	json_put_str(&b->json, "type", type);
	json_put_u64(&b->json, "ttl", ttl);
	json_put_str(&b->json, "permissions", perms);
	err_t err = put_data(&form, word);
	if (err)
		b->block = BLOCK_SKIP; /* its JSON stands open */
	else
		json_close(&b->json);
	return err;
}
