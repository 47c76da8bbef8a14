/* SPDX-License-Identifier: Apache-2.0 */
/* Power loss at a random disk operation, again and again on the same disk, while figures are
 * issued, received and the view is written. Afterwards every figure that was reported durable
 * is found with what it said, nothing else is, no revision has been given twice, and the view
 * says what the journal says.
 *
 * The same check runs over a disk that acknowledges syncs it does not do, where it must fail. */
#include "env/twin/seeds.h"
#include "insight/book_fixture_test.h"

enum { LIVES = 4, CELLS = 6, SAID_MAX = 512, SEEDS_DEFAULT = 100, LYING_SEEDS = 30 };

typedef struct {
	uint64_t seq;
	int cell;
	uint32_t revision;
	double value;
} said_t;

typedef struct {
	world_t w;
	rng_t rng;
	said_t said[SAID_MAX];
	size_t count;
	uint64_t durable;
	size_t found;
	const char *fault;
} run_t;

static void act(run_t *run)
{
	int cell = (int)rng_below(&run->rng, CELLS);
	bool is_own = rng_below(&run->rng, 3) > 0;
	double value = (double)run->count + 1; /* never the same */
	figure_t figure = figure_of(is_own ? "99.1" : "99.2", cell, value);
	said_t said = { .cell = is_own ? cell : CELLS + cell, .value = value };
	if (is_own && book_issue(run->w.book, &figure, &said.seq) == ERR_OK) {
		said.revision = figure.revision;
		run->said[run->count++] = said;
	} else if (!is_own) {
		figure.revision = said.revision = (uint32_t)run->count + 1;
		said.seq = journal_last(run->w.f.journal) + 1;
		if (receive(&run->w, "99.2", "99.2", &figure, 1) == ERR_OK)
			run->said[run->count++] = said;
	}
	if (rng_below(&run->rng, 6) == 0 && book_save(run->w.book) && !twin_crashed(run->w.f.env))
		run->fault = "the view could not be written";
}

static bool find(void *ctx, const book_row_t *row)
{
	run_t *run = ctx;
	bool is_known = false;
	for (size_t i = 0; i < run->count; i++)
		is_known = is_known || (run->said[i].seq == row->seq &&
		                        run->said[i].revision == row->figure.revision &&
		                        run->said[i].value == row->figure.value);
	if (!is_known)
		run->fault = "a figure was invented";
	run->found++;
	return true;
}

static void check_cell(run_t *run, int cell)
{
	figure_t figure = figure_of(cell < CELLS ? "99.1" : "99.2", cell % CELLS, 0);
	book_key_t key = { figure.key, figure.entity, slice_str(cell < CELLS ? "" : "99.2") };
	size_t wanted = 0;
	run->found = 0;
	for (size_t i = 0; i < run->count; i++) {
		wanted += run->said[i].cell == cell;
		for (size_t k = 0; k < i; k++)
			if (run->said[i].cell == cell && run->said[k].cell == cell &&
			    run->said[i].revision == run->said[k].revision)
				run->fault = "a revision was given twice";
	}
	err_t err = book_history(run->w.book, &key, find, run);
	if (err && err != ERR_NOT_FOUND)
		run->fault = "the book cannot be read";
	if (run->found != wanted)
		run->fault = "a figure is missing";
}

/* What was not reported durable may be gone. */
static void check(run_t *run)
{
	uint64_t last = run->w.f.recovery.last_seq;
	size_t kept = 0;
	if (last < run->durable)
		run->fault = "an acknowledged figure is missing";
	for (size_t i = 0; i < run->count; i++)
		if (run->said[i].seq <= last)
			run->said[kept++] = run->said[i];
	run->count = kept;
	run->durable = last;
	for (int cell = 0; cell < 2 * CELLS && !run->fault; cell++)
		check_cell(run, cell);
}

static void live(run_t *run, bool lying)
{
	world_t *w = &run->w;
	fixture_boot(&w->f);
	twin_disk_lie(w->f.env, lying);
	twin_crash_at(w->f.env, 1 + rng_below(&run->rng, 120));
	err_t err = fixture_open(&w->f);
	w->spec.journal = w->f.journal;
	err = err ? err : book_open(w->f.env, &w->spec, &w->book);
	if (!err)
		check(run);
	else if (err != ERR_IO)
		run->fault = "opening gave up";
	while (!err && !run->fault && !twin_crashed(w->f.env) && run->count < SAID_MAX) {
		act(run);
		for (uint64_t n = rng_below(&run->rng, 6); n > 0 && twin_step(w->f.twin); n--)
			;
		uint64_t durable = journal_durable(w->f.journal);
		run->durable = durable > run->durable ? durable : run->durable;
		if (book_follow(w->book) && !twin_crashed(w->f.env))
			run->fault = "following gave up";
	}
	book_close(w->book);
	w->book = NULL;
	fixture_halt(&w->f);
	twin_disk_reboot(w->f.twin, "node");
}

/* NULL, or what is wrong. */
static const char *run_seed(uint64_t seed, bool lying)
{
	run_t *run = calloc(1, sizeof(*run));
	assert_non_null(run);
	run->w = world_make(seed);
	run->rng = rng_of(seed);
	for (int i = 0; i < LIVES && !run->fault; i++)
		live(run, lying);
	if (!run->fault && world_open(&run->w))
		run->fault = "opening gave up";
	if (!run->fault)
		check(run);
	const char *fault = run->fault;
	world_free(&run->w);
	free(run);
	return fault;
}

static void no_acknowledged_figure_is_lost_and_no_revision_given_twice(void **state)
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
		cmocka_unit_test(no_acknowledged_figure_is_lost_and_no_revision_given_twice),
		cmocka_unit_test(a_disk_that_lies_about_syncs_is_caught),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
