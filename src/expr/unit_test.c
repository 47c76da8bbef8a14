/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "expr/unit.h"

enum { N_OVER = 300 };

static unit_t unit_of(const char *text)
{
	unit_t unit = UNIT_ONE;
	if (unit_parse(slice_str(text), &unit))
		fail_msg("%s is no unit", text);
	return unit;
}

static void assert_near(double a, double b)
{
	if (fabs(a - b) > 1e-14 * fabs(b))
		fail_msg("%.17g is not %.17g", a, b);
}

/* Factors from the SI brochure, GB/T 2589 and by hand. */
static const struct {
	const char *from, *to;
	double factor;
} conversions[] = {
	{ "kWh", "MJ", 3.6 },
	{ "MWh", "GJ", 3.6 },
	{ "kWh", "J", 3600000 },
	{ "GJ", "kWh", 1000 / 3.6 },
	{ "kcal", "kJ", 4.1868 },
	{ "t", "kg", 1000 },
	{ "t", "Mg", 1 },
	{ "mg", "kg", 1e-6 },
	{ "g", "t", 1e-6 },
	{ "m3", "L", 1000 },
	{ "cm3", "mL", 1 },
	{ "L", "dm3", 1 },
	{ "ha", "m2", 10000 },
	{ "d", "h", 24 },
	{ "d", "s", 86400 },
	{ "h", "min", 60 },
	{ "m3/h", "L/s", 1 / 3.6 },
	{ "m3/h", "L/min", 1000. / 60 },
	{ "t/h", "kg/s", 1 / 3.6 },
	{ "t/d", "kg/h", 1000. / 24 },
	{ "km/h", "m/s", 1 / 3.6 },
	{ "bar", "kPa", 100 },
	{ "MPa", "bar", 10 },
	{ "mbar", "hPa", 1 },
	{ "kg.m/s2", "N", 1 },
	{ "N.m", "J", 1 },
	{ "kg.m-1.s-2", "Pa", 1 },
	{ "V.A", "W", 1 },
	{ "kVA", "kW", 1 },
	{ "kvarh", "kWh", 1 },
	{ "kW.h", "kWh", 1 },
	{ "V/A", "ohm", 1 },
	{ "A.s/V", "F", 1 },
	{ "V.s", "Wb", 1 },
	{ "Wb/m2", "T", 1 },
	{ "Wb/A", "H", 1 },
	{ "1/ohm", "S", 1 },
	{ "Ah", "C", 3600 },
	{ "lm/m2", "lx", 1 },
	{ "rpm", "Hz", 1. / 60 },
	{ "r/min", "rpm", 1 },
	{ "Hz", "1/min", 60 },
	{ "Hz", "s-1", 1 },
	{ "%", "1", 0.01 },
	{ "1", "%", 100 },
	{ "ppm", "%", 1e-4 },
	{ "‰", "%", 0.1 },
	{ "kWh/MJ", "1", 3.6 },
	{ "kWh/t", "kJ/kg", 3.6 },
	{ "kWh/t", "MJ/t", 3.6 },
	{ "kWh/m3", "MJ/m3", 3.6 },
	{ "kWh/piece", "kJ/piece", 3600 },
	{ "kgce", "tce", 1e-3 },
	{ "tce", "gce", 1e6 },
	{ "tce/10kCNY", "kgce/CNY", 0.1 },
	{ "tce/万元", "kgce/元", 0.1 },
	{ "tCO2/MWh", "kgCO2/kWh", 1 },
	{ "tCO2e", "kgCO2", 1000 },
	{ "10kCNY", "CNY", 10000 },
	{ "亿元", "万元", 10000 },
	{ "MCNY", "万元", 100 },
	{ "万kWh", "MWh", 10 },
	{ "kWh/100km", "Wh/km", 10 },
	{ "L/100km", "mL/km", 10 },
	{ "m3/1000piece", "L/piece", 1 },
	{ "W/(m2.K)", "W/m2/K", 1 },
	{ "W/(m²·K)", "W/m2/degC", 1 },
	{ "kJ/(kg.degC)", "J/(g.K)", 1 },
	{ "℃", "degC", 1 },
	{ "°C", "degC", 1 },
	{ "mK", "K", 1e-3 },
	{ "µs", "us", 1 },
	{ "μm", "um", 1 },
	{ "(m/s)2", "m^2/s^2", 1 },
	{ "1/(1/s)", "s", 1 },
	{ "m2/m", "m", 1 },
	{ "kNm3/h", "Nm3/s", 1 / 3.6 },
	{ "deg", "rad", 0.017453292519943295 },
};

static void units_convert_by_their_published_factors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(conversions) / sizeof(*conversions); i++) {
		unit_t from = unit_of(conversions[i].from), to = unit_of(conversions[i].to);
		double there = 0, back = 0;
		if (unit_convert(&from, &to, &there) || unit_convert(&to, &from, &back))
			fail_msg("%s is not of the dimension of %s", conversions[i].from,
			         conversions[i].to);
		assert_near(there, conversions[i].factor);
		assert_near(back, 1 / conversions[i].factor);
	}
}

static void what_stands_for_different_things_does_not_convert(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "kW", "h" },          { "kW", "kWh" },        { "kWh", "t" },
		{ "tce", "t" },         { "tce", "GJ" },        { "tCO2", "t" },
		{ "tCO2", "tce" },      { "Nm3", "m3" },        { "Nm3", "mol" },
		{ "piece", "device" },  { "piece", "1" },       { "device", "identifier" },
		{ "CNY", "1" },         { "degC", "K" },        { "Hz", "s" },
		{ "event", "process" }, { "person", "entity" }, { "m", "m2" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unit_t from = unit_of(rows[i][0]), to = unit_of(rows[i][1]);
		double factor = 7;
		assert_int_equal(unit_convert(&from, &to, &factor), ERR_CONFLICT);
		assert_int_equal(unit_convert(&to, &from, &factor), ERR_CONFLICT);
		assert_true(factor == 7);
	}
}

static void what_is_no_unit_is_refused_and_leaves_the_result(void **state)
{
	(void)state;
	static const char *const rows[] = {
		"",     " ",      "kWh ",         "kwh",  "Kg",     "kWh/", "/h",     "m..s",
		"m.",   "m3.5",   "1.5m",         "0",    "0m",     "m0",   "m^",     "m-",
		"m--1", "mm min", "kkg",          "kmin", "mt",     "kh",   "kdegC",  "10degC",
		"(m",   "m)",     "()",           "m(s)", "kWh//t", "year", "month",  "k",
		"µ",    "pH",     "dB",           "m**2", "m^^2",   "tCO",  "wanCNY", "ppm%",
		"\xff", "m\n",    "10000000000m", "m999", "Pa/-1",  "kCO2",
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unit_t unit = unit_of("m");
		err_t err = unit_parse(slice_str(rows[i]), &unit);
		if (!err)
			fail_msg("\"%s\" was taken", rows[i]);
		assert_true(unit.power[UNIT_LENGTH] == 1 && unit.factor == 1);
	}
	assert_int_equal(unit_parse(slice_of("m\0s", 3), &(unit_t){ 0 }), ERR_INVALID);
}

static void limits_of_length_depth_and_power_hold(void **state)
{
	(void)state;
	unit_t unit;
	char text[N_OVER];
	memset(text, '(', sizeof(text));
	assert_int_equal(unit_parse(slice_of(text, UNIT_PARSE_MAX + 1), &unit), ERR_LIMIT);
	assert_int_equal(unit_parse(SLICE("((((m))))"), &unit), ERR_OK);
	assert_int_equal(unit_parse(SLICE("(((((m)))))"), &unit), ERR_LIMIT);
	assert_int_equal(unit_parse(SLICE("m127"), &unit), ERR_OK);
	assert_int_equal(unit_parse(SLICE("m127.m"), &unit), ERR_LIMIT);
	assert_int_equal(unit_parse(SLICE("m-127/m"), &unit), ERR_LIMIT);
	assert_int_equal(unit_parse(SLICE("(m100)2"), &unit), ERR_LIMIT);
	assert_int_equal(unit_parse(SLICE("km127"), &unit), ERR_LIMIT);
	unit = unit_of("m");
	assert_int_equal(unit_power(&unit, NAN, &unit), ERR_LIMIT);
	assert_int_equal(unit_power(&unit, INFINITY, &unit), ERR_LIMIT);
	assert_int_equal(unit_power(&unit, 0.5, &unit), ERR_INVALID);
	unit_t root, square = unit_of("m2");
	assert_int_equal(unit_power(&square, 0.5, &root), ERR_OK);
	assert_true(unit_same_dimension(&root, &unit));
}

static void assert_prefixed(char prefix, const char *symbol, const unit_t *plain)
{
	char text[32];
	(void)snprintf(text, sizeof(text), "%c%s", prefix, symbol);
	unit_t unit = unit_of(text);
	double factor = 1;
	assert_int_equal(unit_convert(&unit, plain, &factor), ERR_OK);
	assert_near(log10(factor), rint(log10(factor)));
	assert_true(factor != 1);
	const char *other;
	for (size_t i = 0; (other = unit_symbol(i, NULL)) != NULL; i++)
		if (strcmp(text, other) == 0)
			fail_msg("%s is said twice", text);
}

/* What every symbol and prefix of the table says reads back as it, and no two of them are
 * spelled alike; cut anywhere it is refused or is a unit, and nothing is read behind. */
static void every_symbol_reads_alone_and_cut_at_every_length(void **state)
{
	(void)state;
	const char *prefixes, *symbol;
	size_t count = 0, spelled = 0;
	for (; (symbol = unit_symbol(count, &prefixes)) != NULL; count++) {
		unit_t plain = unit_of(symbol);
		for (; *prefixes; prefixes++, spelled++)
			assert_prefixed(*prefixes, symbol, &plain);
	}
	assert_true(count > 50 && spelled > 150);
	const slice_t whole = SLICE("kWh/(100km.m²)·Nm3-2/kgCO2e");
	unit_t unit;
	assert_int_equal(unit_parse(whole, &unit), ERR_OK);
	for (size_t len = 0; len < whole.len; len++) {
		uint8_t exact[64];
		memcpy(&exact[sizeof(exact) - len], whole.ptr, len);
		unit_t got = { 0 };
		err_t err = unit_parse(slice_of(&exact[sizeof(exact) - len], len), &got);
		assert_true(err || (isfinite(got.factor) && got.factor > 0));
	}
}

static void text_says_a_unit_as_people_do(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "1", "1" },
		{ "%", "%" },
		{ "kW.h", "kWh" },
		{ "t", "t" },
		{ "kg", "kg" },
		{ "kWh/t", "kWh/t" },
		{ "m3/h", "m3/h" },
		{ "kg.m/s2", "N" },
		{ "degC", "degC" },
		{ "piece/h", "piece/h" },
		{ "1/s", "Hz" },
		{ "m3", "m3" },
		{ "tce/10kCNY", "tce/10kCNY" },
		{ "kg2", "kg2" },
		{ "m.K", "m.K" },
		{ "3kg.K/A2", "3 kg.K/A2" },
		{ "1/piece", "1/piece" },
		{ "7/piece", "7/piece" },
		{ "CNY/kWh", "CNY/kWh" },
		{ "MWh", "MWh" },
		{ "7", "7" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		unit_t unit = unit_of(rows[i][0]);
		char text[UNIT_TEXT_MAX];
		assert_string_equal(unit_text(&unit, text), rows[i][1]);
	}
	unit_t long_one = { .factor = 0.1 };
	for (size_t i = 0; i < UNIT_BASES; i++)
		long_one.power[i] = 100;
	char text[UNIT_TEXT_MAX];
	assert_true(strlen(unit_text(&long_one, text)) < UNIT_TEXT_MAX);
}

/* doc/formulas.md, for who writes definitions. */
static void the_page_in_doc_names_every_symbol_with_its_prefixes(void **state)
{
	(void)state;
	static char page[64 << 10];
	const char *source = getenv("JIZHU_SOURCE"), *prefixes, *symbol;
	char path[4096], cell[128];
	(void)snprintf(path, sizeof(path), "%s/doc/formulas.md", source ? source : ".");
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t len = fread(page, 1, sizeof(page) - 1, file);
	assert_int_equal(fclose(file), 0);
	page[len] = 0;
	for (size_t i = 0; (symbol = unit_symbol(i, &prefixes)) != NULL; i++) {
		writer_t w = writer_of(cell, sizeof(cell));
		wr_format(&w, "`%s`", symbol);
		for (const char *prefix = prefixes; *prefix; prefix++)
			wr_format(&w, "%s%c", prefix == prefixes ? " (" : " ", *prefix);
		wr_format(&w, "%s%c", *prefixes ? ")" : "", 0);
		if (!strstr(page, cell))
			fail_msg("doc/formulas.md lacks %s", cell);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_convert_by_their_published_factors),
		cmocka_unit_test(what_stands_for_different_things_does_not_convert),
		cmocka_unit_test(what_is_no_unit_is_refused_and_leaves_the_result),
		cmocka_unit_test(limits_of_length_depth_and_power_hold),
		cmocka_unit_test(every_symbol_reads_alone_and_cut_at_every_length),
		cmocka_unit_test(text_says_a_unit_as_people_do),
		cmocka_unit_test(the_page_in_doc_names_every_symbol_with_its_prefixes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
