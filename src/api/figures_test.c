/* SPDX-License-Identifier: Apache-2.0 */
/* Figures through the door: their names, lists, what they were made of, and those that people
 * attest. */
#include "api/figure_id.h"
#include "api/figure_json.h"
#include "api/tree_room_test.h"

#define FIGURES  "/api/v1/figures"
#define DECLARED FIGURES "/declared"
#define DAY_NS   (24 * INT64_C(3600) * NS_PER_S)
/* Midnight in Beijing. */
#define DAY_0    (INT64_C(1699977600) * NS_PER_S)

static figure_t figure_of(const char *entity, int day, double good, double planned)
{
	return (figure_t){ .key = { SLICE("iso22400.test"), 1, SLICE("work-unit"),
		                    DAY_0 + day * DAY_NS, DAY_0 + (day + 1) * DAY_NS },
		           .entity = slice_str(entity),
		           .parts = { { PART_SUM, true, good, { 0 } },
		                      { PART_SUM, planned > 0, planned, { 0 } } },
		           .part_count = 2,
		           .has_value = planned > 0,
		           .value = planned > 0 ? good / planned : 0,
		           .lack = planned > 0 ? (slice_t){ 0 } : SLICE("planned"),
		           .expected = 1,
		           .reporting = 1,
		           .coverage = 0.5 };
}

static void send_figure(room_t *room, size_t child, const figure_t *figure)
{
	uint8_t bytes[2048];
	writer_t w = writer_of(bytes, sizeof(bytes));
	wr_string(&w, slice_str(TREE_NAMES[child]));
	OK(figure_encode(figure, &w));
	tree_send(room, child, UPLINK_INDICATORS, writer_done(&w));
}

static void issue(room_t *room, figure_t figure)
{
	uint64_t seq = 0;
	OK(book_issue(room->tree.book, &figure, &seq));
	assert_true(seq > 0);
	tree_settle(room);
}

/* Names. */

static size_t name_of(const figure_id_t *id, char text[FIGURE_ID_TEXT + 1])
{
	writer_t w = writer_of(text, FIGURE_ID_TEXT);
	figure_id_put(id, &w);
	assert_false(w.bad);
	text[w.len] = 0;
	return w.len;
}

static figure_id_t some_id(void)
{
	figure_t figure = figure_of("99.100.2/FRM 1", -20000, 1, 2);
	return (figure_id_t){ { figure.key, figure.entity, SLICE("99.100.2") }, 3 };
}

static void a_name_says_which_figure_and_revision_and_reads_back(void **state)
{
	(void)state;
	char text[FIGURE_ID_TEXT + 1], most[FIGURE_NAME_MAX], again[FIGURE_ID_TEXT + 1];
	uint8_t room[FIGURE_ID_BYTES];
	figure_id_t ids[] = { some_id(), some_id(), some_id() }, read;
	memset(most, 0xE4, sizeof(most));
	slice_t longest = slice_of(most, sizeof(most));
	ids[1].key.source = (slice_t){ 0 };
	ids[2] = (figure_id_t){
		{ { longest, UINT32_MAX, longest, INT64_MIN, INT64_MAX }, longest, longest },
		UINT32_MAX
	};
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		size_t len = name_of(&ids[i], text);
		for (size_t k = 0; k < len; k++)
			assert_non_null(
				strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			               "0123456789-_",
			               text[k]));
		OK(figure_id_read(slice_str(text), room, &read));
		assert_int_equal(figure_key_cmp(&read.key.key, &ids[i].key.key), 0);
		assert_true(slice_eq(read.key.entity, ids[i].key.entity));
		assert_true(slice_eq(read.key.source, ids[i].key.source));
		assert_int_equal(read.revision, ids[i].revision);
		name_of(&read, again);
		assert_string_equal(text, again);
	}
}

static void names_that_nobody_gave_are_refused(void **state)
{
	(void)state;
	char text[FIGURE_ID_TEXT + 1], long_text[2 * FIGURE_ID_TEXT];
	uint8_t room[FIGURE_ID_BYTES];
	figure_id_t id = some_id(), read;
	size_t len = name_of(&id, text);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(figure_id_read(slice_of(text, i), room, &read), ERR_MALFORMED);
	memset(long_text, 'A', sizeof(long_text));
	assert_int_equal(figure_id_read(slice_of(long_text, sizeof(long_text)), room, &read),
	                 ERR_MALFORMED);
	const char *const bad[] = { "", "!", "AQ==", "../../etc/passwd", "AQEA", "AgEA" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(figure_id_read(slice_str(bad[i]), room, &read), ERR_MALFORMED);
	/* Every other byte makes another name, or none: never the same one. */
	for (size_t i = 0; i < len; i++) {
		char was = text[i], again[FIGURE_ID_TEXT + 1];
		text[i] = was == 'A' ? 'B' : 'A';
		if (figure_id_read(slice_str(text), room, &read) == ERR_OK) {
			name_of(&read, again);
			assert_string_equal(text, again);
		}
		text[i] = was;
	}
	id.revision = 0;
	name_of(&id, text);
	assert_int_equal(figure_id_read(slice_str(text), room, &read), ERR_MALFORMED);
	id = some_id();
	id.key.key.to_ns = id.key.key.from_ns;
	name_of(&id, text);
	assert_int_equal(figure_id_read(slice_str(text), room, &read), ERR_MALFORMED);
}

static void a_period_is_known_by_its_length(void **state)
{
	static const struct {
		int64_t minutes;
		const char *word;
	} rows[] = {
		{ 15, "15min" },
		{ 60, "hour" },
		{ 8 * 60, "shift" },
		{ 12 * 60, "shift" },
		{ 23 * 60, "day" },
		{ 25 * 60, "day" },
		{ 7 * 1440, "week" },
		{ 28 * 1440, "month" },
		{ 31 * 1440 + 60, "month" },
		{ 90 * 1440, "quarter" },
		{ 92 * 1440, "quarter" },
		{ 366 * 1440, "year" },
		{ 45, NULL },
		{ 2 * 1440, NULL },
		{ 800 * 1440, NULL },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		figure_key_t key = { .from_ns = DAY_0,
			             .to_ns = DAY_0 + rows[i].minutes * 60 * NS_PER_S };
		const char *word = figure_period(NULL, &key);
		assert_true(rows[i].word ? word && strcmp(word, rows[i].word) == 0 : !word);
	}
}

/* Lists. */

static const struct {
	const char *query;
	size_t count;
} LISTS[] = {
	{ "", 6 },
	{ "?definition=iso22400.test", 6 },
	{ "?definition=iso22400.other", 0 },
	{ "?version=2", 0 },
	{ "?scope=work-unit&entity=99.100.2", 3 },
	{ "?source=99.100.3", 3 },
	{ "?source=", 0 },
	{ "?period=day", 6 },
	{ "?period=month", 0 },
	{ "?from=2023-11-15T16:00:00Z", 4 },
	{ "?to=2023-11-15T16:00:00Z", 2 },
	{ "?from=2023-11-15T16:00:00Z&to=2023-11-16T16:00:00Z", 2 },
	{ "?latest=1", 2 },
	{ "?latest=1&period=day&to=2023-11-16T16:00:00Z", 2 },
	{ "?as_of=2001-01-01T00:00:00Z", 0 },
};

static void figures_are_listed_by_what_is_asked(void **state)
{
	room_t *room = *state;
	for (size_t child = 0; child < 2; child++)
		for (int day = 0; day < 3; day++) {
			figure_t figure = figure_of(TREE_NAMES[child], day, 1 + day, 4);
			figure.revision = 1;
			figure.issued_ns = START_NS;
			send_figure(room, child, &figure);
		}
	tree_settle(room);
	for (size_t i = 0; i < sizeof(LISTS) / sizeof(*LISTS); i++) {
		char path[256];
		size_t count = 0;
		(void)snprintf(path, sizeof(path), FIGURES "%s", LISTS[i].query);
		assert_int_equal(get(room, path), 200);
		slice_t body = room->answer.body;
		for (; body.len; body = slice_from(body, 1))
			count += slice_starts(body, SLICE("{\"id\":\""));
		if (count != LISTS[i].count)
			fail_msg("%s gives %zu", path, count);
	}
	assert_int_equal(get(room, FIGURES "?latest=1&entity=99.100.3"), 200);
	assert_true(has(room, "\"from\":\"2023-11-16T16:00:00.000Z\""));
	assert_true(has(room, "\"value\":0.75,"));
}

static void a_figure_is_told_with_its_meaning_and_absent_is_not_zero(void **state)
{
	room_t *room = *state;
	issue(room, figure_of("99.100.1", 0, 5, 0));
	assert_int_equal(get(room, FIGURES), 200);
	assert_true(has(room, "\"definition\":\"iso22400.test\",\"version\":1,"));
	assert_true(has(room, "\"scope\":\"work-unit\",\"period\":\"day\","
	                      "\"from\":\"2023-11-14T16:00:00.000Z\","
	                      "\"to\":\"2023-11-15T16:00:00.000Z\",\"entity\":\"99.100.1\","
	                      "\"source\":\"\",\"origin\":\"measured\",\"value\":null,"
	                      "\"lack\":\"planned\",\"parts\":[{\"name\":\"\",\"kind\":\"sum\","
	                      "\"value\":5,\"unit\":\"\"},{\"name\":\"\",\"kind\":\"sum\","
	                      "\"value\":null,\"unit\":\"\"}],\"expected\":1,\"reporting\":1,"
	                      "\"declared\":0,\"silent\":[],\"coverage\":0.5,\"revision\":1,"));
}

static void pages_of_either_list_hold_each_figure_once(void **state)
{
	static const struct {
		const char *query;
		size_t count;
	} rows[] = { { "", 9 }, { "&latest=1", 3 } };
	room_t *room = *state;
	for (size_t child = 0; child < TREE_CHILDREN; child++)
		for (int day = 0; day < 3; day++) {
			figure_t figure = figure_of(TREE_NAMES[child], day, 1 + day, 4);
			figure.revision = 1;
			figure.issued_ns = START_NS;
			send_figure(room, child, &figure);
		}
	tree_settle(room);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char path[2400], next[2048] = "";
		size_t count = 0, pages = 0;
		do {
			(void)snprintf(path, sizeof(path), FIGURES "?limit=2%s&cursor=%s",
			               rows[i].query, next);
			assert_int_equal(get(room, path), 200);
			slice_t body = room->answer.body;
			for (; body.len; body = slice_from(body, 1))
				count += slice_starts(body, SLICE("{\"id\":\""));
			next[0] = 0;
			if (!slice_has(room->answer.body, "\"next\":null"))
				answer_text(room, "next", next, sizeof(next));
		} while (next[0] && ++pages < 10);
		assert_int_equal(count, rows[i].count);
	}
	assert_int_equal(get(room, FIGURES "?cursor=AAAA"), 422);
	assert_int_equal(get(room, FIGURES "?from=tomorrow"), 422);
	assert_int_equal(get(room, FIGURES "?version=x"), 422);
}

/* One. */

/* Of two children that reported, the first of which has said otherwise since, and a third. */
static figure_t rolled(uint8_t *bytes, size_t cap)
{
	figure_t figure = figure_of("99.100.1", 0, 3, 8);
	writer_t w = writer_of(bytes, cap);
	for (uint32_t i = 0; i < TREE_CHILDREN; i++)
		figure_source_put(&(figure_source_t){ slice_str(TREE_NAMES[i]), i < 2 }, &w);
	figure.origin = FIGURE_ROLLED;
	figure.expected = 3;
	figure.reporting = 2;
	figure.sources = writer_done(&w);
	return figure;
}

static void open_first(room_t *room)
{
	char id[FIGURE_ID_TEXT + 1], path[2 * FIGURE_ID_TEXT];
	assert_int_equal(get(room, FIGURES "?source="), 200);
	answer_text(room, "id", id, sizeof(id));
	(void)snprintf(path, sizeof(path), FIGURES "/%s", id);
	assert_int_equal(get(room, path), 200);
}

static void a_rolled_figure_opens_to_the_revisions_that_went_in(void **state)
{
	room_t *room = *state;
	uint8_t bytes[256];
	for (size_t i = 0; i < 2; i++) {
		figure_t figure = figure_of(TREE_NAMES[i], 0, 1 + (double)i, 4);
		figure.revision = 1;
		figure.issued_ns = START_NS;
		send_figure(room, i, &figure);
	}
	figure_t later = figure_of(TREE_NAMES[0], 0, 4, 4);
	later.revision = 2;
	later.issued_ns = START_NS + 1;
	send_figure(room, 0, &later);
	issue(room, rolled(bytes, sizeof(bytes)));
	open_first(room);
	assert_true(has(room, "\"silent\":[\"99.100.4\"]"));
	assert_true(has(room, "\"children\":[{\"entity\":\"99.100.2\",\"revision\":1,"
	                      "\"state\":\"reporting\",\"id\":\""));
	assert_true(has(room, "\"value\":0.25,\"coverage\":0.5"));
	assert_true(has(room, "{\"entity\":\"99.100.3\",\"revision\":1,"));
	assert_true(has(room, "\"value\":0.5,\"coverage\":0.5"));
	assert_true(has(room, "{\"entity\":\"99.100.4\",\"revision\":0,\"state\":\"silent\","
	                      "\"id\":null,\"value\":null,\"coverage\":null}"));
	assert_true(has(room, "\"revisions\":[{\"revision\":1,"));
}

static void a_revision_stays_what_it_was_when_another_is_issued(void **state)
{
	room_t *room = *state;
	char id[FIGURE_ID_TEXT + 1], path[2 * FIGURE_ID_TEXT];
	issue(room, figure_of("99.100.1", 0, 1, 4));
	assert_int_equal(get(room, FIGURES), 200);
	answer_text(room, "id", id, sizeof(id));
	issue(room, figure_of("99.100.1", 0, 3, 4));
	(void)snprintf(path, sizeof(path), FIGURES "/%s", id);
	assert_int_equal(get(room, path), 200);
	assert_true(has(room, "\"value\":0.25,\"parts\""));
	assert_true(has(room, "\"revisions\":[{\"revision\":2,"));
	assert_true(has(room, "\"value\":0.75},{\"revision\":1,"));
	assert_int_equal(get(room, FIGURES "/AQ"), 404);
	assert_int_equal(get(room, FIGURES "/..%2F..%2Fetc"), 404);
	figure_id_t other = some_id();
	name_of(&other, id);
	(void)snprintf(path, sizeof(path), FIGURES "/%s", id);
	assert_int_equal(get(room, path), 404);
}

static void a_measured_figure_names_the_points_it_is_bound_to(void **state)
{
	room_t *room = *state;
	figure_t figure = figure_of("99.100.1", 0, 1, 4);
	figure.key.definition = SLICE("iso22400.oee");
	issue(room, figure);
	open_first(room);
	assert_true(has(room, "\"name\":{\"en\":\"Overall equipment effectiveness\""));
	assert_true(
		has(room, "\"inputs\":[{\"name\":\"state\",\"point\":\"FRM1.V\",\"unit\":\"1\"}]"));
}

/* Declared. */

#define ADDED \
	"{\"definition\":\"energy.value_added\",\"scope\":\"unit\",\"period\":\"month\"," \
	"\"from\":\"2023-10-01T00:00:00+08:00\",\"parts\":{\"value_added\":%s}%s}"

static int declare(room_t *room, const char *number, const char *more)
{
	char body[512];
	(void)snprintf(body, sizeof(body), ADDED, number, more);
	return ask(room, HTTP_POST, DECLARED, body);
}

static void a_declared_figure_says_who_attested_it_and_is_found_at_once(void **state)
{
	room_t *room = *state;
	assert_int_equal(declare(room, "125.5", ",\"note\":\"by the books\""), 201);
	assert_true(has(room, "\"origin\":\"declared\",\"value\":125.5,\"parts\":[{\"name\":"
	                      "\"value_added\",\"kind\":\"sum\",\"value\":125.5,\"unit\":"
	                      "\"10kCNY\"}]"));
	assert_true(has(room, "\"attested_by\":\"admin\"") && has(room, "\"revision\":1,"));
	assert_true(has(room, "\"from\":\"2023-09-30T16:00:00.000Z\","
	                      "\"to\":\"2023-10-31T16:00:00.000Z\",\"entity\":\"99.100.1\""));
	assert_int_equal(get(room, FIGURES "?definition=energy.value_added"), 200);
	assert_true(has(room, "\"value\":125.5,"));
	assert_int_equal(get(room, "/api/v1/events?class=record"), 200);
	assert_true(has(room, "admin declared energy.value_added of 99.100.1") &&
	            has(room, "by the books"));
	assert_int_equal(declare(room, "125.5", ""), 200);
	assert_true(has(room, "\"revision\":1,"));
	assert_int_equal(declare(room, "126", ""), 201);
	assert_true(has(room, "\"revision\":2,"));
}

static void what_cannot_be_declared_is_refused_and_says_what_to_do(void **state)
{
	static const struct {
		const char *body;
		int status;
		const char *says;
	} rows[] = {
		{ "[]", 422, "definition" },
		{ "{\"definition\":\"energy.nothing\"}", 404, "/api/v1/definitions" },
		{ "{\"definition\":\"energy.value_added\",\"version\":0}", 422, "version" },
		{ "{\"definition\":\"energy.value_added\"}", 422, "scope" },
		{ "{\"definition\":\"energy.value_added\",\"scope\":\"unit\"}", 422, "parts" },
		{ "{\"definition\":\"energy.value_added\",\"scope\":\"unit\",\"period\":\"day\","
		  "\"from\":\"2023-10-01T00:00:00+08:00\",\"parts\":{\"value_added\":1}}",
		  422, "offers no period" },
		{ "{\"definition\":\"energy.value_added\",\"scope\":\"unit\",\"period\":\"month\","
		  "\"from\":\"2023-10-02T00:00:00+08:00\",\"parts\":{\"value_added\":1}}",
		  422, "offers no period" },
		{ "{\"definition\":\"energy.value_added\",\"scope\":\"other\",\"period\":\"month\","
		  "\"from\":\"2023-10-01T00:00:00+08:00\",\"parts\":{\"value_added\":1}}",
		  422, "scope" },
		{ "{\"definition\":\"energy.value_added\",\"scope\":\"unit\",\"period\":\"month\","
		  "\"from\":\"2023-10-01T00:00:00+08:00\",\"parts\":{}}",
		  422, "value_added" },
		{ "{\"definition\":\"energy.value_added\",\"scope\":\"unit\",\"period\":\"month\","
		  "\"from\":\"2023-10-01T00:00:00+08:00\",\"parts\":{\"profit\":1}}",
		  422, "profit" },
		{ "{\"definition\":\"energy.value_added\",\"scope\":\"unit\",\"period\":\"month\","
		  "\"from\":\"2023-10-01T00:00:00+08:00\",\"parts\":{\"value_added\":\"1\"}}",
		  422, "value_added" },
	};
	room_t *room = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int status = ask(room, HTTP_POST, DECLARED, rows[i].body);
		if (status != rows[i].status)
			fail_msg("%s gives %d", rows[i].body, status);
		assert_true(has(room, rows[i].says));
	}
	assert_int_equal(get(room, FIGURES), 200);
	assert_true(has(room, "\"items\":[],"));
}

static void the_template_comes_back_as_figures_all_or_none(void **state)
{
	room_t *room = *state;
	static const char head[] =
		"definition,version,scope,entity,from,to,\"value_added (10kCNY)\"\r\n";
	static const char month[] = ",2023-09-30T16:00:00.000Z,2023-10-31T16:00:00.000Z,";
	char body[1024];
	assert_int_equal(get(room, DECLARED ".csv?definition=energy.value_added"), 200);
	(void)snprintf(body, sizeof(body), "%senergy.value_added,1,unit,99.100.1%s\r\n", head,
	               month);
	assert_true(body_is(room, body));
	(void)snprintf(body, sizeof(body),
	               "%senergy.value_added,1,unit,99.100.1%s7\r\n"
	               "energy.value_added,1,unit,99.100.2%sx\r\n",
	               head, month, month);
	assert_int_equal(ask(room, HTTP_POST, DECLARED ".csv", body), 422);
	assert_true(has(room, "3:7"));
	(void)snprintf(body, sizeof(body),
	               "%senergy.value_added,1,unit,99.100.1%s7\r\n"
	               "energy.value_added,1,unit,99.100.2,2023-10-01T00:00:00Z,"
	               "2023-11-01T00:00:00Z,8\r\n",
	               head, month);
	assert_int_equal(ask(room, HTTP_POST, DECLARED ".csv", body), 422);
	assert_int_equal(get(room, FIGURES), 200);
	assert_true(has(room, "\"items\":[],"));
	(void)snprintf(body, sizeof(body),
	               "%senergy.value_added,1,unit,99.100.1%s7\r\n"
	               "energy.value_added,1,unit,99.100.2%s8\r\n",
	               head, month, month);
	assert_int_equal(ask(room, HTTP_POST, DECLARED ".csv", body), 201);
	assert_true(has(room, "\"declared\":2,\"unchanged\":0}") && has(room, "\"value\":8,"));
	assert_int_equal(ask(room, HTTP_POST, DECLARED ".csv", body), 200);
	assert_true(has(room, "\"declared\":0,\"unchanged\":2}"));
	assert_int_equal(get(room, DECLARED ".csv?definition=energy.value_added&entity=99.100.2"),
	                 200);
	assert_true(has(room, "99.100.2,2023-09-30T16:00:00.000Z,2023-10-31T16:00:00.000Z,8\r\n"));
	assert_int_equal(get(room, "/api/v1/events?class=record"), 200);
	assert_true(has(room, "admin declared 2 figures of energy.value_added by a file"));
	assert_int_equal(get(room, DECLARED ".csv"), 404);
	assert_int_equal(get(room, DECLARED ".csv?definition=energy.value_added&period=day"), 422);
	assert_int_equal(ask(room, HTTP_POST, DECLARED ".csv", "x"), 404);
}

static void whoever_has_a_scope_declares_within_it(void **state)
{
	room_t *room = *state;
	char secret[ACCESS_TOKEN_TEXT], body[512];
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/users",
	                     "{\"name\":\"li\",\"role\":\"engineer\",\"scope\":\"99.100.2\","
	                     "\"password\":\"" ROOM_PASSWORD "\"}"),
	                 201);
	make_token(room, "li", "engineer", secret);
	(void)snprintf(body, sizeof(body), ADDED, "1", "");
	twin_http_ask_t beyond = { HTTP_POST, DECLARED, .token = secret, .body = slice_str(body) };
	assert_int_equal(ask_as(room, &beyond), 403);
	char within[512];
	(void)snprintf(within, sizeof(within), ADDED, "1", ",\"entity\":\"99.100.2\"");
	beyond.body = slice_str(within);
	assert_int_equal(ask_as(room, &beyond), 201);
	assert_true(has(room, "\"entity\":\"99.100.2\"") && has(room, "\"attested_by\":\"token:"));
}

static int open_without_disk(void **state)
{
	return room_open_as(state, LOOP_COMMIT, tree_room_adjust);
}

/* Of as many as may wait none is answered while nothing is synced; one more is sent away. */
static void nothing_is_acknowledged_before_it_is_durable(void **state)
{
	room_t *room = *state;
	char body[512];
	for (int i = 0; i < 16; i++) {
		(void)snprintf(body, sizeof(body), ADDED, "1", "");
		twin_http_ask_t change = { HTTP_POST, DECLARED, room->token,
			                   .body = slice_str(body) };
		assert_int_equal(twin_http(room->env, &change, NS_PER_S, &room->answer),
		                 ERR_TIMEOUT);
	}
	assert_int_equal(declare(room, "1", ""), 503);
	assert_true(has(room, "too many changes wait for the disk"));
	assert_int_equal(get(room, FIGURES), 200);
	assert_true(has(room, "\"items\":[],"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, tree_room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_says_which_figure_and_revision_and_reads_back),
		cmocka_unit_test(names_that_nobody_gave_are_refused),
		cmocka_unit_test(a_period_is_known_by_its_length),
		TEST(figures_are_listed_by_what_is_asked),
		TEST(a_figure_is_told_with_its_meaning_and_absent_is_not_zero),
		TEST(pages_of_either_list_hold_each_figure_once),
		TEST(a_rolled_figure_opens_to_the_revisions_that_went_in),
		TEST(a_revision_stays_what_it_was_when_another_is_issued),
		TEST(a_measured_figure_names_the_points_it_is_bound_to),
		TEST(a_declared_figure_says_who_attested_it_and_is_found_at_once),
		TEST(what_cannot_be_declared_is_refused_and_says_what_to_do),
		TEST(the_template_comes_back_as_figures_all_or_none),
		TEST(whoever_has_a_scope_declares_within_it),
		cmocka_unit_test_setup_teardown(nothing_is_acknowledged_before_it_is_durable,
		                                open_without_disk, room_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
