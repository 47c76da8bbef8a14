/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that are shared, and traces that are bounded. */
#include "resolver/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_body_lives_as_long_as_somebody_holds_it(void **state)
{
	(void)state;
	trace_t trace = { .count = 0 };
	(void)trace_add(&trace, RESOLVER_STEP_ROOTS, SLICE("0.NA/0.NA"));
	answer_parts_t parts = { .name = SLICE("99.200/a"),
		                 .values = SLICE("values"),
		                 .text = SLICE("text"),
		                 .count = 3,
		                 .trace = &trace };
	const resolver_answer_t *answer = answer_new(&parts);
	assert_ptr_equal(answer_hold(answer), answer);
	resolver_answer_release(answer);
	assert_true(slice_eq(answer->name, SLICE("99.200/a")));
	assert_true(slice_eq(answer->values, SLICE("values")));
	assert_true(slice_eq(answer->text, SLICE("text")));
	assert_int_equal(answer->count, 3);
	assert_int_equal(answer->step_count, 1);
	assert_string_equal(answer->steps[0].name, "0.NA/0.NA");
	assert_true(answer_bytes(answer) > sizeof(*answer) + sizeof(resolver_step_t));
	resolver_answer_release(answer);
	resolver_answer_release(NULL);
	assert_null(answer_hold(NULL));
}

static void a_full_trace_counts_what_it_leaves_out(void **state)
{
	(void)state;
	trace_t trace = { .count = 0 }, outer = { .count = 0 };
	for (unsigned i = 0; i < TRACE_STEPS + 3; i++)
		trace_add(&trace, RESOLVER_STEP_ASKED, SLICE("a"))->tries = i;
	assert_int_equal(trace.count, TRACE_STEPS);
	assert_int_equal(trace.left_out, 3);
	assert_int_equal(trace.steps[0].tries, 0);
	const resolver_answer_t *answer = answer_new(&(answer_parts_t){ .trace = &trace });
	(void)trace_add(&outer, RESOLVER_STEP_ASKED, SLICE("b"));
	trace_append(&outer, answer, 5);
	assert_int_equal(outer.count, TRACE_STEPS);
	assert_int_equal(outer.left_out, 3 + 1);
	assert_int_equal(outer.steps[1].depth, 1);
	assert_int_equal(outer.steps[1].at_ns, 5);
	resolver_answer_release(answer);
}

static void a_long_name_is_cut_between_characters(void **state)
{
	(void)state;
	trace_t trace = { .count = 0 };
	char name[200];
	/* Characters of three bytes, so that the room ends within one. */
	for (size_t i = 0; i + 3 <= sizeof(name); i += 3)
		memcpy(&name[i], "电", 3);
	const resolver_step_t *step = trace_add(&trace, RESOLVER_STEP_ASKED, slice_of(name, 198));
	size_t len = strlen(step->name);
	assert_true(len < RESOLVER_STEP_NAME && len > RESOLVER_STEP_NAME - 8);
	assert_int_equal((len - 3) % 3, 0);
	assert_string_equal(&step->name[len - 3], "...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_lives_as_long_as_somebody_holds_it),
		cmocka_unit_test(a_full_trace_counts_what_it_leaves_out),
		cmocka_unit_test(a_long_name_is_cut_between_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
