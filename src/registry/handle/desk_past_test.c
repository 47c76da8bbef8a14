/* SPDX-License-Identifier: Apache-2.0 */
/* Questions for a record as it was known at a time: over the wire, through the desk, from
 * the journal, and never at the cost of who asks for today. */
#include "registry/handle/desk_fixture_test.h"

#include "codec/handle/at.h"

typedef struct {
	desk_world_t w;
	handle_past_t *past;
	env_loop_t *query;
	live_value_source_t live;
} past_t;

static const slice_t LATHE = { (const uint8_t *)"99.100.1/lathe", 14 };

static bool live_at(void *ctx, slice_t point, int64_t utc_ns, live_value_t *ret_value)
{
	(void)ctx;
	if (!slice_eq(point, SLICE("FRM1.V")))
		return false;
	*ret_value = (live_value_t){
		.sample = { .source = { utc_ns }, .value = value_f64(3.6), .quality = QUALITY_OK },
		.period_ns = NS_PER_S
	};
	return true;
}

static void open_past(past_t *p, bool has_history)
{
	*p = (past_t){ .live = { .get_at = live_at } };
	desk_world_make(&p->w);
	assert_int_equal(env_loop_new(p->w.f.env, "query", ENV_LOOP_FILES, &p->query), ERR_OK);
	handle_past_spec_t spec = { p->w.f.registry, p->query, &p->live };
	assert_int_equal(handle_past_open(&spec, &p->past), ERR_OK);
	p->w.spec.past = has_history ? p->past : NULL;
	desk_world_start(&p->w);
}

static void start_query(past_t *p)
{
	assert_int_equal(env_loop_start(p->query), ERR_OK);
}

static void close_past(past_t *p)
{
	env_tcp_close(p->w.tcp);
	p->w.tcp = NULL;
	env_loop_stop(p->w.resolver);
	env_loop_stop(p->w.desk_loop);
	env_loop_stop(p->query);
	handle_past_close(p->past);
	env_loop_free(p->query);
	desk_world_free(&p->w);
}

static bool has(slice_t text, const char *part)
{
	slice_t wanted = slice_str(part);
	for (size_t i = 0; i + wanted.len <= text.len; i++)
		if (slice_starts(slice_from(text, i), wanted))
			return true;
	return false;
}

/* The question, with these types and a time among them. */
static slice_t body_at(slice_t name, const char *at, const char *type)
{
	static uint8_t buf[1024], lists[512];
	char text[128];
	writer_t w = writer_of(buf, sizeof(buf)), scratch = writer_of(lists, sizeof(lists));
	(void)snprintf(text, sizeof(text), "JIZHU.AT:%s", at);
	slice_t types[] = { slice_str(text), slice_str(type ? type : "") };
	handle_resolution_t q = { .handle = name };
	q.types = handle_list_of_strings(types, type ? 2 : 1, &scratch);
	handle_resolution_encode(&q, &w);
	return writer_done(&w);
}

static desk_reply_t ask_at(past_t *p, slice_t name, const char *at, const char *type)
{
	desk_request_t q = { .operation = HANDLE_OP_RESOLVE,
		             .flags = HANDLE_FLAG_PUBL,
		             .body = body_at(name, at, type) };
	return desk_ask(&p->w, &q);
}

static const char *ms_of(int64_t utc_ns)
{
	static char text[32];
	(void)snprintf(text, sizeof(text), "%lld", (long long)(utc_ns / NS_PER_MS));
	return text;
}

/* Puts a record, and says when: some time lies on both sides. */
static int64_t put_at(past_t *p, slice_t name, const char *url)
{
	uint8_t buf[512];
	writer_t values = writer_of(buf, sizeof(buf));
	value_add(&values, 1, "URL", slice_str(url));
	perms_add(&values, 2, "NOTE", url, HANDLE_PERM_ADMIN_READ);
	value_add(&values, 5, "JIZHU.POINT", SLICE("FRM1.V"));
	(void)twin_run_for(p->w.f.twin, NS_PER_S);
	int64_t at = env_utc(p->w.f.env).ns;
	put_record(&p->w, name, 3, &values);
	(void)twin_run_for(p->w.f.twin, NS_PER_S);
	return at;
}

/* The data of the answer's value of a type; empty: there is none. */
static slice_t data_of(const desk_reply_t *reply, const char *type)
{
	handle_record_t record;
	handle_value_t value;
	assert_int_equal(reply->code, HANDLE_RC_OK);
	assert_int_equal(handle_record_decode(reply->body, &record), CODEC_OK);
	handle_iter_t iter = handle_list_iter(record.values);
	while (handle_value_next(&iter, &value))
		if (slice_eq(value.type, slice_str(type)))
			return value.data;
	return (slice_t){ 0 };
}

static void a_record_is_answered_as_it_was_known_at_a_time(void **state)
{
	(void)state;
	static past_t p;
	open_past(&p, true);
	start_query(&p);
	int64_t first = put_at(&p, LATHE, "http://127.0.0.1/one");
	int64_t second = put_at(&p, LATHE, "http://127.0.0.1/two");
	desk_reply_t reply = ask_at(&p, LATHE, ms_of(first + NS_PER_S), NULL);
	assert_true(slice_eq(data_of(&reply, "URL"), SLICE("http://127.0.0.1/one")));
	assert_true(has(data_of(&reply, "JIZHU.VALUE"), "\"value\":3.6"));
	assert_true(has(data_of(&reply, "JIZHU.AT"), "\"seq\":"));
	assert_int_equal(data_of(&reply, "NOTE").len, 0);
	reply = ask_at(&p, LATHE, ms_of(second + NS_PER_S), "DESC");
	assert_int_equal(data_of(&reply, "URL").len, 0);
	assert_true(data_of(&reply, "JIZHU.AT").len > 0);
	reply = ask_at(&p, SLICE("99.100.1/LATHE"), "2200-01-01T00:00:00Z", "URL");
	assert_true(slice_eq(data_of(&reply, "URL"), SLICE("http://127.0.0.1/two")));
	assert_int_equal(data_of(&reply, "JIZHU.VALUE").len, 0);
	assert_int_equal(desk_metric(&p.w, "past_total"), 3);
	close_past(&p);
}

static void before_its_first_version_and_elsewhere_a_name_is_not_found(void **state)
{
	(void)state;
	static past_t p;
	open_past(&p, true);
	start_query(&p);
	int64_t first = put_at(&p, LATHE, "http://127.0.0.1/one");
	assert_int_equal(ask_at(&p, LATHE, ms_of(first - NS_PER_S), NULL).code,
	                 HANDLE_RC_HANDLE_NOT_FOUND);
	assert_int_equal(ask_at(&p, SLICE("99.100.1/never"), ms_of(first), NULL).code,
	                 HANDLE_RC_HANDLE_NOT_FOUND);
	assert_int_equal(ask_at(&p, SLICE("99.300/x"), ms_of(first), NULL).code,
	                 HANDLE_RC_NOT_RESPONSIBLE);
	close_past(&p);
}

static void a_deleted_name_has_its_past_and_none_behind_it(void **state)
{
	(void)state;
	static past_t p;
	open_past(&p, true);
	start_query(&p);
	int64_t first = put_at(&p, LATHE, "http://127.0.0.1/one");
	registry_change_t change = change_of(REGISTRY_REMOVE, LATHE, 0, &(writer_t){ 0 });
	assert_int_equal(fixture_change(&p.w.f, &change).err, ERR_OK);
	desk_reply_t reply = ask_at(&p, LATHE, ms_of(first + NS_PER_S / 2), NULL);
	assert_true(slice_eq(data_of(&reply, "URL"), SLICE("http://127.0.0.1/one")));
	assert_int_equal(ask_at(&p, LATHE, "2200-01-01T00:00:00Z", NULL).code,
	                 HANDLE_RC_HANDLE_NOT_FOUND);
	close_past(&p);
}

static void what_is_no_time_is_refused_with_a_text(void **state)
{
	(void)state;
	static past_t p;
	static const char *const bad[] = { "", "yesterday", "2026-13-01T00:00:00Z",
		                           "9223372036854775807" };
	open_past(&p, true);
	start_query(&p);
	(void)put_at(&p, LATHE, "http://127.0.0.1/one");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		desk_reply_t reply = ask_at(&p, LATHE, bad[i], NULL);
		assert_int_equal(reply.code, HANDLE_RC_PROTOCOL_ERROR);
		assert_text(&reply, "JIZHU.AT wants one time, RFC 3339 or milliseconds since 1970");
	}
	assert_int_equal(ask_at(&p, LATHE, "1", "JIZHU.AT:2").code, HANDLE_RC_PROTOCOL_ERROR);
	close_past(&p);
}

static void a_node_without_history_says_so(void **state)
{
	(void)state;
	static past_t p;
	open_past(&p, false);
	(void)put_at(&p, LATHE, "http://127.0.0.1/one");
	desk_reply_t reply = ask_at(&p, LATHE, "1700000000000", NULL);
	assert_int_equal(reply.code, HANDLE_RC_NOT_SUPPORTED);
	assert_text(&reply, "no history is kept here");
	close_past(&p);
}

static void what_was_not_public_is_for_who_may_read_it_today(void **state)
{
	(void)state;
	static past_t p;
	open_past(&p, true);
	start_query(&p);
	uint8_t buf[512];
	writer_t values = writer_of(buf, sizeof(buf));
	int64_t first = put_at(&p, PRESS, "http://127.0.0.1/one");
	value_add(&values, 1, "URL", SLICE("http://127.0.0.1/two"));
	admin_add(&values, 100, 0xfff, OWN, 200);
	put_record(&p.w, PRESS, 2, &values);
	desk_request_t q = { .operation = HANDLE_OP_RESOLVE,
		             .body = body_at(PRESS, ms_of(first + NS_PER_S / 2), NULL) };
	desk_who_t key = by_key(&p.w), li = by_li();
	desk_reply_t reply = desk_do(&p.w, &q, &key);
	assert_true(slice_eq(data_of(&reply, "NOTE"), SLICE("http://127.0.0.1/one")));
	assert_true(data_of(&reply, "JIZHU.AT").len > 0);
	q.body = body_at(PRESS, ms_of(first + NS_PER_S / 2), NULL);
	assert_int_equal(desk_do(&p.w, &q, &li).code, HANDLE_RC_INVALID_ADMIN);
	close_past(&p);
}

static void no_source_has_more_than_half_of_the_places(void **state)
{
	(void)state;
	static past_t p;
	uint8_t buf[1024];
	open_past(&p, true); /* and nobody reads the disk yet */
	(void)put_at(&p, LATHE, "http://127.0.0.1/one");
	for (int i = 0; i < HANDLE_PAST_MAX; i++) {
		writer_t out = writer_of(buf, sizeof(buf));
		desk_request_t q = { .operation = HANDLE_OP_RESOLVE,
			             .flags = HANDLE_FLAG_PUBL,
			             .body = body_at(LATHE, "1", NULL) };
		desk_write(&p.w, &q, &out);
		assert_int_equal(env_tcp_write(p.w.tcp, writer_done(&out)), ERR_OK);
	}
	(void)twin_run_for(p.w.f.twin, NS_PER_S);
	assert_int_equal(desk_metric(&p.w, "past_total"), HANDLE_PAST_MAX / 2);
	assert_int_equal(desk_metric(&p.w, "past_full_total"), HANDLE_PAST_MAX / 2);
	/* Who asks for today waits for none of it. */
	p.w.in_len = 0;
	desk_request_t now = { .operation = HANDLE_OP_RESOLVE,
		               .flags = HANDLE_FLAG_PUBL,
		               .body = question_body(LATHE) };
	assert_int_equal(desk_ask(&p.w, &now).code, HANDLE_RC_OK);
	p.w.in_len = 0;
	(void)twin_run_for(p.w.f.twin, 22 * NS_PER_S);
	assert_int_equal(desk_read(slice_of(p.w.in, p.w.in_len)).code, HANDLE_RC_BUSY);
	assert_int_equal(desk_metric(&p.w, "waiting_late_total"), HANDLE_PAST_MAX / 2);
	close_past(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_answered_as_it_was_known_at_a_time),
		cmocka_unit_test(before_its_first_version_and_elsewhere_a_name_is_not_found),
		cmocka_unit_test(a_deleted_name_has_its_past_and_none_behind_it),
		cmocka_unit_test(what_is_no_time_is_refused_with_a_text),
		cmocka_unit_test(a_node_without_history_says_so),
		cmocka_unit_test(what_was_not_public_is_for_who_may_read_it_today),
		cmocka_unit_test(no_source_has_more_than_half_of_the_places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
