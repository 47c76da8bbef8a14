/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIM_CLIENT_H
#define SIM_CLIENT_H
/* The scripts' way to a machine: one Modbus TCP connection with one request in
 * flight, from an address of the script's own. This is the only place of the
 * simulator that connects to anything, and it refuses every target that is not
 * 127.0.0.0/8 or ::1; no option changes that.
 *
 * Story: client_init; client_ask dials when there is no connection; `answer` comes
 * once for each request asked well: with the response, or with NULL when the
 * connection failed. There is no timeout: whoever waits too long calls
 * client_close, after which no answer comes and the next request dials anew.
 *
 * Caveats: `answer` may ask again or close. One thread. */
#include "codec/modbus/modbus.h"
#include "env/tcp.h"

typedef struct {
	env_loop_t *loop;
	ip_t local;
	addr_t remote;
	void (*answer)(void *ctx, const modbus_pdu_t *response);
	void *ctx;
	env_tcp_t *tcp; /* NULL: none */
	bool is_open, is_waiting;
	uint16_t transaction;
	modbus_pdu_t request; /* without its data */
	uint8_t out[MODBUS_ADU_MAX];
	size_t out_len;
} client_t;

client_t client_of(env_loop_t *loop, ip_t local, void (*answer)(void *, const modbus_pdu_t *),
                   void *ctx);
/* ERR_DENIED for a target outside the loopback; drops the former connection. */
MUST_CHECK err_t client_aim(client_t *c, addr_t remote);
/* ERR_BUSY while one waits, ERR_DENIED as above, ERR_INVALID, ERR_NETWORK. */
MUST_CHECK err_t client_ask(client_t *c, const modbus_pdu_t *request);
void client_close(client_t *c);
#endif
