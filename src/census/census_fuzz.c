/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an item of the register: refused, or read; then it passes on, its rows can be
 * written again, and a register that takes them counts every device once. */
#include <assert.h>
#include <stdlib.h>

#include "census/claims.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CLAIMS = 4096 };

static bool is_same(const census_row_t *a, const census_row_t *b)
{
	return memcmp(a->key.bytes, b->key.bytes, CENSUS_KEY_BYTES) == 0 &&
	       slice_eq(a->kind, b->kind) && slice_eq(a->industry, b->industry) &&
	       slice_eq(a->region, b->region) && a->state == b->state && a->since_s == b->since_s &&
	       a->seen_s == b->seen_s;
}

static void check_passing(slice_t body, const census_item_t *item)
{
	writer_t w = writer_of(malloc(body.len + 8), body.len + 8);
	census_item_t passed;
	assert(w.buf);
	err_t err = census_item_pass(body, &w);
	assert((err == ERR_LIMIT) == (item->saying.hops == CENSUS_HOPS_MAX));
	if (!err && !w.bad) {
		err = census_item_read(writer_done(&w), &passed);
		assert(!err && passed.saying.hops == item->saying.hops + 1 &&
		       passed.rows == item->rows && passed.saying.told_ns == item->saying.told_ns);
	}
	free(w.buf);
}

static void check_again(census_item_t item)
{
	static uint8_t room[CENSUS_ITEM_MAX];
	writer_t w = writer_of(room, sizeof(room));
	census_row_t *rows = calloc(item.rows + 1, sizeof(*rows)), row;
	census_item_t again;
	size_t count = 0;
	assert(rows);
	while (census_item_next(&item, &rows[count]))
		count++;
	size_t taken = census_item_put(&item.saying, rows, count, &w);
	assert(taken == count && !w.bad);
	err_t err = census_item_read(writer_done(&w), &again);
	assert(!err);
	for (size_t i = 0; i < count; i++)
		assert(census_item_next(&again, &row) && is_same(&row, &rows[i]));
	free(rows);
}

static void take(claims_t *c, const census_saying_t *saying, const census_row_t *row)
{
	place_key_t key = { 0 };
	claim_t said = { .key = row->key,
		         .told_ns = saying->told_ns,
		         .since_s = row->since_s,
		         .seen_s = row->seen_s,
		         .state = (uint8_t)row->state,
		         .hops = saying->hops };
	bool is_changed;
	err_t err = claims_word(c, saying->origin, &key.reporter);
	if (!err)
		err = claims_word(c, row->kind, &key.kind);
	if (!err)
		err = claims_word(c, row->industry, &key.industry);
	if (!err)
		err = claims_word(c, row->region, &key.region);
	if (!err)
		err = claims_place(c, &key, &said.place);
	if (!err)
		err = claims_take(c, &said, &is_changed);
	assert(!err && claims_find(c, &row->key) != CLAIM_NONE);
	err = claims_take(c, &said, &is_changed);
	assert(!err && !is_changed);
}

static void check_register(census_item_t item)
{
	claims_t claims;
	census_row_t row;
	uint32_t counted = 0;
	err_t err = claims_init(CLAIMS, 1, &claims);
	assert(!err);
	while (census_item_next(&item, &row))
		take(&claims, &item.saying, &row);
	for (uint32_t i = 0; i < claims.place_count; i++)
		for (size_t s = 0; s < CENSUS_STATE_COUNT; s++)
			counted += claims.places[i].heads[s];
	assert(counted == claims.device_count);
	claims_free(&claims);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t body = slice_of(data, size);
	census_item_t item;
	if (census_item_read(body, &item))
		return 0;
	check_passing(body, &item);
	check_again(item);
	check_register(item);
	return 0;
}
