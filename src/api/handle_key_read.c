/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handle_key_read.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/num.h"

enum { NUMBERS_MAX = 4096, LIST_MAX = 64 * 1024, KEY_MAX = 8192 };

/* A number of RFC 7518 with a zero in front where its top bit would make it negative.
 * Its digits are base 64 for URLs, which differs in two of them. */
static err_t read_number(const json_tree_t *item, writer_t *scratch, slice_t *ret_number)
{
	slice_t text;
	uint8_t plain[NUMBERS_MAX];
	size_t from = scratch->len + 1;
	if (!json_text(item, &text) || text.len == 0 || text.len > sizeof(plain))
		return ERR_INVALID;
	for (size_t i = 0; i < text.len; i++)
		plain[i] = text.ptr[i] == '-' ? '+' : text.ptr[i] == '_' ? '/' : text.ptr[i];
	wr_u8(scratch, 0);
	err_t err = base64_decode(slice_of(plain, text.len), scratch);
	if (err)
		return err == ERR_MALFORMED ? ERR_INVALID : err;
	slice_t digits = handle_key_unsigned(slice_from(writer_done(scratch), from));
	bool is_high = digits.len && (digits.ptr[0] & 0x80);
	/* The byte in front of the digits is the zero, written here or cut off as leading. */
	*ret_number = is_high ? slice_of(digits.ptr - 1, digits.len + 1) : digits;
	return digits.len ? ERR_OK : ERR_INVALID;
}

typedef struct {
	const char *type;
	handle_key_kind_t kind;
	const char *part[4]; /* in the order of the wire */
} key_form_t;

static const key_form_t forms[] = {
	{ "RSA", HANDLE_KEY_RSA_PUBLIC, { "e", "n", NULL, NULL } },
	{ "DSA", HANDLE_KEY_DSA_PUBLIC, { "q", "p", "g", "y" } },
	{ "DH", HANDLE_KEY_DH_PUBLIC, { "y", "p", "g", NULL } },
};

static err_t read_parts(const json_tree_t *item, const key_form_t *form, writer_t *w)
{
	uint8_t numbers[NUMBERS_MAX];
	writer_t scratch = writer_of(numbers, sizeof(numbers));
	handle_key_t key = { .kind = form->kind };
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < 4 && form->part[i]; i++)
		err = read_number(json_member(item, form->part[i]), &scratch, &key.part[i]);
	if (err)
		return err;
	handle_key_encode(&key, w);
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

err_t handle_key_read(const json_tree_t *item, writer_t *w)
{
	slice_t type;
	/* d of RSA; x of the others. */
	if (json_member(item, "d") || json_member(item, "x") ||
	    !json_text(json_member(item, "kty"), &type))
		return ERR_INVALID;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (slice_eq(type, slice_str(forms[i].type)))
			return read_parts(item, &forms[i], w);
	return ERR_UNSUPPORTED;
}

/* Sites. Lists stand in lists, so each is encoded in a room of its own first. */

typedef struct {
	writer_t attributes, servers, interfaces, key;
	uint8_t bytes[3][LIST_MAX];
	uint8_t key_bytes[KEY_MAX];
} room_t;

static bool read_flag(const json_tree_t *item, const char *name, bool *ret_flag)
{
	const json_tree_t *member = json_member(item, name);
	*ret_flag = false;
	return !member || json_flag(member, ret_flag);
}

static bool read_transport(slice_t text, uint8_t *ret_transport)
{
	static const char *const names[] = { "UDP", "TCP", "HTTP", "HTTPS" };
	for (uint8_t i = 0; i < 4; i++)
		if (slice_eq_nocase(text, slice_str(names[i]))) {
			*ret_transport = i;
			return true;
		}
	return false;
}

static bool read_interface(const json_tree_t *item, writer_t *w)
{
	handle_interface_t interface = { .type = 0 };
	bool query = false, admin = false;
	int64_t port = 0;
	slice_t protocol;
	if (!read_flag(item, "query", &query) || !read_flag(item, "admin", &admin) ||
	    !json_whole(json_member(item, "port"), 0, UINT16_MAX, &port) ||
	    !json_text(json_member(item, "protocol"), &protocol) ||
	    !read_transport(protocol, &interface.transport))
		return false;
	interface.type = (uint8_t)((query ? HANDLE_SERVES_QUERY : 0) |
	                           (admin ? HANDLE_SERVES_ADMIN : 0));
	interface.port = (uint32_t)port;
	handle_interface_encode(&interface, w);
	return true;
}

static bool read_attribute(const json_tree_t *item, writer_t *w)
{
	handle_attribute_t attribute;
	if (!json_text(json_member(item, "name"), &attribute.name) ||
	    !json_text(json_member(item, "value"), &attribute.value))
		return false;
	handle_attribute_encode(&attribute, w);
	return true;
}

/* All of a list into `w`, each by `read`; one that is missing is empty. */
static bool read_list(const json_tree_t *list, bool (*read)(const json_tree_t *, writer_t *),
                      writer_t *w, handle_list_t *ret_list)
{
	w->len = 0;
	if (list && json_kind(list) != JSON_LIST_VALUE)
		return false;
	size_t count = json_count(list);
	for (size_t i = 0; i < count; i++)
		if (!read(json_item(list, i), w))
			return false;
	*ret_list = (handle_list_t){ (uint32_t)count, writer_done(w) };
	return true;
}

/* {"format": "key", "value": JWK}, or text for who has none. */
static err_t read_server_key(const json_tree_t *item, writer_t *w)
{
	slice_t format = { 0 }, text;
	const json_tree_t *value = json_member(item, "value");
	w->len = 0;
	if (!item)
		return ERR_OK;
	json_text(json_member(item, "format"), &format);
	if (slice_eq(format, SLICE("key")))
		return handle_key_read(value, w);
	if (!slice_eq(format, SLICE("base64")) && !slice_eq(format, SLICE("string")))
		return ERR_INVALID;
	if (!json_text(value, &text))
		return ERR_INVALID;
	if (slice_eq(format, SLICE("base64")))
		return base64_decode(text, w) ? ERR_INVALID : ERR_OK;
	wr_bytes(w, text);
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

static err_t read_server(const json_tree_t *item, room_t *room)
{
	handle_server_t server = { .server_id = 0 };
	slice_t address;
	ip_t ip = { .family = 0 };
	int64_t id = 0;
	if (!json_whole(json_member(item, "serverId"), 0, UINT32_MAX, &id) ||
	    !json_text(json_member(item, "address"), &address) || ip_parse(address, &ip))
		return ERR_INVALID;
	err_t err = read_server_key(json_member(item, "publicKey"), &room->key);
	if (err)
		return err;
	server.server_id = (uint32_t)id;
	server.public_key = writer_done(&room->key);
	handle_server_set_ip(&server, ip);
	if (!read_list(json_member(item, "interfaces"), read_interface, &room->interfaces,
	               &server.interfaces))
		return ERR_INVALID;
	handle_server_encode(&server, &room->servers);
	return ERR_OK;
}

/* "2.11" */
static bool read_version(const json_tree_t *item, handle_site_t *site)
{
	slice_t minor;
	uint64_t numbers[2];
	if (!json_text(item, &minor))
		return false;
	slice_t major = slice_cut(&minor, '.');
	if (num_parse_u64(major, UINT8_MAX, &numbers[0]) ||
	    num_parse_u64(minor, UINT8_MAX, &numbers[1]))
		return false;
	site->major = (uint8_t)numbers[0];
	site->minor = (uint8_t)numbers[1];
	return true;
}

static bool read_head(const json_tree_t *item, handle_site_t *site)
{
	bool primary = false, multi = false;
	int64_t format = 1, serial = 0;
	const json_tree_t *version = json_member(item, "version");
	if ((version && !json_whole(version, 0, UINT16_MAX, &format)) ||
	    !json_whole(json_member(item, "serialNumber"), 0, UINT16_MAX, &serial) ||
	    !read_version(json_member(item, "protocolVersion"), site) ||
	    !read_flag(item, "primarySite", &primary) || !read_flag(item, "multiPrimary", &multi))
		return false;
	site->format = (uint16_t)format;
	site->serial = (uint16_t)serial;
	site->flags = (uint8_t)((primary ? HANDLE_SITE_PRIMARY : 0) |
	                        (multi ? HANDLE_SITE_MULTI_PRIMARY : 0));
	return true;
}

static err_t read_site(const json_tree_t *item, room_t *room, writer_t *w)
{
	handle_site_t site = { .hash_option = HANDLE_HASH_WHOLE };
	const json_tree_t *servers = json_member(item, "servers");
	size_t count = json_count(servers);
	err_t err = ERR_OK;
	if (!read_head(item, &site) ||
	    !read_list(json_member(item, "attributes"), read_attribute, &room->attributes,
	               &site.attributes) ||
	    (servers && json_kind(servers) != JSON_LIST_VALUE))
		return ERR_INVALID;
	for (size_t i = 0; !err && i < count; i++)
		err = read_server(json_item(servers, i), room);
	if (err)
		return err;
	site.servers = (handle_list_t){ (uint32_t)count, writer_done(&room->servers) };
	handle_site_encode(&site, w);
	return w->bad || room->attributes.bad || room->servers.bad || room->interfaces.bad
	               ? ERR_TOO_BIG
	               : ERR_OK;
}

err_t handle_site_read(const json_tree_t *item, writer_t *w)
{
	room_t *room = malloc(sizeof(*room));
	if (!room)
		return ERR_NO_MEMORY;
	room->attributes = writer_of(room->bytes[0], LIST_MAX);
	room->servers = writer_of(room->bytes[1], LIST_MAX);
	room->interfaces = writer_of(room->bytes[2], LIST_MAX);
	room->key = writer_of(room->key_bytes, KEY_MAX);
	err_t err = json_kind(item) == JSON_MEMBERS_VALUE ? read_site(item, room, w) : ERR_INVALID;
	free(room);
	return err;
}
