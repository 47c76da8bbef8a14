/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a formula. What parses is run over absent, ordinary and extreme inputs and must give
 * a finite number or none; its unit, where there is a text for it that is one, reads back. */
#include "expr/expr.h"

#include <assert.h>
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static err_t unit_as_series(const unit_t *series, unit_t *ret_unit)
{
	*ret_unit = *series;
	return ERR_OK;
}

static err_t unit_no_scale(const unit_t *series, unit_t *ret_unit)
{
	*ret_unit = UNIT_ONE;
	return series->has_offset ? ERR_INVALID : ERR_OK;
}

enum { NAMES = 6 };

static void name_units(expr_name_t names[NAMES])
{
	static const char *const spelled[NAMES][2] = {
		{ "a", "1" },    { "b", "kWh" }, { "c", "MJ" },
		{ "t", "degC" }, { "m", "t" },   { "p", "%" },
	};
	for (size_t i = 0; i < NAMES; i++) {
		names[i].name = slice_str(spelled[i][0]);
		err_t err = unit_parse(slice_str(spelled[i][1]), &names[i].unit);
		assert(!err);
	}
}

static void run(const expr_t *expr)
{
	static const double numbers[] = { 0, 1, -1, 1e308, -1e-308, 3, NAN, INFINITY, 0.5 };
	expr_value_t inputs[EXPR_INPUTS_MAX];
	size_t count;
	(void)expr_inputs(expr, &count);
	assert(count <= EXPR_INPUTS_MAX);
	for (size_t round = 0; round < 6; round++) {
		for (size_t i = 0; i < count; i++)
			inputs[i] = (expr_value_t){ round > 0 && (i + round) % 4 != 0,
				                    numbers[(i * 7 + round) % 9] };
		expr_value_t value = expr_eval(expr, inputs);
		assert(!value.is_there || isfinite(value.number));
	}
}

static void read_back(const unit_t *unit)
{
	char text[UNIT_TEXT_MAX];
	unit_t again;
	(void)unit_text(unit, text);
	if (!unit_parse(slice_str(text), &again) && !strchr(text, 'e'))
		assert(unit_same_dimension(unit, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const expr_function_t functions[] = {
		{ { (const uint8_t *)"mean", 4 }, false, unit_as_series },
		{ { (const uint8_t *)"min", 3 }, false, unit_no_scale },
		{ { (const uint8_t *)"entries", 7 }, true, unit_no_scale },
	};
	static const uint8_t x = 'x', t = 't';
	expr_name_t names[NAMES], series[2] = { { { &x, 1 }, UNIT_ONE }, { { &t, 1 }, UNIT_ONE } };
	uint8_t room[EXPR_ARENA_BYTES];
	arena_t arena = arena_of(room, sizeof(room));
	err_detail_t detail;
	const expr_t *expr = NULL;
	unit_t unit;
	name_units(names);
	expr_vocabulary_t vocabulary = { names, NAMES, series, 2, functions, 3 };
	expr_source_t source = { .text = slice_of(data, size), .vocabulary = &vocabulary };
	err_t err = expr_parse(&source, &arena, &expr, &detail);
	assert(err == ERR_OK || err == ERR_INVALID || err == ERR_LIMIT);
	if (err)
		assert(detail.err == err && detail.text && detail.where[0]);
	else {
		unit = expr_unit(expr);
		read_back(&unit);
		run(expr);
	}
	if (unit_parse(slice_of(data, size), &unit) == ERR_OK)
		read_back(&unit);
	return 0;
}
