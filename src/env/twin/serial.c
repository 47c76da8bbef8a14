/* SPDX-License-Identifier: Apache-2.0 */
/* A serial line is a cable with ports, one a host. What a port sends is a flight that
 * takes the time of its characters and arrives in runs; a flight that meets another is
 * spoilt from there on, and both are. */
#include "env/serial.h"

#include <stdlib.h>

#include "env/twin/fifo.h"
#include "env/twin/verbs.h"

enum { RUN_MAX = 16, TURN_MEAN_NS = 20000 };

typedef struct cable cable_t;
typedef struct plug plug_t;
typedef struct station station_t;
typedef struct flight flight_t;

/* An open port. */
struct station {
	env_serial_t base;
	thing_t thing;
	plug_t *plug;
	port_t mode; /* its texts are not kept */
	env_serial_spec_t spec;
	fifo_t input;
	event_t turn;
	int64_t free_at; /* when all it has to send is sent */
	bool is_busy, is_dead, is_gone;
};

/* Where a host is at the cable. */
struct plug {
	cable_t *cable;
	char *host;
	station_t *station; /* NULL: not open */
	bool is_unplugged;
	plug_t *next;
};

struct flight {
	cable_t *cable;
	const plug_t *from;
	port_t mode;
	int64_t start, end;
	bool is_spoilt;
	fifo_t bytes;
	size_t sent, run; /* bytes that arrived, and those that arrive next */
	event_t arrival;
	flight_t *next;
};

struct cable {
	twin_t *twin;
	char *path;
	double noise;
	uint64_t collisions;
	plug_t *plugs;
	flight_t *flights;
	cable_t *next;
};

static cable_t *cable_at(twin_t *twin, const char *path)
{
	for (cable_t *c = twin->cables; c; c = c->next)
		if (slice_eq(slice_str(c->path), slice_str(path)))
			return c;
	cable_t *cable = twin_alloc(1, sizeof(*cable));
	*cable = (cable_t){ .twin = twin, .path = twin_copy(slice_str(path)) };
	cable->next = twin->cables;
	twin->cables = cable;
	return cable;
}

static plug_t *plug_at(const host_t *host, const char *path)
{
	cable_t *cable = cable_at(host->twin, path);
	for (plug_t *p = cable->plugs; p; p = p->next)
		if (slice_eq(slice_str(p->host), slice_str(host->name)))
			return p;
	plug_t *plug = twin_alloc(1, sizeof(*plug));
	*plug = (plug_t){ .cable = cable, .host = twin_copy(slice_str(host->name)) };
	plug->next = cable->plugs;
	cable->plugs = plug;
	return plug;
}

static void flight_free(flight_t *flight)
{
	flight_t **at = &flight->cable->flights;
	while (*at != flight)
		at = &(*at)->next;
	*at = flight->next;
	agenda_remove(&flight->arrival);
	fifo_free(&flight->bytes);
	free(flight);
}

void cables_free(twin_t *twin)
{
	for (cable_t *cable = twin->cables, *next; cable; cable = next) {
		next = cable->next;
		while (cable->flights)
			flight_free(cable->flights);
		for (plug_t *plug = cable->plugs, *after; plug; plug = after) {
			after = plug->next;
			free(plug->host);
			free(plug);
		}
		free(cable->path);
		free(cable);
	}
	twin->cables = NULL;
}

/* Stations. */

static void station_drop(void *self)
{
	station_t *s = self;
	s->plug->station = NULL;
	agenda_remove(&s->turn);
	thing_unlink(&s->thing);
	fifo_free(&s->input);
	free(s);
}

static void station_wake(station_t *s)
{
	twin_t *twin = s->plug->cable->twin;
	if (!s->turn.home)
		world_queue(twin, &s->turn, world_now(twin) + world_jitter(twin, TURN_MEAN_NS));
}

static void station_turn(void *ctx)
{
	station_t *s = ctx;
	s->is_busy = true;
	if (s->input.len) {
		s->spec.events->data(s->spec.ctx, &s->base, fifo_bytes(&s->input));
		fifo_drop(&s->input, s->input.len);
	}
	if (s->is_gone && !s->is_dead) {
		s->is_dead = true;
		s->spec.events->closed(s->spec.ctx, &s->base, ERR_UNAVAILABLE);
	}
	s->is_busy = false;
	if (s->is_dead)
		station_drop(s);
}

/* What a station makes of bytes that were sent so and so. */
static void station_hear(station_t *s, const flight_t *flight, slice_t bytes)
{
	cable_t *cable = flight->cable;
	bool is_foreign = s->mode.baud != flight->mode.baud ||
	                  s->mode.parity != flight->mode.parity;
	uint8_t *to = fifo_reserve(&s->input, bytes.len);
	for (size_t i = 0; i < bytes.len; i++) {
		bool is_hit = flight->is_spoilt || is_foreign ||
		              (cable->noise > 0 && rng_unit(&cable->twin->chance) < cable->noise);
		uint8_t error = (uint8_t)(1 + rng_next(&cable->twin->chance) % 255);
		to[i] = is_hit ? (uint8_t)(bytes.ptr[i] ^ error) : bytes.ptr[i];
	}
	station_wake(s);
}

/* Flights. */

static void flight_next_run(flight_t *flight)
{
	twin_t *twin = flight->cable->twin;
	size_t left = flight->bytes.len - flight->sent;
	flight->run = 1 + rng_next(&twin->chance) % RUN_MAX;
	if (flight->run > left)
		flight->run = left;
	int64_t characters = (int64_t)(flight->sent + flight->run);
	world_queue(twin, &flight->arrival,
	            flight->start + characters * port_character_ns(&flight->mode));
}

static void flight_arrive(void *ctx)
{
	flight_t *flight = ctx;
	slice_t run = slice_sub(fifo_bytes(&flight->bytes), flight->sent, flight->run);
	for (const plug_t *p = flight->cable->plugs; p; p = p->next)
		if (p != flight->from && p->station && !p->is_unplugged)
			station_hear(p->station, flight, run);
	flight->sent += flight->run;
	if (flight->sent == flight->bytes.len)
		flight_free(flight);
	else
		flight_next_run(flight);
}

static void flight_collide(flight_t *flight)
{
	for (flight_t *f = flight->cable->flights; f; f = f->next) {
		if (f == flight || f->end <= flight->start || flight->end <= f->start)
			continue;
		f->is_spoilt = flight->is_spoilt = true;
		flight->cable->collisions++;
	}
}

err_t verb_serial_open(env_loop_t *base, const port_t *port, const env_serial_spec_t *spec,
                       env_serial_t **ret_serial)
{
	loop_t *loop = loop_of(base);
	plug_t *plug = plug_at(loop->host, port->path);
	if (plug->is_unplugged)
		return ERR_NOT_FOUND;
	if (plug->station)
		return ERR_BUSY;
	station_t *s = twin_alloc(1, sizeof(*s));
	s->base.ops = &twin_ops;
	s->plug = plug;
	s->mode = *port;
	s->spec = *spec;
	s->turn = event_of(loop->host->twin, loop, station_turn, s);
	thing_link(&s->thing, loop->host, s, station_drop);
	plug->station = s;
	*ret_serial = &s->base;
	return ERR_OK;
}

static station_t *station_of(env_serial_t *serial)
{
	return (station_t *)(void *)serial;
}

err_t verb_serial_write(env_serial_t *base, slice_t bytes)
{
	station_t *s = station_of(base);
	cable_t *cable = s->plug->cable;
	twin_t *twin = cable->twin;
	int64_t now = world_now(twin), character = port_character_ns(&s->mode);
	int64_t unsent = s->free_at > now ? (s->free_at - now) / character : 0;
	if (s->is_gone)
		return ERR_UNAVAILABLE;
	if ((size_t)unsent + bytes.len > ENV_SERIAL_OUTPUT_MAX)
		return ERR_LIMIT;
	if (!bytes.len || s->thing.host->is_dead)
		return ERR_OK;
	world_trace(twin, num_hash(bytes, 0));
	flight_t *flight = twin_alloc(1, sizeof(*flight));
	*flight = (flight_t){ .cable = cable, .from = s->plug, .mode = s->mode };
	flight->start = s->free_at > now ? s->free_at : now;
	flight->end = flight->start + (int64_t)bytes.len * character;
	s->free_at = flight->end;
	fifo_add(&flight->bytes, bytes);
	flight->arrival = event_of(twin, NULL, flight_arrive, flight);
	flight->next = cable->flights;
	cable->flights = flight;
	flight_collide(flight);
	flight_next_run(flight);
	return ERR_OK;
}

void verb_serial_close(env_serial_t *base)
{
	station_t *s = station_of(base);
	s->is_dead = true;
	if (!s->is_busy)
		station_drop(s);
}

/* What tests do to a line. */

void twin_line_noise(twin_t *twin, const char *path, double chance)
{
	cable_at(twin, path)->noise = chance;
}

uint64_t twin_line_collisions(twin_t *twin, const char *path)
{
	return cable_at(twin, path)->collisions;
}

void twin_port_unplug(env_t *env, const char *path, bool is_unplugged)
{
	plug_t *plug = plug_at(host_of(env), path);
	plug->is_unplugged = is_unplugged;
	if (!is_unplugged || !plug->station)
		return;
	plug->station->is_gone = true;
	station_wake(plug->station);
}
