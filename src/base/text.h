/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H
/* Times as text, and an open-ended text buffer for the edges of the program
 * (reports, pages, files); data paths use writer_t over fixed memory. */
#include "base/cursor.h"
#include "base/err.h"

enum { TIME_TEXT_MAX = 40 };

/* "2026-11-25T03:30:00.123Z"; returns buf. Years 1970 to 2262. */
const char *time_format(int64_t utc_ns, char buf[TIME_TEXT_MAX]);
/* RFC 3339 with Z or an offset, fraction up to nanoseconds; second 60 is the
 * first of the next minute. ERR_MALFORMED, or ERR_INVALID outside the years. */
MUST_CHECK err_t time_parse(slice_t text, int64_t *ret_utc_ns);
/* A time that somebody asks for: as above, or milliseconds since 1970. */
MUST_CHECK err_t time_parse_ms(slice_t text, int64_t *ret_utc_ns);

/* Growable bytes with a hard limit; sticky `bad` at the limit or when memory
 * is gone. Owner frees with text_free. */
typedef struct {
	uint8_t *ptr;
	size_t len, cap, max;
	bool bad;
} text_t;

static inline text_t text_of(size_t max)
{
	return (text_t){ .max = max };
}
void text_add(text_t *t, slice_t s);
__attribute__((format(printf, 2, 3))) void text_addf(text_t *t, const char *format, ...);
/* Drops the first n bytes, keeping the rest in place at the front. */
void text_drop(text_t *t, size_t n);
void text_free(text_t *t);
static inline slice_t text_slice(const text_t *t)
{
	return slice_of(t->ptr, t->len);
}
#endif
