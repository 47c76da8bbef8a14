/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_HANDLE_AT_H
#define CODEC_HANDLE_AT_H
/* A question for a record as it was known at a time: an entry of its type list that
 * reads "JIZHU.AT:" and the time (doc/proofs.md). It selects the time, not values; the
 * other entries filter as ever. A server that answers so adds a value of type JIZHU.AT,
 * which says by which change: without it an answer is that of a server that passed the
 * entry over, and is of now. */
#include "codec/handle/body.h"

#define HANDLE_AT_TYPE "JIZHU.AT"

/* Of the value that says by which change: behind all others. */
enum { HANDLE_AT_INDEX = INT32_MAX };

/* Whether the question names a time. */
bool handle_at_is_asked(const handle_resolution_t *question);
/* The question without its time, and that as text; empty: it has none. The new list is in
 * `room`, or borrowed. With other filters it asks for the value JIZHU.AT too.
 * CODEC_MALFORMED: two times, or no room. */
MUST_CHECK
codec_t handle_at_split(const handle_resolution_t *question, writer_t *room,
                        handle_resolution_t *ret_question, slice_t *ret_time);
#endif
