/* SPDX-License-Identifier: Apache-2.0 */
/* Each kind is written and read by a pair of functions that stand together. */
#include "office/entry.h"

enum { FORMAT = 1, ADDRESS_BYTES = 16 };

static void write_application(const entry_t *e, writer_t *w)
{
	const application_form_t *f = &e->form;
	const slice_t texts[] = { f->organisation, f->credit_code, f->contact,
		                  f->purpose,      f->industry,    f->parent,
		                  f->wanted,       f->public_key,  f->service };
	wr_varint(w, e->number);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		wr_string(w, texts[i]);
	wr_u8(w, f->site.port ? f->site.ip.family : 0);
	wr_bytes(w, slice_of(f->site.ip.bytes, ADDRESS_BYTES));
	wr_u16_le(w, f->site.port);
}

static void read_application(reader_t *r, entry_t *e)
{
	application_form_t *f = &e->form;
	slice_t *const texts[] = { &f->organisation, &f->credit_code, &f->contact,
		                   &f->purpose,      &f->industry,    &f->parent,
		                   &f->wanted,       &f->public_key,  &f->service };
	e->number = rd_varint(r);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		*texts[i] = rd_string(r);
	f->site.ip.family = rd_u8(r);
	slice_t bytes = rd_take(r, ADDRESS_BYTES);
	f->site.port = rd_u16_le(r);
	if (!r->bad)
		memcpy(f->site.ip.bytes, bytes.ptr, ADDRESS_BYTES);
}

static void write_limits(const meter_limits_t *limits, writer_t *w)
{
	wr_varint(w, limits->names);
	wr_varint(w, limits->names_day);
	wr_varint(w, limits->requests_day);
}

static void read_limits(reader_t *r, meter_limits_t *limits)
{
	limits->names = rd_varint(r);
	limits->names_day = rd_varint(r);
	limits->requests_day = rd_varint(r);
}

static void write_step(const entry_t *e, writer_t *w)
{
	wr_varint(w, e->number);
	wr_u8(w, (uint8_t)e->step);
	wr_string(w, e->reason);
	wr_string(w, e->prefix);
	write_limits(&e->limits, w);
}

static void read_step(reader_t *r, entry_t *e)
{
	e->number = rd_varint(r);
	uint8_t step = rd_u8(r);
	e->reason = rd_string(r);
	e->prefix = rd_string(r);
	read_limits(r, &e->limits);
	r->bad = r->bad || step == OFFICE_APPLY || step >= OFFICE_STEP_COUNT;
	e->step = (office_step_t)step;
}

static void write_made(const entry_t *e, writer_t *w)
{
	wr_varint(w, e->number);
}

static void read_made(reader_t *r, entry_t *e)
{
	e->number = rd_varint(r);
}

static void write_prefix_limits(const entry_t *e, writer_t *w)
{
	wr_string(w, e->prefix);
	write_limits(&e->limits, w);
}

static void read_prefix_limits(reader_t *r, entry_t *e)
{
	e->prefix = rd_string(r);
	read_limits(r, &e->limits);
}

static void write_template(const entry_t *e, writer_t *w)
{
	template_write(e->template, w);
}

static void write_template_name(const entry_t *e, writer_t *w)
{
	wr_string(w, e->prefix);
	wr_string(w, e->version);
}

static void read_template_name(reader_t *r, entry_t *e)
{
	e->prefix = rd_string(r);
	e->version = rd_string(r);
}

static void write_rest(const entry_t *e, writer_t *w)
{
	wr_bytes(w, e->rest);
}

static void read_rest(reader_t *r, entry_t *e)
{
	e->rest = rd_take(r, r->in.len);
}

static const struct {
	void (*write)(const entry_t *e, writer_t *w);
	void (*read)(reader_t *r, entry_t *e);
} KINDS[ENTRY_KIND_COUNT] = {
	[ENTRY_APPLICATION] = { write_application, read_application },
	[ENTRY_STEP] = { write_step, read_step },
	[ENTRY_MADE] = { write_made, read_made },
	[ENTRY_LIMITS] = { write_prefix_limits, read_prefix_limits },
	[ENTRY_TEMPLATE] = { write_template, read_rest },
	[ENTRY_TEMPLATE_USE] = { write_template_name, read_template_name },
	[ENTRY_TEMPLATE_END] = { write_template_name, read_template_name },
	[ENTRY_USAGE] = { write_rest, read_rest },
};

void office_entry_write(const entry_t *entry, writer_t *w)
{
	wr_u8(w, FORMAT);
	wr_u8(w, (uint8_t)entry->kind);
	wr_zigzag(w, entry->utc_ns);
	wr_string(w, entry->who);
	KINDS[entry->kind].write(entry, w);
}

err_t office_entry_read(slice_t payload, entry_t *ret_entry)
{
	reader_t r = reader_of(payload);
	entry_t entry = { 0 };
	uint8_t format = rd_u8(&r);
	uint8_t kind = rd_u8(&r);
	entry.utc_ns = rd_zigzag(&r);
	entry.who = rd_string(&r);
	/* Kinds are only ever appended, so one past the last comes from a newer version. */
	if (format > FORMAT || (!r.bad && kind >= ENTRY_KIND_COUNT))
		return ERR_NEWER_FORMAT;
	if (r.bad || format != FORMAT || kind == ENTRY_NONE)
		return ERR_CORRUPT;
	entry.kind = (entry_kind_t)kind;
	KINDS[kind].read(&r, &entry);
	if (r.bad || r.in.len)
		return ERR_CORRUPT;
	*ret_entry = entry;
	return ERR_OK;
}
