/* SPDX-License-Identifier: Apache-2.0 */
/* When a parent says what of its children. */
#include "insight/roller_fixture_test.h"

static void node_open(node_t *n, uint64_t seed)
{
	node_make(n, "99.1", seed);
	node_child(n, "99.2");
	node_child(n, "99.3");
}

/* ---- when */

static void all_that_are_expected_make_it_due_at_once(void **state)
{
	node_t n;
	(void)state;
	node_open(&n, 1);
	OK(node_start(&n));
	node_send(&n, "99.2", nc_of("99.2", 0, 1, 4));
	node_run(&n, 5 * NS_PER_S);
	assert_false(seen_on(&n, 0).is_there);
	node_send(&n, "99.3", nc_of("99.3", 0, 5, 6));
	node_run(&n, 5 * NS_PER_S);
	seen_t seen = seen_on(&n, 0);
	assert_true(seen.nc == 6 && seen.total == 10 && seen.origin == FIGURE_ROLLED);
	assert_true(seen.expected == 2 && seen.reporting == 2);
	node_free(&n);
}

static void who_is_silent_is_waited_for_and_stands_for_those_it_had(void **state)
{
	node_t n;
	(void)state;
	node_open(&n, 2);
	OK(node_start(&n));
	figure_t many = nc_of("99.3", 0, 5, 6);
	many.expected = 7;
	many.reporting = 6;
	node_send(&n, "99.3", many);
	node_send(&n, "99.2", nc_of("99.2", 1, 1, 4));
	node_run(&n, 10 * NS_PER_S);
	assert_false(seen_on(&n, 1).is_there);
	node_run(&n, 4 * NS_PER_S);
	seen_t seen = seen_on(&n, 1);
	assert_true(seen.nc == 1 && seen.expected == 8 && seen.reporting == 1);
	/* Nothing was known of the other before. */
	seen = seen_on(&n, 0);
	assert_true(seen.nc == 5 && seen.expected == 8 && seen.reporting == 6);
	node_free(&n);
}

static void corrections_of_a_while_make_one_figure(void **state)
{
	node_t n;
	(void)state;
	node_open(&n, 3);
	OK(node_start(&n));
	node_send(&n, "99.2", nc_of("99.2", 0, 1, 4));
	node_send(&n, "99.3", nc_of("99.3", 0, 5, 6));
	node_rest(&n);
	for (uint32_t i = 2; i < 7; i++) {
		figure_t figure = nc_of("99.2", 0, i, 4);
		figure.revision = i;
		node_send(&n, "99.2", figure);
		node_run(&n, NS_PER_S);
	}
	assert_int_equal(seen_on(&n, 0).revision, 1);
	node_rest(&n);
	seen_t seen = seen_on(&n, 0);
	assert_true(seen.revision == 2 && seen.nc == 11 && seen.sources == 7);
	node_free(&n);
}

static void who_joined_later_or_left_before_is_not_missing(void **state)
{
	node_t n;
	(void)state;
	node_open(&n, 4);
	n.children[1].since_ns = 2 * NS_PER_DAY;
	node_child(&n, "99.4");
	n.children[2].until_ns = NS_PER_DAY;
	OK(node_start(&n));
	for (int day = 0; day < 3; day++)
		node_send(&n, "99.2", nc_of("99.2", day, 1, 4));
	node_rest(&n);
	assert_int_equal(seen_on(&n, 0).expected, 2);
	assert_int_equal(seen_on(&n, 1).expected, 1);
	assert_int_equal(seen_on(&n, 2).expected, 2);
	/* It has sent one even so. */
	node_send(&n, "99.3", nc_of("99.3", 1, 1, 4));
	node_rest(&n);
	assert_true(seen_on(&n, 1).expected == 2 && seen_on(&n, 1).reporting == 2);
	node_free(&n);
}

/* ---- own figures */

static void what_is_attested_here_is_not_rolled_over_until_it_is_withdrawn(void **state)
{
	node_t n;
	uint64_t seq;
	(void)state;
	node_open(&n, 5);
	OK(node_start(&n));
	figure_t figure = nc_of("99.1", 0, 7, 8);
	figure.origin = FIGURE_DECLARED;
	figure.attested_by = SLICE("li");
	OK(book_issue(n.w.book, &figure, &seq));
	node_send(&n, "99.2", nc_of("99.2", 0, 1, 4));
	node_rest(&n);
	assert_true(seen_on(&n, 0).origin == FIGURE_DECLARED && seen_on(&n, 0).revision == 1);
	assert_true(metric_in(&n, "rollup_kept_total") > 0);
	book_key_t key = { figure.key, figure.entity, { 0 } };
	OK(book_undo(n.w.book, &key, SLICE("li"), &seq));
	node_rest(&n);
	seen_t seen = seen_on(&n, 0);
	assert_true(seen.origin == FIGURE_ROLLED && seen.revision == 3 && seen.total == 4);
	node_free(&n);
}

static void an_own_place_that_is_named_is_added_and_no_other(void **state)
{
	node_t n;
	uint64_t seq;
	(void)state;
	node_open(&n, 6);
	node_child(&n, "99.1/site");
	n.children[2].is_own = true;
	node_child(&n, "99.1"); /* it is not its own child */
	n.children[3].is_own = true;
	OK(node_start(&n));
	node_send(&n, "99.2", nc_of("99.2", 0, 1, 4));
	node_send(&n, "99.3", nc_of("99.3", 0, 1, 4));
	figure_t site = nc_of("99.1/site", 0, 10, 20), line = nc_of("99.1/line", 0, 10, 20);
	OK(book_issue(n.w.book, &line, &seq));
	OK(book_issue(n.w.book, &site, &seq));
	node_rest(&n);
	seen_t seen = seen_on(&n, 0);
	assert_true(seen.nc == 12 && seen.expected == 3 && seen.reporting == 3);
	/* Nobody below has a figure of this one. */
	assert_false(seen_on(&n, 1).is_there);
	site = nc_of("99.1/site", 0, 11, 20);
	OK(book_issue(n.w.book, &site, &seq));
	node_rest(&n);
	assert_true(seen_on(&n, 0).nc == 13);
	node_free(&n);
}

/* ---- what cannot be added */

static void what_cannot_be_added_is_told_once_and_left_out(void **state)
{
	node_t n;
	(void)state;
	node_open(&n, 7);
	OK(node_start(&n));
	for (int day = 0; day < 3; day++) {
		figure_t lame = nc_of("99.3", day, 5, 6), strange = nc_of("99.2", day, 5, 6);
		lame.part_count = 1;
		strange.key.scope = SLICE("small");
		node_send(&n, "99.2", nc_of("99.2", day, 1, 4));
		node_send(&n, "99.2", strange);
		node_send(&n, "99.3", lame);
	}
	node_rest(&n);
	seen_t seen = seen_on(&n, 2);
	assert_true(seen.nc == 1 && seen.expected == 2 && seen.reporting == 1);
	assert_int_equal(metric_in(&n, "rollup_refused_total"), 6);
	assert_int_equal(events_in(&n), 2);
	assert_int_equal(metric_in(&n, "rollup_waiting"), 0);
	node_free(&n);
}

static void what_no_pack_defined_is_rolled_up_when_one_does(void **state)
{
	static char newer[sizeof(PACK)];
	node_t n;
	(void)state;
	memcpy(newer, PACK, sizeof(PACK));
	*(strstr(newer, "    version: 1") + 13) = '2';
	definitions_t *set = definitions_of(newer);
	node_open(&n, 8);
	OK(node_start(&n));
	figure_t two = nc_of("99.2", 0, 1, 4);
	two.key.version = 2;
	node_send(&n, "99.2", two);
	node_rest(&n);
	assert_false(seen_at(&n, two.key).is_there);
	assert_int_equal(metric_in(&n, "rollup_refused_total"), 1);
	OK(roller_save(n.roller));
	roller_redefine(n.roller, set);
	node_rest(&n);
	assert_true(seen_at(&n, two.key).nc == 1);
	/* The mark that was saved is of the other definitions. */
	node_send(&n, "99.3", nc_of("99.3", 0, 1, 4));
	node_rest(&n);
	assert_false(seen_on(&n, 0).is_there);
	node_halt(&n);
	OK(node_start(&n));
	node_rest(&n);
	assert_true(seen_on(&n, 0).nc == 1);
	node_free(&n);
	definitions_free(set);
}

/* ---- power */

static void what_is_issued_and_not_durable_when_the_mark_is_saved_comes_again(void **state)
{
	node_t n;
	(void)state;
	node_open(&n, 9);
	OK(node_start(&n));
	node_send(&n, "99.2", nc_of("99.2", 0, 1, 4));
	node_send(&n, "99.3", nc_of("99.3", 0, 5, 6));
	settle(&n.w.f);
	uint64_t last = journal_last(n.w.f.journal);
	while (journal_last(n.w.f.journal) == last)
		assert_true(twin_step(n.w.f.twin));
	assert_int_equal(journal_durable(n.w.f.journal), last);
	OK(roller_save(n.roller));
	node_crash(&n);
	OK(node_start(&n));
	assert_int_equal(n.w.f.recovery.last_seq, last);
	node_rest(&n);
	assert_true(seen_on(&n, 0).nc == 6 && seen_on(&n, 0).revision == 1);
	node_free(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_are_expected_make_it_due_at_once),
		cmocka_unit_test(who_is_silent_is_waited_for_and_stands_for_those_it_had),
		cmocka_unit_test(corrections_of_a_while_make_one_figure),
		cmocka_unit_test(who_joined_later_or_left_before_is_not_missing),
		cmocka_unit_test(what_is_attested_here_is_not_rolled_over_until_it_is_withdrawn),
		cmocka_unit_test(an_own_place_that_is_named_is_added_and_no_other),
		cmocka_unit_test(what_cannot_be_added_is_told_once_and_left_out),
		cmocka_unit_test(what_no_pack_defined_is_rolled_up_when_one_does),
		cmocka_unit_test(what_is_issued_and_not_durable_when_the_mark_is_saved_comes_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
