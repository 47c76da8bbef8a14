/* SPDX-License-Identifier: Apache-2.0 */
/* Words, checks and the disk form of templates. */
#include "office/template.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "model/industry.h"
#include "office/meter.h"

enum {
	TYPE_MAX = 128,
	NAME_MAX_BYTES = 256,
	ITEM_BYTES_MIN = 24,
	FLAG_REQUIRED = 1,
	FLAG_UNIQUE = 2,
	FLAG_DISABLED = 4,
};

static const char *const KINDS[] = {
#define X(name, text) text,
	TEMPLATE_KIND_ROWS(X)
#undef X
};

static const err_text_t text_field = {
	{ "the field %1 of the template is missing or out of range",
	  "模板的字段 %1 缺失或超出范围" },
	{ "see doc/office.md for what it takes", "取值见 doc/office.md" },
};

static const err_text_t text_item = {
	{ "item %1 of the template: %2 is missing, given twice or out of range",
	  "模板第 %1 项：%2 缺失、重复或超出范围" },
	{ "see doc/office.md for what it takes", "取值见 doc/office.md" },
};

const char *template_kind_name(template_kind_t kind)
{
	return KINDS[kind];
}

template_kind_t template_kind_parse(slice_t name)
{
	template_kind_t kind = TEMPLATE_STRING;
	while (kind < TEMPLATE_KIND_COUNT && !slice_eq(name, slice_str(KINDS[kind])))
		kind++;
	return kind;
}

/* Checks. */

static bool is_text(slice_t text, size_t min, size_t max)
{
	if (text.len < min || text.len > max || !utf8_valid(text))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < ' ')
			return false;
	return true;
}

/* The name of what is wrong with an item, or NULL. */
static const char *item_fault(const template_t *form, size_t i)
{
	const template_item_t *item = &form->items[i];
	if (item->index < TEMPLATE_ITEM_INDEX_MIN || item->index > INT32_MAX)
		return "idIndex";
	if (!is_text(item->type, 1, TYPE_MAX))
		return "idType";
	for (size_t k = 0; k < i; k++) {
		if (form->items[k].index == item->index)
			return "idIndex";
		if (slice_eq(form->items[k].type, item->type))
			return "idType";
	}
	if (!is_text(item->name[LANG_ZH], 0, NAME_MAX_BYTES) ||
	    !is_text(item->name[LANG_EN], 0, NAME_MAX_BYTES))
		return "name";
	if (item->kind >= TEMPLATE_KIND_COUNT)
		return "metadata.type";
	if (item->length_max > TEMPLATE_VALUE_MAX ||
	    (item->length_max && item->length_min > item->length_max))
		return "metadata.minLength";
	return item->min > item->max ? "metadata.min" : NULL;
}

/* The field, or NULL. */
static const char *head_fault(const template_t *form)
{
	if (form->prefix.len == 0 || form->prefix.len > METER_PREFIX_BYTES)
		return "prefix";
	if (!is_text(form->version, 1, TEMPLATE_VERSION_MAX))
		return "version";
	if (!is_text(form->name[LANG_ZH], 0, NAME_MAX_BYTES) ||
	    !is_text(form->name[LANG_EN], 0, NAME_MAX_BYTES))
		return "name";
	if (!is_text(form->description, 0, NAME_MAX_BYTES))
		return "description";
	if (!industry_parts_good(form->industry))
		return "industryCategory";
	if (form->type != TEMPLATE_ACTIVE_CARRIER && form->type != TEMPLATE_OTHER)
		return "type";
	return form->item_count == 0 || form->item_count > TEMPLATE_ITEMS_MAX ? "items" : NULL;
}

err_t template_good(const template_t *form, err_detail_t *ret_detail)
{
	char number[24];
	const char *fault = head_fault(form);
	if (fault)
		return err_raise(ret_detail, ERR_INVALID, &text_field, "", fault, (char *)NULL);
	for (size_t i = 0; i < form->item_count; i++) {
		fault = item_fault(form, i);
		(void)snprintf(number, sizeof(number), "%zu", i + 1);
		if (fault)
			return err_raise(ret_detail, ERR_INVALID, &text_item, "", number, fault,
			                 (char *)NULL);
	}
	return ERR_OK;
}

/* Disk form. */

static void write_bound(double bound, writer_t *w)
{
	uint64_t bits;
	memcpy(&bits, &bound, sizeof(bits));
	wr_u64_le(w, bits);
}

static double read_bound(reader_t *r)
{
	uint64_t bits = rd_u64_le(r);
	double bound;
	memcpy(&bound, &bits, sizeof(bound));
	return bound;
}

static void write_item(const template_item_t *item, writer_t *w)
{
	wr_string(w, item->name[LANG_EN]);
	wr_string(w, item->name[LANG_ZH]);
	wr_string(w, item->type);
	wr_varint(w, item->index);
	wr_u8(w, (uint8_t)item->kind);
	wr_u8(w, (uint8_t)((item->required ? FLAG_REQUIRED : 0) | (item->unique ? FLAG_UNIQUE : 0) |
	                   (item->disabled ? FLAG_DISABLED : 0)));
	wr_u8(w, item->perms);
	wr_varint(w, item->length_min);
	wr_varint(w, item->length_max);
	write_bound(item->min, w);
	write_bound(item->max, w);
}

void template_write(const template_t *form, writer_t *w)
{
	wr_string(w, form->prefix);
	wr_string(w, form->version);
	wr_string(w, form->name[LANG_EN]);
	wr_string(w, form->name[LANG_ZH]);
	wr_string(w, form->description);
	for (size_t i = 0; i < 4; i++)
		wr_string(w, form->industry[i]);
	wr_u8(w, (uint8_t)form->type);
	wr_varint(w, form->item_count);
	for (size_t i = 0; i < form->item_count; i++)
		write_item(&form->items[i], w);
}

static uint32_t read_u32(reader_t *r)
{
	uint64_t n = rd_varint(r);
	r->bad = r->bad || n > UINT32_MAX;
	return (uint32_t)n;
}

static void read_item(reader_t *r, template_item_t *item)
{
	item->name[LANG_EN] = rd_string(r);
	item->name[LANG_ZH] = rd_string(r);
	item->type = rd_string(r);
	item->index = read_u32(r);
	uint8_t kind = rd_u8(r);
	uint8_t flags = rd_u8(r);
	item->perms = rd_u8(r);
	item->length_min = read_u32(r);
	item->length_max = read_u32(r);
	item->min = read_bound(r);
	item->max = read_bound(r);
	r->bad = r->bad || kind >= TEMPLATE_KIND_COUNT;
	item->kind = (template_kind_t)kind;
	item->required = flags & FLAG_REQUIRED;
	item->unique = flags & FLAG_UNIQUE;
	item->disabled = flags & FLAG_DISABLED;
}

static void read_head(reader_t *r, template_t *t)
{
	t->prefix = rd_string(r);
	t->version = rd_string(r);
	t->name[LANG_EN] = rd_string(r);
	t->name[LANG_ZH] = rd_string(r);
	t->description = rd_string(r);
	for (size_t i = 0; i < 4; i++)
		t->industry[i] = rd_string(r);
	t->type = (template_type_t)rd_u8(r);
	uint64_t count = rd_varint(r);
	r->bad = r->bad || count > TEMPLATE_ITEMS_MAX || count * ITEM_BYTES_MIN > r->in.len;
	t->item_count = r->bad ? 0 : (size_t)count;
}

/* The whole of it is kept, because the texts of the template point there. */
static err_t keep_bytes(template_t *t, slice_t bytes)
{
	t->memory = malloc(bytes.len + 1);
	if (!t->memory)
		return ERR_NO_MEMORY;
	if (bytes.len)
		memcpy(t->memory, bytes.ptr, bytes.len);
	return ERR_OK;
}

static err_t read_items(reader_t *r, template_t *t)
{
	t->rows = calloc(t->item_count + 1, sizeof(*t->rows));
	t->items = t->rows;
	if (!t->rows)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < t->item_count; i++)
		read_item(r, &t->rows[i]);
	return r->bad || r->in.len ? ERR_CORRUPT : ERR_OK;
}

static err_t read_from(template_t *t, slice_t bytes)
{
	err_t err = keep_bytes(t, bytes);
	if (err)
		return err;
	reader_t copy = reader_of(slice_of(t->memory, bytes.len));
	read_head(&copy, t);
	return read_items(&copy, t);
}

err_t template_read(reader_t *r, template_t **ret_template)
{
	template_t *t = calloc(1, sizeof(*t));
	err_t err = t ? read_from(t, r->in) : ERR_NO_MEMORY;
	if (err) {
		template_free(t);
		return err;
	}
	r->in = slice_from(r->in, r->in.len);
	*ret_template = t;
	return ERR_OK;
}

void template_free(template_t *t)
{
	if (!t)
		return;
	free(t->rows);
	free(t->memory);
	free(t);
}

const template_item_t *template_item(const template_t *t, uint32_t index)
{
	for (size_t i = 0; i < t->item_count; i++)
		if (t->items[i].index == index)
			return &t->items[i];
	return NULL;
}
