/* SPDX-License-Identifier: Apache-2.0 */
/* A row is judged by its checksum before a byte of it is believed; what the codec
 * then still finds wrong was written wrong, and is damage all the same. */
#include "registry/store/row.h"

#include "base/crc.h"
#include "codec/handle/handle.h"
#include "model/time.h"

enum {
	HEAD = 8,
	CRC_BYTES = 4,
	LENGTH_BITS = 24,
	STATE_MASK = 0x07,
	IS_PLAIN = 0x08,  /* values as they are */
	VALUE_FIXED = 14, /* index, time stamp, time to live with its type, permissions */
	LENGTHS = 12,     /* of type, data and references */
};

/* Bits of a short value's first byte: set, the field is the usual one and absent. */
enum {
	USUAL_TTL = 1,
	USUAL_PERMS = 2,
	USUAL_REFERENCES = 4, /* none */
	USUAL_STAMP = 8,      /* the second of the record's change */
	USUAL_TYPE = 16,      /* by its number in the table below */
};

/* Types are stored by number: append rows, never reorder. */
#define TYPE_ROWS(X) \
	X("URL") \
	X("EMAIL") \
	X("HS_ADMIN") \
	X("DESC") \
	X("DESC.zh") \
	X("DESC.en") \
	X("URL.MIRROR") \
	X("HS_PUBKEY") \
	X("HS_SECKEY") \
	X("HS_VLIST") \
	X("HS_ALIAS") \
	X("HS_SITE") \
	X("HS_SERV") \
	X("HS_NAMESPACE") \
	X("HS_SIGNATURE") \
	X("INET_HOST") \
	X("URN") \
	X("10320/loc")

static const struct {
	const char *text;
	size_t len;
} types[] = {
#define X(text) { text, sizeof(text) - 1 },
	TYPE_ROWS(X)
#undef X
};

enum { TYPES = sizeof(types) / sizeof(types[0]) };

static size_t type_number(slice_t type)
{
	size_t i = 0;
	while (i < TYPES && !slice_eq(type, slice_of(types[i].text, types[i].len)))
		i++;
	return i;
}

static uint32_t second_of(int64_t ns)
{
	return (uint32_t)(ns / NS_PER_S);
}

/* Short values. */

static unsigned usual_of(const handle_value_t *value, uint32_t second, size_t type)
{
	unsigned usual = 0;
	usual |= value->ttl_type == 0 && value->ttl_s == HANDLE_TTL_DEFAULT_S ? USUAL_TTL : 0;
	usual |= value->perms == HANDLE_PERMS_DEFAULT ? USUAL_PERMS : 0;
	usual |= value->references.count == 0 ? USUAL_REFERENCES : 0;
	usual |= value->timestamp_s == second ? USUAL_STAMP : 0;
	return usual | (type < TYPES ? USUAL_TYPE : 0);
}

static void ttl_write(const handle_value_t *value, writer_t *w)
{
	wr_u8(w, value->ttl_type);
	wr_u32(w, value->ttl_s);
}

static void type_write(slice_t type, size_t number, writer_t *w)
{
	if (number < TYPES)
		wr_u8(w, (uint8_t)number);
	else
		wr_string(w, type);
}

static void references_write(handle_list_t references, writer_t *w)
{
	wr_varint(w, references.count);
	wr_string(w, references.bytes);
}

static void short_value_write(const handle_value_t *value, uint32_t second, writer_t *w)
{
	size_t type = type_number(value->type);
	unsigned usual = usual_of(value, second, type);
	wr_u8(w, (uint8_t)usual);
	wr_varint(w, value->index);
	if (!(usual & USUAL_STAMP))
		wr_u32(w, value->timestamp_s);
	if (!(usual & USUAL_TTL))
		ttl_write(value, w);
	if (!(usual & USUAL_PERMS))
		wr_u8(w, value->perms);
	type_write(value->type, type, w);
	wr_string(w, value->data);
	if (!(usual & USUAL_REFERENCES))
		references_write(value->references, w);
}

/* False when the values are no values or too long to expand. */
static bool short_write(const record_t *record, writer_t *w)
{
	size_t from = w->len;
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value;
	uint32_t second = second_of(record->changed_ns);
	if (record->values.len > ROW_ROOM)
		return false;
	while (handle_value_next(&iter, &value))
		short_value_write(&value, second, w);
	if (!iter.in.bad && iter.in.in.len == 0)
		return true;
	w->len = from;
	return false;
}

static uint8_t *store_u32(uint8_t *to, uint32_t v)
{
	to[0] = (uint8_t)(v >> 24);
	to[1] = (uint8_t)(v >> 16);
	to[2] = (uint8_t)(v >> 8);
	to[3] = (uint8_t)v;
	return to + 4;
}

static uint8_t *store_slice(uint8_t *to, slice_t s)
{
	to = store_u32(to, (uint32_t)s.len);
	if (s.len)
		memcpy(to, s.ptr, s.len);
	return to + s.len;
}

static slice_t type_read(reader_t *r, unsigned usual)
{
	if (!(usual & USUAL_TYPE))
		return rd_string(r);
	size_t number = rd_u8(r);
	if (number >= TYPES) {
		r->bad = true;
		return (slice_t){ 0 };
	}
	return slice_of(types[number].text, types[number].len);
}

static handle_list_t references_read(reader_t *r)
{
	uint32_t count = (uint32_t)rd_varint(r);
	return (handle_list_t){ count, rd_string(r) };
}

/* Sets every field but `bytes`, one by one: on the way of every answer the zeros and
 * the copy of a value returned whole cost more than what is read. */
static void short_value_read(reader_t *r, uint32_t second, handle_value_t *ret_value)
{
	unsigned usual = rd_u8(r);
	ret_value->index = (uint32_t)rd_varint(r);
	ret_value->timestamp_s = usual & USUAL_STAMP ? second : rd_u32(r);
	ret_value->ttl_type = usual & USUAL_TTL ? 0 : rd_u8(r);
	ret_value->ttl_s = usual & USUAL_TTL ? HANDLE_TTL_DEFAULT_S : rd_u32(r);
	ret_value->perms = usual & USUAL_PERMS ? HANDLE_PERMS_DEFAULT : rd_u8(r);
	ret_value->type = type_read(r, usual);
	ret_value->data = rd_string(r);
	ret_value->references.count = 0;
	ret_value->references.bytes.len = 0;
	if (!(usual & USUAL_REFERENCES))
		ret_value->references = references_read(r);
}

static uint8_t *store_fixed(uint8_t *to, const handle_value_t *value)
{
	to = store_u32(to, value->index);
	to = store_u32(to, value->timestamp_s);
	*to++ = value->ttl_type;
	to = store_u32(to, value->ttl_s);
	*to++ = value->perms;
	return to;
}

/* One reservation a value, since this is on the way of every answer. */
static void value_expand(const handle_value_t *value, writer_t *w)
{
	slice_t references = value->references.bytes;
	uint8_t *to = wr_reserve(w, VALUE_FIXED + LENGTHS + value->type.len + value->data.len +
	                                    references.len);
	if (!to)
		return;
	to = store_fixed(to, value);
	to = store_slice(to, value->type);
	to = store_slice(to, value->data);
	to = store_u32(to, value->references.count);
	if (references.len)
		memcpy(to, references.ptr, references.len);
}

static void short_value_expand(reader_t *r, uint32_t second, record_t *record, writer_t *w)
{
	handle_value_t value;
	short_value_read(r, second, &value);
	record->is_public &= (value.perms & HANDLE_PERM_PUBLIC_READ) != 0;
	record->is_still &= !slice_eq_nocase(value.type, SLICE(RECORD_TYPE_POINT));
	if (!r->bad)
		value_expand(&value, w);
}

/* Rows. */

static uint32_t row_sum(slice_t row)
{
	return crc32c(0, slice_from(row, CRC_BYTES));
}

static void patch_u32_le(uint8_t *at, uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

void row_write(const record_t *record, writer_t *w)
{
	size_t from = w->len;
	uint8_t flags = (uint8_t)record->state;
	uint8_t *head = wr_reserve(w, HEAD);
	wr_string(w, record->name);
	wr_varint(w, record->last.seq);
	wr_varint(w, record->last.at);
	wr_zigzag(w, record->changed_ns);
	wr_varint(w, record->count);
	if (!short_write(record, w)) {
		flags |= IS_PLAIN;
		wr_bytes(w, record->values);
	}
	if (w->bad || !head)
		return;
	size_t body = w->len - from - HEAD;
	patch_u32_le(head + CRC_BYTES, (uint32_t)body | (uint32_t)flags << LENGTH_BITS);
	patch_u32_le(head, row_sum(slice_from(writer_done(w), from)));
	while ((w->len - from) % ROW_ALIGN)
		wr_u8(w, 0);
}

err_t row_open(slice_t in, row_t *ret_row)
{
	reader_t r = reader_of(in);
	uint32_t sum = rd_u32_le(&r), word = rd_u32_le(&r);
	size_t length = word & ((1u << LENGTH_BITS) - 1);
	slice_t body = rd_take(&r, length);
	if (r.bad || length == 0 || row_sum(slice_sub(in, 0, HEAD + length)) != sum)
		return ERR_CORRUPT;
	r = reader_of(body);
	row_t row = { .flags = (uint8_t)(word >> LENGTH_BITS), .name = rd_string(&r) };
	row.size = (HEAD + length + ROW_ALIGN - 1) / ROW_ALIGN * ROW_ALIGN;
	row.body = r.in;
	if (r.bad || (row.flags & STATE_MASK) >= RECORD_STATE_COUNT)
		return ERR_CORRUPT;
	*ret_row = row;
	return ERR_OK;
}

static err_t values_expand(reader_t *r, writer_t *room, record_t *record)
{
	size_t from = room->len;
	uint32_t second = second_of(record->changed_ns);
	writer_t w = writer_of(room->buf, from + ROW_ROOM);
	if (room->bad || room->cap - from < ROW_ROOM)
		return ERR_LIMIT;
	w.len = from;
	record->is_public = record->is_still = true;
	for (uint32_t i = 0; i < record->count && !r->bad; i++)
		short_value_expand(r, second, record, &w);
	if (r->bad || w.bad || r->in.len > 0)
		return ERR_CORRUPT;
	record->values = slice_from(writer_done(&w), from);
	room->len = w.len;
	return ERR_OK;
}

err_t row_expand(const row_t *row, writer_t *room, record_t *ret_record)
{
	reader_t r = reader_of(row->body);
	record_t record = { .name = row->name };
	record.state = (record_state_t)(row->flags & STATE_MASK);
	record.last.seq = rd_varint(&r);
	record.last.at = rd_varint(&r);
	record.changed_ns = rd_zigzag(&r);
	uint64_t count = rd_varint(&r);
	if (r.bad || count > RECORD_VALUES_MAX)
		return ERR_CORRUPT;
	record.count = (uint32_t)count;
	record.values = r.in;
	err_t err = row->flags & IS_PLAIN ? ERR_OK : values_expand(&r, room, &record);
	if (!err)
		*ret_record = record;
	return err;
}
