/* SPDX-License-Identifier: Apache-2.0 */
/* The ends of connections, as their owners hold them. Owners may close an end
 * from inside any of its callbacks: it is then only marked dead, and freed when
 * the callback has returned. */
#include "env/tcp.h"

#include <stdlib.h>

#include "env/twin/net.h"
#include "env/twin/verbs.h"

enum { INPUT_MAX = 256 << 10, OUTPUT_MAX = 1 << 20 };

static end_t *end_of(env_tcp_t *tcp)
{
	return (end_t *)(void *)tcp;
}

static twin_t *end_twin(const end_t *end)
{
	return end->thing.host->twin;
}

static void end_free(end_t *end)
{
	conn_detach(end->conn, end->side);
	if (end->listener)
		end->listener->live--;
	agenda_remove(&end->turn);
	thing_unlink(&end->thing);
	fifo_free(&end->input);
	free(end);
}

void end_schedule(end_t *end)
{
	if (!end || end->is_busy)
		return;
	int64_t due = end->is_drained ? world_now(end_twin(end)) : conn_due(end->conn, end->side);
	if (due != INT64_MAX && (!end->turn.home || end->turn.when > due))
		world_queue(end_twin(end), &end->turn, due);
}

void end_settle(end_t *end)
{
	end->is_busy = false;
	if (end->is_dead)
		end_free(end);
	else
		end_schedule(end);
}

void end_leave(end_t *end, bool is_reset)
{
	conn_t *conn = end->conn;
	wire_t *wire = &conn->wire[end->side];
	end->is_dead = true;
	if (wire->state != WIRE_OPEN)
		return;
	if (!is_reset && end->is_open) {
		wire->state = WIRE_FINISHED;
		wire->end_due = network_arrival(conn->network);
		if (wire->end_due < wire->last_due)
			wire->end_due = wire->last_due;
		end_schedule(conn->end[other(end->side)]);
		return;
	}
	if (conn->is_accepted && !conn->is_silent && tap_is_open(conn->network))
		frame_tcp_reset(&conn->frames, end->side, world_utc(conn->network->twin));
	conn->is_silent = true;
	conn_break(conn, other(end->side), ERR_NETWORK);
}

/* Callbacks of one turn; each may leave the end dead. */

static void turn_opened(end_t *end)
{
	conn_t *conn = end->conn;
	if (end->is_open || !conn->is_accepted || conn->open_due > world_now(end_twin(end)))
		return;
	end->is_open = true;
	size_t early = conn->wire[end->side].bytes.len;
	if (early)
		wire_send(conn, end->side, early);
	if (end->spec.events->opened)
		end->spec.events->opened(end->spec.ctx, &end->base);
}

static void end_closed(end_t *end, err_t why)
{
	end->is_dead = true;
	end->spec.events->closed(end->spec.ctx, &end->base, why);
}

/* Offers what is there again as long as the owner takes some of it. */
static void turn_data(end_t *end)
{
	if (!end->is_open || !wire_receive(end->conn, end->side))
		return;
	size_t used = 1;
	while (!end->is_dead && used && end->input.len) {
		used = end->spec.events->data(end->spec.ctx, &end->base, fifo_bytes(&end->input));
		fifo_drop(&end->input, used);
	}
	size_t max = end->spec.input_max ? end->spec.input_max : INPUT_MAX;
	if (!end->is_dead && end->input.len >= max) {
		end_leave(end, true);
		end_closed(end, ERR_TOO_BIG);
	}
}

static void turn_drained(end_t *end)
{
	if (!end->is_drained)
		return;
	end->is_drained = false;
	if (!end->is_dead && end->spec.events->drained && !end->conn->wire[end->side].bytes.len)
		end->spec.events->drained(end->spec.ctx, &end->base);
}

static void turn_ended(end_t *end)
{
	conn_t *conn = end->conn;
	const wire_t *wire = &conn->wire[other(end->side)];
	if (wire->state == WIRE_OPEN || wire->marks.len || wire->end_due > world_now(end_twin(end)))
		return;
	if (wire->state == WIRE_FINISHED)
		conn_show_fin(conn, other(end->side));
	end_closed(end, wire->state == WIRE_BROKEN ? wire->why : ERR_OK);
}

typedef void (*turn_part_t)(end_t *end);

static void end_turn(void *ctx)
{
	static const turn_part_t parts[] = { turn_opened, turn_data, turn_drained, turn_ended };
	end_t *end = ctx;
	if (conn_is_cut(end->conn)) {
		if (!end->conn->is_given_up)
			world_queue(end_twin(end), &end->turn, world_now(end_twin(end)) + NS_PER_S);
		return;
	}
	end->is_busy = true;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && !end->is_dead; i++)
		parts[i](end);
	end_settle(end);
}

void end_drop(void *self)
{
	end_t *end = self;
	end_leave(end, true);
	end_free(end);
}

end_t *end_new(conn_t *conn, frame_side_t side, loop_t *loop)
{
	end_t *end = twin_alloc(1, sizeof(*end));
	end->base.ops = &twin_ops;
	end->conn = conn;
	end->side = side;
	end->turn = event_of(loop->host->twin, loop, end_turn, end);
	thing_link(&end->thing, loop->host, end, end_drop);
	conn->end[side] = end;
	return end;
}

/* The source address of a dial: as asked, else the loopback of the family. */
static addr_t source_of(network_t *network, const addr_t *local, addr_t remote)
{
	addr_t source = { .ip = ip_v4(127, 0, 0, 1) };
	if (remote.ip.family == 6)
		source.ip = (ip_t){ .bytes = { [15] = 1 }, .family = 6 };
	if (local && local->ip.family)
		source = *local;
	if (!source.port)
		source.port = network_port(network);
	return source;
}

err_t verb_tcp_dial(env_loop_t *base, const addr_t *local, addr_t remote,
                    const env_tcp_spec_t *spec, env_tcp_t **ret_tcp)
{
	loop_t *loop = loop_of(base);
	network_t *network = loop->host->twin->network;
	addr_t source = source_of(network, local, remote);
	if (!remote.ip.family || !remote.port || source.ip.family != remote.ip.family)
		return ERR_INVALID;
	conn_t *conn = conn_new(network, source, remote);
	end_t *end = end_new(conn, FRAME_CLIENT, loop);
	end->spec = *spec;
	world_queue(network->twin, &conn->syn, network_arrival(network));
	*ret_tcp = &end->base;
	return ERR_OK;
}

err_t verb_tcp_write(env_tcp_t *base, slice_t bytes)
{
	end_t *end = end_of(base);
	conn_t *conn = end->conn;
	wire_t *wire = &conn->wire[end->side];
	size_t max = end->spec.output_max ? end->spec.output_max : OUTPUT_MAX;
	if (wire->bytes.len > max || bytes.len > max - wire->bytes.len)
		return ERR_LIMIT;
	bool is_heard = conn->end[other(end->side)] || !conn->is_accepted;
	if (!bytes.len || !is_heard || wire->state != WIRE_OPEN || end->thing.host->is_dead)
		return ERR_OK;
	fifo_add(&wire->bytes, bytes);
	if (end->is_open)
		wire_send(conn, end->side, bytes.len);
	return ERR_OK;
}

size_t verb_tcp_unsent(const env_tcp_t *base)
{
	const end_t *end = (const end_t *)(const void *)base;
	return end->conn->wire[end->side].bytes.len;
}

addr_t verb_tcp_local(const env_tcp_t *base)
{
	const end_t *end = (const end_t *)(const void *)base;
	return end->conn->addr[end->side];
}

addr_t verb_tcp_peer(const env_tcp_t *base)
{
	const end_t *end = (const end_t *)(const void *)base;
	return end->conn->addr[other(end->side)];
}

static void leave(env_tcp_t *base, bool is_reset)
{
	if (!base || end_of(base)->is_dead)
		return;
	end_t *end = end_of(base);
	end_leave(end, is_reset || end->thing.host->is_dead);
	if (!end->is_busy)
		end_free(end);
}

void verb_tcp_close(env_tcp_t *tcp)
{
	leave(tcp, false);
}

void verb_tcp_reset(env_tcp_t *tcp)
{
	leave(tcp, true);
}
