/* SPDX-License-Identifier: Apache-2.0 */
#include "resolver/service.h"

#include "env/crypto.h"

static bool may_ask(ip_t ip, bool is_local)
{
	static const uint8_t nobody[sizeof(ip.bytes)];
	size_t len = ip.family == 4 ? 4 : sizeof(ip.bytes);
	if (ip.family == 0 || memcmp(ip.bytes, nobody, len) == 0)
		return false;
	/* From 224 on: multicast, reserved, broadcast. */
	if (ip.family == 4 ? ip.bytes[0] >= 224 : ip.bytes[0] == 0xFF)
		return false;
	return is_local || !ip_is_loopback(ip);
}

static bool server_of(const handle_site_t *site, slice_t name, handle_server_t *ret_server)
{
	uint8_t room[HANDLE_NAME_MAX], md5[16];
	slice_t text;
	if (site->servers.count == 0 ||
	    handle_name_hash_part(name, site->hash_option, room, &text) != CODEC_OK)
		return false;
	env_md5(text, md5);
	uint32_t left = handle_server_pick(md5, site->servers.count);
	handle_iter_t servers = handle_list_iter(site->servers);
	while (handle_server_next(&servers, ret_server))
		if (left-- == 0)
			return true;
	return false;
}

static void read_doors(const handle_server_t *server, candidate_t *candidate)
{
	handle_iter_t interfaces = handle_list_iter(server->interfaces);
	handle_interface_t interface;
	while (handle_interface_next(&interfaces, &interface)) {
		bool is_usable = (interface.type & HANDLE_SERVES_QUERY) && interface.port > 0 &&
		                 interface.port <= UINT16_MAX;
		if (is_usable && interface.transport == HANDLE_TRANSPORT_UDP)
			candidate->udp.port = (uint16_t)interface.port;
		else if (is_usable && interface.transport == HANDLE_TRANSPORT_TCP)
			candidate->tcp.port = (uint16_t)interface.port;
	}
}

/* The smaller of the site's protocol and our own; what is below 2 or above is not
 * believed. */
static handle_version_t version_of(const handle_site_t *site)
{
	handle_version_t own = { HANDLE_MAJOR, HANDLE_MINOR };
	if (site->major == HANDLE_MAJOR && site->minor < HANDLE_MINOR)
		own.minor = site->minor;
	return own;
}

bool service_site(slice_t data, slice_t name, bool is_local, candidate_t *ret_candidate)
{
	handle_site_t site;
	handle_server_t server;
	if (handle_site_decode(data, &site) != CODEC_OK || !server_of(&site, name, &server))
		return false;
	ip_t ip = handle_server_ip(&server);
	candidate_t candidate = {
		.udp = { .ip = ip },
		.tcp = { .ip = ip },
		.version = version_of(&site),
		.serial = site.serial,
		.is_primary = site.flags & (HANDLE_SITE_PRIMARY | HANDLE_SITE_MULTI_PRIMARY),
	};
	read_doors(&server, &candidate);
	writer_t key = writer_of(candidate.key, sizeof(candidate.key));
	wr_bytes(&key, server.public_key);
	candidate.key_len = key.bad ? 0 : key.len;
	if (!may_ask(ip, is_local) || (candidate.udp.port == 0 && candidate.tcp.port == 0))
		return false;
	*ret_candidate = candidate;
	return true;
}

typedef enum { ROLE_NONE, ROLE_SITE, ROLE_SERV, ROLE_PARENT_SITE, ROLE_PARENT_SERV } role_t;

static role_t role_of(slice_t type)
{
	static const struct {
		const char *type;
		role_t role;
	} rows[] = {
		{ "HS_SITE", ROLE_SITE },
		{ "HS_SITE.6", ROLE_SITE },
		{ "HS_SERV", ROLE_SERV },
		{ "HS_SITE.PREFIX", ROLE_PARENT_SITE },
		{ "HS_NA_DELEGATE", ROLE_PARENT_SITE },
		{ "HS_SERV.PREFIX", ROLE_PARENT_SERV },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (slice_eq_nocase(type, slice_str(rows[i].type)))
			return rows[i].role;
	return ROLE_NONE;
}

static void take_value(const service_ask_t *ask, const handle_value_t *value, role_t role,
                       service_t *service)
{
	bool is_site = role == ROLE_SITE || role == ROLE_PARENT_SITE;
	if (is_site && service->count < SERVICE_SITES) {
		service->count += service_site(value->data, ask->name, ask->is_local,
		                               &service->sites[service->count]);
		return;
	}
	if (is_site || service->serv_len || value->data.len > sizeof(service->serv))
		return;
	memcpy(service->serv, value->data.ptr, value->data.len);
	service->serv_len = value->data.len;
}

/* Takes the values of two roles; true when there was one. */
static bool take_roles(const service_ask_t *ask, role_t site, role_t serv, service_t *service)
{
	handle_iter_t values = handle_list_iter(ask->values);
	handle_value_t value;
	bool found = false;
	while (handle_value_next(&values, &value)) {
		role_t role = role_of(value.type);
		if (role != site && role != serv)
			continue;
		take_value(ask, &value, role, service);
		found = true;
	}
	return found;
}

void service_read(const service_ask_t *ask, service_t *ret_service)
{
	*ret_service = (service_t){ .count = 0 };
	if (ask->is_parent && take_roles(ask, ROLE_PARENT_SITE, ROLE_PARENT_SERV, ret_service))
		return;
	(void)take_roles(ask, ROLE_SITE, ROLE_SERV, ret_service);
}
