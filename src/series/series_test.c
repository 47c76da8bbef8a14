/* SPDX-License-Identifier: Apache-2.0 */
/* Series and their labels over starts, crashes and damage, and questions about them held
 * against a walk over all. */
#include "series/series.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/num.h"
#include "env/file.h"
#include "env/regex.h"
#include "env/twin/seeds.h"
#include "env/twin/twin.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static const char VIEW[] = "data/views/series";

enum { FOUND_MAX = 4096, TEXT_BYTES = 512 };

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *loop;
	journal_t *journal;
	series_t *series;
	size_t series_max;
} world_t;

static err_t start(world_t *w, const char *journal_dir)
{
	journal_recovery_t recovery;
	err_detail_t detail;
	journal_spec_t spec = {
		.dir = journal_dir,
		.name = "main",
		.chained = true,
		.segment_bytes = 1 << 16,
		.buffer_bytes = 1 << 16,
	};
	OK(twin_host_open(w->twin, "node", &w->env));
	OK(env_dir_make(w->env, "data/views"));
	OK(env_loop_new(w->env, "files", ENV_LOOP_FILES, &w->loop));
	spec.commit_loop = w->loop;
	err_t err = journal_open(w->env, &spec, &w->journal, &recovery, &detail);
	series_spec_t series = { .views_dir = "data/views",
		                 .journal = w->journal,
		                 .loop = w->loop,
		                 .series_max = w->series_max };
	return err ? err : series_open(w->env, &series, &w->series);
}

static void stop(world_t *w)
{
	series_close(w->series);
	journal_close(w->journal);
	env_loop_free(w->loop);
	twin_host_close(w->env);
	*w = (world_t){ .twin = w->twin, .series_max = w->series_max };
}

static world_t world_make(uint64_t seed)
{
	world_t w = { 0 };
	OK(twin_new(&(twin_spec_t){ .seed = seed }, &w.twin));
	return w;
}

static void world_open(world_t *w)
{
	OK(start(w, "data/journal"));
}

/* "name dev x": the labels __name__, dev and, when there is one, x. */
static void labels_of(const char *text, label_t room[3], labels_t *ret_labels)
{
	static const char *const names[] = { LABEL_NAME, "dev", "x" };
	slice_t rest = slice_str(text);
	size_t count = 0;
	for (; count < 3 && rest.len; count++)
		room[count] = (label_t){ slice_str(names[count]), slice_cut(&rest, ' ') };
	OK(labels_make(room, count, ret_labels));
}

static err_t get(world_t *w, const char *text, point_id_t *ret_id)
{
	label_t room[3];
	labels_t labels;
	labels_of(text, room, &labels);
	return series_get(w->series, &labels, ret_id);
}

static point_id_t id_of(world_t *w, const char *text)
{
	point_id_t id = 0;
	OK(get(w, text, &id));
	return id;
}

static bool knows(world_t *w, const char *text, point_id_t *ret_id)
{
	label_t room[3];
	labels_t labels;
	labels_of(text, room, &labels);
	return series_find(w->series, &labels, ret_id);
}

static void give_three(world_t *w)
{
	assert_int_equal(id_of(w, "temp d0"), SERIES_ID_FIRST);
	assert_int_equal(id_of(w, "temp d1"), SERIES_ID_FIRST + 1);
	assert_int_equal(id_of(w, "flow d0 a"), SERIES_ID_FIRST + 2);
}

/* Nothing is appended for a series that is known. */
static void assert_three(world_t *w)
{
	uint64_t last = journal_last(w->journal);
	give_three(w);
	assert_int_equal(journal_last(w->journal), last);
}

static void a_series_keeps_its_id_over_starts(void **state)
{
	(void)state;
	world_t w = world_make(1);
	world_open(&w);
	give_three(&w);
	stop(&w);
	world_open(&w);
	assert_three(&w);
	assert_false(series_rebuilt(w.series));
	assert_int_equal(id_of(&w, "flow d1"), SERIES_ID_FIRST + 3);
	stop(&w);
	twin_free(w.twin);
}

static void an_id_is_settled_when_its_record_is_durable(void **state)
{
	(void)state;
	world_t w = world_make(2);
	world_open(&w);
	assert_true(series_durable(w.series));
	(void)id_of(&w, "temp d0");
	assert_false(series_durable(w.series));
	OK(journal_flush(w.journal));
	assert_true(series_durable(w.series));
	(void)id_of(&w, "temp d0");
	assert_true(series_durable(w.series));
	stop(&w);
	twin_free(w.twin);
}

static void a_view_with_any_byte_wrong_or_short_is_made_anew(void **state)
{
	(void)state;
	world_t w = world_make(3);
	world_open(&w);
	give_three(&w);
	stop(&w);
	uint64_t at = 0;
	while (twin_disk_flip(w.twin, "node", VIEW, at++) == ERR_OK) {
		world_open(&w);
		assert_three(&w);
		assert_true(series_rebuilt(w.series));
		OK(series_save(w.series));
		stop(&w);
	}
	assert_in_range(at, 100, 300);
	for (uint64_t size = 0; size < at - 1; size += 7) {
		OK(twin_disk_cut(w.twin, "node", VIEW, size));
		world_open(&w);
		assert_three(&w);
		OK(series_save(w.series));
		stop(&w);
	}
	twin_free(w.twin);
}

static void the_view_of_another_journal_is_not_believed(void **state)
{
	point_id_t id;
	(void)state;
	world_t w = world_make(4);
	world_open(&w);
	give_three(&w);
	stop(&w);
	OK(start(&w, "data/other"));
	assert_false(knows(&w, "temp d0", &id));
	assert_int_equal(id_of(&w, "flow d0 a"), SERIES_ID_FIRST);
	stop(&w);
	twin_free(w.twin);
}

/* How many events of series that were refused the journal has. */
static size_t events_of(world_t *w)
{
	size_t count = 0;
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	OK(journal_flush(w->journal));
	OK(journal_cursor_open(w->journal, 1, &cursor));
	while (journal_cursor_next(cursor, &record) == ERR_OK)
		count += record.type == JOURNAL_EVENT;
	journal_cursor_close(cursor);
	return count;
}

static void past_the_limit_new_series_are_refused_counted_and_told_once(void **state)
{
	point_id_t id = 7;
	(void)state;
	world_t w = world_make(5);
	w.series_max = 3;
	world_open(&w);
	give_three(&w);
	assert_int_equal(get(&w, "flow d1", &id), ERR_LIMIT);
	assert_int_equal(get(&w, "flow d2", &id), ERR_LIMIT);
	assert_int_equal(id, 7);
	assert_three(&w);
	assert_int_equal(events_of(&w), 1);
	w.series_max = 2;
	stop(&w);
	world_open(&w);
	assert_three(&w);
	stop(&w);
	twin_free(w.twin);
}

static void a_full_buffer_of_the_journal_gives_no_id(void **state)
{
	char text[TEXT_BYTES];
	point_id_t id = 0;
	err_t err = ERR_OK;
	size_t given = 0;
	(void)state;
	world_t w = world_make(6);
	world_open(&w);
	for (; !err && given < 10000; given++) {
		(void)snprintf(text, sizeof(text), "temp d%zu", given);
		err = get(&w, text, &id);
	}
	assert_int_equal(err, ERR_BUSY);
	assert_false(knows(&w, text, &id));
	OK(journal_flush(w.journal));
	assert_int_equal(id_of(&w, text), SERIES_ID_FIRST + given - 1);
	stop(&w);
	twin_free(w.twin);
}

/* Questions. */

typedef struct {
	point_id_t ids[FOUND_MAX];
	size_t count, most;
} found_t;

static bool find_row(void *ctx, point_id_t point, const labels_t *labels)
{
	found_t *found = ctx;
	(void)labels;
	found->ids[found->count++] = point;
	return found->count < found->most;
}

static size_t ask(world_t *w, const label_matcher_t *matchers, size_t count, found_t *found)
{
	series_index_t index = series_index(w->series);
	*found = (found_t){ .most = FOUND_MAX };
	OK(index.select(index.ctx, matchers, count, find_row, found));
	return found->count;
}

static const catalogue_t *plant(void)
{
	static const device_t devices[] = { { .id = 1, .name = "OVEN" } };
	static const point_t points[] = {
		{ .id = 3,
		  .device = 1,
		  .name = "OVEN.TEMP",
		  .unit = "Cel",
		  .ident = "99.1/OVEN.TEMP" },
		{ .id = 9,
		  .device = 1,
		  .name = "OVEN.DOOR",
		  .unit = "",
		  .ident = "99.1/OVEN.DOOR" },
	};
	static const catalogue_t catalogue = {
		.devices = devices, .device_count = 1, .points = points, .point_count = 2
	};
	return &catalogue;
}

static void configure(world_t *w, const catalogue_t *catalogue)
{
	series_points_t *points = NULL;
	OK(series_points_new(w->env, catalogue, &points));
	series_configure(w->series, points);
}

#define M(what, key, text) \
	{ \
		.op = LABEL_##what, .name = SLICE(key), .value = SLICE(text) \
	}

static void points_of_the_configuration_are_found_before_those_of_doors(void **state)
{
	const label_matcher_t temp[] = { M(MATCH, "unit", "C.*"), M(EQUAL, "point", "TEMP") };
	const label_matcher_t no_unit[] = { M(EQUAL, "unit", "") };
	found_t found;
	(void)state;
	world_t w = world_make(7);
	world_open(&w);
	configure(&w, plant());
	give_three(&w);
	assert_int_equal(ask(&w, temp, 2, &found), 1);
	assert_int_equal(found.ids[0], 3);
	assert_int_equal(ask(&w, no_unit, 1, &found), 4);
	assert_int_equal(found.ids[0], 9);
	assert_int_equal(found.ids[3], SERIES_ID_FIRST + 2);
	configure(&w, &(catalogue_t){ 0 });
	assert_int_equal(ask(&w, temp, 2, &found), 0);
	stop(&w);
	twin_free(w.twin);
}

static void a_door_may_not_write_to_a_configured_point(void **state)
{
	point_id_t id = 0;
	labels_t labels;
	label_t items[] = {
		{ SLICE(LABEL_NAME), SLICE("point") },
		{ SLICE("device"), SLICE("OVEN") },
		{ SLICE("point"), SLICE("DOOR") },
		{ SLICE("ident"), SLICE("99.1/OVEN.DOOR") },
	};
	(void)state;
	world_t w = world_make(8);
	world_open(&w);
	configure(&w, plant());
	OK(labels_make(items, 4, &labels));
	assert_int_equal(series_get(w.series, &labels, &id), ERR_DENIED);
	assert_true(series_find(w.series, &labels, &id));
	assert_int_equal(id, 9);
	assert_true(series_named(w.series, SLICE("OVEN.TEMP"), &id));
	assert_int_equal(id, 3);
	assert_false(series_named(w.series, SLICE("OVEN"), &id));
	stop(&w);
	twin_free(w.twin);
}

/* The same question asked of every series by itself. */
static bool passes(const label_matcher_t *matcher, const labels_t *labels)
{
	env_match_t match;
	env_regex_t *regex = NULL;
	slice_t value = labels_get(labels, matcher->name);
	bool is_same = slice_eq(value, matcher->value);
	if (matcher->op == LABEL_MATCH || matcher->op == LABEL_NOT_MATCH) {
		OK(env_regex_new(matcher->value, false, &regex, NULL));
		is_same = env_regex_match(regex, value, &match) == ERR_OK;
		env_regex_free(regex);
	}
	return is_same != (matcher->op == LABEL_NOT_EQUAL || matcher->op == LABEL_NOT_MATCH);
}

static void assert_like_a_walk(world_t *w, const label_matcher_t *matchers, size_t count)
{
	found_t found;
	label_t room[LABELS_MAX];
	labels_t labels;
	size_t at = 0, asked = ask(w, matchers, count, &found);
	for (point_id_t id = SERIES_ID_FIRST; series_labels(w->series, id, room, &labels); id++) {
		bool is_in = true;
		for (size_t i = 0; i < count; i++)
			is_in = is_in && passes(&matchers[i], &labels);
		if (is_in)
			assert_int_equal(found.ids[at++], id);
	}
	assert_int_equal(at, asked);
}

static void fill_by_chance(world_t *w, rng_t *rng, size_t count)
{
	char text[TEXT_BYTES];
	for (size_t i = 0; i < count; i++) {
		int len = snprintf(text, sizeof(text), "m%u d%u", (unsigned)rng_below(rng, 4),
		                   (unsigned)rng_below(rng, 40));
		if (rng_below(rng, 2))
			(void)snprintf(&text[len], sizeof(text) - (size_t)len, " v%u",
			               (unsigned)rng_below(rng, 6));
		(void)id_of(w, text);
	}
}

static void any_question_is_answered_as_a_walk_over_all_would(void **state)
{
	static const char *const names[] = { LABEL_NAME, "dev", "x", "none" };
	static const char *const values[] = {
		"",         "m1",      "d7",  "v2", ".*",      ".+",
		"m1|d7|v2", "d[0-3].", "|v3", "m.", "(v1|v2)", "x|y"
	};
	(void)state;
	world_t w = world_make(9);
	rng_t rng = rng_of(9);
	world_open(&w);
	fill_by_chance(&w, &rng, 300);
	for (size_t i = 0; i < 3000; i++) {
		label_matcher_t matchers[3];
		size_t count = rng_below(&rng, 4);
		for (size_t k = 0; k < count; k++)
			matchers[k] = (label_matcher_t){
				.op = (label_op_t)rng_below(&rng, 4),
				.name = slice_str(names[rng_below(&rng, 4)]),
				.value = slice_str(values[rng_below(&rng, 12)]),
			};
		assert_like_a_walk(&w, matchers, count);
	}
	stop(&w);
	twin_free(w.twin);
}

static void an_answer_ends_when_no_more_is_wanted(void **state)
{
	found_t found = { .most = 2 };
	(void)state;
	world_t w = world_make(10);
	world_open(&w);
	configure(&w, plant());
	give_three(&w);
	series_index_t index = series_index(w.series);
	OK(index.select(index.ctx, NULL, 0, find_row, &found));
	assert_int_equal(found.count, 2);
	assert_int_equal(found.ids[1], 9);
	stop(&w);
	twin_free(w.twin);
}

static void a_bad_expression_is_refused(void **state)
{
	const label_matcher_t bad[] = { M(MATCH, "dev", "d(") };
	const label_matcher_t dear[] = { M(MATCH, "dev", "(a+)+[bc]") };
	found_t found = { .most = 9 };
	char text[TEXT_BYTES] = "temp ";
	(void)state;
	world_t w = world_make(11);
	world_open(&w);
	memset(&text[5], 'a', 60);
	text[65] = 0;
	(void)id_of(&w, text);
	series_index_t index = series_index(w.series);
	assert_int_equal(index.select(index.ctx, bad, 1, find_row, &found), ERR_INVALID);
	assert_int_equal(index.select(index.ctx, dear, 1, find_row, &found), ERR_LIMIT);
	stop(&w);
	twin_free(w.twin);
}

static bool join(void *ctx, slice_t value)
{
	writer_t *w = ctx;
	wr_bytes(w, value);
	wr_u8(w, ' ');
	return true;
}

static const char *values_of(world_t *w, slice_t name, const label_matcher_t *matchers,
                             size_t count, char buf[TEXT_BYTES])
{
	writer_t text = writer_of(buf, TEXT_BYTES);
	series_index_t index = series_index(w->series);
	OK(index.values(index.ctx, &(label_values_t){ name, matchers, count }, join, &text));
	wr_u8(&text, 0);
	return buf;
}

static void names_and_values_are_sorted_and_of_what_is_selected(void **state)
{
	const label_matcher_t flow[] = { M(EQUAL, LABEL_NAME, "flow") };
	char buf[TEXT_BYTES];
	(void)state;
	world_t w = world_make(12);
	world_open(&w);
	configure(&w, plant());
	give_three(&w);
	assert_string_equal(values_of(&w, (slice_t){ 0 }, NULL, 0, buf),
	                    "__name__ dev device ident point unit x ");
	assert_string_equal(values_of(&w, (slice_t){ 0 }, flow, 1, buf), "__name__ dev x ");
	assert_string_equal(values_of(&w, SLICE("dev"), NULL, 0, buf), "d0 d1 ");
	assert_string_equal(values_of(&w, SLICE("dev"), flow, 1, buf), "d0 ");
	assert_string_equal(values_of(&w, SLICE(LABEL_NAME), NULL, 0, buf), "flow point temp ");
	assert_string_equal(values_of(&w, SLICE("nothing"), NULL, 0, buf), "");
	stop(&w);
	twin_free(w.twin);
}

/* Crashes: whatever was durable keeps its id, and no id is given twice. */

enum { CRASH_SERIES = 40 };

static const char *check_after(world_t *w, const point_id_t *ids, size_t count)
{
	char text[TEXT_BYTES];
	point_id_t id = 0;
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(text, sizeof(text), "temp d%zu", i);
		if (!knows(w, text, &id) || id != ids[i])
			return "an id that was durable is gone or another";
	}
	return NULL;
}

/* What was durable when the power went, of those given. */
static size_t give_by_chance(world_t *w, rng_t *rng, point_id_t ids[CRASH_SERIES])
{
	char text[TEXT_BYTES];
	size_t durable = 0, given = rng_below(rng, CRASH_SERIES);
	for (size_t i = 0; i < given; i++) {
		(void)snprintf(text, sizeof(text), "temp d%zu", i);
		ids[i] = id_of(w, text);
		if (rng_below(rng, 4) == 0)
			OK(journal_flush(w->journal));
		if (rng_below(rng, 8) == 0)
			OK(series_save(w->series));
		if (series_durable(w->series))
			durable = i + 1;
	}
	return durable;
}

static const char *run_of_a_cut(uint64_t seed, bool lying)
{
	point_id_t ids[CRASH_SERIES] = { 0 };
	rng_t rng = rng_of(seed);
	world_t w = world_make(seed);
	world_open(&w);
	twin_disk_lie(w.env, lying);
	size_t durable = give_by_chance(&w, &rng, ids);
	twin_power_off(w.env);
	stop(&w);
	twin_disk_reboot(w.twin, "node");
	const char *fault = start(&w, "data/journal") ? "it cannot be read"
	                                              : check_after(&w, ids, durable);
	stop(&w);
	twin_free(w.twin);
	return fault;
}

static void what_was_durable_keeps_its_id_over_power_cuts(void **state)
{
	(void)state;
	seeds_hold(run_of_a_cut, 300);
}

static void a_lying_disk_is_noticed(void **state)
{
	(void)state;
	seeds_catch_lies(run_of_a_cut, 50, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_series_keeps_its_id_over_starts),
		cmocka_unit_test(an_id_is_settled_when_its_record_is_durable),
		cmocka_unit_test(a_view_with_any_byte_wrong_or_short_is_made_anew),
		cmocka_unit_test(the_view_of_another_journal_is_not_believed),
		cmocka_unit_test(past_the_limit_new_series_are_refused_counted_and_told_once),
		cmocka_unit_test(a_full_buffer_of_the_journal_gives_no_id),
		cmocka_unit_test(points_of_the_configuration_are_found_before_those_of_doors),
		cmocka_unit_test(a_door_may_not_write_to_a_configured_point),
		cmocka_unit_test(any_question_is_answered_as_a_walk_over_all_would),
		cmocka_unit_test(an_answer_ends_when_no_more_is_wanted),
		cmocka_unit_test(a_bad_expression_is_refused),
		cmocka_unit_test(names_and_values_are_sorted_and_of_what_is_selected),
		cmocka_unit_test(what_was_durable_keeps_its_id_over_power_cuts),
		cmocka_unit_test(a_lying_disk_is_noticed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
