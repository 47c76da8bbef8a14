/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERIES_LABEL_INDEX_IMPL_H
#define SERIES_LABEL_INDEX_IMPL_H
/* What the files of the index share: label_index.c keeps it, label_select.c asks it,
 * label_store.c writes it down. */
#include "base/table.h"
#include "series/label_index.h"
#include "series/pile.h"

#define NO_PAIR UINT32_MAX

enum { ROWS_A_CHUNK = 4096 };

typedef struct {
	slice_t text;
	uint32_t newest; /* of its pairs, which are chained by `older`; NO_PAIR: none */
} label_name_t;

/* A name with one value, and the numbers of the sets that have it, ascending. */
typedef struct {
	const uint8_t *value;
	uint32_t value_len, name, older;
	uint32_t count, room; /* of numbers; one alone stands in `one` */
	union {
		uint32_t one;
		uint32_t *many;
	} numbers;
} label_pair_t;

/* From the upper half of the hash to a row and back: 0 is an empty slot. */
typedef struct {
	uint64_t *slots; /* hash << 32 | row + 1 */
	uint32_t mask, count;
} label_slots_t;

struct label_index {
	env_t *env;
	label_index_spec_t spec;
	/* Guards all below against readers, but for what a row points to. */
	env_mutex_t *mutex;
	uint64_t seed;
	pile_t pile;
	table_t *names_by_text; /* to u32 */
	label_name_t *names;
	uint32_t name_count;
	label_pair_t **pairs; /* in chunks */
	label_slots_t pair_slots;
	const uint32_t ***sets; /* in chunks; a set is its count of labels, then pairs */
	label_slots_t set_slots;
};

static inline label_pair_t *label_pair_at(const label_index_t *index, uint32_t pair)
{
	return &index->pairs[pair / ROWS_A_CHUNK][pair % ROWS_A_CHUNK];
}
static inline const uint32_t *label_set_at(const label_index_t *index, uint32_t number)
{
	return index->sets[number / ROWS_A_CHUNK][number % ROWS_A_CHUNK];
}
static inline slice_t label_pair_value(const label_pair_t *pair)
{
	return slice_of(pair->value, pair->value_len);
}
/* Under the mutex. False: none. */
bool label_index_name(const label_index_t *index, slice_t text, uint32_t *ret_name);
/* Under the mutex. NO_PAIR: there is none. */
uint32_t label_index_pair(const label_index_t *index, uint32_t name, slice_t value);
/* The pair, made when it is not there. Takes the mutex. */
MUST_CHECK err_t label_index_intern(label_index_t *index, slice_t name, slice_t value,
                                    uint32_t *ret_pair);
/* As label_index_prepare, of pairs in the order of their names. */
MUST_CHECK err_t label_index_ready(label_index_t *index, const uint32_t *pairs, size_t count,
                                   label_index_set_t *ret_set);
#endif
