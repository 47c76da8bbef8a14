/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SKETCH_HYPERLOGLOG_H
#define SKETCH_HYPERLOGLOG_H
/* How many different things there are, in bounded memory: a HyperLogLog of 2^12 registers
 * (Flajolet et al., 2007) with the estimator of Ertl (2017), which needs no table of
 * biases and holds from none to 2^60. The standard error is 1.04 / sqrt(4096), 1.63
 * percent.
 *
 * Story: hyperloglog_clear, hyperloglog_add the 64-bit hash of each thing, whichever hash
 * all who are merged agree on; hyperloglog_merge joins what others have seen, by the
 * greater of each register, so that a thing seen by several counts once, in whatever order
 * and however often it is merged.
 *
 * Wire and disk (version 1): version u8, form u8, then of form 0 (sparse) the count of
 * registers that are not 0 as varint, and for each the registers passed over since the one
 * before as varint and its rank u8; of form 1 (dense) all registers of 6 bits, the first
 * lowest, four in three bytes. The shorter form is written, the dense one of two as long,
 * and the other is refused, so that one state has one form.
 *
 * Caveat: an estimate is a double; whoever prints it rounds it. */
#include "base/cursor.h"
#include "base/err.h"

enum {
	HYPERLOGLOG_VERSION = 1,
	HYPERLOGLOG_REGISTERS = 4096,
	HYPERLOGLOG_BYTES_MAX = 2 + HYPERLOGLOG_REGISTERS / 4 * 3,
};

typedef struct {
	uint8_t ranks[HYPERLOGLOG_REGISTERS];
} hyperloglog_t;

void hyperloglog_clear(hyperloglog_t *set);
void hyperloglog_add(hyperloglog_t *set, uint64_t hash);
void hyperloglog_merge(hyperloglog_t *set, const hyperloglog_t *with);
double hyperloglog_count(const hyperloglog_t *set);
/* At most HYPERLOGLOG_BYTES_MAX. */
void hyperloglog_put(const hyperloglog_t *set, writer_t *w);
/* ERR_MALFORMED, ERR_NEWER_FORMAT. */
MUST_CHECK err_t hyperloglog_read(slice_t bytes, hyperloglog_t *ret_set);
#endif
