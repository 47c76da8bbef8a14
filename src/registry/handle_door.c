/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, closing, and the middle that both transports share: a batch of asks, one
 * look-up, replies in order through one buffer. */
#include "registry/handle_door.h"

#include <assert.h>
#include <stdlib.h>

#include "registry/door.h"
#include "registry/site.h"

static const int64_t PARTIAL_NS = 5 * NS_PER_S;

static const metric_row_t metric_rows[] = {
#define X(id, kind, name, help) [DOOR_METRIC_##id] = { name, help, METRIC_##kind },
	DOOR_METRIC_ROWS(X)
#undef X
};

/* Counts the resolution; the response that tells of a limit, or 0. */
static uint32_t count_question(const handle_door_t *door, const ask_t *ask, err_t err)
{
	if (!ask->is_due || ask->header.operation != HANDLE_OP_RESOLVE)
		return 0;
	quota_t quota = registry_resolved(door->registry, ask->name, err);
	return quota ? registry_quota_code(quota) : 0;
}

void door_answer(handle_door_t *door, const ask_t *asks, size_t count, door_send_t send, void *ctx)
{
	slice_t names[REGISTRY_BATCH];
	record_t records[REGISTRY_BATCH];
	err_t errs[REGISTRY_BATCH];
	size_t wanted = 0, next = 0;
	assert(count <= REGISTRY_BATCH);
	for (size_t i = 0; i < count; i++)
		if (asks[i].wants_record)
			names[wanted++] = asks[i].name;
	if (wanted > 0)
		registry_find_batch(door->reader, names, wanted, records, errs);
	for (size_t i = 0; i < count; i++) {
		found_t found = { .err = ERR_OK, .site = door->site };
		if (asks[i].wants_record) {
			found.err = errs[next];
			found.record = found.err ? (record_t){ .count = 0 } : records[next];
			found.limit = count_question(door, &asks[i], found.err);
			next++;
		}
		metric_add(&door->metrics, DOOR_METRIC_UNDUE, !asks[i].is_due);
		if (!asks[i].is_due)
			continue;
		writer_t w = writer_of(door->reply, sizeof(door->reply));
		ask_write(&asks[i], &found, &w);
		if (!w.bad)
			send(ctx, &asks[i], writer_done(&w));
	}
	if (wanted > 0)
		registry_find_done(door->reader);
}

static void write_reply(void *ctx, const ask_t *ask, slice_t reply)
{
	(void)ask;
	wr_bytes(ctx, reply);
}

bool registry_answer(handle_door_t *door, slice_t message, writer_t *w)
{
	handle_envelope_t envelope;
	ask_t ask;
	size_t from = w->len;
	if (handle_envelope_decode(message, &envelope) != CODEC_OK)
		return false;
	ask_read(&envelope, slice_from(message, HANDLE_ENVELOPE_SIZE), &ask);
	door_answer(door, &ask, 1, write_reply, w);
	return !w->bad && w->len > from;
}

static err_t open_socket(handle_door_t *door, addr_t addr, door_socket_t *ret_socket)
{
	env_listen_spec_t tcp = {
		.accept = door_tcp_accept,
		.ctx = door,
		.connections_max = DOOR_CONNECTIONS,
	};
	env_udp_spec_t udp = { .turn = door_udp_turn, .ctx = door };
	err_t err = env_tcp_listen(door->loop, addr, &tcp, &ret_socket->listener);
	if (err)
		return err;
	addr.port = env_listener_addr(ret_socket->listener).port;
	return env_udp_open(door->loop, addr, &udp, &ret_socket->udp);
}

static err_t open_sockets(handle_door_t *door, const handle_door_spec_t *spec)
{
	door->sockets = calloc(spec->addr_count + 1, sizeof(*door->sockets));
	if (!door->sockets)
		return ERR_NO_MEMORY;
	door->socket_count = spec->addr_count;
	for (size_t i = 0; i < spec->addr_count; i++) {
		err_t err = open_socket(door, spec->addrs[i], &door->sockets[i]);
		if (err)
			return err;
	}
	return ERR_OK;
}

static err_t write_site(handle_door_t *door, const handle_door_spec_t *spec)
{
	writer_t w = writer_of(door->site_bytes, sizeof(door->site_bytes));
	addr_t first = door->socket_count ? handle_door_addr(door, 0) : (addr_t){ .port = 0 };
	addr_t at = spec->public_addr;
	at.port = at.port ? at.port : first.port;
	at.ip = at.ip.family ? at.ip : first.ip;
	site_write(spec, at, &w);
	door->site = writer_done(&w);
	return w.bad ? ERR_TOO_BIG : ERR_OK;
}

static err_t init(handle_door_t *door, const handle_door_spec_t *spec)
{
	metrics_init(&door->metrics, metric_rows, DOOR_METRIC_COUNT);
	door->loop = spec->loop;
	door->registry = spec->registry;
	door->env = env_loop_env(spec->loop);
	door->partial_memory = calloc(DOOR_PARTIALS, DOOR_PARTIAL_BYTES);
	if (!door->partial_memory)
		return ERR_NO_MEMORY;
	door->reassembly = (handle_reassembly_t){
		.slots = door->partials,
		.slot_count = DOOR_PARTIALS,
		.memory = door->partial_memory,
		.message_max = DOOR_PARTIAL_BYTES,
		.timeout_ns = PARTIAL_NS,
	};
	door_tcp_init(door);
	err_t err = registry_reader_new(spec->registry, &door->reader);
	if (!err)
		err = env_timer_new(spec->loop, door_tcp_sweep, door, &door->sweep);
	return err;
}

err_t handle_door_open(const handle_door_spec_t *spec, handle_door_t **ret_door)
{
	handle_door_t *door = calloc(1, sizeof(*door));
	if (!door)
		return ERR_NO_MEMORY;
	err_t err = init(door, spec);
	if (!err)
		err = open_sockets(door, spec);
	if (!err)
		err = write_site(door, spec);
	if (err) {
		handle_door_close(door);
		return err;
	}
	env_timer_set(door->sweep, NS_PER_S);
	*ret_door = door;
	return ERR_OK;
}

void handle_door_close(handle_door_t *door)
{
	if (!door)
		return;
	for (size_t i = 0; i < door->socket_count; i++) {
		env_listener_close(door->sockets[i].listener);
		env_udp_close(door->sockets[i].udp);
	}
	for (size_t i = 0; i < DOOR_CONNECTIONS; i++)
		env_tcp_close(door->connections[i].tcp);
	env_timer_free(door->sweep);
	registry_reader_free(door->reader);
	free(door->partial_memory);
	free(door->sockets);
	free(door);
}

addr_t handle_door_addr(const handle_door_t *door, size_t i)
{
	assert(i < door->socket_count);
	return env_listener_addr(door->sockets[i].listener);
}

const metrics_t *handle_door_metrics(const handle_door_t *door)
{
	return &door->metrics;
}
