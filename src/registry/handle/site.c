/* SPDX-License-Identifier: Apache-2.0 */
/* TCP and HTTP are said to serve administration as well as questions, since that is
 * where it will be asked for and answered, if only by "not supported". */
#include "registry/handle/site.h"

#include "registry/handle/answer.h"

enum { SERVES_ALL = HANDLE_SERVES_ADMIN | HANDLE_SERVES_QUERY, SERVER_ID = 1 };

static handle_list_t attributes(const handle_door_spec_t *spec, writer_t *scratch)
{
	size_t from = scratch->len;
	handle_attribute_t desc = { SLICE("desc"), slice_str(spec->description) };
	if (!spec->description)
		return (handle_list_t){ 0 };
	handle_attribute_encode(&desc, scratch);
	return (handle_list_t){ 1, slice_from(writer_done(scratch), from) };
}

static handle_list_t interfaces(const handle_door_spec_t *spec, addr_t at, writer_t *scratch)
{
	const handle_interface_t rows[] = {
		{ SERVES_ALL, HANDLE_TRANSPORT_TCP, at.port },
		{ HANDLE_SERVES_QUERY, HANDLE_TRANSPORT_UDP, at.port },
		{ SERVES_ALL, HANDLE_TRANSPORT_HTTP, spec->http_port },
	};
	size_t from = scratch->len;
	uint32_t count = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].port == 0)
			continue;
		handle_interface_encode(&rows[i], scratch);
		count++;
	}
	return (handle_list_t){ count, slice_from(writer_done(scratch), from) };
}

void site_write(const handle_door_spec_t *spec, addr_t at, writer_t *w)
{
	uint8_t buf[SITE_BYTES_MAX];
	writer_t scratch = writer_of(buf, sizeof(buf));
	handle_site_t site = {
		.format = 1,
		.major = HANDLE_MAJOR,
		.minor = HANDLE_MINOR,
		.serial = SITE_SERIAL,
		.flags = HANDLE_SITE_PRIMARY,
		.hash_option = HANDLE_HASH_WHOLE,
		.attributes = attributes(spec, &scratch),
	};
	handle_server_t server = { .server_id = SERVER_ID, .public_key = spec->public_key };
	handle_server_set_ip(&server, at.ip);
	server.interfaces = interfaces(spec, at, &scratch);
	size_t from = scratch.len;
	handle_server_encode(&server, &scratch);
	site.servers = (handle_list_t){ 1, slice_from(writer_done(&scratch), from) };
	w->bad = w->bad || scratch.bad;
	handle_site_encode(&site, w);
}
