/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "expr/fixture_test.h"

static const struct {
	const char *text, *unit;
	double number; /* NAN: absent */
} formulas[] = {
	{ "1 + 2 * 3", "1", 7 },
	{ "(1 + 2) * 3", "1", 9 },
	{ "10 - 4 - 3", "1", 3 },
	{ "100 / 10 / 2", "1", 5 },
	{ "2 ^ 3 ^ 2", "1", 512 },
	{ "-2 ^ 2", "1", -4 },
	{ "(-2) ^ 2", "1", 4 },
	{ "2 ^ -1", "1", 0.5 },
	{ "- -n", "1", 7 },
	{ "+n", "1", 7 },
	{ "2 * -n", "1", -14 },
	{ "1e3 + 0.5", "1", 1000.5 },
	{ "n / 2 < 4 and not (k > 0)", "1", 1 },
	{ "1 or 1 and 0", "1", 1 },
	{ "not 0 and 0", "1", 0 },
	{ "not not n", "1", 1 },
	{ "not n < 3", "1", 1 },
	{ "n >= 7 and n <= 7 and n == 7 and not n != 7", "1", 1 },
	{ "(n > 3) + (n > 9)", "1", 1 },
	{ "if(n > 3, n, k)", "1", 7 },
	{ "if(n > 9, n, k)", "1", -3 },
	{ "if(n > 3, n, lost)", "1", 7 },
	{ "if(n > 3, n, 1 / nought)", "1", 7 },
	{ "if(n > 9, n, lost)", "1", NAN },
	{ "if(lost, n, n)", "1", NAN },
	{ "else(lost, 3)", "1", 3 },
	{ "else(n, lost)", "1", 7 },
	{ "else(lost, lost, n)", "1", 7 },
	{ "else(lost, lost)", "1", NAN },
	{ "else(n / nought, 0)", "1", 0 },
	{ "lost * 0", "1", NAN },
	{ "lost ^ 0", "1", NAN },
	{ "1 ^ lost", "1", NAN },
	{ "lost == lost", "1", NAN },
	{ "lost != 1", "1", NAN },
	{ "0 and lost", "1", NAN },
	{ "1 or lost", "1", NAN },
	{ "not lost", "1", NAN },
	{ "min(lost, n)", "1", NAN },
	{ "min(n, lost)", "1", NAN },
	{ "max(n, lost, k)", "1", NAN },
	{ "max(lost, n)", "1", NAN },
	{ "abs(lost)", "1", NAN },
	{ "round(lost, 1)", "1", NAN },
	{ "n / nought", "1", NAN },
	{ "0 / 0", "1", NAN },
	{ "1 / (1e308 * 10)", "1", NAN },
	{ "(0 - 1) ^ 0.5", "1", NAN },
	{ "min(n, k, 2)", "1", -3 },
	{ "max(n, k, 2)", "1", 7 },
	{ "abs(k)", "1", 3 },
	{ "round(2 / 3, 2)", "1", 0.67 },
	{ "round(-2.5, 0)", "1", -3 },
	{ "round(1e300, 12)", "1", 1e300 },
	{ "good / made", "%", 75 },
	{ "good / made", "1", 0.75 },
	{ "good / made * 100", "1", 75 },
	{ "share", "1", 0.4 },
	{ "share + 1", "1", 1.4 },
	{ "share > 0.39", "1", 1 },
	{ "share ^ 2", "1", 0.16 },
	{ "2 ^ (share / 20[%])", "1", 4 },
	{ "energy + heat", "kWh", 7.5 },
	{ "heat + energy", "kWh", 7.5 },
	{ "heat - energy", "MJ", -9 },
	{ "energy / mass", "kWh/t", 1.25 },
	{ "energy / load", "kWh/t", 20 },
	{ "energy / hours", "W", 625 },
	{ "power * hours", "kWh", 20 },
	{ "energy > heat", "1", 1 },
	{ "max(energy, heat)", "MJ", 18 },
	{ "if(n, heat, energy)", "kWh", 2.5 },
	{ "else(silent, heat)", "kWh", 2.5 },
	{ "silent + energy", "kWh", NAN },
	{ "else(silent, 0) + energy", "kWh", 5 },
	{ "max(0, energy)", "kWh", 5 },
	{ "if(energy > 0, energy, 0)", "kWh", 5 },
	{ "0", "kWh", 0 },
	{ "80[kW] * 1[min]", "kWh", 80. / 60 },
	{ "power > 0.1[MW]", "1", 0 },
	{ "(mass * mass) ^ 0.5", "kg", 4000 },
	{ "mass ^ -1", "1/kg", 1. / 4000 },
	{ "mass ^ 2 / mass", "t", 4 },
	{ "outlet - inlet", "K", 45 },
	{ "(outlet - inlet) * 4.1868[kJ/(kg.K)] * load", "MJ", 47.1015 },
	{ "outlet > 60[degC]", "1", 1 },
	{ "max(outlet, inlet)", "degC", 65 },
	{ "outlet - 0[degC] + kelvin", "K", 365 },
	{ "round(outlet, 1)", "degC", 65 },
	{ "mean(flow) * hours", "m3", 48 },
	{ "integral(flow)", "m3", 6 },
	{ "min(flow)", "m3/h", 6 },
	{ "min(mean(flow), 5[m3/h])", "m3/h", 5 },
	{ "duration(state, 2) / 12[s]", "1", 0.5 },
	{ "mean(boiler.t)", "degC", 6 },
	{ "energy\n+\theat", "kWh", 7.5 },
	{ "3[ kWh/t ]*mass", "kWh", 12 },
};

static void formulas_give_their_value_in_the_unit_that_is_wanted(void **state)
{
	(void)state;
	desk_t d;
	desk_init(&d);
	for (size_t i = 0; i < sizeof(formulas) / sizeof(*formulas); i++) {
		unit_t unit = unit_named(formulas[i].unit);
		char said[512];
		if (desk_parse(&d, slice_str(formulas[i].text), &unit))
			fail_msg("%s: %s", formulas[i].text,
			         err_render(&d.detail, LANG_EN, said, sizeof(said)));
		expr_value_t got = desk_eval(&d);
		double want = formulas[i].number;
		if (got.is_there == isnan(want) || fabs(got.number - want) > 1e-13 * fabs(want))
			if (got.is_there || !isnan(want))
				fail_msg("%s is %.17g", formulas[i].text, got.number);
	}
}

static const struct {
	const char *text, *where, *what; /* what: part of the English text */
} wrong[] = {
	{ "", "column 1", "ends too early" },
	{ "   ", "column 4", "ends too early" },
	{ "1 +", "column 4", "ends too early" },
	{ "1 + * 2", "column 5", "* cannot stand here" },
	{ "1 2", "column 3", "2 cannot stand here" },
	{ "(1", "column 3", "ends too early" },
	{ "1)", "column 2", ") cannot stand here" },
	{ "(1,2)", "column 3", ") is wanted here, not ," },
	{ "min(1)", "column 6", ", is wanted here, not )" },
	{ "if(1, 2)", "column 8", ", is wanted here, not )" },
	{ "abs(1, 2)", "column 6", ") is wanted here, not ," },
	{ "and", "column 1", "and cannot stand here" },
	{ "1 + not 2", "column 5", "not cannot stand here" },
	{ "n = 7", "column 3", "the character = has no meaning" },
	{ "n % 7", "column 3", "the character % has no meaning" },
	{ "能耗", "column 1", "the character 能 has no meaning" },
	{ "1[元] * 2 + x", "column 12", "there is no x here" },
	{ "1[元] + k", "column 8", "1 and CNY do not go together" },
	{ "1.2.3", "column 1", "1.2.3 is no number" },
	{ "12kW", "column 1", "12kW is no number" },
	{ "1e999", "column 1", "1e999 is no number" },
	{ "enrgy", "column 1", "names here are: n k one nought" },
	{ "flow", "column 1", "flow is a series and no number" },
	{ "mean(energy)", "column 6", "there is no series energy. series here are: flow state" },
	{ "mean(3)", "column 6", "there is no series 3" },
	{ "sum(flow)", "column 1", "there is no function sum" },
	{ "n(2)", "column 1", "there is no function n" },
	{ "duration(state)", "column 15", ", is wanted here, not )" },
	{ "duration(state, n)", "column 17", "duration takes a number written out" },
	{ "duration(flow, 2)", "column 10", "duration is not defined for a series in m3/h" },
	{ "integral(boiler.t)", "column 10", "integral is not defined for a series in degC" },
	{ "3[kwh]", "column 2", "kwh is no unit" },
	{ "3[kWh", "column 2", "the unit has no ]" },
	{ "energy[kWh]", "column 7", "kWh cannot stand here" },
	{ "power + hours", "column 9", "h and kW do not go together" },
	{ "energy + 2 * mass", "column 10", "t and kWh do not go together" },
	{ "energy - 1", "column 10", "1 and kWh do not go together" },
	{ "energy > 1", "column 10", "1 and kWh do not go together" },
	{ "energy == good", "column 11", "piece and kWh do not go together" },
	{ "min(energy, mass)", "column 13", "t and kWh do not go together" },
	{ "if(n, energy, mass)", "column 15", "t and kWh do not go together" },
	{ "else(silent, mass)", "column 14", "t and kWh do not go together" },
	{ "energy and n", "column 1", "a condition is wanted, not a value in kWh" },
	{ "not energy", "column 5", "a condition is wanted, not a value in kWh" },
	{ "if(energy, 1, 2)", "column 4", "a condition is wanted, not a value in kWh" },
	{ "1 < n < 9", "column 7", "comparisons do not chain" },
	{ "outlet + inlet", "column 10", "in degC can be compared and subtracted only" },
	{ "outlet * 2", "column 1", "in degC can be compared and subtracted only" },
	{ "2 / outlet", "column 5", "in degC can be compared and subtracted only" },
	{ "-outlet", "column 2", "in degC can be compared and subtracted only" },
	{ "abs(outlet)", "column 5", "in degC can be compared and subtracted only" },
	{ "outlet ^ 2", "column 1", "in degC can be compared and subtracted only" },
	{ "outlet + kelvin", "column 10", "K and degC do not go together" },
	{ "outlet > 60", "column 10", "1 and degC do not go together" },
	{ "outlet > 0", "column 10", "1 and degC do not go together" },
	{ "mass ^ 0.5", "column 1", "this power of t is no unit" },
	{ "mass ^ n", "column 1", "this power of t is no unit" },
	{ "2 ^ mass", "column 5", "a condition is wanted, not a value in t" },
	{ "mass ^ 128", "column 1", "this power of t is no unit" },
	{ "mass ^ 100 * mass ^ 100", "column 14", "out of range" },
	{ "round(n, 0.5)", "column 10", "whole number of digits" },
	{ "round(n, -1)", "column 10", "whole number of digits" },
	{ "round(n, 13)", "column 10", "whole number of digits" },
	{ "round(n, k)", "column 10", "whole number of digits" },
};

static void what_is_wrong_is_told_with_its_column_and_in_both_languages(void **state)
{
	(void)state;
	desk_t d;
	desk_init(&d);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		char said[512];
		assert_int_equal(desk_parse(&d, slice_str(wrong[i].text), NULL), ERR_INVALID);
		(void)err_render(&d.detail, LANG_EN, said, sizeof(said));
		if (strcmp(d.detail.where, wrong[i].where) != 0 || !strstr(said, wrong[i].what))
			fail_msg("\"%s\": %s", wrong[i].text, said);
		assert_non_null(d.detail.text->what[LANG_ZH]);
		assert_true(!d.detail.text->fix[LANG_EN] == !d.detail.text->fix[LANG_ZH]);
	}
}

static void the_result_is_refused_in_another_dimension_than_wanted(void **state)
{
	(void)state;
	desk_t d;
	desk_init(&d);
	unit_t unit = unit_named("kWh/t");
	char said[512];
	assert_int_equal(desk_parse(&d, SLICE("mass / energy"), &unit), ERR_INVALID);
	assert_non_null(strstr(err_render(&d.detail, LANG_EN, said, sizeof(said)),
	                       "gives t/kWh where kWh/t is wanted"));
	assert_non_null(strstr(err_render(&d.detail, LANG_ZH, said, sizeof(said)), "应为 kWh/t"));
	assert_int_equal(desk_parse(&d, SLICE("energy / mass"), &unit), ERR_OK);
	unit_t got = expr_unit(d.expr);
	assert_true(got.factor == unit.factor && unit_same_dimension(&got, &unit));
}

static void errors_name_the_place_in_the_file(void **state)
{
	(void)state;
	desk_t d;
	desk_init(&d);
	expr_source_t source = { .text = SLICE("n + x"),
		                 .vocabulary = &d.vocabulary,
		                 .file = "energy.yaml",
		                 .line = 12,
		                 .column = 20 };
	d.arena = arena_of(d.room, sizeof(d.room));
	assert_int_equal(expr_parse(&source, &d.arena, &d.expr, &d.detail), ERR_INVALID);
	assert_string_equal(d.detail.where, "energy.yaml:12:24");
	source.text = SLICE("n +\n  x");
	assert_int_equal(expr_parse(&source, &d.arena, &d.expr, &d.detail), ERR_INVALID);
	assert_string_equal(d.detail.where, "energy.yaml:13:3");
	assert_int_equal(expr_parse(&source, &d.arena, &d.expr, NULL), ERR_INVALID);
}

static void inputs_are_listed_once_each_and_outlive_the_source(void **state)
{
	(void)state;
	desk_t d;
	desk_init(&d);
	char text[] = "n + mean(flow) / mean(flow) + n * duration(state, 2) / duration(state, -2) "
		      "+ duration(state, 2) / min(flow) * mean(flow) / 1[s]";
	assert_int_equal(desk_parse(&d, slice_str(text), NULL), ERR_OK);
	memset(text, '!', sizeof(text));
	size_t count;
	const expr_input_t *inputs = expr_inputs(d.expr, &count);
	static const expr_input_t want[] = {
		{ EXPR_NO_FUNCTION, NAME_n, 0 },
		{ 0, 0, 0 },
		{ 3, 1, 2 },
		{ 3, 1, -2 },
		{ 1, 0, 0 },
	};
	assert_int_equal(count, 5);
	for (size_t i = 0; i < count; i++)
		assert_true(inputs[i].function == want[i].function &&
		            inputs[i].name == want[i].name && inputs[i].number == want[i].number);
	assert_true(desk_eval(&d).number == 7 + 1 + 7 + 6);
}

static void an_input_that_is_not_finite_is_absent(void **state)
{
	(void)state;
	desk_t d;
	desk_init(&d);
	assert_int_equal(desk_parse(&d, SLICE("n > 0"), NULL), ERR_OK);
	static const expr_value_t values[] = {
		{ true, INFINITY }, { true, -INFINITY }, { true, NAN }, { false, 3 }
	};
	for (size_t i = 0; i < 4; i++)
		assert_false(expr_eval(d.expr, &values[i]).is_there);
	assert_true(expr_eval(d.expr, &(expr_value_t){ true, 3 }).number == 1);
}

static void fill(text_t *t, const char *head, size_t times, const char *tail)
{
	text_free(t);
	*t = text_of(4096);
	for (size_t i = 0; i < times; i++)
		text_add(t, slice_str(head));
	text_add(t, SLICE("n"));
	for (size_t i = 0; i < times; i++)
		text_add(t, slice_str(tail));
}

static void limits_of_size_steps_and_depth_are_told(void **state)
{
	(void)state;
	static const struct {
		const char *head, *tail;
		size_t good, bad; /* times */
	} rows[] = {
		{ "(", ")", 31, 32 },    { "-", "", 31, 32 },     { "n^", "", 31, 32 },
		{ "not ", "", 31, 32 },  { "abs(", ")", 31, 32 }, { "n+", "", 127, 128 },
		{ " ", "", 2047, 2048 }, { "(", ")", 31, 1000 },  { "-", "", 31, 2000 },
		{ "1+(", ")", 31, 32 },
	};
	desk_t d;
	desk_init(&d);
	text_t t = { 0 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		fill(&t, rows[i].head, rows[i].good, rows[i].tail);
		assert_int_equal(desk_parse(&d, text_slice(&t), NULL), ERR_OK);
		fill(&t, rows[i].head, rows[i].bad, rows[i].tail);
		assert_int_equal(desk_parse(&d, text_slice(&t), NULL), ERR_LIMIT);
		assert_non_null(d.detail.text->what[LANG_ZH]);
	}
	text_free(&t);
}

static void inputs_beyond_the_limit_are_refused_and_the_arena_suffices(void **state)
{
	(void)state;
	desk_t d;
	desk_init(&d);
	text_t t = text_of(4096);
	for (size_t i = 0; i < EXPR_INPUTS_MAX; i++)
		text_addf(&t, "%sduration(state,%zu)", i ? "+" : "", i);
	assert_int_equal(desk_parse(&d, text_slice(&t), NULL), ERR_OK);
	assert_true(desk_eval(&d).number == 6. * EXPR_INPUTS_MAX);
	for (size_t size = 0; size < d.arena.used; size += 8) {
		expr_source_t source = { .text = text_slice(&t), .vocabulary = &d.vocabulary };
		arena_t arena = arena_of(d.room, size);
		assert_int_equal(expr_parse(&source, &arena, &d.expr, &d.detail), ERR_NO_MEMORY);
	}
	text_addf(&t, "+duration(state,%d)", EXPR_INPUTS_MAX);
	assert_int_equal(desk_parse(&d, text_slice(&t), NULL), ERR_LIMIT);
	text_free(&t);
}

static void a_formula_cut_at_every_length_is_refused_or_whole(void **state)
{
	(void)state;
	desk_t d;
	desk_init(&d);
	const slice_t whole = SLICE(
		"if(mean(flow) >= 0.1[m3/h] and not (n == 3), round(energy / mass, "
		"2) ^ -2, else(1 / (heat / load) ^ 2, 0))");
	assert_int_equal(desk_parse(&d, whole, NULL), ERR_OK);
	for (size_t len = 0; len < whole.len; len++) {
		uint8_t *exact = malloc(len + 1);
		assert_non_null(exact);
		memcpy(&exact[1], whole.ptr, len);
		assert_int_equal(desk_parse(&d, slice_of(&exact[1], len), NULL), ERR_INVALID);
		size_t column = 0;
		assert_int_equal(sscanf(d.detail.where, "column %zu", &column), 1);
		assert_true(column >= 1 && column <= len + 1);
		free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formulas_give_their_value_in_the_unit_that_is_wanted),
		cmocka_unit_test(what_is_wrong_is_told_with_its_column_and_in_both_languages),
		cmocka_unit_test(the_result_is_refused_in_another_dimension_than_wanted),
		cmocka_unit_test(errors_name_the_place_in_the_file),
		cmocka_unit_test(inputs_are_listed_once_each_and_outlive_the_source),
		cmocka_unit_test(an_input_that_is_not_finite_is_absent),
		cmocka_unit_test(limits_of_size_steps_and_depth_are_told),
		cmocka_unit_test(inputs_beyond_the_limit_are_refused_and_the_arena_suffices),
		cmocka_unit_test(a_formula_cut_at_every_length_is_refused_or_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
