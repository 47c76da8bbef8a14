/* SPDX-License-Identifier: Apache-2.0 */
/* The register against an oracle that keeps every saying and works out each device anew:
 * in any order, with duplicates, over starts, with the view damaged or gone. */
#include "census/fixture_test.h"

#include "base/num.h"

static const char VIEW[] = "data/views/census";

enum { DEVICES = 40, SAYINGS = 600, CELLS = 1024 };

/* Times and properties repeat often, so that ties are met. */
static said_t chance_saying(rng_t *rng)
{
	said_t said = { .device = (uint32_t)rng_below(rng, DEVICES),
		        .reporter = (uint32_t)rng_below(rng, REPORTERS),
		        .told_s = START_S - 1000 + (uint32_t)rng_below(rng, 3),
		        .since_s = START_S - 5000 + (uint32_t)rng_below(rng, 2),
		        .seen_s = START_S - 2000 + (uint32_t)rng_below(rng, 100) };
	said.kind = (uint8_t)rng_below(rng, WORDS);
	said.industry = (uint8_t)rng_below(rng, WORDS);
	said.region = (uint8_t)rng_below(rng, WORDS);
	said.state = (uint8_t)rng_below(rng, CENSUS_STATE_COUNT);
	said.hops = (uint8_t)rng_below(rng, 3);
	return said;
}

/* The oracle. */

typedef struct {
	said_t of[DEVICES][REPORTERS];
	bool is_there[DEVICES][REPORTERS];
} oracle_t;

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_text(const char *a, const char *b)
{
	return compare(strcmp(a, b), 0);
}

static bool is_later(const said_t *a, const said_t *b)
{
	const int orders[] = {
		compare(a->told_s, b->told_s),
		compare(a->state, b->state),
		compare(a->since_s, b->since_s),
		compare_text(KINDS[a->kind], KINDS[b->kind]),
		compare_text(INDUSTRIES[a->industry], INDUSTRIES[b->industry]),
		compare_text(REGIONS[a->region], REGIONS[b->region]),
	};
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++)
		if (orders[i])
			return orders[i] > 0;
	return false;
}

/* From all that was ever said, in no order. */
static oracle_t oracle_of(const said_t *said, size_t count)
{
	oracle_t o = { .is_there = { { false } } };
	for (size_t i = 0; i < count; i++) {
		said_t *known = &o.of[said[i].device][said[i].reporter];
		bool *is_there = &o.is_there[said[i].device][said[i].reporter];
		uint8_t hops = *is_there && known->hops < said[i].hops ? known->hops : said[i].hops;
		uint32_t seen_s = *is_there && known->seen_s > said[i].seen_s ? known->seen_s
		                                                              : said[i].seen_s;
		if (!*is_there || is_later(&said[i], known))
			*known = said[i];
		known->hops = hops;
		known->seen_s = seen_s;
		*is_there = true;
	}
	return o;
}

static const said_t *speaker(const oracle_t *o, uint32_t device)
{
	const said_t *best = NULL;
	for (uint32_t r = 0; r < REPORTERS; r++) {
		const said_t *said = &o->of[device][r];
		if (!o->is_there[device][r])
			continue;
		int order = best ? compare(said->state == CENSUS_RETIRED,
		                           best->state == CENSUS_RETIRED)
		                 : -1;
		if (!order)
			order = compare(said->hops, best->hops);
		if (!order)
			order = compare(said->since_s, best->since_s);
		if (order < 0)
			best = said;
	}
	return best;
}

static slice_t property(const said_t *said, census_by_t by)
{
	const char *const texts[] = { "",
		                      NODES[said->reporter],
		                      KINDS[said->kind],
		                      INDUSTRIES[said->industry],
		                      REGIONS[said->region],
		                      census_state_name((census_state_t)said->state) };
	return slice_str(texts[by]);
}

static uint64_t oracle_count(const oracle_t *o, const census_by_t by[2], const census_cell_t *cell)
{
	uint64_t count = 0;
	for (uint32_t d = 0; d < DEVICES; d++) {
		const said_t *said = speaker(o, d);
		count += said && slice_eq(property(said, by[0]), cell->word[0]) &&
		         slice_eq(property(said, by[1]), cell->word[1]);
	}
	return count;
}

static uint64_t oracle_devices(const oracle_t *o)
{
	uint64_t count = 0;
	for (uint32_t d = 0; d < DEVICES; d++)
		count += speaker(o, d) != NULL;
	return count;
}

/* Every count by two properties; that they sum to all makes no cell missing. */
static void assert_counts(world_t *w, const oracle_t *o)
{
	static census_cell_t cells[CELLS];
	for (unsigned i = 0; i < CENSUS_BY_COUNT * CENSUS_BY_COUNT; i++) {
		census_count_t ask = { .by = { (census_by_t)(i / CENSUS_BY_COUNT),
			                       (census_by_t)(i % CENSUS_BY_COUNT) },
			               .cells = cells,
			               .cap = CELLS };
		census_total_t total;
		size_t count = 0;
		uint64_t sum = 0;
		OK(census_count(w->census, &ask, &count, &total));
		for (size_t c = 0; c < count; c++) {
			assert_true(cells[c].count > 0);
			assert_true(cells[c].count == oracle_count(o, ask.by, &cells[c]));
			sum += cells[c].count;
		}
		assert_true(sum == total.devices && total.devices == oracle_devices(o));
	}
}

static void assert_device(const census_device_t *device, const said_t *said)
{
	census_row_t row = row_of(said);
	assert_memory_equal(device->row.key.bytes, row.key.bytes, CENSUS_KEY_BYTES);
	assert_true(slice_eq(device->row.kind, row.kind));
	assert_true(slice_eq(device->row.industry, row.industry));
	assert_true(slice_eq(device->row.region, row.region));
	assert_int_equal(device->row.state, row.state);
	assert_int_equal(device->row.since_s, row.since_s);
	assert_int_equal(device->row.seen_s, row.seen_s);
	assert_true(slice_eq(device->reporter, slice_str(NODES[said->reporter])));
	assert_int_equal(device->hops, said->hops + 1);
	assert_true(device->told_ns == said->told_s * NS_PER_S);
}

static void assert_reporters(world_t *w, const oracle_t *o, uint32_t device)
{
	census_device_t said[CENSUS_REPORTERS_MAX];
	census_key_t key = key_of(device);
	size_t count = 0, expected = 0;
	for (uint32_t r = 0; r < REPORTERS; r++)
		expected += o->is_there[device][r];
	if (expected == 0) {
		assert_int_equal(census_reporters(w->census, &key, said, &count), ERR_NOT_FOUND);
		return;
	}
	OK(census_reporters(w->census, &key, said, &count));
	assert_int_equal(count, expected);
	assert_device(&said[0], speaker(o, device));
	for (size_t i = 0; i < count; i++) {
		uint32_t r = 0;
		while (!slice_eq(said[i].reporter, slice_str(NODES[r])))
			r++;
		assert_device(&said[i], &o->of[device][r]);
	}
}

/* Pages of three go over every device once. */
static void assert_list(world_t *w, const oracle_t *o, const census_filter_t *filter)
{
	bool is_listed[DEVICES] = { false };
	census_device_t devices[3];
	census_page_t page = { .next = 0 };
	size_t listed = 0, expected = 0;
	do {
		census_list_t ask = { page.next, *filter, devices, 3 };
		census_list(w->census, &ask, &page);
		for (size_t i = 0; i < page.count; i++) {
			uint32_t d = devices[i].row.key.bytes[0];
			assert_false(is_listed[d]);
			is_listed[d] = true;
			listed++;
			assert_device(&devices[i], speaker(o, d));
		}
	} while (page.next);
	for (uint32_t d = 0; d < DEVICES; d++) {
		const said_t *said = speaker(o, d);
		bool is_wanted = said != NULL;
		for (unsigned by = 1; said && by < CENSUS_BY_COUNT; by++)
			is_wanted &= !filter->words[by] ||
			             slice_eq(property(said, (census_by_t)by), *filter->words[by]);
		expected += is_wanted;
	}
	assert_int_equal(listed, expected);
}

static void assert_equal(world_t *w, const oracle_t *o)
{
	slice_t robot = SLICE("robot"), online = SLICE("online"), none = SLICE("nothing-like-it");
	assert_counts(w, o);
	for (uint32_t d = 0; d < DEVICES; d++)
		assert_reporters(w, o, d);
	assert_list(w, o, &(census_filter_t){ { NULL } });
	assert_list(
		w, o,
		&(census_filter_t){ { [CENSUS_BY_KIND] = &robot, [CENSUS_BY_STATE] = &online } });
	assert_list(w, o, &(census_filter_t){ { [CENSUS_BY_REGION] = &none } });
	assert_list(w, o, &(census_filter_t){ { [CENSUS_BY_STATE] = &none } });
}

static void shuffle(rng_t *rng, said_t *said, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = (size_t)rng_below(rng, i);
		said_t held = said[i - 1];
		said[i - 1] = said[j];
		said[j] = held;
	}
}

/* What a start may find of the view. */
static void harm_view(world_t *w, uint64_t how, uint64_t at)
{
	world_halt(w);
	if (how == 1)
		OK(twin_disk_flip(w->twin, "node", VIEW, at));
	if (how == 2)
		OK(twin_disk_cut(w->twin, "node", VIEW, at));
	OK(twin_host_open(w->twin, "node", &w->env));
	if (how == 3)
		OK(env_path_remove(w->env, VIEW));
	twin_host_close(w->env);
	world_open(w);
	assert_true(census_rebuilt(w->census) == (how == 1 || how == 2));
}

static void the_register_is_what_was_said_in_any_order_and_after_any_start(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		rng_t rng = rng_of(seed);
		static said_t said[SAYINGS];
		world_t w = world_make(seed);
		for (size_t i = 0; i < SAYINGS; i++)
			said[i] = i % 7 == 6 ? said[rng_below(&rng, i)] : chance_saying(&rng);
		oracle_t whole = oracle_of(said, SAYINGS);
		shuffle(&rng, said, SAYINGS);
		for (size_t i = 0; i < SAYINGS; i++) {
			receive(&w, &said[i]);
			if (i % 200 == 100) {
				follow(&w);
				oracle_t so_far = oracle_of(said, i + 1);
				assert_equal(&w, &so_far);
				harm_view(&w, i / 200 + seed % 2, rng_below(&rng, 3000));
				assert_equal(&w, &so_far);
			}
		}
		follow(&w);
		assert_equal(&w, &whole);
		/* All of it again changes nothing. */
		int64_t changes = metric(&w, "census_changes_total");
		for (size_t i = 0; i < SAYINGS; i++) {
			receive(&w, &said[i]);
			if (i % 100 == 99)
				follow(&w);
		}
		assert_equal(&w, &whole);
		assert_true(metric(&w, "census_changes_total") == changes);
		world_free(&w);
	}
}

/* Receives, follows and saves until the disk stops; says how much was acknowledged. */
static uint64_t work_until_crash(world_t *w, rng_t *rng, const said_t *said, uint64_t from)
{
	uint64_t acknowledged = from;
	err_t err = ERR_OK;
	for (uint64_t i = from; i < SAYINGS && !err; i++) {
		receive(w, &said[i]);
		if (rng_below(rng, 4) > 0)
			continue;
		err = journal_flush(w->journal);
		if (!err)
			acknowledged = i + 1;
		if (!err)
			err = census_follow(w->census);
		if (!err && rng_below(rng, 3) == 0)
			err = census_save(w->census);
	}
	return acknowledged;
}

/* Each record is one saying, so the journal says how many of them hold. */
static void after_a_crash_the_register_is_what_the_journal_holds(void **state)
{
	(void)state;
	uint64_t lives = 0;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		static said_t said[SAYINGS];
		rng_t rng = rng_of(seed);
		world_t w = world_make(seed);
		for (size_t i = 0; i < SAYINGS; i++)
			said[i] = chance_saying(&rng);
		for (uint64_t held = 0; held < SAYINGS / 2; lives++) {
			twin_crash_at(w.env, 1 + rng_below(&rng, 150));
			uint64_t acknowledged = work_until_crash(&w, &rng, said, held);
			world_halt(&w);
			twin_disk_reboot(w.twin, "node");
			world_open(&w);
			held = journal_last(w.journal);
			assert_true(held >= acknowledged);
			oracle_t o = oracle_of(said, held);
			assert_counts(&w, &o);
			assert_list(&w, &o, &(census_filter_t){ { NULL } });
		}
		world_free(&w);
	}
	assert_true(lives > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_register_is_what_was_said_in_any_order_and_after_any_start),
		cmocka_unit_test(after_a_crash_the_register_is_what_the_journal_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
