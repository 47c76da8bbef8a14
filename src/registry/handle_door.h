/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_HANDLE_DOOR_H
#define REGISTRY_HANDLE_DOOR_H
/* The Handle protocol over UDP and TCP in front of a registry: decode, answer,
 * encode. registry_answer is the pure middle that tests and other doors call.
 *
 * First form: resolution and site information; the administrative operations are
 * decoded and answered 5 (operation not supported) but for those that fail earlier
 * by the recorded order of checks.
 *
 * Limits: 512-byte UDP packets with slicing, requests reassembled within 5 s and
 * 64 at once, TCP idle 60 s, 1,024 connections, 256 KiB a message. */
#include "env/tcp.h"
#include "registry/registry.h"

typedef struct handle_door handle_door_t;

typedef struct {
	registry_t *registry;
	env_loop_t *loop; /* resolver loop */
	const addr_t *addrs;
	size_t addr_count;
	addr_t public_addr; /* what HS_SITE tells others; port of the first when 0 */
} handle_door_spec_t;

MUST_CHECK err_t handle_door_open(const handle_door_spec_t *spec, handle_door_t **ret_door);
void handle_door_close(handle_door_t *door);
/* The port really bound by the i-th address (useful with port 0). */
addr_t handle_door_addr(const handle_door_t *door, size_t i);

/* One whole message (envelope and body) in, one whole reply out: what UDP slicing
 * and TCP framing stand around. False: no reply is due. */
bool registry_answer(handle_door_t *door, slice_t message, writer_t *w);
const metrics_t *handle_door_metrics(const handle_door_t *door);
#endif
