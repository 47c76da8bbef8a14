/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_FIXTURE_TEST_H
#define INSIGHT_FIXTURE_TEST_H
/* A plant of a few points whose history is in memory, with indicators bound to them, and a
 * brute force over its samples to hold figures against. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/num.h"
#include "base/text.h"
#include "insight/bind.h"
#include "retrieval/fake_test.h"

static const int64_t MINUTE = 60 * NS_PER_S, HOUR = 3600 * NS_PER_S;

enum { PLANT_POINTS_MAX = 8 };

typedef struct {
	fake_t *series[PLANT_POINTS_MAX]; /* by id - 1 */
	char names[PLANT_POINTS_MAX][160];
	point_t points[PLANT_POINTS_MAX];
	catalogue_t catalogue;
	config_t *config;
	definitions_t *definitions;
	bindings_t *bindings;
	series_reader_t reader;
	err_t damage; /* what the reader answers instead */
} plant_t;

static inline int64_t ns_of(const char *text)
{
	int64_t ns;
	assert_int_equal(time_parse(slice_str(text), &ns), ERR_OK);
	return ns;
}

MUST_CHECK static err_t plant_take(void *ctx, const series_query_t *query,
                                   const series_taker_t *taker)
{
	const plant_t *plant = ctx;
	return plant->damage ? plant->damage
	                     : fake_take(plant->series[query->point - 1], query, taker);
}

MUST_CHECK static err_t plant_nearest(void *ctx, const series_nearest_t *ask, sample_t *ret_sample)
{
	const plant_t *plant = ctx;
	return fake_nearest(plant->series[ask->point - 1], ask, ret_sample);
}

MUST_CHECK static err_t plant_last(void *ctx, const point_id_t *points, size_t count,
                                   bool (*row)(void *row_ctx, const sample_t *sample),
                                   void *row_ctx)
{
	static const point_id_t ONE = 1;
	const plant_t *plant = ctx;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(fake_last(plant->series[points[i] - 1], &ONE, 1, row, row_ctx),
		                 ERR_OK);
	return ERR_OK;
}

static inline void plant_catalogue(plant_t *plant)
{
	size_t count = 0;
	for (size_t d = 0; d < plant->config->device_count; d++)
		for (size_t i = 0; i < plant->config->devices[d].point_count; i++) {
			const config_device_t *device = &plant->config->devices[d];
			const config_point_t *point = &device->points[i];
			assert_true(count < PLANT_POINTS_MAX);
			snprintf(plant->names[count], sizeof(plant->names[0]), "%s.%s",
			         device->name, point->name);
			plant->points[count] = (point_t){ .id = (point_id_t)(count + 1),
				                          .name = plant->names[count],
				                          .unit = point->unit,
				                          .compress = point->compress,
				                          .period_ns = device->period_ns };
			plant->series[count] = calloc(1, sizeof(fake_t));
			assert_non_null(plant->series[count]);
			plant->series[count++]->fan = 4;
		}
	plant->catalogue = (catalogue_t){ .points = plant->points, .point_count = count };
}

static inline void said(const err_detail_t *detail)
{
	char text[1024];
	fail_msg("%s", err_render(detail, LANG_EN, text, sizeof(text)));
}

/* Bound to definitions that the plant does not own. */
static inline plant_t *plant_bound(const definitions_t *definitions, const factors_t *factors,
                                   const char *config)
{
	plant_t *plant = calloc(1, sizeof(*plant));
	err_detail_t detail;
	assert_non_null(plant);
	if (config_parse(slice_str(config), "t.yaml", &plant->config, &detail))
		said(&detail);
	plant_catalogue(plant);
	bind_spec_t spec = { plant->config, definitions, factors, &plant->catalogue };
	if (bindings_make(&spec, &plant->bindings, &detail))
		said(&detail);
	plant->reader = (series_reader_t){
		.ctx = plant, .take = plant_take, .nearest = plant_nearest, .last = plant_last
	};
	return plant;
}

static inline plant_t *plant_open(const char *pack, const char *config)
{
	definition_pack_t packs = { slice_str(pack), "p.yaml" };
	definitions_t *definitions = NULL;
	err_detail_t detail;
	if (definitions_read(&packs, 1, NULL, &definitions, &detail))
		said(&detail);
	plant_t *plant = plant_bound(definitions, NULL, config);
	plant->definitions = definitions;
	return plant;
}

static inline void plant_close(plant_t *plant)
{
	bindings_free(plant->bindings);
	definitions_free(plant->definitions);
	config_free(plant->config);
	for (size_t i = 0; i < PLANT_POINTS_MAX; i++)
		free(plant->series[i]);
	free(plant);
}

/* What brute force finds of one point, in the unit of its samples. */
typedef struct {
	int64_t good_ns;
	uint64_t count, entries;
	int64_t state_ns;
	double sum, squares, area, rise, min, max, first, last;
	bool has_value, has_rise;
} brute_t;

typedef struct {
	int64_t from_ns, to_ns, hold_ns;
	double state, rollover;
} brute_ask_t;

static void brute_value(brute_t *b, double number)
{
	b->min = !b->has_value || number < b->min ? number : b->min;
	b->max = !b->has_value || number > b->max ? number : b->max;
	b->first = b->has_value ? b->first : number;
	b->last = number;
	b->has_value = true;
}

static bool brute_good(const sample_t *row)
{
	return quality_info(row->quality)->class == QUALITY_GOOD;
}

/* How long the value of a row held within the range. */
static int64_t brute_held(const fake_t *fake, size_t i, const brute_ask_t *ask, int64_t *ret_from)
{
	int64_t at_ns = fake->rows[i].source.ns, next_ns = at_ns;
	if (i + 1 < fake->count)
		next_ns = fake->rows[i + 1].source.ns;
	else if (at_ns == ask->from_ns ||
	         (at_ns > ask->from_ns && at_ns == fake->rows[0].source.ns))
		next_ns = at_ns + 1; /* OPC 10000-13, 5.4.2.4 */
	if (ask->hold_ns && next_ns > at_ns + ask->hold_ns)
		next_ns = at_ns + ask->hold_ns;
	int64_t from_ns = at_ns > ask->from_ns ? at_ns : ask->from_ns;
	int64_t to_ns = next_ns < ask->to_ns ? next_ns : ask->to_ns;
	*ret_from = from_ns;
	return to_ns > from_ns ? to_ns - from_ns : 0;
}

static double brute_rise(double from, double to, double rollover)
{
	if (to >= from)
		return to - from;
	double over = rollover - from + to;
	return rollover > 0 && over >= 0 && over < rollover / 2 ? over : to;
}

static inline brute_t brute(const fake_t *fake, const brute_ask_t *ask)
{
	brute_t b = { 0 };
	bool has_last = false;
	double last = 0;
	for (size_t i = 0; i < fake->count && fake->rows[i].source.ns < ask->to_ns; i++) {
		const sample_t *row = &fake->rows[i];
		int64_t from_ns, held_ns = brute_held(fake, i, ask, &from_ns);
		double number = row->value.as.f;
		bool is_in = row->source.ns >= ask->from_ns;
		if (!brute_good(row))
			continue;
		if (held_ns && !is_in)
			brute_value(&b, number);
		b.good_ns += held_ns;
		b.area += number * ((double)held_ns / 1e9);
		b.state_ns += number == ask->state ? held_ns : 0;
		if (is_in) {
			brute_value(&b, number);
			b.count++;
			b.sum += number;
			b.squares += number * number;
			b.entries += number == ask->state && !(has_last && last == number);
			b.rise += has_last ? brute_rise(last, number, ask->rollover) : 0;
		}
		b.has_rise |= has_last && (is_in || held_ns);
		has_last = true;
		last = number;
	}
	return b;
}
#define NODE "node: {name: plant, prefix: 99.100.1}\n"

/* All functions of one input. */

static const char FUNCTIONS[] = "pack: {id: f, version: 1, source: test}\n"
				"indicators:\n"
				"  - id: a\n"
				"    version: 1\n"
				"    name: {en: x, zh: x}\n"
				"    scopes: [{id: all, name: {en: all, zh: all}}]\n"
				"    periods: [15min, hour, day, month]\n"
				"    source: test\n"
				"    unit: kW\n"
				"    inputs: [{name: x, unit: kW}]\n"
				"    parts:\n"
				"      - {name: mean, sum: mean(x), unit: kW}\n"
				"      - {name: total, sum: sum(x), unit: W}\n"
				"      - {name: power2, sum: squares(x), unit: kW2}\n"
				"      - {name: number, sum: count(x), unit: '1'}\n"
				"      - {name: least, sum: min(x), unit: kW}\n"
				"      - {name: most, sum: max(x), unit: kW}\n"
				"      - {name: start, sum: first(x), unit: kW}\n"
				"      - {name: end, sum: last(x), unit: kW}\n"
				"    value: mean\n"
				"  - id: b\n"
				"    version: 1\n"
				"    name: {en: x, zh: x}\n"
				"    scopes: [{id: all, name: {en: all, zh: all}}]\n"
				"    periods: [15min, hour, day, month]\n"
				"    source: test\n"
				"    unit: kWh\n"
				"    inputs: [{name: x, unit: kW}]\n"
				"    parts:\n"
				"      - {name: rise, sum: delta(x), unit: kW}\n"
				"      - {name: energy, sum: integral(x), unit: kWh}\n"
				"      - {name: ones, sum: 'duration(x, 1)', unit: min}\n"
				"      - {name: to_one, sum: 'entries(x, 1)', unit: '1'}\n"
				"      - {name: sound, sum: good(x), unit: h}\n"
				"      - {name: share, sum: covered(x), unit: '%'}\n"
				"      - {name: each, sum: span(x) / points(x), unit: h}\n"
				"      - {name: alive, sum: live(x), unit: '1'}\n"
				"    value: energy\n";

static const char METER[] = NODE
	"calendars: [{name: grid, zone: Europe/Berlin}]\n"
	"indicators:\n"
	"  - {definition: f.b, scope: all, periods: [15min, day, month], inputs: {x: M.E}%s}\n"
	"devices:\n"
	"  - {name: M, address: '127.0.0.1:502', period: 15m,\n"
	"     points: [{name: E, address: 0, type: u32, unit: kW}]}\n";

static inline plant_t *meter_open(const char *more)
{
	char text[sizeof(METER) + 64];
	snprintf(text, sizeof(text), METER, more);
	return plant_open(FUNCTIONS, text);
}

/* Readings of a meter that counts one kWh a quarter of an hour. */
static inline void run_meter(fake_t *fake, int64_t from_ns, int64_t to_ns)
{
	double reading = 1000;
	fake->count = 0;
	for (int64_t at_ns = from_ns; at_ns <= to_ns; at_ns += 15 * MINUTE)
		fake_add(fake, at_ns, reading++, QUALITY_OK);
}

static inline void assert_near(double got, double wanted)
{
	if (!(fabs(got - wanted) <= 1e-9 * fmax(1, fabs(wanted))))
		fail_msg("%.17g is not %.17g", got, wanted);
}

#endif
