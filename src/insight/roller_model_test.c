/* SPDX-License-Identifier: Apache-2.0 */
/* What a parent says of its children, against the sums of what they sent, through late and
 * corrected figures, silence, losses of power; and three levels of parents. JIZHU_SEEDS says how
 * many seeds (30). */
#include "env/twin/seeds.h"
#include "insight/roller_fixture_test.h"

/* ---- against sums */

enum { KIDS = 4, SCOPES = 2, DAYS = 3, LIVES = 4, SITE = KIDS - 1 };

static const char *const KID_NAMES[KIDS] = { "99.2", "99.3", "99.4", "99.1/site" };
static const char *const SCOPE_NAMES[SCOPES] = { "all", "big" };

typedef struct {
	uint64_t seq; /* of its record; 0: nothing was sent */
	uint32_t revision;
	double nc, total;
} sent_t;

enum { SENT_MAX = 2000 };

typedef struct {
	node_t n;
	rng_t rng;
	struct {
		unsigned kid, scope, day;
		sent_t sent;
	} all[SENT_MAX];
	size_t count;
	uint32_t revisions;
} model_t;

static void model_send(model_t *m)
{
	unsigned kid = (unsigned)rng_below(&m->rng, KIDS), day = (unsigned)rng_below(&m->rng, DAYS);
	unsigned scope = (unsigned)rng_below(&m->rng, SCOPES);
	sent_t sent = { .nc = (double)rng_below(&m->rng, 9),
		        .total = 1 + (double)rng_below(&m->rng, 9) };
	figure_t figure = nc_of(KID_NAMES[kid], (int)day, sent.nc, sent.total);
	figure.key.scope = slice_str(SCOPE_NAMES[scope]);
	figure.revision = sent.revision = ++m->revisions;
	/* An older one may come behind a newer. */
	if (rng_below(&m->rng, 4) == 0)
		figure.revision = sent.revision = 1;
	figure.issued_ns = (int64_t)m->revisions;
	err_t err = kid == SITE ? book_issue(m->n.w.book, &figure, &sent.seq)
	                        : receive(&m->n.w, KID_NAMES[kid], KID_NAMES[kid], &figure, 1);
	if (err || (kid == SITE && sent.seq == 0))
		return;
	sent.revision = figure.revision;
	sent.seq = journal_last(m->n.w.f.journal);
	assert_true(m->count < SENT_MAX);
	m->all[m->count].kid = kid;
	m->all[m->count].scope = scope;
	m->all[m->count].day = day;
	m->all[m->count++].sent = sent;
}

/* The newest of those that are still there; of one revision the later. */
static const sent_t *model_last(const model_t *m, unsigned kid, unsigned scope, unsigned day)
{
	const sent_t *last = NULL;
	for (size_t i = 0; i < m->count; i++)
		if (m->all[i].kid == kid && m->all[i].scope == scope && m->all[i].day == day &&
		    (!last || m->all[i].sent.revision >= last->revision))
			last = &m->all[i].sent;
	return last;
}

static void model_forget(model_t *m)
{
	size_t kept = 0;
	for (size_t i = 0; i < m->count; i++)
		if (m->all[i].sent.seq <= m->n.w.f.recovery.last_seq)
			m->all[kept++] = m->all[i];
	m->count = kept;
}

static bool model_holds(model_t *m, unsigned scope, unsigned day)
{
	figure_key_t key = nc_of("", (int)day, 1, 1).key;
	key.scope = slice_str(SCOPE_NAMES[scope]);
	seen_t seen = seen_at(&m->n, key), want = { 0 };
	for (unsigned kid = 0; kid < KIDS; kid++) {
		const sent_t *last = model_last(m, kid, scope, day);
		if (!last)
			continue;
		want.nc += last->nc;
		want.total += last->total;
		want.reporting++;
		want.sources += last->revision;
	}
	if (want.reporting == 0)
		return !seen.is_there;
	return seen.is_there && seen.nc == want.nc && seen.total == want.total &&
	       seen.expected == KIDS && seen.reporting == want.reporting &&
	       seen.sources == want.sources;
}

typedef struct {
	bool has_last, is_twice;
	double nc, total;
	uint32_t reporting, sources;
} histories_t;

static bool is_new(void *ctx, const book_row_t *row)
{
	histories_t *h = ctx;
	seen_t seen;
	(void)see(&seen, row);
	h->is_twice = h->is_twice || (h->has_last && h->nc == seen.nc && h->total == seen.total &&
	                              h->reporting == seen.reporting && h->sources == seen.sources);
	*h = (histories_t){ true, h->is_twice, seen.nc, seen.total, seen.reporting, seen.sources };
	return true;
}

/* No two figures of a cell that follow one another say the same. */
static bool says_nothing_twice(model_t *m, unsigned scope, unsigned day)
{
	book_key_t key = { nc_of("", (int)day, 1, 1).key, slice_str(m->n.name), { 0 } };
	histories_t h = { 0 };
	key.key.scope = slice_str(SCOPE_NAMES[scope]);
	err_t err = book_history(m->n.w.book, &key, is_new, &h);
	return (err == ERR_OK || err == ERR_NOT_FOUND) && !h.is_twice;
}

static const char *model_check(model_t *m)
{
	for (unsigned scope = 0; scope < SCOPES; scope++)
		for (unsigned day = 0; day < DAYS; day++) {
			if (!model_holds(m, scope, day))
				return "a figure is not the sum of the parts";
			if (!says_nothing_twice(m, scope, day))
				return "a figure was issued twice";
		}
	return NULL;
}

static const char *model_live(model_t *m)
{
	err_t err = node_start(&m->n);
	if (!err)
		model_forget(m);
	twin_crash_at(m->n.w.f.env, 1 + rng_below(&m->rng, 150));
	for (unsigned i = 0; i < 60 && !err && !twin_crashed(m->n.w.f.env); i++) {
		model_send(m);
		if (rng_below(&m->rng, 8) == 0)
			(void)!roller_save(m->n.roller);
		node_run(&m->n, (int64_t)rng_below(&m->rng, 3) * NS_PER_S);
	}
	node_crash(&m->n);
	return err && err != ERR_IO ? "opening gave up" : NULL;
}

/* Without its mark it looks at all again and issues nothing. */
static const char *model_again(model_t *m)
{
	uint64_t last = journal_last(m->n.w.f.journal);
	node_halt(&m->n);
	OK(twin_host_open(m->n.w.f.twin, "node", &m->n.w.f.env));
	(void)!env_path_remove(m->n.w.f.env, "data/views/roller");
	twin_host_close(m->n.w.f.env);
	if (node_start(&m->n))
		return "opening gave up";
	node_rest(&m->n);
	return journal_last(m->n.w.f.journal) == last ? model_check(m)
	                                              : "a start issued what was issued";
}

static const char *run_seed(uint64_t seed, bool lying)
{
	model_t *m = calloc(1, sizeof(*m));
	const char *fault = NULL;
	assert_non_null(m);
	(void)lying;
	node_make(&m->n, "99.1", seed);
	for (unsigned kid = 0; kid < KIDS; kid++) {
		node_child(&m->n, KID_NAMES[kid]);
		m->n.children[kid].is_own = kid == SITE;
	}
	m->rng = rng_of(seed);
	for (unsigned i = 0; i < LIVES && !fault; i++)
		fault = model_live(m);
	if (!fault && node_start(&m->n))
		fault = "opening gave up";
	if (!fault) {
		model_forget(m);
		node_rest(&m->n);
		fault = model_check(m);
	}
	if (!fault)
		fault = model_again(m);
	node_free(&m->n);
	free(m);
	return fault;
}

static void a_parent_says_the_sum_of_what_its_children_said_last(void **state)
{
	(void)state;
	seeds_hold(run_seed, 30);
}

/* ---- three levels */

enum { LEAVES = 10, MIDDLES = 3, NODES = 1 + MIDDLES + LEAVES };

static const char *const NAMES[NODES] = {
	"99.1",   "99.11",  "99.12",  "99.13",  "99.111", "99.112", "99.113",
	"99.114", "99.121", "99.122", "99.123", "99.131", "99.132", "99.133",
};

static unsigned parent_of(unsigned i)
{
	return i <= MIDDLES ? 0 : (unsigned)(NAMES[i][4] - '0');
}

typedef struct {
	node_t nodes[NODES];
	double nc[LEAVES], total[LEAVES]; /* total 0: nothing was said */
	rng_t rng;
} tree_t;

/* What a node has issued since goes to its parent, as it is. */
static void climb(tree_t *t, unsigned i)
{
	node_t *n = &t->nodes[i], *to = &t->nodes[parent_of(i)];
	journal_cursor_t *cursor;
	journal_record_t record;
	figure_t figure;
	OK(journal_cursor_open(n->w.f.journal, n->climbed + 1, &cursor));
	while (journal_cursor_next(cursor, &record) == ERR_OK) {
		n->climbed = record.seq;
		if (record.type != JOURNAL_FIGURE)
			continue;
		OK(figure_decode(record.payload, &figure));
		node_send(to, n->name, figure);
	}
	journal_cursor_close(cursor);
}

static void tree_run(tree_t *t, int64_t for_ns)
{
	for (unsigned i = NODES; i-- > 0;) {
		node_run(&t->nodes[i], for_ns);
		settle(&t->nodes[i].w.f);
		if (i > 0)
			climb(t, i);
	}
}

static void leaf_says(tree_t *t, unsigned leaf)
{
	uint64_t seq;
	t->nc[leaf] = (double)rng_below(&t->rng, 100);
	t->total[leaf] = 100 + (double)rng_below(&t->rng, 100);
	figure_t figure = nc_of(NAMES[1 + MIDDLES + leaf], 0, t->nc[leaf], t->total[leaf]);
	OK(book_issue(t->nodes[1 + MIDDLES + leaf].w.book, &figure, &seq));
}

static void assert_root(tree_t *t)
{
	seen_t want = { 0 };
	OK(book_follow(t->nodes[0].w.book));
	seen_t seen = seen_on(&t->nodes[0], 0);
	for (unsigned i = 0; i < LEAVES; i++) {
		want.nc += t->nc[i];
		want.total += t->total[i];
		want.reporting += t->total[i] > 0;
	}
	assert_true(seen.nc == want.nc && seen.total == want.total);
	assert_int_equal(seen.expected, LEAVES);
	assert_int_equal(seen.reporting, want.reporting);
}

static void the_root_of_three_levels_says_the_sum_of_the_leaves(void **state)
{
	tree_t *t = calloc(1, sizeof(*t));
	(void)state;
	assert_non_null(t);
	t->rng = rng_of(9);
	for (unsigned i = 0; i < NODES; i++)
		node_make(&t->nodes[i], NAMES[i], i + 1);
	for (unsigned i = 1; i < NODES; i++)
		node_child(&t->nodes[parent_of(i)], NAMES[i]);
	for (unsigned i = 0; i < NODES; i++)
		OK(node_start(&t->nodes[i]));
	/* The last one of each middle is silent. */
	for (unsigned i = 0; i < LEAVES; i++)
		if (i != 3 && i != 6 && i != 9)
			leaf_says(t, i);
	for (unsigned i = 0; i < 8; i++)
		tree_run(t, 5 * NS_PER_S);
	assert_root(t);
	/* Late, and corrected, while a middle and the root begin anew. */
	leaf_says(t, 3);
	leaf_says(t, 6);
	for (unsigned i = 0; i < 3; i++)
		leaf_says(t, (unsigned)rng_below(&t->rng, LEAVES - 1));
	tree_run(t, 5 * NS_PER_S);
	for (unsigned i = 0; i < 2; i++) {
		OK(roller_save(t->nodes[i].roller));
		node_crash(&t->nodes[i]);
		OK(node_start(&t->nodes[i]));
	}
	for (unsigned i = 0; i < 8; i++)
		tree_run(t, 5 * NS_PER_S);
	assert_root(t);
	for (unsigned i = 0; i < NODES; i++)
		node_free(&t->nodes[i]);
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_parent_says_the_sum_of_what_its_children_said_last),
		cmocka_unit_test(the_root_of_three_levels_says_the_sum_of_the_leaves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
