/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLEET_COMMAND_H
#define FLEET_COMMAND_H
/* The command contract in its thin form: what an order says, which states it goes
 * through, what comes back. */
#include "model/caller.h"
#include "model/sample.h"

enum { COMMAND_ID_MAX = 64, COMMAND_SUBJECT_MAX = 96, COMMANDS_KEPT = 1024 };

typedef enum {
	COMMAND_REQUESTED,
	COMMAND_OPERATED,
	COMMAND_VERIFIED, /* final: read back within tolerance */
	COMMAND_REFUSED,  /* final: role, limits, not writable, body differs under the id */
	COMMAND_EXPIRED,  /* final: too old before it was sent */
	COMMAND_FAILED,   /* final: device refused, did not answer, or reads back otherwise */
	COMMAND_STATE_COUNT
} command_state_t;

typedef struct {
	/* Idempotency key of the client, 1 to 63 characters. The same id by the same
	 * subject with the same point and value gives the result of the first order, or its
	 * state and ERR_BUSY while that is under way; any other order under it is refused
	 * (ERR_CONFLICT). */
	char id[COMMAND_ID_MAX];
	char subject[COMMAND_SUBJECT_MAX];
	role_t role;
	point_id_t point;
	double value;       /* engineering units */
	int64_t expires_ns; /* UTC; at most 10 minutes ahead; never sent after it */
	bool no_wait;
} command_order_t;

typedef struct {
	char id[COMMAND_ID_MAX];
	command_state_t state;
	err_t err; /* ERR_OK when VERIFIED, or REQUESTED and not waited for */
	point_id_t point;
	/* NaN when unknown. read_back may differ from requested by what the wire type
	 * cannot say, and by the point's tolerance. */
	double requested, old_value, read_back;
	uint64_t requested_seq, final_seq; /* journal sequences, 0 if none yet */
	bool repeated;                     /* the stored result of an earlier order with this id */
	void *ctx;
} command_result_t;

const char *command_state_name(command_state_t state);
#endif
