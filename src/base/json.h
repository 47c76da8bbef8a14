/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_JSON_H
#define BASE_JSON_H
/* A streaming JSON writer (RFC 8259): no tree, no malloc, commas and quoting by
 * itself, sticky error when the buffer is full or nesting passes 32. Reading
 * JSON is the job of the adapter in the room that needs it.
 *
 * Story: json_of(buf, cap), then json_object(j) ... json_close(j); a key is set
 * by json_key() before its value, or in one step by the json_put_ family. The
 * text is json_done(); look at j->w.bad (or json_ok()) once at the end.
 *
 * Caveats: bytes that are not UTF-8 are written as U+FFFD. NaN and infinities
 * become null. 64-bit integers are written as digits, never as strings. */
#include "base/cursor.h"

typedef struct {
	writer_t w;
	uint8_t depth;
	bool comma, after_key;
	uint32_t is_array; /* bit per level */
} json_t;

json_t json_of(void *buf, size_t cap);
void json_object(json_t *j);
void json_array(json_t *j);
void json_close(json_t *j);
void json_key(json_t *j, const char *key);
void json_key_slice(json_t *j, slice_t key);
void json_str(json_t *j, slice_t value);
void json_i64(json_t *j, int64_t value);
void json_u64(json_t *j, uint64_t value);
void json_f64(json_t *j, double value);
/* In the shortest form of the float. */
void json_f32(json_t *j, float value);
void json_bool(json_t *j, bool value);
void json_null(json_t *j);
/* Text that already is JSON. */
void json_raw(json_t *j, slice_t json);

void json_put_str(json_t *j, const char *key, slice_t value);
void json_put_cstr(json_t *j, const char *key, const char *value);
void json_put_i64(json_t *j, const char *key, int64_t value);
void json_put_u64(json_t *j, const char *key, uint64_t value);
void json_put_f64(json_t *j, const char *key, double value);
void json_put_bool(json_t *j, const char *key, bool value);
/* ISO 8601 UTC with milliseconds from nanoseconds since 1970. */
void json_put_time(json_t *j, const char *key, int64_t utc_ns);

static inline bool json_ok(const json_t *j)
{
	return !j->w.bad && j->depth == 0;
}
static inline slice_t json_done(const json_t *j)
{
	return writer_done(&j->w);
}
#endif
