/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"
#include "cmd/data_print.h"
#include "cmd/places.h"
#include "cmd/signing.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/handle_json.h"
#include "base/num.h"
#include "base/text.h"
#include "codec/handle/at.h"
#include "codec/handle/handle.h"
#include "config/config.h"
#include "env/posix/posix.h"
#include "resolver/resolver.h"

/* Resolves one name and shows the way it took. */

enum { FILTERS = 16, AT_TEXT = 64, JSON_ROOM = (64 << 10) + 6 * PLACES_URL_MAX };

static const err_text_t TEXT_NO_START = {
	{ "nobody to ask", "没有可询问的服务器" },
	{ "Give --server, --roots or --config", "请给出 --server、--roots 或 --config" },
};
static const err_text_t TEXT_FILTER = {
	{ "'%1' is no list of up to 16 %2", "“%1”不是至多 16 项的%2列表" },
	{ "Separate them by commas", "请用逗号分隔" },
};
static const err_text_t TEXT_REFUSED = {
	{ "%1 (%2): %3", "%1（%2）：%3" },
	{ NULL, NULL },
};
static const err_text_t TEXT_NO_ANSWER = {
	{ "no answer: %1", "没有应答：%1" },
	{ "The walk above says who was asked", "上面的解析过程说明询问了谁" },
};

static const err_text_t TEXT_TIME = {
	{ "'%1' is no time", "“%1”不是时间" },
	{ "RFC 3339 as in 2026-03-01T00:00:00Z, or milliseconds since 1970",
	  "请用 RFC 3339，如 2026-03-01T00:00:00Z，或 1970 年以来的毫秒数" },
};
static const err_text_t TEXT_NOT_THEN = {
	{ "the server answered %1 as it is now, not as of %2",
	  "服务器给出的是 %1 的当前记录，而非 %2 时的记录" },
	{ "ask the node that keeps its history", "请询问保存其历史的节点" },
};

typedef struct {
	const char *name, *types, *indexes, *roots, *config, *as_of, *trust;
	places_client_t places;
	addr_t server;
	bool authoritative, certified, tcp, json, verify;
	int64_t timeout_ns;
} options_t;

typedef struct {
	env_t *env;
	env_mailbox_t *mail;
	resolver_reply_t reply;
	bool is_verified; /* and shown, with this exit code */
	int code;
} session_t;

static void print_people(const resolver_answer_t *answer, const options_t *o);

/* Asking. */

static err_t read_types(const char *text, slice_t types[FILTERS], size_t *ret_count)
{
	slice_t rest = slice_str(text);
	size_t count = 0;
	while (rest.len) {
		if (count == FILTERS)
			return ERR_USAGE;
		types[count] = slice_cut(&rest, ',');
		if (types[count++].len == 0)
			return ERR_USAGE;
	}
	*ret_count = count;
	return ERR_OK;
}

static err_t read_indexes(const char *text, uint32_t indexes[FILTERS], size_t *ret_count)
{
	slice_t words[FILTERS];
	uint64_t number = 0;
	err_t err = read_types(text, words, ret_count);
	for (size_t i = 0; i < *ret_count && !err; i++) {
		err = num_parse_u64(words[i], INT32_MAX, &number) ? ERR_USAGE : ERR_OK;
		indexes[i] = (uint32_t)number;
	}
	return err;
}

static void on_reply(void *ctx)
{
	session_t *session = ctx;
	if (env_mailbox_take(session->mail, &session->reply))
		env_stop(session->env);
}

/* The time stands among the types (codec/handle/at.h). */
static err_t add_time(const char *as_of, char room[AT_TEXT], resolver_question_t *question,
                      slice_t types[FILTERS + 1])
{
	int64_t utc_ns;
	int len = snprintf(room, AT_TEXT, HANDLE_AT_TYPE ":%s", as_of);
	if (len < 0 || len >= AT_TEXT || time_parse_ms(slice_str(as_of), &utc_ns))
		return ERR_USAGE;
	types[question->type_count++] = slice_str(room);
	return ERR_OK;
}

static err_t ask(session_t *session, resolver_t *resolver, const options_t *o,
                 err_detail_t *ret_detail)
{
	char at[AT_TEXT];
	slice_t types[FILTERS + 1];
	uint32_t indexes[FILTERS];
	resolver_question_t question = { .name = slice_str(o->name),
		                         .types = types,
		                         .indexes = indexes };
	if (o->authoritative)
		question.flags |= RESOLVER_AUTHORITATIVE;
	if (o->certified)
		question.flags |= RESOLVER_CERTIFIED;
	if (o->types && read_types(o->types, types, &question.type_count))
		return err_raise(ret_detail, ERR_USAGE, &TEXT_FILTER, "--type", o->types, "types",
		                 (char *)NULL);
	if (o->indexes && read_indexes(o->indexes, indexes, &question.index_count))
		return err_raise(ret_detail, ERR_USAGE, &TEXT_FILTER, "--index", o->indexes,
		                 "numbers", (char *)NULL);
	if (o->as_of && add_time(o->as_of, at, &question, types))
		return err_raise(ret_detail, ERR_USAGE, &TEXT_TIME, "--as-of", o->as_of,
		                 (char *)NULL);
	err_t err = resolver_ask(resolver, &question, session->mail, NULL);
	if (!err)
		err = env_run(session->env);
	return err ? err_raise(ret_detail, err, NULL, o->name, (char *)NULL) : ERR_OK;
}

/* Verifying: the resolver is asked for the records of issuers as well. */

typedef struct {
	session_t *session;
	resolver_t *resolver;
	slice_t name;
	err_t err;
} asker_t;

/* Mail is taken by a loop that runs. */
static void on_turn(void *ctx)
{
	asker_t *asker = ctx;
	resolver_question_t question = { .name = asker->name };
	asker->err = resolver_ask(asker->resolver, &question, asker->session->mail, NULL);
	if (asker->err)
		env_stop(asker->session->env);
}

static err_t ask_more(void *ctx, slice_t name, const resolver_answer_t **ret_answer)
{
	asker_t *asker = ctx;
	session_t *session = asker->session;
	env_timer_t *timer = NULL;
	asker->name = name;
	err_t err = env_timer_new(env_control_loop(session->env), on_turn, asker, &timer);
	if (err)
		return err;
	env_timer_set(timer, 0);
	err = env_run(session->env);
	env_timer_free(timer);
	if (err || asker->err)
		return err ? err : asker->err;
	if (session->reply.err || !session->reply.answer) {
		resolver_answer_release(session->reply.answer);
		return session->reply.err ? session->reply.err : ERR_NOT_FOUND;
	}
	*ret_answer = session->reply.answer;
	return ERR_OK;
}

static void verify(session_t *session, resolver_t *resolver, const options_t *o)
{
	resolver_reply_t first = session->reply;
	asker_t ctx = { .session = session, .resolver = resolver };
	signing_asker_t asker = { ask_more, &ctx };
	if (!o->verify || first.err || !first.answer)
		return;
	if (!o->json)
		print_people(first.answer, o);
	signing_question_t question = { o->name, first.answer, o->trust, o->json };
	session->code = signing_verify(session->env, &question, &asker);
	session->is_verified = true;
	session->reply = first;
}

static err_t walk(session_t *session, const resolver_spec_t *spec, const options_t *o,
                  err_detail_t *ret_detail)
{
	resolver_t *resolver = NULL;
	env_mailbox_spec_t mail = { .name = "answer",
		                    .reader = spec->loop,
		                    .item_size = sizeof(resolver_reply_t),
		                    .capacity = 1,
		                    .policy = ENV_FULL_REFUSE,
		                    .ready = on_reply,
		                    .ctx = session };
	err_t err = env_mailbox_new(&mail, &session->mail);
	if (err)
		return err_raise(ret_detail, err, NULL, "", (char *)NULL);
	err = resolver_open(session->env, spec, &resolver, ret_detail);
	if (!err)
		err = ask(session, resolver, o, ret_detail);
	if (!err)
		verify(session, resolver, o);
	resolver_close(resolver);
	env_mailbox_free(session->mail);
	return err;
}

/* The options over what the configuration says. */
static void apply(const options_t *o, resolver_pin_t *pins, resolver_spec_t *spec)
{
	if (o->server.ip.family) {
		pins[0] = (resolver_pin_t){ .addr = o->server };
		spec->pins = pins;
		spec->pin_count = 1;
	}
	if (o->roots) {
		spec->roots = &o->roots;
		spec->root_count = 1;
	}
	spec->prefer_tcp |= o->tcp;
	if (o->timeout_ns)
		spec->deadline_ns = o->timeout_ns;
}

static err_t walk_with(session_t *session, const config_t *config, const options_t *o,
                       err_detail_t *ret_detail)
{
	env_loop_t *loop = env_control_loop(session->env);
	size_t count = config ? config->resolver.pin_count : 0;
	resolver_pin_t *pins = calloc(count + 1, sizeof(*pins));
	resolver_spec_t spec = { .loop = loop };
	if (!pins)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	if (config) {
		resolver_spec_from(&config->resolver, loop, pins, &spec);
		spec.legacy = config->handle_legacy;
	}
	apply(o, pins, &spec);
	err_t err = walk(session, &spec, o, ret_detail);
	free(pins);
	return err;
}

static err_t resolve(session_t *session, const options_t *o, err_detail_t *ret_detail)
{
	config_t *config = NULL;
	err_t err = ERR_OK;
	if (!o->config && !o->roots && !o->server.ip.family)
		return err_raise(ret_detail, ERR_USAGE, &TEXT_NO_START, "", (char *)NULL);
	if (o->config)
		err = config_load(session->env, o->config, &config, ret_detail);
	if (!err)
		err = walk_with(session, config, o, ret_detail);
	config_free(config);
	return err;
}

/* Showing. */

static void print_value(const handle_value_t *value)
{
	printf("%6u  ", value->index);
	data_print(value->type);
	printf("  ");
	data_print(value->data);
	printf("\n");
}

static void print_values(const resolver_answer_t *answer)
{
	reader_t r = reader_of(answer->values);
	for (uint32_t i = 0; i < answer->count; i++) {
		handle_value_t value = handle_value_read(&r);
		print_value(&value);
	}
}

static void print_exchange(const resolver_step_t *step, lang_t lang)
{
	char server[ADDR_TEXT_MAX];
	const handle_code_t *said = handle_response_info(step->response);
	printf("  %s %s  %.1f ms", addr_format(step->server, server), step->by_tcp ? "tcp" : "udp",
	       (double)step->took_ns / (double)NS_PER_MS);
	if (step->tries > 1)
		printf(" (%u)", step->tries);
	if (step->err)
		printf("  %s", err_info(step->err)->text[lang]);
	else if (step->response)
		printf("  %s (%u)", said ? said->text : "?", step->response);
}

static void print_walk(const resolver_answer_t *answer, lang_t lang)
{
	for (size_t i = 0; i < answer->step_count; i++) {
		const resolver_step_t *step = &answer->steps[i];
		printf("%10.1f ms  %*s", (double)step->at_ns / (double)NS_PER_MS, 2 * step->depth,
		       "");
		data_print(slice_str(step->name));
		printf("  %s", resolver_step_text(step->kind, lang));
		if (step->server.ip.family)
			print_exchange(step, lang);
		printf("\n");
	}
	if (answer->steps_left_out)
		printf("               + %zu\n", answer->steps_left_out);
}

static size_t json_room(const resolver_answer_t *answer)
{
	reader_t r = reader_of(answer->values);
	size_t room = JSON_ROOM;
	for (uint32_t i = 0; i < answer->count; i++) {
		handle_value_t value = handle_value_read(&r);
		room += handle_json_room(&value);
	}
	return room;
}

static void put_values(const resolver_answer_t *answer, json_t *j)
{
	reader_t r = reader_of(answer->values);
	for (uint32_t i = 0; i < answer->count; i++) {
		handle_value_t value = handle_value_read(&r);
		handle_json_put(&value, j);
	}
}

static void json_answer(const resolver_reply_t *reply, const options_t *o, json_t *j)
{
	const resolver_answer_t *answer = reply->answer;
	char server[ADDR_TEXT_MAX];
	json_object(j);
	json_put_u64(j, "responseCode", reply->response);
	json_put_str(j, "handle", answer->name.len ? answer->name : slice_str(o->name));
	json_put_cstr(j, "result", err_info(reply->err)->name);
	if (answer->server.ip.family)
		json_put_cstr(j, "server", addr_format(answer->server, server));
	if (answer->text.len)
		json_put_str(j, "message", answer->text);
	json_key(j, "values");
	json_array(j);
	put_values(answer, j);
	json_close(j);
	places_put(answer, o->name, &o->places, j);
	json_key(j, "walk");
	resolver_trace_put(answer, j);
	json_close(j);
}

static err_t print_json(const resolver_reply_t *reply, const options_t *o)
{
	size_t room = json_room(reply->answer);
	uint8_t *buf = malloc(room);
	if (!buf)
		return ERR_NO_MEMORY;
	json_t j = json_of(buf, room);
	json_answer(reply, o, &j);
	bool is_good = json_ok(&j);
	if (is_good)
		printf("%.*s\n", (int)json_done(&j).len, (const char *)buf);
	free(buf);
	return is_good ? ERR_OK : ERR_TOO_BIG;
}

static int fail(const resolver_reply_t *reply, const char *name)
{
	const handle_code_t *said = handle_response_info(reply->response);
	char code[16], text[ERR_ARG_MAX] = "";
	err_detail_t detail;
	if (reply->answer && data_is_text(reply->answer->text))
		(void)slice_to_cstr(reply->answer->text, text, sizeof(text));
	snprintf(code, sizeof(code), "%u", reply->response);
	if (reply->response)
		(void)!err_raise(&detail, reply->err, &TEXT_REFUSED, name, said ? said->text : "?",
		                 code, text[0] ? text : "-", (char *)NULL);
	else
		(void)!err_raise(&detail, reply->err, &TEXT_NO_ANSWER, name,
		                 err_info(reply->err)->text[cmd_lang()], (char *)NULL);
	return cmd_fail(&detail);
}

static void print_people(const resolver_answer_t *answer, const options_t *o)
{
	data_print(answer->name.len ? answer->name : slice_str(o->name));
	printf("\n");
	print_values(answer);
	places_print(answer, o->name, &o->places);
	print_walk(answer, cmd_lang());
}

/* Whether who answered did so as of the time. */
static bool tells_its_change(const resolver_answer_t *answer)
{
	reader_t r = reader_of(answer->values);
	bool tells = false;
	for (uint32_t i = 0; i < answer->count; i++) {
		handle_value_t value = handle_value_read(&r);
		tells |= slice_eq_nocase(value.type, SLICE(HANDLE_AT_TYPE));
	}
	return tells;
}

static int fail_now(const options_t *o)
{
	err_detail_t detail;
	(void)!err_raise(&detail, ERR_UNSUPPORTED, &TEXT_NOT_THEN, "", o->name, o->as_of,
	                 (char *)NULL);
	return cmd_fail(&detail);
}

static int show(const resolver_reply_t *reply, const options_t *o)
{
	if (o->as_of && !reply->err && reply->answer && !tells_its_change(reply->answer))
		return fail_now(o);
	if (!reply->answer)
		return cmd_fail_plain(reply->err, o->name);
	err_t err = o->json ? print_json(reply, o) : ERR_OK;
	if (err)
		return cmd_fail_plain(err, o->name);
	if (!o->json)
		print_people(reply->answer, o);
	return reply->err ? fail(reply, o->name) : 0;
}

/* Below 0: go on. */
static int read_options(int argc, char **argv, options_t *o)
{
	int rest;
	const option_t options[] = {
		{ "type", "T,...", "only values of these types", OPTION_TEXT, &o->types },
		{ "index", "N,...", "only values with these indexes", OPTION_TEXT, &o->indexes },
		{ "as-of", "TIME", "the record as it was known then", OPTION_TEXT, &o->as_of },
		{ "server", "IP:PORT", "ask this server first, for every name", OPTION_ADDRESS,
		  &o->server },
		{ "roots", "FILE", "begin at the servers of this root_info or bootstrap_handles",
		  OPTION_TEXT, &o->roots },
		{ "config", "FILE", "begin as a node with this configuration does", OPTION_TEXT,
		  &o->config },
		{ "locatt", "KEY:VALUE,...", "of several places, the one with these attributes",
		  OPTION_TEXT, &o->places.wishes },
		{ "country", "XX", "of several places, the one for this country", OPTION_TEXT,
		  &o->places.country },
		{ "authoritative", NULL, "ask primary sites only", OPTION_FLAG, &o->authoritative },
		{ "certified", NULL, "believe only what is signed, from the roots file on",
		  OPTION_FLAG, &o->certified },
		{ "tcp", NULL, "ask over TCP before UDP", OPTION_FLAG, &o->tcp },
		{ "timeout", "15s", "give up after this time", OPTION_DURATION, &o->timeout_ns },
		{ "verify", NULL, "say what its signatures are worth", OPTION_FLAG, &o->verify },
		{ "trust", "FILE,...", "with --verify: certificates of trusted roots", OPTION_TEXT,
		  &o->trust },
		{ "json", NULL, "print the record and the walk, or what holds, as JSON",
		  OPTION_FLAG, &o->json },
		{ 0 },
	};
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest != 1 || !places_are_wishes(o->places.wishes))
		return cmd_fail_plain(ERR_USAGE, "jizhu resolve NAME");
	o->name = argv[0];
	return -1;
}

int cmd_resolve(int argc, char **argv)
{
	options_t o = { 0 };
	err_detail_t detail = { 0 };
	int stop = read_options(argc, argv, &o);
	if (stop >= 0)
		return stop;
	session_t session = { 0 };
	err_t err = cmd_world(&session.env);
	if (err)
		return cmd_fail_plain(err, "");
	env_random(session.env, &o.places.chance, sizeof(o.places.chance));
	err = resolve(&session, &o, &detail);
	posix_env_close(session.env);
	if (err)
		return cmd_fail(&detail);
	int code = session.is_verified ? session.code : show(&session.reply, &o);
	resolver_answer_release(session.reply.answer);
	return code;
}
