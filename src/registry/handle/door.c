/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, closing, and the middle that both transports share: a batch of asks, one
 * look-up, replies in order through one buffer. */
#include "registry/handle/door.h"

#include <assert.h>
#include <stdlib.h>

#include "registry/handle/door_state.h"
#include "registry/handle/live.h"
#include "registry/handle/site.h"

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

/* Adds the samples of the points that the record is bound to. */
static void live_beside(handle_door_t *door, record_t *record)
{
	writer_t room = writer_of(door->live_room, sizeof(door->live_room));
	(void)handle_live_expand(door->live, record, &room, record);
}

/* Whether what the name leads to is more than a door may say by itself. */
static bool leads_to_desk(const handle_door_t *door, const ask_t *ask, const found_t *found)
{
	uint8_t room[RECORD_NAME_MAX + 8];
	writer_t record = writer_of(room, sizeof(room));
	uint32_t flags = ask->header.flags;
	if (found->err == ERR_OK)
		return !(flags & HANDLE_FLAG_PUBL) &&
		       answer_reach(&ask->question, &found->record) == ANSWER_TO_ADMINS;
	if (found->err == ERR_NOT_FOUND)
		return handle_name_described_prefix(ask->name).len > 0;
	if (found->err != ERR_UNAVAILABLE)
		return false;
	if (door->recurses && flags & HANDLE_FLAG_RECU && !(flags & HANDLE_FLAG_AUTH))
		return true;
	handle_name_prefix_record(ask->name, &record);
	return !record.bad && registry_serves(door->registry, writer_done(&record));
}

static bool is_for_desk(const handle_door_t *door, const ask_t *ask, const found_t *found,
                        const door_way_t *way)
{
	return door->desk && way->origin &&
	       (ask->is_for_desk || (ask->wants_record && leads_to_desk(door, ask, found)));
}

/* `said`: the ask, or a copy that is refused. */
static void send_ask(handle_door_t *door, const ask_t *ask, const ask_t *said, const found_t *found,
                     const door_way_t *way)
{
	writer_t w = writer_of(door->reply, sizeof(door->reply));
	ask_write(said, found, &w);
	if (!w.bad)
		way->send(way->ctx, ask, writer_done(&w));
}

static void hand_over(handle_door_t *door, const ask_t *ask, const door_way_t *way)
{
	handle_origin_t from = { .mailbox = door->desk_mail };
	way->origin(way->ctx, ask, &from);
	metric_add(&door->metrics, DOOR_METRIC_DESK, 1);
	if (!handle_desk_ask(door->desk, &from, &ask->envelope, ask->message))
		return;
	ask_t busy = *ask;
	busy.refusal = HANDLE_RC_BUSY;
	busy.text = NULL;
	metric_add(&door->metrics, DOOR_METRIC_DESK_BUSY, 1);
	send_ask(door, ask, &busy, &(found_t){ .err = ERR_OK }, way);
}

static size_t wanted_names(const ask_t *asks, size_t count, slice_t ret_names[REGISTRY_BATCH])
{
	size_t wanted = 0;
	for (size_t i = 0; i < count; i++)
		if (asks[i].wants_record)
			ret_names[wanted++] = asks[i].name;
	return wanted;
}

/* What there is to say of one ask, counted, with the live values of its record. */
static found_t found_of(handle_door_t *door, const ask_t *ask, const record_t *record, err_t err)
{
	found_t found = { .err = err, .site = door->site };
	if (!err)
		found.record = *record;
	found.limit = count_question(door, ask, err);
	live_beside(door, &found.record);
	return found;
}

static void answer_ask(handle_door_t *door, const ask_t *ask, const found_t *found,
                       const door_way_t *way)
{
	if (!ask->is_due)
		metric_add(&door->metrics, DOOR_METRIC_UNDUE, 1);
	else if (is_for_desk(door, ask, found, way))
		hand_over(door, ask, way);
	else
		send_ask(door, ask, ask, found, way);
}

void door_answer(handle_door_t *door, const ask_t *asks, size_t count, const door_way_t *way)
{
	slice_t names[REGISTRY_BATCH];
	record_t records[REGISTRY_BATCH];
	err_t errs[REGISTRY_BATCH];
	size_t next = 0;
	assert(count <= REGISTRY_BATCH);
	size_t wanted = wanted_names(asks, count, names);
	if (wanted > 0)
		registry_resolve_batch(door->reader, names, wanted, records, errs);
	for (size_t i = 0; i < count; i++) {
		found_t found = { .err = ERR_OK, .site = door->site };
		if (asks[i].wants_record) {
			found = found_of(door, &asks[i], &records[next], errs[next]);
			next++;
		}
		answer_ask(door, &asks[i], &found, way);
	}
	if (wanted > 0)
		registry_find_done(door->reader);
}

static void on_desk_mail(void *ctx)
{
	handle_door_t *door = ctx;
	handle_reply_t reply;
	while (env_mailbox_take(door->desk_mail, &reply)) {
		if (reply.to.is_udp)
			door_udp_reply(door, reply.to.place, &reply);
		else
			door_tcp_reply(door, &reply);
		handle_reply_free(&reply);
		if (reply.rest)
			handle_errand_drop(door->desk, reply.rest);
	}
}

static void write_reply(void *ctx, const ask_t *ask, slice_t reply)
{
	(void)ask;
	wr_bytes(ctx, reply);
}

bool handle_door_answer(handle_door_t *door, slice_t message, writer_t *w)
{
	handle_envelope_t envelope;
	ask_t ask;
	size_t from = w->len;
	if (handle_envelope_decode(message, &envelope) != CODEC_OK)
		return false;
	ask_read(&envelope, slice_from(message, HANDLE_ENVELOPE_SIZE), &ask);
	door_answer(door, &ask, 1, &(door_way_t){ .send = write_reply, .ctx = w });
	return !w->bad && w->len > from;
}

typedef struct {
	writer_t *w;
	const handle_origin_t *from;
	bool is_later;
} pass_t;

static void write_pass(void *ctx, const ask_t *ask, slice_t reply)
{
	const pass_t *pass = ctx;
	write_reply(pass->w, ask, reply);
}

static void take_origin(void *ctx, const ask_t *ask, handle_origin_t *ret_origin)
{
	pass_t *pass = ctx;
	(void)ask;
	*ret_origin = *pass->from;
	pass->is_later = true;
}

handle_pass_t handle_door_pass(handle_door_t *door, slice_t message, const handle_origin_t *from,
                               writer_t *w)
{
	handle_envelope_t envelope;
	ask_t ask;
	size_t at = w->len;
	pass_t pass = { .w = w, .from = from };
	if (handle_envelope_decode(message, &envelope) != CODEC_OK)
		return HANDLE_PASS_NONE;
	ask_read(&envelope, slice_from(message, HANDLE_ENVELOPE_SIZE), &ask);
	door_answer(door, &ask, 1, &(door_way_t){ write_pass, take_origin, &pass });
	/* A desk that is full has its refusal written here. */
	if (!w->bad && w->len > at)
		return HANDLE_PASS_ANSWERED;
	return pass.is_later ? HANDLE_PASS_LATER : HANDLE_PASS_NONE;
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
	if (door->desk && !w.bad)
		handle_desk_set_site(door->desk, door->site);
	return w.bad ? ERR_TOO_BIG : ERR_OK;
}

static err_t init_reassembly(handle_door_t *door)
{
	door->partial_memory = calloc(DOOR_PARTIALS, DOOR_PARTIAL_BYTES);
	door->reassembly = (handle_reassembly_t){
		.slots = door->partials,
		.slot_count = DOOR_PARTIALS,
		.memory = door->partial_memory,
		.message_max = DOOR_PARTIAL_BYTES,
		.timeout_ns = PARTIAL_NS,
	};
	return door->partial_memory ? ERR_OK : ERR_NO_MEMORY;
}

static err_t open_desk_mail(handle_door_t *door)
{
	env_mailbox_spec_t mail = { .name = "handle replies",
		                    .reader = door->loop,
		                    .item_size = sizeof(handle_reply_t),
		                    .capacity = HANDLE_DESK_MAIL,
		                    .policy = ENV_FULL_REFUSE,
		                    .ready = on_desk_mail,
		                    .ctx = door };
	return door->desk ? env_mailbox_new(&mail, &door->desk_mail) : ERR_OK;
}

static void take_partners(handle_door_t *door, const handle_door_spec_t *spec)
{
	door->registry = spec->registry;
	door->desk = spec->desk;
	door->recurses = spec->desk && handle_desk_recurses(spec->desk);
	door->loop = spec->loop;
	door->live = spec->live;
	door->env = env_loop_env(spec->loop);
}

static err_t init(handle_door_t *door, const handle_door_spec_t *spec)
{
	metrics_init(&door->metrics, metric_rows, DOOR_METRIC_COUNT);
	take_partners(door, spec);
	door_tcp_init(door);
	err_t err = init_reassembly(door);
	if (!err)
		err = registry_reader_new(spec->registry, &door->reader);
	if (!err)
		err = open_desk_mail(door);
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

static void close_mail(handle_door_t *door)
{
	handle_reply_t reply;
	for (size_t i = 0; i < DOOR_CONNECTIONS; i++)
		if (door->connections[i].rest)
			handle_errand_drop(door->desk, door->connections[i].rest);
	while (door->desk_mail && env_mailbox_take(door->desk_mail, &reply)) {
		handle_reply_free(&reply);
		if (reply.rest)
			handle_errand_drop(door->desk, reply.rest);
	}
	env_mailbox_free(door->desk_mail);
}

static void close_sockets(handle_door_t *door)
{
	for (size_t i = 0; i < door->socket_count; i++) {
		env_listener_close(door->sockets[i].listener);
		env_udp_close(door->sockets[i].udp);
	}
	free(door->sockets);
}

static void close_connections(handle_door_t *door)
{
	for (size_t i = 0; i < DOOR_CONNECTIONS; i++)
		env_tcp_close(door->connections[i].tcp);
}

void handle_door_close(handle_door_t *door)
{
	if (!door)
		return;
	close_sockets(door);
	close_connections(door);
	close_mail(door);
	env_timer_free(door->sweep);
	registry_reader_free(door->reader);
	free(door->partial_memory);
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
