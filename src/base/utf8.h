/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H
/* UTF-8 as RFC 3629 defines it: no surrogates, no over-long forms, at most
 * U+10FFFF. */
#include "base/slice.h"

/* Bytes of the first character, 1 to 4; 0 when `s` is empty or does not begin
 * with a whole valid character. */
size_t utf8_next(slice_t s);
bool utf8_valid(slice_t s);
/* Characters of `s`; a byte that belongs to none counts as one. */
size_t utf8_count(slice_t s);
/* Length in bytes of the longest prefix that is valid and at most `max` bytes. */
size_t utf8_cut(slice_t s, size_t max);
#endif
