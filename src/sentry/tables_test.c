/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the sentry by themselves: map, flows, white-list, image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "sentry/baseline.h"
#include "sentry/counters.h"
#include "sentry/flow.h"
#include "sentry/image.h"

static ip_t host(uint8_t last)
{
	return ip_v4(127, 0, 2, last);
}

static void the_map_finds_what_was_put_while_others_come_and_go(void **state)
{
	(void)state;
	enum { KEYS = 500, STEPS = 20000 };
	keymap_t map;
	bool in[KEYS] = { false };
	rng_t rng = rng_of(3);
	assert_int_equal(keymap_open(&map, KEYS / 2, 9), ERR_OK);
	for (size_t step = 0; step < STEPS; step++) {
		uint32_t n = (uint32_t)rng_below(&rng, KEYS);
		keymap_key_t key = keymap_key(host((uint8_t)n), host((uint8_t)(n / 7)), n);
		assert_int_equal(keymap_get(&map, &key), in[n] ? n : KEYMAP_NONE);
		if (in[n])
			keymap_remove(&map, &key);
		in[n] = in[n] ? false : keymap_put(&map, &key, n);
	}
	assert_true(map.count <= KEYS / 2);
	keymap_close(&map);
}

static void families_are_told_apart(void **state)
{
	(void)state;
	ip_t four = ip_v4(1, 2, 3, 4), six = four;
	six.family = 6;
	keymap_key_t a = keymap_key(four, host(1), 5), b = keymap_key(six, host(1), 5);
	assert_memory_not_equal(&a, &b, sizeof(a));
	four.bytes[9] = 77; /* no part of an IPv4 address */
	b = keymap_key(four, host(1), 5);
	assert_memory_equal(&a, &b, sizeof(a));
}

static void the_flow_unused_for_longest_is_the_oldest(void **state)
{
	(void)state;
	flow_table_t table;
	addr_t server = { host(1), 502 };
	assert_int_equal(flow_table_open(&table, 3, 1), ERR_OK);
	assert_null(flow_oldest(&table));
	for (uint16_t port = 1; port <= 3; port++)
		assert_non_null(
			flow_add(&table, (addr_t){ host(2), port }, server, port * NS_PER_S));
	assert_null(flow_add(&table, (addr_t){ host(2), 4 }, server, 4 * NS_PER_S));
	keymap_key_t key = flow_key((addr_t){ host(2), 1 }, server);
	assert_non_null(flow_find(&table, &key, 9 * NS_PER_S));
	assert_int_equal(flow_oldest(&table)->client.port, 2);
	flow_remove(&table, flow_oldest(&table));
	assert_int_equal(flow_oldest(&table)->client.port, 3);
	assert_int_equal(flow_newer(&table, flow_oldest(&table))->client.port, 1);
	assert_int_equal(flow_count(&table), 2);
	assert_non_null(flow_add(&table, (addr_t){ host(2), 4 }, server, 10 * NS_PER_S));
	flow_table_close(&table);
}

static void the_oldest_request_gives_way(void **state)
{
	(void)state;
	flow_table_t table;
	bool lost;
	assert_int_equal(flow_table_open(&table, 1, 1), ERR_OK);
	flow_t *flow = flow_add(&table, (addr_t){ host(2), 4 }, (addr_t){ host(1), 502 }, 1);
	for (uint16_t i = 0; i < FLOW_PENDING_MAX; i++) {
		flow_request_t *request = flow_request_place(flow, &lost);
		assert_false(lost);
		request->transaction = i;
		request->utc_ns = 100 - i;
		request->len = 1;
	}
	assert_int_equal(flow_request_place(flow, &lost)->transaction, FLOW_PENDING_MAX - 1);
	assert_true(lost);
	assert_null(flow_request_find(flow, 3, 9));
	flow_request_t *found = flow_request_find(flow, 3, 0);
	assert_int_equal(found->transaction, 3);
	flow_request_done(flow, found);
	assert_null(flow_request_find(flow, 3, 0));
	assert_ptr_equal(flow_request_place(flow, &lost), found);
	assert_false(lost);
	flow_table_close(&table);
}

static baseline_row_t row(uint8_t function, uint16_t from, uint16_t to)
{
	return (baseline_row_t){ .client = host(1),
		                 .server = host(2),
		                 .unit = 1,
		                 .function = function,
		                 .from = from,
		                 .to = to };
}

static learn_t learn(baseline_t *b, uint16_t from, uint16_t to)
{
	baseline_row_t what = row(3, from, to);
	return baseline_learn(b, &what, 1000);
}

static bool covers(const baseline_t *b, uint16_t from, uint16_t to, cover_t cover)
{
	baseline_row_t what = row(3, from, to);
	return baseline_covers(b, &what, cover);
}

static void rows_that_touch_become_one(void **state)
{
	(void)state;
	baseline_t b;
	size_t at = 0;
	assert_int_equal(baseline_open(&b, 1), ERR_OK);
	assert_int_equal(learn(&b, 10, 19), LEARN_FRESH);
	assert_int_equal(learn(&b, 30, 39), LEARN_WIDER);
	assert_int_equal(learn(&b, 12, 15), LEARN_KNOWN);
	assert_int_equal(baseline_size(&b), 2);
	assert_false(covers(&b, 10, 39, COVER_ANY));
	assert_int_equal(learn(&b, 20, 29), LEARN_WIDER);
	assert_int_equal(baseline_size(&b), 1);
	const baseline_entry_t *entry = baseline_next(&b, &at);
	assert_int_equal(entry->row.from, 10);
	assert_int_equal(entry->row.to, 39);
	assert_int_equal(entry->row.count, 4);
	assert_null(baseline_next(&b, &at));
	assert_true(covers(&b, 10, 39, COVER_ANY));
	assert_false(covers(&b, 10, 40, COVER_ANY));
	assert_int_equal(learn(&b, 0, 65535), LEARN_WIDER);
	assert_int_equal(learn(&b, 65535, 65535), LEARN_KNOWN);
	assert_int_equal(baseline_size(&b), 1);
	baseline_close(&b);
}

static void approved_rows_stay_apart_and_cover_together(void **state)
{
	(void)state;
	baseline_t b;
	baseline_row_t low = row(3, 0, 9), high = row(3, 10, 19), other = row(4, 0, 9);
	assert_int_equal(baseline_open(&b, 1), ERR_OK);
	assert_true(baseline_add(&b, &low, ROW_POLICY));
	assert_true(baseline_add(&b, &high, ROW_PERSON));
	assert_true(covers(&b, 5, 15, COVER_APPROVED));
	assert_int_equal(learn(&b, 5, 25), LEARN_WIDER);
	assert_true(covers(&b, 5, 25, COVER_ANY));
	assert_false(covers(&b, 5, 25, COVER_APPROVED));
	assert_int_equal(baseline_size(&b), 3);
	assert_false(baseline_covers(&b, &other, COVER_ANY));
	assert_true(baseline_knows_pair(&b, host(1), host(2)));
	assert_false(baseline_knows_pair(&b, host(2), host(1)));
	assert_true(baseline_knows_client(&b, host(1)) && !baseline_knows_client(&b, host(2)));
	assert_true(baseline_knows_server(&b, host(2)) && !baseline_knows_server(&b, host(1)));
	assert_true(baseline_knows_unit(&b, host(1), host(2), 1));
	assert_false(baseline_knows_unit(&b, host(1), host(2), 2));
	baseline_close(&b);
}

static void a_full_white_list_refuses_and_keeps_what_it_has(void **state)
{
	(void)state;
	baseline_t b;
	assert_int_equal(baseline_open(&b, 1), ERR_OK);
	for (uint32_t i = 0; i < BASELINE_ROWS_MAX; i++)
		assert_int_not_equal(learn(&b, (uint16_t)(i * 4), (uint16_t)(i * 4)), LEARN_FULL);
	assert_int_equal(learn(&b, 65000, 65000), LEARN_FULL);
	assert_true(covers(&b, 400, 400, COVER_ANY));
	assert_int_equal(learn(&b, 400, 401), LEARN_WIDER);
	baseline_close(&b);
}

static void a_journalled_row_replaces_what_it_widens(void **state)
{
	(void)state;
	baseline_t b;
	assert_int_equal(baseline_open(&b, 1), ERR_OK);
	baseline_row_t narrow = row(3, 10, 19), wide = row(3, 10, 29), policy = row(6, 1, 1);
	narrow.count = 5;
	wide.count = 9;
	baseline_restore(&b, &narrow, ROW_LEARNED);
	baseline_restore(&b, &wide, ROW_LEARNED);
	assert_int_equal(baseline_size(&b), 1);
	assert_int_equal(baseline_find(&b, &wide)->row.count, 9);
	baseline_restore(&b, &wide, ROW_PERSON);
	assert_true(covers(&b, 10, 29, COVER_APPROVED));
	baseline_restore(&b, &wide, ROW_LEARNED);
	assert_false(covers(&b, 10, 29, COVER_APPROVED));
	baseline_restore(&b, &policy, ROW_POLICY);
	assert_int_equal(baseline_size(&b), 1);
	baseline_close(&b);
}

static void the_image_keeps_the_newest_word_and_the_usual_writer(void **state)
{
	(void)state;
	static const metric_row_t rows[SENTRY_METRIC_COUNT];
	image_t image;
	metrics_t metrics;
	uint16_t words[200], word = 0;
	ip_t client = { 0 };
	uint64_t count = 0;
	image_at_t at = { host(2), 1, MODBUS_SPACE_HOLDING, 65436 };
	metrics_init(&metrics, rows, SENTRY_METRIC_COUNT);
	assert_int_equal(image_open(&image, &metrics, 1), ERR_OK);
	for (uint16_t i = 0; i < 200; i++)
		words[i] = i;
	image_put(&image, at, words, 200); /* only 100 addresses are left */
	for (uint16_t i = 0; i < 100; i++) {
		at.address = (uint16_t)(65436 + i);
		assert_true(image_get(&image, at, &word));
		assert_int_equal(word, i);
	}
	at.address = 0;
	assert_false(image_get(&image, at, &word));
	at.address = 65435;
	assert_false(image_get(&image, at, &word));
	assert_false(image_writer(&image, at, &client, &count));
	for (uint8_t i = 0; i < 12; i++)
		image_wrote(&image, at, host(i % 3 ? 7 : 8));
	assert_true(image_writer(&image, at, &client, &count));
	assert_true(ip_eq(client, host(7)));
	assert_int_equal(count, 8);
	image_close(&image);
}

static void policies_are_exchanged_all_or_none_and_learned_rows_stay(void **state)
{
	(void)state;
	baseline_t b;
	baseline_row_t old = {
		.client = host(1), .server = host(9), .unit = 1, .function = 6, .to = 9
	};
	baseline_row_t fresh = old, learned = old;
	baseline_row_t *many = calloc(BASELINE_ROWS_MAX, sizeof(*many));
	assert_non_null(many);
	fresh.client = host(2);
	learned.function = 3;
	assert_int_equal(baseline_open(&b, 5), ERR_OK);
	assert_true(baseline_allow(&b, &old, 1));
	assert_int_equal(baseline_learn(&b, &learned, 1), LEARN_FRESH);
	for (uint32_t i = 0; i < BASELINE_ROWS_MAX; i++) {
		many[i] = fresh;
		many[i].from = many[i].to = (uint16_t)(2 * i);
	}
	assert_false(baseline_allow(&b, many, BASELINE_ROWS_MAX - 1));
	assert_int_equal(baseline_size(&b), 2);
	assert_true(baseline_allow(&b, &fresh, 1));
	assert_true(baseline_covers(&b, &old, COVER_APPROVED));
	assert_true(baseline_covers(&b, &fresh, COVER_APPROVED));
	baseline_withdraw_others(&b, &fresh, 1);
	assert_false(baseline_covers(&b, &old, COVER_ANY));
	assert_true(baseline_covers(&b, &fresh, COVER_APPROVED));
	assert_true(baseline_covers(&b, &learned, COVER_ANY));
	assert_int_equal(baseline_size(&b), 2);
	baseline_close(&b);
	free(many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_map_finds_what_was_put_while_others_come_and_go),
		cmocka_unit_test(families_are_told_apart),
		cmocka_unit_test(the_flow_unused_for_longest_is_the_oldest),
		cmocka_unit_test(the_oldest_request_gives_way),
		cmocka_unit_test(rows_that_touch_become_one),
		cmocka_unit_test(approved_rows_stay_apart_and_cover_together),
		cmocka_unit_test(a_full_white_list_refuses_and_keeps_what_it_has),
		cmocka_unit_test(a_journalled_row_replaces_what_it_widens),
		cmocka_unit_test(the_image_keeps_the_newest_word_and_the_usual_writer),
		cmocka_unit_test(policies_are_exchanged_all_or_none_and_learned_rows_stay),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
