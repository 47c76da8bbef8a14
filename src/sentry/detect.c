/* SPDX-License-Identifier: Apache-2.0 */
/* Everything here costs only when something is novel, so plain arrays and linear
 * searches do. */
#include "sentry/detect.h"

#include <math.h>
#include <stdlib.h>

#include "sentry/counters.h"

#define WINDOW_NS    (10 * NS_PER_S)
#define EPISODE_NS   (30 * NS_PER_S)
#define HOLD_NS      (5 * NS_PER_S)
#define HOLD_MAX_NS  (15 * NS_PER_S)
#define FORGET_NS    (60 * NS_PER_S)
#define SPECIFIC_NS  (600 * NS_PER_S)
#define REASON(name) (UINT32_C(1) << REASON_##name)

err_t detect_open(detect_t *d)
{
	d->cases = calloc(DETECT_CASES, sizeof(*d->cases));
	return d->cases ? ERR_OK : ERR_NO_MEMORY;
}

void detect_close(detect_t *d)
{
	free(d->cases);
	d->cases = NULL;
}

static detect_case_t *find_case(detect_t *d, ip_t client)
{
	for (size_t i = 0; i < DETECT_CASES; i++)
		if (d->cases[i].client.family && ip_eq(d->cases[i].client, client))
			return &d->cases[i];
	return NULL;
}

static detect_case_t *free_case(detect_t *d)
{
	detect_case_t *oldest = &d->cases[0];
	for (size_t i = 0; i < DETECT_CASES; i++) {
		if (d->cases[i].client.family == 0)
			return &d->cases[i];
		if (d->cases[i].last_ns < oldest->last_ns)
			oldest = &d->cases[i];
	}
	metric_add(d->metrics, COUNT_CASES_FULL, 1);
	return oldest;
}

static detect_case_t *case_of(detect_t *d, const sighting_t *s)
{
	detect_case_t *c = find_case(d, s->client);
	if (!c) {
		c = free_case(d);
		*c = (detect_case_t){ .client = s->client };
	}
	c->last_ns = s->utc_ns;
	return c;
}

static incident_t hit_of(const sighting_t *s, incident_kind_t kind, uint32_t reasons)
{
	incident_t hit = { .kind = kind,
		           .reasons = reasons,
		           .client = s->client,
		           .server = s->server,
		           .unit = s->unit,
		           .function = s->function,
		           .from = s->from,
		           .to = s->to,
		           .device = s->device,
		           .limit_low = NAN,
		           .limit_high = NAN,
		           .first_ns = s->utc_ns,
		           .last_ns = s->utc_ns,
		           .count = 1,
		           .servers = 1 };
	hit.packet_len = s->packet.len < INCIDENT_PACKET_MAX ? s->packet.len : INCIDENT_PACKET_MAX;
	if (hit.packet_len)
		memcpy(hit.packet, s->packet.ptr, hit.packet_len);
	return hit;
}

static uint32_t stranger_reason(const detect_t *d, const sighting_t *s)
{
	if (!baseline_knows_client(d->baseline, s->client))
		return REASON(NEW_CLIENT);
	return baseline_knows_server(d->baseline, s->server) ? 0 : REASON(NEW_SERVER);
}

/* A specific act explains what the client was held for. */
static void raise(detect_t *d, detect_case_t *c, const incident_t *hit)
{
	c->holding = false;
	incident_log_hit(d->log, hit);
}

/* Hold: evidence that only matters if nothing better comes. */

static void hold(detect_t *d, detect_case_t *c, const sighting_t *s, uint32_t reasons)
{
	if (c->holding) {
		c->talker.count++;
		c->talker.last_ns = s->utc_ns;
		c->talker.reasons |= reasons;
		if (c->talker.function == 0 && s->function) {
			int64_t first_ns = c->talker.first_ns;
			uint64_t count = c->talker.count;
			reasons |= c->talker.reasons;
			c->talker = hit_of(s, INCIDENT_TALKER, reasons);
			c->talker.first_ns = first_ns;
			c->talker.count = count;
		}
		return;
	}
	incident_t hit = hit_of(s, INCIDENT_TALKER, reasons);
	if (c->talked) {
		incident_log_hit(d->log, &hit);
		return;
	}
	if (incident_log_is_specific(d->log, s->client, s->utc_ns - SPECIFIC_NS))
		return;
	c->holding = true;
	c->hold_ns = s->utc_ns;
	c->talker = hit;
}

static void hold_stranger(detect_t *d, detect_case_t *c, const sighting_t *s)
{
	uint32_t reason = stranger_reason(d, s);
	if (reason)
		hold(d, c, s, reason);
}

static bool hold_is_over(const detect_case_t *c, int64_t utc_ns)
{
	return utc_ns - c->last_ns >= HOLD_NS || utc_ns - c->hold_ns >= HOLD_MAX_NS;
}

void detect_tick(detect_t *d, int64_t utc_ns)
{
	for (size_t i = 0; i < DETECT_CASES; i++) {
		detect_case_t *c = &d->cases[i];
		if (c->client.family == 0)
			continue;
		if (c->holding && hold_is_over(c, utc_ns)) {
			c->holding = false;
			c->talked = true;
			incident_log_hit(d->log, &c->talker);
		}
		if (!c->holding && utc_ns - c->last_ns >= FORGET_NS)
			c->client.family = 0;
	}
}

/* Sweep */

static void ring_put(detect_ring_t *ring, int64_t utc_ns)
{
	memmove(&ring->ns[0], &ring->ns[1], sizeof(ring->ns) - sizeof(ring->ns[0]));
	ring->ns[DETECT_SWEEP - 1] = utc_ns;
	ring->count++;
}

static bool ring_is_dense(const detect_ring_t *ring)
{
	return ring->count >= DETECT_SWEEP && ring->ns[DETECT_SWEEP - 1] - ring->ns[0] <= WINDOW_NS;
}

/* After a quiet time the same servers count anew. */
static void begin_episode(detect_case_t *c, int64_t utc_ns)
{
	if (utc_ns - c->contact_ns < EPISODE_NS)
		return;
	c->swept = false;
	c->server_count = 0;
	c->server_ring.count = c->unit_ring.count = 0;
	c->unit_server = (ip_t){ 0 };
}

static bool add_server(detect_case_t *c, ip_t server)
{
	for (size_t i = 0; i < c->server_count && i < DETECT_SERVERS; i++)
		if (ip_eq(c->servers[i], server))
			return false;
	if (c->server_count < DETECT_SERVERS)
		c->servers[c->server_count++] = server;
	return true;
}

static bool add_unit(detect_case_t *c, ip_t server, uint8_t unit)
{
	if (!ip_eq(c->unit_server, server)) {
		c->unit_server = server;
		c->unit_ring.count = 0;
		memset(c->units, 0, sizeof(c->units));
	}
	uint8_t bit = (uint8_t)(1u << (unit & 7));
	bool fresh = !(c->units[unit / 8] & bit);
	c->units[unit / 8] |= bit;
	return fresh;
}

static void raise_sweep(detect_t *d, detect_case_t *c, const sighting_t *s,
                        const detect_ring_t *ring)
{
	incident_t hit = hit_of(s, INCIDENT_SWEEP, REASON(MANY_SERVERS) | stranger_reason(d, s));
	hit.servers = c->server_count;
	if (!c->swept) {
		hit.first_ns = ring->ns[0];
		hit.count = ring->count;
	}
	c->swept = true;
	raise(d, c, &hit);
}

/* True when the sighting was news for a sweep. */
static bool meet(detect_t *d, detect_case_t *c, const sighting_t *s)
{
	begin_episode(c, s->utc_ns);
	detect_ring_t *ring = NULL;
	if (add_server(c, s->server))
		ring = &c->server_ring;
	else if (s->function && !baseline_knows_unit(d->baseline, s->client, s->server, s->unit) &&
	         add_unit(c, s->server, s->unit))
		ring = &c->unit_ring;
	if (!ring)
		return false;
	c->contact_ns = s->utc_ns;
	ring_put(ring, s->utc_ns);
	if (c->swept || ring_is_dense(ring))
		raise_sweep(d, c, s, ring);
	return true;
}

void detect_contact(detect_t *d, const sighting_t *s)
{
	detect_case_t *c = case_of(d, s);
	(void)meet(d, c, s);
	hold_stranger(d, c, s);
}

void detect_identify(detect_t *d, const sighting_t *s)
{
	detect_case_t *c = case_of(d, s);
	bool is_news = meet(d, c, s);
	if (!is_news && c->swept) {
		c->contact_ns = s->utc_ns;
		raise_sweep(d, c, s, NULL);
	}
	hold_stranger(d, c, s);
}

/* Walk */

static bool walk_is_over(const detect_walk_t *w, int64_t utc_ns)
{
	return utc_ns - w->last_ns > (w->raised ? EPISODE_NS : WINDOW_NS);
}

static detect_walk_t *walk_of(detect_case_t *c, const sighting_t *s)
{
	detect_walk_t *oldest = &c->walks[0];
	for (size_t i = 0; i < DETECT_WALKS; i++) {
		detect_walk_t *w = &c->walks[i];
		if (w->server.family && ip_eq(w->server, s->server) && !walk_is_over(w, s->utc_ns))
			return w;
		if (w->last_ns < oldest->last_ns)
			oldest = w;
	}
	*oldest = (detect_walk_t){
		.server = s->server, .first_ns = s->utc_ns, .from = s->from, .to = s->to
	};
	return oldest;
}

/* Does the request reach past what this walk has read with its function? */
static bool reaches(detect_walk_t *w, const sighting_t *s)
{
	size_t i = s->function < DETECT_READS ? s->function : 0;
	bool fresh = !w->reach[i].used || s->from < w->reach[i].from || s->to > w->reach[i].to;
	if (!w->reach[i].used || s->from < w->reach[i].from)
		w->reach[i].from = s->from;
	if (!w->reach[i].used || s->to > w->reach[i].to)
		w->reach[i].to = s->to;
	w->reach[i].used = true;
	w->from = s->from < w->from ? s->from : w->from;
	w->to = s->to > w->to ? s->to : w->to;
	return fresh;
}

static void raise_walk(detect_t *d, detect_case_t *c, detect_walk_t *w, const sighting_t *s)
{
	incident_t hit = hit_of(s, INCIDENT_WALK, REASON(NEW_ADDRESS) | stranger_reason(d, s));
	hit.from = w->from;
	hit.to = w->to;
	if (w->reaching >= DETECT_WALK)
		hit.reasons |= REASON(MANY_ADDRESSES);
	if (w->refused >= DETECT_WALK)
		hit.reasons |= REASON(MANY_EXCEPTIONS);
	if (!w->raised) {
		hit.first_ns = w->first_ns;
		hit.count = w->requests;
	}
	w->raised = true;
	raise(d, c, &hit);
}

void detect_read(detect_t *d, const sighting_t *s)
{
	detect_case_t *c = case_of(d, s);
	detect_walk_t *w = walk_of(c, s);
	w->last_ns = s->utc_ns;
	w->requests++;
	if (reaches(w, s))
		w->reaching++;
	if (w->raised || w->reaching >= DETECT_WALK)
		raise_walk(d, c, w, s);
	hold_stranger(d, c, s);
}

void detect_refused(detect_t *d, const sighting_t *s)
{
	detect_case_t *c = case_of(d, s);
	detect_walk_t *w = walk_of(c, s);
	w->last_ns = s->utc_ns;
	w->refused++;
	if (!w->raised && w->refused >= DETECT_WALK)
		raise_walk(d, c, w, s);
}

void detect_function(detect_t *d, const sighting_t *s)
{
	hold(d, case_of(d, s), s, REASON(NEW_FUNCTION) | stranger_reason(d, s));
}

void detect_malformed(detect_t *d, const sighting_t *s)
{
	detect_case_t *c = case_of(d, s);
	if (s->utc_ns - c->malformed_last_ns > WINDOW_NS || c->malformed == 0) {
		c->malformed = 0;
		c->malformed_first_ns = s->utc_ns;
	}
	c->malformed_last_ns = s->utc_ns;
	if (++c->malformed < DETECT_MALFORMED)
		return;
	incident_t hit = hit_of(s, INCIDENT_MALFORMED, REASON(BAD_FRAME) | stranger_reason(d, s));
	if (c->malformed == DETECT_MALFORMED) {
		hit.first_ns = c->malformed_first_ns;
		hit.count = DETECT_MALFORMED;
	}
	raise(d, c, &hit);
}

void detect_write(detect_t *d, const incident_t *hit)
{
	detect_case_t *c = find_case(d, hit->client);
	if (c)
		c->holding = false;
	incident_log_hit(d->log, hit);
}
