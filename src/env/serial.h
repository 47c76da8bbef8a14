/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_SERIAL_H
#define ENV_SERIAL_H
/* Serial ports: bytes on a line that may be shared, as they come. A port lives on one
 * loop; nothing here knows where a message begins or ends.
 *
 * Story: env_serial_open takes the port for this process alone and sets it; `data`
 * hands over what has come, which is then gone (on a line silence ends a message, so
 * whoever reads it keeps what it needs); `closed` comes exactly once unless the owner
 * closed it first, and the pointer is dead after either. Opening it again is the
 * owner's. The owner may close it from inside a callback.
 *
 * Limits: output that the line has not taken is bounded by ENV_SERIAL_OUTPUT_MAX;
 * env_serial_write then answers ERR_LIMIT and sends nothing.
 *
 * Caveats: bytes come later than they were on the line: adapters hand them on in runs,
 * some 16 ms apart. A line that gives the own bytes back (an adapter with local echo) is
 * not made to be silent. */
#include "env/loop.h"
#include "model/port.h"

enum { ENV_SERIAL_OUTPUT_MAX = 1024 };

typedef struct env_serial env_serial_t;

typedef struct {
	void (*data)(void *ctx, env_serial_t *serial, slice_t bytes);
	/* ERR_UNAVAILABLE: the port is gone (unplugged, hung up); ERR_IO: it broke. */
	void (*closed)(void *ctx, env_serial_t *serial, err_t why);
} env_serial_events_t;

typedef struct {
	const env_serial_events_t *events;
	void *ctx;
	/* Nothing is there yet: a line without wires is made, and the path leads to its
	 * other end as long as this one is open. ERR_EXISTS when something is there. */
	bool make;
} env_serial_spec_t;

/* ERR_NOT_FOUND: no such port; ERR_DENIED; ERR_BUSY: another has it; ERR_INVALID: it is
 * no serial port; ERR_UNSUPPORTED: it cannot be set so. Does not wait. */
MUST_CHECK
err_t env_serial_open(env_loop_t *loop, const port_t *port, const env_serial_spec_t *spec,
                      env_serial_t **ret_serial);
MUST_CHECK
err_t env_serial_write(env_serial_t *serial, slice_t bytes);
/* What was not sent is lost. NULL is fine. */
void env_serial_close(env_serial_t *serial);
#endif
