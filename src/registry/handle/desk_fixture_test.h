/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_HANDLE_DESK_FIXTURE_TEST_H
#define REGISTRY_HANDLE_DESK_FIXTURE_TEST_H
/* A registry with a door and a desk in a simulated machine, and a client with keys:
 * ask, answer the challenge, look at the reply. The records:
 *
 *   0.NA/99.100.1  administrators: the group at its index 200, which is its own key
 *                  (300, RSA) and secret (301)
 *   99.100.1/press a public value, a private one (3), one everybody may write (4), one
 *                  nobody may (5), and HS_ADMIN for the group
 *   99.100.1/li    a secret (300) without any right */
#include "base/num.h"
#include "env/crypto.h"
#include "env/tcp.h"
#include "env/udp.h"
#include "registry/fixture_test.h"
#include "registry/handle/desk.h"
#include "registry/handle/door.h"

enum { DESK_REPLY_CAP = HANDLE_ENVELOPE_SIZE + HANDLE_MESSAGE_MAX, DESK_STREAM = 4 << 20 };

static const slice_t OWN = { (const uint8_t *)"0.NA/99.100.1", 13 };
static const slice_t LI = { (const uint8_t *)"99.100.1/li", 11 };
static const slice_t PRESS = { (const uint8_t *)"99.100.1/press", 14 };

typedef struct {
	fixture_t f;
	env_loop_t *resolver, *client;
	env_loop_t *desk_loop; /* made by desk_world_start unless it is there */
	handle_door_t *door;
	handle_desk_t *desk;
	env_t *peer;
	handle_desk_spec_t spec; /* fill before desk_world_start */
	addr_t public_addr;
	env_tcp_t *tcp;
	env_udp_t *udp;
	bool is_closed;
	uint8_t *in; /* what came and is not taken */
	size_t in_len;
	uint8_t packet[HANDLE_DATAGRAM_MAX];
	size_t packet_len;
	env_pkey_t *key;
	uint32_t request_id;
	handle_version_t version;
	/* Sees all that goes over TCP, when it is set. */
	void (*tap)(void *ctx, bool is_request, slice_t bytes);
	void *tap_ctx;
} desk_world_t;

static const addr_t DESK_ADDR = { .ip = { .bytes = { 127, 0, 0, 7 }, .family = 4 }, .port = 2641 };

typedef struct {
	uint32_t operation, flags, session;
	uint8_t recursion;
	slice_t body;
} desk_request_t;

typedef struct {
	handle_envelope_t envelope;
	handle_message_t m;
	uint32_t code;
	slice_t body; /* behind the digest, if there is one */
} desk_reply_t;

typedef struct {
	const char *type;
	slice_t handle;
	uint32_t index;
	slice_t secret;        /* HS_SECKEY */
	const env_pkey_t *key; /* HS_PUBKEY */
	uint8_t code;          /* of the MAC; 0: HMAC-SHA256 */
} desk_who_t;

void put_record(desk_world_t *w, slice_t name, uint32_t count, const writer_t *values);
void perms_add(writer_t *w, uint32_t index, const char *type, const char *data, uint8_t perms);
void desk_dial(desk_world_t *w);
void desk_hang_up(desk_world_t *w);
void desk_world_make(desk_world_t *w);
void desk_world_start(desk_world_t *w);
void desk_world_free(desk_world_t *w);
int64_t desk_metric(const desk_world_t *w, const char *name);
handle_envelope_t desk_envelope(desk_world_t *w, uint32_t session);
void desk_write(desk_world_t *w, const desk_request_t *q, writer_t *out);
desk_reply_t desk_read(slice_t bytes);
/* Sends bytes and waits for what comes back; it lies in w->in until the next call. */
slice_t desk_exchange(desk_world_t *w, slice_t bytes);
desk_reply_t desk_ask(desk_world_t *w, const desk_request_t *q);
desk_who_t by_key(const desk_world_t *w);
desk_who_t by_secret(void);
desk_who_t by_li(void);
/* The body of operation 200 that answers the challenge in `reply`. */
void desk_answer_write(const desk_who_t *who, const desk_reply_t *reply, writer_t *w);
desk_reply_t desk_prove(desk_world_t *w, const desk_reply_t *challenged, const desk_who_t *who);
/* Asks, and answers the challenge that must come. */
desk_reply_t desk_do(desk_world_t *w, const desk_request_t *q, const desk_who_t *who);
/* Bodies: each in room of its own, until its next call. */
slice_t record_body(slice_t name, uint32_t count, const writer_t *values);
slice_t value_body(slice_t name, uint32_t index, const char *type);
slice_t name_body(slice_t name);
slice_t removal_body(slice_t name, uint32_t index);
slice_t question_body(slice_t name);
void assert_text(const desk_reply_t *reply, const char *want);
#endif
