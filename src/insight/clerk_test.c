/* SPDX-License-Identifier: Apache-2.0 */
/* Who evaluates when, in a simulated world: its clock, its late samples, its restarts. */
#include "insight/clerk.h"

#include "env/twin/twin.h"
#include "insight/book_fixture_test.h"
#include "insight/fixture_test.h"

static const int64_t DAY = 24 * 3600 * NS_PER_S;

/* When the twin's clock begins. */
static const char START[] = "2026-01-01T00:00:00Z";

static const char PACK[] = "pack: {id: e, version: 1, source: test}\n"
			   "indicators:\n"
			   "  - id: used\n"
			   "    version: 1\n"
			   "    name: {en: x, zh: x}\n"
			   "    unit: kWh\n"
			   "    scopes: [{id: all, name: {en: all, zh: all}}]\n"
			   "    periods: [15min, day]\n"
			   "    inputs: [{name: x, unit: kWh}]\n"
			   "    parts:\n"
			   "      - {name: used, sum: delta(x), unit: kWh}\n"
			   "      - {name: n, sum: 'entries(x, 7)', unit: '1'}\n"
			   "    value: used\n"
			   "    source: test\n";

static const char HOUSE[] = "node: {name: n, prefix: 99.100.1}\n"
			    "indicators:\n"
			    "  - {definition: e.used, scope: all, periods: %s, inputs: {x: M.E}}\n"
			    "devices:\n"
			    "  - {name: M, address: '127.0.0.1:502', period: 15m,\n"
			    "     points: [{name: E, address: 0, type: u32, unit: kWh}]}\n";

enum { DESK_MAX = 4096 };

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *loop;
	plant_t *plant;
	clerk_t *clerk;
	book_t *book; /* the desk, or NULL: this */
	size_t work_max;
	figure_t issued[DESK_MAX];
	size_t count;
	err_t refusal; /* of the desk */
} office_t;

MUST_CHECK static err_t desk_last(void *ctx, const figure_t *like, figure_seen_fn *seen,
                                  void *seen_ctx)
{
	const office_t *office = ctx;
	assert_true(slice_eq(like->entity, SLICE("99.100.1")));
	for (size_t i = office->count; i > 0; i--)
		if (figure_key_cmp(&office->issued[i - 1].key, &like->key) == 0) {
			seen(seen_ctx, &office->issued[i - 1]);
			return ERR_OK;
		}
	return ERR_NOT_FOUND;
}

MUST_CHECK static err_t desk_issue(void *ctx, figure_t *figure)
{
	office_t *office = ctx;
	if (office->refusal)
		return office->refusal;
	assert_true(office->count < DESK_MAX);
	office->issued[office->count++] = *figure;
	return ERR_OK;
}

static clerk_plan_t *plan_of(const bindings_t *bindings)
{
	clerk_plan_t *plan = NULL;
	assert_int_equal(clerk_plan_new(bindings, &plan), ERR_OK);
	return plan;
}

static void start_clerk(office_t *office)
{
	clerk_spec_t spec = { .loop = office->loop,
		              .plan = plan_of(office->plant->bindings),
		              .reader = office->plant->reader,
		              .desk = office->book
		                              ? clerk_desk(office->book)
		                              : (figure_desk_t){ office, desk_last, desk_issue },
		              .late_ns = 6 * HOUR,
		              .tick_ns = 10 * NS_PER_S,
		              .work_max = office->work_max };
	assert_int_equal(clerk_open(&spec, &office->clerk), ERR_OK);
}

/* One kWh a quarter of an hour, from `days` before the start to as many behind it. */
static office_t *office_new(const char *periods, int64_t days)
{
	office_t *office = calloc(1, sizeof(*office));
	char text[sizeof(HOUSE) + 64];
	double reading = 1000;
	assert_non_null(office);
	snprintf(text, sizeof(text), HOUSE, periods);
	office->plant = plant_open(PACK, text);
	for (int64_t at_ns = ns_of(START) - days * DAY; at_ns < ns_of(START) + days * DAY;
	     at_ns += 15 * MINUTE)
		fake_add(office->plant->series[0], at_ns, reading++, QUALITY_OK);
	return office;
}

static void office_start(office_t *office)
{
	assert_int_equal(env_loop_new(office->env, "files", ENV_LOOP_FILES, &office->loop), ERR_OK);
	start_clerk(office);
	assert_int_equal(env_loop_start(office->loop), ERR_OK);
}

static office_t *office_open(const char *periods, int64_t days, size_t work_max)
{
	office_t *office = office_new(periods, days);
	office->work_max = work_max;
	assert_int_equal(twin_new(&(twin_spec_t){ .seed = 7 }, &office->twin), ERR_OK);
	assert_int_equal(twin_host_open(office->twin, "a", &office->env), ERR_OK);
	office_start(office);
	return office;
}

/* All but the world. */
static void office_stop(office_t *office)
{
	env_loop_stop(office->loop);
	clerk_close(office->clerk);
	env_loop_free(office->loop);
}

static void office_close(office_t *office)
{
	office_stop(office);
	twin_host_close(office->env);
	twin_free(office->twin);
	plant_close(office->plant);
	free(office);
}

/* How many figures of the period that began so long after the start were issued. */
static size_t issues_of(const office_t *office, int64_t from_ns, const figure_t **ret_last)
{
	size_t count = 0;
	for (size_t i = 0; i < office->count; i++)
		if (office->issued[i].key.from_ns == ns_of(START) + from_ns) {
			count++;
			*ret_last = &office->issued[i];
		}
	return count;
}

static int64_t metric(const office_t *office, const char *name)
{
	const metrics_t *metrics = clerk_metrics(office->clerk);
	for (size_t i = 0; i < metrics->count; i++)
		if (strcmp(metrics->rows[i].name, name) == 0)
			return metric_get(metrics, i);
	fail_msg("no metric %s", name);
	return 0;
}

static void a_period_is_issued_once_when_its_grace_has_passed(void **state)
{
	(void)state;
	const figure_t *figure = NULL;
	office_t *office = office_open("[15min]", 1, 0);
	(void)twin_run_for(office->twin, 15 * MINUTE + 55 * NS_PER_S);
	assert_int_equal(issues_of(office, 0, &figure), 0);
	/* What ended in the six hours before was issued at the start. */
	assert_int_equal(office->count, 24);
	assert_int_equal(issues_of(office, -15 * MINUTE, &figure), 1);
	(void)twin_run_for(office->twin, 15 * NS_PER_S);
	assert_int_equal(issues_of(office, 0, &figure), 1);
	assert_true(figure->has_value && figure->value == 1 && figure->coverage == 1);
	(void)twin_run_for(office->twin, 5 * HOUR);
	assert_int_equal(issues_of(office, 0, &figure), 1);
	assert_int_equal(office->count, 24 + 21);
	assert_int_equal(metric(office, "indicator_issues_total"), 45);
	assert_true(metric(office, "indicator_evaluations_total") > 1000);
	assert_int_equal(metric(office, "indicator_failures_total"), 0);
	office_close(office);
}

static void a_late_reading_issues_its_periods_again_with_other_values(void **state)
{
	(void)state;
	const figure_t *figure = NULL;
	office_t *office = office_open("[15min]", 1, 0);
	(void)twin_run_for(office->twin, 2 * HOUR + 2 * MINUTE);
	size_t before = office->count;
	/* The reading of 01:00 was wrong: what is before it has more, what is behind it less. */
	fake_t *fake = office->plant->series[0];
	fake->rows[96 + 4].value.as.f += 0.5;
	fake->rows[96 + 4].is_late = true;
	(void)twin_run_for(office->twin, 2 * MINUTE);
	assert_int_equal(issues_of(office, 45 * MINUTE, &figure), 1);
	assert_int_equal(issues_of(office, HOUR, &figure), 2);
	assert_true(figure->value == 1.5);
	assert_int_equal(issues_of(office, 75 * MINUTE, &figure), 2);
	assert_true(figure->value == 0.5);
	assert_int_equal(office->count, before + 2);
	/* Past the window nobody looks by himself; who knows of an edit says so. */
	(void)twin_run_for(office->twin, 8 * HOUR);
	fake->rows[96 + 4].value.as.f -= 0.25;
	(void)twin_run_for(office->twin, 10 * MINUTE);
	assert_int_equal(issues_of(office, HOUR, &figure), 2);
	clerk_recheck(office->clerk, ns_of(START) + HOUR, ns_of(START) + HOUR + 1);
	(void)twin_run_for(office->twin, NS_PER_S * 11);
	assert_int_equal(issues_of(office, HOUR, &figure), 3);
	assert_true(figure->value == 1.25);
	assert_int_equal(issues_of(office, 75 * MINUTE, &figure), 3);
	office_close(office);
}

static void rounding_alone_is_no_other_value(void **state)
{
	(void)state;
	office_t *office = office_open("[15min]", 1, 0);
	(void)twin_run_for(office->twin, 2 * HOUR + 2 * MINUTE);
	size_t before = office->count;
	office->plant->series[0]->rows[96 + 4].value.as.f *= 1 + 1e-14;
	(void)twin_run_for(office->twin, 2 * MINUTE);
	assert_int_equal(office->count, before);
	office_close(office);
}

static void a_restart_issues_nothing_twice_and_leaves_nothing_out(void **state)
{
	(void)state;
	const figure_t *figure = NULL;
	office_t *office = office_open("[15min, day]", 2, 0);
	(void)twin_run_for(office->twin, 2 * HOUR);
	size_t before = office->count;
	office_stop(office);
	/* Down for three hours. */
	(void)twin_run_for(office->twin, 3 * HOUR);
	office_start(office);
	(void)twin_run_for(office->twin, 30 * NS_PER_S);
	assert_int_equal(office->count, before + 12);
	for (int64_t from_ns = -4 * HOUR; from_ns < 5 * HOUR - 15 * MINUTE; from_ns += 15 * MINUTE)
		assert_int_equal(issues_of(office, from_ns, &figure), 1);
	office_close(office);
}

static void a_day_of_beijing_is_issued_at_its_midnight(void **state)
{
	(void)state;
	const figure_t *figure = NULL;
	office_t *office = office_open("[day]", 2, 0);
	(void)twin_run_for(office->twin, 16 * HOUR + 50 * NS_PER_S);
	assert_int_equal(issues_of(office, -8 * HOUR, &figure), 0);
	(void)twin_run_for(office->twin, 20 * NS_PER_S);
	assert_int_equal(issues_of(office, -8 * HOUR, &figure), 1);
	assert_true(figure->value == 96);
	assert_true(figure->key.to_ns == ns_of(START) + 16 * HOUR);
	office_close(office);
}

static void what_cannot_be_issued_or_read_is_counted_and_tried_again(void **state)
{
	(void)state;
	const figure_t *figure = NULL;
	office_t *office = office_open("[15min]", 1, 0);
	(void)twin_run_for(office->twin, 10 * MINUTE);
	office->refusal = ERR_DISK_FULL;
	(void)twin_run_for(office->twin, 10 * MINUTE);
	assert_int_equal(issues_of(office, 0, &figure), 0);
	int64_t refused = metric(office, "indicator_failures_total");
	assert_true(refused > 0);
	office->refusal = ERR_OK;
	office->plant->damage = ERR_CORRUPT;
	(void)twin_run_for(office->twin, 5 * MINUTE);
	assert_int_equal(issues_of(office, 0, &figure), 0);
	assert_true(metric(office, "indicator_failures_total") > refused);
	office->plant->damage = ERR_OK;
	(void)twin_run_for(office->twin, NS_PER_S * 10);
	assert_int_equal(issues_of(office, 0, &figure), 1);
	office_close(office);
}

static void a_tick_does_so_much_and_the_next_comes_soon_and_goes_on(void **state)
{
	(void)state;
	const figure_t *figure = NULL;
	office_t *office = office_open("[15min, day]", 1, 5);
	(void)twin_run_for(office->twin, 10 * NS_PER_S + NS_PER_MS);
	assert_int_equal(office->count, 5);
	assert_int_equal(metric(office, "indicator_evaluations_total"), 5);
	assert_true(metric(office, "indicator_behind") > 0);
	(void)twin_run_for(office->twin, 2 * NS_PER_S);
	assert_int_equal(metric(office, "indicator_behind"), 0);
	assert_int_equal(office->count, 23);
	(void)twin_run_for(office->twin, MINUTE);
	assert_int_equal(office->count, 24);
	/* The round too is cut, and comes to its end all the same. */
	office->plant->series[0]->rows[90].value.as.f += 0.5;
	(void)twin_run_for(office->twin, 2 * MINUTE);
	assert_int_equal(issues_of(office, (90 - 96) * 15 * MINUTE, &figure) +
	                         issues_of(office, (91 - 96) * 15 * MINUTE, &figure),
	                 4);
	int64_t evaluated = metric(office, "indicator_evaluations_total");
	assert_true(evaluated <= 5 * 23 && evaluated > 4 * 23);
	office_close(office);
}

static void a_clock_that_is_set_makes_no_period_twice_and_forgets_none(void **state)
{
	(void)state;
	const figure_t *figure = NULL;
	office_t *office = office_open("[15min]", 1, 0);
	utc_t utc = { .ns = ns_of(START) + 20 * HOUR, .state = CLOCK_STATE_SYNCED };
	(void)twin_run_for(office->twin, HOUR);
	twin_clock_set(office->env, utc);
	(void)twin_run_for(office->twin, 2 * MINUTE);
	/* Nothing was left out on the way. */
	for (int64_t from_ns = 0; from_ns < 19 * HOUR; from_ns += 15 * MINUTE)
		assert_int_equal(issues_of(office, from_ns, &figure), 1);
	utc.ns = ns_of(START) + 2 * HOUR;
	twin_clock_set(office->env, utc);
	size_t before = office->count;
	(void)twin_run_for(office->twin, HOUR);
	assert_int_equal(office->count, before);
	/* What was issued too early is put right when its time has come. */
	office->plant->series[0]->rows[96 + 16].value.as.f += 0.5;
	(void)twin_run_for(office->twin, 2 * HOUR);
	assert_int_equal(issues_of(office, 4 * HOUR, &figure), 2);
	assert_int_equal(office->count, before + 2);
	office_close(office);
}

static void what_knew_more_or_was_attested_is_not_measured_over(void **state)
{
	(void)state;
	office_t *office = office_open("[15min]", 1, 0);
	fake_t *fake = office->plant->series[0];
	(void)twin_run_for(office->twin, 2 * HOUR + 2 * MINUTE);
	size_t before = office->count;
	/* The store has thinned the samples, and one that it left out was in a figure. */
	for (size_t i = 0; i < fake->count; i++)
		fake->rows[i].bound = 0.1;
	fake->rows[96 + 4].value.as.f += 0.05;
	(void)twin_run_for(office->twin, 2 * MINUTE);
	assert_int_equal(office->count, before);
	assert_true(metric(office, "indicator_kept_total") > 0);
	for (size_t i = 0; i < fake->count; i++)
		fake->rows[i].bound = 0;
	for (size_t i = 0; i < office->count; i++)
		if (office->issued[i].key.from_ns == ns_of(START) + HOUR)
			office->issued[i].origin = FIGURE_DECLARED;
	(void)twin_run_for(office->twin, 2 * MINUTE);
	/* Of the two quarters that the reading is in one was attested. */
	assert_int_equal(office->count, before + 1);
	office_close(office);
}

static void other_bindings_go_on_from_what_the_desk_has(void **state)
{
	(void)state;
	const figure_t *figure = NULL;
	office_t *office = office_open("[15min]", 1, 0);
	(void)twin_run_for(office->twin, HOUR);
	size_t before = office->count;
	plant_t *other = plant_open(PACK, "node: {name: n, prefix: 99.100.1}\n");
	clerk_rebind(office->clerk, plan_of(other->bindings));
	(void)twin_run_for(office->twin, HOUR);
	assert_int_equal(office->count, before);
	clerk_rebind(office->clerk, plan_of(office->plant->bindings));
	(void)twin_run_for(office->twin, HOUR);
	plant_close(other);
	assert_int_equal(office->count, before + 8);
	assert_int_equal(issues_of(office, HOUR, &figure), 1);
	office_close(office);
}

static bool count_revision(void *ctx, const book_row_t *row)
{
	uint32_t *revision = ctx;
	*revision = row->figure.revision > *revision ? row->figure.revision : *revision;
	return true;
}

static void the_book_has_each_figure_once_and_each_other_value_as_a_revision(void **state)
{
	(void)state;
	world_t w = world_make(9);
	office_t *office = office_new("[15min]", 1);
	world_start(&w);
	office->twin = w.f.twin;
	office->env = w.f.env;
	office->book = w.book;
	office_start(office);
	(void)twin_run_for(office->twin, 2 * HOUR + 2 * MINUTE);
	const metrics_t *metrics = book_metrics(w.book);
	assert_int_equal(metric_get(metrics, BOOK_METRIC_ISSUED), 24 + 8);
	office->plant->series[0]->rows[96 + 4].value.as.f += 0.5;
	(void)twin_run_for(office->twin, 2 * MINUTE);
	assert_int_equal(metric_get(metrics, BOOK_METRIC_ISSUED), 24 + 8 + 2);
	book_key_t key = { { SLICE("e.used"), 1, SLICE("all"), ns_of(START) + HOUR,
		             ns_of(START) + HOUR + 15 * MINUTE },
		           SLICE("99.100.1"),
		           { 0 } };
	uint32_t revision = 0;
	assert_int_equal(book_history(w.book, &key, count_revision, &revision), ERR_OK);
	assert_int_equal(revision, 2);
	office_stop(office);
	plant_close(office->plant);
	free(office);
	world_free(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_period_is_issued_once_when_its_grace_has_passed),
		cmocka_unit_test(a_late_reading_issues_its_periods_again_with_other_values),
		cmocka_unit_test(rounding_alone_is_no_other_value),
		cmocka_unit_test(a_restart_issues_nothing_twice_and_leaves_nothing_out),
		cmocka_unit_test(a_day_of_beijing_is_issued_at_its_midnight),
		cmocka_unit_test(what_cannot_be_issued_or_read_is_counted_and_tried_again),
		cmocka_unit_test(a_tick_does_so_much_and_the_next_comes_soon_and_goes_on),
		cmocka_unit_test(a_clock_that_is_set_makes_no_period_twice_and_forgets_none),
		cmocka_unit_test(what_knew_more_or_was_attested_is_not_measured_over),
		cmocka_unit_test(the_book_has_each_figure_once_and_each_other_value_as_a_revision),
		cmocka_unit_test(other_bindings_go_on_from_what_the_desk_has),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
