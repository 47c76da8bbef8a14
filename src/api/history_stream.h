/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_HISTORY_STREAM_H
#define API_HISTORY_STREAM_H
/* The answer to a question of raw samples for programs that want every bit of them
 * (model/sample_stream.h): stored values, qualities and node times. Query loop.
 *
 * Limits: the rows of a point that the question says, STREAM_BYTES_MAX of all; a point
 * that has more says so. */
#include "api/history_ask.h"

enum { STREAM_BYTES_MAX = 4 << 20 };

/* The media type of its Accept header asks for it. */
bool history_stream_wanted(const exchange_t *x);
/* ERR_UNSUPPORTED: a question other than of raw samples inside the range. */
MUST_CHECK err_t history_stream(exchange_t *x, const history_ask_t *ask, int64_t deadline_ns);
#endif
