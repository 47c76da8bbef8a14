/* SPDX-License-Identifier: Apache-2.0 */
#include "api/figure_id.h"

#include "base/base64.h"

enum { VERSION = 1 };

static slice_t bytes_of(const figure_id_t *id, uint8_t room[FIGURE_ID_BYTES])
{
	writer_t w = writer_of(room, FIGURE_ID_BYTES);
	wr_u8(&w, VERSION);
	book_place_put(&id->key, &w);
	wr_varint(&w, id->revision);
	return w.bad ? (slice_t){ 0 } : writer_done(&w);
}

void figure_id_put(const figure_id_t *id, writer_t *w)
{
	uint8_t room[FIGURE_ID_BYTES];
	base64_encode(bytes_of(id, room), BASE64_URL, w);
}

static bool is_name(slice_t name)
{
	return name.len <= FIGURE_NAME_MAX;
}

static bool is_lawful(const figure_id_t *id)
{
	const book_key_t *key = &id->key;
	return is_name(key->key.definition) && is_name(key->key.scope) && is_name(key->entity) &&
	       is_name(key->source) && key->key.from_ns < key->key.to_ns && id->revision > 0;
}

err_t figure_id_read(slice_t text, uint8_t room[FIGURE_ID_BYTES], figure_id_t *ret_id)
{
	uint8_t again[FIGURE_ID_BYTES];
	writer_t w = writer_of(room, FIGURE_ID_BYTES);
	if (base64_decode_url(text, &w))
		return ERR_MALFORMED;
	reader_t r = reader_of(writer_done(&w));
	figure_id_t id = { .revision = 0 };
	uint8_t version = rd_u8(&r);
	id.key.key.definition = rd_string(&r);
	uint64_t of = rd_varint(&r);
	id.key.key.version = (uint32_t)of;
	id.key.key.scope = rd_string(&r);
	id.key.entity = rd_string(&r);
	id.key.source = rd_string(&r);
	id.key.key.from_ns = rd_zigzag(&r);
	id.key.key.to_ns = rd_zigzag(&r);
	uint64_t revision = rd_varint(&r);
	id.revision = (uint32_t)revision;
	if (r.bad || r.in.len || version != VERSION || of > UINT32_MAX || revision > UINT32_MAX ||
	    !is_lawful(&id) || !slice_eq(bytes_of(&id, again), writer_done(&w)))
		return ERR_MALFORMED;
	*ret_id = id;
	return ERR_OK;
}
