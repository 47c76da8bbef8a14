/* SPDX-License-Identifier: Apache-2.0 */
/* Figures of a node over its own history, held against a brute force over the samples. */
#include "insight/evaluate.h"

#include <math.h>

#include "insight/fixture_test.h"
#include "sketch/classes.h"
#include "sketch/hyperloglog.h"
#include "sketch/quantiles.h"

/* ISO 22400-2: OEE is availability by effectiveness by quality; all of it are sums. */
static const char OEE[] = "pack: {id: iso22400, version: 1, source: ISO 22400-2}\n"
			  "indicators:\n"
			  "  - id: oee\n"
			  "    version: 1\n"
			  "    name: {en: OEE, zh: 设备综合效率}\n"
			  "    unit: '%'\n"
			  "    scopes: [{id: work-unit, name: {en: Work unit, zh: 工作单元}}]\n"
			  "    periods: [15min, shift, day]\n"
			  "    inputs: [{name: state, unit: '1'}, {name: good, unit: piece},\n"
			  "      {name: made, unit: piece}]\n"
			  "    parameters: [{name: pace, unit: min/piece}]\n"
			  "    parts:\n"
			  "      - {name: busy, sum: 'good(state) - duration(state, 0)', unit: h}\n"
			  "      - {name: running, sum: 'duration(state, 2)', unit: h}\n"
			  "      - {name: planned_good, sum: 'pace * delta(good)', unit: h}\n"
			  "      - {name: stops, sum: 'entries(state, 1)', unit: '1'}\n"
			  "      - {name: quantity, sum: 'delta(made)', unit: piece}\n"
			  "    value: planned_good / busy\n"
			  "    source: '9.2'\n";

static const char LINE[] = NODE
	"calendars: [{name: works, zone: Asia/Shanghai, shifts: [{name: c, start: '00:00'},\n"
	"  {name: a, start: '08:00'}, {name: b, start: '16:00'}]}]\n"
	"indicators:\n"
	"  - {definition: iso22400.oee, scope: work-unit, periods: [day], entity: 99.100.1/L1,\n"
	"     inputs: {state: L1.STATE, good: L1.GOOD, made: L1.MADE},\n"
	"     rollover: {L1.GOOD: 1000}, parameters: {pace: 90 s/piece}}\n"
	"devices:\n"
	"  - {name: L1, address: '127.0.0.1:502', period: 5m, points: [\n"
	"     {name: STATE, address: 0, type: u16},\n"
	"     {name: GOOD, address: 1, type: u16, unit: piece},\n"
	"     {name: MADE, address: 2, type: u32, unit: piece}]}\n";

static span_t day_of(const char *at)
{
	periods_t *periods;
	span_t span;
	assert_int_equal(periods_open(NULL, &periods), ERR_OK);
	assert_int_equal(periods_at(periods, PERIOD_DAY, ns_of(at), &span), ERR_OK);
	periods_close(periods);
	return span;
}

typedef struct {
	uint8_t memory[EVALUATE_ARENA_BYTES];
	arena_t arena;
	evaluate_notes_t notes;
} room_t;

static figure_t figure_of(plant_t *plant, size_t binding, const span_t *span, room_t *room)
{
	figure_t figure;
	evaluate_world_t world = { .reader = &plant->reader, .notes = &room->notes };
	room->notes = (evaluate_notes_t){ 0 };
	room->arena = arena_of(room->memory, sizeof(room->memory));
	assert_int_equal(evaluate(&world, bindings_get(plant->bindings, binding), span,
	                          &room->arena, &figure),
	                 ERR_OK);
	return figure;
}

static void assert_sum(const figure_t *figure, size_t part, double wanted)
{
	assert_int_equal(figure->parts[part].kind, PART_SUM);
	assert_true(figure->parts[part].is_there);
	assert_near(figure->parts[part].sum, wanted);
}

/* A line that runs, stops and sleeps by chance for two days, polled every five minutes. */
static void simulate_line(plant_t *plant, rng_t *rng, int64_t from_ns)
{
	double state = 2, good = 0, made = 0;
	for (size_t i = 0; i < 500; i++) {
		int64_t at_ns = from_ns - 10 * HOUR + (int64_t)i * 5 * MINUTE;
		if (rng_below(rng, 10) == 0)
			state = (double)rng_below(rng, 3);
		if (state == 2) {
			double pieces = (double)rng_below(rng, 5);
			made += pieces;
			good = fmod(good + pieces - (pieces > 3), 1000);
		}
		quality_t quality = rng_below(rng, 30) == 0   ? QUALITY_TIMEOUT
		                    : rng_below(rng, 30) == 0 ? QUALITY_STALE
		                                              : QUALITY_OK;
		/* A gap of an hour in the middle, when the node was down. */
		if (i >= 200 && i < 212)
			continue;
		fake_add(plant->series[0], at_ns, state, quality);
		fake_add(plant->series[1], at_ns + NS_PER_S, good, quality);
		fake_add(plant->series[2], at_ns + 2 * NS_PER_S, made, QUALITY_OK);
	}
}

static void oee_is_what_the_raw_samples_say(void **state)
{
	(void)state;
	rng_t rng = rng_of(22400);
	room_t room;
	for (size_t run = 0; run < 8; run++) {
		plant_t *plant = plant_open(OEE, LINE);
		span_t span = day_of("2026-11-27T04:00:00Z");
		simulate_line(plant, &rng, span.from_ns);
		figure_t figure = figure_of(plant, 0, &span, &room);
		brute_ask_t ask = { span.from_ns, span.to_ns, 15 * MINUTE, 0, 0 };
		brute_t idle = brute(plant->series[0], &ask);
		ask.state = 2;
		brute_t running = brute(plant->series[0], &ask);
		ask.state = 1;
		brute_t stops = brute(plant->series[0], &ask);
		ask.rollover = 1000;
		brute_t good = brute(plant->series[1], &ask);
		brute_t made = brute(plant->series[2], &ask);
		double busy_h = (double)(idle.good_ns - idle.state_ns) / 3600e9;
		assert_sum(&figure, 0, busy_h);
		assert_sum(&figure, 1, (double)running.state_ns / 3600e9);
		assert_sum(&figure, 2, good.rise * 1.5 / 60);
		assert_sum(&figure, 3, (double)stops.entries);
		assert_sum(&figure, 4, made.rise);
		assert_true(figure.has_value);
		assert_near(figure.value, 100 * good.rise * 1.5 / 60 / busy_h);
		double day_ns = (double)(span.to_ns - span.from_ns);
		assert_near(figure.coverage,
		            ((double)idle.good_ns + (double)good.good_ns + (double)made.good_ns) /
		                    (3 * day_ns));
		assert_true(figure.coverage < 0.97 && figure.coverage > 0.8);
		assert_int_equal(figure.key.from_ns, span.from_ns);
		assert_int_equal(figure.origin, FIGURE_MEASURED);
		assert_true(slice_eq(figure.entity, SLICE("99.100.1/L1")));
		plant_close(plant);
	}
}

static const char THREE[] = NODE
	"indicators:\n"
	"  - {definition: f.a, scope: all, periods: [hour], inputs: {x: [A.P, B.P, C.P]}}\n"
	"  - {definition: f.b, scope: all, periods: [hour], inputs: {x: [A.P, B.P, C.P]},\n"
	"     rollover: {C.P: 8}}\n"
	"devices:\n"
	"  - {name: A, address: '127.0.0.1:502', period: 100s,\n"
	"     points: [{name: P, address: 0, type: u16, unit: kW}]}\n"
	"  - {name: B, address: '127.0.0.1:503', period: 7s,\n"
	"     points: [{name: P, address: 0, type: u16, unit: MW}]}\n"
	"  - {name: C, address: '127.0.0.1:504', period: 20s,\n"
	"     points: [{name: P, address: 0, type: u16, unit: kW}]}\n";

static const quality_t QUALITIES[] = { QUALITY_OK,    QUALITY_OK,         QUALITY_OK,
	                               QUALITY_OK,    QUALITY_OVERRIDDEN, QUALITY_OUT_OF_RANGE,
	                               QUALITY_STALE, QUALITY_TIMEOUT,    QUALITY_NO_DATA };

static void pour(fake_t *fake, rng_t *rng, const span_t *span)
{
	static const int64_t steps_s[] = { 0, 1, 5, 20, 60, 300, 2000 };
	size_t count = rng_below(rng, 3) ? rng_below(rng, 90) : 0;
	int64_t at_ns = span->from_ns - (int64_t)rng_below(rng, 3000) * NS_PER_S;
	fake->count = 0;
	fake->fan = 2 + rng_below(rng, 5);
	fake->cuts = rng_below(rng, 2) == 0;
	/* At the edges themselves too. */
	for (size_t i = 0; i < count; i++) {
		at_ns += steps_s[rng_below(rng, 7)] * NS_PER_S;
		fake_add(fake, at_ns, (double)rng_below(rng, 8), QUALITIES[rng_below(rng, 9)]);
	}
}

/* What three points come to. */
typedef struct {
	brute_t of[3];
	double factor[3];
	brute_t all;
	size_t live;
} three_t;

static three_t brute_three(plant_t *plant, const span_t *span)
{
	static const double FACTORS[] = { 1, 1000, 1 }, HOLDS[] = { 300, 21, 60 };
	three_t t = { 0 };
	brute_t *all = &t.all;
	for (size_t i = 0; i < 3; i++) {
		double f = t.factor[i] = FACTORS[i];
		brute_ask_t ask = { span->from_ns, span->to_ns, (int64_t)HOLDS[i] * NS_PER_S, 1 / f,
			            i == 2 ? 8 : 0 };
		brute_t b = t.of[i] = brute(plant->series[i], &ask);
		all->good_ns += b.good_ns;
		all->state_ns += b.state_ns;
		all->count += b.count;
		all->entries += b.entries;
		all->sum += b.sum * f;
		all->squares += b.squares * f * f;
		all->area += b.area * f;
		all->rise += b.has_rise ? b.rise * f : 0;
		all->has_rise |= b.has_rise;
		t.live += b.count || b.good_ns;
		if (!b.has_value)
			continue;
		all->min = !all->has_value || b.min * f < all->min ? b.min * f : all->min;
		all->max = !all->has_value || b.max * f > all->max ? b.max * f : all->max;
		all->first += b.first * f;
		all->last += b.last * f;
		all->has_value = true;
	}
	return t;
}

static void assert_part(const figure_t *figure, size_t part, bool is_there, double wanted)
{
	assert_int_equal(figure->parts[part].is_there, is_there);
	if (is_there)
		assert_sum(figure, part, wanted);
}

static void assert_levels(const figure_t *f, const brute_t *b)
{
	bool is_seen = b->count || b->good_ns;
	assert_part(f, 0, b->good_ns > 0, b->area / ((double)b->good_ns / 1e9));
	assert_part(f, 1, is_seen, b->sum * 1000);
	assert_part(f, 2, is_seen, b->squares);
	assert_part(f, 3, is_seen, (double)b->count);
	assert_part(f, 4, b->has_value, b->min);
	assert_part(f, 5, b->has_value, b->max);
	assert_part(f, 6, b->has_value, b->first);
	assert_part(f, 7, b->has_value, b->last);
	assert_int_equal(f->has_value, b->good_ns > 0);
}

static void assert_times(const figure_t *f, const three_t *t)
{
	const brute_t *b = &t->all;
	bool is_seen = b->count || b->good_ns;
	double share = (double)b->good_ns / (3 * 3600e9);
	assert_part(f, 0, b->has_rise, b->rise);
	assert_part(f, 1, b->good_ns > 0, b->area / 3600);
	assert_part(f, 2, is_seen, (double)b->state_ns / 60e9);
	assert_part(f, 3, is_seen, (double)b->entries);
	assert_part(f, 4, true, (double)b->good_ns / 3600e9);
	assert_part(f, 5, true, 100 * share);
	assert_part(f, 6, true, 1);
	assert_part(f, 7, true, (double)t->live);
	assert_near(f->coverage, share);
}

static void two_hundred_random_bindings_are_what_brute_force_finds(void **state)
{
	(void)state;
	rng_t rng = rng_of(3);
	room_t room;
	plant_t *plant = plant_open(FUNCTIONS, THREE);
	span_t span = { PERIOD_HOUR, 500 * HOUR, 501 * HOUR };
	size_t absent = 0, whole = 0;
	for (size_t run = 0; run < 200; run++) {
		for (size_t i = 0; i < 3; i++)
			pour(plant->series[i], &rng, &span);
		three_t t = brute_three(plant, &span);
		figure_t levels = figure_of(plant, 0, &span, &room);
		assert_levels(&levels, &t.all);
		figure_t times = figure_of(plant, 1, &span, &room);
		assert_times(&times, &t);
		absent += !t.all.has_value;
		whole += t.live == 3;
	}
	assert_true(absent > 2 && whole > 30);
	plant_close(plant);
}

enum { B = 100 }; /* the node could not read it */
static const struct {
	const char *rollover;
	double readings[6];
	size_t count;
	bool is_there;
	double rise;
} READINGS[] = {
	{ "", { 10, 20, 35 }, 3, true, 25 },
	{ "", { 990, 995, 5, 8 }, 4, true, 5 + 5 + 3 },
	{ ", rollover: {M.E: 1000}", { 990, 995, 5, 8 }, 4, true, 5 + 10 + 3 },
	/* A new meter: it began at 0 and did not pass 1000. */
	{ ", rollover: {M.E: 1000}", { 400, 410, 2, 8 }, 4, true, 10 + 2 + 6 },
	{ ", rollover: {M.E: 1000}", { 999, 0, 1 }, 3, true, 2 },
	{ ", rollover: {M.E: 1000}", { 700, 300 }, 2, true, 300 },
	/* What ran on through the gap is not lost. */
	{ "", { 10, -B, -B, 50 }, 4, true, 40 },
	{ "", { 10, -B, -B, 4 }, 4, true, 4 },
	{ "", { -B, 10, -B }, 3, false, 0 },
	{ "", { 7, 7 }, 2, true, 0 },
};

static void a_counter_that_falls_has_not_run_backwards_nor_through_all_it_holds(void **state)
{
	(void)state;
	room_t room;
	for (size_t i = 0; i < sizeof(READINGS) / sizeof(*READINGS); i++) {
		plant_t *plant = meter_open(READINGS[i].rollover);
		span_t span = { PERIOD_DAY, 1000 * HOUR, 1024 * HOUR };
		for (size_t k = 0; k < READINGS[i].count; k++)
			fake_add(plant->series[0], span.from_ns + (int64_t)k * 15 * MINUTE,
			         READINGS[i].readings[k],
			         READINGS[i].readings[k] < 0 ? QUALITY_NO_CONNECTION : QUALITY_OK);
		figure_t figure = figure_of(plant, 0, &span, &room);
		assert_part(&figure, 0, READINGS[i].is_there, READINGS[i].rise);
		/* In a span of its own each reading has the rise since the one before. */
		double sum = 0;
		for (size_t k = 0; k < READINGS[i].count; k++) {
			span_t part = { PERIOD_QUARTER_HOUR,
				        span.from_ns + (int64_t)k * 15 * MINUTE - MINUTE,
				        span.from_ns + (int64_t)(k + 1) * 15 * MINUTE - MINUTE };
			figure = figure_of(plant, 0, &part, &room);
			sum += figure.parts[0].is_there ? figure.parts[0].sum : 0;
		}
		assert_near(sum, READINGS[i].rise);
		plant_close(plant);
	}
}

static void a_clock_that_steps_back_counts_no_reading_twice(void **state)
{
	(void)state;
	room_t room;
	plant_t *plant = meter_open("");
	span_t span = { PERIOD_DAY, 1000 * HOUR, 1024 * HOUR };
	/* Ten readings of one kWh each; then the clock is set back by three of them, so that
	 * two came at one time and the store has them in the order of their bits. */
	fake_t *fake = plant->series[0];
	for (size_t i = 0; i < 10; i++) {
		int64_t at_ns = span.from_ns + (int64_t)i * 15 * MINUTE;
		fake_add(fake, at_ns, (double)i, QUALITY_OK);
		if (i == 6)
			fake_add(fake, at_ns, (double)i, QUALITY_OK);
	}
	figure_t figure = figure_of(plant, 0, &span, &room);
	assert_sum(&figure, 0, 9);
	assert_sum(&figure, 4, 9 * 0.25);
	plant_close(plant);
}

static void days_of_23_and_25_hours_have_so_much_less_and_more(void **state)
{
	static const struct {
		const char *noon;
		double quarters;
	} days[] = { { "2026-03-29T12:00:00Z", 92 },
		     { "2026-03-30T12:00:00Z", 96 },
		     { "2026-10-25T12:00:00Z", 100 } };
	(void)state;
	room_t room;
	plant_t *plant = meter_open("");
	const periods_t *calendar = bindings_get(plant->bindings, 0)->calendar;
	for (size_t i = 0; i < 3; i++) {
		span_t span;
		assert_int_equal(periods_at(calendar, PERIOD_DAY, ns_of(days[i].noon), &span),
		                 ERR_OK);
		run_meter(plant->series[0], span.from_ns - HOUR, span.to_ns + HOUR);
		figure_t figure = figure_of(plant, 0, &span, &room);
		assert_sum(&figure, 0, days[i].quarters);
		assert_sum(&figure, 4, days[i].quarters / 4);
		assert_near(figure.coverage, 1);
	}
	plant_close(plant);
}

static void days_add_up_to_their_month_by_one_wall_clock_and_by_no_other(void **state)
{
	(void)state;
	room_t room;
	plant_t *plant = meter_open("");
	periods_t *beijing;
	span_t month, day;
	double sum = 0;
	assert_int_equal(periods_open(NULL, &beijing), ERR_OK);
	assert_int_equal(periods_at(beijing, PERIOD_MONTH, ns_of("2026-02-10T00:00:00Z"), &month),
	                 ERR_OK);
	run_meter(plant->series[0], month.from_ns - HOUR, month.to_ns + HOUR);
	/* The load doubles for the eight hours by which midnight in UTC is late. */
	fake_t *fake = plant->series[0];
	for (size_t i = 0; i < fake->count; i++)
		if (fake->rows[i].source.ns >= month.to_ns)
			fake->rows[i].value.as.f += 1000;
	figure_t whole = figure_of(plant, 0, &month, &room);
	assert_sum(&whole, 0, 28 * 96);
	for (int64_t at_ns = month.from_ns; at_ns < month.to_ns; at_ns = day.to_ns) {
		assert_int_equal(periods_at(beijing, PERIOD_DAY, at_ns, &day), ERR_OK);
		figure_t figure = figure_of(plant, 0, &day, &room);
		sum += figure.parts[0].sum;
	}
	assert_near(sum, whole.parts[0].sum);
	month.to_ns += 8 * HOUR;
	whole = figure_of(plant, 0, &month, &room);
	assert_true(whole.parts[0].sum > sum + 1000);
	periods_close(beijing);
	plant_close(plant);
}

static void what_was_never_measured_is_absent_and_not_zero(void **state)
{
	(void)state;
	room_t room;
	plant_t *plant = meter_open("");
	span_t span = { PERIOD_DAY, 1000 * HOUR, 1024 * HOUR };
	for (size_t run = 0; run < 3; run++) {
		/* Nothing at all; only bad ones; only such that hold no longer. */
		if (run)
			fake_add(plant->series[0], span.from_ns + (run == 1 ? HOUR : -2 * HOUR), 5,
			         run == 1 ? QUALITY_TIMEOUT : QUALITY_OK);
		if (run == 2) {
			plant->series[0]->count = 0;
			fake_add(plant->series[0], span.from_ns - 2 * HOUR, 5, QUALITY_OK);
			fake_add(plant->series[0], span.to_ns + 2 * HOUR, 5, QUALITY_OK);
		}
		figure_t figure = figure_of(plant, 0, &span, &room);
		for (size_t i = 0; i < 4; i++)
			assert_false(figure.parts[i].is_there);
		assert_sum(&figure, 4, 0);
		assert_sum(&figure, 5, 0);
		assert_sum(&figure, 7, 0);
		assert_false(figure.has_value);
		assert_true(slice_eq(figure.lack, SLICE("energy")));
		assert_true(figure.coverage == 0);
		assert_int_equal(figure.reporting, 1);
	}
	plant_close(plant);
}

static const char MORE[] =
	"pack: {id: m, version: 1, source: test}\n"
	"indicators:\n"
	"  - id: piles\n"
	"    version: 1\n"
	"    name: {en: x, zh: x}\n"
	"    scopes: [{id: all, name: {en: all, zh: all}}]\n"
	"    periods: [15min, hour, day, month]\n"
	"    source: test\n"
	"    unit: '1'\n"
	"    inputs: [{name: x, unit: W}, {name: words, from: devices.divisions}]\n"
	"    parts:\n"
	"      - {name: sizes, histogram: {of: x, bounds: [2000, 5000]}}\n"
	"      - {name: levels, distinct: x, unit: '1'}\n"
	"      - {name: spread, quantiles: x}\n"
	"      - {name: kinds, distinct: words, unit: '1'}\n"
	"    value: distinct(levels)\n"
	"  - id: carbon\n"
	"    version: 1\n"
	"    name: {en: x, zh: x}\n"
	"    scopes: [{id: all, name: {en: all, zh: all}}]\n"
	"    periods: [15min, hour, day, month]\n"
	"    source: test\n"
	"    unit: tCO2\n"
	"    uses: [{name: total, id: m.energy, version: 1}]\n"
	"    inputs: [{name: gas, unit: Nm3}, {name: known, from: devices.known}]\n"
	"    parameters: [{name: grid, unit: kgCO2/kWh},\n"
	"      {name: burnt, unit: kgCO2/Nm3, number: 2}]\n"
	"    parts:\n"
	"      - {name: mass, sum: 'total.energy * grid + delta(gas) * burnt', unit: kgCO2}\n"
	"      - {name: devices, sum: last(known), unit: device}\n"
	"      - {name: fresh, sum: delta(known), unit: device}\n"
	"    value: mass\n"
	"  - id: energy\n"
	"    version: 1\n"
	"    name: {en: x, zh: x}\n"
	"    scopes: [{id: all, name: {en: all, zh: all}}]\n"
	"    periods: [15min, hour, day, month]\n"
	"    source: test\n"
	"    unit: kWh\n"
	"    inputs: [{name: power, unit: kW}]\n"
	"    parts: [{name: energy, sum: integral(power), unit: kWh}]\n"
	"    value: energy\n";

static const char SITE[] = NODE
	"indicators:\n"
	"  - {definition: m.piles, scope: all, periods: [hour], inputs: {x: A.P}}\n"
	"  - {definition: m.carbon, scope: all, periods: [hour], inputs: {gas: A.G},\n"
	"     parameters: {grid: 531 gCO2/kWh}}\n"
	"  - {definition: m.energy, scope: all, periods: [hour, day], inputs: {power: A.P}}\n"
	"devices:\n"
	"  - {name: A, address: '127.0.0.1:502', period: 1m, points: [\n"
	"     {name: P, address: 0, type: u16, unit: kW},\n"
	"     {name: G, address: 1, type: u16, unit: Nm3}]}\n";

MUST_CHECK static err_t counted(void *ctx, const count_ask_t *ask, count_t *ret_count)
{
	(void)ctx;
	assert_true(ask->from_ns < ask->to_ns);
	if (slice_eq(ask->what, SLICE("devices.divisions")))
		*ret_count = (count_t){ .covered = 1 };
	else if (slice_eq(ask->what, SLICE("devices.known")))
		*ret_count = (count_t){ true, true, 40, 42, 0.5 };
	else
		return ERR_NOT_FOUND;
	return ERR_OK;
}

MUST_CHECK static err_t worded(void *ctx, const count_ask_t *ask,
                               void (*word)(void *word_ctx, slice_t word), void *word_ctx)
{
	(void)ctx;
	assert_true(slice_eq(ask->what, SLICE("devices.divisions")));
	word(word_ctx, SLICE("31"));
	word(word_ctx, SLICE("38"));
	word(word_ctx, SLICE("31"));
	return ERR_OK;
}

static void fill_site(plant_t *plant, const span_t *span)
{
	for (int64_t i = -2; i < 62; i++) {
		int64_t at_ns = span->from_ns + i * MINUTE;
		fake_add(plant->series[0], at_ns, (double)(i % 3 + 3), QUALITY_OK);
		fake_add(plant->series[1], at_ns, 100 + (double)i, QUALITY_OK);
	}
}

static figure_t figure_counted(plant_t *plant, const char *definition, const span_t *span,
                               room_t *room)
{
	counts_t counts = { NULL, counted, worded };
	evaluate_world_t world = { .reader = &plant->reader, .counts = &counts };
	figure_t figure = { 0 };
	room->arena = arena_of(room->memory, sizeof(room->memory));
	for (size_t i = 0; i < bindings_count(plant->bindings); i++)
		if (slice_eq(bindings_get(plant->bindings, i)->definition->id,
		             slice_str(definition)))
			assert_int_equal(evaluate(&world, bindings_get(plant->bindings, i), span,
			                          &room->arena, &figure),
			                 ERR_OK);
	assert_true(figure.part_count > 0);
	return figure;
}

static void a_part_may_be_classes_different_things_or_quantiles(void **state)
{
	(void)state;
	room_t room;
	plant_t *plant = plant_open(MORE, SITE);
	span_t span = { PERIOD_HOUR, 500 * HOUR, 501 * HOUR };
	fill_site(plant, &span);
	figure_t figure = figure_counted(plant, "m.piles", &span, &room);
	classes_t classes;
	hyperloglog_t set;
	digest_t digest;
	/* 3, 4 and 5 kW, twenty minutes each; a class holds its lower bound. */
	assert_int_equal(classes_read(figure.parts[0].bytes, &classes), ERR_OK);
	assert_int_equal(classes.count, 3);
	assert_int_equal(classes.counts[0], 0);
	assert_int_equal(classes.counts[1], 40);
	assert_int_equal(classes.counts[2], 20);
	assert_int_equal(hyperloglog_read(figure.parts[1].bytes, &set), ERR_OK);
	assert_near(round(hyperloglog_count(&set)), 3);
	assert_int_equal(digest_read(figure.parts[2].bytes, &digest), ERR_OK);
	assert_near(digest.weight, 60);
	assert_near(digest.greatest, 5000);
	assert_int_equal(hyperloglog_read(figure.parts[3].bytes, &set), ERR_OK);
	assert_near(round(hyperloglog_count(&set)), 2);
	assert_near(round(figure.value), 3);
	assert_near(figure.coverage, 1);
	plant_close(plant);
}

static void a_figure_may_be_made_of_others_of_factors_and_of_counts(void **state)
{
	(void)state;
	room_t room;
	plant_t *plant = plant_open(MORE, SITE);
	span_t span = { PERIOD_HOUR, 500 * HOUR, 501 * HOUR };
	fill_site(plant, &span);
	figure_t figure = figure_counted(plant, "m.carbon", &span, &room);
	/* 4 kWh by 0.531 kg, 60 Nm3 by 2 kg. */
	assert_sum(&figure, 0, 4 * 0.531 + 60 * 2);
	assert_near(figure.value, (4 * 0.531 + 60 * 2) / 1000);
	assert_sum(&figure, 1, 42);
	assert_sum(&figure, 2, 2);
	assert_near(figure.coverage, (1 + 0.5 + 1) / 3);
	/* Without anybody who counts, that is absent and the rest stands. */
	evaluate_world_t alone = { .reader = &plant->reader };
	const binding_t *carbon = bindings_get(plant->bindings, 2);
	assert_true(slice_eq(carbon->definition->id, SLICE("m.carbon")));
	room.arena = arena_of(room.memory, sizeof(room.memory));
	assert_int_equal(evaluate(&alone, carbon, &span, &room.arena, &figure), ERR_OK);
	assert_false(figure.parts[1].is_there);
	assert_sum(&figure, 0, 4 * 0.531 + 60 * 2);
	assert_near(figure.coverage, 2.0 / 3);
	plant_close(plant);
}

static void damage_of_the_store_is_told_and_no_figure_is_made(void **state)
{
	(void)state;
	room_t room;
	plant_t *plant = meter_open("");
	span_t span = { PERIOD_DAY, 1000 * HOUR, 1024 * HOUR };
	figure_t figure = { .part_count = 99 };
	evaluate_world_t world = { .reader = &plant->reader };
	run_meter(plant->series[0], span.from_ns, span.to_ns);
	plant->damage = ERR_CORRUPT;
	room.arena = arena_of(room.memory, sizeof(room.memory));
	assert_int_equal(
		evaluate(&world, bindings_get(plant->bindings, 0), &span, &room.arena, &figure),
		ERR_CORRUPT);
	assert_int_equal(figure.part_count, 99);
	plant_close(plant);
}

static void what_the_store_has_left_out_since_is_noted(void **state)
{
	(void)state;
	room_t room;
	plant_t *plant = meter_open("");
	span_t span = { PERIOD_DAY, 1000 * HOUR, 1024 * HOUR };
	run_meter(plant->series[0], span.from_ns, span.to_ns);
	(void)figure_of(plant, 0, &span, &room);
	assert_false(room.notes.is_less);
	for (size_t i = 0; i < plant->series[0]->count; i++)
		plant->series[0]->rows[i].bound = 0.5;
	(void)figure_of(plant, 0, &span, &room);
	assert_true(room.notes.is_less);
	plant_close(plant);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oee_is_what_the_raw_samples_say),
		cmocka_unit_test(two_hundred_random_bindings_are_what_brute_force_finds),
		cmocka_unit_test(
			a_counter_that_falls_has_not_run_backwards_nor_through_all_it_holds),
		cmocka_unit_test(a_clock_that_steps_back_counts_no_reading_twice),
		cmocka_unit_test(days_of_23_and_25_hours_have_so_much_less_and_more),
		cmocka_unit_test(days_add_up_to_their_month_by_one_wall_clock_and_by_no_other),
		cmocka_unit_test(what_was_never_measured_is_absent_and_not_zero),
		cmocka_unit_test(a_part_may_be_classes_different_things_or_quantiles),
		cmocka_unit_test(a_figure_may_be_made_of_others_of_factors_and_of_counts),
		cmocka_unit_test(damage_of_the_store_is_told_and_no_figure_is_made),
		cmocka_unit_test(what_the_store_has_left_out_since_is_noted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
