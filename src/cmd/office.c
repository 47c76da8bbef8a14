/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/ascii.h"
#include "base/json.h"
#include "cmd/cmd.h"
#include "cmd/door.h"
#include "env/json_read.h"
#include "env/posix/posix.h"

/* jizhu office: what waits at the desk of a secondary node, and the decisions on it, by
 * the HTTP API of the running node. */

enum { ANSWER_MAX = 8 << 20, PATH_MAX_BYTES = 512, BODY_MAX = 4096, OWN_OPTIONS = 7 };

typedef struct {
	door_asked_t where;
	const char *reason, *state;
	uint64_t names, names_day, requests_day;
	bool waiting, json;
} asked_t;

typedef void (*print_t)(const json_tree_t *doc);

static void print_text(const json_tree_t *object, const char *key, const char *head)
{
	slice_t text = { 0 };
	if (json_text(json_member(object, key), &text) && text.len)
		printf("%s%.*s", head, (int)text.len, (const char *)text.ptr);
}

static long long number_of(const json_tree_t *object, const char *key)
{
	int64_t number = 0;
	(void)json_whole(json_member(object, key), 0, INT64_MAX, &number);
	return number;
}

static void print_day(const json_tree_t *object, const char *key, const char *head)
{
	char buf[TIME_TEXT_MAX];
	printf("%s%.16sZ", head, time_format(number_of(object, key) * NS_PER_MS, buf));
}

static void print_application(const json_tree_t *a)
{
	bool overdue = false;
	(void)json_flag(json_member(a, "overdue"), &overdue);
	printf("%lld", number_of(a, "number"));
	print_text(a, "state", "\t");
	print_text(a, "prefix", "\t");
	print_text(a, "wanted", "\twants ");
	print_text(a, "organisation", "\t");
	print_text(a, "credit_code", "\t");
	print_day(a, "applied_ms", "\t");
	printf("%s\n", overdue ? "\toverdue" : "");
}

static void print_step(const json_tree_t *step)
{
	print_day(step, "at_ms", "  ");
	print_text(step, "step", "  ");
	print_text(step, "who", "  ");
	print_text(step, "reason", "  ");
	printf("\n");
}

static void print_steps(const json_tree_t *a)
{
	const json_tree_t *steps = json_member(a, "steps");
	print_application(a);
	for (size_t i = 0; i < json_count(steps); i++)
		print_step(json_item(steps, i));
}

static void print_prefix(const json_tree_t *p)
{
	double ratio = 0;
	bool has = json_number(json_member(p, "ratio"), &ratio);
	print_text(p, "prefix", "");
	print_text(p, "state", "\t");
	print_text(p, "organisation", "\t");
	printf("\tregistered %lld\tresolved %lld\tratio ", number_of(p, "registered"),
	       number_of(p, "resolved"));
	if (has)
		printf("%.1f %%\n", 100 * ratio);
	else
		printf("-\n");
}

static void print_items(const json_tree_t *doc, print_t print)
{
	const json_tree_t *items = json_member(doc, "items");
	for (size_t i = 0; i < json_count(items); i++)
		print(json_item(items, i));
}

static void print_applications(const json_tree_t *doc)
{
	print_items(doc, print_application);
}

static void print_prefixes(const json_tree_t *doc)
{
	print_items(doc, print_prefix);
}

typedef struct {
	const char *word;
	bool has_name; /* a number or a prefix follows */
	http_method_t method;
	const char *path, *tail; /* around what follows */
	print_t print;
} row_t;

static const row_t rows[] = {
	{ "list", false, HTTP_GET, "/api/v1/office/applications?limit=500", "",
	  print_applications },
	{ "show", true, HTTP_GET, "/api/v1/office/applications/", "", print_steps },
	{ "review", true, HTTP_POST, "/api/v1/office/applications/", "/review", print_steps },
	{ "approve", true, HTTP_POST, "/api/v1/office/applications/", "/approve", print_steps },
	{ "refuse", true, HTTP_POST, "/api/v1/office/applications/", "/refuse", print_steps },
	{ "suspend", true, HTTP_POST, "/api/v1/office/applications/", "/suspend", print_steps },
	{ "resume", true, HTTP_POST, "/api/v1/office/applications/", "/resume", print_steps },
	{ "close", true, HTTP_POST, "/api/v1/office/applications/", "/close", print_steps },
	{ "prefixes", false, HTTP_GET, "/api/v1/office/prefixes?limit=500", "", print_prefixes },
	{ "prefix", true, HTTP_GET, "/api/v1/office/prefixes/", "", print_prefix },
};

static const row_t *find_row(int count, char **argv)
{
	for (size_t i = 0; count > 0 && i < sizeof(rows) / sizeof(*rows); i++)
		if (slice_eq(slice_str(argv[0]), slice_str(rows[i].word)) &&
		    count == 1 + rows[i].has_name)
			return &rows[i];
	return NULL;
}

/* Nothing but what a number or a prefix is made of goes into the path. */
static bool is_plain(const char *name)
{
	return ascii_is_word(slice_str(name), SLICE(".-"));
}

static err_t write_path(const asked_t *asked, const row_t *row, const char *name,
                        char buf[PATH_MAX_BYTES])
{
	writer_t w = writer_of(buf, PATH_MAX_BYTES);
	if (!is_plain(name) || (asked->state && !is_plain(asked->state)))
		return ERR_USAGE;
	wr_format(&w, "%s%s%s", row->path, name, row->tail);
	if (asked->state)
		wr_format(&w, "&state=%s", asked->state);
	if (asked->waiting)
		wr_format(&w, "&waiting=true");
	wr_u8(&w, 0);
	return w.bad ? ERR_USAGE : ERR_OK;
}

static void write_body(const asked_t *asked, json_t *j)
{
	json_object(j);
	if (asked->reason)
		json_put_cstr(j, "reason", asked->reason);
	json_key(j, "limits");
	json_object(j);
	json_put_u64(j, "names", asked->names);
	json_put_u64(j, "names_per_day", asked->names_day);
	json_put_u64(j, "requests_per_day", asked->requests_day);
	json_close(j);
	json_close(j);
}

static int print_answer(const asked_t *asked, const row_t *row, slice_t json)
{
	json_tree_t *doc = NULL;
	if (asked->json)
		return printf("%.*s\n", (int)json.len, (const char *)json.ptr) < 0 ? 74 : 0;
	err_t err = json_read(json, &doc, NULL);
	if (err)
		return cmd_fail_plain(err, "");
	row->print(doc);
	json_free(doc);
	return 0;
}

static int carry_out(const asked_t *asked, const row_t *row, const door_ask_t *ask)
{
	err_detail_t detail = { 0 };
	env_http_answer_t answer = { 0 };
	door_t door = { 0 };
	env_t *env = NULL;
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	err = door_find(env, &asked->where, &door, &detail);
	if (!err)
		err = door_enter(&door, &detail);
	if (!err)
		err = door_ask(&door, ask, &answer, &detail);
	int code = err ? cmd_fail(&detail) : print_answer(asked, row, answer.body);
	env_http_answer_done(&answer);
	door_leave(&door);
	posix_env_close(env);
	return code;
}

static int run(const asked_t *asked, int count, char **argv)
{
	char path[PATH_MAX_BYTES], body[BODY_MAX];
	json_t j = json_of(body, sizeof(body));
	const row_t *row = find_row(count, argv);
	if (!row)
		return cmd_fail_plain(ERR_USAGE, "jizhu office list|prefixes, or show|review|"
		                                 "approve|refuse|suspend|resume|close NUMBER, or "
		                                 "prefix PREFIX");
	write_body(asked, &j);
	err_t err = write_path(asked, row, row->has_name ? argv[1] : "", path);
	if (err || !json_ok(&j))
		return cmd_fail_plain(err ? err : ERR_TOO_BIG, argv[count - 1]);
	door_ask_t ask = { .method = row->method, .path = path, .answer_max = ANSWER_MAX };
	if (row->method == HTTP_POST) {
		ask.content_type = "application/json";
		ask.body = json_done(&j);
	}
	return carry_out(asked, row, &ask);
}

int cmd_office(int argc, char **argv)
{
	asked_t asked = { 0 };
	int rest;
	option_t options[OWN_OPTIONS + DOOR_OPTIONS + 1] = {
		{ "reason", "TEXT", "why; needed to refuse, suspend and close", OPTION_TEXT,
		  &asked.reason },
		{ "names", "N", "of approve: registrations in all; 0 for any number", OPTION_NUMBER,
		  &asked.names },
		{ "names-per-day", "N", "of approve: registrations a day", OPTION_NUMBER,
		  &asked.names_day },
		{ "requests-per-day", "N", "of approve: resolutions a day", OPTION_NUMBER,
		  &asked.requests_day },
		{ "state", "STATE", "of list: applications of this state", OPTION_TEXT,
		  &asked.state },
		{ "waiting", NULL, "of list: what waits for the office", OPTION_FLAG,
		  &asked.waiting },
		{ "json", NULL, "print JSON", OPTION_FLAG, &asked.json },
	};
	door_options(&options[OWN_OPTIONS], &asked.where);
	int stop = cmd_options(options, argc, argv, &rest);
	return stop >= 0 ? stop : run(&asked, rest, argv);
}
