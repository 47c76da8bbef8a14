/* SPDX-License-Identifier: Apache-2.0 */
/* One timer serves the line: while nobody has the turn it rings at the end of the
 * silence and gives it to the next seat; while somebody has, at the end of a run of
 * bytes that did not become a frame. */
#include "fleet/line.h"

#include <assert.h>
#include <stdlib.h>

#include "codec/modbus/modbus_gather.h"
#include "env/serial.h"

/* What a seat waits for, the less urgent first. */
typedef enum { WISH_NONE, WISH_POLL, WISH_ORDER } wish_t;

typedef struct seat {
	stream_t base;
	line_t *line;
	bool is_open;
	wish_t wish;
	struct seat *next; /* round the line */
} seat_t;

struct line {
	env_loop_t *loop;
	const port_t *port;
	env_serial_t *serial; /* NULL: closed */
	env_timer_t *timer;
	seat_t *seats;  /* the one whose turn comes first when all wish the same */
	seat_t *holder; /* whose turn it is */
	modbus_gather_t gather;
	int64_t t35_ns, character_ns;
	int64_t silent_at_ns; /* from then on the line has been silent for T3.5 */
	int64_t since_ns;     /* when the holder got the turn */
	line_stats_t stats;
};

static int64_t now(const line_t *line)
{
	return env_now(env_loop_env(line->loop));
}

static void set_timer(line_t *line, int64_t at_ns)
{
	int64_t now_ns = now(line);
	env_timer_set(line->timer, at_ns > now_ns ? at_ns - now_ns : 0);
}

/* Seats. */

static seat_t *last_seat(const line_t *line)
{
	seat_t *seat = line->seats;
	while (seat && seat->next)
		seat = seat->next;
	return seat;
}

static void remove_seat(line_t *line, const seat_t *seat)
{
	seat_t **at = &line->seats;
	while (*at != seat)
		at = &(*at)->next;
	*at = seat->next;
}

static void append_seat(line_t *line, seat_t *seat)
{
	seat_t *last = last_seat(line);
	seat->next = NULL;
	if (last)
		last->next = seat;
	else
		line->seats = seat;
}

/* The most urgent wish, of the seat that has waited longest for a turn. */
static seat_t *next_seat(const line_t *line)
{
	seat_t *best = NULL;
	for (seat_t *seat = line->seats; seat; seat = seat->next)
		if (seat->wish > (best ? best->wish : WISH_NONE))
			best = seat;
	return best;
}

static bool is_used(const line_t *line)
{
	const seat_t *seat = line->seats;
	while (seat && !seat->is_open)
		seat = seat->next;
	return seat != NULL;
}

/* Turns. */

static void wait_for_silence(line_t *line)
{
	if (!line->holder && next_seat(line))
		set_timer(line, line->silent_at_ns);
}

/* The wire is busy until the silence after the last byte, not only until its answer
 * was seen. */
static void end_turn(line_t *line)
{
	int64_t now_ns = now(line);
	int64_t end_ns = line->silent_at_ns > now_ns ? line->silent_at_ns : now_ns;
	line->stats.busy_ns += end_ns - line->since_ns;
	line->holder = NULL;
	(void)modbus_gather_clear(&line->gather);
	wait_for_silence(line);
}

static void begin_turn(line_t *line)
{
	seat_t *seat = next_seat(line);
	if (!seat)
		return;
	if (line->silent_at_ns > now(line)) {
		wait_for_silence(line);
		return;
	}
	remove_seat(line, seat);
	append_seat(line, seat);
	seat->wish = WISH_NONE;
	line->holder = seat;
	line->since_ns = now(line);
	seat->base.events->ready(seat->base.ctx);
}

/* Hands over what is whole, and what will not be any more. */
static void deliver(line_t *line)
{
	slice_t run;
	while (line->holder && modbus_gather_take(&line->gather, now(line), &run)) {
		const stream_t *stream = &line->holder->base;
		(void)stream->events->data(stream->ctx, run);
	}
	int64_t due_ns = modbus_gather_due_ns(&line->gather);
	if (line->holder && due_ns != INT64_MAX)
		set_timer(line, due_ns);
}

static void on_timer(void *ctx)
{
	line_t *line = ctx;
	if (line->holder)
		deliver(line);
	else if (line->serial)
		begin_turn(line);
}

/* The port. */

static void on_data(void *ctx, env_serial_t *serial, slice_t bytes)
{
	line_t *line = ctx;
	int64_t now_ns = now(line);
	(void)serial;
	if (now_ns + line->t35_ns > line->silent_at_ns)
		line->silent_at_ns = now_ns + line->t35_ns;
	if (!line->holder) {
		line->stats.strays++;
		return;
	}
	modbus_gather_add(&line->gather, now_ns, bytes);
	deliver(line);
}

static void on_closed(void *ctx, env_serial_t *serial, err_t why)
{
	line_t *line = ctx;
	(void)serial;
	line->serial = NULL;
	env_timer_clear(line->timer);
	if (line->holder)
		end_turn(line);
	for (seat_t *seat = line->seats; seat; seat = seat->next) {
		bool was_open = seat->is_open;
		seat->is_open = false;
		seat->wish = WISH_NONE;
		if (was_open)
			seat->base.events->closed(seat->base.ctx, why);
	}
}

static err_t open_port(line_t *line)
{
	static const env_serial_events_t events = { .data = on_data, .closed = on_closed };
	env_serial_spec_t spec = { .events = &events, .ctx = line };
	if (line->serial)
		return ERR_OK;
	err_t err = env_serial_open(line->loop, line->port, &spec, &line->serial);
	/* Nobody knows what was on the line before. */
	line->silent_at_ns = now(line) + line->t35_ns;
	return err;
}

/* Seats as streams. */

static err_t seat_open(stream_t *stream)
{
	seat_t *seat = (seat_t *)stream;
	err_t err = open_port(seat->line);
	if (err)
		return err;
	seat->is_open = true;
	stream->events->opened(stream->ctx);
	return ERR_OK;
}

static void seat_yield(stream_t *stream)
{
	const seat_t *seat = (seat_t *)stream;
	if (seat->line->holder == seat)
		end_turn(seat->line);
}

static void seat_close(stream_t *stream)
{
	seat_t *seat = (seat_t *)stream;
	line_t *line = seat->line;
	seat->is_open = false;
	seat->wish = WISH_NONE;
	seat_yield(stream);
	if (is_used(line))
		return;
	env_serial_close(line->serial);
	line->serial = NULL;
	env_timer_clear(line->timer);
}

static bool seat_take(stream_t *stream, bool is_order)
{
	seat_t *seat = (seat_t *)stream;
	if (seat->line->holder == seat)
		return true;
	seat->wish = is_order ? WISH_ORDER : WISH_POLL;
	wait_for_silence(seat->line);
	return false;
}

static err_t seat_write(stream_t *stream, slice_t bytes)
{
	line_t *line = ((seat_t *)stream)->line;
	assert(&line->holder->base == stream && line->serial);
	int64_t sent_ns = now(line) + (int64_t)bytes.len * line->character_ns;
	line->silent_at_ns = sent_ns + line->t35_ns;
	return env_serial_write(line->serial, bytes);
}

static void seat_free(stream_t *stream)
{
	seat_close(stream);
	remove_seat(((seat_t *)stream)->line, (seat_t *)stream);
	free(stream);
}

err_t line_join(line_t *line, const stream_events_t *events, void *ctx, stream_t **ret_stream)
{
	static const stream_ops_t ops = { .open = seat_open,
		                          .close = seat_close,
		                          .take = seat_take,
		                          .write = seat_write,
		                          .yield = seat_yield,
		                          .free = seat_free };
	seat_t *seat = calloc(1, sizeof(*seat));
	if (!seat)
		return ERR_NO_MEMORY;
	*seat = (seat_t){ .base = { &ops, events, ctx }, .line = line };
	append_seat(line, seat);
	*ret_stream = &seat->base;
	return ERR_OK;
}

/* Lines. */

err_t line_new(env_loop_t *loop, const port_t *port, line_t **ret_line)
{
	line_t *line = calloc(1, sizeof(*line));
	if (!line)
		return ERR_NO_MEMORY;
	uint32_t rate = baud_rate(port->baud);
	*line = (line_t){ .loop = loop,
		          .port = port,
		          .gather = modbus_gather_of(true, rate),
		          .t35_ns = modbus_rtu_silence(rate).t35_ns,
		          .character_ns = port_character_ns(port) };
	err_t err = env_timer_new(loop, on_timer, line, &line->timer);
	if (err)
		free(line);
	else
		*ret_line = line;
	return err;
}

void line_free(line_t *line)
{
	if (!line)
		return;
	assert(!line->seats);
	env_serial_close(line->serial);
	env_timer_free(line->timer);
	free(line);
}

const port_t *line_port(const line_t *line)
{
	return line->port;
}

void line_rebind(line_t *line, const port_t *port)
{
	line->port = port;
}

line_stats_t line_stats(const line_t *line)
{
	return line->stats;
}
