/* SPDX-License-Identifier: Apache-2.0 */
/* The table of steps, written a second time as a grid, and steps that were taken at once. */
#include "handling/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { STEPS = 16 };

static const char PLANT[] = "99.100.7", PROVINCE[] = "99.100.1";

/* A case put together step by step. */
typedef struct {
	handling_taken_t taken[STEPS];
	handling_taken_t *sorted[STEPS];
	uint8_t bytes[STEPS][256];
	size_t count;
	bool is_overseen;
} deck_t;

static int by_order(const void *a, const void *b)
{
	const handling_taken_t *const *x = a, *const *y = b;
	return handling_order_of(*x, *y);
}

static handling_outcome_t add(deck_t *deck, const char *node, handling_step_kind_t step,
                              uint32_t number)
{
	handling_taken_t *taken = &deck->taken[deck->count];
	writer_t w = writer_of(deck->bytes[deck->count], sizeof(deck->bytes[0]));
	taken->step = (handling_step_t){ .node = slice_str(node),
		                         .id = { slice_str(PLANT), 1 },
		                         .step = step,
		                         .number = number,
		                         .when_ns = number };
	taken->step.what.is_overseen = deck->is_overseen && step == HANDLING_STEP_OPEN;
	handling_step_put(&taken->step, &w);
	assert_false(w.bad);
	taken->bytes = writer_done(&w);
	deck->sorted[deck->count++] = taken;
	qsort(deck->sorted, deck->count, sizeof(*deck->sorted), by_order);
	return handling_fold(deck->sorted, deck->count);
}

/* How each state is reached, by the plant (small letters) and the province (capitals). */
static const char *const PATHS[HANDLING_STATE_COUNT] = {
	[HANDLING_NONE] = "",          [HANDLING_NEW] = "o",         [HANDLING_VERIFIED] = "ov",
	[HANDLING_DISMISSED] = "od",   [HANDLING_NOTIFIED] = "ovN",  [HANDLING_RECTIFYING] = "ovNr",
	[HANDLING_REPORTED] = "ovNrp", [HANDLING_CLOSED] = "ovNrpC",
};
static const char LETTERS[] = "ovdnrptcex"; /* by step */

static handling_outcome_t walk(deck_t *deck, const char *path)
{
	handling_outcome_t now = { .state = HANDLING_NONE };
	for (uint32_t i = 0; path[i]; i++) {
		bool is_above = path[i] >= 'A' && path[i] <= 'Z';
		char letter = (char)(path[i] | 0x20);
		size_t step = slice_find(slice_str(LETTERS), (uint8_t)letter);
		assert_true(step < HANDLING_STEP_COUNT);
		now = add(deck, is_above ? PROVINCE : PLANT, (handling_step_kind_t)step, i + 1);
	}
	return now;
}

/* Where each step leads from each state when the plant takes it, and when the province
 * does: the number of the state, "-" refused, "!" not that side's, "=" it is there already. */
static const char *const GRID[HANDLING_STATE_COUNT][2] = {
	/*                         ovdnrptcex    ovdnrptcex */
	[HANDLING_NONE] = { "1---------", "!---------" },
	[HANDLING_NEW] = { "-23!--!!-1", "!23-!!---1" },
	[HANDLING_VERIFIED] = { "-=3!--!!=2", "!=34!!--=2" },
	[HANDLING_DISMISSED] = { "--=!--!!23", "!-=-!!--23" },
	[HANDLING_NOTIFIED] = { "---!56!!-4", "!--=!!---4" },
	[HANDLING_RECTIFYING] = { "---!=6!!-5", "!---!!=--5" },
	[HANDLING_REPORTED] = { "---!-=!!-6", "!---!!57-6" },
	[HANDLING_CLOSED] = { "---!--!!27", "!---!!-=27" },
};

static void check_step(handling_state_t from, handling_step_kind_t step, bool is_above)
{
	deck_t deck = { .is_overseen = true };
	handling_outcome_t before = walk(&deck, PATHS[from]);
	char cell = GRID[from][is_above][step];
	assert_int_equal(before.state, from);
	/* The first step is the opening and no other is. */
	if ((from == HANDLING_NONE) != (step == HANDLING_STEP_OPEN))
		return;
	handling_outcome_t now = add(&deck, is_above ? PROVINCE : PLANT, step, before.number + 1);
	handling_verdict_t verdict = deck.taken[deck.count - 1].verdict;
	handling_verdict_t expected = cell == '-'   ? HANDLING_OVERRULED
	                              : cell == '!' ? HANDLING_UNLAWFUL
	                              : cell == '=' ? HANDLING_AGREED
	                                            : HANDLING_APPLIED;
	if (verdict != expected)
		fail_msg("%s by %s: %s", handling_step_info(step)->text[LANG_EN],
		         is_above ? "province" : "plant", handling_verdict_text(verdict, LANG_EN));
	assert_int_equal(now.state, expected == HANDLING_APPLIED ? cell - '0' : (int)from);
	assert_int_equal(now.conflicts,
	                 verdict == HANDLING_OVERRULED || verdict == HANDLING_UNLAWFUL);
}

static void every_step_from_every_state_by_either_side_is_as_the_grid_says(void **state)
{
	(void)state;
	for (unsigned from = 0; from < HANDLING_STATE_COUNT; from++)
		for (unsigned step = 0; step < HANDLING_STEP_COUNT; step++) {
			check_step((handling_state_t)from, (handling_step_kind_t)step, false);
			check_step((handling_state_t)from, (handling_step_kind_t)step, true);
		}
}

static void who_is_not_overseen_closes_his_own_cases_and_nobody_else_does(void **state)
{
	(void)state;
	deck_t own = { .is_overseen = false }, other = { .is_overseen = false };
	assert_int_equal(walk(&own, "ovnrpc").state, HANDLING_CLOSED);
	handling_outcome_t now = walk(&other, "oV");
	assert_int_equal(now.state, HANDLING_NEW);
	assert_int_equal(now.conflicts, 1);
}

/* Two steps after the same path, of which neither knew the other. */
static void of_two_steps_taken_at_once_the_table_says_which_holds(void **state)
{
	(void)state;
	static const struct {
		const char *path;
		char plant, province;
		handling_state_t state;
		uint32_t conflicts;
	} rows[] = {
		{ "o", 'd', 'v', HANDLING_VERIFIED, 1 },
		{ "o", 'v', 'd', HANDLING_VERIFIED, 1 },
		{ "o", 'v', 'v', HANDLING_VERIFIED, 0 },
		{ "ov", 'd', 'n', HANDLING_NOTIFIED, 1 },
		{ "ovNrp", 'x', 'c', HANDLING_CLOSED, 0 },
		{ "ovNrpC", 'e', 'e', HANDLING_VERIFIED, 0 },
		{ "od", 'e', 'x', HANDLING_VERIFIED, 0 },
		{ "ov", 'x', 'd', HANDLING_DISMISSED, 0 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (int turn = 0; turn < 2; turn++) {
			deck_t deck = { .is_overseen = true };
			uint32_t number = walk(&deck, rows[i].path).number + 1;
			size_t plant = slice_find(slice_str(LETTERS), (uint8_t)rows[i].plant);
			size_t province = slice_find(slice_str(LETTERS), (uint8_t)rows[i].province);
			if (turn)
				(void)add(&deck, PROVINCE, (handling_step_kind_t)province, number);
			handling_outcome_t now = add(&deck, PLANT, (handling_step_kind_t)plant,
			                             number);
			if (!turn)
				now = add(&deck, PROVINCE, (handling_step_kind_t)province, number);
			assert_int_equal(now.state, rows[i].state);
			assert_int_equal(now.conflicts, rows[i].conflicts);
		}
	}
}

static void a_case_that_one_above_returns_while_another_closes_it_is_returned(void **state)
{
	(void)state;
	deck_t deck = { .is_overseen = true };
	(void)walk(&deck, PATHS[HANDLING_REPORTED]);
	(void)add(&deck, "99.100", HANDLING_STEP_CLOSE, 6);
	handling_outcome_t now = add(&deck, PROVINCE, HANDLING_STEP_RETURN, 6);
	assert_int_equal(now.state, HANDLING_RECTIFYING);
	assert_int_equal(now.conflicts, 1);
}

static void a_step_waits_for_those_before_it(void **state)
{
	(void)state;
	deck_t deck = { .is_overseen = true };
	handling_outcome_t now = add(&deck, PROVINCE, HANDLING_STEP_NOTIFY, 3);
	assert_int_equal(now.state, HANDLING_NONE);
	assert_int_equal(now.waiting, 1);
	now = add(&deck, PLANT, HANDLING_STEP_OPEN, 1);
	assert_int_equal(now.state, HANDLING_NEW);
	assert_int_equal(now.number, 1);
	now = add(&deck, PLANT, HANDLING_STEP_VERIFY, 2);
	assert_int_equal(now.state, HANDLING_NOTIFIED);
	assert_int_equal(now.number, 3);
	assert_int_equal(now.waiting, 0);
	/* A number out of the air does not stop the case. */
	now = add(&deck, PLANT, HANDLING_STEP_NOTE, HANDLING_STEPS_MAX);
	assert_int_equal(now.number, 3);
	assert_int_equal(now.waiting, 1);
	now = add(&deck, PLANT, HANDLING_STEP_RECTIFY, 4);
	assert_int_equal(now.state, HANDLING_RECTIFYING);
}

static void a_second_opening_that_says_something_else_is_a_conflict(void **state)
{
	(void)state;
	deck_t deck = { .is_overseen = true };
	(void)add(&deck, PLANT, HANDLING_STEP_OPEN, 1);
	deck.is_overseen = false;
	handling_outcome_t now = add(&deck, PLANT, HANDLING_STEP_OPEN, 1);
	assert_int_equal(now.state, HANDLING_NEW);
	assert_int_equal(now.conflicts, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_from_every_state_by_either_side_is_as_the_grid_says),
		cmocka_unit_test(who_is_not_overseen_closes_his_own_cases_and_nobody_else_does),
		cmocka_unit_test(of_two_steps_taken_at_once_the_table_says_which_holds),
		cmocka_unit_test(a_case_that_one_above_returns_while_another_closes_it_is_returned),
		cmocka_unit_test(a_step_waits_for_those_before_it),
		cmocka_unit_test(a_second_opening_that_says_something_else_is_a_conflict),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
