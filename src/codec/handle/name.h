/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_HANDLE_NAME_H
#define CODEC_HANDLE_NAME_H
/* Names: prefix "/" suffix, UTF-8, at most HANDLE_NAME_MAX bytes. Letters a-z of
 * ASCII are folded to upper case to compare; all other bytes compare exactly.
 *
 * Story: split the asked name, fold it into a key to look up, and ask the record
 * of its prefix (0.NA/PREFIX) which site serves it; handle_name_hash_part and
 * handle_server_pick choose the server within that site. */
#include "base/codec.h"
#include "base/cursor.h"
#include "base/err.h"

typedef struct {
	slice_t prefix, suffix;
} handle_name_t;

/* MALFORMED: empty, over HANDLE_NAME_MAX, not UTF-8, or without "/" or prefix. The
 * suffix may be empty and may hold further slashes. */
MUST_CHECK
codec_t handle_name_split(slice_t name, handle_name_t *ret_name);
/* Upper-cases ASCII letters into `out` of HANDLE_NAME_MAX bytes; names over the
 * limit are MALFORMED. */
MUST_CHECK
codec_t handle_name_fold(slice_t name, uint8_t *out, slice_t *ret_folded);
/* Appends the folded handle of the record that describes the prefix of `name`:
 * "0.NA/" and the prefix, or the whole name when it has no slash. */
void handle_name_prefix_record(slice_t name, writer_t *w);
/* The same for the prefix itself, in its own spelling. */
void handle_prefix_record(slice_t prefix, writer_t *w);
/* The prefix that gave this one out, "99.100" of "99.100.7"; empty when it has no dot. */
slice_t handle_prefix_above(slice_t prefix);
/* If `name` is such a record's, the prefix it describes, else an empty slice. */
slice_t handle_name_described_prefix(slice_t name);
/* True for names of the global service: "0." or "0/" in front, or no slash. */
bool handle_name_is_global(slice_t name);
/* The folded text whose MD5 chooses the server, by HS_SITE's hash option, into
 * `out` of HANDLE_NAME_MAX bytes. An unknown option is UNSUPPORTED. */
MUST_CHECK
codec_t handle_name_hash_part(slice_t name, uint8_t hash_option, uint8_t *out, slice_t *ret_text);
/* Index of the server: the last four bytes of the MD5 as a signed number, its
 * absolute value (0 for the one that has none), modulo `count` > 0. */
uint32_t handle_server_pick(const uint8_t md5[16], uint32_t count);
#endif
