/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handle_json.h"

#include "base/base64.h"
#include "base/text.h"
#include "base/utf8.h"
#include "model/time.h"

enum { ESCAPE_MAX = 6, FIXED_ROOM = 4096, KEY_TEXT_MAX = 4096, RIGHTS = 12 };

size_t handle_json_room(const handle_value_t *value)
{
	return FIXED_ROOM +
	       ESCAPE_MAX * (value->type.len + value->data.len + value->references.bytes.len) * 2;
}

/* Whole seconds, as the deployed servers write them. */
static void put_time(json_t *j, const char *key, uint32_t seconds)
{
	char text[TIME_TEXT_MAX];
	char shown[TIME_TEXT_MAX];
	time_format((int64_t)seconds * NS_PER_S, text);
	writer_t w = writer_of(shown, sizeof(shown));
	wr_format(&w, "%.19sZ", text);
	json_put_str(j, key, writer_done(&w));
}

static void put_reference(const handle_reference_t *reference, json_t *j)
{
	json_object(j);
	json_put_str(j, "handle", reference->handle);
	json_put_u64(j, "index", reference->index);
	json_close(j);
}

static void put_references(handle_list_t list, json_t *j)
{
	handle_iter_t iter = handle_list_iter(list);
	handle_reference_t reference;
	json_array(j);
	while (handle_reference_next(&iter, &reference))
		put_reference(&reference, j);
	json_close(j);
}

static void begin_data(json_t *j, const char *format)
{
	json_object(j);
	json_put_cstr(j, "format", format);
	json_key(j, "value");
}

static bool put_admin(slice_t data, json_t *j)
{
	handle_admin_t admin;
	char rights[RIGHTS + 1] = { 0 };
	if (handle_admin_decode(data, &admin) != CODEC_OK)
		return false;
	/* The highest bit comes first: the right to list stands left. */
	for (size_t i = 0; i < RIGHTS; i++)
		rights[i] = admin.rights >> (RIGHTS - 1 - i) & 1 ? '1' : '0';
	begin_data(j, "admin");
	json_object(j);
	json_put_str(j, "handle", admin.admin.handle);
	json_put_u64(j, "index", admin.admin.index);
	json_put_cstr(j, "permissions", rights);
	json_close(j);
	json_close(j);
	return true;
}

static bool put_vlist(slice_t data, json_t *j)
{
	handle_list_t members;
	if (handle_vlist_decode(data, &members) != CODEC_OK)
		return false;
	begin_data(j, "vlist");
	put_references(members, j);
	json_close(j);
	return true;
}

/* A part of a key as RFC 7518 writes numbers. */
static void put_part(json_t *j, const char *name, slice_t part)
{
	char text[KEY_TEXT_MAX];
	writer_t w = writer_of(text, sizeof(text));
	base64_encode(handle_key_unsigned(part), BASE64_URL, &w);
	json_put_str(j, name, writer_done(&w));
}

typedef struct {
	handle_key_kind_t kind;
	const char *type, *part[4];
} key_form_t;

static const key_form_t *key_form(handle_key_kind_t kind)
{
	static const key_form_t forms[] = {
		{ HANDLE_KEY_RSA_PUBLIC, "RSA", { "e", "n", NULL, NULL } },
		{ HANDLE_KEY_DSA_PUBLIC, "DSA", { "q", "p", "g", "y" } },
		{ HANDLE_KEY_DH_PUBLIC, "DH", { "y", "p", "g", NULL } },
	};
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (forms[i].kind == kind)
			return &forms[i];
	return NULL;
}

static void put_key_parts(const key_form_t *form, const handle_key_t *key, json_t *j)
{
	json_object(j);
	json_put_cstr(j, "kty", form->type);
	/* Written from the last part on, so that RSA begins with its modulus. */
	for (size_t i = 4; i-- > 0;)
		if (form->part[i])
			put_part(j, form->part[i], key->part[i]);
	json_close(j);
}

static bool put_key(slice_t data, json_t *j)
{
	handle_key_t key;
	if (handle_key_decode(data, &key) != CODEC_OK || data.len > KEY_TEXT_MAX / 2)
		return false;
	const key_form_t *form = key_form(key.kind);
	if (!form)
		return false;
	begin_data(j, "key");
	put_key_parts(form, &key, j);
	json_close(j);
	return true;
}

static void put_string(slice_t data, json_t *j)
{
	begin_data(j, "string");
	json_str(j, data);
	json_close(j);
}

/* Base 64 needs no escapes, so it is written into the reply as it is. */
static void put_base64(slice_t data, json_t *j)
{
	begin_data(j, "base64");
	json_raw(j, SLICE("\""));
	base64_encode(data, BASE64_PLAIN, &j->w);
	wr_u8(&j->w, '"');
	json_close(j);
}

void handle_json_put_bytes(slice_t data, json_t *j)
{
	if (utf8_valid(data))
		put_string(data, j);
	else
		put_base64(data, j);
}

static void put_interface(const handle_interface_t *interface, json_t *j)
{
	static const char *const transports[] = { "UDP", "TCP", "HTTP", "HTTPS" };
	json_object(j);
	json_put_bool(j, "query", interface->type & HANDLE_SERVES_QUERY);
	json_put_bool(j, "admin", interface->type & HANDLE_SERVES_ADMIN);
	json_put_cstr(j, "protocol",
	              interface->transport < 4 ? transports[interface->transport] : "?");
	json_put_u64(j, "port", interface->port);
	json_close(j);
}

static void put_interfaces(handle_list_t list, json_t *j)
{
	handle_iter_t iter = handle_list_iter(list);
	handle_interface_t interface;
	json_put_array(j, "interfaces");
	while (handle_interface_next(&iter, &interface))
		put_interface(&interface, j);
	json_close(j);
}

static void put_server(const handle_server_t *server, json_t *j)
{
	json_object(j);
	json_put_u64(j, "serverId", server->server_id);
	json_put_ip(j, "address", handle_server_ip(server));
	json_key(j, "publicKey");
	if (!put_key(server->public_key, j))
		handle_json_put_bytes(server->public_key, j);
	put_interfaces(server->interfaces, j);
	json_close(j);
}

static void put_servers(handle_list_t list, json_t *j)
{
	handle_iter_t iter = handle_list_iter(list);
	handle_server_t server;
	json_put_array(j, "servers");
	while (handle_server_next(&iter, &server))
		put_server(&server, j);
	json_close(j);
}

static void put_attribute(const handle_attribute_t *attribute, json_t *j)
{
	json_object(j);
	json_put_str(j, "name", attribute->name);
	json_put_str(j, "value", attribute->value);
	json_close(j);
}

static void put_attributes(handle_list_t list, json_t *j)
{
	handle_iter_t iter = handle_list_iter(list);
	handle_attribute_t attribute;
	json_put_array(j, "attributes");
	while (handle_attribute_next(&iter, &attribute))
		put_attribute(&attribute, j);
	json_close(j);
}

bool handle_json_put_site(slice_t data, json_t *j)
{
	handle_site_t site;
	char version[16];
	if (handle_site_decode(data, &site) != CODEC_OK)
		return false;
	writer_t w = writer_of(version, sizeof(version));
	wr_format(&w, "%u.%u", site.major, site.minor);
	json_object(j);
	json_put_u64(j, "version", site.format);
	json_put_str(j, "protocolVersion", writer_done(&w));
	json_put_u64(j, "serialNumber", site.serial);
	json_put_bool(j, "primarySite", site.flags & HANDLE_SITE_PRIMARY);
	json_put_bool(j, "multiPrimary", site.flags & HANDLE_SITE_MULTI_PRIMARY);
	put_attributes(site.attributes, j);
	put_servers(site.servers, j);
	json_close(j);
	return true;
}

static bool put_site(slice_t data, json_t *j)
{
	handle_site_t site;
	if (handle_site_decode(data, &site) != CODEC_OK)
		return false;
	begin_data(j, "site");
	handle_json_put_site(data, j);
	json_close(j);
	return true;
}

static void put_data(const handle_value_t *value, json_t *j)
{
	static const struct {
		const char *type;
		bool (*put)(slice_t data, json_t *j);
	} forms[] = {
		{ "HS_ADMIN", put_admin }, { "HS_VLIST", put_vlist }, { "HS_SITE", put_site },
		{ "HS_SITE.", put_site },  { "HS_PUBKEY", put_key },
	};
	json_key(j, "data");
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (handle_type_matches(value->type, slice_str(forms[i].type)) &&
		    forms[i].put(value->data, j))
			return;
	handle_json_put_bytes(value->data, j);
}

static void put_permissions(uint8_t perms, json_t *j)
{
	char text[5] = { 0 };
	if (perms == HANDLE_PERMS_DEFAULT)
		return;
	for (size_t i = 0; i < 4; i++)
		text[i] = perms >> (3 - i) & 1 ? '1' : '0';
	json_put_cstr(j, "permissions", text);
}

static void put_ttl(const handle_value_t *value, json_t *j)
{
	if (value->ttl_type == HANDLE_TTL_ABSOLUTE)
		put_time(j, "ttl", value->ttl_s);
	else
		json_put_u64(j, "ttl", value->ttl_s);
}

static void put_value_references(handle_list_t list, json_t *j)
{
	if (!list.count)
		return;
	json_key(j, "references");
	put_references(list, j);
}

void handle_json_put(const handle_value_t *value, json_t *j)
{
	json_object(j);
	json_put_u64(j, "index", value->index);
	json_put_str(j, "type", value->type);
	put_data(value, j);
	put_permissions(value->perms, j);
	put_ttl(value, j);
	put_time(j, "timestamp", value->timestamp_s);
	put_value_references(value->references, j);
	json_close(j);
}
