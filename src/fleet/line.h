/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_LINE_H
#define FLEET_LINE_H
/* A serial line that several devices share (RS-485, multidrop): one request at a time,
 * and silence before each.
 *
 * Story: the fleet makes a line for each port; each link on it joins (line_join) and
 * gets a seat, which is its stream. The port is open while a seat is. A seat that wants to
 * ask takes its turn: those with an order first, then those with a poll, each group in
 * turn round the line, so that no unit waits for more than one request of every other.
 * The seat holds the turn until it yields, with the answer or at its timeout; a unit
 * that is silent costs the others that and no more. Whole runs of bytes go to the seat
 * whose turn it is, which tells its own answer from a late one of another unit.
 *
 * What comes when nobody is asked (late answers, noise) is dropped and counted, and the
 * next request waits until the line has been silent for T3.5 again.
 *
 * A port that ends closes all seats; each link comes back by its own back-off, and the
 * first of them opens the port.
 *
 * Standard: MODBUS over Serial Line V1.02, 2.4.1 and 2.5.1. Broadcasts are not used.
 *
 * Threads: device loop.
 *
 * Caveats: nobody else may be the master of the line. The time a request is on the wire
 * is reckoned from the rate, as a program cannot see it. */
#include "env/loop.h"
#include "fleet/stream.h"
#include "model/port.h"

typedef struct line line_t;

typedef struct {
	int64_t busy_ns; /* since it was made: asked, answering or waited for */
	uint64_t strays; /* runs of bytes that nobody had asked for */
} line_stats_t;

/* `port` must outlive the line or its rebinding. */
MUST_CHECK err_t line_new(env_loop_t *loop, const port_t *port, line_t **ret_line);
/* After its seats; NULL is fine. */
void line_free(line_t *line);
const port_t *line_port(const line_t *line);
/* The same port, in another catalogue. */
void line_rebind(line_t *line, const port_t *port);
line_stats_t line_stats(const line_t *line);

/* A seat on the line, freed by stream_free. */
MUST_CHECK err_t line_join(line_t *line, const stream_events_t *events, void *ctx,
                           stream_t **ret_stream);
#endif
