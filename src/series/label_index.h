/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERIES_LABEL_INDEX_H
#define SERIES_LABEL_INDEX_H
/* Label sets in memory, numbered from 0 in the order they came: found whole by a hash,
 * and by matchers over an inverted index (name and value to the numbers that have it).
 * Names, values and sets are kept once and never move or go.
 *
 * Story: label_index_prepare makes room for a set and label_index_commit gives it the next
 * number, which cannot fail; in between the owner writes it where it outlives the process.
 * Questions become a bitmap of numbers, whose labels are then read one by one.
 *
 * Threads: any. A mutex guards the hash tables and the lists of numbers; it is held for a
 * look-up or a copy, never for an expression. Adding is of one thread at a time.
 *
 * Limits: as the spec says; LABEL_INDEX_NAMES names. */
#include "env/env.h"
#include "model/label.h"

enum { LABEL_INDEX_NAMES = 1 << 16 };

typedef struct label_index label_index_t;

typedef struct {
	size_t sets_max;  /* label sets */
	size_t bytes_max; /* of names, values and sets */
} label_index_spec_t;

MUST_CHECK err_t label_index_new(env_t *env, const label_index_spec_t *spec,
                                 label_index_t **ret_index);
void label_index_free(label_index_t *index);

/* False: there is no such set. */
bool label_index_find(label_index_t *index, const labels_t *labels, uint32_t *ret_number);
/* Room for one more set, which is not yet there. ERR_LIMIT, ERR_NO_MEMORY. */
typedef struct {
	const uint32_t *pairs;
	uint32_t hash;
} label_index_set_t;
MUST_CHECK err_t label_index_prepare(label_index_t *index, const labels_t *labels,
                                     label_index_set_t *ret_set);
uint32_t label_index_commit(label_index_t *index, const label_index_set_t *set);

uint32_t label_index_count(label_index_t *index);
size_t label_index_bytes(label_index_t *index);
/* The labels of a number that is there; they live as long as the index. */
void label_index_labels(const label_index_t *index, uint32_t number, label_t room[LABELS_MAX],
                        labels_t *ret_labels);

/* Numbers below `count`, a bit each; free() the words. */
typedef struct {
	uint64_t *words;
	uint32_t count;
} label_bits_t;

static inline bool label_bits_has(const label_bits_t *bits, uint32_t number)
{
	return bits->words[number / 64] >> (number % 64) & 1;
}
/* Those that all matchers hold for. ERR_INVALID, ERR_LIMIT of an expression. */
MUST_CHECK err_t label_index_select(label_index_t *index, const label_matcher_t *matchers,
                                    size_t count, label_bits_t *ret_bits);

/* A list of texts that live elsewhere; free() the items. */
typedef struct {
	slice_t *items;
	size_t count, room;
} label_texts_t;
/* Adds the names (`name` empty), or the values of one, of the sets in `bits`. */
MUST_CHECK err_t label_index_values(label_index_t *index, slice_t name, const label_bits_t *bits,
                                    label_texts_t *texts);

/* The first `count` sets to and from a file: names, pairs, sets. */
void label_index_save(label_index_t *index, uint32_t count, writer_t *w);
/* At most so many bytes. */
size_t label_index_save_bound(label_index_t *index);
/* Into an index that is empty. ERR_CORRUPT, and what label_index_prepare gives; some may
 * be in it then. */
MUST_CHECK err_t label_index_load(label_index_t *index, reader_t *r);
#endif
