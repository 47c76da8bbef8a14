/* SPDX-License-Identifier: Apache-2.0 */
/* The file holds what was said and none of what follows from it: chains, who speaks, and
 * counts are made again from the claims, in the order in which they came. */
#include <stdlib.h>

#include "census/state.h"
#include "env/file.h"
#include "journal/view_file.h"

static const view_file_t FORM = { { 'J', 'I', 'Z', 'H', 'U', 'C', 'E', 'N' }, 1 };

enum {
	VARINT_MAX = 10,
	WORD_BYTES = 2 * VARINT_MAX, /* besides the text */
	PLACE_BYTES = 4 * 3,         /* numbers below 2^21 */
	CLAIM_BYTES = CENSUS_KEY_BYTES + VARINT_MAX + 5 + 5 + 3 + 2,
};

/* Writing. */

static void put_words(const claims_t *c, writer_t *w)
{
	wr_varint(w, c->word_count);
	for (uint32_t i = 0; i < c->word_count; i++) {
		wr_string(w, c->words[i].text);
		wr_zigzag(w, c->words[i].heard_ns);
	}
}

static void put_place(const place_key_t *key, writer_t *w)
{
	wr_varint(w, key->reporter);
	wr_varint(w, key->kind);
	wr_varint(w, key->industry);
	wr_varint(w, key->region);
}

static void put_places(const claims_t *c, writer_t *w)
{
	wr_varint(w, c->place_count);
	for (uint32_t i = 0; i < c->place_count; i++)
		put_place(&c->places[i].key, w);
}

static void put_claims(const claims_t *c, writer_t *w)
{
	wr_varint(w, c->claim_count);
	for (uint32_t i = 0; i < c->claim_count; i++) {
		const claim_t *claim = claims_at(c, i);
		wr_bytes(w, slice_of(claim->key.bytes, CENSUS_KEY_BYTES));
		wr_zigzag(w, claim->told_ns);
		wr_varint(w, claim->since_s);
		wr_varint(w, claim->seen_s);
		wr_varint(w, claim->place);
		wr_u8(w, claim->state);
		wr_u8(w, claim->hops);
	}
}

static size_t room_for(const claims_t *c)
{
	size_t bytes = VIEW_FILE_HEAD + 3 * VARINT_MAX + VIEW_FILE_CRC;
	for (uint32_t i = 0; i < c->word_count; i++)
		bytes += WORD_BYTES + c->words[i].text.len;
	return bytes + (size_t)c->place_count * PLACE_BYTES + (size_t)c->claim_count * CLAIM_BYTES;
}

/* Heartbeats of own devices come on other threads. */
static err_t put_all(census_t *census, writer_t *ret_writer)
{
	env_lock(census->mutex);
	size_t cap = room_for(&census->claims);
	uint8_t *room = malloc(cap);
	writer_t w = writer_of(room, room ? cap : 0);
	if (w.buf) {
		view_file_begin(&FORM, &census->mark, &w);
		put_words(&census->claims, &w);
		put_places(&census->claims, &w);
		put_claims(&census->claims, &w);
	}
	env_unlock(census->mutex);
	*ret_writer = w;
	return w.buf ? ERR_OK : ERR_NO_MEMORY;
}

static err_t write_file(census_t *census)
{
	writer_t w = { 0 };
	err_t err = put_all(census, &w);
	if (err)
		return err;
	view_file_end(&w);
	err = w.bad ? ERR_INTERNAL : env_file_save(census->env, census->path, writer_done(&w));
	free(w.buf);
	return err;
}

err_t census_save(census_t *census)
{
	err_t err = census_follow(census);
	if (!err)
		err = write_file(census);
	metric_add(&census->metrics, err ? METRIC_SAVE_FAILURES : METRIC_SAVES, 1);
	return err;
}

/* Reading: the checksum was good, but a number is looked at before it is used. */

static err_t take_words(claims_t *c, reader_t *r)
{
	err_t err = ERR_OK;
	uint64_t count = rd_varint(r);
	for (uint64_t i = 0; i < count && !err && !r->bad; i++) {
		uint32_t number = 0;
		slice_t text = rd_string(r);
		int64_t heard_ns = rd_zigzag(r);
		err = claims_word(c, text, &number);
		if (!err && number != i)
			err = ERR_CORRUPT;
		if (!err)
			claims_heard(c, number, heard_ns);
	}
	return r->bad ? ERR_CORRUPT : err;
}

static uint32_t take_number(reader_t *r, uint32_t below)
{
	uint64_t number = rd_varint(r);
	if (number >= below)
		r->bad = true;
	return r->bad ? 0 : (uint32_t)number;
}

static err_t take_places(claims_t *c, reader_t *r)
{
	err_t err = ERR_OK;
	uint64_t count = rd_varint(r);
	for (uint64_t i = 0; i < count && !err && !r->bad; i++) {
		place_key_t key;
		uint32_t number = 0;
		key.reporter = take_number(r, c->word_count);
		key.kind = take_number(r, c->word_count);
		key.industry = take_number(r, c->word_count);
		key.region = take_number(r, c->word_count);
		if (!r->bad)
			err = claims_place(c, &key, &number);
		if (!err && number != i)
			err = ERR_CORRUPT;
	}
	return r->bad ? ERR_CORRUPT : err;
}

static bool take_claim(const claims_t *c, reader_t *r, claim_t *ret_claim)
{
	claim_t claim = { .told_ns = 0 };
	slice_t key = rd_take(r, CENSUS_KEY_BYTES);
	claim.told_ns = rd_zigzag(r);
	claim.since_s = take_number(r, UINT32_MAX);
	claim.seen_s = take_number(r, UINT32_MAX);
	claim.place = take_number(r, c->place_count);
	claim.state = rd_u8(r);
	claim.hops = rd_u8(r);
	if (r->bad || claim.state >= CENSUS_STATE_COUNT)
		return false;
	memcpy(claim.key.bytes, key.ptr, key.len);
	*ret_claim = claim;
	return true;
}

static err_t take_claims(census_t *census, reader_t *r)
{
	err_t err = ERR_OK;
	uint64_t count = rd_varint(r);
	claim_t claim;
	for (uint64_t i = 0; i < count && !err; i++)
		err = take_claim(&census->claims, r, &claim) ? census_take(census, &claim)
		                                             : ERR_CORRUPT;
	if (!err && (r->bad || census->claims.claim_count != count))
		err = ERR_CORRUPT;
	return err;
}

static err_t read_file(census_t *census, slice_t file)
{
	reader_t r = { 0 };
	err_t err = view_file_open(&FORM, file, &r, &census->mark);
	if (!err)
		err = take_words(&census->claims, &r);
	if (!err)
		err = take_places(&census->claims, &r);
	if (!err)
		err = take_claims(census, &r);
	return err ? err : r.in.len ? ERR_CORRUPT : ERR_OK;
}

static err_t load(census_t *census)
{
	env_map_t *map = NULL;
	err_t err = env_map_open(census->env, census->path, &map);
	if (!err)
		err = read_file(census, env_map_bytes(map));
	env_map_close(map);
	return err;
}

static err_t start_over(census_t *census)
{
	err_t err = census_forget(census);
	return err ? err : census_follow(census);
}

/* Whatever is wrong with the view, the journal has it all. */
err_t census_fill(census_t *census)
{
	err_t err = census_forget(census);
	if (!err)
		err = load(census);
	if (!err)
		err = census_follow(census);
	if (!err || err == ERR_NO_MEMORY)
		return err;
	census->is_rebuilt = err != ERR_NOT_FOUND;
	return start_over(census);
}
