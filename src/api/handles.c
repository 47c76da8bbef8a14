/* SPDX-License-Identifier: Apache-2.0 */
/* The registry by the JSON REST interface that Handle servers have. Failures are
 * Handle response codes in JSON, with the HTTP status that belongs to them. */
#include "api/body.h"
#include "api/code_names.h"
#include "api/gs1_values.h"
#include "api/handle_json.h"
#include "api/handle_values.h"
#include "api/handlers.h"
#include "api/namespace_values.h"
#include "api/state.h"
#include "base/num.h"
#include "registry/permit.h"

enum { HEAD_ROOM = 32 * 1024 };

/* A code, and a message where the code alone would not help. */
static verdict_t say(exchange_t *x, uint32_t code, const char *message)
{
	json_t *j = reply_json(&x->reply, HEAD_ROOM);
	json_object(j);
	json_put_u64(j, "responseCode", code);
	if (x->request.param[0].len)
		json_put_str(j, "handle", x->request.param[0]);
	if (message)
		json_put_cstr(j, "message", message);
	if (code == HANDLE_RC_OK)
		code_names_tell(x);
	json_close(&x->reply.json);
	return EXCHANGE_ANSWERED;
}

static int status_of(uint32_t code)
{
	const handle_code_t *info = handle_response_info(code);
	return info ? info->http_status : 500;
}

/* Without TLS nobody is asked who they are, so it is not "unauthenticated" there. */
verdict_t handles_refuse_code(exchange_t *x, uint32_t code, const char *message)
{
	bool is_in_clear = code == HANDLE_RC_AUTH_NEEDED && !x->request.is_secure;
	reply_clear(&x->reply);
	x->reply.status = is_in_clear ? 403 : status_of(code);
	reply_header(&x->reply, "Cache-Control", "no-store");
	return say(x, code, message);
}

static uint32_t code_of(err_t err)
{
	static const struct {
		err_t err;
		uint32_t code;
	} rows[] = {
		{ ERR_OK, HANDLE_RC_OK },
		{ ERR_NOT_FOUND, HANDLE_RC_HANDLE_NOT_FOUND },
		{ ERR_EXISTS, HANDLE_RC_HANDLE_EXISTS },
		{ ERR_INVALID, HANDLE_RC_INVALID_VALUE },
		{ ERR_TOO_BIG, HANDLE_RC_INVALID_VALUE },
		{ ERR_MALFORMED, HANDLE_RC_PROTOCOL_ERROR },
		{ ERR_USAGE, HANDLE_RC_PROTOCOL_ERROR },
		{ ERR_UNAVAILABLE, HANDLE_RC_NOT_RESPONSIBLE },
		{ ERR_DENIED, HANDLE_RC_DENIED },
		{ ERR_UNAUTHENTICATED, HANDLE_RC_AUTH_NEEDED },
		{ ERR_BUSY, HANDLE_RC_BUSY },
		{ ERR_LIMIT, HANDLE_RC_BUSY },
		{ ERR_DISK_FULL, HANDLE_RC_BUSY },
		{ ERR_UNSUPPORTED, HANDLE_RC_NOT_SUPPORTED },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].err == err)
			return rows[i].code;
	return HANDLE_RC_ERROR;
}

/* Many errors share a code: the text tells a full disk from too many changes. */
static verdict_t refuse_err(exchange_t *x, err_t err)
{
	return handles_refuse_code(x, code_of(err), err_info(err)->text[x->request.lang]);
}

void handles_problem(exchange_t *x, err_t err)
{
	uint32_t code = code_of(err);
	bool plain = code == HANDLE_RC_HANDLE_NOT_FOUND || code == HANDLE_RC_AUTH_NEEDED;
	say(x, code, plain ? NULL : err_info(err)->text[x->request.lang]);
}

int handles_status(err_t err)
{
	return status_of(code_of(err));
}

bool handles_is_wanted(const request_t *request, const handle_value_t *value)
{
	slice_t word;
	bool filtered = false;
	for (size_t i = 0; request_query(request, "type", i, &word); i++) {
		filtered = true;
		if (handle_type_matches(value->type, word))
			return true;
	}
	for (size_t i = 0; request_query(request, "index", i, &word); i++) {
		uint64_t index = 0;
		filtered = true;
		if (num_parse_u64(word, UINT32_MAX, &index) == ERR_OK && index == value->index)
			return true;
	}
	return !filtered;
}

/* A script of another site that reads with `callback` reads as the public does. */
bool handles_public_only(const request_t *request)
{
	slice_t word;
	if (request_query(request, "callback", 0, &word))
		return true;
	return request_query(request, "publicOnly", 0, &word) &&
	       !slice_eq_nocase(word, SLICE("false"));
}

static bool may_read(const exchange_t *x, const handle_value_t *value)
{
	bool is_admin = (x->reads_all || x->request.caller.role >= ROLE_ENGINEER) &&
	                !handles_public_only(&x->request);
	return (value->perms & HANDLE_PERM_PUBLIC_READ) ||
	       (is_admin && (value->perms & HANDLE_PERM_ADMIN_READ));
}

static bool is_shown(const exchange_t *x, const handle_value_t *value)
{
	return handles_is_wanted(&x->request, value) && may_read(x, value);
}

/* When and by what the record became so; by whom is for those who are known. */
static void put_change(exchange_t *x, const registry_version_t *from)
{
	json_t *j = reply_json(&x->reply, HEAD_ROOM);
	json_put_object(j, "change");
	json_put_u64(j, "seq", from->seq);
	json_put_time(j, "time", from->entry.utc_ns);
	json_put_ms(j, "time_ms", from->entry.utc_ns);
	if (x->request.caller.role >= ROLE_VIEWER)
		json_put_str(j, "subject", from->entry.subject);
	json_close(j);
}

static size_t count_shown(const exchange_t *x, const record_t *record)
{
	size_t shown = 0;
	handle_value_t value;
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	while (handle_value_next(&iter, &value))
		shown += is_shown(x, &value);
	return shown;
}

bool handles_role_may_read(const exchange_t *x, const handle_value_t *value)
{
	return (value->perms & HANDLE_PERM_PUBLIC_READ) ||
	       (x->request.caller.role >= ROLE_ENGINEER && (value->perms & HANDLE_PERM_ADMIN_READ));
}

slice_t handles_alias(const record_t *record)
{
	handle_value_t value;
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	while (handle_value_next(&iter, &value))
		if (value.perms & HANDLE_PERM_PUBLIC_READ && value.data.len <= HANDLE_NAME_MAX &&
		    slice_eq_nocase(value.type, SLICE("HS_ALIAS")))
			return value.data;
	return (slice_t){ 0 };
}

void handles_put_values(exchange_t *x, const record_t *record, value_filter_t *filter)
{
	handle_value_t value;
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	json_put_array(reply_json(&x->reply, HEAD_ROOM), "values");
	while (handle_value_next(&iter, &value))
		if (filter(x, &value))
			handle_json_put(&value, reply_json(&x->reply, handle_json_room(&value)));
	json_close(reply_json(&x->reply, HEAD_ROOM));
}

static void put_handle(exchange_t *x)
{
	json_put_str(&x->reply.json, "handle", x->request.param[0]);
}

static void put_state(record_state_t state, json_t *j)
{
	if (state != RECORD_ACTIVE)
		json_put_cstr(j, "state", record_state_name(state));
}

void handles_put_record(exchange_t *x, const record_t *record, const registry_version_t *from)
{
	size_t shown = count_shown(x, record);
	json_t *j = reply_json(&x->reply, HEAD_ROOM);
	json_object(j);
	json_put_u64(j, "responseCode", shown ? HANDLE_RC_OK : HANDLE_RC_VALUES_NOT_FOUND);
	if (shown)
		put_handle(x);
	handles_put_values(x, record, is_shown);
	if (!shown)
		put_handle(x);
	put_state(record->state, j);
	if (from)
		put_change(x, from);
	json_close(j);
}

verdict_t handles_refuse(exchange_t *x, err_t err)
{
	return handles_refuse_code(x, err == ERR_INVALID ? HANDLE_RC_INVALID_HANDLE : code_of(err),
	                           NULL);
}

registry_reader_t *handles_reader(exchange_t *x)
{
	return x->at_query ? x->api->query_reader : x->api->reader;
}

/* In the snapshot of the look-up, which is open. */
static bool has_right_to_read(exchange_t *x, const record_t *record)
{
	registry_identity_t who;
	groups_look_t look = { .asks = false };
	registry_permit_t permit = registry_permit_within(handles_reader(x));
	permit.groups = &look;
	bool has = registry_identity_of(&x->request.caller, &who) &&
	           (registry_rights(&permit, &who, record) & HANDLE_ADMIN_READ) != 0;
	x->awaits_groups = !has && look.awaits;
	return has;
}

bool handles_await_groups(exchange_t *x, slice_t name)
{
	api_t *api = x->api;
	bool may = x->awaits_groups && !x->has_awaited_groups && api_change_begin(api);
	x->awaits_groups = false;
	if (!may)
		return false;
	x->awaits_groups = x->has_awaited_groups = true;
	if (!registry_await_groups(api->spec.registry, &x->request.caller, name, api->changes, x))
		return true;
	x->awaits_groups = false;
	api_change_end(api);
	return false;
}

/* They are known now: from the start, on the loop where identities are. */
static void judge_again(exchange_t *x)
{
	x->awaits_groups = false;
	if (exchange_ask_query(x, x->route->handler) == EXCHANGE_ANSWERED)
		exchange_finish(x);
}

static const char *const text_template[] = {
	"the template of this name takes too much; its expressions may be to blame",
	"该标识的模板超出限制；请检查其中的表达式",
};

verdict_t handle_get(exchange_t *x)
{
	slice_t name = x->request.param[0], word;
	record_t record;
	err_t err = ERR_OK;
	if (request_query(&x->request, "at", 0, &word)) {
		x->reads_history = true;
		return exchange_ask_query(x, handle_get_at);
	}
	registry_resolve_batch(handles_reader(x), &name, 1, &record, &err);
	bool is_draft = err == ERR_NOT_FOUND && record.name.len && record.state == RECORD_DRAFT;
	x->reads_all = (!err || is_draft) && has_right_to_read(x, &record);
	if (handles_await_groups(x, name)) {
		registry_find_done(handles_reader(x));
		return EXCHANGE_LATER;
	}
	quota_t quota = registry_resolved(x->api->spec.registry, name, err);
	if (quota)
		handles_refuse_code(x, registry_quota_code(quota), NULL);
	else if (!err || (is_draft && (x->reads_all || x->request.caller.role >= ROLE_ENGINEER)))
		handles_put_live(x, x->api->spec.live, &record, NULL);
	else if (err == ERR_LIMIT)
		handles_refuse_code(x, HANDLE_RC_ERROR, text_template[x->request.lang]);
	else
		handles_refuse(x, err);
	registry_find_done(handles_reader(x));
	return EXCHANGE_ANSWERED;
}

/* From here on the exchange is the registry's until handles_answer. */
verdict_t handles_change(exchange_t *x, const registry_change_t *change)
{
	api_t *api = x->api;
	if (!api_change_begin(api))
		return handles_refuse_code(x, HANDLE_RC_BUSY, "too many changes are under way");
	err_t err = registry_change(api->spec.registry, change, api->changes, x);
	if (!err)
		return EXCHANGE_LATER;
	api_change_end(api);
	return refuse_err(x, err);
}

static const char *const text_deleted[] = {
	"this name was deleted and is not given again; an administrator can restore it",
	"该标识已删除，不会再分配；管理员可将其恢复",
};

void handles_answer(const registry_result_t *result)
{
	exchange_t *x = result->ctx;
	slice_t word;
	if (x->awaits_groups) {
		judge_again(x);
		return;
	}
	bool is_of_values = request_query(&x->request, "index", 0, &word);
	if (result->err == ERR_EXISTS && result->state == RECORD_DELETED) {
		handles_refuse_code(x, HANDLE_RC_HANDLE_EXISTS, text_deleted[x->request.lang]);
	} else if (result->err == ERR_EXISTS && is_of_values) {
		handles_refuse_code(x, HANDLE_RC_VALUE_EXISTS, NULL);
	} else if (result->code) {
		handles_refuse_code(x, result->code, NULL);
	} else if (result->err) {
		refuse_err(x, result->err);
	} else {
		x->reply.status = result->created ? 201 : 200;
		say(x, HANDLE_RC_OK, NULL);
	}
	exchange_finish(x);
}

static bool is_false(const request_t *request, const char *name)
{
	slice_t word;
	return request_query(request, name, 0, &word) && slice_eq_nocase(word, SLICE("false"));
}

static bool is_true(const request_t *request, const char *name)
{
	slice_t word;
	return request_query(request, name, 0, &word) && !slice_eq_nocase(word, SLICE("false"));
}

/* With index=..., exactly the named values are sent; "various" leaves it open. */
static bool indexes_match(const request_t *request, const handle_values_t *values)
{
	slice_t word;
	size_t named = 0;
	if (request_query(request, "index", 0, &word) && slice_eq(word, SLICE("various")))
		return true;
	for (; request_query(request, "index", named, &word); named++) {
		uint64_t index = 0;
		size_t i = 0;
		if (num_parse_u64(word, UINT32_MAX, &index))
			return false;
		while (i < values->count && values->indexes[i] != index)
			i++;
		if (i == values->count)
			return false;
	}
	return named == values->count;
}

static verdict_t refuse_detail(exchange_t *x, const err_detail_t *detail)
{
	char text[ERR_WHERE_MAX + ERR_ARGS * ERR_ARG_MAX];
	err_render(detail, x->request.lang, text, sizeof(text));
	return handles_refuse_code(x, code_of(detail->err), text);
}

static verdict_t put_values(exchange_t *x, const handle_values_t *values)
{
	static const registry_verb_t verbs[2][2] = { { REGISTRY_REPLACE, REGISTRY_CREATE },
		                                     { REGISTRY_MERGE, REGISTRY_ADD } };
	const request_t *request = &x->request;
	slice_t word;
	bool some = request_query(request, "index", 0, &word);
	bool keep = is_false(request, "overwrite") || is_true(request, "mintNewSuffix");
	record_state_t state = RECORD_ACTIVE;
	if (request_query(request, "state", 0, &word))
		state = record_state_parse(word);
	if (state > RECORD_DRAFT || (state == RECORD_DRAFT && (some || !keep)))
		return handles_refuse_code(x, HANDLE_RC_NOT_SUPPORTED,
		                           "state is draft with overwrite=false, or active");
	if (some && !indexes_match(request, values))
		return handles_refuse_code(x, HANDLE_RC_PROTOCOL_ERROR,
		                           "Mismatched indexes in PUT request");
	registry_change_t put = {
		.verb = verbs[some][keep],
		.name = request->param[0],
		.count = values->count,
		.values = values->bytes,
		.state = state,
		.caller = request->caller,
	};
	return handles_change(x, &put);
}

/* The name goes on by a UUID (RFC 9562, version 4) that nobody can guess; it takes a
 * name that is not there. */
static err_t mint(exchange_t *x)
{
	enum { UUID_BYTES = 16, DIGITS = 36 };
	static const char form[] = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
	uint8_t chance[UUID_BYTES];
	char hex[2 * UUID_BYTES + 1], name[HANDLE_NAME_MAX];
	writer_t w = writer_of(name, sizeof(name));
	size_t at = 0;
	env_random(x->api->env, chance, sizeof(chance));
	chance[0] = (uint8_t)((chance[0] & 0x3F) | 0x80);
	num_to_hex(slice_of(chance, sizeof(chance)), hex);
	wr_bytes(&w, x->request.param[0]);
	for (size_t i = 0; i < DIGITS; i++) {
		/* The variant is the first digit: one of 8, 9, a and b. */
		bool is_digit = form[i] == 'x';
		uint8_t digit = (uint8_t)(form[i] == 'y' ? hex[0] : is_digit ? hex[++at] : form[i]);
		wr_u8(&w, digit >= 'a' ? (uint8_t)(digit - 'a' + 'A') : digit);
	}
	return w.bad ? ERR_INVALID
	             : request_keep(&x->request, writer_done(&w), &x->request.param[0]);
}

verdict_t handle_put(exchange_t *x)
{
	handle_values_t values = { 0 };
	json_tree_t *doc = NULL;
	if (is_true(&x->request, "mintNewSuffix") && mint(x))
		return handles_refuse(x, ERR_INVALID);
	if (json_read(x->request.body, &doc, NULL))
		return handles_refuse_code(x, HANDLE_RC_PROTOCOL_ERROR, "the body is not JSON");
	err_detail_t detail;
	err_t err = handle_values_read(doc, &values);
	verdict_t verdict;
	if (err)
		verdict = handles_refuse_code(x, code_of(err), "a value is not well formed");
	else if (gs1_values_check(x->request.param[0], &values, &detail) ||
	         namespace_values_check(&values, &detail))
		verdict = refuse_detail(x, &detail);
	else
		verdict = put_values(x, &values);
	handle_values_done(&values);
	json_free(doc);
	return verdict;
}

verdict_t handle_delete(exchange_t *x)
{
	uint8_t bytes[4 * REQUEST_QUERY_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	registry_change_t removal = {
		.verb = REGISTRY_REMOVE,
		.name = x->request.param[0],
		.caller = x->request.caller,
	};
	slice_t word;
	for (; request_query(&x->request, "index", removal.count, &word); removal.count++) {
		uint64_t index = 0;
		if (num_parse_u64(word, UINT32_MAX, &index))
			return handles_refuse_code(x, HANDLE_RC_PROTOCOL_ERROR,
			                           "an index is not a number");
		wr_u32(&w, (uint32_t)index);
		removal.verb = REGISTRY_UNMERGE;
	}
	removal.values = writer_done(&w);
	if (removal.verb == REGISTRY_REMOVE)
		code_names_note(x, removal.name);
	return handles_change(x, &removal);
}
