/* SPDX-License-Identifier: Apache-2.0 */
/* The view answers equally whatever is done to its file: deleted, cut, flipped,
 * from another past. */
#include "events/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "env/file.h"
#include "env/twin/twin.h"
#include "journal/event_log.h"

static const char INDEX[] = "data/views/events.idx";

typedef struct {
	twin_t *twin;
	env_t *env;
	env_loop_t *loop, *view; /* view NULL: one loop for all */
	journal_t *journal;
	events_t *events;
	size_t rows_max;
	uint64_t heard, heard_last;
} world_t;

static world_t world_make(uint64_t seed)
{
	world_t w = { 0 };
	assert_int_equal(twin_new(&(twin_spec_t){ .seed = seed }, &w.twin), ERR_OK);
	return w;
}

static void boot(world_t *w)
{
	journal_recovery_t recovery;
	assert_int_equal(twin_host_open(w->twin, "node", &w->env), ERR_OK);
	assert_int_equal(env_loop_new(w->env, "files", ENV_LOOP_FILES, &w->loop), ERR_OK);
	journal_spec_t spec = { .dir = "data/journal",
		                .name = "main",
		                .chained = true,
		                .segment_bytes = 4096,
		                .buffer_bytes = 65536,
		                .commit_loop = w->loop };
	assert_int_equal(journal_open(w->env, &spec, &w->journal, &recovery, NULL), ERR_OK);
}

static void open_view(world_t *w)
{
	events_spec_t spec = { .views_dir = "data/views",
		               .journal = w->journal,
		               .view_loop = w->view ? w->view : w->loop,
		               .rows_max = w->rows_max };
	assert_int_equal(events_open(w->env, &spec, &w->events), ERR_OK);
	assert_int_equal(env_loop_start(w->loop), ERR_OK);
}

static void start(world_t *w)
{
	boot(w);
	open_view(w);
}

static void halt(world_t *w)
{
	env_loop_stop(w->loop);
	if (w->view)
		env_loop_stop(w->view);
	events_close(w->events);
	journal_close(w->journal);
	env_loop_free(w->loop);
	env_loop_free(w->view);
	w->view = NULL;
	twin_host_close(w->env);
	w->env = NULL;
}

static void world_free(world_t *w)
{
	if (w->env)
		halt(w);
	twin_free(w->twin);
}

static void settle(world_t *w)
{
	while (events_applied(w->events) < journal_last(w->journal) && twin_step(w->twin))
		;
	assert_int_equal(events_applied(w->events), journal_last(w->journal));
}

/* Kinds, points and incidents in a fixed pattern, and records that are no events
 * between them. */
static void append(world_t *w, uint64_t from, uint64_t to)
{
	static const message_t kinds[] = { MSG_DEVICE_UP, MSG_POINT_OUT_OF_LIMITS, MSG_LOGIN,
		                           MSG_INCIDENT_WRITE, MSG_RECORD_CHANGED };
	for (uint64_t n = from; n <= to; n++) {
		event_t event = event_make(kinds[n % 5], (node_time_t){ (int64_t)n * NS_PER_S });
		event.point = (point_id_t)(n % 3);
		event.incident = n % 5 == 3 ? n % 4 : 0;
		event_arg(&event, ARG_COUNT, value_u64(n));
		uint64_t seq = 0;
		slice_t other = SLICE("not an event");
		if (n % 7 == 0)
			assert_int_equal(journal_append(w->journal, JOURNAL_ASSET, &other, 1, &seq),
			                 ERR_OK);
		assert_int_equal(event_append(w->journal, &event), ERR_OK);
		if (!w->view)
			settle(w);
	}
}

/* What a query found, as numbers. */
typedef struct {
	size_t count;
	uint64_t seq[1000], number[1000];
} found_t;

static bool on_found(void *ctx, const event_t *event)
{
	found_t *found = ctx;
	const value_t *count = event_arg_get(event, ARG_COUNT);
	assert_non_null(count);
	assert_in_range(found->count, 0, 999);
	found->seq[found->count] = event->seq;
	found->number[found->count++] = count->as.u;
	return true;
}

static void find(world_t *w, const events_query_t *query, found_t *found)
{
	*found = (found_t){ 0 };
	assert_int_equal(events_find(w->events, query, on_found, found), ERR_OK);
	for (size_t i = 1; i < found->count; i++)
		assert_true(found->seq[i] < found->seq[i - 1]);
}

static void queries_find_by_class_severity_point_and_incident(void **state)
{
	(void)state;
	world_t w = world_make(1);
	found_t found;
	start(&w);
	append(&w, 1, 200);
	find(&w, &(events_query_t){ .limit = 1000 }, &found);
	assert_int_equal(found.count, 200);
	assert_int_equal(found.number[0], 200);
	assert_int_equal(found.number[199], 1);
	find(&w, &(events_query_t){ .limit = 1000, .class_mask = 1u << EVENT_ALERT }, &found);
	assert_int_equal(found.count, 40);
	find(&w, &(events_query_t){ .limit = 1000, .severity = SEVERITY_WARNING }, &found);
	assert_int_equal(found.count, 80);
	find(&w, &(events_query_t){ .limit = 1000, .point = 2 }, &found);
	assert_int_equal(found.count, 67);
	find(&w, &(events_query_t){ .limit = 1000, .incident = 3, .point = 1 }, &found);
	for (size_t i = 0; i < found.count; i++)
		assert_true(found.number[i] % 20 == 3 && found.number[i] % 3 == 1);
	assert_int_equal(found.count, 3);
	world_free(&w);
}

static void pages_follow_one_another_without_gap(void **state)
{
	(void)state;
	world_t w = world_make(2);
	found_t found;
	start(&w);
	append(&w, 1, 100);
	uint64_t before = 0, expected = 100;
	do {
		find(&w, &(events_query_t){ .limit = 7, .before_seq = before }, &found);
		for (size_t i = 0; i < found.count; i++)
			assert_int_equal(found.number[i], expected--);
		before = found.count ? found.seq[found.count - 1] : 0;
	} while (before);
	assert_int_equal(expected, 0);
	find(&w, &(events_query_t){ .limit = 1000, .after_seq = journal_last(w.journal) }, &found);
	assert_int_equal(found.count, 0);
	find(&w, &(events_query_t){ .limit = 1000, .after_seq = journal_last(w.journal) - 1 },
	     &found);
	assert_int_equal(found.count, 1);
	assert_int_equal(events_find(w.events, &(events_query_t){ 0 }, on_found, &found),
	                 ERR_INVALID);
	world_free(&w);
}

static bool stop_at_third(void *ctx, const event_t *event)
{
	(void)event;
	return ++*(int *)ctx < 3;
}

static void a_search_ends_when_the_asker_has_enough(void **state)
{
	(void)state;
	world_t w = world_make(3);
	int calls = 0;
	start(&w);
	append(&w, 1, 10);
	assert_int_equal(
		events_find(w.events, &(events_query_t){ .limit = 10 }, stop_at_third, &calls),
		ERR_OK);
	assert_int_equal(calls, 3);
	world_free(&w);
}

static void on_event(void *ctx, const event_t *event)
{
	world_t *w = ctx;
	assert_true(event->seq > w->heard_last);
	w->heard_last = event->seq;
	w->heard++;
}

static void listeners_hear_every_event_once_in_order(void **state)
{
	(void)state;
	world_t w = world_make(4);
	boot(&w);
	open_view(&w);
	assert_int_equal(events_listen(w.events, on_event, &w), ERR_OK);
	append(&w, 1, 50);
	assert_int_equal(w.heard, 50);
	world_free(&w);
}

static void assert_all_and_alerts(world_t *w, size_t all)
{
	found_t found;
	find(w, &(events_query_t){ .limit = 1000 }, &found);
	assert_int_equal(found.count, all);
	for (size_t i = 0; i < all; i++)
		assert_int_equal(found.number[i], all - i);
	find(w, &(events_query_t){ .limit = 7, .class_mask = 1u << EVENT_ALERT }, &found);
	assert_int_equal(found.count, 7);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(found.number[i] / 5, all / 5 - 1 - i);
}

static void wait_durable(world_t *w)
{
	while (journal_durable(w->journal) < journal_last(w->journal) && twin_step(w->twin))
		;
	assert_int_equal(journal_durable(w->journal), journal_last(w->journal));
}

/* Its loop does not turn at all here: that is as busy as a loop can be. */
static void what_is_durable_is_found_though_the_view_loop_is_busy(void **state)
{
	(void)state;
	world_t w = world_make(9);
	found_t found;
	start(&w);
	append(&w, 1, 40);
	halt(&w);
	boot(&w);
	assert_int_equal(env_loop_new(w.env, "view", ENV_LOOP_FILES, &w.view), ERR_OK);
	open_view(&w);
	append(&w, 41, 200);
	wait_durable(&w);
	assert_true(events_applied(w.events) < journal_durable(w.journal));
	assert_all_and_alerts(&w, 200);
	uint64_t before = 0, expected = 200;
	do {
		find(&w, &(events_query_t){ .limit = 13, .before_seq = before }, &found);
		for (size_t i = 0; i < found.count; i++)
			assert_int_equal(found.number[i], expected--);
		before = found.count ? found.seq[found.count - 1] : 0;
	} while (before);
	assert_int_equal(expected, 0);
	assert_int_equal(env_loop_start(w.view), ERR_OK);
	settle(&w);
	assert_all_and_alerts(&w, 200);
	world_free(&w);
}

/* In the midst of a portion the index is ahead of what the view has told. */
static void ask_meanwhile(void *ctx, const event_t *event)
{
	world_t *w = ctx;
	found_t found;
	find(w, &(events_query_t){ .limit = 1000 }, &found);
	assert_int_equal(found.seq[0], journal_durable(w->journal));
	assert_int_equal(found.count, found.number[0]);
	assert_true(event->seq <= found.seq[0]);
	w->heard++;
}

static void a_question_in_the_midst_of_a_portion_finds_each_event_once(void **state)
{
	(void)state;
	world_t w = world_make(10);
	boot(&w);
	assert_int_equal(env_loop_new(w.env, "view", ENV_LOOP_FILES, &w.view), ERR_OK);
	open_view(&w);
	assert_int_equal(events_listen(w.events, ask_meanwhile, &w), ERR_OK);
	append(&w, 1, 60);
	wait_durable(&w);
	assert_int_equal(env_loop_start(w.view), ERR_OK);
	settle(&w);
	assert_int_equal(w.heard, 60);
	world_free(&w);
}

/* All events and one filtered question, before and after `harm` to the file. */
static void assert_equal_answers(world_t *w, void (*harm)(world_t *w, uint64_t n), uint64_t n)
{
	static const events_query_t all = { .limit = 1000 };
	static const events_query_t some = { .limit = 1000, .class_mask = 1u << EVENT_ALERT };
	found_t *found = calloc(4, sizeof(*found));
	assert_non_null(found);
	find(w, &all, &found[0]);
	find(w, &some, &found[1]);
	halt(w);
	boot(w);
	harm(w, n);
	open_view(w);
	find(w, &all, &found[2]);
	find(w, &some, &found[3]);
	assert_memory_equal(&found[0], &found[2], sizeof(found[0]));
	assert_memory_equal(&found[1], &found[3], sizeof(found[1]));
	free(found);
}

static void harm_nothing(world_t *w, uint64_t n)
{
	(void)w;
	(void)n;
}

static void harm_remove(world_t *w, uint64_t n)
{
	(void)n;
	assert_int_equal(env_path_remove(w->env, INDEX), ERR_OK);
}

static void harm_cut(world_t *w, uint64_t n)
{
	assert_int_equal(twin_disk_cut(w->twin, "node", INDEX, n), ERR_OK);
}

static void harm_flip(world_t *w, uint64_t n)
{
	assert_int_equal(twin_disk_flip(w->twin, "node", INDEX, n), ERR_OK);
}

static void a_whole_index_is_used_as_it_is(void **state)
{
	(void)state;
	world_t w = world_make(5);
	start(&w);
	assert_false(events_rebuilt(w.events));
	append(&w, 1, 60);
	assert_equal_answers(&w, harm_nothing, 0);
	assert_false(events_rebuilt(w.events));
	world_free(&w);
}

static void a_missing_index_is_rebuilt(void **state)
{
	(void)state;
	world_t w = world_make(6);
	start(&w);
	append(&w, 1, 60);
	assert_equal_answers(&w, harm_remove, 0);
	assert_true(events_rebuilt(w.events));
	world_free(&w);
}

static void a_cut_or_flipped_index_gives_the_same_answers(void **state)
{
	(void)state;
	world_t w = world_make(7);
	start(&w);
	append(&w, 1, 20);
	for (uint64_t n = 0; n < 32 + 20 * 40; n += 3) {
		assert_equal_answers(&w, harm_flip, n);
		assert_equal_answers(&w, harm_cut, n);
	}
	append(&w, 21, 25);
	assert_equal_answers(&w, harm_nothing, 0);
	world_free(&w);
}

static void an_index_ahead_of_its_journal_is_rebuilt(void **state)
{
	(void)state;
	uint8_t kept[4096];
	size_t len = 0;
	world_t w = world_make(8);
	start(&w);
	append(&w, 1, 30);
	halt(&w);
	boot(&w);
	assert_int_equal(env_file_load(w.env, INDEX, kept, sizeof(kept), &len), ERR_OK);
	assert_int_equal(env_file_save(w.env, INDEX, slice_of(kept, 32 + 10 * 40)), ERR_OK);
	open_view(&w);
	append(&w, 31, 33);
	assert_equal_answers(&w, harm_nothing, 0);
	halt(&w);
	/* The journal of another node, longer and shorter, under the old index. */
	w.env = NULL;
	assert_int_equal(twin_host_open(w.twin, "other", &w.env), ERR_OK);
	assert_int_equal(env_dir_make(w.env, "data/views"), ERR_OK);
	assert_int_equal(env_file_save(w.env, INDEX, slice_of(kept, len)), ERR_OK);
	assert_int_equal(env_loop_new(w.env, "files", ENV_LOOP_FILES, &w.loop), ERR_OK);
	journal_spec_t spec = {
		.dir = "data/journal", .name = "main", .chained = true, .commit_loop = w.loop
	};
	journal_recovery_t recovery;
	found_t found;
	assert_int_equal(journal_open(w.env, &spec, &w.journal, &recovery, NULL), ERR_OK);
	open_view(&w);
	find(&w, &(events_query_t){ .limit = 1000 }, &found);
	assert_int_equal(found.count, 0);
	world_free(&w);
}

static void the_oldest_rows_leave_when_the_index_is_full(void **state)
{
	(void)state;
	world_t w = world_make(9);
	found_t found;
	w.rows_max = 30;
	start(&w);
	append(&w, 1, 200);
	find(&w, &(events_query_t){ .limit = 1000 }, &found);
	assert_int_equal(found.count, 30);
	assert_int_equal(found.number[29], 171);
	assert_equal_answers(&w, harm_nothing, 0);
	assert_equal_answers(&w, harm_remove, 0);
	world_free(&w);
}

static void power_loss_at_any_moment_leaves_a_view_that_answers(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		world_t w = world_make(100 + seed);
		found_t found;
		start(&w);
		append(&w, 1, 10);
		twin_crash_at(w.env, 1 + seed);
		for (uint64_t n = 11; n <= 60 && !twin_crashed(w.env); n++) {
			event_t event = event_make(MSG_LOGIN, (node_time_t){ 0 });
			event_arg(&event, ARG_COUNT, value_u64(n));
			if (event_append(w.journal, &event))
				break;
			for (int i = 0; i < 5 && !twin_crashed(w.env); i++)
				twin_step(w.twin);
		}
		uint64_t durable = journal_durable(w.journal);
		halt(&w);
		twin_disk_reboot(w.twin, "node");
		start(&w);
		find(&w, &(events_query_t){ .limit = 1000 }, &found);
		/* One record of the first ten is no event. */
		assert_true(found.count + 1 >= durable);
		for (size_t i = 0; i < found.count; i++)
			assert_int_equal(found.number[i], found.count - i);
		world_free(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries_find_by_class_severity_point_and_incident),
		cmocka_unit_test(pages_follow_one_another_without_gap),
		cmocka_unit_test(a_search_ends_when_the_asker_has_enough),
		cmocka_unit_test(listeners_hear_every_event_once_in_order),
		cmocka_unit_test(what_is_durable_is_found_though_the_view_loop_is_busy),
		cmocka_unit_test(a_question_in_the_midst_of_a_portion_finds_each_event_once),
		cmocka_unit_test(a_whole_index_is_used_as_it_is),
		cmocka_unit_test(a_missing_index_is_rebuilt),
		cmocka_unit_test(a_cut_or_flipped_index_gives_the_same_answers),
		cmocka_unit_test(an_index_ahead_of_its_journal_is_rebuilt),
		cmocka_unit_test(the_oldest_rows_leave_when_the_index_is_full),
		cmocka_unit_test(power_loss_at_any_moment_leaves_a_view_that_answers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
