/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/num.h"
#include "cmd/cmd.h"
#include "cmd/import.h"
#include "env/crypto.h"
#include "env/file.h"

enum { PATH_ROOM = 12 << 10, ANSWER_ROOM = 8 << 20, REPORT_ROOM = 2048 };

static const int64_t CHUNK_TIMEOUT_NS = 120 * NS_PER_S;

static const err_text_t text_fault = {
	{ "%1%2", "%1%2" },
	{ "%3", "%3" },
};
static const err_text_t text_state = {
	{ "the state of the record cannot be taken apart from it", "无法读取该记录的状态" },
	{ "write it as an export does: \"state\":\"retired\", behind the name",
	  "请按导出的格式书写：名称之后写 \"state\":\"retired\"," },
};

static const char *where_of(const import_t *import, uint64_t line, char buf[ERR_WHERE_MAX])
{
	(void)snprintf(buf, ERR_WHERE_MAX, "%s:%llu", import->file, (unsigned long long)line);
	return buf;
}

/* One line of JSON in the report. */
static err_t report(import_t *import, const err_detail_t *detail)
{
	char text[1024], buf[REPORT_ROOM];
	json_t j = json_of(buf, sizeof(buf));
	json_object(&j);
	json_put_cstr(&j, "where", detail->where);
	json_put_cstr(&j, "code", err_info(detail->err)->name);
	json_put_cstr(&j, "text", err_render(detail, cmd_lang(), text, sizeof(text)));
	json_close(&j);
	wr_u8(&j.w, '\n');
	err_t err = env_file_write(import->report, import->report_len, json_done(&j));
	import->report_len += j.w.len;
	return err;
}

err_t import_refused(import_t *import, err_t err, const err_detail_t *detail)
{
	char text[1024];
	/* Trouble with the node or the disk is no fault of a record. */
	bool is_fault = err == ERR_INVALID || err == ERR_MALFORMED || err == ERR_EXISTS ||
	                err == ERR_UNSUPPORTED || err == ERR_TOO_BIG || err == ERR_NOT_FOUND ||
	                err == ERR_DENIED || err == ERR_CONFLICT || err == ERR_USAGE ||
	                err == ERR_UNAVAILABLE;
	if (!import->keeps_going || import->is_lost || !is_fault)
		return err;
	import->counts.refused++;
	if (import->report)
		return report(import, detail);
	fprintf(stderr, "jizhu: %s\n", err_render(detail, cmd_lang(), text, sizeof(text)));
	return ERR_OK;
}

/* The answer to a transaction. */

static err_t fault_named(const json_tree_t *fault)
{
	slice_t code = { 0 };
	(void)json_text(json_member(fault, "code"), &code);
	for (unsigned err = 1; err < ERR_COUNT; err++)
		if (slice_eq(slice_str(err_info((err_t)err)->name), code))
			return (err_t)err;
	return ERR_INVALID;
}

static err_t fault_detail(const import_t *import, const json_tree_t *fault,
                          err_detail_t *ret_detail)
{
	char where[ERR_WHERE_MAX], part[ERR_ARGS][ERR_ARG_MAX];
	slice_t reason = { 0 }, fix = { 0 };
	int64_t line = 1;
	(void)json_whole(json_member(fault, "line"), 1, CHUNK_ROWS_MAX, &line);
	(void)json_text(json_member(fault, "reason"), &reason);
	(void)json_text(json_member(fault, "fix"), &fix);
	door_cut_told(reason, fix, part);
	return err_raise(ret_detail, fault_named(fault), &text_fault,
	                 where_of(import, import->lines[line - 1], where), part[0], part[1],
	                 part[2], (char *)NULL);
}

static uint64_t count_of(const json_tree_t *doc, const char *key)
{
	int64_t count = 0;
	(void)json_whole(json_member(doc, key), 0, INT64_MAX, &count);
	return (uint64_t)count;
}

static err_t take_fault(import_t *import, const json_tree_t *fault, err_detail_t *ret_detail)
{
	err_detail_t detail;
	err_t err = import_refused(import, fault_detail(import, fault, &detail), &detail);
	if (err)
		*ret_detail = detail;
	return err;
}

static err_t take_faults(import_t *import, const json_tree_t *doc, err_detail_t *ret_detail)
{
	const json_tree_t *faults = json_member(doc, "faults");
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < json_count(faults); i++)
		err = take_fault(import, json_item(faults, i), ret_detail);
	return err;
}

static err_t take_answer(import_t *import, const env_http_answer_t *answer,
                         err_detail_t *ret_detail)
{
	json_tree_t *doc = NULL;
	err_t err = json_read(answer->body, &doc, NULL);
	if (err)
		return err_raise(ret_detail, ERR_PROTOCOL, NULL, import->file, (char *)NULL);
	import->is_lost = answer->status >= 400 && json_count(json_member(doc, "faults")) == 0;
	if (import->is_lost)
		err = door_told(answer, ret_detail);
	else
		err = take_faults(import, doc, ret_detail);
	if (!err) {
		import->counts.created += count_of(doc, "created");
		import->counts.changed += count_of(doc, "changed");
		import->counts.unchanged += count_of(doc, "unchanged");
	}
	json_free(doc);
	return err;
}

/* "import-" and the hash of the transaction's number and bytes, of its mode if it has one,
 * and of whether it keeps times. */
static void make_key(const import_t *import, char buf[80])
{
	uint8_t number[8], hash[SHA256_BYTES];
	writer_t w = writer_of(number, sizeof(number));
	wr_u64(&w, import->number);
	const slice_t parts[] = { writer_done(&w), text_slice(&import->chunk),
		                  slice_str(import->mode ? import->mode : ""),
		                  slice_str(import->keeps_times ? "times" : "") };
	env_sha256(parts, 4, hash);
	memcpy(buf, "import-", 7);
	num_to_hex(slice_of(hash, sizeof(hash)), &buf[7]);
}

static err_t send_chunk(import_t *import, err_detail_t *ret_detail)
{
	char path[PATH_ROOM], key[80];
	env_http_answer_t answer;
	writer_t w = writer_of(path, sizeof(path));
	wr_format(&w, "/api/v1/registrations?faults=%d%s%s%s",
	          import->keeps_going ? CHUNK_ROWS_MAX : 1, import->is_dry ? "&dry_run=true" : "",
	          import->keeps_going ? "&partial=true" : "",
	          import->keeps_times ? "&times=given" : "");
	door_put_parameter(&w, "prefix", import->prefix);
	door_put_parameter(&w, "mode", import->mode);
	wr_u8(&w, 0);
	make_key(import, key);
	door_ask_t ask = { .method = HTTP_POST,
		           .path = path,
		           .content_type = "application/x-ndjson",
		           .key = key,
		           .body = text_slice(&import->chunk),
		           .timeout_ns = CHUNK_TIMEOUT_NS,
		           .answer_max = ANSWER_ROOM,
		           .takes_all = true };
	err_t err = door_ask(import->door, &ask, &answer, ret_detail);
	import->is_lost = err != ERR_OK;
	if (err)
		return err;
	err = take_answer(import, &answer, ret_detail);
	env_http_answer_done(&answer);
	return err;
}

/* One name. */

typedef struct {
	http_method_t method;
	const char *head, *tail;
	slice_t name, body;
	uint64_t line;
} single_t;

static err_t path_of(const single_t *single, char buf[PATH_ROOM])
{
	writer_t w = writer_of(buf, PATH_ROOM);
	wr_format(&w, "%s", single->head);
	door_put_encoded(&w, single->name);
	wr_format(&w, "%s", single->tail);
	wr_u8(&w, 0);
	return w.bad ? ERR_TOO_BIG : ERR_OK;
}

/* A failure names the line of the file. */
static err_t send_single(import_t *import, const single_t *single, err_detail_t *ret_detail)
{
	char path[PATH_ROOM];
	env_http_answer_t answer;
	door_ask_t ask = { .method = single->method,
		           .path = path,
		           .content_type = single->body.len ? "application/json" : NULL,
		           .body = single->body,
		           .takes_all = true };
	err_t err = path_of(single, path);
	if (err)
		return err_raise(ret_detail, err, NULL, import->file, (char *)NULL);
	if (import->is_dry)
		return ERR_OK;
	err = door_ask(import->door, &ask, &answer, ret_detail);
	import->is_lost = err || answer.status >= 500;
	if (err)
		return err;
	if (answer.status >= 400)
		err = door_told(&answer, ret_detail);
	if (err)
		(void)where_of(import, single->line, ret_detail->where);
	env_http_answer_done(&answer);
	return err;
}

static err_t send_states(import_t *import, err_detail_t *ret_detail)
{
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < import->state_count; i++) {
		const import_state_t *state = &import->states[i];
		char body[48];
		(void)snprintf(body, sizeof(body), "{\"state\":\"%s\"}", state->state);
		single_t single = { HTTP_POST,       "/api/v1/identifiers/",
			            "/state",        slice_str(state->name),
			            slice_str(body), state->line };
		err = send_single(import, &single, ret_detail);
		if (err)
			err = import_refused(import, err, ret_detail);
	}
	import->state_count = 0;
	return err;
}

err_t import_flush(import_t *import, err_detail_t *ret_detail)
{
	err_t err = ERR_OK;
	if (import->rows) {
		err = send_chunk(import, ret_detail);
		import->number++;
		import->rows = 0;
		import->chunk.len = 0;
	}
	return err ? err : send_states(import, ret_detail);
}

static err_t add_row(import_t *import, slice_t json, slice_t without, const batch_item_t *item,
                     err_detail_t *ret_detail)
{
	if (import->rows == CHUNK_ROWS_MAX || import->chunk.len + json.len > CHUNK_BYTES) {
		err_t err = import_flush(import, ret_detail);
		if (err)
			return err;
	}
	size_t at = without.len ? (size_t)(without.ptr - json.ptr) : json.len;
	import->lines[import->rows++] = item->line;
	text_add(&import->chunk, slice_sub(json, 0, at));
	text_add(&import->chunk, slice_from(json, at + without.len));
	text_add(&import->chunk, SLICE("\n"));
	if (!import->chunk.bad)
		return ERR_OK;
	return err_raise(ret_detail, ERR_NO_MEMORY, NULL, import->file, (char *)NULL);
}

/* Records of other states are registered like all, and then set. */

static slice_t find_text(slice_t json, const char *text)
{
	slice_t want = slice_str(text);
	for (size_t i = 0; i + want.len <= json.len; i++)
		if (json.ptr[i] == '"' && slice_eq(slice_sub(json, i, want.len), want))
			return slice_sub(json, i, want.len);
	return (slice_t){ 0 };
}

/* *ret_without: the member that says the state. */
static err_t note_state(import_t *import, const batch_item_t *item, slice_t *ret_without)
{
	json_tree_t *doc = NULL;
	slice_t name = { 0 }, state = { 0 };
	char member[32];
	if (json_read(item->json, &doc, NULL))
		return ERR_OK; /* the node says what is wrong with it */
	(void)json_text(json_member(doc, "name"), &name);
	bool has = json_text(json_member(doc, "state"), &state);
	import_state_t *kept = &import->states[import->state_count];
	*kept = (import_state_t){ .line = item->line };
	writer_t w = writer_of(kept->name, sizeof(kept->name));
	if (import->prefix && slice_find(name, '/') == name.len)
		wr_format(&w, "%s/", import->prefix);
	wr_bytes(&w, name);
	wr_u8(&w, 0);
	bool is_kept = !w.bad && slice_to_cstr(state, kept->state, sizeof(kept->state));
	json_free(doc);
	if (!has)
		return ERR_OK;
	(void)snprintf(member, sizeof(member), "\"state\":\"%s\",", kept->state);
	*ret_without = find_text(item->json, member);
	import->state_count++;
	return is_kept && ret_without->len ? ERR_OK : ERR_INVALID;
}

static err_t take_creation(import_t *import, const batch_item_t *item, err_detail_t *ret_detail)
{
	char where[ERR_WHERE_MAX];
	slice_t without = { 0 };
	/* What ends a page of an export. */
	if (slice_starts(item->json, SLICE("{\"next_after\"")))
		return ERR_OK;
	if (find_text(item->json, "\"state\"").len) {
		err_t err = import->state_count == STATES_MAX ? import_flush(import, ret_detail)
		                                              : ERR_OK;
		if (err)
			return err;
		if (note_state(import, item, &without)) {
			import->state_count--;
			return err_raise(ret_detail, ERR_INVALID, &text_state,
			                 where_of(import, item->line, where), (char *)NULL);
		}
	}
	return add_row(import, item->json, without, item, ret_detail);
}

/* "?index=1&index=2" */
static const char *index_tail(const batch_item_t *item, char *buf, size_t cap)
{
	writer_t w = writer_of(buf, cap);
	wr_u8(&w, '?');
	for (size_t i = 0; i < item->index_count; i++)
		wr_format(&w, "%sindex=%u", i ? "&" : "", item->indexes[i]);
	wr_u8(&w, 0);
	return w.bad ? NULL : buf;
}

/* What is gone already was removed by the import that this one repeats. */
static err_t count_change(import_counts_t *counts, bool is_removal, err_t err)
{
	bool is_gone = err == ERR_NOT_FOUND && is_removal;
	counts->unchanged += is_gone;
	counts->removed += !err && is_removal;
	counts->changed += !err && !is_removal;
	return is_gone ? ERR_OK : err;
}

static err_t take_change(import_t *import, const batch_item_t *item, err_detail_t *ret_detail)
{
	static const struct {
		http_method_t method;
		const char *tail;
	} rows[] = {
		[BATCH_DELETE] = { HTTP_DELETE, "" },
		[BATCH_ADD] = { HTTP_PUT, "?index=various&overwrite=false" },
		[BATCH_MODIFY] = { HTTP_PUT, "?index=various" },
		[BATCH_REMOVE] = { HTTP_DELETE, NULL },
	};
	char tail[512];
	single_t single = { .method = rows[item->verb].method,
		            .head = "/api/handles/",
		            .tail = rows[item->verb].tail,
		            .name = item->name,
		            .body = item->json,
		            .line = item->line };
	if (!single.tail)
		single.tail = index_tail(item, tail, sizeof(tail));
	if (!single.tail)
		return err_raise(ret_detail, ERR_TOO_BIG, NULL, import->file, (char *)NULL);
	err_t err = import_flush(import, ret_detail);
	if (!err)
		err = send_single(import, &single, ret_detail);
	return count_change(&import->counts, single.method == HTTP_DELETE, err);
}

static err_t take_home(import_t *import, const batch_item_t *item, err_detail_t *ret_detail)
{
	single_t single = { .method = HTTP_POST,
		            .head = "/api/prefixes/",
		            .tail = "",
		            .name = item->name,
		            .line = item->line };
	err_t err = import_flush(import, ret_detail);
	if (!err)
		err = send_single(import, &single, ret_detail);
	bool is_there = err == ERR_EXISTS;
	import->counts.homed += !err && !import->is_dry;
	import->counts.unchanged += is_there;
	return is_there ? ERR_OK : err;
}

err_t import_take(import_t *import, const batch_item_t *item, err_detail_t *ret_detail)
{
	if (item->verb == BATCH_HOME)
		return take_home(import, item, ret_detail);
	return item->verb == BATCH_CREATE ? take_creation(import, item, ret_detail)
	                                  : take_change(import, item, ret_detail);
}
