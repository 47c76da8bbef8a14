/* SPDX-License-Identifier: Apache-2.0 */
/* Samples that clients send, from the request to what the historian holds. */
#include "api/room_test.h"

#include <limits.h>

#include "base/base64.h"
#include "codec/sheet/sheet.h"
#include "env/snappy.h"

enum { BIG = 300000, FOUND_MAX = 64 };

static const int64_t T_NS = INT64_C(1700000000) * NS_PER_S;

/* What is there. */

static point_id_t id_of(room_t *room, const char *name)
{
	uint8_t plain[512];
	label_t items[LABELS_MAX];
	labels_t labels;
	point_id_t id = 0;
	writer_t w = writer_of(plain, sizeof(plain));
	OK(labels_parse(slice_str(name), items, &w, &labels));
	return series_find(room->series, &labels, &id) ? id : 0;
}

typedef struct {
	sample_t rows[FOUND_MAX];
	size_t count;
} found_t;

static bool find_row(void *ctx, const sample_t *sample)
{
	found_t *found = ctx;
	if (found->count < FOUND_MAX)
		found->rows[found->count] = *sample;
	found->count++;
	return true;
}

static size_t samples_of(room_t *room, point_id_t id, found_t *found)
{
	series_reader_t reader = historian_reader(room->historian);
	series_query_t query = { .point = id, .from_ns = 0, .to_ns = INT64_MAX };
	found->count = 0;
	if (id)
		OK(reader.raw(reader.ctx, &query, find_row, found));
	return found->count;
}

static void assert_value(room_t *room, const char *name, double value)
{
	found_t found;
	double got = 0;
	pass(room, NS_PER_S);
	assert_int_equal(samples_of(room, id_of(room, name), &found), 1);
	assert_true(value_number(&found.rows[0].value, &got) && got == value);
}

static bool has_sequence(const room_t *room)
{
	return twin_http_header(&room->answer, "Jizhu-Sequence").len > 0;
}

static int post(room_t *room, const char *path, const char *type, slice_t body)
{
	return ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST,
	                                        .path = path,
	                                        .token = room->token,
	                                        .content_type = type,
	                                        .body = body });
}

static int write_lines(room_t *room, const char *lines)
{
	return post(room, "/write?db=x&precision=s", "text/plain", slice_str(lines));
}

/* Line protocol. */

static void a_line_becomes_series_and_their_samples(void **state)
{
	room_t *room = *state;
	found_t found;
	assert_int_equal(write_lines(room, "m,dev=d0,s=\\ a f=1.5,g=2i,h=t 1700000000"), 204);
	assert_true(has_sequence(room));
	assert_value(room, "m_f{dev=\"d0\",s=\" a\"}", 1.5);
	assert_value(room, "m_g{dev=\"d0\",s=\" a\"}", 2);
	assert_int_equal(samples_of(room, id_of(room, "m_h{s=\" a\",dev=\"d0\"}"), &found), 1);
	assert_int_equal(found.rows[0].value.type, VALUE_BOOL);
	assert_true(found.rows[0].source.ns == T_NS);
}

static void what_is_acknowledged_is_durable(void **state)
{
	room_t *room = *state;
	found_t found;
	assert_int_equal(write_lines(room, "m f=1 1700000000"), 204);
	point_id_t id = id_of(room, "m_f");
	assert_true(id >= SERIES_ID_FIRST && series_durable(room->series));
	assert_int_equal(journal_durable(room->history), journal_last(room->history));
	pass(room, NS_PER_S);
	assert_int_equal(samples_of(room, id, &found), 1);
}

static void good_lines_are_kept_and_the_first_bad_one_is_named(void **state)
{
	room_t *room = *state;
	assert_int_equal(write_lines(room, "m f=1 1700000000\nm f=?\nn\nm g=2 1700000000\n"), 400);
	assert_true(has(room, "line 2: a value is no number, boolean or text"));
	assert_true(has(room, "Values written: 2, refused: 2"));
	assert_true(has(room, "\"error\":\"partial write"));
	assert_true(has(room, "\"code\":\"invalid\""));
	assert_true(has_sequence(room));
	assert_value(room, "m_f", 1);
	assert_value(room, "m_g", 2);
}

static void texts_are_refused_field_by_field_while_the_sink_keeps_none(void **state)
{
	room_t *room = *state;
	assert_int_equal(write_lines(room, "m f=1,s=\"on\" 1700000000"), 400);
	assert_true(has(room, "line 1: texts are not kept here"));
	assert_value(room, "m_f", 1);
}

static void with_texts(room_t *room, api_spec_t *spec)
{
	(void)room;
	spec->ingest.takes_text = true;
}

static int open_texts(void **state)
{
	return room_open_with(state, with_texts);
}

static bool keep_text(void *ctx, const sample_t *sample)
{
	char *text = ctx;
	return sample->value.type == VALUE_TEXT && slice_to_cstr(sample->value.as.text, text, 64);
}

static void texts_are_kept_without_their_escapes(void **state)
{
	room_t *room = *state;
	char text[64] = "";
	uint8_t *buf = malloc(BIG);
	writer_t w = writer_of(buf, BIG);
	assert_int_equal(write_lines(room, "m f=1,s=\"a \\\"b\\\\\" 1700000000"), 204);
	assert_value(room, "m_f", 1);
	series_reader_t reader = historian_reader(room->historian);
	series_query_t query = { .point = id_of(room, "m_s"), .to_ns = INT64_MAX };
	OK(reader.raw(reader.ctx, &query, keep_text, text));
	assert_string_equal(text, "a \"b\\");
	wr_format(&w, "m s=\"%70000s\" 1700000001\nm f=2 1700000002", "x");
	assert_int_equal(post(room, "/write?precision=s", NULL, writer_done(&w)), 400);
	assert_true(has(room, "line 1: the texts of a line are too long"));
	free(buf);
}

static void lines_without_a_tag_value_or_with_a_label_twice_are_refused(void **state)
{
	room_t *room = *state;
	assert_int_equal(write_lines(room, "m,a= f=1"), 400);
	assert_true(has(room, "a tag is not key=value"));
	assert_int_equal(write_lines(room, "m,a=1,a=2 f=1"), 400);
	assert_true(has(room, "not well formed"));
	assert_int_equal(write_lines(room, "m,__name__=x f=1"), 400);
	assert_int_equal(write_lines(room, "m,a=\xff f=1"), 400);
}

/* A body of many lines, too large for the HTTP loop. */
static slice_t big_body(writer_t *w, size_t lines)
{
	for (size_t i = 0; i < lines; i++)
		wr_format(w, "m,dev=d%03zu f=%zu,g=%zu 17000%05zu\n", i % 100, i, i, i);
	return writer_done(w);
}

static size_t count_all(room_t *room, const char *field)
{
	size_t count = 0;
	char name[64];
	found_t found;
	for (int i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "m_%s{dev=\"d%03d\"}", field, i);
		count += samples_of(room, id_of(room, name), &found);
	}
	return count;
}

static void a_large_body_is_taken_whole_by_the_other_loop(void **state)
{
	room_t *room = *state;
	uint8_t *buf = malloc(BIG);
	writer_t w = writer_of(buf, BIG);
	slice_t body = big_body(&w, 7000);
	assert_true(body.len > 64 << 10);
	assert_int_equal(post(room, "/write?precision=s", "text/plain", body), 204);
	pass(room, NS_PER_S);
	assert_int_equal(count_all(room, "f"), 7000);
	assert_int_equal(count_all(room, "g"), 7000);
	free(buf);
}

/* Python 3: gzip.compress(b"z,dev=a f=7 1700000000\n", mtime=0) */
static const uint8_t GZIP[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0xd2, 0x49,
	0x49, 0x2d, 0xb3, 0x4d, 0x54, 0x48, 0xb3, 0x35, 0x57, 0x30, 0x34, 0x37, 0x80,
	0x02, 0x2e, 0x00, 0x0c, 0xf9, 0xde, 0x37, 0x17, 0x00, 0x00, 0x00,
};

static void a_compressed_body_is_read_as_what_it_holds(void **state)
{
	room_t *room = *state;
	static const http_header_t headers[] = { { "Content-Encoding", "gzip" }, { NULL, NULL } };
	twin_http_ask_t ask_gzip = { .method = HTTP_POST,
		                     .path = "/api/v2/write?org=o&bucket=b&precision=s",
		                     .token = room->token,
		                     .headers = headers,
		                     .body = slice_of(GZIP, sizeof(GZIP)) };
	assert_int_equal(ask_as(room, &ask_gzip), 204);
	assert_value(room, "z_f{dev=\"a\"}", 7);
	ask_gzip.body.len -= 3;
	assert_int_equal(ask_as(room, &ask_gzip), 400);
	assert_true(has(room, "not compressed as it says"));
}

static void a_series_is_asked_for_by_the_text_of_its_labels(void **state)
{
	room_t *room = *state;
	assert_int_equal(write_lines(room, "m,dev=d0 f=1.5 1700000000"), 204);
	pass(room, NS_PER_S);
	assert_int_equal(get(room, "/api/v1/points/m_f%7Bdev=%22d0%22%7D/samples?from_ms=0"), 200);
	assert_true(has(room, "[1700000000000,1.5,\"good\"]"));
	assert_true(has(room, "\"point\":\"m_f{dev=\\\"d0\\\"}\""));
	assert_int_equal(get(room, "/api/v1/points/m_f%7Bdev=%22d1%22%7D/samples"), 404);
	assert_int_equal(get(room, "/api/v1/points/m_f%7Bdev/samples"), 404);
}

/* Levels, tokens, limits. */

static void a_level_is_local_memory_or_parent_which_there_is_none_of(void **state)
{
	room_t *room = *state;
	slice_t line = SLICE("m f=1 1");
	assert_int_equal(post(room, "/write?level=memory", NULL, line), 204);
	assert_true(has_sequence(room));
	assert_int_equal(post(room, "/write?level=parent", NULL, line), 501);
	assert_int_equal(post(room, "/write?level=disk", NULL, line), 400);
	assert_int_equal(post(room, "/write?precision=d", NULL, line), 400);
}

static int write_with(room_t *room, const char *authorization, const char *path)
{
	const http_header_t headers[] = { { "Authorization", authorization }, { NULL, NULL } };
	return ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST,
	                                        .path = path,
	                                        .headers = authorization ? headers : NULL,
	                                        .body = SLICE("m f=1 1") });
}

/* Paths below /api that are not the Handle system's are not opened to every site. */
static void the_doors_are_not_dressed_as_those_of_the_handle_system(void **state)
{
	static const char *const paths[] = { "/api/v2/write", "/api/v1/samples" };
	room_t *room = *state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		(void)post(room, paths[i], "text/csv", SLICE("time,a\n1,2\n"));
		assert_int_equal(twin_http_header(&room->answer, "Access-Control-Allow-Origin").len,
		                 0);
	}
}

static void a_token_may_come_as_the_clients_of_others_send_it(void **state)
{
	room_t *room = *state;
	char operator[ACCESS_TOKEN_TEXT], viewer[ACCESS_TOKEN_TEXT], text[256], plain[256];
	make_user(room, "writer", "operator");
	make_token(room, "writer", "operator", operator);
	make_user(room, "reader", "viewer");
	make_token(room, "reader", "viewer", viewer);
	(void)snprintf(text, sizeof(text), "Token %s", operator);
	assert_int_equal(write_with(room, text, "/api/v2/write"), 204);
	(void)snprintf(text, sizeof(text), "/write?u=writer&p=%s", operator);
	assert_int_equal(write_with(room, NULL, text), 204);
	writer_t w = writer_of(text, sizeof(text));
	(void)snprintf(plain, sizeof(plain), "writer:%s", operator);
	wr_format(&w, "Basic ");
	base64_encode(slice_str(plain), BASE64_PLAIN, &w);
	wr_u8(&w, 0);
	assert_int_equal(write_with(room, text, "/write"), 204);
	(void)snprintf(text, sizeof(text), "Token %s", viewer);
	assert_int_equal(write_with(room, text, "/write"), 403);
	assert_int_equal(write_with(room, "Token jz_wrong", "/write"), 401);
	assert_true(has(room, "\"code\":\"unauthorized\""));
	assert_int_equal(write_with(room, "Basic ???", "/write"), 401);
	assert_int_equal(write_with(room, NULL, "/write"), 401);
}

static void clients_find_the_version_and_the_health_they_ask_for(void **state)
{
	room_t *room = *state;
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .path = "/ping" }), 204);
	assert_true(twin_http_header(&room->answer, "X-Influxdb-Version").len > 0);
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .path = "/health" }), 200);
	assert_true(has(room, "\"status\":\"pass\""));
	room->is_unready = true;
	assert_int_equal(ask_as(room, &(twin_http_ask_t){ .path = "/health" }), 503);
	assert_true(has(room, "a test says so"));
}

static void a_disk_that_fails_is_told_and_nothing_is_acknowledged(void **state)
{
	room_t *room = *state;
	assert_int_equal(write_lines(room, "m f=1 1700000000"), 204);
	twin_fail_at(room->env, 1, 0, TWIN_IO_ERROR);
	assert_int_equal(write_lines(room, "m f=2 1700000001"), 500);
	assert_true(has(room, "not all was written"));
}

/* Remote write. */

static slice_t request_of(uint8_t *room, size_t cap)
{
	/* As in codec/remote/remote_test.c: up{job="a"} with 1.5 and the mark of staleness. */
	static const uint8_t plain[] = {
		0x0a, 0x3e, 0x0a, 0x0e, 0x0a, 0x08, 0x5f, 0x5f, 0x6e, 0x61, 0x6d, 0x65, 0x5f,
		0x5f, 0x12, 0x02, 0x75, 0x70, 0x0a, 0x08, 0x0a, 0x03, 0x6a, 0x6f, 0x62, 0x12,
		0x01, 0x61, 0x12, 0x10, 0x09, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x3f,
		0x10, 0x80, 0xd0, 0x95, 0xff, 0xbc, 0x31, 0x12, 0x10, 0x09, 0x02, 0x00, 0x00,
		0x00, 0x00, 0x00, 0xf0, 0x7f, 0x10, 0x98, 0xc5, 0x96, 0xff, 0xbc, 0x31,
	};
	writer_t w = writer_of(room, cap);
	OK(env_snappy_compress(slice_of(plain, sizeof(plain)), &w));
	return writer_done(&w);
}

static void remote_write_keeps_every_bit_of_a_value(void **state)
{
	room_t *room = *state;
	uint8_t buf[1024];
	found_t found;
	slice_t body = request_of(buf, sizeof(buf));
	assert_int_equal(post(room, "/prometheus/api/v1/write", "application/x-protobuf", body),
	                 204);
	pass(room, NS_PER_S);
	assert_int_equal(samples_of(room, id_of(room, "up{job=\"a\"}"), &found), 2);
	assert_true(found.rows[0].source.ns == T_NS && found.rows[0].value.as.f == 1.5);
	assert_int_equal(value_bits(&found.rows[1].value), 0x7ff0000000000002);
	assert_int_equal(post(room, "/prometheus/api/v1/write", NULL, slice_sub(body, 0, 9)), 400);
	assert_int_equal(post(room, "/prometheus/api/v1/write", NULL, SLICE("\x02\x04zz")), 400);
	assert_true(has(room, "no WriteRequest from here on"));
}

/* The node's own forms. */

static void a_wide_table_has_a_series_a_column(void **state)
{
	room_t *room = *state;
	static const char body[] = "time,\"w{d=\"\"1\"\"}\",x\r\n"
				   "2023-11-14T22:13:20Z,1.5,\r\n"
				   "1700000001000,,true\r\n";
	assert_int_equal(post(room, "/api/v1/samples", "text/csv", slice_str(body)), 204);
	assert_value(room, "w{d=\"1\"}", 1.5);
	assert_value(room, "x", 1);
}

static void a_narrow_table_names_its_series_in_every_line(void **state)
{
	room_t *room = *state;
	found_t found;
	static const char body[] =
		"time,series,value,quality\n1,a,7,stale\n2,a,x\n?,a,1\n3,b,8,nice\n";
	assert_int_equal(post(room, "/api/v1/samples", "text/csv; charset=utf-8", slice_str(body)),
	                 400);
	assert_true(has(room, "line 3: a value is no number, true or false"));
	assert_true(has(room, "Values written: 1, refused: 3"));
	assert_value(room, "a", 7);
	assert_int_equal(samples_of(room, id_of(room, "a"), &found), 1);
	assert_int_equal(found.rows[0].quality, QUALITY_STALE);
	assert_int_equal(post(room, "/api/v1/samples", "text/csv", SLICE("when,a\n1,2\n")), 400);
	assert_true(has(room, "does not begin with a column called time"));
}

static void json_lines_name_a_series_by_text_or_by_labels(void **state)
{
	room_t *room = *state;
	static const char body[] =
		"{\"time\":1700000000000,\"series\":\"j{a=\\\"1\\\"}\",\"value\":2.5}\n"
		"{\"time\":\"2023-11-14T22:13:20Z\",\"labels\":{\"__name__\":\"k\"},\"value\":true}"
		"\n"
		"{\"time\":1}\nnonsense\n{\"time\":1,\"value\":1}\n";
	assert_int_equal(post(room, "/api/v1/samples", "application/x-ndjson", slice_str(body)),
	                 400);
	assert_true(has(room, "line 3: the value is missing"));
	assert_true(has(room, "Values written: 2, refused: 3"));
	assert_value(room, "j{a=\"1\"}", 2.5);
	assert_value(room, "k", 1);
}

static void a_configured_point_is_written_by_its_name_and_by_engineers_alone(void **state)
{
	room_t *room = *state;
	char operator[ACCESS_TOKEN_TEXT];
	found_t found;
	twin_http_ask_t one = { .method = HTTP_POST,
		                .path = "/api/v1/samples",
		                .content_type = "text/csv",
		                .token = room->token,
		                .body = SLICE("time,FRM1.V\n1000,3.3\n") };
	assert_int_equal(ask_as(room, &one), 204);
	pass(room, NS_PER_S);
	assert_true(samples_of(room, 1, &found) >= 1);
	assert_true(found.rows[0].source.ns == NS_PER_S && found.rows[0].value.as.f == 3.3);
	make_user(room, "writer", "operator");
	make_token(room, "writer", "operator", operator);
	one.token = operator;
	assert_int_equal(ask_as(room, &one), 400);
	assert_true(has(room, "needs the role engineer"));
	assert_int_equal(post(room, "/api/v1/samples", "text/plain", one.body), 415);
}

static slice_t sheet_of(uint8_t *buf, size_t cap, size_t rows)
{
	static sheet_t sheet;
	writer_t w = writer_of(buf, cap);
	sheet = (sheet_t){ .rows = rows,
		           .count = 2,
		           .columns = { { .name = SLICE("s{n=\"1\"}"), .type = SHEET_F64 },
		                        { .name = SLICE("t"), .type = SHEET_U64 } } };
	sheet_head_put(&sheet, &w);
	for (size_t i = 0; i < rows; i++)
		wr_u64_le(&w, i * 1000);
	for (size_t i = 0; i < 2 * rows; i++)
		wr_u64_le(&w, i);
	return writer_done(&w);
}

static void sheets_are_taken_column_by_column(void **state)
{
	room_t *room = *state;
	uint8_t *buf = malloc(BIG);
	found_t found;
	slice_t body = sheet_of(buf, BIG, 10000);
	assert_int_equal(post(room, "/api/v1/samples", "application/vnd.jizhu.samples", body), 204);
	pass(room, NS_PER_S);
	assert_int_equal(samples_of(room, id_of(room, "s{n=\"1\"}"), &found), 10000);
	assert_int_equal(samples_of(room, id_of(room, "t"), &found), 10000);
	assert_int_equal(found.rows[5].source.ns, 5000);
	assert_int_equal(found.rows[5].value.as.u, 10005);
	assert_int_equal(post(room, "/api/v1/samples", "application/vnd.jizhu.samples",
	                      slice_sub(body, 0, body.len - 1)),
	                 400);
	assert_true(has(room, "no sheet from here on"));
	free(buf);
}

static void columns_of_float32_and_enum_keep_their_type_and_bits(void **state)
{
	room_t *room = *state;
	enum { ROWS = 5000 }; /* more than a batch */
	static sheet_t sheet;
	uint8_t *buf = malloc(BIG);
	writer_t w = writer_of(buf, BIG);
	found_t found;
	sheet = (sheet_t){ .rows = ROWS,
		           .count = 2,
		           .columns = { { .name = SLICE("f"), .type = SHEET_F32 },
		                        { .name = SLICE("e"), .type = SHEET_ENUM } } };
	sheet_head_put(&sheet, &w);
	for (size_t i = 0; i < ROWS; i++)
		wr_u64_le(&w, i * 1000);
	for (uint32_t i = 0; i < 2 * ROWS; i++)
		wr_u32_le(&w, 0x7F800001 + i); /* NaNs that signal */
	assert_int_equal(
		post(room, "/api/v1/samples", "application/vnd.jizhu.samples", writer_done(&w)),
		204);
	pass(room, NS_PER_S);
	assert_int_equal(samples_of(room, id_of(room, "f"), &found), ROWS);
	assert_int_equal(found.rows[4].value.type, VALUE_F32);
	assert_int_equal(value_bits(&found.rows[4].value), 0x7F800005);
	assert_int_equal(samples_of(room, id_of(room, "e"), &found), ROWS);
	assert_int_equal(found.rows[4].value.type, VALUE_ENUM);
	assert_int_equal(found.rows[4].value.as.ordinal, 0x7F800005 + ROWS);
	free(buf);
}

/* What must wait. */

/* A sink that has room when a test says so. */
typedef struct {
	sample_sink_t real;
	series_t *series;
	unsigned refusals; /* how often it says that it is full */
	unsigned early;    /* batches that came before the labels of their ids were durable */
} double_t;

static err_t double_append(void *ctx, const sample_batch_t *batch, durability_t level,
                           uint64_t *ret_seq)
{
	double_t *d = ctx;
	if (d->refusals && d->refusals--)
		return ERR_LIMIT;
	d->early += !series_durable(d->series);
	return d->real.append(d->real.ctx, batch, level, ret_seq);
}

static uint64_t double_durable(void *ctx)
{
	double_t *d = ctx;
	return d->real.durable(d->real.ctx);
}

static uint64_t double_seen(void *ctx)
{
	double_t *d = ctx;
	return d->real.seen(d->real.ctx);
}

static void with_a_double(room_t *room, api_spec_t *spec)
{
	double_t *d = calloc(1, sizeof(*d));
	*d = (double_t){ .real = spec->ingest.sink, .series = room->series };
	spec->ingest.sink = (sample_sink_t){ d, double_append, double_durable, double_seen };
	room->own = d;
}

static int open_double(void **state)
{
	return room_open_with(state, with_a_double);
}

static int close_double(void **state)
{
	free(((room_t *)*state)->own);
	return room_close(state);
}

static void no_sample_is_appended_before_the_labels_of_its_id_are_durable(void **state)
{
	room_t *room = *state;
	const double_t *d = room->own;
	uint8_t *buf = malloc(BIG);
	writer_t w = writer_of(buf, BIG);
	slice_t body = big_body(&w, 7000);
	assert_int_equal(post(room, "/write?precision=s", "text/plain", body), 204);
	assert_int_equal(write_lines(room, "n f=1"), 204);
	assert_int_equal(d->early, 0);
	pass(room, NS_PER_S);
	assert_int_equal(count_all(room, "f"), 7000);
	free(buf);
}

static void a_full_buffer_is_waited_for_and_nothing_is_taken_twice(void **state)
{
	room_t *room = *state;
	double_t *d = room->own;
	uint8_t *buf = malloc(BIG);
	writer_t w = writer_of(buf, BIG);
	slice_t body = big_body(&w, 7000);
	d->refusals = 20;
	assert_int_equal(write_lines(room, "m f=1 1700000000"), 204);
	assert_int_equal(d->refusals, 0);
	d->refusals = 20;
	assert_int_equal(post(room, "/write?precision=s", "text/plain", body), 204);
	pass(room, NS_PER_S);
	assert_value(room, "m_f", 1);
	assert_int_equal(count_all(room, "f") + count_all(room, "g"), 14000);
	free(buf);
}

static void a_buffer_that_stays_full_is_told_with_what_was_taken(void **state)
{
	room_t *room = *state;
	double_t *d = room->own;
	d->refusals = UINT_MAX;
	twin_http_ask_t one = { .method = HTTP_POST,
		                .path = "/write",
		                .token = room->token,
		                .body = SLICE("m f=1 1") };
	OK(twin_http(room->env, &one, 20 * NS_PER_S, &room->answer));
	assert_int_equal(room->answer.status, 503);
	assert_true(twin_http_header(&room->answer, "Retry-After").len > 0);
	assert_true(has(room, "Values written: 0"));
	d->refusals = 0;
	assert_int_equal(write_lines(room, "m f=1 1700000000"), 204);
}

/* The loop of large bodies stands still. */
static int open_idle(void **state)
{
	return room_open_but(state, LOOP_DEVICE);
}

static void too_many_bodies_under_way_are_turned_away(void **state)
{
	enum { BODY = 7 << 20, BODIES = 9 };
	room_t *room = *state;
	uint8_t *buf = malloc(BODY);
	memset(buf, '#', BODY);
	twin_http_ask_t one = { .method = HTTP_POST,
		                .path = "/write",
		                .token = room->token,
		                .body = slice_of(buf, BODY) };
	for (size_t i = 0; i < BODIES; i++)
		assert_int_equal(twin_http(room->env, &one, NS_PER_MS, &room->answer), ERR_TIMEOUT);
	assert_int_equal(ask_as(room, &one), 503);
	assert_true(has(room, "too many bodies are under way"));
	assert_true(twin_http_header(&room->answer, "Retry-After").len > 0);
	free(buf);
}

#define I(test) cmocka_unit_test_setup_teardown(test, open_idle, room_close)
#define X(test) cmocka_unit_test_setup_teardown(test, open_texts, room_close)
#define D(test) cmocka_unit_test_setup_teardown(test, open_double, close_double)
#define T(test) cmocka_unit_test_setup_teardown(test, room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_line_becomes_series_and_their_samples),
		T(what_is_acknowledged_is_durable),
		T(good_lines_are_kept_and_the_first_bad_one_is_named),
		T(texts_are_refused_field_by_field_while_the_sink_keeps_none),
		X(texts_are_kept_without_their_escapes),
		T(lines_without_a_tag_value_or_with_a_label_twice_are_refused),
		T(a_large_body_is_taken_whole_by_the_other_loop),
		T(a_compressed_body_is_read_as_what_it_holds),
		T(a_series_is_asked_for_by_the_text_of_its_labels),
		T(a_level_is_local_memory_or_parent_which_there_is_none_of),
		T(the_doors_are_not_dressed_as_those_of_the_handle_system),
		T(a_token_may_come_as_the_clients_of_others_send_it),
		T(clients_find_the_version_and_the_health_they_ask_for),
		T(a_disk_that_fails_is_told_and_nothing_is_acknowledged),
		T(remote_write_keeps_every_bit_of_a_value),
		T(a_wide_table_has_a_series_a_column),
		T(a_narrow_table_names_its_series_in_every_line),
		T(json_lines_name_a_series_by_text_or_by_labels),
		T(a_configured_point_is_written_by_its_name_and_by_engineers_alone),
		T(sheets_are_taken_column_by_column),
		T(columns_of_float32_and_enum_keep_their_type_and_bits),
		D(no_sample_is_appended_before_the_labels_of_its_id_are_durable),
		D(a_full_buffer_is_waited_for_and_nothing_is_taken_twice),
		I(too_many_bodies_under_way_are_turned_away),
		D(a_buffer_that_stays_full_is_told_with_what_was_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
