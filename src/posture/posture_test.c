/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "posture/posture.h"

/* 2026-01-01 and a leaf's own facts, from which everything is also counted by hand. */
#define NOW_NS (INT64_C(1767225600) * NS_PER_S)

enum { ASSETS_MAX = 60, EVENTS_MAX = 40, LEAVES_MAX = 12 };

typedef struct {
	double assets[ASSETS_MAX]; /* risk times criticality */
	posture_event_t events[EVENTS_MAX];
	size_t asset_count, event_count;
} facts_t;

typedef struct {
	posture_inputs_t inputs[LEAVES_MAX], a, b;
	facts_t facts[LEAVES_MAX];
	uint8_t bytes[2][RISK_BYTES_MAX];
	size_t order[LEAVES_MAX];
	rng_t rng;
} desk_t;

static int desk_open(void **state)
{
	*state = calloc(1, sizeof(desk_t));
	return *state ? 0 : -1;
}

static int desk_close(void **state)
{
	free(*state);
	return 0;
}

static void facts_random(facts_t *f, rng_t *rng)
{
	f->asset_count = rng_below(rng, ASSETS_MAX);
	f->event_count = rng_below(rng, EVENTS_MAX);
	bool burns = rng_below(rng, 4) == 0;
	for (size_t i = 0; i < f->asset_count; i++)
		f->assets[i] = rng_below(rng, 3) ? rng_unit(rng) * (burns ? 1 : 0.2) : 0;
	for (size_t i = 0; i < f->event_count; i++)
		f->events[i] = (posture_event_t){
			.ns = NOW_NS - (int64_t)rng_below(rng, 200) * NS_PER_HOUR,
			.severity = (severity_t)rng_below(rng, SEVERITY_COUNT),
			.technique = (unsigned)(800 + rng_below(rng, 5)),
			.source = 1 + rng_below(rng, 9),
			.victim = rng_below(rng, 3) ? rng_next(rng) : 0,
		};
}

static void inputs_of(const facts_t *f, posture_inputs_t *inputs)
{
	posture_begin(inputs, NOW_NS);
	for (size_t i = 0; i < f->asset_count; i++)
		posture_add_asset(inputs, f->assets[i]);
	for (size_t i = 0; i < f->event_count; i++)
		posture_add_event(inputs, &f->events[i]);
	inputs->risk.known = f->asset_count + 10;
	inputs->risk.monitored = f->asset_count;
	inputs->risk.records = 100;
	inputs->risk.valid = 100 - f->event_count;
}

static int descending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x < y) - (x > y);
}

/* The published formula over plain lists of assets and events. */
static double index_by_hand(const facts_t *facts, size_t count, int64_t now_ns)
{
	static double sorted[LEAVES_MAX * ASSETS_MAX];
	static const double weights[] = { 0, 0.1, 0.3, 1, 3 };
	size_t n = 0;
	double depth = 0, sum = 0, pressure = 0, share = 0.25;
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < facts[i].asset_count; k++)
			sorted[n++] = round(facts[i].assets[k] * 19) / 19;
		for (size_t k = 0; k < facts[i].event_count; k++) {
			const posture_event_t *e = &facts[i].events[k];
			double age_h = (double)(now_ns - e->ns) / 3.6e12;
			pressure += weights[e->severity] * pow(0.5, age_h / 72);
		}
	}
	qsort(sorted, n, sizeof(*sorted), descending);
	for (size_t i = 0; i < n; i++, share *= 0.75) {
		depth += share * sorted[i];
		sum += sorted[i];
	}
	double breadth = n ? sum / (double)n : 0;
	return 100 * (1 - exp(-(1.2 * depth + 0.8 * breadth + 0.15 * log(1 + pressure))));
}

static void assert_same_bytes(desk_t *d, const posture_inputs_t *a, const posture_inputs_t *b)
{
	writer_t one = writer_of(d->bytes[0], RISK_BYTES_MAX);
	writer_t two = writer_of(d->bytes[1], RISK_BYTES_MAX);
	posture_put(a, SLICE("99.1/p"), &one);
	posture_put(b, SLICE("99.1/p"), &two);
	assert_false(one.bad || two.bad);
	assert_true(slice_eq(writer_done(&one), writer_done(&two)));
}

/* Merges the leaves [from, to) over a random tree, each level written and read again. */
static void merge_tree(desk_t *d, size_t from, size_t to, posture_inputs_t *ret)
{
	if (to - from == 1) {
		*ret = d->inputs[d->order[from]];
		return;
	}
	size_t middle = from + 1 + rng_below(&d->rng, to - from - 1);
	posture_inputs_t *right = malloc(sizeof(*right)), *read = malloc(sizeof(*read));
	assert_true(right && read);
	merge_tree(d, from, middle, ret);
	merge_tree(d, middle, to, right);
	writer_t w = writer_of(d->bytes[0], RISK_BYTES_MAX);
	slice_t node;
	posture_put(right, SLICE("99.1/c"), &w);
	assert_int_equal(posture_read(writer_done(&w), read, &node), ERR_OK);
	assert_true(slice_eq(node, SLICE("99.1/c")));
	posture_merge(ret, read);
	free(right);
	free(read);
}

static void merge_shuffled(desk_t *d, size_t count, posture_inputs_t *ret)
{
	for (size_t i = 0; i < count; i++)
		d->order[i] = i;
	for (size_t i = count; i > 1; i--) {
		size_t k = rng_below(&d->rng, i), held = d->order[k];
		d->order[k] = d->order[i - 1];
		d->order[i - 1] = held;
	}
	merge_tree(d, 0, count, ret);
}

static void an_index_is_that_of_the_children_in_any_order_and_grouping(void **state)
{
	desk_t *d = *state;
	for (uint64_t seed = 1; seed <= 150; seed++) {
		d->rng = rng_of(seed);
		size_t count = 2 + rng_below(&d->rng, LEAVES_MAX - 1);
		posture_clear(&d->a);
		for (size_t i = 0; i < count; i++) {
			facts_random(&d->facts[i], &d->rng);
			inputs_of(&d->facts[i], &d->inputs[i]);
			posture_merge(&d->a, &d->inputs[i]);
		}
		merge_shuffled(d, count, &d->b);
		assert_same_bytes(d, &d->a, &d->b);
		posture_t a = posture_of(&d->a, NOW_NS), b = posture_of(&d->b, NOW_NS);
		assert_true(num_bits(a.index) == num_bits(b.index));
		double hand = index_by_hand(d->facts, count, NOW_NS);
		assert_true(fabs(a.index - hand) < 1e-9 && a.older == 0);
		assert_int_equal(d->a.risk.nodes, count);
	}
}

/* More keys than are kept: the newest stay, and which does not depend on the way. */
static void cells_beyond_the_limit_are_left_out_in_any_order_alike(void **state)
{
	desk_t *d = *state;
	d->rng = rng_of(7);
	size_t count = 5;
	uint64_t events = 0;
	for (size_t i = 0; i < count; i++) {
		posture_begin(&d->inputs[i], NOW_NS);
		for (size_t k = 0; k < 3000; k++, events++) {
			posture_event_t e = { .ns = NOW_NS -
				                    (int64_t)rng_below(&d->rng, 900) * NS_PER_HOUR,
				              .severity = SEVERITY_ALARM,
				              .technique = (unsigned)rng_below(&d->rng, 50) };
			posture_add_event(&d->inputs[i], &e);
		}
	}
	posture_clear(&d->a);
	for (size_t i = 0; i < count; i++)
		posture_merge(&d->a, &d->inputs[i]);
	assert_int_equal(d->a.cell_count, RISK_CELLS_MAX);
	for (size_t times = 0; times < 6; times++) {
		merge_shuffled(d, count, &d->b);
		assert_same_bytes(d, &d->a, &d->b);
	}
	posture_t p = posture_of(&d->a, NOW_NS);
	assert_true(p.events == events && p.older > 0 && p.older < events);
	uint64_t kept = 0;
	for (size_t i = 0; i < d->a.cell_count; i++)
		kept += d->a.cells[i].count;
	assert_int_equal(kept + p.older, events);
}

/* What one event after another leaves is what the newest keys of all are. */
static void counting_beyond_the_limit_keeps_the_newest(void **state)
{
	desk_t *d = *state;
	posture_begin(&d->a, NOW_NS);
	posture_begin(&d->b, NOW_NS);
	enum { TIMES = RISK_CELLS_MAX + 500 };
	for (size_t i = 0; i < TIMES; i++) {
		posture_event_t e = { .severity = SEVERITY_NOTICE };
		e.ns = NOW_NS - (int64_t)i * NS_PER_HOUR;
		posture_add_event(&d->a, &e);
		e.ns = NOW_NS - (int64_t)(TIMES - 1 - i) * NS_PER_HOUR;
		posture_add_event(&d->b, &e);
	}
	assert_int_equal(d->a.cell_count, RISK_CELLS_MAX);
	assert_int_equal(posture_of(&d->a, NOW_NS).older, 500);
	assert_same_bytes(d, &d->a, &d->b);
	assert_int_equal(d->a.cells[0].hour, NOW_NS / NS_PER_HOUR);
}

static void burn(posture_inputs_t *inputs)
{
	posture_begin(inputs, NOW_NS);
	for (size_t i = 0; i < 30; i++)
		posture_add_asset(inputs, i < 12 ? 0.9 : 0);
	for (size_t i = 0; i < 20; i++)
		posture_add_event(inputs, &(posture_event_t){ .ns = NOW_NS,
		                                              .severity = SEVERITY_CRITICAL,
		                                              .technique = 836 });
	inputs->risk.known = inputs->risk.monitored = 30;
}

static void one_burning_plant_is_not_averaged_away(void **state)
{
	desk_t *d = *state;
	burn(&d->a);
	posture_t alone = posture_of(&d->a, NOW_NS);
	assert_true(alone.index > 75);
	posture_begin(&d->b, NOW_NS);
	for (size_t i = 0; i < 200; i++)
		posture_add_asset(&d->b, 0);
	assert_true(posture_of(&d->b, NOW_NS).index == 0);
	for (size_t plants = 1; plants <= 3000; plants++)
		posture_merge(&d->a, &d->b);
	posture_t among = posture_of(&d->a, NOW_NS);
	assert_true(among.rated == 30 + 3000 * 200);
	assert_true(among.depth == alone.depth && among.pressure == alone.pressure);
	assert_true(among.index > 0.9 * alone.index);
	/* And one controller alone that is lost shows too. */
	posture_begin(&d->a, NOW_NS);
	posture_add_asset(&d->a, 0.8);
	posture_merge(&d->a, &d->b);
	assert_true(posture_of(&d->a, NOW_NS).index > 20);
}

static void a_sensor_that_sees_healthy_assets_never_raises_the_index(void **state)
{
	desk_t *d = *state;
	rng_t rng = rng_of(3);
	for (size_t times = 0; times < 60; times++) {
		facts_random(&d->facts[0], &rng);
		inputs_of(&d->facts[0], &d->a);
		double before = posture_of(&d->a, NOW_NS).index;
		for (size_t k = 0; k < 4; k++) {
			posture_begin(&d->b, NOW_NS);
			for (size_t i = rng_below(&rng, 50); i > 0; i--)
				posture_add_asset(&d->b, 0);
			posture_merge(&d->a, &d->b);
			double after = posture_of(&d->a, NOW_NS).index;
			assert_true(after <= before);
			before = after;
		}
	}
}

static void events_lose_half_their_weight_in_72_hours(void **state)
{
	desk_t *d = *state;
	burn(&d->a);
	posture_t fresh = posture_of(&d->a, NOW_NS);
	posture_t old = posture_of(&d->a, NOW_NS + 72 * NS_PER_HOUR);
	assert_true(fabs(fresh.pressure - 60) < 1e-9);
	assert_true(fabs(old.pressure - 30) < 1e-9);
	assert_true(old.index < fresh.index && old.depth == fresh.depth);
	assert_true(old.age_ns == 72 * NS_PER_HOUR && fresh.age_ns == 0);
	double before = fresh.index;
	for (int64_t hours = 1; hours < 2000; hours += 37) {
		double index = posture_of(&d->a, NOW_NS + hours * NS_PER_HOUR).index;
		assert_true(index < before);
		before = index;
	}
	/* A clock behind, and an event from ahead of the inputs, weigh as of now. */
	assert_true(posture_of(&d->a, NOW_NS - 5 * NS_PER_HOUR).pressure == fresh.pressure);
	posture_add_event(&d->a, &(posture_event_t){ .ns = INT64_MAX, .severity = SEVERITY_ALARM });
	posture_add_event(&d->a, &(posture_event_t){ .ns = INT64_MIN, .severity = SEVERITY_ALARM });
	assert_true(fabs(posture_of(&d->a, NOW_NS).pressure - 61) < 1e-9);
}

static bool is_in_band(double asset, unsigned band)
{
	static const double below[] = { 4.5, 9.5, 14.5, 19.5 };
	double class = round(asset * 19);
	return class >= 1 && class < below[band] && (band == 0 || class > below[band - 1]);
}

/* The index of the same facts with those of a reason healthy or away; how many they are. */
static double index_without(desk_t *d, bool is_events, unsigned which, uint64_t *ret_count)
{
	facts_t f = d->facts[0];
	*ret_count = 0;
	for (size_t i = 0; i < f.asset_count && !is_events; i++)
		if (is_in_band(f.assets[i], which)) {
			f.assets[i] = 0;
			++*ret_count;
		}
	f.event_count = 0;
	for (size_t i = 0; i < d->facts[0].event_count; i++)
		if (is_events && d->facts[0].events[i].technique == which)
			++*ret_count;
		else
			f.events[f.event_count++] = d->facts[0].events[i];
	inputs_of(&f, &d->b);
	return posture_of(&d->b, NOW_NS).index;
}

static void reasons_are_the_true_differences_and_the_greatest(void **state)
{
	desk_t *d = *state;
	rng_t rng = rng_of(11);
	for (size_t times = 0; times < 60; times++) {
		facts_random(&d->facts[0], &rng);
		inputs_of(&d->facts[0], &d->a);
		posture_t p = posture_of(&d->a, NOW_NS);
		uint64_t count;
		for (size_t i = 0; i < p.reason_count; i++) {
			const posture_reason_t *r = &p.reasons[i];
			double less = index_without(d, r->is_events, r->which, &count);
			assert_true(fabs(p.index - less - r->effect) < 1e-9);
			assert_true(count == r->count && count > 0);
			assert_true(i == 0 || r->effect <= p.reasons[i - 1].effect);
		}
		double last = p.reason_count == POSTURE_REASONS ? p.reasons[2].effect : 0;
		size_t better = 0;
		for (unsigned band = 0; band < BAND_COUNT; band++)
			better += p.index - index_without(d, false, band, &count) > last + 1e-9;
		for (unsigned t = 800; t < 805; t++)
			better += p.index - index_without(d, true, t, &count) > last + 1e-9;
		assert_true(better < POSTURE_REASONS || p.reason_count < POSTURE_REASONS);
		assert_true(p.reason_count == POSTURE_REASONS || better == p.reason_count);
	}
}

static void reasons_are_told_in_both_languages(void **state)
{
	desk_t *d = *state;
	burn(&d->a);
	posture_t p = posture_of(&d->a, NOW_NS);
	uint8_t text[512];
	writer_t w = writer_of(text, sizeof(text));
	posture_put_because(&p, LANG_EN, &w);
	wr_u8(&w, '|');
	posture_put_because(&p, LANG_ZH, &w);
	wr_u8(&w, 0);
	assert_string_equal((const char *)text,
	                    "12 assets of severe risk (39.6); 20 events of T0836 (12.2)|"
	                    "极高风险资产 12 个（39.6）；T0836 事件 20 起（12.2）");
}

static void what_nobody_told_has_no_index_and_coverage_stands_beside_one(void **state)
{
	desk_t *d = *state;
	posture_clear(&d->a);
	posture_t p = posture_of(&d->a, NOW_NS);
	assert_true(!p.is_there && isnan(p.coverage) && isnan(p.validity));
	posture_begin(&d->b, NOW_NS - NS_PER_S);
	posture_merge(&d->a, &d->b);
	p = posture_of(&d->a, NOW_NS);
	assert_true(p.is_there && p.index == 0 && isnan(p.coverage) && p.reason_count == 0);
	d->b.risk = (risk_t){ .nodes = 1, .known = 40, .monitored = 10, .records = 8, .valid = 6 };
	d->b.risk.newest_ns = d->b.risk.oldest_ns = NOW_NS - 5 * NS_PER_S;
	posture_merge(&d->a, &d->b);
	p = posture_of(&d->a, NOW_NS);
	assert_true(p.coverage == 0.25 && p.validity == 0.75 && p.age_ns == 5 * NS_PER_S);
	assert_true(d->a.risk.newest_ns == NOW_NS - NS_PER_S);
}

static void sources_and_victims_of_all_children_count_once(void **state)
{
	desk_t *d = *state;
	posture_clear(&d->a);
	rng_t rng = rng_of(5);
	uint64_t attackers[7];
	for (size_t i = 0; i < 7; i++)
		attackers[i] = rng_next(&rng);
	for (size_t plant = 0; plant < 10; plant++) {
		posture_begin(&d->b, NOW_NS);
		for (size_t i = 0; i < 7; i++) {
			posture_event_t e = { .ns = NOW_NS, .source = attackers[i] };
			e.victim = rng_next(&rng);
			posture_add_event(&d->b, &e);
		}
		posture_merge(&d->a, &d->b);
	}
	posture_t p = posture_of(&d->a, NOW_NS);
	assert_true(fabs(p.sources - 7) < 0.1 && fabs(p.victims - 70) < 3);
}

static void the_risk_of_an_asset_is_that_of_its_weaknesses_exposure_and_worth(void **state)
{
	(void)state;
	const posture_weakness_t used = { true, NAN, 9.8 }, epss = { false, 0.4, 9.8 };
	const posture_weakness_t plain = { false, NAN, 9.8 }, none = { false, NAN, NAN };
	const posture_weakness_t both = { true, 0.95, NAN }, wild = { false, 7, -3 };
	assert_true(posture_probability(&used) == 0.9 && posture_probability(&epss) == 0.4);
	assert_true(fabs(posture_probability(&plain) - 0.098) < 1e-12);
	assert_true(posture_probability(&none) == 0 && posture_probability(&both) == 0.95);
	assert_true(posture_probability(&wild) == 1);
	assert_true(posture_asset_risk(NULL, 0, EXPOSURE_INTERNET, CRITICALITY_SAFETY) == 0);
	double one = posture_asset_risk(&used, 1, EXPOSURE_INTERNET, CRITICALITY_SAFETY);
	assert_true(fabs(one - 0.9) < 1e-12);
	const posture_weakness_t two[] = { used, epss };
	double risk = posture_asset_risk(two, 2, EXPOSURE_OFFICE, CRITICALITY_CONTROLLER);
	assert_true(fabs(risk - (1 - 0.55 * 0.8) * 0.8) < 1e-12);
	double before = 2;
	for (unsigned e = 0; e < EXPOSURE_COUNT; e++) {
		double at = posture_asset_risk(two, 2, (posture_exposure_t)e, CRITICALITY_STATION);
		assert_true(at < before && at > 0);
		before = at;
		assert_non_null(posture_exposure_name((posture_exposure_t)e));
	}
	for (unsigned c = 1; c < CRITICALITY_COUNT; c++)
		assert_true(
			posture_asset_risk(two, 2, EXPOSURE_CELL, (posture_criticality_t)c) <
			posture_asset_risk(two, 2, EXPOSURE_CELL, (posture_criticality_t)(c - 1)));
	assert_string_equal(posture_criticality_name(CRITICALITY_SAFETY), "safety-system");
}

/* doc/posture.md, so that who computes the index again needs no source. */
static void the_page_in_doc_publishes_every_constant(void **state)
{
	(void)state;
	static char page[64 << 10];
	const char *source = getenv("JIZHU_SOURCE");
	char path[4096], row[512], number[32];
	(void)snprintf(path, sizeof(path), "%s/doc/posture.md", source ? source : ".");
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t len = fread(page, 1, sizeof(page) - 1, file);
	assert_int_equal(fclose(file), 0);
	page[len] = 0;
	for (unsigned i = 0; i < POSTURE_CONSTANT_COUNT; i++) {
		const posture_constant_info_t *info = posture_constant((posture_constant_t)i);
		(void)snprintf(row, sizeof(row), "| `%s` | %s | %s | %s |\n", info->name,
		               num_format_f64(info->value, number), info->text[LANG_EN],
		               info->text[LANG_ZH]);
		if (!strstr(page, row))
			fail_msg("doc/posture.md lacks %s", row);
	}
}

static void a_body_cut_at_every_length_is_refused(void **state)
{
	desk_t *d = *state;
	rng_t rng = rng_of(2);
	facts_random(&d->facts[0], &rng);
	inputs_of(&d->facts[0], &d->a);
	writer_t w = writer_of(d->bytes[0], RISK_BYTES_MAX);
	posture_put(&d->a, SLICE("99.1/p"), &w);
	slice_t node;
	for (size_t len = 0; len < w.len; len++) {
		uint8_t *exact = malloc(len + 1);
		assert_non_null(exact);
		memcpy(&exact[1], w.buf, len);
		assert_int_equal(posture_read(slice_of(&exact[1], len), &d->b, &node),
		                 ERR_MALFORMED);
		free(exact);
	}
	w.buf[w.len] = 0;
	assert_int_equal(posture_read(slice_of(w.buf, w.len + 1), &d->b, &node), ERR_MALFORMED);
	assert_int_equal(posture_read(slice_of(w.buf, RISK_BYTES_MAX + 1), &d->b, &node),
	                 ERR_TOO_BIG);
	for (size_t len = 0; len < w.len; len++) {
		writer_t small = writer_of(d->bytes[1], len);
		posture_put(&d->a, SLICE("99.1/p"), &small);
		assert_true(small.bad);
	}
}

static err_t read_wrong(desk_t *d, const risk_t *risk, const risk_cell_t *cells, size_t count)
{
	writer_t w = writer_of(d->bytes[0], RISK_BYTES_MAX);
	risk_t r = *risk;
	r.cell_count = count;
	risk_put(&r, cells, &w);
	assert_false(w.bad);
	slice_t node;
	return posture_read(writer_done(&w), &d->b, &node);
}

static risk_t good_risk(desk_t *d)
{
	writer_t set = writer_of(d->bytes[1], HYPERLOGLOG_BYTES_MAX);
	hyperloglog_clear(&d->b.sources);
	hyperloglog_put(&d->b.sources, &set);
	return (risk_t){ .node = SLICE("99.1/p"),
		         .nodes = 1,
		         .newest_ns = 10 * NS_PER_HOUR,
		         .known = 5,
		         .monitored = 4,
		         .classes = { 1, [19] = 3 },
		         .valid = 1,
		         .records = 2,
		         .events = 7,
		         .sources = writer_done(&set),
		         .victims = writer_done(&set) };
}

static void hostile_cells_are_refused(void **state)
{
	desk_t *d = *state;
	const risk_t risk = good_risk(d);
	static const struct {
		err_t err;
		risk_cell_t cells[2];
	} rows[] = {
		{ ERR_OK, { { 10, 4, 836, 3 }, { 10, 4, 855, 4 } } },
		{ ERR_OK, { { 10, 4, 855, 3 }, { 10, 3, 836, 4 } } },
		{ ERR_OK, { { 10, 0, 0, 3 }, { 0, 4, 999, 4 } } },
		{ ERR_MALFORMED, { { 10, 4, 836, 4 }, { 10, 4, 855, 4 } } }, /* over all events */
		{ ERR_MALFORMED, { { 10, 4, 836, 3 }, { 10, 4, 836, 4 } } }, /* twice */
		{ ERR_MALFORMED, { { 10, 4, 855, 3 }, { 10, 4, 836, 4 } } },
		{ ERR_MALFORMED, { { 10, 3, 836, 3 }, { 10, 4, 836, 4 } } },
		{ ERR_MALFORMED, { { 9, 4, 836, 3 }, { 10, 4, 836, 4 } } },
		{ ERR_MALFORMED, { { 11, 4, 836, 3 }, { 10, 4, 836, 4 } } }, /* of the future */
		{ ERR_MALFORMED, { { 10, 5, 836, 3 }, { 9, 4, 836, 4 } } },
		{ ERR_MALFORMED, { { 10, 4, 1000, 3 }, { 9, 4, 836, 4 } } },
		{ ERR_MALFORMED, { { 10, 4, 836, 0 }, { 9, 4, 836, 4 } } },
		{ ERR_MALFORMED, { { 10, 4, 836, 3 }, { 9, 4, 836, UINT64_MAX } } },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(read_wrong(d, &risk, rows[i].cells, 2), rows[i].err);
}

static void hostile_sums_are_refused(void **state)
{
	desk_t *d = *state;
	risk_t rows[9];
	for (size_t i = 0; i < 9; i++)
		rows[i] = good_risk(d);
	assert_int_equal(read_wrong(d, &rows[0], NULL, 0), ERR_OK);
	rows[0].monitored = 6;
	rows[1].classes[3] = 1;
	rows[2].valid = 3;
	rows[3].known = RISK_COUNT_MAX + 1;
	rows[4].nodes = 0;
	rows[5].newest_ns = -1;
	rows[6].oldest_ns = -1;
	rows[7].node = (slice_t){ 0 };
	rows[8].sources = SLICE("\x09");
	for (size_t i = 0; i < 9; i++)
		if (!read_wrong(d, &rows[i], NULL, 0))
			fail_msg("row %zu was taken", i);
	uint8_t newer[] = { 1, 'n', RISK_VERSION + 1 };
	slice_t node;
	assert_int_equal(posture_read(slice_of(newer, 3), &d->b, &node), ERR_NEWER_FORMAT);
}

static void sums_stay_at_the_greatest(void **state)
{
	desk_t *d = *state;
	posture_begin(&d->a, NOW_NS);
	posture_begin(&d->b, NOW_NS);
	d->a.risk.known = RISK_COUNT_MAX - 2;
	d->b.risk.known = 7;
	posture_merge(&d->a, &d->b);
	posture_merge(&d->a, &d->b);
	assert_true(d->a.risk.known == RISK_COUNT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_index_is_that_of_the_children_in_any_order_and_grouping),
		cmocka_unit_test(cells_beyond_the_limit_are_left_out_in_any_order_alike),
		cmocka_unit_test(counting_beyond_the_limit_keeps_the_newest),
		cmocka_unit_test(one_burning_plant_is_not_averaged_away),
		cmocka_unit_test(a_sensor_that_sees_healthy_assets_never_raises_the_index),
		cmocka_unit_test(events_lose_half_their_weight_in_72_hours),
		cmocka_unit_test(reasons_are_the_true_differences_and_the_greatest),
		cmocka_unit_test(reasons_are_told_in_both_languages),
		cmocka_unit_test(what_nobody_told_has_no_index_and_coverage_stands_beside_one),
		cmocka_unit_test(sources_and_victims_of_all_children_count_once),
		cmocka_unit_test(the_risk_of_an_asset_is_that_of_its_weaknesses_exposure_and_worth),
		cmocka_unit_test(the_page_in_doc_publishes_every_constant),
		cmocka_unit_test(a_body_cut_at_every_length_is_refused),
		cmocka_unit_test(hostile_cells_are_refused),
		cmocka_unit_test(hostile_sums_are_refused),
		cmocka_unit_test(sums_stay_at_the_greatest),
	};
	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
