/* SPDX-License-Identifier: Apache-2.0 */
/* A value of a bootstrap file. */
#include "base/base64.h"
#include "base/net.h"
#include "base/num.h"
#include "env/json_read.h"
#include "resolver/roots.h"

enum { DATA_MAX = 64 << 10, LIST_MAX = 32 << 10, NUMBER_MAX = 1 << 10, KEY_MAX = 4 * NUMBER_MAX };

static bool read_u8(const json_tree_t *item, uint8_t *ret_number)
{
	int64_t number;
	if (!json_whole(item, 0, UINT8_MAX, &number))
		return false;
	*ret_number = (uint8_t)number;
	return true;
}

static bool flag_of(const json_tree_t *item, const char *key)
{
	bool is_set = false;
	return json_flag(json_member(item, key), &is_set) && is_set;
}

static bool read_interface(const json_tree_t *item, writer_t *w)
{
	static const char *const names[] = { "UDP", "TCP", "HTTP", "HTTPS" };
	slice_t protocol;
	int64_t port;
	if (!json_text(json_member(item, "protocol"), &protocol) ||
	    !json_whole(json_member(item, "port"), 1, UINT16_MAX, &port))
		return false;
	for (uint8_t i = 0; i < 4; i++) {
		if (!slice_eq_nocase(protocol, slice_str(names[i])))
			continue;
		handle_interface_t interface = { .transport = i, .port = (uint32_t)port };
		interface.type = (uint8_t)((flag_of(item, "query") ? HANDLE_SERVES_QUERY : 0) |
		                           (flag_of(item, "admin") ? HANDLE_SERVES_ADMIN : 0));
		handle_interface_encode(&interface, w);
		return true;
	}
	return false;
}

/* Appends the elements of a JSON list; false when one is not as it must be. */
static bool read_list(const json_tree_t *list, bool (*read_one)(const json_tree_t *, writer_t *),
                      writer_t *w, handle_list_t *ret_list)
{
	size_t from = w->len;
	for (size_t i = 0; i < json_count(list); i++)
		if (!read_one(json_item(list, i), w))
			return false;
	*ret_list = (handle_list_t){ (uint32_t)json_count(list), slice_from(writer_done(w), from) };
	return !w->bad;
}

/* A part of a key as RFC 7518 writes numbers; on the wire they are signed. */
static bool read_number(const json_tree_t *item, writer_t *w, slice_t *ret_part)
{
	uint8_t plain[NUMBER_MAX], bytes[NUMBER_MAX];
	writer_t text = writer_of(plain, sizeof(plain)), number = writer_of(bytes, sizeof(bytes));
	slice_t url;
	size_t from = w->len;
	if (!json_text(item, &url) || url.len == 0)
		return false;
	reader_t r = reader_of(url);
	while (r.in.len) {
		uint8_t digit = rd_u8(&r);
		wr_u8(&text, digit == '-' ? '+' : (digit == '_' ? '/' : digit));
	}
	if (text.bad || base64_decode(writer_done(&text), &number) || number.len == 0)
		return false;
	if (bytes[0] & 0x80)
		wr_u8(w, 0);
	wr_bytes(w, writer_done(&number));
	*ret_part = slice_from(writer_done(w), from);
	return !w->bad;
}

static bool read_key_numbers(const json_tree_t *jwk, writer_t *w)
{
	static const struct {
		const char *type;
		handle_key_kind_t kind;
		const char *part[4];
	} rows[] = {
		{ "RSA", HANDLE_KEY_RSA_PUBLIC, { "e", "n", NULL, NULL } },
		{ "DSA", HANDLE_KEY_DSA_PUBLIC, { "q", "p", "g", "y" } },
	};
	uint8_t room[KEY_MAX];
	writer_t scratch = writer_of(room, sizeof(room));
	slice_t type;
	if (!json_text(json_member(jwk, "kty"), &type))
		return false;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!slice_eq(type, slice_str(rows[i].type)))
			continue;
		handle_key_t key = { .kind = rows[i].kind };
		for (size_t j = 0; j < 4 && rows[i].part[j]; j++)
			if (!read_number(json_member(jwk, rows[i].part[j]), &scratch, &key.part[j]))
				return false;
		handle_key_encode(&key, w);
		return !w->bad;
	}
	return false;
}

/* A server may have no key, or one in a form that is not read here: then it has none. */
static slice_t read_key(const json_tree_t *item, writer_t *w)
{
	size_t from = w->len;
	if (read_key_numbers(json_member(item, "value"), w))
		return slice_from(writer_done(w), from);
	w->len = from;
	return (slice_t){ 0 };
}

static bool read_server(const json_tree_t *item, writer_t *w)
{
	uint8_t room[4096], key_room[KEY_MAX];
	writer_t scratch = writer_of(room, sizeof(room));
	writer_t key = writer_of(key_room, sizeof(key_room));
	handle_server_t server = { 0 };
	int64_t id = 0;
	slice_t address;
	ip_t ip;
	if (!json_whole(json_member(item, "serverId"), 0, UINT32_MAX, &id) ||
	    !json_text(json_member(item, "address"), &address) || ip_parse(address, &ip) ||
	    !read_list(json_member(item, "interfaces"), read_interface, &scratch,
	               &server.interfaces))
		return false;
	server.server_id = (uint32_t)id;
	server.public_key = read_key(json_member(item, "publicKey"), &key);
	handle_server_set_ip(&server, ip);
	handle_server_encode(&server, w);
	return true;
}

/* "2.11" */
static bool read_version(const json_tree_t *item, handle_site_t *site)
{
	slice_t text;
	uint64_t major, minor;
	if (!json_text(item, &text))
		return false;
	slice_t head = slice_cut(&text, '.');
	if (num_parse_u64(head, UINT8_MAX, &major) || num_parse_u64(text, UINT8_MAX, &minor))
		return false;
	site->major = (uint8_t)major;
	site->minor = (uint8_t)minor;
	return true;
}

static bool read_site(const json_tree_t *item, writer_t *w)
{
	uint8_t room[LIST_MAX];
	writer_t scratch = writer_of(room, sizeof(room));
	handle_site_t site = { .format = 1, .hash_option = HANDLE_HASH_WHOLE };
	const json_tree_t *hash = json_member(item, "hashOption");
	int64_t serial;
	if (!read_version(json_member(item, "protocolVersion"), &site) ||
	    !json_whole(json_member(item, "serialNumber"), 0, UINT16_MAX, &serial) ||
	    (hash && !read_u8(hash, &site.hash_option)) ||
	    !read_list(json_member(item, "servers"), read_server, &scratch, &site.servers))
		return false;
	site.serial = (uint16_t)serial;
	site.flags = (uint8_t)((flag_of(item, "primarySite") ? HANDLE_SITE_PRIMARY : 0) |
	                       (flag_of(item, "multiPrimary") ? HANDLE_SITE_MULTI_PRIMARY : 0));
	handle_site_encode(&site, w);
	return true;
}

static bool read_string(const json_tree_t *item, writer_t *w)
{
	slice_t text;
	if (!json_text(item, &text))
		return false;
	wr_bytes(w, text);
	return true;
}

static bool read_hex(const json_tree_t *item, writer_t *w)
{
	uint8_t room[LIST_MAX];
	slice_t text;
	size_t len;
	if (!json_text(item, &text) || num_from_hex(text, room, sizeof(room), &len))
		return false;
	wr_bytes(w, slice_of(room, len));
	return true;
}

static bool read_base64(const json_tree_t *item, writer_t *w)
{
	slice_t text;
	return json_text(item, &text) && base64_decode(text, w) == ERR_OK;
}

static bool read_data(const json_tree_t *data, writer_t *w)
{
	static const struct {
		const char *format;
		bool (*read)(const json_tree_t *item, writer_t *w);
	} forms[] = { { "site", read_site },
		      { "string", read_string },
		      { "hex", read_hex },
		      { "base64", read_base64 } };
	slice_t format;
	if (json_kind(data) == JSON_TEXT_VALUE)
		return read_string(data, w);
	if (!json_text(json_member(data, "format"), &format))
		return false;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (slice_eq(format, slice_str(forms[i].format)))
			return forms[i].read(json_member(data, "value"), w);
	return false;
}

static bool is_kept(slice_t type)
{
	return handle_type_matches(type, SLICE("HS_SITE.")) ||
	       handle_type_matches(type, SLICE("HS_SERV."));
}

err_t roots_json_value(const json_tree_t *item, writer_t *w, bool *ret_kept)
{
	static const uint32_t FOREVER_S = UINT32_MAX;
	uint8_t room[DATA_MAX];
	writer_t data = writer_of(room, sizeof(room));
	handle_value_t value = { .perms = HANDLE_PERMS_DEFAULT, .ttl_s = FOREVER_S };
	int64_t index;
	if (!json_whole(json_member(item, "index"), 1, INT32_MAX, &index) ||
	    !json_text(json_member(item, "type"), &value.type))
		return ERR_INVALID;
	*ret_kept = is_kept(value.type);
	if (!*ret_kept)
		return ERR_OK;
	if (!read_data(json_member(item, "data"), &data))
		return ERR_INVALID;
	value.index = (uint32_t)index;
	value.data = writer_done(&data);
	handle_value_encode(&value, w);
	return data.bad || w->bad ? ERR_TOO_BIG : ERR_OK;
}
