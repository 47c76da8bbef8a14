/* SPDX-License-Identifier: Apache-2.0 */
/* Connections: bytes on their way, what is lost of them, and how the tap sees
 * it. A lost segment arrives late, after everything written meanwhile has queued
 * behind it; the tap saw the original or not, and sees it sent again. */
#include "env/twin/net.h"

#include <stdlib.h>

#define RESEND_MEAN_NS (200 * NS_PER_MS)
#define GIVE_UP_NS     (15 * NS_PER_S)

conn_t *conn_new(network_t *network, addr_t client, addr_t server)
{
	twin_t *twin = network->twin;
	conn_t *conn = twin_alloc(1, sizeof(*conn));
	conn->network = network;
	conn->addr[FRAME_CLIENT] = client;
	conn->addr[FRAME_SERVER] = server;
	conn->cut_since = -1;
	conn->frames = frame_tcp_of(client, server, (uint32_t)rng_next(&twin->chance), tap_emit,
	                            network);
	conn->syn = event_of(twin, NULL, listener_syn, conn);
	return conn;
}

static void wire_clear(wire_t *wire)
{
	fifo_free(&wire->bytes);
	fifo_free(&wire->marks);
}

void conn_show_fin(conn_t *conn, frame_side_t side)
{
	if (!conn->is_accepted || conn->is_silent || conn->wire[side].is_fin_seen)
		return;
	conn->wire[side].is_fin_seen = true;
	if (tap_is_open(conn->network))
		frame_tcp_finish(&conn->frames, side, world_utc(conn->network->twin));
}

void conn_detach(conn_t *conn, frame_side_t side)
{
	conn->end[side] = NULL;
	if (conn->end[other(side)])
		return;
	listener_forget(conn);
	agenda_remove(&conn->syn);
	conn_show_fin(conn, side);
	conn_show_fin(conn, other(side));
	wire_clear(&conn->wire[FRAME_CLIENT]);
	wire_clear(&conn->wire[FRAME_SERVER]);
	free(conn);
}

void conn_break(conn_t *conn, frame_side_t side, err_t why)
{
	wire_t *wire = &conn->wire[other(side)];
	wire_clear(wire);
	wire->state = WIRE_BROKEN;
	wire->why = why;
	wire->end_due = network_arrival(conn->network);
	end_schedule(conn->end[side]);
}

static mark_t mark_first(const wire_t *wire)
{
	mark_t mark;
	memcpy(&mark, fifo_bytes(&wire->marks).ptr, sizeof(mark));
	return mark;
}

/* The bytes are the last written by `side`; the sequence moves on whether or not
 * anybody watches. */
static void show_data(conn_t *conn, frame_side_t side, slice_t bytes, bool is_hidden)
{
	if (is_hidden || conn->is_silent || !tap_is_open(conn->network))
		conn->frames.next[side] += (uint32_t)bytes.len;
	else
		frame_tcp_data(&conn->frames, side, world_utc(conn->network->twin), bytes);
}

void wire_send(conn_t *conn, frame_side_t side, size_t len)
{
	twin_t *twin = conn->network->twin;
	wire_t *wire = &conn->wire[side];
	bool is_cut = network_is_cut(conn->network, conn->addr[0].ip, conn->addr[1].ip);
	bool is_lost = twin->spec.loss > 0 && rng_unit(&twin->chance) < twin->spec.loss;
	mark_t mark = { network_arrival(conn->network), len, is_lost || is_cut };
	if (is_lost) {
		twin->stats.segments_lost++;
		mark.due += world_jitter(twin, RESEND_MEAN_NS);
	}
	if (mark.due < wire->last_due)
		mark.due = wire->last_due;
	wire->last_due = mark.due;
	slice_t bytes = slice_from(fifo_bytes(&wire->bytes), wire->bytes.len - len);
	world_trace(twin, num_hash(bytes, 0));
	show_data(conn, side, bytes, is_cut || (is_lost && rng_below(&twin->chance, 2)));
	fifo_add(&wire->marks, slice_of(&mark, sizeof(mark)));
	end_schedule(conn->end[other(side)]);
}

/* Nobody answers: both ends learn it by themselves. */
static void give_up(conn_t *conn)
{
	conn->is_given_up = conn->is_silent = true;
	for (int side = FRAME_CLIENT; side <= FRAME_SERVER; side++)
		conn_break(conn, (frame_side_t)side, ERR_TIMEOUT);
}

bool conn_is_cut(conn_t *conn)
{
	int64_t now = world_now(conn->network->twin);
	if (conn->is_given_up)
		return false;
	if (!network_is_cut(conn->network, conn->addr[0].ip, conn->addr[1].ip)) {
		conn->cut_since = -1;
		return false;
	}
	if (conn->cut_since < 0)
		conn->cut_since = now;
	if (now - conn->cut_since >= GIVE_UP_NS)
		give_up(conn);
	return true;
}

/* Everything due now; sees to retransmissions before anything moves. */
static size_t due_bytes(conn_t *conn, frame_side_t from)
{
	wire_t *wire = &conn->wire[from];
	twin_t *twin = conn->network->twin;
	size_t len = 0;
	bool is_resent = false;
	while (wire->marks.len && mark_first(wire).due <= world_now(twin)) {
		len += mark_first(wire).len;
		is_resent = is_resent || mark_first(wire).is_resent;
		fifo_drop(&wire->marks, sizeof(mark_t));
	}
	if (is_resent && !conn->is_silent && tap_is_open(conn->network))
		frame_tcp_resend(&conn->frames, from, world_utc(twin), fifo_bytes(&wire->bytes));
	return len;
}

bool wire_receive(conn_t *conn, frame_side_t side)
{
	wire_t *wire = &conn->wire[other(side)];
	size_t len = due_bytes(conn, other(side));
	if (!len)
		return false;
	fifo_add(&conn->end[side]->input, slice_sub(fifo_bytes(&wire->bytes), 0, len));
	fifo_drop(&wire->bytes, len);
	end_t *writer = conn->end[other(side)];
	if (writer && wire->bytes.len == 0) {
		writer->is_drained = true;
		end_schedule(writer);
	}
	return true;
}

int64_t conn_due(const conn_t *conn, frame_side_t side)
{
	const wire_t *wire = &conn->wire[other(side)];
	if (!conn->end[side]->is_open && wire->state != WIRE_BROKEN)
		return conn->is_accepted ? conn->open_due : INT64_MAX;
	if (!wire->marks.len)
		return wire->state == WIRE_OPEN ? INT64_MAX : wire->end_due;
	return mark_first(wire).due;
}
