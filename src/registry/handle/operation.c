/* SPDX-License-Identifier: Apache-2.0 */
/* What each operation does. Those that need an identity run twice: up to desk_require
 * without one, and from the start again with it; so what fails before the challenge
 * fails as it does with deployed servers, and what changed meanwhile is noticed. */
#include <stdlib.h>

#include "base/num.h"
#include "registry/handle/desk_state.h"
#include "registry/handle/live.h"
#include "registry/permit.h"
#include "registry/handle/referral.h"

/* Texts as deployed servers say them: clients show them. */
static const char TEXT_INDEX[] = "Value indexes must be positive";
static const char TEXT_READ_ONLY[] = "Value is read-only";

enum { UUID_TEXT = 36, CONFLICT_TEXT = 40 };

/* Whether the name lives here. */

static const char *name_refusal(const handle_desk_t *desk, slice_t name,
                                handle_response_t *ret_response)
{
	handle_name_t parts;
	*ret_response = HANDLE_RC_OK;
	if (handle_name_split(name, &parts) != CODEC_OK)
		*ret_response = HANDLE_RC_INVALID_HANDLE;
	else if (!registry_serves(desk->registry, name))
		*ret_response = HANDLE_RC_NOT_RESPONSIBLE;
	return *ret_response == HANDLE_RC_NOT_RESPONSIBLE ? answer_not_here : NULL;
}

static bool refer(handle_desk_t *desk, handle_errand_t *e, slice_t name)
{
	writer_t body = writer_of(desk->body, sizeof(desk->body));
	if (e->header.flags & HANDLE_FLAG_DNRF)
		return false;
	handle_response_t response = referral_write(desk->reader, name, desk->site, &body);
	if (response == HANDLE_RC_OK || body.bad)
		return false;
	desk_answer(desk, e, response, writer_done(&body));
	return true;
}

bool desk_serves(handle_desk_t *desk, handle_errand_t *e, slice_t name)
{
	handle_response_t response;
	const char *text = name_refusal(desk, name, &response);
	if (response == HANDLE_RC_OK)
		return true;
	if (response != HANDLE_RC_NOT_RESPONSIBLE || !refer(desk, e, name))
		desk_refuse(desk, e, response, text);
	return false;
}

/* Resolution. */

static bool wants_recursion(const handle_desk_t *desk, const handle_errand_t *e)
{
	return desk->recursion.ask && e->header.flags & HANDLE_FLAG_RECU &&
	       !(e->header.flags & HANDLE_FLAG_AUTH);
}

static void recurse(handle_desk_t *desk, handle_errand_t *e, const handle_resolution_t *q)
{
	handle_recursion_question_t question = {
		.question = *q,
		.recursion = (uint8_t)(e->header.recursion + 1),
	};
	if (question.recursion > HANDLE_RECURSION_MAX) {
		desk_refuse(desk, e, HANDLE_RC_RECURSION, NULL);
		return;
	}
	uint64_t ticket = desk_wait(desk, e, DESK_WAIT_RECURSION);
	err_t err = ticket == 0 ? ERR_BUSY
	                        : desk->recursion.ask(desk->recursion.ctx, &question,
	                                              desk->recursion_mail, ticket);
	desk_count(desk, err ? DESK_METRIC_RECURSIVE_FULL : DESK_METRIC_RECURSIVE, 1);
	if (!err)
		return;
	(void)desk_wait_over(desk, ticket);
	desk_refuse(desk, e, err == ERR_INVALID ? HANDLE_RC_INVALID_HANDLE : HANDLE_RC_BUSY, NULL);
}

/* The response, and its body: what was found, or why not. */
static handle_response_t write_hearsay(const handle_errand_t *e,
                                       const handle_recursion_reply_t *reply, writer_t *body)
{
	handle_resolution_t q;
	bool is_said = reply->response != HANDLE_RC_RESERVED;
	handle_response_t response = is_said ? (handle_response_t)reply->response : HANDLE_RC_ERROR;
	if (response == HANDLE_RC_OK && handle_resolution_decode(e->body, &q) == CODEC_OK) {
		wr_bytes32(body, q.handle);
		wr_u32(body, reply->count);
		wr_bytes(body, reply->values);
	} else {
		handle_failure_encode(&(handle_failure_t){ .text = reply->text }, body);
	}
	return response;
}

static void answer_recursion(handle_desk_t *desk, handle_errand_t *e,
                             const handle_recursion_reply_t *reply)
{
	writer_t body = writer_of(desk->body, sizeof(desk->body));
	handle_response_t response = write_hearsay(e, reply, &body);
	e->is_hearsay = true;
	desk_answer_written(desk, e, response, &body);
}

void desk_take_recursion(void *ctx)
{
	handle_desk_t *desk = ctx;
	handle_recursion_reply_t reply;
	while (env_mailbox_take(desk->recursion_mail, &reply)) {
		handle_errand_t *e = desk_wait_over(desk, reply.ticket);
		if (e)
			answer_recursion(desk, e, &reply);
		if (reply.done)
			reply.done(reply.owner);
	}
}

static bool has_right(handle_desk_t *desk, const handle_errand_t *e, slice_t name, uint16_t rights,
                      groups_look_t *look)
{
	registry_permit_t permit;
	record_t record = { .count = 0 };
	bool has = false;
	if (!registry_permit_begin(desk->reader, &permit)) {
		permit.groups = look;
		/* An administrator of the server needs no record. */
		(void)!permit.look_up(permit.ctx, name, &record);
		has = (registry_rights(&permit, &e->who, &record) & rights) != 0;
	}
	registry_find_done(desk->reader);
	return has;
}

/* The registry finds out, and the errand runs again; once. */
static bool await_groups(handle_desk_t *desk, handle_errand_t *e, slice_t name)
{
	uint8_t subject[REGISTRY_SUBJECT_MAX];
	writer_t w = writer_of(subject, sizeof(subject));
	registry_identity_subject(&e->who, &w);
	caller_t caller = { .subject = writer_done(&w), .role = ROLE_PUBLIC };
	if (e->has_awaited || w.bad ||
	    registry_await_groups(desk->registry, &caller, name, desk->results, e))
		return false;
	e->awaits = e->has_awaited = true;
	return true;
}

bool desk_may(handle_desk_t *desk, handle_errand_t *e, slice_t name, uint16_t rights)
{
	groups_look_t look = { .asks = false };
	if (has_right(desk, e, name, rights, &look))
		return true;
	if (look.awaits && await_groups(desk, e, name))
		return false;
	desk_refuse(desk, e,
	            look.silent || look.awaits ? HANDLE_RC_AUTH_UNABLE : HANDLE_RC_INVALID_ADMIN,
	            NULL);
	return false;
}

/* How the record may be answered; the snapshot stays open. */
static answer_reach_t look(handle_desk_t *desk, const handle_errand_t *e,
                           const handle_resolution_t *q, found_t *ret_found)
{
	registry_resolve_batch(desk->reader, &q->handle, 1, &ret_found->record, &ret_found->err);
	if (ret_found->err || e->header.flags & HANDLE_FLAG_PUBL)
		return ANSWER_ALL;
	return answer_reach(q, &ret_found->record);
}

static bool leads_on(handle_desk_t *desk, handle_errand_t *e, const handle_resolution_t *q,
                     err_t err)
{
	if (err == ERR_UNAVAILABLE && wants_recursion(desk, e)) {
		recurse(desk, e, q);
		return true;
	}
	bool is_prefix = handle_name_described_prefix(q->handle).len > 0;
	bool may_refer = err == ERR_UNAVAILABLE || (err == ERR_NOT_FOUND && is_prefix);
	return may_refer && refer(desk, e, q->handle);
}

bool desk_require_reader(handle_desk_t *desk, handle_errand_t *e, slice_t name)
{
	if (!desk_require(desk, e))
		return false;
	return desk_may(desk, e, name, HANDLE_ADMIN_READ);
}

/* Looks again, since a challenge may lie between, and adds the live values. */
static void answer_record(handle_desk_t *desk, handle_errand_t *e, const handle_resolution_t *q,
                          bool is_all)
{
	found_t found = { .err = ERR_OK };
	writer_t body = writer_of(desk->body, sizeof(desk->body));
	writer_t room = writer_of(desk->live_room, sizeof(desk->live_room));
	registry_resolve_batch(desk->reader, &q->handle, 1, &found.record, &found.err);
	if (!found.err)
		(void)handle_live_expand(desk->live, &found.record, &room, &found.record);
	handle_response_t response = answer_resolution(q, &found, is_all, &body);
	registry_find_done(desk->reader);
	desk_answer(desk, e, response, writer_done(&body));
}

static codec_t read_question(const handle_errand_t *e, handle_resolution_t *ret_question)
{
	handle_resolution_t q;
	codec_t got = handle_resolution_decode(e->body, &q);
	if (got != CODEC_OK)
		return got;
	if (q.indexes.count > ASK_FILTERS_MAX || q.types.count > ASK_FILTERS_MAX)
		return CODEC_MALFORMED;
	*ret_question = q;
	return CODEC_OK;
}

static void run_resolve(handle_desk_t *desk, handle_errand_t *e)
{
	handle_resolution_t q;
	found_t found = { .err = ERR_OK };
	if (!desk_could_read(desk, e, read_question(e, &q)))
		return;
	answer_reach_t reach = look(desk, e, &q, &found);
	registry_find_done(desk->reader);
	if (found.err && leads_on(desk, e, &q, found.err))
		return;
	if (desk_past_asked(desk, e, &q))
		return;
	bool is_all = reach == ANSWER_TO_ADMINS;
	if (reach == ANSWER_TO_NOBODY)
		desk_refuse(desk, e, HANDLE_RC_DENIED, NULL);
	else if (!is_all || desk_require_reader(desk, e, q.handle))
		answer_record(desk, e, &q, is_all);
}

static void run_site(handle_desk_t *desk, handle_errand_t *e)
{
	desk_answer(desk, e, HANDLE_RC_OK, desk->site);
}

/* Changes. */

static void write_subject(const handle_errand_t *e, writer_t *w)
{
	if (e->is_proven)
		registry_identity_subject(&e->who, w);
	else
		wr_bytes(w, REGISTRY_ANONYMOUS);
}

void desk_change(handle_desk_t *desk, handle_errand_t *e, registry_change_t *change)
{
	uint8_t room[REGISTRY_SUBJECT_MAX];
	writer_t subject = writer_of(room, sizeof(room));
	write_subject(e, &subject);
	change->caller = (caller_t){ .subject = writer_done(&subject),
		                     .role = ROLE_PUBLIC,
		                     .request_id = e->envelope.request_id };
	err_t err = registry_change(desk->registry, change, desk->results, e);
	desk_count(desk, DESK_METRIC_CHANGES, !err);
	if (err)
		desk_refuse(desk, e, err == ERR_TOO_BIG ? HANDLE_RC_INVALID_VALUE : HANDLE_RC_BUSY,
		            NULL);
}

static const char *conflict(uint32_t index, char room[CONFLICT_TEXT])
{
	writer_t w = writer_of(room, CONFLICT_TEXT - 1);
	wr_format(&w, "Index conflict for %u", index);
	wr_u8(&w, 0);
	return room;
}

static int by_number(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	return left < right ? -1 : left > right;
}

static size_t indexes_of(handle_list_t values, uint32_t ret_indexes[HANDLE_VALUES_MAX])
{
	handle_iter_t iter = handle_list_iter(values);
	handle_value_t value;
	size_t count = 0;
	while (handle_value_next(&iter, &value))
		ret_indexes[count++] = value.index;
	return count;
}

static bool are_positive(const uint32_t *indexes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (indexes[i] == 0 || indexes[i] > INT32_MAX)
			return false;
	return true;
}

/* Sorts them; the first that is there twice, or 0. */
static uint32_t repeated(uint32_t *indexes, size_t count)
{
	qsort(indexes, count, sizeof(*indexes), by_number);
	for (size_t i = 1; i < count; i++)
		if (indexes[i] == indexes[i - 1])
			return indexes[i];
	return 0;
}

/* What is wrong with the indexes of the given values, if anything. */
static handle_response_t check_indexes(handle_list_t values, char room[CONFLICT_TEXT],
                                       const char **ret_text)
{
	uint32_t indexes[HANDLE_VALUES_MAX];
	size_t count = indexes_of(values, indexes);
	if (!are_positive(indexes, count)) {
		*ret_text = TEXT_INDEX;
		return HANDLE_RC_INVALID_VALUE;
	}
	uint32_t twice = repeated(indexes, count);
	if (twice == 0)
		return HANDLE_RC_OK;
	*ret_text = conflict(twice, room);
	return HANDLE_RC_VALUE_EXISTS;
}

/* Reads a record whose indexes are in order; else refused, and gone. */
static bool read_values(handle_desk_t *desk, handle_errand_t *e, handle_record_t *ret_record)
{
	char room[CONFLICT_TEXT];
	const char *text = NULL;
	if (!desk_could_read(desk, e, handle_record_decode(e->body, ret_record)) ||
	    !desk_serves(desk, e, ret_record->handle))
		return false;
	handle_response_t response = check_indexes(ret_record->values, room, &text);
	if (response != HANDLE_RC_OK)
		desk_refuse(desk, e, response, text);
	return response == HANDLE_RC_OK;
}

static bool is_there(handle_desk_t *desk, slice_t name)
{
	record_t record;
	err_t err;
	registry_find_batch(desk->reader, &name, 1, &record, &err);
	registry_find_done(desk->reader);
	return !err;
}

/* RFC 4122, 4.4. */
static void write_random_uuid(env_t *env, writer_t *w)
{
	uint8_t bits[16];
	char hex[2 * sizeof(bits) + 1];
	env_random(env, bits, sizeof(bits));
	bits[6] = (bits[6] & 0x0F) | 0x40;
	bits[8] = (bits[8] & 0x3F) | 0x80;
	num_to_hex(slice_of(bits, sizeof(bits)), hex);
	wr_format(w, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, &hex[8], &hex[12], &hex[16], &hex[20]);
}

/* A suffix nobody has: the one asked for, and a random UUID. */
static bool mint(handle_desk_t *desk, handle_errand_t *e, slice_t *name)
{
	size_t len = name->len + UUID_TEXT;
	if (e->name) {
		*name = slice_of(e->name, len);
		return true;
	}
	e->name = len <= RECORD_NAME_MAX ? malloc(len + 1) : NULL;
	if (!e->name)
		return false;
	writer_t w = writer_of(e->name, len + 1);
	wr_bytes(&w, *name);
	write_random_uuid(desk->env, &w);
	*name = writer_done(&w);
	return !w.bad;
}

/* Whether the name can be created, minted first where that is asked for; else refused,
 * and gone. */
static bool take_name(handle_desk_t *desk, handle_errand_t *e, slice_t *name)
{
	handle_response_t response = HANDLE_RC_OK;
	if (e->header.flags & HANDLE_FLAG_MINT && !mint(desk, e, name))
		response = HANDLE_RC_INVALID_HANDLE;
	else if (!(e->header.flags & HANDLE_FLAG_OVRW) && is_there(desk, *name))
		response = HANDLE_RC_HANDLE_EXISTS;
	if (response != HANDLE_RC_OK)
		desk_refuse(desk, e, response, NULL);
	return response == HANDLE_RC_OK;
}

static registry_change_t change_to(registry_verb_t verb, const handle_record_t *record)
{
	return (registry_change_t){ .verb = verb,
		                    .name = record->handle,
		                    .count = record->values.count,
		                    .values = record->values.bytes };
}

static void run_create(handle_desk_t *desk, handle_errand_t *e)
{
	handle_record_t record;
	bool overwrites = e->header.flags & HANDLE_FLAG_OVRW;
	if (!read_values(desk, e, &record) || !take_name(desk, e, &record.handle) ||
	    !desk_require(desk, e))
		return;
	registry_change_t change = change_to(overwrites ? REGISTRY_REPLACE : REGISTRY_CREATE,
	                                     &record);
	desk_change(desk, e, &change);
}

static void run_delete(handle_desk_t *desk, handle_errand_t *e)
{
	registry_change_t change = { .verb = REGISTRY_REMOVE };
	if (desk_could_read(desk, e, handle_name_body_decode(e->body, &change.name)) &&
	    desk_serves(desk, e, change.name) && desk_require(desk, e))
		desk_change(desk, e, &change);
}

static void run_add(handle_desk_t *desk, handle_errand_t *e)
{
	handle_record_t record;
	bool overwrites = e->header.flags & HANDLE_FLAG_OVRW;
	if (!read_values(desk, e, &record))
		return;
	if (record.values.count == 0) {
		desk_refuse(desk, e, HANDLE_RC_INVALID_VALUE, "no value is given");
		return;
	}
	if (!desk_require(desk, e))
		return;
	registry_change_t change = change_to(overwrites ? REGISTRY_MERGE : REGISTRY_ADD, &record);
	desk_change(desk, e, &change);
}

static void run_remove(handle_desk_t *desk, handle_errand_t *e)
{
	handle_removal_t removal;
	if (!desk_could_read(desk, e, handle_removal_decode(e->body, &removal)) ||
	    !desk_serves(desk, e, removal.handle) || !desk_require(desk, e))
		return;
	registry_change_t change = { .verb = REGISTRY_UNMERGE,
		                     .name = removal.handle,
		                     .count = removal.indexes.count,
		                     .values = removal.indexes.bytes };
	desk_change(desk, e, &change);
}

/* The checks a modification passes before anybody is asked who they are. Says in
 * *ret_is_open whether nobody need be. */
static handle_response_t check_modify(handle_desk_t *desk, const registry_change_t *change,
                                      bool *ret_is_open)
{
	record_t base, after;
	err_t err;
	registry_find_batch(desk->reader, &change->name, 1, &base, &err);
	handle_response_t missing = HANDLE_RC_HANDLE_NOT_FOUND;
	if (!err) {
		missing = HANDLE_RC_VALUES_NOT_FOUND;
		err = registry_compose(&desk->compose, COMPOSE_MODIFY, &base, change, &after);
	}
	registry_find_done(desk->reader);
	if (err)
		return err == ERR_NOT_FOUND ? missing : HANDLE_RC_INVALID_VALUE;
	*ret_is_open = desk->compose.needed == 0;
	return desk->compose.read_only ? HANDLE_RC_DENIED : HANDLE_RC_OK;
}

static void run_modify(handle_desk_t *desk, handle_errand_t *e)
{
	handle_record_t record;
	bool is_open = false;
	if (!read_values(desk, e, &record))
		return;
	registry_change_t change = change_to(REGISTRY_MODIFY, &record);
	handle_response_t response = check_modify(desk, &change, &is_open);
	if (response != HANDLE_RC_OK)
		desk_refuse(desk, e, response,
		            response == HANDLE_RC_DENIED ? TEXT_READ_ONLY : NULL);
	else if (is_open || desk_require(desk, e))
		desk_change(desk, e, &change);
}

/* Results. */

/* What a failure of the change is called: of the record, or of one of its values. */
static const struct {
	err_t err;
	handle_response_t of_record, of_value;
} codes[] = {
	{ ERR_OK, HANDLE_RC_OK, HANDLE_RC_OK },
	{ ERR_NOT_FOUND, HANDLE_RC_HANDLE_NOT_FOUND, HANDLE_RC_VALUES_NOT_FOUND },
	{ ERR_EXISTS, HANDLE_RC_HANDLE_EXISTS, HANDLE_RC_VALUE_EXISTS },
	{ ERR_INVALID, HANDLE_RC_INVALID_VALUE, HANDLE_RC_INVALID_VALUE },
	{ ERR_TOO_BIG, HANDLE_RC_INVALID_VALUE, HANDLE_RC_INVALID_VALUE },
	{ ERR_MALFORMED, HANDLE_RC_INVALID_VALUE, HANDLE_RC_INVALID_VALUE },
	{ ERR_UNAVAILABLE, HANDLE_RC_NOT_RESPONSIBLE, HANDLE_RC_NOT_RESPONSIBLE },
	{ ERR_BUSY, HANDLE_RC_BUSY, HANDLE_RC_BUSY },
	{ ERR_DISK_FULL, HANDLE_RC_READ_ONLY, HANDLE_RC_READ_ONLY },
	{ ERR_DENIED, HANDLE_RC_INVALID_ADMIN, HANDLE_RC_INVALID_ADMIN },
};

static handle_response_t code_of(err_t err, bool is_of_value)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i].err == err)
			return is_of_value ? codes[i].of_value : codes[i].of_record;
	return HANDLE_RC_ERROR;
}

static void refuse_result(handle_desk_t *desk, handle_errand_t *e, const registry_result_t *result)
{
	char room[CONFLICT_TEXT];
	const char *text = NULL;
	handle_response_t response = result->code != 0 ? (handle_response_t)result->code
	                                               : code_of(result->err, result->index != 0);
	if (response == HANDLE_RC_VALUE_EXISTS)
		text = conflict(result->index, room);
	else if (response == HANDLE_RC_DENIED)
		text = TEXT_READ_ONLY;
	else if (response == HANDLE_RC_NOT_RESPONSIBLE)
		text = answer_not_here;
	else if (result->err == ERR_INVALID)
		text = "a record needs a value, and each value an index and a type";
	desk_refuse(desk, e, response, text);
}

/* Homing what is homed, and unhoming what is not, is done already. */
static bool is_done(const handle_errand_t *e, const registry_result_t *result)
{
	bool is_home = e->header.operation == HANDLE_OP_HOME_PREFIX ||
	               e->header.operation == HANDLE_OP_UNHOME_PREFIX;
	bool is_so_already = result->err == ERR_EXISTS || result->err == ERR_NOT_FOUND;
	return !result->err || (is_home && is_so_already);
}

/* The name of what was created; other replies have no body. */
static void write_name(const handle_errand_t *e, writer_t *w)
{
	handle_record_t record;
	if (e->header.operation != HANDLE_OP_CREATE ||
	    handle_record_decode(e->body, &record) != CODEC_OK)
		return;
	slice_t minted = slice_of(e->name, record.handle.len + UUID_TEXT);
	wr_bytes32(w, e->name ? minted : record.handle);
}

static uint32_t flags_of(const handle_errand_t *e, const registry_result_t *result)
{
	bool may_overwrite = e->header.flags & HANDLE_FLAG_OVRW;
	uint32_t flags = may_overwrite && result->overwrote ? HANDLE_FLAG_OVRW : 0;
	return flags | (e->name ? HANDLE_FLAG_MINT : 0);
}

static void answer_result(handle_desk_t *desk, handle_errand_t *e, const registry_result_t *result)
{
	writer_t body = writer_of(desk->body, sizeof(desk->body));
	if (!is_done(e, result)) {
		refuse_result(desk, e, result);
		return;
	}
	write_name(e, &body);
	desk_answer_with(desk, e, writer_done(&body), flags_of(e, result));
}

static void take_result(handle_desk_t *desk, handle_errand_t *e, const registry_result_t *result)
{
	bool is_known_now = e->awaits;
	e->awaits = false;
	if (is_known_now)
		desk_run(desk, e);
	else
		answer_result(desk, e, result);
}

void desk_take_results(void *ctx)
{
	handle_desk_t *desk = ctx;
	registry_result_t result;
	while (env_mailbox_take(desk->results, &result))
		take_result(desk, result.ctx, &result);
}

/* Dispatch. */

typedef struct {
	uint32_t operation;
	void (*run)(handle_desk_t *desk, handle_errand_t *e);
} operation_t;

static const operation_t operations[] = {
	{ HANDLE_OP_RESOLVE, run_resolve },
	{ HANDLE_OP_GET_SITE, run_site },
	{ HANDLE_OP_CREATE, run_create },
	{ HANDLE_OP_DELETE, run_delete },
	{ HANDLE_OP_ADD_VALUE, run_add },
	{ HANDLE_OP_REMOVE_VALUE, run_remove },
	{ HANDLE_OP_MODIFY_VALUE, run_modify },
	{ HANDLE_OP_LIST_HANDLES, desk_list },
	{ HANDLE_OP_LIST_PREFIXES, desk_list_prefixes },
	{ HANDLE_OP_VERIFY_ANSWER, desk_verify },
	{ HANDLE_OP_HOME_PREFIX, desk_home },
	{ HANDLE_OP_UNHOME_PREFIX, desk_home },
	{ HANDLE_OP_LIST_HOMED, desk_list_homed },
	{ HANDLE_OP_SESSION_SETUP, desk_session_setup },
	{ HANDLE_OP_SESSION_END, desk_session_terminate },
	{ HANDLE_OP_SESSION_KEY, desk_session_key },
	{ HANDLE_OP_LOGIN, desk_login },
};

void desk_operate(handle_desk_t *desk, handle_errand_t *e)
{
	if (e->header.operation == HANDLE_OP_NONE) {
		desk_refuse(desk, e, HANDLE_RC_PROTOCOL_ERROR, "no operation");
		return;
	}
	if (e->header.recursion > HANDLE_RECURSION_MAX) {
		desk_refuse(desk, e, HANDLE_RC_RECURSION, NULL);
		return;
	}
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++) {
		if (operations[i].operation != e->header.operation)
			continue;
		operations[i].run(desk, e);
		return;
	}
	bool is_known = handle_operation_info(e->header.operation) != NULL;
	desk_refuse(desk, e, is_known ? HANDLE_RC_NOT_SUPPORTED : HANDLE_RC_ERROR, NULL);
}
