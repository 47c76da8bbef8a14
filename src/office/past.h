/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFICE_PAST_H
#define OFFICE_PAST_H
/* What the registry's changes up to a mark of the journal came to, kept so that an opening
 * need not read a million names again: how many each prefix has and made on which day,
 * and who has the values that must be unique. Private to this folder.
 *
 * Story: an opening loads it, reads the office's own records up to its mark, takes it,
 * and reads on behind the mark; then, when that was much, it saves what it has now,
 * which is nothing but what the journal says up to its end.
 *
 * Disk, a view (DATA/views/office), little-endian: JIZHUOFC, version u32, zeros u32, the
 * mark (sequence u64, epoch u64, hash 32 bytes), what a day begins after UTC in
 * nanoseconds u64; count varint and a tally (meter.h) for each prefix; count varint and
 * for each value its key (16 bytes), since zig-zag and the holder's name, string; CRC-32C
 * of all before. Missing, of another version, journal or zone, or damaged, it is not used. */
#include "env/file.h"
#include "journal/follow.h"
#include "office/state.h"

typedef struct {
	env_map_t *map;
	journal_mark_t mark;
	reader_t rest; /* behind the head */
} past_t;

/* ERR_NOT_FOUND, ERR_CORRUPT, ERR_NEWER_FORMAT, ERR_CONFLICT (of another journal, or of
 * another zone): there is none that can be used. */
MUST_CHECK err_t past_load(const office_t *office, past_t *ret_past);
void past_drop(past_t *past);
/* Into the tables, where the office's records up to the mark are. */
MUST_CHECK err_t past_take(office_t *office, past_t *past);
/* What the tables say, which are at the mark. Set-up time. */
MUST_CHECK err_t past_save(const office_t *office, const journal_mark_t *mark);
#endif
