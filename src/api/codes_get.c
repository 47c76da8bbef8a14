/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/codes/{text}: what a code says and the record it stands for, whatever name
 * that has; and the door /{code}, which leads to the identifier of the code. */
#include <stdlib.h>

#include "api/code_names.h"
#include "api/handlers.h"
#include "base/html.h"
#include "api/state.h"
#include "codec/scheme/scheme.h"
#include "gs1/gs1_map.h"

enum { ALIASES_MAX = 8, RECORD_ROOM = 32 * 1024, TARGET_MAX = 2 + 3 * HANDLE_NAME_MAX };

static const err_text_t text_scheme = {
	{ "there is no scheme %1", "没有编码方案 %1" },
	{ "use gs1, gbt34014, vaa, oid, ecode or did", "可用 gs1、gbt34014、vaa、oid、ecode、did" },
};
static const err_text_t text_long = {
	{ "the code is longer than 4096 bytes", "编码超过 4096 字节" },
	{ NULL, NULL },
};

static void put_record(exchange_t *x, const record_t *record)
{
	json_t *j = reply_json(&x->reply, RECORD_ROOM);
	json_key(j, "record");
	json_object(j);
	json_put_str(j, "name", record->name);
	json_put_cstr(j, "state", record_state_name(record->state));
	handles_put_values(x, record, handles_role_may_read);
	json_close(reply_json(&x->reply, RECORD_ROOM));
}

/* One step: answers with the record, or makes `at` the name it is another name of. The
 * record must be spelt as the code is, for codes tell letters apart that names do not. */
static err_t step(exchange_t *x, writer_t *at, bool is_first, bool *ret_goes_on)
{
	slice_t name = writer_done(at);
	record_t record;
	err_t err = ERR_OK;
	*ret_goes_on = false;
	registry_find_batch(x->api->query_reader, &name, 1, &record, &err);
	if (!err && is_first && !gs1_map_is(name, record.name))
		err = ERR_NOT_FOUND;
	slice_t alias = err ? (slice_t){ 0 } : handles_alias(&record);
	if (alias.len) {
		*ret_goes_on = true;
		at->len = 0;
		wr_bytes(at, alias);
	} else if (!err) {
		put_record(x, &record);
		at->len = 0;
		wr_bytes(at, record.name);
	}
	registry_find_done(x->api->query_reader);
	return err;
}

/* The record of the name, through its aliases, and its other names. */
static err_t put_found(exchange_t *x, slice_t name)
{
	uint8_t bytes[HANDLE_NAME_MAX];
	writer_t at = writer_of(bytes, sizeof(bytes));
	bool goes_on = true;
	err_t err = ERR_OK;
	wr_bytes(&at, name);
	for (unsigned i = 0; !err && goes_on && i < ALIASES_MAX; i++)
		err = step(x, &at, i == 0, &goes_on);
	if (!err && !goes_on)
		code_names_put(x, writer_done(&at));
	return err;
}

static verdict_t answer(exchange_t *x, const scan_t *scan)
{
	uint8_t bytes[HANDLE_NAME_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	slice_t name = code_name(x->api, scan, &w);
	json_t *j = reply_json(&x->reply, SCAN_JSON_ROOM);
	err_t err = ERR_NOT_FOUND;
	json_object(j);
	scan_json(scan, j);
	if (name.len) {
		json_put_str(j, "name", name);
		err = put_found(x, name);
		quota_t quota = registry_resolved(x->api->spec.registry, name, err);
		if (quota)
			return exchange_refuse(x, ERR_LIMIT, NULL, (slice_t){ 0 });
	}
	if (err == ERR_IO || err == ERR_CORRUPT)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	json_close(reply_json(&x->reply, RECORD_ROOM));
	return EXCHANGE_ANSWERED;
}

verdict_t codes_get(exchange_t *x)
{
	slice_t scheme = { 0 }, text = x->request.param[0];
	uint8_t *bytes = malloc(SCAN_ROOM);
	writer_t room = writer_of(bytes, bytes ? SCAN_ROOM : 0);
	scan_t scan;
	verdict_t verdict;
	if (!bytes)
		return exchange_refuse(x, ERR_NO_MEMORY, NULL, (slice_t){ 0 });
	err_t err = request_query(&x->request, "scheme", 0, &scheme)
	                    ? scan_decode_as(scheme, text, &room, &scan)
	                    : scan_decode(text, &room, &scan);
	if (err == ERR_NOT_FOUND)
		verdict = exchange_refuse(x, ERR_USAGE, &text_scheme, scheme);
	else if (err == ERR_TOO_BIG)
		verdict = exchange_refuse(x, ERR_USAGE, &text_long, (slice_t){ 0 });
	else
		verdict = answer(x, &scan);
	free(bytes);
	return verdict;
}

/* The scheme of "/" and a code; SCHEME_COUNT: the path is none. Nothing else of this
 * door is one segment that is written like a code. */
static scheme_id_t scheme_of(slice_t path)
{
	slice_t text = slice_from(path, 1);
	return slice_find(text, '/') == text.len ? scheme_recognise(text) : SCHEME_COUNT;
}

bool codes_door_claims(slice_t path)
{
	return scheme_of(path) < SCHEME_COUNT;
}

static verdict_t redirect(exchange_t *x, scheme_id_t id, slice_t suffix)
{
	char to[TARGET_MAX + 1];
	writer_t w = writer_of(to, sizeof(to));
	wr_u8(&w, '/');
	html_url(&w, slice_str(x->api->spec.scheme_prefixes[id]));
	wr_u8(&w, '/');
	html_url(&w, suffix);
	wr_u8(&w, 0);
	if (w.bad)
		return exchange_refuse(x, ERR_TOO_BIG, NULL, (slice_t){ 0 });
	x->reply.status = 302;
	reply_header(&x->reply, "Location", to);
	reply_header(&x->reply, "Referrer-Policy", "no-referrer");
	return EXCHANGE_ANSWERED;
}

verdict_t codes_door_get(exchange_t *x)
{
	uint8_t bytes[SCHEME_ROOM];
	writer_t room = writer_of(bytes, sizeof(bytes));
	scheme_message_t m;
	scheme_id_t id = scheme_of(x->request.path);
	if (scheme_decode(id, slice_from(x->request.path, 1), &room, &m) == CODEC_OK)
		return redirect(x, id, m.suffix);
	return exchange_problem(x, &(problem_t){ .err = ERR_MALFORMED,
	                                         .text = scheme_problem_text(m.problem),
	                                         .arg = slice_str(m.problem_code) });
}
