/* SPDX-License-Identifier: Apache-2.0 */
/* One row per operation says what its request and its successful reply are made
 * of; everything else follows from the response code. Data of the special types
 * must decode too, since a record with a damaged HS_ADMIN is a damaged record. */
#include "codec/handle/handle_echo.h"

typedef codec_t (*echo_t)(slice_t in, writer_t *w);

static codec_t echo_opaque(slice_t in, writer_t *w)
{
	wr_bytes(w, in);
	return CODEC_OK;
}

static codec_t echo_admin(slice_t in, writer_t *w)
{
	handle_admin_t admin;
	codec_t got = handle_admin_decode(in, &admin);
	if (got == CODEC_OK)
		handle_admin_encode(&admin, w);
	return got;
}

static void echo_references(handle_list_t list, writer_t *w)
{
	size_t mark = handle_list_begin(w);
	handle_iter_t iter = handle_list_iter(list);
	for (handle_reference_t ref; handle_reference_next(&iter, &ref);)
		handle_reference_encode(&ref, w);
	handle_list_end(mark, list.count, w);
}

static codec_t echo_vlist(slice_t in, writer_t *w)
{
	handle_list_t members;
	codec_t got = handle_vlist_decode(in, &members);
	if (got == CODEC_OK)
		echo_references(members, w);
	return got;
}

/* A key of a kind that is not known stays as it is. */
static codec_t echo_key(slice_t in, writer_t *w)
{
	handle_key_t key;
	codec_t got = handle_key_decode(in, &key);
	if (got == CODEC_UNSUPPORTED)
		return echo_opaque(in, w);
	if (got == CODEC_OK)
		handle_key_encode(&key, w);
	return got;
}

/* `in` through `echo`, with its length in front. */
static codec_t echo_bytes32(slice_t in, echo_t echo, writer_t *w)
{
	size_t at = w->len;
	wr_u32(w, 0);
	codec_t got = echo(in, w);
	wr_patch_u32(w, at, (uint32_t)(w->len - at - 4));
	return got;
}

static codec_t echo_server(const handle_server_t *server, writer_t *w)
{
	wr_u32(w, server->server_id);
	wr_bytes(w, slice_of(server->address, sizeof server->address));
	codec_t got = echo_bytes32(server->public_key, echo_key, w);
	size_t mark = handle_list_begin(w);
	handle_iter_t iter = handle_list_iter(server->interfaces);
	for (handle_interface_t door; handle_interface_next(&iter, &door);)
		handle_interface_encode(&door, w);
	handle_list_end(mark, server->interfaces.count, w);
	return got;
}

static codec_t echo_site(slice_t in, writer_t *w)
{
	handle_site_t site;
	codec_t got = handle_site_decode(in, &site);
	if (got != CODEC_OK)
		return got;
	handle_site_t bare = site;
	bare.attributes = bare.servers = (handle_list_t){ 0 };
	handle_site_encode(&bare, w);
	if (w->bad)
		return CODEC_MALFORMED;
	w->len -= 8; /* the two empty lists */
	size_t mark = handle_list_begin(w);
	handle_iter_t attributes = handle_list_iter(site.attributes);
	for (handle_attribute_t a; handle_attribute_next(&attributes, &a);)
		handle_attribute_encode(&a, w);
	handle_list_end(mark, site.attributes.count, w);
	mark = handle_list_begin(w);
	handle_iter_t servers = handle_list_iter(site.servers);
	for (handle_server_t s; got == CODEC_OK && handle_server_next(&servers, &s);)
		got = echo_server(&s, w);
	handle_list_end(mark, site.servers.count, w);
	return got;
}

static codec_t echo_data(slice_t type, slice_t data, writer_t *w)
{
	static const struct {
		const char *type;
		echo_t echo;
	} rows[] = {
		{ "HS_ADMIN", echo_admin },      { "HS_VLIST", echo_vlist },
		{ "HS_SITE", echo_site },        { "HS_SITE.6", echo_site },
		{ "HS_SITE.PREFIX", echo_site }, { "HS_PUBKEY", echo_key },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (slice_eq(type, slice_str(rows[i].type)))
			return echo_bytes32(data, rows[i].echo, w);
	return echo_bytes32(data, echo_opaque, w);
}

static codec_t echo_value(const handle_value_t *value, writer_t *w)
{
	wr_u32(w, value->index);
	wr_u32(w, value->timestamp_s);
	wr_u8(w, value->ttl_type);
	wr_u32(w, value->ttl_s);
	wr_u8(w, value->perms);
	wr_bytes32(w, value->type);
	codec_t got = echo_data(value->type, value->data, w);
	echo_references(value->references, w);
	return got;
}

static codec_t echo_values(handle_list_t list, writer_t *w)
{
	codec_t got = CODEC_OK;
	size_t mark = handle_list_begin(w);
	handle_iter_t iter = handle_list_iter(list);
	for (handle_value_t v; got == CODEC_OK && handle_value_next(&iter, &v);)
		got = echo_value(&v, w);
	handle_list_end(mark, list.count, w);
	return got;
}

static void echo_indexes(handle_list_t list, writer_t *w)
{
	size_t mark = handle_list_begin(w);
	handle_iter_t iter = handle_list_iter(list);
	for (uint32_t index; handle_index_next(&iter, &index);)
		wr_u32(w, index);
	handle_list_end(mark, list.count, w);
}

static void echo_strings(handle_list_t list, writer_t *w)
{
	size_t mark = handle_list_begin(w);
	handle_iter_t iter = handle_list_iter(list);
	for (slice_t text; handle_string_next(&iter, &text);)
		wr_bytes32(w, text);
	handle_list_end(mark, list.count, w);
}

static codec_t echo_name(slice_t in, writer_t *w)
{
	slice_t handle;
	codec_t got = handle_name_body_decode(in, &handle);
	if (got == CODEC_OK)
		handle_name_body_encode(handle, w);
	return got;
}

static codec_t echo_name_or_nothing(slice_t in, writer_t *w)
{
	return in.len ? echo_name(in, w) : CODEC_OK;
}

static codec_t echo_names(slice_t in, writer_t *w)
{
	handle_list_t names;
	codec_t got = handle_names_body_decode(in, &names);
	if (got == CODEC_OK)
		echo_strings(names, w);
	return got;
}

static codec_t echo_resolution(slice_t in, writer_t *w)
{
	handle_resolution_t q;
	codec_t got = handle_resolution_decode(in, &q);
	if (got != CODEC_OK)
		return got;
	wr_bytes32(w, q.handle);
	echo_indexes(q.indexes, w);
	echo_strings(q.types, w);
	wr_bytes(w, q.rest);
	return CODEC_OK;
}

static codec_t echo_record(slice_t in, writer_t *w)
{
	handle_record_t record;
	codec_t got = handle_record_decode(in, &record);
	if (got != CODEC_OK)
		return got;
	wr_bytes32(w, record.handle);
	return echo_values(record.values, w);
}

static codec_t echo_removal(slice_t in, writer_t *w)
{
	handle_removal_t removal;
	codec_t got = handle_removal_decode(in, &removal);
	if (got != CODEC_OK)
		return got;
	wr_bytes32(w, removal.handle);
	echo_indexes(removal.indexes, w);
	return CODEC_OK;
}

static codec_t echo_challenge(slice_t in, writer_t *w)
{
	handle_challenge_t challenge;
	codec_t got = handle_challenge_decode(in, &challenge);
	if (got == CODEC_OK)
		handle_challenge_encode(&challenge, w);
	return got;
}

static codec_t echo_signature(slice_t in, writer_t *w)
{
	handle_signature_t signature;
	if (handle_signature_decode(in, &signature) != CODEC_OK)
		return echo_opaque(in, w);
	handle_signature_encode(&signature, w);
	return CODEC_OK;
}

static codec_t echo_mac(slice_t in, writer_t *w)
{
	handle_mac_t mac;
	codec_t got = handle_mac_decode(in, &mac);
	if (got == CODEC_UNSUPPORTED)
		return echo_opaque(in, w);
	if (got == CODEC_OK)
		handle_mac_encode(&mac, w);
	return got;
}

static codec_t echo_answer(slice_t in, writer_t *w)
{
	handle_answer_t answer;
	codec_t got = handle_answer_decode(in, &answer);
	if (got != CODEC_OK)
		return got;
	bool secret = slice_eq(answer.auth_type, SLICE("HS_SECKEY"));
	wr_bytes32(w, answer.auth_type);
	handle_reference_encode(&answer.user, w);
	return echo_bytes32(answer.answer, secret ? echo_mac : echo_signature, w);
}

static codec_t echo_verify(slice_t in, writer_t *w)
{
	handle_verify_t verify;
	codec_t got = handle_verify_decode(in, &verify);
	if (got != CODEC_OK)
		return got;
	handle_reference_encode(&verify.user, w);
	wr_bytes32(w, verify.nonce);
	wr_bytes32(w, verify.digest);
	return echo_bytes32(verify.answer, echo_mac, w);
}

static codec_t echo_verify_reply(slice_t in, writer_t *w)
{
	bool valid;
	codec_t got = handle_verify_reply_decode(in, &valid);
	if (got == CODEC_OK)
		handle_verify_reply_encode(valid, w);
	return got;
}

static codec_t echo_session(slice_t in, writer_t *w)
{
	handle_session_t session;
	codec_t got = handle_session_decode(in, &session);
	if (got == CODEC_OK)
		handle_session_encode(&session, w);
	return got;
}

static codec_t echo_session_reply(slice_t in, writer_t *w)
{
	handle_session_reply_t reply;
	codec_t got = handle_session_reply_decode(in, &reply);
	if (got == CODEC_OK)
		handle_session_reply_encode(&reply, w);
	return got;
}

static codec_t echo_reference(slice_t in, writer_t *w)
{
	handle_reference_t ref;
	codec_t got = handle_reference_decode(in, &ref);
	if (got == CODEC_OK)
		handle_reference_encode(&ref, w);
	return got;
}

static codec_t echo_failure(slice_t in, writer_t *w)
{
	handle_failure_t failure;
	codec_t got = handle_failure_decode(in, &failure);
	if (got == CODEC_OK && in.len > 0)
		handle_failure_encode(&failure, w);
	return got;
}

static codec_t echo_referral(slice_t in, writer_t *w)
{
	handle_referral_t referral;
	codec_t got = handle_referral_decode(in, &referral);
	if (got != CODEC_OK)
		return got;
	wr_bytes32(w, referral.handle);
	return referral.has_values ? echo_values(referral.values, w) : CODEC_OK;
}

static const struct {
	uint32_t operation;
	echo_t request, reply;
} shapes[] = {
	{ HANDLE_OP_RESOLVE, echo_resolution, echo_record },
	{ HANDLE_OP_GET_SITE, echo_name, echo_site },
	{ HANDLE_OP_CREATE, echo_record, echo_name_or_nothing },
	{ HANDLE_OP_DELETE, echo_name, echo_opaque },
	{ HANDLE_OP_ADD_VALUE, echo_record, echo_opaque },
	{ HANDLE_OP_REMOVE_VALUE, echo_removal, echo_opaque },
	{ HANDLE_OP_MODIFY_VALUE, echo_record, echo_opaque },
	{ HANDLE_OP_LIST_HANDLES, echo_name, echo_names },
	{ HANDLE_OP_LIST_PREFIXES, echo_name, echo_names },
	{ HANDLE_OP_CHALLENGE_ANSWER, echo_answer, echo_opaque },
	{ HANDLE_OP_VERIFY_ANSWER, echo_verify, echo_verify_reply },
	{ HANDLE_OP_HOME_PREFIX, echo_name, echo_opaque },
	{ HANDLE_OP_UNHOME_PREFIX, echo_name, echo_opaque },
	{ HANDLE_OP_LIST_HOMED, echo_name, echo_names },
	{ HANDLE_OP_SESSION_SETUP, echo_session, echo_session_reply },
	{ HANDLE_OP_SESSION_END, echo_name, echo_opaque },
	{ HANDLE_OP_LOGIN, echo_reference, echo_opaque },
};

static echo_t echo_of_operation(const handle_header_t *header)
{
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		if (shapes[i].operation == header->operation)
			return header->response ? shapes[i].reply : shapes[i].request;
	return echo_opaque;
}

static echo_t echo_of(const handle_header_t *header)
{
	if (header->response <= HANDLE_RC_OK)
		return echo_of_operation(header);
	if (header->response == HANDLE_RC_AUTH_NEEDED)
		return echo_challenge;
	if (header->response == HANDLE_RC_REFERRAL || header->response == HANDLE_RC_PREFIX_REFERRAL)
		return echo_referral;
	return echo_failure;
}

static codec_t echo_body(const handle_message_t *m, writer_t *w)
{
	slice_t body = m->body;
	bool digest_in_front = m->header.response && m->header.flags & HANDLE_FLAG_RRDG &&
	                       m->header.response != HANDLE_RC_AUTH_NEEDED;
	if (digest_in_front) {
		handle_digest_t digest;
		codec_t got = handle_digest_cut(body, &digest, &body);
		if (got != CODEC_OK)
			return got;
		handle_digest_encode(&digest, w);
	}
	return echo_of(&m->header)(body, w);
}

static codec_t echo_credential(slice_t in, writer_t *w)
{
	handle_credential_t c;
	if (in.len == 0)
		return CODEC_OK;
	codec_t got = handle_credential_decode(in, &c);
	if (got != CODEC_OK)
		return got;
	handle_credential_t bare = c;
	bare.section = (slice_t){ 0 };
	handle_credential_encode(&bare, w);
	if (w->bad)
		return CODEC_MALFORMED;
	w->len -= 4; /* the empty section */
	return echo_bytes32(c.section, echo_signature, w);
}

codec_t handle_echo(slice_t message, writer_t *w)
{
	handle_message_t m;
	codec_t got = handle_message_decode(message, &m);
	if (got != CODEC_OK)
		return got;
	handle_mark_t mark = handle_message_begin(NULL, &m.header, w);
	got = echo_body(&m, w);
	if (got != CODEC_OK)
		return got;
	uint8_t room[16384];
	writer_t credential = writer_of(room, sizeof room);
	got = echo_credential(m.credential, &credential);
	w->bad |= credential.bad;
	handle_message_end(mark, writer_done(&credential), w);
	return w->bad ? CODEC_MALFORMED : got;
}
