/* SPDX-License-Identifier: Apache-2.0 */
/* Roots files of both forms, good and bad, and what a configuration makes of a
 * resolver. */
#include "resolver/fixture_test.h"

#include "resolver/roots.h"
#include "resolver/service.h"

#define SERVER(ip) \
	"{\"serverId\":1,\"address\":\"" ip "\",\"interfaces\":[" \
	"{\"query\":true,\"admin\":false,\"protocol\":\"UDP\",\"port\":2641}," \
	"{\"query\":true,\"admin\":true,\"protocol\":\"TCP\",\"port\":2642}," \
	"{\"query\":true,\"admin\":true,\"protocol\":\"HTTP\",\"port\":8000}]}"
#define SITE(ip) \
	"{\"index\":1,\"type\":\"HS_SITE\",\"data\":{\"format\":\"site\",\"value\":{" \
	"\"version\":1,\"protocolVersion\":\"2.9\",\"serialNumber\":4,\"primarySite\":true," \
	"\"multiPrimary\":false,\"servers\":[" SERVER(ip) "]}},\"ttl\":86400}"
#define ADMIN "{\"index\":100,\"type\":\"HS_ADMIN\",\"data\":{\"format\":\"admin\",\"value\":{}}}"
#define SERV  "{\"index\":2,\"type\":\"HS_SERV\",\"data\":\"0.SERV/a\"}"

static roots_t *roots_of(const char *text, err_t expected)
{
	roots_t *roots = NULL;
	err_detail_t detail;
	OK(roots_new(&roots));
	err_t err = roots_read(slice_str(text), "t.json", roots, &detail);
	if (err != expected)
		fail_msg("%s: %s", text, err_info(err)->name);
	if (err) {
		char said[512];
		assert_non_null(strstr(err_render(&detail, LANG_EN, said, sizeof(said)), "t.json"));
	}
	return roots;
}

static candidate_t candidate_of(const roots_t *roots, const char *handle)
{
	service_t service;
	service_ask_t ask = { .values = roots_find(roots, slice_str(handle)),
		              .name = SLICE("99.200/a"),
		              .is_local = true };
	service_read(&ask, &service);
	assert_int_equal(service.count, 1);
	return service.sites[0];
}

static void bootstrap_handles_are_read(void **state)
{
	(void)state;
	roots_t *roots = roots_of("{\"lastUpdate\":1,\"handles\":{"
	                          "\"0.NA/0.NA\":{\"handle\":\"0.NA/0.NA\",\"values\":[" ADMIN
	                          "," SITE("127.0.0.9") "]},"
	                                                "\"0.na/99.200\":{\"values\":[" SERV "]}}}",
	                          ERR_OK);
	candidate_t site = candidate_of(roots, "0.NA/0.NA");
	assert_int_equal(site.udp.port, 2641);
	assert_int_equal(site.tcp.port, 2642);
	assert_int_equal(site.udp.ip.bytes[3], 9);
	assert_int_equal(site.serial, 4);
	assert_int_equal(site.version.minor, 9);
	assert_true(site.is_primary);
	assert_int_equal(roots_find(roots, SLICE("0.NA/99.200")).count, 1);
	assert_int_equal(roots_find(roots, SLICE("0.NA/99.300")).count, 0);
	roots_free(roots);
}

static void a_list_and_a_single_record_are_read_too(void **state)
{
	(void)state;
	roots_t *roots = roots_of(
		"{\"handles\":[{\"handle\":\"0.NA/0.NA\",\"values\":[" SITE("fd00::9") "]}]}",
		ERR_OK);
	assert_int_equal(candidate_of(roots, "0.NA/0.NA").udp.ip.family, 6);
	roots_free(roots);
	roots = roots_of("{\"responseCode\":1,\"handle\":\"0.NA/99.200\",\"values\":[" SITE(
				 "127.0.0.9") "]}",
	                 ERR_OK);
	assert_int_equal(candidate_of(roots, "0.NA/99.200").tcp.port, 2642);
	roots_free(roots);
}

static void a_later_record_takes_the_place_of_an_earlier(void **state)
{
	(void)state;
	err_detail_t detail;
	roots_t *roots = roots_of("{\"handle\":\"0.NA/0.NA\",\"values\":[" SITE("127.0.0.8") "]}",
	                          ERR_OK);
	OK(roots_read(SLICE("{\"handle\":\"0.na/0.na\",\"values\":[" SITE("127.0.0.9") "]}"), "u",
	              roots, &detail));
	assert_int_equal(candidate_of(roots, "0.NA/0.NA").udp.ip.bytes[3], 9);
	roots_free(roots);
}

static void what_is_no_roots_file_is_refused(void **state)
{
	static const struct {
		const char *text;
		err_t err;
	} rows[] = {
		{ "", ERR_MALFORMED },
		{ "roots", ERR_MALFORMED },
		{ "{", ERR_MALFORMED },
		{ "{}", ERR_INVALID },
		{ "{\"handles\":{}}", ERR_INVALID },
		{ "{\"handles\":{\"0.NA/0.NA\":{}}}", ERR_INVALID },
		{ "{\"handles\":{\"0.NA/0.NA\":{\"values\":[" ADMIN "]}}}", ERR_INVALID },
		{ "{\"handles\":{\"0.NA/0.NA\":{\"values\":[{}]}}}", ERR_INVALID },
		{ "{\"handles\":{\"\":{\"values\":[" SERV "]}}}", ERR_INVALID },
		{ "{\"handle\":\"0.NA/0.NA\",\"values\":[" SITE("here") "]}", ERR_INVALID },
		{ "{\"handle\":\"0.NA/0.NA\",\"values\":[{\"index\":1,\"type\":\"HS_SITE\","
		  "\"data\":{\"format\":\"base58\",\"value\":\"\"}}]}",
		  ERR_INVALID },
		{ "{\"handle\":\"0.NA/0.NA\",\"values\":[{\"index\":0,\"type\":\"HS_SERV\","
		  "\"data\":\"a\"}]}",
		  ERR_INVALID },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		roots_free(roots_of(rows[i].text, rows[i].err));
}

static void root_info_must_be_whole(void **state)
{
	(void)state;
	world_t world;
	uint8_t bytes[1024];
	size_t len;
	env_file_t *file;
	roots_t *roots;
	err_detail_t detail;
	world_make(&world, &(twin_spec_t){ .seed = 1 });
	const server_t *server = server_new(&world, 4);
	roots_write(&world, server, "root_info");
	OK(env_file_open(world.env, "root_info", ENV_OPEN_READ, &file));
	OK(env_file_read(file, 0, bytes, sizeof(bytes), &len));
	env_file_close(file);
	OK(roots_new(&roots));
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(roots_read(slice_of(bytes, cut), "cut", roots, &detail),
		                 ERR_MALFORMED);
	assert_int_equal(roots_read(slice_of(bytes, len + 1), "long", roots, &detail),
	                 ERR_MALFORMED);
	OK(roots_read(slice_of(bytes, len), "whole", roots, &detail));
	assert_true(addr_eq(candidate_of(roots, "0.NA/0.NA").udp, server->addr));
	roots_free(roots);
	world_free(&world);
}

static void a_missing_roots_file_fails_the_opening(void **state)
{
	(void)state;
	world_t world;
	const char *roots[] = { "nowhere" };
	err_detail_t detail;
	world_make(&world, &(twin_spec_t){ .seed = 1 });
	resolver_spec_t spec = { .loop = world.loop, .roots = roots, .root_count = 1 };
	assert_int_equal(resolver_open(world.env, &spec, &world.resolver, &detail), ERR_NOT_FOUND);
	assert_string_equal(detail.where, "nowhere");
	world_free(&world);
}

static void a_record_of_the_file_overrides_that_of_the_root(void **state)
{
	(void)state;
	static const char text[] = "{\"handle\":\"0.NA/99.200\",\"values\":[" SITE("10.0.0.1") "]}";
	const char *paths[] = { "own.json" };
	world_t world;
	env_file_t *file;
	world_make(&world, &(twin_spec_t){ .seed = 1 });
	server_t *server = server_new(&world, 4);
	url_at(server, "99.200/a", "own");
	OK(env_file_open(world.env, paths[0], ENV_OPEN_CREATE, &file));
	OK(env_file_write(file, 0, slice_str(text)));
	env_file_close(file);
	resolver_start(&world, (resolver_spec_t){ .roots = paths, .root_count = 1 });
	ask_text(&world, "99.200/a", "own");
	ask_expect(&world, "99.300/a", ERR_UNAVAILABLE, RESOLVER_FROM_SERVER);
	world_free(&world);
}

static void a_configuration_becomes_a_spec(void **state)
{
	(void)state;
	static const char yaml[] =
		"node: {name: n1, prefix: 99.100.1}\n"
		"resolver: {roots: [a, b], prefer: tcp, negative: 5s, stale: 1h, deadline: 2s,\n"
		"  cache: 1M, walks: 7, sites: [{address: '127.0.0.1:2641', transport: tcp},\n"
		"  {prefix: 99.200, address: '127.0.0.2:2641'}]}\n";
	config_t *config;
	err_detail_t detail;
	resolver_pin_t pins[2];
	resolver_spec_t spec;
	OK(config_parse(slice_str(yaml), "t.yaml", &config, &detail));
	resolver_spec_from(&config->resolver, NULL, pins, &spec);
	assert_int_equal(spec.root_count, 2);
	assert_string_equal(spec.roots[1], "b");
	assert_true(spec.prefer_tcp);
	assert_int_equal(spec.negative_ns, 5 * NS_PER_S);
	assert_int_equal(spec.stale_ns, 3600 * NS_PER_S);
	assert_int_equal(spec.deadline_ns, 2 * NS_PER_S);
	assert_int_equal(spec.cache_bytes, 1 << 20);
	assert_int_equal(spec.walks_max, 7);
	assert_int_equal(spec.pin_count, 2);
	assert_int_equal(pins[0].prefix.len, 0);
	assert_int_equal(pins[0].transport, RESOLVER_BY_TCP);
	assert_true(slice_eq(pins[1].prefix, SLICE("99.200")));
	config_free(config);
}

static void steps_have_words_in_both_languages(void **state)
{
	(void)state;
	for (int kind = 0; kind < RESOLVER_STEP_COUNT; kind++) {
		const char *en = resolver_step_text((resolver_step_kind_t)kind, LANG_EN);
		const char *zh = resolver_step_text((resolver_step_kind_t)kind, LANG_ZH);
		assert_true(en && zh && *en && *zh && strcmp(en, zh) != 0);
	}
}

static void a_trace_is_written_as_json(void **state)
{
	(void)state;
	world_t world;
	char text[4096];
	(void)world_usual(&world, &(twin_spec_t){ .seed = 1 });
	resolver_begin(&world);
	resolver_reply_t reply = ask(&world, "99.200/press");
	json_t j = json_of(text, sizeof(text) - 1);
	resolver_trace_put(reply.answer, &j);
	assert_true(json_ok(&j));
	text[json_done(&j).len] = 0;
	assert_non_null(strstr(text, "\"step\":\"roots\""));
	assert_non_null(strstr(text, "\"server\":\"10.0.0.2:2641\",\"transport\":\"udp\""));
	assert_non_null(strstr(text, "\"said\":\"success\""));
	resolver_answer_release(reply.answer);
	world_free(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bootstrap_handles_are_read),
		cmocka_unit_test(a_list_and_a_single_record_are_read_too),
		cmocka_unit_test(a_later_record_takes_the_place_of_an_earlier),
		cmocka_unit_test(what_is_no_roots_file_is_refused),
		cmocka_unit_test(root_info_must_be_whole),
		cmocka_unit_test(a_missing_roots_file_fails_the_opening),
		cmocka_unit_test(a_record_of_the_file_overrides_that_of_the_root),
		cmocka_unit_test(a_configuration_becomes_a_spec),
		cmocka_unit_test(steps_have_words_in_both_languages),
		cmocka_unit_test(a_trace_is_written_as_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
