/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_WORDS_H
#define HISTORIAN_WORDS_H
/* The dictionary of a block's texts: each different text once, numbered as they come.
 * block.h has its disk form. */
#include "base/cursor.h"
#include "historian/rows.h"

typedef struct words words_t;

/* ret_bits: of a text its number, of other rows their bits. ERR_NO_MEMORY, ERR_LIMIT. */
MUST_CHECK err_t words_number(const rows_t *rows, uint64_t *ret_bits, words_t **ret_words);
MUST_CHECK err_t words_encode(const words_t *words, text_t *to);
/* Reads a dictionary and turns the numbers of the rows into places in their heap.
 * ERR_CORRUPT, ERR_NO_MEMORY. */
MUST_CHECK err_t words_decode(reader_t *r, rowset_t *rows);
void words_free(words_t *words);
#endif
