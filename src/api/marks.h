/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_MARKS_H
#define API_MARKS_H
/* Where in a listing some offsets are, so that a page is not reached by walking over all
 * names before it: the end of each page that was answered, and a name every so many that a
 * walk has passed. Clients that take page after page walk over each name once.
 *
 * Query loop. Limits: MARKS of them, the oldest goes; each lives MARK_NS. Within that
 * time a page begins where its place was found, whatever came and went before it. Names
 * and prefixes of more than MARK_BYTES are walked to. */
#include "base/slice.h"
#include "model/time.h"

enum { MARKS = 256, MARK_BYTES = 256, MARK_EVERY = 1 << 16 };
#define MARK_NS (60 * NS_PER_S)

typedef struct {
	uint64_t at; /* names before and up to `name`; 0: free */
	int64_t made_ns;
	uint16_t prefix_len, name_len;
	uint8_t prefix[MARK_BYTES], name[MARK_BYTES];
} mark_t;

typedef struct {
	mark_t marks[MARKS];
} marks_t;

typedef struct {
	slice_t prefix;
	uint64_t at;
	slice_t name;
} place_in_list_t;

void marks_put(marks_t *marks, const place_in_list_t *place, int64_t now_ns);
/* The last known place that is not behind `at`; false: none, begin at the start. Borrows
 * the marks until the next put. */
bool marks_find(const marks_t *marks, slice_t prefix, uint64_t at, int64_t now_ns,
                place_in_list_t *ret_place);
#endif
