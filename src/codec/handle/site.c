/* SPDX-License-Identifier: Apache-2.0 */
/* HS_SITE: lists within lists, each checked whole when the site is decoded. */
#include "codec/handle/site.h"

#include <assert.h>

#include "codec/handle/handle.h"

enum {
	ATTRIBUTE_MIN = 8,
	SERVER_MIN = 4 + HANDLE_ADDRESS_SIZE + 4 + 4,
	INTERFACE_MIN = 6,
	V4_AT = 12, /* where IPv4 lies in the 16 bytes */
};

static handle_attribute_t attribute_read(reader_t *r)
{
	handle_attribute_t a = { 0 };
	a.name = rd_bytes32(r, HANDLE_BYTES_MAX);
	a.value = rd_bytes32(r, HANDLE_BYTES_MAX);
	return a;
}

static handle_interface_t interface_read(reader_t *r)
{
	handle_interface_t i = { 0 };
	i.type = rd_u8(r);
	i.transport = rd_u8(r);
	i.port = rd_u32(r);
	return i;
}

static void attribute_skip(reader_t *r)
{
	(void)attribute_read(r);
}

static void interface_skip(reader_t *r)
{
	(void)interface_read(r);
}

static handle_server_t server_read(reader_t *r)
{
	handle_server_t s = { .server_id = rd_u32(r) };
	slice_t address = rd_take(r, HANDLE_ADDRESS_SIZE);
	if (!r->bad)
		memcpy(s.address, address.ptr, sizeof s.address);
	s.public_key = rd_bytes32(r, HANDLE_BYTES_MAX);
	s.interfaces = handle_list_read(r, INTERFACE_MIN, interface_skip);
	return s;
}

static void server_skip(reader_t *r)
{
	(void)server_read(r);
}

codec_t handle_site_decode(slice_t data, handle_site_t *ret_site)
{
	reader_t r = reader_of(data);
	handle_site_t s = { 0 };
	s.format = rd_u16(&r);
	s.major = rd_u8(&r);
	s.minor = rd_u8(&r);
	s.serial = rd_u16(&r);
	s.flags = rd_u8(&r);
	s.hash_option = rd_u8(&r);
	s.hash_filter = rd_bytes32(&r, HANDLE_BYTES_MAX);
	s.attributes = handle_list_read(&r, ATTRIBUTE_MIN, attribute_skip);
	s.servers = handle_list_read(&r, SERVER_MIN, server_skip);
	if (r.bad || r.in.len > 0)
		return CODEC_MALFORMED;
	*ret_site = s;
	return CODEC_OK;
}

void handle_site_encode(const handle_site_t *site, writer_t *w)
{
	wr_u16(w, site->format);
	wr_u8(w, site->major);
	wr_u8(w, site->minor);
	wr_u16(w, site->serial);
	wr_u8(w, site->flags);
	wr_u8(w, site->hash_option);
	wr_bytes32(w, site->hash_filter);
	handle_list_encode(site->attributes, w);
	handle_list_encode(site->servers, w);
}

bool handle_attribute_next(handle_iter_t *iter, handle_attribute_t *ret_attribute)
{
	if (iter->left == 0)
		return false;
	iter->left--;
	*ret_attribute = attribute_read(&iter->in);
	assert(!iter->in.bad);
	return true;
}

void handle_attribute_encode(const handle_attribute_t *attribute, writer_t *w)
{
	wr_bytes32(w, attribute->name);
	wr_bytes32(w, attribute->value);
}

bool handle_server_next(handle_iter_t *iter, handle_server_t *ret_server)
{
	if (iter->left == 0)
		return false;
	iter->left--;
	*ret_server = server_read(&iter->in);
	assert(!iter->in.bad);
	return true;
}

void handle_server_encode(const handle_server_t *server, writer_t *w)
{
	wr_u32(w, server->server_id);
	wr_bytes(w, slice_of(server->address, sizeof server->address));
	wr_bytes32(w, server->public_key);
	handle_list_encode(server->interfaces, w);
}

bool handle_interface_next(handle_iter_t *iter, handle_interface_t *ret_interface)
{
	if (iter->left == 0)
		return false;
	iter->left--;
	*ret_interface = interface_read(&iter->in);
	assert(!iter->in.bad);
	return true;
}

void handle_interface_encode(const handle_interface_t *interface, writer_t *w)
{
	wr_u8(w, interface->type);
	wr_u8(w, interface->transport);
	wr_u32(w, interface->port);
}

/* ::1 also begins with twelve zeros, but as IPv4 it would be 0.0.0.1, which no
 * server has. */
static ip_t ip_from_tail(const uint8_t address[HANDLE_ADDRESS_SIZE])
{
	static const uint8_t loopback6[4] = { 0, 0, 0, 1 };
	const uint8_t *tail = &address[V4_AT];
	ip_t ip = { .family = 4 };
	if (memcmp(tail, loopback6, sizeof loopback6) == 0) {
		ip.family = 6;
		memcpy(ip.bytes, address, sizeof ip.bytes);
	} else {
		memcpy(ip.bytes, tail, sizeof loopback6);
	}
	return ip;
}

ip_t handle_server_ip(const handle_server_t *server)
{
	static const uint8_t zeros[HANDLE_ADDRESS_SIZE] = { 0 };
	static const uint8_t mapped[V4_AT] = { [10] = 0xFF, [11] = 0xFF };
	if (memcmp(server->address, zeros, HANDLE_ADDRESS_SIZE) == 0)
		return (ip_t){ 0 };
	if (memcmp(server->address, zeros, V4_AT) == 0)
		return ip_from_tail(server->address);
	ip_t ip = { .family = 6 };
	memcpy(ip.bytes, server->address, sizeof ip.bytes);
	if (memcmp(server->address, mapped, V4_AT) == 0)
		return ip_v4(ip.bytes[12], ip.bytes[13], ip.bytes[14], ip.bytes[15]);
	return ip;
}

void handle_server_set_ip(handle_server_t *server, ip_t ip)
{
	memset(server->address, 0, sizeof server->address);
	if (ip.family == 6)
		memcpy(server->address, ip.bytes, sizeof server->address);
	else if (ip.family == 4)
		memcpy(&server->address[V4_AT], ip.bytes, HANDLE_ADDRESS_SIZE - V4_AT);
}
