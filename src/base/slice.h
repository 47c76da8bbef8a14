/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H
/* A borrowed run of bytes. Never owns, never NUL-terminated, cheap to copy by
 * value. Strings are slices inside the program; NUL ends live only at the
 * border of the operating system.
 *
 * Caveats: a slice is valid as long as the memory it borrows; a function that
 * keeps one past its call says so in its header. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
	const uint8_t *ptr;
	size_t len;
} slice_t;

/* Use where a literal is wanted: SLICE("URL"). */
#define SLICE(literal) ((slice_t){ (const uint8_t *)("" literal), sizeof(literal) - 1 })

static inline slice_t slice_of(const void *ptr, size_t len)
{
	return (slice_t){ (const uint8_t *)ptr, len };
}

/* NUL-terminated text to slice; NULL gives the empty slice. */
static inline slice_t slice_str(const char *text)
{
	return text ? slice_of(text, strlen(text)) : (slice_t){ 0 };
}

/* Bytes [from, from+len) clamped to `s`: never overruns. */
static inline slice_t slice_sub(slice_t s, size_t from, size_t len)
{
	if (from > s.len)
		from = s.len;
	if (len > s.len - from)
		len = s.len - from;
	return (slice_t){ len ? s.ptr + from : s.ptr, len };
}

static inline slice_t slice_from(slice_t s, size_t from)
{
	return slice_sub(s, from, s.len);
}

static inline bool slice_eq(slice_t a, slice_t b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_starts(slice_t s, slice_t head)
{
	return s.len >= head.len && slice_eq(slice_sub(s, 0, head.len), head);
}

static inline bool slice_ends(slice_t s, slice_t tail)
{
	return s.len >= tail.len && slice_eq(slice_from(s, s.len - tail.len), tail);
}

/* Eight bytes as a little-endian number, whatever the machine. */
static inline uint64_t load_u64_le(const uint8_t bytes[8])
{
	return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 |
	       (uint64_t)bytes[3] << 24 | (uint64_t)bytes[4] << 32 | (uint64_t)bytes[5] << 40 |
	       (uint64_t)bytes[6] << 48 | (uint64_t)bytes[7] << 56;
}

static inline uint32_t load_u32_le(const uint8_t bytes[4])
{
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

/* As many words; a copy where the machine has them so too. */
static inline void load_words_le(const uint8_t *bytes, size_t count, uint64_t *ret_words)
{
	if (count && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		memcpy(ret_words, bytes, count * sizeof(*ret_words));
	for (size_t i = 0; i < count && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__; i++)
		ret_words[i] = load_u64_le(&bytes[i * sizeof(*ret_words)]);
}

static inline void store_words_le(const uint64_t *words, size_t count, uint8_t *ret_bytes)
{
	if (count && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		memcpy(ret_bytes, words, count * sizeof(*words));
	for (size_t i = 0; i < 8 * count && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__; i++)
		ret_bytes[i] = (uint8_t)(words[i / 8] >> 8 * (i % 8));
}

/* Whether a pattern of the configuration names it: "FRM1.*" is all that begin with FRM1. */
static inline bool slice_is_named(slice_t s, slice_t pattern)
{
	if (!slice_ends(pattern, SLICE("*")))
		return slice_eq(s, pattern);
	return slice_starts(s, slice_sub(pattern, 0, pattern.len - 1));
}

/* memcmp order, shorter first on a tie. */
int slice_cmp(slice_t a, slice_t b);
/* Equal but for the case of ASCII letters; bytes above 0x7F compare exactly. */
bool slice_eq_nocase(slice_t a, slice_t b);
/* Position of the first `byte`, or s.len when absent. */
size_t slice_find(slice_t s, uint8_t byte);
/* Cuts `*s` at the first `byte`: returns the head, leaves the tail in `*s`
 * (empty when the byte is absent). */
slice_t slice_cut(slice_t *s, uint8_t byte);
/* `s` without ASCII blanks (space, tab, CR, LF) at both ends. */
slice_t slice_trim(slice_t s);
/* Copies at most cap-1 bytes and ends with NUL; returns false if cut. */
bool slice_to_cstr(slice_t s, char *buf, size_t cap);
/* Folds ASCII a-z to A-Z into `out` (s.len bytes). */
void slice_fold_upper(slice_t s, uint8_t *out);
#endif
