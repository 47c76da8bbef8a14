/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, closing, and the middle that both transports share: a batch of asks, one
 * look-up, answers in order through one buffer. */
#include "dns/door.h"

#include <assert.h>
#include <stdlib.h>

#include "dns/state.h"

enum { REFRESH_S = 3600, RETRY_S = 900, EXPIRE_S = 7 * 86400 };

static const metric_row_t metric_rows[] = {
#define X(id, kind, name, help) [DNS_METRIC_##id] = { name, help, METRIC_##kind },
	DNS_METRIC_ROWS(X)
#undef X
};

static void serve_one(dns_door_t *door, const dns_ask_t *ask, const dns_found_t *found,
                      const dns_way_t *way)
{
	writer_t w = writer_of(&door->reply[DNS_TCP_HEAD], DNS_MESSAGE_MAX);
	if (!ask->is_due) {
		bool is_short = ask->size < DNS_HEAD_SIZE;
		metric_add(&door->metrics, is_short ? DNS_METRIC_GARBAGE : DNS_METRIC_UNDUE, 1);
		return;
	}
	dns_answer_write(door, ask, found, &w);
	if (!w.bad)
		way->send(way->ctx, ask, door->reply, w.len);
}

void dns_door_serve(dns_door_t *door, const dns_ask_t *asks, size_t count, const dns_way_t *way)
{
	slice_t names[REGISTRY_BATCH];
	record_t records[REGISTRY_BATCH];
	err_t errs[REGISTRY_BATCH];
	size_t wanted = 0, next = 0;
	assert(count <= REGISTRY_BATCH);
	for (size_t i = 0; i < count; i++)
		if (asks[i].map == DNS_MAP_RECORD)
			names[wanted++] = slice_of(asks[i].record, asks[i].record_len);
	if (wanted > 0)
		registry_resolve_batch(door->reader, names, wanted, records, errs);
	for (size_t i = 0; i < count; i++) {
		dns_found_t found = { .err = ERR_NOT_FOUND, .is_udp = way->is_udp };
		if (asks[i].map == DNS_MAP_RECORD) {
			found.record = &records[next];
			found.err = errs[next++];
		}
		serve_one(door, &asks[i], &found, way);
	}
	if (wanted > 0)
		registry_find_done(door->reader);
}

static void write_reply(void *ctx, const dns_ask_t *ask, uint8_t *reply, size_t len)
{
	(void)ask;
	wr_bytes(ctx, slice_of(&reply[DNS_TCP_HEAD], len));
}

bool dns_door_answer(dns_door_t *door, slice_t message, writer_t *w)
{
	size_t from = w->len;
	dns_ask_read(door, message, (addr_t){ .port = 0 }, &door->asks[0]);
	dns_door_serve(door, door->asks, 1, &(dns_way_t){ write_reply, w, false });
	return !w->bad && w->len > from;
}

static err_t open_socket(dns_door_t *door, addr_t addr, dns_socket_t *ret_socket)
{
	env_listen_spec_t tcp = {
		.accept = dns_tcp_accept,
		.ctx = door,
		.connections_max = DNS_CONNECTIONS,
	};
	env_udp_spec_t udp = { .turn = dns_udp_turn, .ctx = door };
	err_t err = env_tcp_listen(door->loop, addr, &tcp, &ret_socket->listener);
	if (err)
		return err;
	addr.port = env_listener_addr(ret_socket->listener).port;
	return env_udp_open(door->loop, addr, &udp, &ret_socket->udp);
}

static err_t open_sockets(dns_door_t *door, const dns_door_spec_t *spec)
{
	door->sockets = calloc(spec->addr_count + 1, sizeof(*door->sockets));
	if (!door->sockets)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < spec->addr_count; i++) {
		door->socket_count = i + 1;
		err_t err = open_socket(door, spec->addrs[i], &door->sockets[i]);
		if (err)
			return err;
	}
	return ERR_OK;
}

static err_t take_zones(dns_door_t *door, const dns_door_spec_t *spec)
{
	if (spec->zone_count > DNS_ZONES_MAX || spec->server_ip_count > DNS_SERVER_IPS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < spec->zone_count; i++) {
		err_t err = dns_zone_init(&spec->zones[i], &door->zones[i]);
		if (err)
			return err;
	}
	door->zone_count = spec->zone_count;
	for (size_t i = 0; i < spec->server_ip_count; i++)
		door->server_ips[i] = spec->server_ips[i];
	door->server_ip_count = spec->server_ip_count;
	return ERR_OK;
}

/* Nobody copies the zones, so the serial only has to grow: it is when the door opened. */
static err_t take_authority(dns_door_t *door, const dns_door_spec_t *spec)
{
	door->soa = (dns_soa_t){
		.serial = (uint32_t)(env_utc(door->env).ns / NS_PER_S),
		.refresh_s = REFRESH_S,
		.retry_s = RETRY_S,
		.expire_s = EXPIRE_S,
		.negative_s = spec->negative_s,
	};
	bool good = dns_name_parse(slice_str(spec->server), &door->server) &&
	            dns_name_parse(slice_str(spec->contact), &door->soa.contact);
	door->soa.server = door->server;
	return good ? ERR_OK : ERR_INVALID;
}

static err_t init(dns_door_t *door, const dns_door_spec_t *spec)
{
	metrics_init(&door->metrics, metric_rows, DNS_METRIC_COUNT);
	door->registry = spec->registry;
	door->gs1 = spec->gs1;
	door->loop = spec->loop;
	door->env = env_loop_env(spec->loop);
	dns_budget_init(door->env, spec->budget_bytes, &door->budget);
	dns_tcp_init(door);
	err_t err = take_zones(door, spec);
	if (!err)
		err = take_authority(door, spec);
	if (!err)
		err = registry_reader_new(spec->registry, &door->reader);
	if (!err)
		err = registry_reader_new(spec->registry, &door->lister);
	if (!err)
		err = env_timer_new(spec->loop, dns_tcp_sweep, door, &door->sweep);
	return err;
}

err_t dns_door_open(const dns_door_spec_t *spec, dns_door_t **ret_door)
{
	dns_door_t *door = calloc(1, sizeof(*door));
	if (!door)
		return ERR_NO_MEMORY;
	err_t err = init(door, spec);
	if (!err)
		err = open_sockets(door, spec);
	if (err) {
		dns_door_close(door);
		return err;
	}
	env_timer_set(door->sweep, NS_PER_S);
	*ret_door = door;
	return ERR_OK;
}

static void close_sockets(dns_door_t *door)
{
	for (size_t i = 0; i < door->socket_count; i++) {
		env_listener_close(door->sockets[i].listener);
		env_udp_close(door->sockets[i].udp);
	}
	free(door->sockets);
}

void dns_door_close(dns_door_t *door)
{
	if (!door)
		return;
	close_sockets(door);
	for (size_t i = 0; i < DNS_CONNECTIONS; i++)
		env_tcp_close(door->connections[i].tcp);
	env_timer_free(door->sweep);
	registry_reader_free(door->lister);
	registry_reader_free(door->reader);
	free(door);
}

addr_t dns_door_addr(const dns_door_t *door, size_t i)
{
	assert(i < door->socket_count);
	return env_listener_addr(door->sockets[i].listener);
}

const metrics_t *dns_door_metrics(const dns_door_t *door)
{
	return &door->metrics;
}
