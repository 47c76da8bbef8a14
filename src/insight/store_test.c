/* SPDX-License-Identifier: Apache-2.0 */
/* Figures over the store itself, and of the packs that are shipped: the same while samples are in
 * memory, once they are sealed and once they are merged, where whole blocks are counted by their
 * summaries. */
#include "historian/fixture_test.h"
#include "insight/evaluate.h"
#include "insight/fixture_test.h"
#include "insight/packs.h"

enum { SAMPLES = 3600, BATCH = 300 };

/* Every ten seconds but for the gaps; states, and a counter that is set to 0 now and then. */
static void draw(rng_t *rng, plant_t *plant)
{
	double counter = 0, state = 1;
	int64_t at_ns = 1000 * HOUR;
	for (size_t i = 0; i < SAMPLES; i++) {
		quality_t quality = rng_below(rng, 400) == 0   ? QUALITY_TIMEOUT
		                    : rng_below(rng, 400) == 0 ? QUALITY_STALE
		                                               : QUALITY_OK;
		at_ns += (rng_below(rng, 300) ? 10 : 100 + (int64_t)rng_below(rng, 2000)) *
		         NS_PER_S;
		counter = rng_below(rng, 700) ? counter + (double)rng_below(rng, 4) : 0;
		state = rng_below(rng, 50) ? state : (double)rng_below(rng, 3);
		fake_add(plant->series[0], at_ns, counter, quality);
		fake_add(plant->series[1], at_ns + NS_PER_S, state, quality);
		plant->series[1]->rows[i].point = 2;
	}
}

/* Batches come in an order of their own, as from a buffer that was sent late. */
static void pour_late(fixture_t *f, const fake_t *fake)
{
	static const size_t ORDER[SAMPLES / BATCH] = { 0, 1, 3, 2, 4, 6, 7, 5, 8, 10, 9, 11 };
	for (size_t i = 0; i < SAMPLES / BATCH; i++) {
		uint64_t seq;
		OK(put(f, &fake->rows[ORDER[i] * BATCH], BATCH, &seq));
		settle(f);
	}
}

static const char HOUSE[] = NODE
	"indicators:\n"
	"  - {definition: f.a, scope: all, periods: [hour], inputs: {x: M.E}}\n"
	"  - {definition: f.b, scope: all, periods: [hour], inputs: {x: M.E}}\n"
	"  - {definition: f.b, scope: all, periods: [hour], entity: S, inputs: {x: M.S}}\n"
	"devices:\n"
	"  - {name: M, address: '127.0.0.1:502', period: 10s, points: [\n"
	"     {name: E, address: 0, type: u32, unit: kW},\n"
	"     {name: S, address: 2, type: u16, unit: kW}]}\n";

static figure_t figure_at(const plant_t *plant, size_t binding, const span_t *span)
{
	static uint8_t memory[EVALUATE_ARENA_BYTES];
	arena_t arena = arena_of(memory, sizeof(memory));
	evaluate_world_t world = { .reader = &plant->reader };
	figure_t figure;
	OK(evaluate(&world, bindings_get(plant->bindings, binding), span, &arena, &figure));
	return figure;
}

static void assert_sums(const figure_t *figure, const double wanted[4], bool is_there)
{
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(figure->parts[i].is_there, is_there);
		if (is_there)
			assert_near(figure->parts[i].sum, wanted[i]);
	}
}

/* Spans of many lengths: their edges cut blocks, and whole blocks lie within them. */
static void assert_all(const plant_t *plant, size_t *ret_gaps)
{
	static const int64_t lengths[] = { HOUR / 4, HOUR, 5 * HOUR, 30 * HOUR };
	for (size_t n = 0; n < 40; n++) {
		span_t span = { PERIOD_HOUR, 1000 * HOUR + (int64_t)n * 17 * MINUTE, 0 };
		span.to_ns = span.from_ns + lengths[n % 4];
		brute_ask_t ask = { span.from_ns, span.to_ns, 30 * NS_PER_S, 1, 0 };
		brute_t b = brute(plant->series[0], &ask), s = brute(plant->series[1], &ask);
		bool is_seen = b.count || b.good_ns;
		const double levels[4] = { b.area / ((double)b.good_ns / 1e9), b.sum * 1000,
			                   b.squares, (double)b.count };
		const double times[4] = { b.rise, b.area / 3600, (double)b.state_ns / 60e9,
			                  (double)b.entries };
		const double states[4] = { s.rise, s.area / 3600, (double)s.state_ns / 60e9,
			                   (double)s.entries };
		figure_t figure = figure_at(plant, 0, &span);
		assert_sums(&figure, levels, is_seen);
		double share = (double)b.good_ns / (double)(span.to_ns - span.from_ns);
		assert_near(figure.coverage, share);
		*ret_gaps += share < 0.9;
		figure = figure_at(plant, 1, &span);
		assert_sums(&figure, times, is_seen);
		figure = figure_at(plant, 2, &span);
		assert_sums(&figure, states, s.count || s.good_ns);
	}
}

static void figures_are_the_same_in_memory_sealed_and_merged(void **state)
{
	(void)state;
	rng_t rng = rng_of(16);
	size_t gaps = 0;
	fixture_t f = fixture_make(16);
	plant_t *plant = plant_open(FUNCTIONS, HOUSE);
	fixture_start(&f);
	draw(&rng, plant);
	pour_late(&f, plant->series[0]);
	pour_late(&f, plant->series[1]);
	plant->reader = historian_reader(f.historian);
	assert_all(plant, &gaps);
	OK(historian_seal(f.historian));
	assert_all(plant, &gaps);
	OK(historian_merge(f.historian));
	assert_all(plant, &gaps);
	assert_true(gaps > 10 && gaps < 110);
	plant_close(plant);
	fixture_free(&f);
}

/* States as the pack has them: 0 stopped, 1 producing, 2 set up, 3 out of plan. */
static const char LINE[] = NODE "indicators:\n"
				"  - definition: iso22400.oee\n"
				"    scope: work-unit\n"
				"    periods: [day]\n"
				"    inputs: {state: L.STATE, good: L.GOOD}\n"
				"    parameters: {planned_run_time: 0.5 min/piece}\n"
				"  - definition: carbon.electricity\n"
				"    version: 1\n"
				"    scope: unit\n"
				"    periods: [day]\n"
				"    inputs: {meter: [L.KWH, L.MWH]}\n"
				"  - definition: carbon.electricity\n"
				"    version: 2\n"
				"    scope: unit\n"
				"    periods: [day]\n"
				"    inputs: {meter: [L.KWH, L.MWH]}\n"
				"  - definition: energy.total\n"
				"    scope: unit\n"
				"    periods: [day]\n"
				"    inputs: {electricity: L.KWH}\n"
				"devices:\n"
				"  - name: L\n"
				"    address: 127.0.0.1:502\n"
				"    period: 10s\n"
				"    points:\n"
				"      - {name: GOOD, address: 0, type: u16, unit: piece}\n"
				"      - {name: STATE, address: 1, type: u16}\n"
				"      - {name: KWH, address: 2, type: u16, unit: kWh}\n"
				"      - {name: MWH, address: 3, type: u32, unit: MWh}\n";

static figure_t measured(const plant_t *plant, size_t binding, const char *definition,
                         const span_t *span)
{
	const binding_t *bound = bindings_get(plant->bindings, binding);
	figure_t figure = figure_at(plant, binding, span);
	assert_true(slice_eq(bound->definition->id, slice_str(definition)));
	assert_true(figure.has_value);
	return figure;
}

static void the_shipped_packs_say_what_the_raw_samples_do(void **state)
{
	(void)state;
	rng_t rng = rng_of(22400);
	fixture_t f = fixture_make(22400);
	packs_t *packs;
	err_detail_t detail;
	fixture_start(&f);
	if (packs_open(f.env, &(packs_spec_t){ 0 }, &packs, &detail))
		said(&detail);
	plant_t *plant = plant_bound(packs->definitions, packs->factors, LINE);
	draw(&rng, plant);
	memcpy(plant->series[2], plant->series[0], sizeof(fake_t));
	memcpy(plant->series[3], plant->series[0], sizeof(fake_t));
	span_t span = { PERIOD_DAY, 1001 * HOUR, 1008 * HOUR };
	brute_ask_t ask = { span.from_ns, span.to_ns, 30 * NS_PER_S, 3, 0 };
	brute_t good = brute(plant->series[0], &ask), states = brute(plant->series[1], &ask);
	double busy_h = (double)(states.good_ns - states.state_ns) / 3600e9;
	figure_t figure = measured(plant, 0, "iso22400.oee", &span);
	assert_near(figure.value, 100 * good.rise * 0.5 / 60 / busy_h);
	/* Both meters rise by as much, one in kWh and one in MWh. */
	figure = measured(plant, 1, "carbon.electricity", &span);
	assert_near(figure.value, 1001 * good.rise * 0.5366 / 1000);
	figure = measured(plant, 2, "carbon.electricity", &span);
	assert_int_equal(figure.key.version, 2);
	assert_near(figure.value, 1001 * good.rise * 0.5306 / 1000);
	/* Coal and gas are not there, which is no gap. */
	figure = measured(plant, 3, "energy.total", &span);
	assert_near(figure.value, good.rise * 0.1229 / 1000);
	assert_near(figure.coverage, (double)good.good_ns / (7 * 3600e9));
	plant_close(plant);
	packs_close(packs);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(figures_are_the_same_in_memory_sealed_and_merged),
		cmocka_unit_test(the_shipped_packs_say_what_the_raw_samples_do),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
