/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_ACTION_H
#define MODEL_ACTION_H
/* What a message on the control network does, in words that do not depend on
 * the protocol: a Modbus function 16, an S7 write and an OPC UA Write are all
 * ACTION_WRITE. Sentry's rules and texts speak only of these. */
#define ACTION_ROWS(X) \
	X(NONE, "none") \
	X(READ, "read") \
	X(WRITE, "write") \
	X(IDENTIFY, "identify") \
	X(DIAGNOSE, "diagnose") \
	X(PROGRAM, "program") \
	X(FILE, "file") \
	X(START, "start") \
	X(STOP, "stop") \
	X(UNKNOWN, "unknown")

#define X(name, text) ACTION_##name,
typedef enum { ACTION_ROWS(X) ACTION_COUNT } action_t;
#undef X

const char *action_name(action_t action);
#endif
