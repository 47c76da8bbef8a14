/* SPDX-License-Identifier: Apache-2.0 */
/* The desk of a secondary node over HTTP, and the SNMS forms. */
#include "api/room_test.h"
#include "api/snms.h"

#include "base/text.h"

#define DESK "/api/v1/office"
#define FORM(more) \
	"{\"organisation\":\"测试企业\",\"credit_code\":\"9199000000TE0T0019\"," \
	"\"contact\":\"Li\",\"industry\":\"C3841\",\"purpose\":\"cells\"" more "}"
#define TEMPLATE(version) \
	"{\"prefix\":\"99.100.1.7\",\"version\":\"" version "\",\"name\":\"电芯\"," \
	"\"industryCategory\":\"C\",\"industrySpecific\":\"38\",\"industryTrade\":\"384\"," \
	"\"industrySubclass\":\"3841\",\"type\":2,\"items\":[{\"name\":\"型号\"," \
	"\"idType\":\"model\",\"idIndex\":\"2000\",\"required\":true,\"metadata\":" \
	"{\"type\":\"string\",\"minLength\":1,\"maxLength\":8}},{\"name\":\"容量\"," \
	"\"idType\":\"capacity\",\"idIndex\":2001,\"required\":false,\"metadata\":" \
	"{\"type\":\"number\",\"min\":0,\"max\":500}}]}"
#define CELL(name, model) \
	"{\"handle\":\"99.100.1.7/" name \
	"\",\"templateVersion\":\"1.0\",\"value\":[{\"index\":2000," \
	"\"type\":\"model\",\"data\":{\"format\":\"string\",\"value\":\"" model "\"}}]}"
#define SUCCESS "{\"message\":\"success\",\"status\":1,\"data\":true}"

static int post(room_t *room, const char *path, const char *body)
{
	return ask(room, HTTP_POST, path, body);
}

/* The prefix 99.100.1.7, approved with these limits. */
static void give(room_t *room, const char *limits)
{
	char body[256];
	(void)snprintf(body, sizeof(body), "{\"limits\":{%s}}", limits);
	assert_int_equal(post(room, DESK "/applications", FORM(",\"wanted\":\"99.100.1.7\"")), 201);
	assert_true(has(room, "\"state\":\"applied\""));
	assert_int_equal(post(room, DESK "/applications/1/review", NULL), 200);
	assert_int_equal(post(room, DESK "/applications/1/approve", body), 200);
	assert_true(has(room, "\"state\":\"approved\",\"prefix\":\"99.100.1.7\",\"made\":true"));
}

static void an_application_goes_its_way_and_shows_its_steps(void **state)
{
	room_t *room = *state;
	give(room, "");
	assert_int_equal(get(room, DESK "/applications/1"), 200);
	assert_true(has(room, "\"steps\":[{\"step\":\"apply\",\"who\":\"admin\""));
	assert_true(has(room, "\"step\":\"approve\""));
	assert_true(has(room, "\"industry_name\":\"Manufacturing\""));
	assert_int_equal(get(room, "/api/handles/0.NA/99.100.1.7"), 200);
	assert_true(has(room, "测试企业"));
}

static void what_waits_is_counted_and_listed(void **state)
{
	room_t *room = *state;
	give(room, "");
	assert_int_equal(post(room, DESK "/applications", FORM("")), 201);
	assert_int_equal(get(room, DESK), 200);
	assert_true(has(room, "\"applied\":1,\"under_review\":0,\"approved\":1"));
	assert_true(has(room, "\"waiting\":{\"count\":1,\"overdue\":0,\"records_pending\":0"));
	assert_true(has(room, "\"day\":\"2023-11-15\",\"registered\":0"));
	assert_int_equal(get(room, DESK "/applications?waiting=true"), 200);
	assert_true(has(room, "\"number\":2"));
	assert_true(has(room, "\"total\":1"));
	assert_false(slice_has(room->answer.body, "\"number\":1,"));
	assert_int_equal(get(room, DESK "/applications?state=approved&limit=1"), 200);
	assert_true(has(room, "\"number\":1,"));
}

static void faults_of_a_form_are_problems_in_the_reader_s_language(void **state)
{
	room_t *room = *state;
	assert_int_equal(post(room, DESK "/applications?lang=zh",
	                      "{\"organisation\":\"x\",\"credit_code\":\"9199000000TE0T0018\","
	                      "\"contact\":\"Li\",\"industry\":\"C3841\",\"purpose\":\"x\"}"),
	                 422);
	assert_true(has(room, "统一社会信用代码的校验码不正确"));
	assert_int_equal(post(room, DESK "/applications", FORM(",\"site\":\"nowhere\"")), 422);
	assert_true(has(room, "site"));
	assert_int_equal(post(room, DESK "/applications",
	                      FORM(",\"public_key\":{\"format\":\"pem\",\"value\":\"x\"}")),
	                 422);
	assert_true(has(room, "public key"));
	assert_int_equal(post(room, DESK "/applications", FORM("")), 201);
	assert_int_equal(post(room, DESK "/applications/1/refuse", "{}"), 422);
	assert_true(has(room, "the step refuse needs a reason"));
	assert_int_equal(post(room, DESK "/applications/1/approve", "{}"), 409);
	assert_int_equal(post(room, DESK "/applications/1/forget", "{}"), 404);
}

static void limits_are_604_603_and_605_over_rest(void **state)
{
	room_t *room = *state;
	static const char value[] = "[{\"index\":1,\"type\":\"URL\",\"data\":\"u\"}]";
	give(room, "\"names\":1,\"requests_per_day\":2");
	assert_int_equal(ask(room, HTTP_PUT, "/api/handles/99.100.1.7/a", value), 201);
	assert_int_equal(ask(room, HTTP_PUT, "/api/handles/99.100.1.7/b", value), 403);
	assert_true(has(room, "\"responseCode\":604"));
	assert_int_equal(get(room, "/api/handles/99.100.1.7/a"), 200);
	assert_int_equal(get(room, "/api/handles/99.100.1.7/a"), 200);
	assert_int_equal(get(room, "/api/handles/99.100.1.7/a"), 429);
	assert_true(has(room, "\"responseCode\":603"));
	assert_int_equal(ask(room, HTTP_PUT, DESK "/prefixes/99.100.1.7/limits",
	                     "{\"names\":5,\"requests_per_day\":0}"),
	                 200);
	assert_true(has(room, "\"limits\":{\"names\":5,\"names_per_day\":0"));
	assert_int_equal(get(room, "/api/handles/99.100.1.7/a"), 200);
	assert_int_equal(post(room, DESK "/applications/1/suspend", "{\"reason\":\"unpaid\"}"),
	                 200);
	assert_int_equal(ask(room, HTTP_PUT, "/api/handles/99.100.1.7/b", value), 403);
	assert_true(has(room, "\"responseCode\":605"));
}

static void a_prefix_shows_its_counts_and_their_ratio(void **state)
{
	room_t *room = *state;
	static const char value[] = "[{\"index\":1,\"type\":\"URL\",\"data\":\"u\"}]";
	give(room, "");
	assert_int_equal(ask(room, HTTP_PUT, "/api/handles/99.100.1.7/a", value), 201);
	assert_int_equal(ask(room, HTTP_PUT, "/api/handles/99.100.1.7/b", value), 201);
	for (int i = 0; i < 3; i++)
		assert_int_equal(get(room, "/api/handles/99.100.1.7/a"), 200);
	assert_int_equal(get(room, DESK "/prefixes/99.100.1.7"), 200);
	assert_true(has(room, "\"registered\":2,\"registered_ever\":2,\"resolved\":3,"
	                      "\"distinct\":1,\"ratio\":0.5,\"resolutions_per_name\":1.5"));
	assert_true(has(room, "\"today\":{\"day\":\"2023-11-15\",\"registered\":2,\"resolved\":3"));
	assert_int_equal(get(room, DESK "/prefixes"), 200);
	assert_true(has(room, "\"prefix\":\"99.100.1\","));
	assert_true(has(room, "\"total\":2"));
}

static void the_secret_is_told_once(void **state)
{
	room_t *room = *state;
	give(room, "");
	assert_int_equal(post(room, DESK "/prefixes/99.100.1.7/secret", NULL), 201);
	assert_true(has(room, "\"index\":301,\"secret\":\""));
	assert_int_equal(post(room, DESK "/prefixes/99.100.1.7/secret", NULL), 409);
	assert_false(slice_has(room->answer.body, "\"secret\""));
}

static void templates_are_made_shown_used_and_then_kept(void **state)
{
	room_t *room = *state;
	give(room, "");
	assert_int_equal(post(room, DESK "/templates", TEMPLATE("1.0")), 204);
	assert_int_equal(get(room, DESK "/templates/99.100.1.7/1.0"), 200);
	assert_true(has(room, "\"used\":false"));
	assert_true(has(room, "\"idIndex\":2001,\"required\":false,\"unique\":false,\"state\":1,"
	                      "\"permissions\":\"1110\",\"metadata\":{\"type\":\"number\""));
	assert_int_equal(post(room, "/identityv2/data", CELL("c1", "LFP")), 200);
	assert_true(body_is(room, SUCCESS));
	assert_int_equal(post(room, DESK "/templates", TEMPLATE("1.0")), 409);
	assert_int_equal(ask(room, HTTP_DELETE, DESK "/templates/99.100.1.7/1.0", NULL), 409);
	assert_int_equal(get(room, DESK "/templates?prefix=99.100.1.7"), 200);
	assert_true(has(room, "\"used\":true"));
}

static void snms_registers_shows_changes_and_removes(void **state)
{
	room_t *room = *state;
	give(room, "");
	assert_int_equal(post(room, "/snms/api/v5/template", TEMPLATE("1.0")), 200);
	assert_true(body_is(room, SUCCESS));
	assert_int_equal(get(room, "/snms/api/v5/template?prefix=99.100.1.7&version=1.0"), 200);
	assert_true(has(room, "\"status\":1,\"data\":{\"prefix\":\"99.100.1.7\""));
	assert_int_equal(post(room, "/identityv2/data", CELL("c1", "LFP")), 200);
	assert_int_equal(get(room, "/identityv2/data/detail?handle=99.100.1.7/c1"), 200);
	assert_true(has(room,
	                "\"handle\":\"99.100.1.7/c1\",\"templateVersion\":\"1.0\",\"value\":[{"
	                "\"auth\":\"\",\"index\":1001,\"type\":\"TEMPLATE\",\"data\":{"
	                "\"format\":\"string\",\"value\":\"1.0\"}},{\"auth\":\"\","
	                "\"index\":2000"));
	assert_int_equal(post(room, "/identityv2/data?lang=zh", CELL("c1", "LFP")), 200);
	assert_true(has(room, "标识已存在"));
	assert_true(has(room, "\"status\":-2,\"data\":null"));
	assert_int_equal(ask(room, HTTP_PUT, "/identityv2/data", CELL("c1", "NMC")), 200);
	assert_int_equal(get(room, "/identityv2/data/detail?handle=99.100.1.7/c1"), 200);
	assert_true(has(room, "\"value\":\"NMC\""));
	assert_int_equal(
		ask(room, HTTP_DELETE, "/identityv2/data", "{\"handle\":\"99.100.1.7/c1\"}"), 200);
	assert_true(body_is(room, SUCCESS));
	assert_int_equal(get(room, "/identityv2/data/detail?handle=99.100.1.7/c1"), 200);
	assert_true(has(room, "\"status\":-2"));
}

static void faults_name_the_item_the_rule_and_the_way_out(void **state)
{
	room_t *room = *state;
	give(room, "");
	assert_int_equal(post(room, "/identityv2/data?lang=zh", CELL("c1", "LFP")), 200);
	assert_true(has(room, "前缀下没有版本为 1.0 的模板"));
	assert_int_equal(post(room, "/snms/api/v5/template", TEMPLATE("1.0")), 200);
	assert_int_equal(post(room, "/identityv2/data?lang=zh", CELL("c1", "LFP-280Ah")), 200);
	assert_true(has(room, "型号 超过 8 个字符。请缩短内容"));
	assert_int_equal(post(room, "/identityv2/data",
	                      "{\"handle\":\"99.100.1.7/c1\",\"templateVersion\":\"1.0\","
	                      "\"value\":[{\"index\":2001,\"type\":\"capacity\",\"data\":"
	                      "{\"format\":\"string\",\"value\":\"900\"}}]}"),
	                 200);
	assert_true(has(room, "is greater than 500. give a smaller number; item 型号 is missing"));
	assert_int_equal(get(room, "/api/handles/99.100.1.7/c1"), 404);
}

static void a_batch_tells_each_of_its_items(void **state)
{
	room_t *room = *state;
	give(room, "\"names\":3");
	assert_int_equal(post(room, "/snms/api/v5/template", TEMPLATE("1.0")), 200);
	assert_int_equal(
		post(room, "/identityv2/data/batchCreate",
	             "[" CELL("a", "M") "," CELL("b", "too long a model") "," CELL(
			     "a", "M") "," CELL("c", "M") "," CELL("d", "M") "," CELL("e",
	                                                                              "M") "]"),
		200);
	assert_true(has(room,
	                "\"data\":[{\"handle\":\"99.100.1.7/a\",\"code\":1,\"msg\":\"success\"},{"
	                "\"handle\":\"99.100.1.7/b\",\"code\":-2,"));
	assert_true(has(room,
	                "{\"handle\":\"99.100.1.7/a\",\"code\":-2,\"msg\":\"the identifier is "
	                "there already\"}"));
	assert_true(has(room,
	                "{\"handle\":\"99.100.1.7/e\",\"code\":-2,\"msg\":\"registration limit "
	                "(604)\"}]}"));
	assert_int_equal(ask(room, HTTP_DELETE, "/identityv2/data/batchDelete",
	                     "[\"99.100.1.7/a\",\"99.100.1.7/zz\"]"),
	                 200);
	assert_true(has(room, "\"handle\":\"99.100.1.7/a\",\"code\":1"));
	assert_true(has(room, "\"handle\":\"99.100.1.7/zz\",\"code\":-2"));
}

static void a_batch_of_1500_is_taken_and_one_more_is_not(void **state)
{
	room_t *room = *state;
	text_t body = text_of(1 << 20);
	give(room, "");
	assert_int_equal(post(room, "/snms/api/v5/template", TEMPLATE("1.0")), 200);
	for (int i = 0; i < 1500; i++)
		text_addf(&body,
		          "%c{\"handle\":\"99.100.1.7/n%d\",\"templateVersion\":\"1.0\","
		          "\"value\":[{\"index\":2000,\"type\":\"model\",\"data\":"
		          "{\"format\":\"string\",\"value\":\"M\"}}]}",
		          i ? ',' : '[', i);
	text_addf(&body, "]%c", 0);
	assert_int_equal(post(room, "/identityv2/data/batchCreate", (const char *)body.ptr), 200);
	assert_false(slice_has(room->answer.body, "\"code\":-2"));
	assert_true(has(room, "\"handle\":\"99.100.1.7/n1499\",\"code\":1"));
	text_drop(&body, body.len);
	for (int i = 0; i < 1501; i++)
		text_addf(&body, "%c\"99.100.1.7/n%d\"", i ? ',' : '[', i);
	text_addf(&body, "]%c", 0);
	assert_int_equal(
		ask(room, HTTP_DELETE, "/identityv2/data/batchDelete", (const char *)body.ptr),
		200);
	assert_true(has(room, "\"status\":-2,\"data\":null"));
	text_free(&body);
}

static int room_open_without_changes(void **state)
{
	return room_open_but(state, LOOP_VIEW);
}

/* The loop of the registry does not run, so that no batch is answered. */
static void more_batches_than_may_be_under_way_are_refused_and_counted(void **state)
{
	room_t *room = *state;
	twin_http_ask_t one = { .method = HTTP_DELETE,
		                .path = "/identityv2/data/batchDelete",
		                .token = room->token,
		                .body = SLICE("[\"99.100.1/FRM1\"]") };
	for (size_t i = 0; i < SNMS_BATCHES; i++)
		assert_int_equal(twin_http(room->env, &one, NS_PER_S / 10, &room->answer),
		                 ERR_TIMEOUT);
	assert_int_equal(ask_as(room, &one), 503);
	assert_true(has(room, "too many batches"));
	assert_int_equal(get(room, "/metrics"), 200);
	assert_true(has(room, "\njizhu_http_snms_batches 4\n"));
	assert_true(has(room, "\njizhu_http_snms_batches_refused_total 1\n"));
}

/* POST /identity/token without anything else; the status. */
static int snms_login(room_t *room, const char *user, const char *password)
{
	char body[256];
	(void)snprintf(body, sizeof(body), "{\"username\":\"%s\",\"password\":\"%s\"}", user,
	               password);
	return ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST,
	                                        .path = "/identity/token",
	                                        .body = slice_str(body) });
}

static int snms_post(room_t *room, const char *token, const char *path, const char *body)
{
	return ask_as(room, &(twin_http_ask_t){ .method = HTTP_POST,
	                                        .path = path,
	                                        .token = token,
	                                        .body = slice_str(body) });
}

static void a_token_of_snms_opens_the_doors_of_its_user(void **state)
{
	room_t *room = *state;
	char token[128];
	give(room, "");
	assert_int_equal(post(room, "/snms/api/v5/template", TEMPLATE("1.0")), 200);
	assert_int_equal(snms_login(room, "admin", room->token), 200);
	answer_text(room, "token", token, sizeof(token));
	assert_int_equal(snms_post(room, token, "/identityv2/data", CELL("c1", "LFP")), 200);
	assert_true(body_is(room, SUCCESS));
	token[3] = token[3] == '0' ? '1' : '0';
	assert_int_equal(snms_post(room, token, "/identityv2/data", CELL("c2", "LFP")), 401);
	assert_true(has(room, "\"status\":-2"));
}

static void the_engineer_of_one_prefix_registers_there_and_decides_nothing(void **state)
{
	room_t *room = *state;
	char token[128];
	give(room, "");
	assert_int_equal(post(room, "/api/v1/users",
	                      "{\"name\":\"wang\",\"role\":\"engineer\",\"scope\":\"99.100.1.7\","
	                      "\"password\":\"" ROOM_PASSWORD "\"}"),
	                 201);
	assert_int_equal(snms_login(room, "wang", "not " ROOM_PASSWORD), 401);
	assert_true(has(room, "\"status\":-2"));
	assert_int_equal(snms_login(room, "wang", ROOM_PASSWORD), 200);
	answer_text(room, "token", token, sizeof(token));
	assert_int_equal(snms_post(room, token, "/snms/api/v5/template", TEMPLATE("1.0")), 200);
	assert_true(body_is(room, SUCCESS));
	assert_int_equal(snms_post(room, token, "/identityv2/data", CELL("c1", "LFP")), 200);
	assert_true(body_is(room, SUCCESS));
	assert_int_equal(snms_post(room, token, DESK "/applications", FORM("")), 201);
	assert_int_equal(
		snms_post(room, token, DESK "/applications/1/suspend", "{\"reason\":\"x\"}"), 403);
	assert_int_equal(snms_post(room, token, DESK "/applications/2/review", NULL), 403);
	assert_int_equal(
		ask_as(room, &(twin_http_ask_t){ .path = DESK "/prefixes", .token = token }), 200);
	assert_true(has(room, "\"total\":1"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, room_open, room_close)
	const struct CMUnitTest tests[] = {
		CASE(an_application_goes_its_way_and_shows_its_steps),
		CASE(what_waits_is_counted_and_listed),
		CASE(faults_of_a_form_are_problems_in_the_reader_s_language),
		CASE(limits_are_604_603_and_605_over_rest),
		CASE(a_prefix_shows_its_counts_and_their_ratio),
		CASE(the_secret_is_told_once),
		CASE(templates_are_made_shown_used_and_then_kept),
		CASE(snms_registers_shows_changes_and_removes),
		CASE(faults_name_the_item_the_rule_and_the_way_out),
		CASE(a_batch_tells_each_of_its_items),
		CASE(a_batch_of_1500_is_taken_and_one_more_is_not),
		cmocka_unit_test_setup_teardown(
			more_batches_than_may_be_under_way_are_refused_and_counted,
			room_open_without_changes, room_close),
		CASE(a_token_of_snms_opens_the_doors_of_its_user),
		CASE(the_engineer_of_one_prefix_registers_there_and_decides_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
