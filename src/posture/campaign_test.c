/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "posture/campaign.h"

#define DAY_NS (INT64_C(1767225600) * NS_PER_S)

static const campaigns_limits_t limits = { 1000, 800, 50 };

static sighting_t sighting(const char *subject, const char *object, const char *node)
{
	return (sighting_t){ .technique = 836,
		             .severity = SEVERITY_ALARM,
		             .subject = slice_str(subject),
		             .object = slice_str(object),
		             .node = slice_str(node),
		             .ns = DAY_NS,
		             .count = 5 };
}

static campaigns_t *opened(const campaigns_limits_t *most)
{
	campaigns_t *c = campaigns_new(most, 42);
	assert_non_null(c);
	return c;
}

static campaign_t found(const campaigns_t *c, const char *subject)
{
	campaign_t campaign = { 0 };
	assert_true(campaigns_find(c, slice_str(subject), &campaign));
	return campaign;
}

static void add(campaigns_t *c, const sighting_t *s)
{
	assert_int_equal(campaigns_add(c, s), ERR_OK);
}

static void one_attacker_at_many_plants_is_one_campaign(void **state)
{
	(void)state;
	campaigns_t *c = opened(&limits);
	for (int plant = 0; plant < 8; plant++) {
		char object[16], node[16];
		(void)snprintf(object, sizeof(object), "valve-%d", plant);
		(void)snprintf(node, sizeof(node), "99.1/p%d", plant);
		sighting_t s = sighting("attacker", object, node);
		s.technique = plant % 2 ? 836 : 846;
		s.ns += plant * CAMPAIGN_BUCKET_NS;
		add(c, &s);
	}
	sighting_t other = sighting("other", "valve-1", "99.1/p1");
	other.severity = SEVERITY_CRITICAL;
	add(c, &other);
	campaign_t rows[4];
	assert_int_equal(campaigns_list(c, rows, 4), 2);
	assert_true(slice_eq(rows[0].subject, SLICE("attacker")) && rows[0].nodes == 8);
	assert_true(rows[0].sightings == 8 && rows[0].count == 40);
	assert_true(rows[0].first_ns == DAY_NS &&
	            rows[0].last_ns == DAY_NS + 7 * CAMPAIGN_BUCKET_NS);
	assert_true(campaign_has(&rows[0], 836) && campaign_has(&rows[0], 846));
	assert_false(campaign_has(&rows[0], 855) || campaign_has(&rows[0], 5000));
	assert_true(rows[0].severity == SEVERITY_ALARM && rows[1].severity == SEVERITY_CRITICAL);
	assert_int_equal(campaigns_list(c, rows, 1), 1);
	assert_true(slice_eq(rows[0].subject, SLICE("attacker")));
	assert_int_equal(campaigns_list(c, rows, 0), 0);
	campaigns_free(c);
}

static void each_part_of_the_key_makes_a_sighting_of_its_own(void **state)
{
	(void)state;
	campaigns_t *c = opened(&limits);
	sighting_t s = sighting("a", "o", "n");
	add(c, &s);
	s.ns += CAMPAIGN_BUCKET_NS - 1; /* of the same ten minutes */
	add(c, &s);
	assert_int_equal(campaigns_tally(c).sightings, 1);
	s.ns += 1;
	add(c, &s);
	assert_int_equal(campaigns_tally(c).sightings, 2);
	s.technique = 0;
	add(c, &s);
	s.object = SLICE("p");
	add(c, &s);
	assert_int_equal(campaigns_tally(c).sightings, 4);
	s.subject = SLICE("b");
	add(c, &s);
	assert_int_equal(campaigns_tally(c).sightings, 5);
	assert_int_equal(campaigns_tally(c).campaigns, 2);
	/* A name must not run into the next: "a" + "bc" is not "ab" + "c". */
	s.subject = SLICE("x");
	s.object = SLICE("yz");
	add(c, &s);
	s.subject = SLICE("xy");
	s.object = SLICE("z");
	add(c, &s);
	assert_int_equal(campaigns_tally(c).sightings, 7);
	campaigns_free(c);
}

static void two_sensors_and_two_deliveries_of_one_sighting_count_once(void **state)
{
	(void)state;
	campaigns_t *c = opened(&limits);
	sighting_t plant = sighting("a", "o", "99.1/plant"), park = sighting("a", "o", "99.1/park");
	park.count = 9;
	for (int times = 0; times < 3; times++) {
		add(c, &plant);
		add(c, &park);
	}
	campaign_t campaign = found(c, "a");
	assert_true(campaign.sightings == 1 && campaign.nodes == 2 && campaign.count == 9);
	plant.count = 12; /* the plant tells more of it later */
	plant.severity = SEVERITY_CRITICAL;
	add(c, &plant);
	campaign = found(c, "a");
	assert_true(campaign.sightings == 1 && campaign.count == 12);
	assert_true(campaign.severity == SEVERITY_CRITICAL);
	campaigns_free(c);
}

static bool same(const campaign_t *a, const campaign_t *b)
{
	return slice_eq(a->subject, b->subject) && a->first_ns == b->first_ns &&
	       a->last_ns == b->last_ns && a->sightings == b->sightings && a->count == b->count &&
	       a->nodes == b->nodes && a->severity == b->severity &&
	       memcmp(a->techniques, b->techniques, sizeof(a->techniques)) == 0;
}

enum { REPORTS = 300, ROWS = 20 };

static void random_report(rng_t *rng, sighting_t *s, char names[3][8])
{
	(void)snprintf(names[0], 8, "s%d", (int)rng_below(rng, 6));
	(void)snprintf(names[1], 8, "o%d", (int)rng_below(rng, 5));
	(void)snprintf(names[2], 8, "n%d", (int)rng_below(rng, 4));
	*s = sighting(names[0], names[1], names[2]);
	s->technique = 800 + (unsigned)rng_below(rng, 3);
	s->severity = (severity_t)rng_below(rng, SEVERITY_COUNT);
	s->ns += (int64_t)rng_below(rng, 10) * CAMPAIGN_BUCKET_NS / 2;
	s->count = (uint32_t)rng_below(rng, 50);
}

static bool is_same_sighting(const sighting_t *a, const sighting_t *b)
{
	return slice_eq(a->subject, b->subject) && slice_eq(a->object, b->object) &&
	       a->technique == b->technique &&
	       a->ns / CAMPAIGN_BUCKET_NS == b->ns / CAMPAIGN_BUCKET_NS;
}

static bool is_same_node(const sighting_t *a, const sighting_t *b)
{
	return slice_eq(a->subject, b->subject) && slice_eq(a->node, b->node);
}

static bool is_first(const sighting_t *all, size_t i,
                     bool (*is_same)(const sighting_t *a, const sighting_t *b))
{
	size_t k = 0;
	while (!is_same(&all[k], &all[i]))
		k++;
	return k == i;
}

/* By brute force over the list: sightings are distinct keys, each of its greatest count. */
static void assert_by_hand(const campaign_t *row, const sighting_t *all, size_t count)
{
	uint64_t sightings = 0, messages = 0, nodes = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t most = 0;
		if (!slice_eq(all[i].subject, row->subject))
			continue;
		for (size_t k = 0; k < count; k++)
			if (is_same_sighting(&all[k], &all[i]) && all[k].count > most)
				most = all[k].count;
		bool is_new = is_first(all, i, is_same_sighting);
		sightings += is_new;
		messages += is_new ? most : 0;
		nodes += is_first(all, i, is_same_node);
	}
	assert_true(row->sightings == sightings && row->count == messages && row->nodes == nodes);
}

static void reports_in_any_order_make_the_same_campaigns(void **state)
{
	(void)state;
	static sighting_t all[REPORTS];
	static char names[REPORTS][3][8];
	rng_t rng = rng_of(9);
	campaigns_t *a = opened(&limits), *b = opened(&limits);
	for (size_t i = 0; i < REPORTS; i++) {
		random_report(&rng, &all[i], names[i]);
		add(a, &all[i]);
	}
	for (size_t i = REPORTS; i-- > 0;)
		add(b, &all[i * 7 % REPORTS]);
	for (size_t i = REPORTS; i-- > 0;)
		add(b, &all[i]);
	campaign_t rows[2][ROWS];
	size_t count = campaigns_list(a, rows[0], ROWS);
	assert_int_equal(count, 6);
	assert_int_equal(campaigns_list(b, rows[1], ROWS), count);
	for (size_t i = 0; i < count; i++) {
		assert_true(same(&rows[0][i], &rows[1][i]));
		assert_by_hand(&rows[0][i], all, REPORTS);
	}
	campaigns_free(a);
	campaigns_free(b);
}

static void pruning_leaves_what_the_newer_reports_alone_would_make(void **state)
{
	(void)state;
	static sighting_t s;
	char names[3][8];
	campaigns_t *a = opened(&limits), *b = opened(&limits);
	int64_t before_ns = DAY_NS + 2 * CAMPAIGN_BUCKET_NS;
	rng_t rng = rng_of(4);
	for (size_t i = 0; i < 200; i++) {
		random_report(&rng, &s, names);
		add(a, &s);
		if (s.ns / CAMPAIGN_BUCKET_NS >= before_ns / CAMPAIGN_BUCKET_NS - 1)
			add(b, &s);
	}
	s = sighting("gone", "o", "n");
	add(a, &s);
	assert_int_equal(campaigns_prune(a, before_ns), ERR_OK);
	campaign_t rows[2][ROWS];
	size_t count = campaigns_list(a, rows[0], ROWS);
	assert_int_equal(campaigns_list(b, rows[1], ROWS), count);
	for (size_t i = 0; i < count; i++)
		assert_true(same(&rows[0][i], &rows[1][i]));
	assert_false(campaigns_find(a, SLICE("gone"), &rows[0][0]));
	campaigns_free(a);
	campaigns_free(b);
}

static void what_is_beyond_a_limit_is_refused_whole_and_counted(void **state)
{
	(void)state;
	static const campaigns_limits_t few[] = { { 3, 9, 9 }, { 9, 3, 9 }, { 9, 9, 3 } };
	for (size_t i = 0; i < 3; i++) {
		campaigns_t *c = opened(&few[i]);
		sighting_t s = sighting("a", "o", "n");
		add(c, &s);
		s.subject = SLICE("b");
		add(c, &s);
		s.subject = SLICE("c");
		add(c, &s);
		s.subject = SLICE("d");
		assert_int_equal(campaigns_add(c, &s), ERR_LIMIT);
		campaigns_tally_t tally = campaigns_tally(c);
		assert_true(tally.reports == 3 && tally.sightings == 3 && tally.campaigns == 3);
		assert_int_equal(tally.refused, 1);
		campaign_t none;
		assert_false(campaigns_find(c, SLICE("d"), &none));
		s = sighting("a", "o", "n"); /* what is known may still be told more of */
		s.count = 50;
		add(c, &s);
		assert_int_equal(found(c, "a").count, 50);
		assert_int_equal(campaigns_prune(c, DAY_NS + 2 * CAMPAIGN_BUCKET_NS), ERR_OK);
		s.subject = SLICE("d");
		add(c, &s);
		assert_int_equal(campaigns_tally(c).refused, 1);
		assert_int_equal(campaigns_tally(c).campaigns, 1);
		campaigns_free(c);
	}
	campaigns_free(NULL);
}

static void what_is_no_sighting_is_refused(void **state)
{
	(void)state;
	char long_name[CAMPAIGN_NAME_MAX + 2];
	memset(long_name, 'x', sizeof(long_name));
	campaigns_t *c = opened(&limits);
	sighting_t rows[8];
	for (size_t i = 0; i < 8; i++)
		rows[i] = sighting("a", "o", "n");
	rows[0].subject = (slice_t){ 0 };
	rows[1].object = (slice_t){ 0 };
	rows[2].node = slice_of(long_name, CAMPAIGN_NAME_MAX + 1);
	rows[3].subject = slice_of(long_name, CAMPAIGN_NAME_MAX + 1);
	rows[4].technique = CAMPAIGN_TECHNIQUES;
	rows[5].severity = SEVERITY_COUNT;
	rows[6].ns = -1;
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(campaigns_add(c, &rows[i]), ERR_INVALID);
	rows[7].subject = rows[7].object = rows[7].node = slice_of(long_name, CAMPAIGN_NAME_MAX);
	rows[7].ns = INT64_MAX;
	rows[7].technique = CAMPAIGN_TECHNIQUES - 1;
	add(c, &rows[7]);
	assert_int_equal(campaigns_tally(c).reports, 1);
	campaigns_free(c);
}

/* Other nodes hold sets of these: another hash would count everybody twice. */
static void sources_and_victims_have_the_hashes_that_they_had(void **state)
{
	(void)state;
	sighting_t s = sighting("203.0.113.9", "plc", "99.100.2");
	posture_event_t e = posture_event_of(&s);
	assert_true(e.ns == s.ns && e.severity == s.severity && e.technique == 836);
	assert_true(e.source == UINT64_C(0x71F3BBE9D9CA3C1B));
	assert_true(e.victim == UINT64_C(0x0708C82E39C4EBC5));
	s.node = SLICE("99.100.3");
	posture_event_t other = posture_event_of(&s);
	assert_true(other.source == e.source && other.victim != e.victim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_attacker_at_many_plants_is_one_campaign),
		cmocka_unit_test(each_part_of_the_key_makes_a_sighting_of_its_own),
		cmocka_unit_test(two_sensors_and_two_deliveries_of_one_sighting_count_once),
		cmocka_unit_test(reports_in_any_order_make_the_same_campaigns),
		cmocka_unit_test(pruning_leaves_what_the_newer_reports_alone_would_make),
		cmocka_unit_test(what_is_beyond_a_limit_is_refused_whole_and_counted),
		cmocka_unit_test(what_is_no_sighting_is_refused),
		cmocka_unit_test(sources_and_victims_have_the_hashes_that_they_had),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
