/* SPDX-License-Identifier: Apache-2.0 */
/* The parent's side: who comes is judged by the authority, and goes by ALPN to the sessions or
 * to the desk for enrolling. */
#include <stdlib.h>

#include "codec/uplink/frame.h"
#include "uplink/enrol_desk.h"
#include "uplink/tls_channel.h"
#include "uplink/tls_link.h"

/* A core does some thousand handshakes a second, and after a power cut three thousand children
 * come back within a few: as many may wait as are done well within the deadline. */
enum { HANDSHAKES = 2048 };

/* How often it is looked whether the own certificate is half over. */
#define RENEW_NS (24 * INT64_C(3600) * NS_PER_S)

struct tls_door {
	tls_door_spec_t spec;
	env_tls_listener_t *listeners[TLS_DOOR_ADDRS];
	size_t count;
	enrol_desk_t *desk;
	env_timer_t *timer;
	tls_link_t *first;
	bool is_open;
};

static env_trust_t judge(void *ctx, const slice_t *chain, size_t count)
{
	const tls_door_t *door = ctx;
	slice_t node;
	if (count > 0)
		return authority_judge(door->spec.authority, chain, count, &node);
	return authority_expects(door->spec.authority) ? ENV_TRUST_GOOD : ENV_TRUST_MISSING;
}

static void link_opened(tls_link_t *link)
{
	tls_door_t *door = link->ctx;
	bool is_enrolling = slice_eq(env_tls_alpn(link->tls), SLICE(ENROL_ALPN));
	if (tls_link_identify(link) != ERR_OK) {
		tls_link_end(link, ERR_DENIED);
		return;
	}
	link->is_told = true;
	if (is_enrolling)
		enrol_desk_take(door->desk, &link->channel);
	else if (link->channel.peer.len == 0)
		enrol_desk_refuse(&link->channel, UPLINK_REASON_NODE);
	else
		door->spec.opened(door->spec.ctx, &link->channel);
}

static void link_ended(tls_link_t *link, err_t why)
{
	tls_door_t *door = link->ctx;
	(void)why;
	*(link->before ? &link->before->after : &door->first) = link->after;
	if (link->after)
		link->after->before = link->before;
}

static bool on_accept(void *ctx, env_tls_t *tls, addr_t peer, env_tls_spec_t *ret_spec)
{
	static const tls_link_owner_t owner = { link_opened, link_ended };
	tls_door_t *door = ctx;
	tls_link_t *link = NULL;
	(void)peer;
	if (tls_link_new(&owner, door, &link) != ERR_OK)
		return false;
	link->tls = tls;
	link->after = door->first;
	if (door->first)
		door->first->before = link;
	door->first = link;
	*ret_spec = tls_link_spec(link);
	return true;
}

/* Who is a member no more; each end may end others. */
static void on_revoked(void *ctx, slice_t node)
{
	tls_door_t *door = ctx;
	if (door->spec.revoked)
		door->spec.revoked(door->spec.ctx, node);
	for (tls_link_t *link = door->first; link;) {
		bool is_his = link->is_told && slice_eq(link->channel.peer, node);
		if (is_his)
			tls_link_end(link, ERR_DENIED);
		link = is_his ? door->first : link->after;
	}
}

static err_t identity_of(tls_door_t *door, env_tls_identity_t *ret_identity)
{
	slice_t pem;
	const env_pkey_t *key = NULL;
	err_t err = authority_door(door->spec.authority, &pem, &key);
	if (!err)
		*ret_identity = (env_tls_identity_t){ .alpn = UPLINK_ALPN " " ENROL_ALPN,
			                              .certificate_pem = pem,
			                              .key = key,
			                              .judge = { door, judge } };
	return err;
}

/* When it fails, the one there is goes on, and a day later it is tried again: a certificate is
 * made anew when half of its year is left. */
static void on_day(void *ctx)
{
	tls_door_t *door = ctx;
	env_tls_identity_t identity;
	bool is_there = identity_of(door, &identity) == ERR_OK;
	for (size_t i = 0; is_there && i < door->count; i++)
		(void)!env_tls_listener_renew(door->listeners[i], &identity);
	env_timer_set(door->timer, RENEW_NS);
}

static err_t open_parts(tls_door_t *door)
{
	env_tls_listen_spec_t listen = { .accept = on_accept,
		                         .ctx = door,
		                         .connections_max = door->spec.connections_max,
		                         .handshakes_max = HANDSHAKES };
	err_t err = identity_of(door, &listen.identity);
	if (!err)
		err = enrol_desk_new(door->spec.loop, door->spec.authority, &door->desk);
	if (!err)
		err = env_timer_new(door->spec.loop, on_day, door, &door->timer);
	for (size_t i = 0; !err && i < door->spec.addr_count; i++) {
		err = env_tls_listen(door->spec.loop, door->spec.addrs[i], &listen,
		                     &door->listeners[i]);
		door->count += !err;
	}
	return err;
}

err_t tls_door_open(const tls_door_spec_t *spec, tls_door_t **ret_door)
{
	tls_door_t *door = calloc(1, sizeof(*door));
	if (!door)
		return ERR_NO_MEMORY;
	door->spec = *spec;
	err_t err = spec->addr_count <= TLS_DOOR_ADDRS ? open_parts(door) : ERR_LIMIT;
	door->spec.addrs = NULL; /* the caller's again */
	if (err) {
		tls_door_close(door);
		return err;
	}
	authority_on_end(spec->authority, on_revoked, door);
	door->is_open = true;
	env_timer_set(door->timer, RENEW_NS);
	*ret_door = door;
	return ERR_OK;
}

addr_t tls_door_addr(const tls_door_t *door, size_t i)
{
	return env_tls_listener_addr(door->listeners[i]);
}

env_tls_stats_t tls_door_stats(const tls_door_t *door)
{
	env_tls_stats_t sum = { 0 };
	for (size_t i = 0; i < door->count; i++) {
		env_tls_stats_t one = env_tls_listener_stats(door->listeners[i]);
		sum.done += one.done;
		sum.denied += one.denied;
		sum.failed += one.failed;
		sum.slow += one.slow;
		sum.displaced += one.displaced;
		sum.handshaking += one.handshaking;
	}
	return sum;
}

void tls_door_close(tls_door_t *door)
{
	if (!door)
		return;
	if (door->is_open)
		authority_on_end(door->spec.authority, NULL, NULL);
	enrol_desk_free(door->desk);
	while (door->first) {
		tls_link_t *link = door->first;
		link_ended(link, ERR_CANCELLED);
		tls_link_drop(link);
	}
	for (size_t i = 0; i < door->count; i++)
		env_tls_listener_close(door->listeners[i]);
	env_timer_free(door->timer);
	free(door);
}
