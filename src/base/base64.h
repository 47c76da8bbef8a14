/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H
/* Base 64 of RFC 4648: section 4 with padding, or section 5 (for URLs) without. */
#include "base/cursor.h"
#include "base/err.h"

typedef enum { BASE64_PLAIN, BASE64_URL } base64_t;

/* Bytes the text of `len` bytes takes at most. */
static inline size_t base64_size(size_t len)
{
	return (len + 2) / 3 * 4;
}
void base64_encode(slice_t bytes, base64_t form, writer_t *w);
/* Takes the plain form with or without padding. ERR_MALFORMED; ERR_TOO_BIG when `w`
 * is full. */
MUST_CHECK err_t base64_decode(slice_t text, writer_t *w);
/* Takes the form for URLs, without padding: the one text of the bytes. As above. */
MUST_CHECK err_t base64_decode_url(slice_t text, writer_t *w);
#endif
