/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_CENSUS_H
#define MODEL_CENSUS_H
/* A row of the device register: that there is a device, of which kind, for whom, and how it
 * does; not which one. A device is known by a keyed hash of its maker, serial and kind
 * (census/key.h), so that those who share the key see that two of them speak of the same
 * device and nobody else learns its serial. Kinds, industries and regions are words of
 * packs, to which the code gives no meaning; the last two may be empty: not told.
 *
 * Rows travel several in an item, which is the body of an item of the stream DEVICES and the
 * payload of a JOURNAL_CENSUS record. All rows of an item are said by one reporter (its
 * origin) at one time; an item without rows says that the reporter is alive and has nothing
 * new to tell.
 *
 *     item     origin string, version u8 = 1, hops u8, told zig-zag (ns UTC),
 *              words: count varint, strings; rows: count varint, then each
 *     row      key (16 bytes), state u8, kind, industry, region varint (0: empty, else
 *              the number of the word from 1), since and seen zig-zag (s before `told`)
 *
 * `hops` counts who stands between the device and the reader: 0 says that the origin speaks
 * with the device itself, a platform that is told of it by others says 1, and every node
 * that passes the item on adds one.
 *
 * A reporter tells changes alone, and later ones have a later time: of two items of one
 * origin about a device, the later told holds, in whatever order they come.
 *
 * Limits: CENSUS_ROWS_MAX rows, CENSUS_WORDS_MAX words of CENSUS_WORD_MAX bytes (letters,
 * digits and "-._"), CENSUS_HOPS_MAX. */
#include "base/cursor.h"
#include "base/err.h"
#include "model/time.h"

enum {
	CENSUS_KEY_BYTES = 16,
	CENSUS_WORD_MAX = 48,
	CENSUS_ORIGIN_MAX = 128,
	CENSUS_ROWS_MAX = 1024,
	CENSUS_WORDS_MAX = 255,
	CENSUS_HOPS_MAX = 15,
	CENSUS_ITEM_MAX = 64 * 1024, /* bytes, of as many rows and words as there may be */
	CENSUS_NAME_MAX = 256,       /* of a maker or serial, folded */
};

/* Stored and sent: append rows, never reorder. Retired is for good: it counts as a device
 * that was, until its reporter says otherwise. */
#define CENSUS_STATE_ROWS(X) \
	X(UNKNOWN, "unknown") \
	X(ONLINE, "online") \
	X(OFFLINE, "offline") \
	X(RETIRED, "retired")

#define X(name, word) CENSUS_##name,
typedef enum { CENSUS_STATE_ROWS(X) CENSUS_STATE_COUNT } census_state_t;
#undef X

const char *census_state_name(census_state_t state);
/* CENSUS_STATE_COUNT when unknown. */
census_state_t census_state_parse(slice_t name);

typedef struct {
	uint8_t bytes[CENSUS_KEY_BYTES];
} census_key_t;

typedef struct {
	census_key_t key;
	slice_t kind, industry, region;
	census_state_t state;
	uint32_t since_s; /* UTC; the reporter has had it since then */
	uint32_t seen_s;  /* UTC; it was heard last; 0 never */
} census_row_t;

typedef struct {
	slice_t origin; /* identifier of the reporting node */
	uint8_t hops;
	int64_t told_ns; /* not before 1970 */
} census_saying_t;

/* Rows still to be read; made by census_item_read. */
typedef struct {
	census_saying_t saying;
	size_t word_count;
	slice_t words[CENSUS_WORDS_MAX + 1]; /* the first is the empty one */
	size_t rows;                         /* left */
	reader_t rest;
} census_item_t;

/* Writes as many of the rows as one item takes and says how many; against the limits above
 * is the caller's bug. w->bad when it does not fit. */
size_t census_item_put(const census_saying_t *saying, const census_row_t *rows, size_t count,
                       writer_t *w);
/* Checks all of it, so that reading its rows cannot fail. Borrows `body`. ERR_MALFORMED,
 * ERR_NEWER_FORMAT. */
MUST_CHECK err_t census_item_read(slice_t body, census_item_t *ret_item);
/* False at the end. */
bool census_item_next(census_item_t *item, census_row_t *ret_row);
/* The same item for the next node up: one hop further. ERR_LIMIT: it has come too far, going
 * in circles perhaps; and what census_item_read gives. */
MUST_CHECK err_t census_item_pass(slice_t body, writer_t *w);

/* A maker or serial as it is compared: full-width forms become ASCII, small letters capital
 * ones, and blanks of every width go, for no two devices differ in them alone. Hyphens and
 * letters beyond ASCII stay. ERR_MALFORMED: no UTF-8, or control characters; ERR_INVALID:
 * nothing is left; ERR_TOO_BIG. */
MUST_CHECK err_t census_name_fold(slice_t name, writer_t *w);
#endif
