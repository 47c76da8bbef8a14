/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPR_FIXTURE_TEST_H
#define EXPR_FIXTURE_TEST_H
/* A vocabulary with numbers, and a desk on which tests parse formulas of it and run them. */
#include <math.h>

#include "expr/expr.h"

/* The vocabulary of the tests: name, unit, number; NAN is absent. */
#define NAME_ROWS(X) \
	X(n, "1", 7) \
	X(k, "1", -3) \
	X(one, "1", 1) \
	X(nought, "1", 0) \
	X(lost, "1", NAN) \
	X(share, "%", 40) \
	X(energy, "kWh", 5) \
	X(heat, "MJ", 9) \
	X(power, "kW", 2.5) \
	X(mass, "t", 4) \
	X(load, "kg", 250) \
	X(hours, "h", 8) \
	X(inlet, "degC", 20) \
	X(outlet, "degC", 65) \
	X(kelvin, "K", 300) \
	X(good, "piece", 90) \
	X(made, "piece", 120) \
	X(silent, "kWh", NAN)

#define X(name, unit, number) NAME_##name,
enum { NAME_ROWS(X) NAME_COUNT };
#undef X

#define X(name, unit, number) { #name, unit, number },
static const struct {
	const char *name, *unit;
	double number;
} known[] = { NAME_ROWS(X) };
#undef X

MUST_CHECK static err_t unit_of_series(const unit_t *series, unit_t *ret_unit)
{
	*ret_unit = *series;
	return ERR_OK;
}

MUST_CHECK static err_t unit_of_integral(const unit_t *series, unit_t *ret_unit)
{
	unit_t hour = { .factor = 3600 };
	hour.power[UNIT_TIME] = 1;
	return series->has_offset ? ERR_INVALID : unit_multiply(series, &hour, ret_unit);
}

MUST_CHECK static err_t unit_of_duration(const unit_t *series, unit_t *ret_unit)
{
	*ret_unit = (unit_t){ .factor = 1 };
	ret_unit->power[UNIT_TIME] = 1;
	return unit_is_number(series) ? ERR_OK : ERR_INVALID;
}

typedef struct {
	expr_name_t names[NAME_COUNT], series[3];
	expr_vocabulary_t vocabulary;
	uint8_t room[EXPR_ARENA_BYTES];
	arena_t arena;
	err_detail_t detail;
	const expr_t *expr;
} desk_t;

static const expr_function_t functions[] = {
	{ { (const uint8_t *)"mean", 4 }, false, unit_of_series },
	{ { (const uint8_t *)"min", 3 }, false, unit_of_series },
	{ { (const uint8_t *)"integral", 8 }, false, unit_of_integral },
	{ { (const uint8_t *)"duration", 8 }, true, unit_of_duration },
};

static unit_t unit_named(const char *text)
{
	unit_t unit = UNIT_ONE;
	assert_int_equal(unit_parse(slice_str(text), &unit), ERR_OK);
	return unit;
}

static inline void desk_init(desk_t *d)
{
	for (size_t i = 0; i < NAME_COUNT; i++)
		d->names[i] = (expr_name_t){ slice_str(known[i].name), unit_named(known[i].unit) };
	d->series[0] = (expr_name_t){ SLICE("flow"), unit_named("m3/h") };
	d->series[1] = (expr_name_t){ SLICE("state"), UNIT_ONE };
	d->series[2] = (expr_name_t){ SLICE("boiler.t"), unit_named("degC") };
	d->vocabulary = (expr_vocabulary_t){ d->names, NAME_COUNT, d->series, 3, functions, 4 };
}

static inline MUST_CHECK err_t desk_parse(desk_t *d, slice_t text, const unit_t *unit)
{
	expr_source_t source = { .text = text, .vocabulary = &d->vocabulary, .unit = unit };
	d->arena = arena_of(d->room, sizeof(d->room));
	d->detail = (err_detail_t){ 0 };
	return expr_parse(&source, &d->arena, &d->expr, &d->detail);
}

static inline expr_value_t desk_value(const expr_input_t *input)
{
	bool is_name = input->function == EXPR_NO_FUNCTION;
	double number = is_name ? known[input->name].number : 6;
	return (expr_value_t){ !isnan(number), number };
}

static inline expr_value_t desk_eval(const desk_t *d)
{
	expr_value_t values[EXPR_INPUTS_MAX];
	size_t count;
	const expr_input_t *inputs = expr_inputs(d->expr, &count);
	for (size_t i = 0; i < count; i++)
		values[i] = desk_value(&inputs[i]);
	return expr_eval(d->expr, values);
}
#endif
