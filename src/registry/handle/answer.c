/* SPDX-License-Identifier: Apache-2.0 */
/* What a door answers by itself, as one table: plain questions. All else is the
 * desk's, and not supported where there is none. */
#include "registry/handle/answer.h"

#include "codec/handle/at.h"

const char answer_not_here[] = "That prefix doesn't live here";
const char answer_no_history[] = "no history is kept here";

typedef struct {
	uint32_t operation;
	codec_t (*read)(ask_t *ask, slice_t body);
	ask_answer_t answer;
} operation_t;

/* Reading. */

/* History is the desk's to read; without one there is none. */
static void refuse_time(ask_t *ask)
{
	ask->refusal = HANDLE_RC_NOT_SUPPORTED;
	ask->text = answer_no_history;
	ask->is_for_desk = true;
}

static codec_t read_question(ask_t *ask, slice_t body)
{
	codec_t got = handle_resolution_decode(body, &ask->question);
	if (got != CODEC_OK)
		return got;
	const handle_resolution_t *q = &ask->question;
	ask->name = q->handle;
	ask->wants_record = true;
	if (q->indexes.count > ASK_FILTERS_MAX || q->types.count > ASK_FILTERS_MAX) {
		ask->refusal = HANDLE_RC_PROTOCOL_ERROR;
		ask->text = "too many indexes or types in one question";
	} else if (handle_at_is_asked(q)) {
		refuse_time(ask);
	}
	return CODEC_OK;
}

static codec_t read_name(ask_t *ask, slice_t body)
{
	return handle_name_body_decode(body, &ask->name);
}

/* Answering. */

static handle_response_t failure(handle_response_t response, const char *text, writer_t *body)
{
	handle_failure_encode(&(handle_failure_t){ .text = slice_str(text) }, body);
	return response;
}

/* OK, or why there is no record. */
static handle_response_t look(const found_t *found, const char **ret_text)
{
	*ret_text = NULL;
	switch ((int)found->err) {
	case ERR_OK:
		return HANDLE_RC_OK;
	case ERR_NOT_FOUND:
		return HANDLE_RC_HANDLE_NOT_FOUND;
	case ERR_INVALID:
		return HANDLE_RC_INVALID_HANDLE;
	case ERR_UNAVAILABLE:
		*ret_text = answer_not_here;
		return HANDLE_RC_NOT_RESPONSIBLE;
	case ERR_LIMIT:
		*ret_text = "the template of this name takes too much";
		return HANDLE_RC_ERROR;
	default:
		*ret_text = "the store cannot be read";
		return HANDLE_RC_ERROR;
	}
}

answer_reach_t answer_reach(const handle_resolution_t *question, const record_t *record)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value;
	answer_reach_t reach = ANSWER_ALL;
	if (record->is_public)
		return reach;
	while (handle_value_next(&iter, &value)) {
		if (value.perms & HANDLE_PERM_PUBLIC_READ ||
		    !handle_resolution_wants(question, value.index, value.type))
			continue;
		if (!(value.perms & HANDLE_PERM_ADMIN_READ))
			return ANSWER_TO_NOBODY;
		reach = ANSWER_TO_ADMINS;
	}
	return reach;
}

/* Appends the values that are wanted, as they are stored. */
static uint32_t copy_values(const handle_resolution_t *question, const record_t *record,
                            bool is_all, writer_t *w)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value;
	uint32_t copied = 0;
	if (record->is_public && question->indexes.count == 0 && question->types.count == 0) {
		wr_bytes(w, record->values);
		return record->count;
	}
	while (handle_value_next(&iter, &value)) {
		if (!(is_all || value.perms & HANDLE_PERM_PUBLIC_READ) ||
		    !handle_resolution_wants(question, value.index, value.type))
			continue;
		wr_bytes(w, value.bytes);
		copied++;
	}
	return copied;
}

handle_response_t answer_resolution(const handle_resolution_t *question, const found_t *found,
                                    bool is_all, writer_t *body)
{
	const char *text;
	size_t start = body->len;
	if (found->limit)
		return failure((handle_response_t)found->limit, NULL, body);
	handle_response_t response = look(found, &text);
	if (response != HANDLE_RC_OK)
		return failure(response, text, body);
	wr_bytes32(body, question->handle);
	size_t mark = handle_list_begin(body);
	uint32_t count = copy_values(question, &found->record, is_all, body);
	if (count > 0 || body->bad) {
		handle_list_end(mark, count, body);
		return HANDLE_RC_OK;
	}
	body->len = start;
	return failure(HANDLE_RC_VALUES_NOT_FOUND, NULL, body);
}

/* Without a desk nobody can prove who they are, and all are told what is public. */
static handle_response_t answer_question(const ask_t *ask, const found_t *found, writer_t *body)
{
	bool is_public = ask->header.flags & HANDLE_FLAG_PUBL;
	if (!found->err && !is_public &&
	    answer_reach(&ask->question, &found->record) == ANSWER_TO_NOBODY)
		return failure(HANDLE_RC_DENIED, NULL, body);
	return answer_resolution(&ask->question, found, false, body);
}

static handle_response_t answer_site(const ask_t *ask, const found_t *found, writer_t *body)
{
	(void)ask;
	wr_bytes(body, found->site);
	return HANDLE_RC_OK;
}

static const operation_t operations[] = {
	{ HANDLE_OP_RESOLVE, read_question, answer_question },
	{ HANDLE_OP_GET_SITE, read_name, answer_site },
};

static const operation_t *operation_of(uint32_t code)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		if (operations[i].operation == code)
			return &operations[i];
	return NULL;
}

static void refuse(ask_t *ask, handle_response_t response, const char *text)
{
	ask->refusal = response;
	ask->text = text;
}

ask_t ask_refusal(const handle_envelope_t *envelope, handle_response_t response, const char *text)
{
	ask_t ask = { .envelope = *envelope, .is_due = true };
	ask.header.site_serial = HANDLE_SITE_SERIAL_UNKNOWN;
	refuse(&ask, response, text);
	return ask;
}

static void refuse_but_at_desk(ask_t *ask)
{
	bool is_known = handle_operation_info(ask->header.operation) != NULL;
	refuse(ask, is_known ? HANDLE_RC_NOT_SUPPORTED : HANDLE_RC_ERROR,
	       is_known ? NULL : "unknown operation");
	ask->is_for_desk = is_known;
}

static void read_operation(ask_t *ask, slice_t body)
{
	const operation_t *operation = operation_of(ask->header.operation);
	if (ask->header.operation == HANDLE_OP_NONE)
		refuse(ask, HANDLE_RC_PROTOCOL_ERROR, "no operation");
	else if (ask->header.recursion > HANDLE_RECURSION_MAX)
		refuse(ask, HANDLE_RC_RECURSION, NULL);
	else if (!operation)
		refuse_but_at_desk(ask);
	else if (operation->read(ask, body) != CODEC_OK)
		refuse(ask, HANDLE_RC_PROTOCOL_ERROR, "malformed body");
	else
		ask->answer = operation->answer;
	if (ask->answer && (ask->envelope.session_id != 0 || ask->header.flags & HANDLE_FLAG_CERT))
		ask->is_for_desk = true;
	if (ask->refusal != HANDLE_RC_RESERVED)
		ask->wants_record = false;
}

void ask_read(const handle_envelope_t *envelope, slice_t message, ask_t *ret_ask)
{
	handle_message_t m;
	if (envelope->flags & HANDLE_ENVELOPE_ENCRYPTED) {
		*ret_ask = ask_refusal(envelope, HANDLE_RC_SESSION_NO_KEY, "no such session");
		ret_ask->message = message;
		ret_ask->is_for_desk = true;
		return;
	}
	if (handle_message_decode(message, &m) != CODEC_OK) {
		*ret_ask = ask_refusal(envelope, HANDLE_RC_ERROR, "malformed message");
		return;
	}
	*ret_ask = (ask_t){
		.envelope = *envelope, .header = m.header, .message = message, .covered = m.covered
	};
	ret_ask->is_due = m.header.response == HANDLE_RC_RESERVED;
	if (ret_ask->is_due)
		read_operation(ret_ask, m.body);
}

/* What a question asked for and this server does not do is not claimed. */
static uint32_t reply_flags(uint32_t asked)
{
	return (asked & ~(HANDLE_FLAG_OVRW | HANDLE_FLAG_CERT | HANDLE_FLAG_ENCR)) |
	       HANDLE_FLAG_AUTH;
}

size_t answer_digest(slice_t covered, handle_digest_kind_t kind, uint8_t ret_digest[SHA256_BYTES])
{
	if (kind == HANDLE_DIGEST_SHA256)
		env_sha256(&covered, 1, ret_digest);
	else if (kind == HANDLE_DIGEST_SHA1)
		env_sha1(covered, ret_digest);
	else
		env_md5(covered, ret_digest);
	return handle_digest_size(kind);
}

void answer_digest_write(slice_t covered, handle_version_t version, writer_t *w)
{
	uint8_t room[SHA256_BYTES];
	handle_digest_t digest = { .kind = handle_digest_kind(version) };
	digest.bytes = slice_of(room, answer_digest(covered, digest.kind, room));
	handle_digest_encode(&digest, w);
}

void ask_write(const ask_t *ask, const found_t *found, writer_t *w)
{
	handle_envelope_t envelope = handle_envelope_reply(&ask->envelope);
	handle_header_t header = handle_header_reply(&ask->header, HANDLE_RC_OK, SITE_SERIAL);
	header.flags = reply_flags(header.flags);
	handle_mark_t mark = handle_message_begin(&envelope, &header, w);
	if (header.flags & HANDLE_FLAG_RRDG)
		answer_digest_write(ask->covered, envelope.version, w);
	handle_response_t response = ask->refusal;
	if (response == HANDLE_RC_RESERVED)
		response = ask->answer(ask, found, w);
	else
		(void)failure(response, ask->text, w);
	handle_message_set_response(mark, response, w);
	handle_message_end(mark, (slice_t){ 0 }, w);
}
