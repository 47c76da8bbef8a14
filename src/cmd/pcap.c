/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "codec/modbus/modbus.h"
#include "env/file.h"
#include "env/posix/posix.h"
#include "sentry/sentry.h"

/* Analyses a capture file with the node's own sensor: every message with
 * --messages, then who talks to whom. */

enum { LIST_MAX = 1024, LINE_BYTES = 2048 };

typedef struct {
	bool json, messages;
	const char *path;
	uint64_t port;
} pcap_options_t;

static void json_message(const sentry_message_t *m)
{
	uint8_t line[LINE_BYTES];
	char client[ADDR_TEXT_MAX], server[ADDR_TEXT_MAX];
	json_t j = json_of(line, sizeof(line));
	json_object(&j);
	json_put_u64(&j, "packet", m->packet);
	json_put_i64(&j, "utc_ns", m->utc_ns);
	json_put_cstr(&j, "client", addr_format(m->client, client));
	json_put_cstr(&j, "server", addr_format(m->server, server));
	json_put_u64(&j, "transaction", m->transaction);
	json_put_u64(&j, "unit", m->unit);
	json_put_u64(&j, "function", m->function);
	json_put_cstr(&j, "function_name", modbus_function_info(m->function)->name);
	json_put_bool(&j, "response", m->is_response);
	json_put_bool(&j, "matched", m->matched);
	json_put_u64(&j, "exception", m->is_exception ? m->exception : 0);
	json_put_u64(&j, "address", m->address);
	json_put_u64(&j, "quantity", m->quantity);
	json_close(&j);
	printf("%.*s\n", (int)j.w.len, (const char *)line);
}

static void text_message(const sentry_message_t *m)
{
	char client[ADDR_TEXT_MAX], server[ADDR_TEXT_MAX];
	printf("%llu\t%s\t%s\t%u\t%u\t%s\t%s\t%u\t%u\t%s\n", (unsigned long long)m->packet,
	       addr_format(m->client, client), addr_format(m->server, server), m->transaction,
	       m->unit, m->is_response ? "response" : "request",
	       modbus_function_info(m->function)->name, m->address, m->quantity,
	       m->is_exception ? modbus_exception_name(m->exception) : "");
}

static void on_message(void *ctx, const sentry_message_t *message)
{
	const pcap_options_t *options = ctx;
	if (!options->messages)
		return;
	if (options->json)
		json_message(message);
	else
		text_message(message);
}

static void print_conversation(const conversation_t *c, bool json)
{
	char client[IP_TEXT_MAX], server[IP_TEXT_MAX];
	uint8_t line[LINE_BYTES];
	json_t j = json_of(line, sizeof(line));
	json_object(&j);
	json_put_cstr(&j, "client", ip_format(c->client, client));
	json_put_cstr(&j, "server", ip_format(c->server, server));
	json_put_u64(&j, "port", c->port);
	json_put_u64(&j, "requests", c->requests);
	json_put_u64(&j, "replies", c->replies);
	json_put_u64(&j, "exceptions", c->exceptions);
	json_put_u64(&j, "malformed", c->malformed);
	json_close(&j);
	if (json)
		printf("%.*s\n", (int)j.w.len, (const char *)line);
	else
		printf("%s -> %s:%u  %llu requests, %llu replies, %llu exceptions, %llu "
		       "malformed\n",
		       client, server, c->port, (unsigned long long)c->requests,
		       (unsigned long long)c->replies, (unsigned long long)c->exceptions,
		       (unsigned long long)c->malformed);
}

static err_t print_summary(sentry_t *sentry, bool json)
{
	conversation_t *list = calloc(LIST_MAX, sizeof(*list));
	if (!list)
		return ERR_NO_MEMORY;
	sentry_status_t status = sentry_status(sentry);
	size_t count = sentry_conversations(sentry, 0, list, LIST_MAX);
	for (size_t i = 0; i < count; i++)
		print_conversation(&list[i], json);
	if (!json)
		printf("%llu packets, %llu Modbus messages, %llu malformed, %zu assets\n",
		       (unsigned long long)status.packets, (unsigned long long)status.messages,
		       (unsigned long long)status.malformed, status.assets);
	free(list);
	return ERR_OK;
}

static err_t analyse(env_t *env, pcap_options_t *options)
{
	sentry_t *sentry = NULL;
	env_map_t *map = NULL;
	sentry_spec_t spec = { .learn_ns = INT64_MAX / 4 };
	spec.ports[0] = (uint16_t)options->port;
	err_t err = env_map_open(env, options->path, &map);
	if (!err)
		err = sentry_open(env, &spec, &sentry);
	if (!err) {
		slice_t bytes = env_map_bytes(map);
		sentry_on_message(sentry, on_message, options);
		size_t used = sentry_feed(sentry, bytes);
		/* A file cut short by the writer still tells what it holds. */
		err = used == 0 && bytes.len ? ERR_MALFORMED : print_summary(sentry, options->json);
	}
	sentry_close(sentry);
	env_map_close(map);
	return err;
}

int cmd_pcap(int argc, char **argv)
{
	pcap_options_t o = { .port = MODBUS_PORT };
	const option_t options[] = {
		{ "json", NULL, "JSON lines", OPTION_FLAG, &o.json },
		{ "messages", NULL, "print every message", OPTION_FLAG, &o.messages },
		{ "port", "502", "of Modbus servers", OPTION_NUMBER, &o.port },
		{ 0 },
	};
	int rest, stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	if (rest != 1 || o.port == 0 || o.port > UINT16_MAX)
		return cmd_fail_plain(ERR_USAGE, "jizhu pcap FILE");
	o.path = argv[0];
	env_t *env = NULL;
	err_t err = cmd_world(&env);
	if (!err)
		err = analyse(env, &o);
	posix_env_close(env);
	return err ? cmd_fail_plain(err, o.path) : 0;
}
