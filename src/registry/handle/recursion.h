/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_HANDLE_RECURSION_H
#define REGISTRY_HANDLE_RECURSION_H
/* Names that live elsewhere, asked for on behalf of a client that allows it (flag
 * RECU). The node wires this to the resolver; the desk bounds how many are asked at
 * once and gives up on each after 20 s. */
#include "codec/handle/handle.h"
#include "env/loop.h"

typedef struct {
	handle_resolution_t question;
	uint8_t recursion; /* hops made so far, this one included */
	bool is_authoritative;
} handle_recursion_question_t;

typedef struct {
	uint64_t ticket;
	uint32_t response; /* handle_response_t; 0: nobody could be asked */
	slice_t text;      /* of a failure */
	uint32_t count;    /* with OK: public values, as they are to be sent */
	slice_t values;
	/* Gives back what the slices borrow; NULL: nothing. Any thread. */
	void (*done)(void *owner);
	void *owner;
} handle_recursion_reply_t;

typedef struct {
	/* Copies the question; one handle_recursion_reply_t arrives in `reply`. ERR_BUSY,
	 * ERR_INVALID, ERR_LIMIT at once. */
	err_t (*ask)(void *ctx, const handle_recursion_question_t *question, env_mailbox_t *reply,
	             uint64_t ticket);
	void *ctx;
} handle_recursion_t;
#endif
