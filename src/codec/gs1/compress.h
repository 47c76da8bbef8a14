/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_GS1_COMPRESS_H
#define CODEC_GS1_COMPRESS_H
/* Compressed Digital Link URIs: the last segment of the path holds the elements as bits in
 * base64url, with the primary key among them or, partially compressed, behind it.
 *
 *   https://example.com/AQipOLjE1h4
 *   https://example.com/01/09521234543213/ImokDU
 *
 * Story: gs1_decode_any() reads what gs1_decode() reads, and compressed URIs too: those have
 * no primary key in the path, so gs1_decompress() writes the plain one, which is decoded in
 * their place. gs1_compress() is the way back.
 *
 * Standard: GS1 Digital Link Standard: URI Compression. Runs of AIs that have a code of
 * their own are packs/gs1/compression.tsv. How a value is put follows from the parts of its
 * AI: digits of fixed length are one number; what varies has its length in front; all but
 * digits says in three bits which of five encodings it has.
 *
 * Caveats: whether the values are good is not asked here but of gs1_decode(). Pairs of the
 * query that are not GS1's are read from the bits too, but stay in the query when written,
 * where whoever redirects sees them. Numbers are exact at any length; encoders that count
 * in floating point spoil those of more than 15 digits. */
#include "codec/gs1/gs1.h"

/* The plain URI: stem, path, data attributes, other pairs, the query as it came; no
 * fragment. CODEC_MALFORMED: no compressed URI, or longer than GS1_TEXT_MAX or the writer
 * allows, which is left with a part then. */
MUST_CHECK codec_t gs1_decompress(slice_t text, writer_t *w);

/* As gs1_decode(). Of a compressed URI the form is GS1_COMPRESSED, places are those in the
 * plain URI, and all slices borrow the room, which wants 2 * GS1_TEXT_MAX bytes. */
MUST_CHECK codec_t gs1_decode_any(slice_t text, writer_t *room, gs1_message_t *ret_message);

/* `keeps_key` leaves the primary key readable in the path; its qualifiers and the
 * attributes are compressed. CODEC_MALFORMED: the message is not good, has no primary key
 * or something that cannot be in a Digital Link, or in one that is compressed whole a second
 * primary key among its attributes, has nothing to compress, the stem ends like a
 * key itself, or the writer is full. */
MUST_CHECK codec_t gs1_compress(const gs1_message_t *message, slice_t stem, bool keeps_key,
                                writer_t *w);
#endif
