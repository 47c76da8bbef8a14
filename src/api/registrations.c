/* SPDX-License-Identifier: Apache-2.0 */
/* Registration in bulk: from the request to the registry and to the answer. */
#include "api/registrations.h"

#include "api/handlers.h"
#include "api/state.h"
#include "base/num.h"
#include "env/crypto.h"

enum { FAULT_ROOM = 4096 };

static const err_text_t text_key = {
	{ "the header Idempotency-Key is missing or too long", "缺少 Idempotency-Key 头，或过长" },
	{ "send 1 to 128 visible characters, the same when you try again",
	  "请发送 1 至 128 个可见字符，重试时保持不变" },
};
static const err_text_t text_mode = {
	{ "%1 is no mode", "%1 不是有效的模式" },
	{ "create (names that are there are refused), replace or merge",
	  "请用 create（已存在则拒绝）、replace 或 merge" },
};
static const err_text_t text_times = {
	{ "only an administrator says when values were set", "仅管理员可以指定值的设置时间" },
	{ "import as an administrator, or leave times=given out",
	  "请以管理员身份导入，或去掉 times=given" },
};
static const err_text_t text_empty = {
	{ "the body holds no record", "请求体中没有记录" },
	{ "send one JSON object a line, or application/vnd.jizhu.handles",
	  "请每行发送一个 JSON 对象，或使用 application/vnd.jizhu.handles" },
};
static const err_text_t text_body = {
	{ "the body is not what its type says", "请求体与其类型不符" },
	{ "see doc/import.md for both forms", "两种格式见 doc/import.md" },
};
static const err_text_t text_big = {
	{ "more than 100,000 records or 64 MiB of them", "超过 100,000 条记录或 64 MiB" },
	{ "send them in several requests, each with a key of its own",
	  "请分多个请求发送，各用各的键" },
};
static const err_text_t text_used = {
	{ "the key was used for other records or another mode", "该键已用于其他记录或其他模式" },
	{ "take a new key for new records", "新的记录请使用新的键" },
};
static const err_text_t text_refused = {
	{ "nothing was registered: some records cannot be", "未注册任何记录：部分记录无法注册" },
	{ "mend what `faults` names, or send partial=true to leave such records out",
	  "请修正 faults 所列各项，或用 partial=true 略过" },
};
static const err_text_t text_limit = {
	{ "the prefix may not have so many identifiers, or not so many more today",
	  "该前缀的标识数量或当日注册数量超出上限" },
	{ "ask the office of the prefix for a higher limit, or send fewer",
	  "请向前缀管理方申请提高上限，或减少数量" },
};
static const err_text_t text_busy = {
	{ "too many registrations are under way", "正在进行的注册过多" },
	{ "try again in a moment", "请稍后重试" },
};

void registrations_drop(exchange_t *x)
{
	registrations_free(x->registrations);
	x->registrations = NULL;
}

/* Answers. */

static void put_faults(exchange_t *x, const registrations_t *all)
{
	uint32_t count = all->refused < all->faults_max ? all->refused : all->faults_max;
	json_put_u64(&x->reply.json, "refused", all->refused);
	json_put_array(&x->reply.json, "faults");
	for (uint32_t i = 0; i < count; i++) {
		const fault_t *fault = &all->faults[i];
		json_t *j = reply_json(&x->reply, FAULT_ROOM);
		json_object(j);
		json_put_u64(j, "line", fault->line);
		json_put_cstr(j, "name", fault->name);
		json_put_cstr(j, "code", err_info(fault->err)->name);
		exchange_put_reason(x, &(exchange_reason_t){ fault->err, fault->text, fault->name },
		                    j);
		json_close(j);
	}
	json_close(reply_json(&x->reply, FAULT_ROOM));
}

static void put_faults_of(exchange_t *x)
{
	put_faults(x, x->registrations);
}

static verdict_t refuse_faults(exchange_t *x)
{
	err_t err = x->registrations->faults[0].err;
	return exchange_problem(x, &(problem_t){ .err = err,
	                                         .status = err == ERR_EXISTS   ? 409
	                                                   : err == ERR_DENIED ? 403
	                                                                       : 422,
	                                         .text = &text_refused,
	                                         .more = put_faults_of });
}

static verdict_t answer(exchange_t *x, const registry_bulk_result_t *result)
{
	registrations_t *all = x->registrations;
	json_t *j = reply_json(&x->reply, FAULT_ROOM);
	json_object(j);
	if (result->seq)
		json_put_u64(j, "seq", result->seq);
	json_put_u64(j, "created", result->created);
	json_put_u64(j, "changed", result->changed);
	json_put_u64(j, "unchanged", all->unchanged + result->unchanged);
	json_put_bool(j, "repeated", result->repeated);
	json_put_bool(j, "dry_run", all->is_dry);
	put_faults(x, all);
	json_close(&x->reply.json);
	return EXCHANGE_ANSWERED;
}

static verdict_t refuse(exchange_t *x, err_t err)
{
	static const struct {
		err_t err;
		int status; /* 0: the error's own */
		const err_text_t *text;
	} rows[] = {
		{ ERR_CONFLICT, 0, &text_used },
		{ ERR_TOO_BIG, 0, &text_big },
		{ ERR_BUSY, 0, &text_busy },
		/* Waiting a second does not help, so it is not "unavailable". */
		{ ERR_LIMIT, 409, &text_limit },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].err == err)
			return exchange_problem(x, &(problem_t){ .err = err,
			                                         .status = rows[i].status,
			                                         .text = rows[i].text });
	return exchange_refuse(x, err, NULL, (slice_t){ 0 });
}

/* To the registry. */

static err_t send(exchange_t *x)
{
	registrations_t *all = x->registrations;
	registry_bulk_t bulk = { .key = slice_str(all->key),
		                 .records = all->bytes,
		                 .count = all->sent,
		                 .verb = all->verb,
		                 .is_dry = all->is_dry,
		                 .keeps_times = all->keeps_times,
		                 .caller = x->request.caller };
	return registry_bulk(x->api->spec.registry, &bulk, x->api->bulks, x);
}

/* What may be registered goes to `rest`, under a key that names just that. */
static err_t keep_rest(registrations_t *all)
{
	uint8_t hash[SHA256_BYTES];
	slice_t records = text_slice(&all->records);
	all->sent = 0;
	for (uint32_t i = 0; i < all->count; i++) {
		size_t end = i + 1 < all->count ? all->rows[i + 1].at : records.len;
		if (all->rows[i].is_out)
			continue;
		text_add(&all->rest, slice_sub(records, all->rows[i].at, end - all->rows[i].at));
		all->sent++;
	}
	if (all->rest.bad)
		return ERR_NO_MEMORY;
	all->bytes = text_slice(&all->rest);
	env_sha256(&all->bytes, 1, hash);
	size_t len = strlen(all->key);
	all->key[len] = ':';
	num_to_hex(slice_of(hash, sizeof(hash)), &all->key[len + 1]);
	return ERR_OK;
}

/* Looks at all names; answers, or leaves the rest to be sent. */
static bool is_answered_by_check(exchange_t *x)
{
	registrations_t *all = x->registrations;
	all->is_checked = true;
	err_t err = registrations_check(all, &x->request.caller, x->api->query_reader);
	if (!err)
		err = keep_rest(all);
	if (err)
		refuse(x, err);
	else if (all->refused && !all->is_partial)
		refuse_faults(x);
	else if (all->sent == 0)
		answer(x, &(registry_bulk_result_t){ .seq = 0 });
	else
		return false;
	return true;
}

/* The registry names one record that it does not take, and nothing is known of it. */
static void refuse_one(exchange_t *x, const registry_bulk_result_t *result)
{
	registrations_t *all = x->registrations;
	uint32_t row = 0;
	for (uint32_t sent = 0; row + 1 < all->count; row++) {
		bool is_in = !all->is_checked || !all->rows[row].is_out;
		if (is_in && sent++ == result->at)
			break;
	}
	registrations_fault(all, &(fault_t){ .line = all->rows[row].line, .err = result->err },
	                    registrations_name(all, row));
	refuse_faults(x);
}

static bool is_of_a_record(err_t err)
{
	return err == ERR_EXISTS || err == ERR_INVALID || err == ERR_DENIED ||
	       err == ERR_UNAVAILABLE || err == ERR_MALFORMED;
}

/* True when it is answered; else it is on its way once more. */
static bool take_result(exchange_t *x, const registry_bulk_result_t *result)
{
	registrations_t *all = x->registrations;
	if (!result->err) {
		answer(x, result);
	} else if (!is_of_a_record(result->err)) {
		refuse(x, result->err);
	} else if (all->is_checked) {
		refuse_one(x, result);
	} else if (!is_answered_by_check(x)) {
		err_t err = send(x);
		if (!err)
			return false;
		refuse(x, err);
	}
	return true;
}

void registrations_results(void *ctx)
{
	api_t *api = ctx;
	registry_bulk_result_t result;
	while (env_mailbox_take(api->bulks, &result)) {
		exchange_t *x = result.ctx;
		/* It has room for all that may be under way. */
		if (take_result(x, &result))
			(void)env_mailbox_put(api->bulk_answers, &x);
	}
}

void registrations_answered(void *ctx)
{
	api_t *api = ctx;
	exchange_t *x = NULL;
	while (env_mailbox_take(api->bulk_answers, &x)) {
		api_change_end(api);
		exchange_finish(x);
	}
}

/* The request. */

static bool is_plain(slice_t key)
{
	for (size_t i = 0; i < key.len; i++)
		if (key.ptr[i] <= ' ' || key.ptr[i] > '~')
			return false;
	return key.len > 0 && key.len <= REGISTRATIONS_KEY_MAX;
}

static verdict_t begin(exchange_t *x)
{
	registrations_t *all = x->registrations;
	slice_t type = slice_trim(x->request.header[HEADER_CONTENT_TYPE]);
	bool is_binary = slice_eq_nocase(type, SLICE("application/vnd.jizhu.handles"));
	err_t err = registrations_read(all, x->request.body, is_binary);
	if (err == ERR_TOO_BIG)
		return refuse(x, err);
	if (err)
		return exchange_refuse(x, err, &text_body, (slice_t){ 0 });
	if (all->count == 0 && all->refused == 0)
		return exchange_refuse(x, ERR_INVALID, &text_empty, (slice_t){ 0 });
	all->bytes = text_slice(&all->records);
	all->sent = all->count;
	bool is_refused = all->refused && !all->is_partial;
	if ((is_refused || all->count == 0) && is_answered_by_check(x))
		return EXCHANGE_ANSWERED;
	if (!api_change_begin(x->api))
		return refuse(x, ERR_BUSY);
	err = send(x);
	if (!err)
		return EXCHANGE_LATER;
	api_change_end(x->api);
	return refuse(x, err);
}

static bool read_mode(const request_t *request, registry_verb_t *ret_verb, slice_t *ret_word)
{
	static const registry_verb_t verbs[] = { REGISTRY_CREATE, REGISTRY_REPLACE,
		                                 REGISTRY_MERGE };
	*ret_verb = REGISTRY_CREATE;
	if (!request_query(request, "mode", 0, ret_word))
		return true;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		*ret_verb = verbs[i];
		if (slice_eq(*ret_word, slice_str(registry_verb_name((uint8_t)verbs[i]))))
			return true;
	}
	return false;
}

verdict_t registrations_post(exchange_t *x)
{
	slice_t key = slice_trim(x->request.header[HEADER_IDEMPOTENCY]);
	static const query_number_t faults = { "faults", 1, FAULTS_MAX, FAULTS_DEFAULT };
	int64_t most = 0;
	registry_verb_t verb;
	slice_t word = { 0 };
	if (!exchange_number(x, &faults, &most))
		return EXCHANGE_ANSWERED;
	if (!read_mode(&x->request, &verb, &word))
		return exchange_refuse(x, ERR_INVALID, &text_mode, word);
	bool keeps_times = request_query(&x->request, "times", 0, &word) &&
	                   slice_eq(word, SLICE("given"));
	if (keeps_times && x->request.caller.role < ROLE_ADMIN)
		return exchange_refuse(x, ERR_DENIED, &text_times, (slice_t){ 0 });
	registrations_t *all = registrations_new((uint32_t)most);
	x->registrations = all;
	if (!all)
		return exchange_refuse(x, ERR_NO_MEMORY, NULL, (slice_t){ 0 });
	all->verb = verb;
	all->keeps_times = keeps_times;
	all->is_partial = request_says(&x->request, "partial");
	all->is_dry = request_says(&x->request, "dry_run");
	(void)request_query(&x->request, "prefix", 0, &all->prefix);
	if (!is_plain(key) && !(all->is_dry && key.len == 0))
		return exchange_refuse(x, ERR_INVALID, &text_key, (slice_t){ 0 });
	(void)slice_to_cstr(key, all->key, sizeof(all->key));
	return begin(x);
}
