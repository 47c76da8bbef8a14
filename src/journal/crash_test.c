/* SPDX-License-Identifier: Apache-2.0 */
/* Power loss at a random disk operation, again and again on the same disk, under
 * several writers. Afterwards every record that was reported durable is there
 * with its bytes, what follows it was at least appended, and nothing else is; and who
 * follows a rare type finds all of it.
 *
 * The same check runs over a disk that acknowledges syncs it does not do, where it
 * must fail: a check that cannot fail proves nothing. JIZHU_SEEDS sets how many
 * histories are run. */
#include "env/twin/seeds.h"
#include "journal/follow.h"
#include "journal/fixture_test.h"

#include <stdlib.h>

enum { WRITERS = 3, LIVES = 4, RECORDS_MAX = 4096, SEEDS_DEFAULT = 500, LYING_SEEDS = 60 };

typedef struct run run_t;

typedef struct {
	run_t *run;
	env_loop_t *loop;
	env_timer_t *timer;
} writer_loop_t;

struct run {
	fixture_t f;
	rng_t rng;
	writer_loop_t writers[WRITERS];
	uint64_t tags[RECORDS_MAX + 1]; /* what was appended, by sequence */
	uint64_t next_tag, last, durable;
	const char *fault; /* why the run failed */
};

static void note(run_t *run, uint64_t seq, uint64_t tag)
{
	if (seq != run->last + 1)
		run->fault = "a sequence was skipped or given twice";
	if (seq > RECORDS_MAX)
		return;
	run->tags[seq] = tag;
	run->last = seq;
}

/* Rare enough that many segments have none. */
static journal_type_t type_of(uint64_t tag)
{
	return tag % 16 ? JOURNAL_EVENT : JOURNAL_ACCESS;
}

static void on_write(void *ctx)
{
	writer_loop_t *w = ctx;
	run_t *run = w->run;
	for (uint64_t n = 1 + rng_below(&run->rng, 4); n > 0 && run->last < RECORDS_MAX; n--) {
		uint64_t seq = 0, tag = run->next_tag++;
		if (append_typed(run->f.journal, type_of(tag), tag, &seq) == ERR_OK)
			note(run, seq, tag);
	}
	env_timer_set(w->timer, (int64_t)rng_below(&run->rng, 400000));
}

static void writers_start(run_t *run)
{
	for (size_t i = 0; i < WRITERS; i++) {
		writer_loop_t *w = &run->writers[i];
		w->run = run;
		assert_int_equal(env_loop_new(run->f.env, "writer", ENV_LOOP_EVENTS, &w->loop),
		                 ERR_OK);
		assert_int_equal(env_timer_new(w->loop, on_write, w, &w->timer), ERR_OK);
		env_timer_set(w->timer, 0);
		assert_int_equal(env_loop_start(w->loop), ERR_OK);
	}
}

static void writers_free(run_t *run)
{
	for (size_t i = 0; i < WRITERS; i++) {
		writer_loop_t *w = &run->writers[i];
		env_loop_stop(w->loop);
		env_timer_free(w->timer);
		env_loop_free(w->loop);
		*w = (writer_loop_t){ 0 };
	}
}

typedef struct {
	run_t *run;
	uint64_t seq; /* of the one taken last */
} rare_t;

/* The next of its type. */
static err_t take_rare(void *ctx, const journal_record_t *record)
{
	rare_t *rare = ctx;
	uint64_t seq = rare->seq + 1;
	while (seq < record->seq && type_of(rare->run->tags[seq]) != record->type)
		seq++;
	if (seq != record->seq || type_of(rare->run->tags[seq]) != record->type)
		rare->run->fault = "a record was not what is followed, or one was left out";
	rare->seq = record->seq;
	return ERR_OK;
}

static void check_rare(run_t *run)
{
	rare_t rare = { .run = run };
	journal_mark_t mark = { 0 };
	journal_follower_t follower = { .journal = run->f.journal,
		                        .types = JOURNAL_TYPE_BIT(JOURNAL_ACCESS),
		                        .take = take_rare,
		                        .ctx = &rare };
	if (journal_follow(&follower, &mark) || mark.seq != run->last)
		run->fault = "a follower did not get to the end";
	for (uint64_t seq = rare.seq + 1; seq <= run->last; seq++)
		if (type_of(run->tags[seq]) == JOURNAL_ACCESS)
			run->fault = "the last of a type were left out";
}

/* Reads all there is and holds it against what was appended. */
static void check(run_t *run)
{
	fixture_t *f = &run->f;
	journal_cursor_t *cursor = NULL;
	journal_record_t record;
	uint8_t buf[512];
	uint64_t found = f->recovery.last_seq;
	if (found < run->durable)
		run->fault = "an acknowledged record is missing";
	if (found > run->last)
		run->fault = "a record was invented";
	if (run->fault || journal_cursor_open(f->journal, 1, &cursor))
		return;
	for (uint64_t seq = 1; seq <= found; seq++) {
		if (journal_cursor_next(cursor, &record) || record.seq != seq ||
		    !slice_eq(record.payload, payload_of(run->tags[seq], buf)))
			run->fault = "a record is not what was appended";
	}
	journal_cursor_close(cursor);
	run->last = found;
	run->durable = found;
	if (!run->fault)
		check_rare(run);
}

/* From power on to power off; also recovery itself may lose power. */
static void live(run_t *run, bool lying)
{
	fixture_t *f = &run->f;
	fixture_boot(f);
	twin_disk_lie(f->env, lying);
	twin_crash_at(f->env, 1 + rng_below(&run->rng, 90));
	err_t err = fixture_open(f);
	if (!err) {
		check(run);
		writers_start(run);
		while (!twin_crashed(f->env) && run->last < RECORDS_MAX && twin_step(f->twin)) {
			uint64_t durable = journal_durable(f->journal);
			run->durable = durable > run->durable ? durable : run->durable;
		}
		writers_free(run);
	} else if (err != ERR_IO) {
		run->fault = "recovery gave up";
	}
	fixture_halt(f);
	twin_disk_reboot(f->twin, "node");
}

/* NULL, or what is wrong. */
static const char *run_seed(uint64_t seed, bool lying)
{
	run_t *run = calloc(1, sizeof(*run));
	assert_non_null(run);
	run->f = fixture_make(seed);
	run->rng = rng_of(seed);
	run->next_tag = 1;
	for (int i = 0; i < LIVES && !run->fault; i++)
		live(run, lying);
	fixture_boot(&run->f);
	if (!run->fault && fixture_open(&run->f))
		run->fault = "recovery gave up";
	if (!run->fault)
		check(run);
	const char *fault = run->fault;
	fixture_free(&run->f);
	free(run);
	return fault;
}

static void no_acknowledged_record_is_lost_and_none_invented(void **state)
{
	(void)state;
	seeds_hold(run_seed, SEEDS_DEFAULT);
}

static void a_disk_that_lies_about_syncs_is_caught(void **state)
{
	(void)state;
	seeds_catch_lies(run_seed, LYING_SEEDS, LYING_SEEDS / 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_acknowledged_record_is_lost_and_none_invented),
		cmocka_unit_test(a_disk_that_lies_about_syncs_is_caught),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
