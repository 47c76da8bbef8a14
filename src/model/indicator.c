/* SPDX-License-Identifier: Apache-2.0 */
#include "model/indicator.h"
#include "base/base64.h"
#include "base/num.h"
#include "base/utf8.h"

#include <math.h>

const char *part_kind_name(part_kind_t kind)
{
#define X(name, word) word,
	static const char *const words[] = { PART_KIND_ROWS(X) };
#undef X
	return words[kind];
}

const char *figure_origin_name(figure_origin_t origin)
{
#define X(name, word) word,
	static const char *const words[] = { FIGURE_ORIGIN_ROWS(X) };
#undef X
	return words[origin];
}

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

int figure_key_cmp(const figure_key_t *a, const figure_key_t *b)
{
	int order = slice_cmp(a->definition, b->definition);
	order = order ? order : COMPARE(a->version, b->version);
	order = order ? order : slice_cmp(a->scope, b->scope);
	order = order ? order : COMPARE(a->from_ns, b->from_ns);
	return order ? order : COMPARE(a->to_ns, b->to_ns);
}

static bool same_part(const part_t *a, const part_t *b)
{
	if (a->kind != b->kind || a->is_there != b->is_there)
		return false;
	return !a->is_there ||
	       (a->kind == PART_SUM ? a->sum == b->sum : slice_eq(a->bytes, b->bytes));
}

static bool same_parts(const figure_t *a, const figure_t *b)
{
	if (a->part_count != b->part_count)
		return false;
	for (size_t i = 0; i < a->part_count; i++)
		if (!same_part(&a->parts[i], &b->parts[i]))
			return false;
	return true;
}

static bool same_counts(const figure_t *a, const figure_t *b)
{
	return a->expected == b->expected && a->reporting == b->reporting &&
	       a->declared == b->declared && a->coverage == b->coverage;
}

bool figure_says_same(const figure_t *a, const figure_t *b)
{
	bool same = figure_key_cmp(&a->key, &b->key) == 0 && slice_eq(a->entity, b->entity) &&
	            a->origin == b->origin && same_parts(a, b) && same_counts(a, b) &&
	            slice_eq(a->attested_by, b->attested_by) && slice_eq(a->sources, b->sources);
	if (!same || a->has_value != b->has_value)
		return false;
	return a->has_value ? a->value == b->value : slice_eq(a->lack, b->lack);
}

/* What may be said at all. */

static bool is_name(slice_t name, size_t least)
{
	return name.len >= least && name.len <= FIGURE_NAME_MAX && utf8_valid(name);
}

static bool is_key(const figure_key_t *key)
{
	return is_name(key->definition, 1) && is_name(key->scope, 1) && key->version > 0 &&
	       key->from_ns < key->to_ns;
}

static bool is_part(const part_t *part)
{
	if ((unsigned)part->kind >= PART_KIND_COUNT || !part->is_there)
		return (unsigned)part->kind < PART_KIND_COUNT;
	return part->kind == PART_SUM ? isfinite(part->sum)
	                              : part->bytes.len <= FIGURE_PART_BYTES_MAX;
}

static bool are_sources(slice_t bytes)
{
	reader_t r = reader_of(bytes);
	slice_t before = { 0 };
	size_t count = 0;
	while (r.in.len && !r.bad) {
		slice_t entity = rd_string(&r);
		if (rd_varint(&r) > UINT32_MAX || ++count > FIGURE_SOURCES_MAX ||
		    !is_name(entity, 1) || slice_cmp(before, entity) >= 0)
			return false;
		before = entity;
	}
	return !r.bad && bytes.len <= FIGURE_SOURCES_BYTES_MAX;
}

static bool is_counted(const figure_t *f)
{
	return f->reporting <= f->expected && f->declared <= f->reporting && f->coverage >= 0 &&
	       f->coverage <= 1 && f->revision > 0;
}

static bool is_sound(const figure_t *f)
{
	bool sound = is_key(&f->key) && is_name(f->entity, 1) && is_counted(f) &&
	             (unsigned)f->origin < FIGURE_ORIGIN_COUNT &&
	             f->part_count <= FIGURE_PARTS_MAX && is_name(f->attested_by, 0) &&
	             (f->origin == FIGURE_DECLARED) == (f->attested_by.len > 0) &&
	             (f->origin == FIGURE_ROLLED || f->sources.len == 0);
	for (size_t i = 0; sound && i < f->part_count; i++)
		sound = is_part(&f->parts[i]);
	return sound && (f->has_value ? isfinite(f->value) : is_name(f->lack, 0)) &&
	       are_sources(f->sources);
}

/* Writing */

static void put_f64(writer_t *w, double number)
{
	wr_u64_le(w, num_bits(number));
}

void figure_key_put(const figure_key_t *key, writer_t *w)
{
	wr_string(w, key->definition);
	wr_varint(w, key->version);
	wr_string(w, key->scope);
	wr_zigzag(w, key->from_ns);
	wr_varint(w, (uint64_t)key->to_ns - (uint64_t)key->from_ns);
}

static void put_part(const part_t *part, writer_t *w)
{
	wr_u8(w, (uint8_t)part->kind);
	wr_u8(w, part->is_there);
	if (!part->is_there)
		return;
	if (part->kind == PART_SUM)
		put_f64(w, part->sum);
	else
		wr_string(w, part->bytes);
}

err_t figure_encode(const figure_t *f, writer_t *w)
{
	if (!is_sound(f))
		return ERR_INVALID;
	wr_u8(w, FIGURE_VERSION);
	wr_u8(w, (uint8_t)f->origin);
	figure_key_put(&f->key, w);
	wr_string(w, f->entity);
	wr_varint(w, f->expected);
	wr_varint(w, f->reporting);
	wr_varint(w, f->declared);
	put_f64(w, f->coverage);
	wr_varint(w, f->revision);
	wr_zigzag(w, f->issued_ns);
	wr_string(w, f->attested_by);
	wr_u8(w, f->has_value);
	if (f->has_value)
		put_f64(w, f->value);
	else
		wr_string(w, f->lack);
	wr_u8(w, (uint8_t)f->part_count);
	for (size_t i = 0; i < f->part_count; i++)
		put_part(&f->parts[i], w);
	wr_string(w, f->sources);
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

void figure_source_put(const figure_source_t *source, writer_t *w)
{
	wr_string(w, source->entity);
	wr_varint(w, source->revision);
}

bool figure_source_next(reader_t *sources, figure_source_t *ret_source)
{
	if (sources->in.len == 0 || sources->bad)
		return false;
	slice_t entity = rd_string(sources);
	*ret_source = (figure_source_t){ entity, (uint32_t)rd_varint(sources) };
	return !sources->bad;
}

/* Reading */

static double read_f64(reader_t *r)
{
	return num_of_bits(rd_u64_le(r));
}

static uint32_t read_u32(reader_t *r)
{
	uint64_t number = rd_varint(r);
	r->bad = r->bad || number > UINT32_MAX;
	return (uint32_t)number;
}

static bool read_flag(reader_t *r)
{
	uint8_t flag = rd_u8(r);
	r->bad = r->bad || flag > 1;
	return flag == 1;
}

figure_key_t figure_key_take(reader_t *r)
{
	figure_key_t key = { .definition = rd_string(r) };
	key.version = read_u32(r);
	key.scope = rd_string(r);
	key.from_ns = rd_zigzag(r);
	uint64_t length = rd_varint(r);
	r->bad = r->bad || __builtin_add_overflow(key.from_ns, length, &key.to_ns) || !is_key(&key);
	return key;
}

static void read_part(reader_t *r, part_t *part)
{
	part->kind = (part_kind_t)rd_u8(r);
	part->is_there = read_flag(r);
	if (!part->is_there)
		return;
	if (part->kind == PART_SUM)
		part->sum = read_f64(r);
	else
		part->bytes = rd_string(r);
}

static void read_counts(reader_t *r, figure_t *f)
{
	f->expected = read_u32(r);
	f->reporting = read_u32(r);
	f->declared = read_u32(r);
	f->coverage = read_f64(r);
	f->revision = read_u32(r);
	f->issued_ns = rd_zigzag(r);
	f->attested_by = rd_string(r);
}

err_t figure_decode(slice_t bytes, figure_t *ret_figure)
{
	reader_t r = reader_of(bytes);
	uint8_t version = rd_u8(&r);
	if (!r.bad && version > FIGURE_VERSION)
		return ERR_NEWER_FORMAT;
	figure_t f = { .origin = (figure_origin_t)rd_u8(&r) };
	f.key = figure_key_take(&r);
	f.entity = rd_string(&r);
	read_counts(&r, &f);
	f.has_value = read_flag(&r);
	if (f.has_value)
		f.value = read_f64(&r);
	else
		f.lack = rd_string(&r);
	f.part_count = rd_u8(&r);
	for (size_t i = 0; i < f.part_count && i < FIGURE_PARTS_MAX; i++)
		read_part(&r, &f.parts[i]);
	f.sources = rd_string(&r);
	if (r.bad || r.in.len || version != FIGURE_VERSION || !is_sound(&f))
		return ERR_MALFORMED;
	*ret_figure = f;
	return ERR_OK;
}

err_t figure_item_decode(slice_t bytes, slice_t *ret_node, figure_t *ret_figure)
{
	reader_t r = reader_of(bytes);
	slice_t node = rd_string(&r);
	if (r.bad || !is_name(node, 1))
		return ERR_MALFORMED;
	err_t err = figure_decode(r.in, ret_figure);
	if (err == ERR_OK)
		*ret_node = node;
	return err;
}

/* JSON */

static void json_part(const part_t *part, const slice_t *name, json_t *j)
{
	uint8_t text[(FIGURE_PART_BYTES_MAX + 2) / 3 * 4];
	writer_t w = writer_of(text, sizeof(text));
	json_object(j);
	if (name)
		json_put_str(j, "name", *name);
	json_put_cstr(j, "kind", part_kind_name(part->kind));
	json_key(j, part->kind == PART_SUM ? "sum" : "sketch");
	if (!part->is_there) {
		json_null(j);
	} else if (part->kind == PART_SUM) {
		json_f64(j, part->sum);
	} else {
		base64_encode(part->bytes, BASE64_PLAIN, &w);
		json_str(j, writer_done(&w));
	}
	json_close(j);
}

static void json_origin(const figure_t *f, json_t *j)
{
	json_put_cstr(j, "origin", figure_origin_name(f->origin));
	json_put_u64(j, "expected", f->expected);
	json_put_u64(j, "reporting", f->reporting);
	json_put_u64(j, "declared", f->declared);
	json_put_f64(j, "coverage", f->coverage);
	json_put_u64(j, "revision", f->revision);
	json_put_time(j, "issued", f->issued_ns);
	if (f->attested_by.len)
		json_put_str(j, "attested_by", f->attested_by);
	reader_t r = reader_of(f->sources);
	figure_source_t source;
	if (f->sources.len == 0)
		return;
	json_key(j, "sources");
	json_array(j);
	while (figure_source_next(&r, &source)) {
		json_object(j);
		json_put_str(j, "entity", source.entity);
		json_put_u64(j, "revision", source.revision);
		json_close(j);
	}
	json_close(j);
}

void figure_json(const figure_t *f, const slice_t *part_names, json_t *j)
{
	json_object(j);
	json_put_str(j, "definition", f->key.definition);
	json_put_u64(j, "version", f->key.version);
	json_put_str(j, "scope", f->key.scope);
	json_put_time(j, "from", f->key.from_ns);
	json_put_time(j, "to", f->key.to_ns);
	json_put_str(j, "entity", f->entity);
	json_key(j, "value");
	if (f->has_value)
		json_f64(j, f->value);
	else
		json_null(j);
	if (!f->has_value)
		json_put_str(j, "lack", f->lack);
	json_origin(f, j);
	json_key(j, "parts");
	json_array(j);
	for (size_t i = 0; i < f->part_count; i++)
		json_part(&f->parts[i], part_names ? &part_names[i] : NULL, j);
	json_close(j);
	json_close(j);
}
