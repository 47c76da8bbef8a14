/* SPDX-License-Identifier: Apache-2.0 */
/* The snapshot back as YAML, by the rows of the schema. */
#include "config/schema.h"

typedef struct {
	writer_t *w;
	size_t indent;
	bool dash; /* the next line begins an item of a list */
} dump_t;

static void dump_section(dump_t *d, const section_t *s, const void *item);

static void dump_key(dump_t *d, const char *key)
{
	size_t blanks = d->dash ? d->indent - 2 : d->indent;
	for (size_t i = 0; i < blanks; i++)
		wr_u8(d->w, ' ');
	if (d->dash)
		wr_bytes(d->w, SLICE("- "));
	d->dash = false;
	wr_bytes(d->w, slice_str(key));
	wr_u8(d->w, ':');
}

static void dump_line_end(dump_t *d)
{
	wr_u8(d->w, '\n');
}

static void dump_one(dump_t *d, const field_t *f, const void *item)
{
	dump_key(d, f->key);
	if (f->kind != KIND_SECTION) {
		wr_u8(d->w, ' ');
		kind_of(f)->show(f, field_in(item, f->at), d->w);
		dump_line_end(d);
		return;
	}
	dump_line_end(d);
	d->indent += 2;
	dump_section(d, f->section, field_in(item, f->at));
	d->indent -= 2;
}

static void dump_array(dump_t *d, const field_t *f, const void *item)
{
	dump_key(d, f->key);
	wr_bytes(d->w, SLICE(" ["));
	for (size_t i = 0; i < field_count(f, item); i++) {
		if (i)
			wr_bytes(d->w, SLICE(", "));
		kind_of(f)->show(f, field_in(item, f->at + i * kind_of(f)->size), d->w);
	}
	wr_u8(d->w, ']');
	dump_line_end(d);
}

static void dump_list(dump_t *d, const field_t *f, const void *item)
{
	const void *items = *(const void *const *)field_in(item, f->at);
	dump_key(d, f->key);
	dump_line_end(d);
	d->indent += 4;
	for (size_t i = 0; i < field_count(f, item); i++) {
		d->dash = true;
		dump_section(d, f->section, field_in(items, i * f->section->size));
	}
	d->indent -= 4;
}

static bool is_given(const field_t *f, const void *item)
{
	if (f->form == FORM_LIST)
		return field_count(f, item) > 0;
	return !f->present_at || *(const bool *)field_in(item, f->present_at);
}

static void (*const DUMPERS[])(dump_t *, const field_t *, const void *) = {
	[FORM_ONE] = dump_one,
	[FORM_ARRAY] = dump_array,
	[FORM_LIST] = dump_list,
};

static void dump_section(dump_t *d, const section_t *s, const void *item)
{
	for (size_t i = 0; i < s->field_count; i++)
		if (is_given(&s->fields[i], item))
			DUMPERS[s->fields[i].form](d, &s->fields[i], item);
}

void config_dump(const config_t *config, writer_t *w)
{
	dump_t d = { .w = w };
	dump_section(&d, &SECTION_ROOT, config);
}
