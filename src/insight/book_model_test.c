/* SPDX-License-Identifier: Apache-2.0 */
/* The book against an oracle, all that was issued in a list, through random issues, batches,
 * restarts, losses of power and damage of the view. */
#include "insight/book_fixture_test.h"

enum { DEFINITIONS = 2, ENTITIES = 3, SOURCES = 3, DAYS = 3, SAID_MAX = 2000 };

typedef struct {
	unsigned definition, scope, entity, source, day; /* source 0: own */
} spot_t;

typedef struct {
	spot_t spot;
	uint32_t revision;
	int64_t issued_ns;
	double value;
	uint64_t seq;
} said_t;

typedef struct {
	world_t w;
	rng_t rng;
	said_t said[SAID_MAX];
	size_t count;
	uint64_t followed;
} model_t;

static const char *const DEFINITION_NAMES[] = { "test.rate", "test.share" };
static const char *const SCOPE_NAMES[] = { "above-scale", "all" };
static const char *const ENTITY_NAMES[] = { "99.1", "99.1/a", "99.2" };
static const char *const SOURCE_NAMES[] = { "", "99.2", "99.3" };

static figure_t figure_at(const spot_t *spot, double value)
{
	figure_t figure = figure_of(ENTITY_NAMES[spot->entity], (int)spot->day, value);
	figure.key.definition = slice_str(DEFINITION_NAMES[spot->definition]);
	figure.key.scope = slice_str(SCOPE_NAMES[spot->scope]);
	return figure;
}

static spot_t random_spot(model_t *m)
{
	spot_t spot = { 0 };
	spot.definition = (unsigned)rng_below(&m->rng, DEFINITIONS);
	spot.scope = (unsigned)rng_below(&m->rng, 2);
	spot.entity = (unsigned)rng_below(&m->rng, ENTITIES);
	spot.source = (unsigned)rng_below(&m->rng, SOURCES);
	spot.day = (unsigned)rng_below(&m->rng, DAYS);
	return spot;
}

static bool same_spot(const spot_t *a, const spot_t *b)
{
	return a->definition == b->definition && a->scope == b->scope && a->entity == b->entity &&
	       a->source == b->source && a->day == b->day;
}

static bool is_newer(const said_t *a, const said_t *b)
{
	return a->revision != b->revision ? a->revision > b->revision : a->issued_ns > b->issued_ns;
}

/* The newest of a spot that is seen: not durable ones are by who issues alone. */
static const said_t *newest(const model_t *m, const spot_t *spot, uint64_t durable, int64_t by_ns)
{
	const said_t *found = NULL;
	for (size_t i = 0; i < m->count; i++) {
		const said_t *said = &m->said[i];
		if (same_spot(&said->spot, spot) && said->seq <= durable &&
		    (by_ns == 0 || said->issued_ns <= by_ns) && (!found || is_newer(said, found)))
			found = said;
	}
	return found;
}

static uint32_t revisions_of(const model_t *m, const spot_t *spot)
{
	uint32_t count = 0;
	for (size_t i = 0; i < m->count; i++)
		count += same_spot(&m->said[i].spot, spot);
	return count;
}

static void model_issue(model_t *m)
{
	spot_t spot = random_spot(m);
	spot.source = 0;
	double value = (double)rng_below(&m->rng, 4);
	figure_t figure = figure_at(&spot, value);
	const said_t *last = newest(m, &spot, UINT64_MAX, 0);
	uint64_t seq = 0;
	assert_int_equal(book_issue(m->w.book, &figure, &seq), ERR_OK);
	assert_int_equal(seq == 0, last && last->value == value);
	if (seq == 0)
		return;
	assert_int_equal(figure.revision, last ? last->revision + 1 : 1);
	m->said[m->count++] = (said_t){ spot, figure.revision, figure.issued_ns, value, seq };
}

static void model_receive(model_t *m)
{
	figure_t figures[4];
	spot_t first = random_spot(m);
	size_t count = 1 + rng_below(&m->rng, 4);
	first.source = 1 + (unsigned)rng_below(&m->rng, SOURCES - 1);
	for (size_t i = 0; i < count; i++) {
		said_t said = { .spot = random_spot(m), .seq = journal_last(m->w.f.journal) + 1 };
		said.spot.source = first.source;
		said.revision = 1 + (uint32_t)rng_below(&m->rng, 3);
		said.issued_ns = 1 + (int64_t)rng_below(&m->rng, 4);
		said.value = (double)rng_below(&m->rng, 3);
		figures[i] = figure_at(&said.spot, said.value);
		figures[i].revision = said.revision;
		figures[i].issued_ns = said.issued_ns;
		bool is_known = false;
		for (size_t k = 0; k < m->count; k++)
			is_known = is_known || (same_spot(&m->said[k].spot, &said.spot) &&
			                        m->said[k].revision == said.revision &&
			                        m->said[k].issued_ns == said.issued_ns &&
			                        m->said[k].value == said.value);
		if (!is_known)
			m->said[m->count++] = said;
	}
	assert_int_equal(receive(&m->w, SOURCE_NAMES[first.source], "99.9", figures, count),
	                 ERR_OK);
}

typedef struct {
	model_t *m;
	book_query_t query;
	spot_t spot; /* looked at next */
	bool is_ended;
	size_t count;
	uint8_t place[BOOK_PLACE_MAX];
} reading_t;

static bool step(spot_t *s)
{
	unsigned *digits[] = { &s->day, &s->source, &s->entity, &s->scope, &s->definition };
	static const unsigned bases[] = { DAYS, SOURCES, ENTITIES, 2, DEFINITIONS };
	for (size_t i = 0; i < 5; i++) {
		if (++*digits[i] < bases[i])
			return true;
		*digits[i] = 0;
	}
	return false;
}

static bool is_wanted(const reading_t *r)
{
	const book_query_t *query = &r->query;
	return (!query->definition.len ||
	        slice_eq(query->definition, slice_str(DEFINITION_NAMES[r->spot.definition]))) &&
	       (!query->entity.len ||
	        slice_eq(query->entity, slice_str(ENTITY_NAMES[r->spot.entity]))) &&
	       (!query->has_source ||
	        slice_eq(query->source, slice_str(SOURCE_NAMES[r->spot.source]))) &&
	       (query->to_ns == 0 || (int64_t)r->spot.day * NS_PER_DAY < query->to_ns);
}

/* The next that the oracle has; NULL at the end. */
static const said_t *expected(reading_t *r)
{
	while (!r->is_ended) {
		const said_t *said = is_wanted(r) ? newest(r->m, &r->spot, r->m->followed,
		                                           r->query.published_by_ns)
		                                  : NULL;
		r->is_ended = !step(&r->spot);
		if (said)
			return said;
	}
	return NULL;
}

static bool check_row(void *ctx, const book_row_t *row)
{
	reading_t *r = ctx;
	const said_t *said = expected(r);
	assert_non_null(said);
	assert_int_equal(row->seq, said->seq);
	assert_int_equal(row->figure.revision, said->revision);
	assert_int_equal(row->figure.issued_ns, said->issued_ns);
	assert_true(row->figure.value == said->value);
	assert_int_equal(row->revisions, revisions_of(r->m, &said->spot));
	assert_true(slice_eq(row->key.entity, row->figure.entity));
	assert_true(slice_eq(row->key.source, slice_str(SOURCE_NAMES[said->spot.source])));
	assert_true(slice_eq(row->node, slice_str(said->spot.source ? "99.9" : "")));
	writer_t w = writer_of(r->place, sizeof(r->place));
	book_place_put(&row->key, &w);
	assert_false(w.bad);
	r->query.after = writer_done(&w);
	r->count++;
	return true;
}

static void check_pages(model_t *m)
{
	reading_t r = { .m = m, .query = { .limit = 1 + rng_below(&m->rng, 20) } };
	if (rng_below(&m->rng, 2))
		r.query.definition = slice_str(DEFINITION_NAMES[rng_below(&m->rng, DEFINITIONS)]);
	if (rng_below(&m->rng, 2))
		r.query.entity = slice_str(ENTITY_NAMES[rng_below(&m->rng, ENTITIES)]);
	r.query.has_source = rng_below(&m->rng, 2);
	r.query.source = slice_str(SOURCE_NAMES[rng_below(&m->rng, SOURCES)]);
	r.query.to_ns = (int64_t)rng_below(&m->rng, DAYS + 1) * NS_PER_DAY;
	r.query.published_by_ns = (int64_t)rng_below(&m->rng, 5);
	size_t given;
	do {
		given = r.count;
		assert_int_equal(book_list(m->w.book, &r.query, check_row, &r), ERR_OK);
	} while (r.count - given == r.query.limit);
	assert_null(expected(&r));
}

typedef struct {
	const model_t *m;
	const said_t *before;
	uint32_t count;
} past_t;

static bool check_past(void *ctx, const book_row_t *row)
{
	past_t *past = ctx;
	said_t said = { .revision = row->figure.revision, .issued_ns = row->figure.issued_ns };
	assert_true(past->count == 0 || !is_newer(&said, past->before));
	for (size_t i = 0; i < past->m->count; i++)
		if (past->m->said[i].seq == row->seq &&
		    past->m->said[i].revision == said.revision &&
		    past->m->said[i].issued_ns == said.issued_ns &&
		    past->m->said[i].value == row->figure.value)
			past->before = &past->m->said[i];
	assert_non_null(past->before);
	past->count++;
	return true;
}

static void check_history(model_t *m)
{
	spot_t spot = random_spot(m);
	figure_t figure = figure_at(&spot, 0);
	book_key_t key = { figure.key, figure.entity, slice_str(SOURCE_NAMES[spot.source]) };
	past_t past = { .m = m };
	uint32_t count = 0;
	for (size_t i = 0; i < m->count; i++)
		count += same_spot(&m->said[i].spot, &spot) && m->said[i].seq <= m->followed;
	err_t err = book_history(m->w.book, &key, check_past, &past);
	assert_int_equal(err, count ? ERR_OK : ERR_NOT_FOUND);
	assert_int_equal(past.count, count);
}

static void model_follow(model_t *m)
{
	if (rng_below(&m->rng, 4))
		settle(&m->w.f);
	assert_int_equal(book_follow(m->w.book), ERR_OK);
	m->followed = journal_durable(m->w.f.journal);
}

/* What happens to the view while nobody looks: nothing, a bit, its end, all of it. */
static bool damage(model_t *m)
{
	static const char *const path = "data/views/book";
	env_t *env = NULL;
	uint64_t size = 0;
	env_file_t *file = NULL;
	assert_int_equal(twin_host_open(m->w.f.twin, "node", &env), ERR_OK);
	err_t err = env_file_open(env, path, ENV_OPEN_READ, &file);
	if (err == ERR_OK)
		assert_int_equal(env_file_size(file, &size), ERR_OK);
	env_file_close(file);
	uint64_t act = size ? rng_below(&m->rng, 5) : 4;
	if (act == 2)
		assert_int_equal(env_path_remove(env, path), ERR_OK);
	twin_host_close(env);
	if (act == 0)
		assert_int_equal(
			twin_disk_flip(m->w.f.twin, "node", path, rng_below(&m->rng, size)),
			ERR_OK);
	if (act == 1)
		assert_int_equal(twin_disk_cut(m->w.f.twin, "node", path, rng_below(&m->rng, size)),
		                 ERR_OK);
	return act < 2;
}

static void model_restart(model_t *m)
{
	bool is_cut = rng_below(&m->rng, 3) == 0;
	if (rng_below(&m->rng, 2))
		assert_int_equal(book_save(m->w.book), ERR_OK);
	if (is_cut)
		twin_power_off(m->w.f.env);
	world_halt(&m->w);
	if (is_cut)
		twin_disk_reboot(m->w.f.twin, "node");
	bool is_damaged = damage(m);
	world_start(&m->w);
	if (is_damaged)
		assert_true(book_rebuilt(m->w.book));
	m->followed = m->w.f.recovery.last_seq;
	size_t kept = 0;
	for (size_t i = 0; i < m->count; i++)
		if (m->said[i].seq <= m->followed)
			m->said[kept++] = m->said[i];
	m->count = kept;
}

static void run_model(model_t *m, uint64_t seed)
{
	*m = (model_t){ .w = world_make(seed), .rng = rng_of(seed) };
	world_start(&m->w);
	while (m->count < SAID_MAX / 6) {
		uint64_t act = rng_below(&m->rng, 40);
		if (act < 16)
			model_issue(m);
		else if (act < 22)
			model_receive(m);
		else if (act < 30)
			model_follow(m);
		else if (act < 32)
			check_history(m);
		else if (act < 33)
			model_restart(m);
		else if (m->followed == journal_last(m->w.f.journal))
			check_pages(m);
	}
	model_follow(m);
	world_free(&m->w);
}

static void the_book_is_what_was_issued_through_restarts_and_damage(void **state)
{
	for (uint64_t seed = 1; seed <= 12; seed++)
		run_model(*state, seed);
}

int main(void)
{
	static model_t model;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(the_book_is_what_was_issued_through_restarts_and_damage,
		                          &model),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
