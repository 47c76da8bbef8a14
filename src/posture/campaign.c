/* SPDX-License-Identifier: Apache-2.0 */
#include "posture/campaign.h"

#include <stdlib.h>

#include "base/num.h"
#include "base/table.h"

enum { KEY_MAX = 3 * (2 + CAMPAIGN_NAME_MAX) + 2 * 10 };

typedef struct {
	uint32_t count;
	severity_t severity;
} report_t;

/* Reports are the truth; the other tables are counted from them. */
struct campaigns {
	campaigns_limits_t limits;
	uint64_t seed, refused;
	table_t *reports;   /* by sighting and node: report_t */
	table_t *sightings; /* by sighting: its count */
	table_t *nodes;     /* by subject and node: that there is one */
	table_t *subjects;  /* by subject: campaign_t without its subject */
};

/* Keys of the tables that a report is in, the first a head of the second. */
typedef struct {
	uint8_t bytes[KEY_MAX], node_bytes[KEY_MAX];
	slice_t sighting, report, node;
} keys_t;

typedef struct {
	table_t *table;
	slice_t key;
	void *value;
	bool is_new;
} place_t;

enum { AT_REPORT, AT_SIGHTING, AT_NODE, AT_SUBJECT, PLACES };

/* Messages that tell of an attack with its source, and its first technique. */
static const struct {
	message_t message;
	unsigned technique;
} attacks[] = {
	{ MSG_INCIDENT_SWEEP, 846 },  { MSG_INCIDENT_WALK, 861 },      { MSG_INCIDENT_WRITE, 836 },
	{ MSG_INCIDENT_TALKER, 848 }, { MSG_INCIDENT_MALFORMED, 814 },
};

static slice_t text_of(const event_t *event, event_arg_key_t key)
{
	const value_t *value = event_arg_get(event, key);
	return value && value->type == VALUE_TEXT ? value->as.text : (slice_t){ 0 };
}

static uint32_t count_of(const event_t *event)
{
	const value_t *value = event_arg_get(event, ARG_COUNT);
	uint64_t count = value && value->type == VALUE_U64 ? value->as.u : 1;
	return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

bool sighting_of_event(const event_t *event, slice_t node, sighting_t *ret_sighting)
{
	static const event_arg_key_t objects[] = { ARG_SERVER, ARG_DEVICE };
	size_t row = 0;
	while (row < sizeof(attacks) / sizeof(*attacks) && attacks[row].message != event->message)
		row++;
	slice_t subject = text_of(event, ARG_CLIENT), object = { 0 };
	if (row == sizeof(attacks) / sizeof(*attacks) || subject.len == 0)
		return false;
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects) && object.len == 0; i++)
		object = text_of(event, objects[i]);
	*ret_sighting = (sighting_t){ .technique = attacks[row].technique,
		                      .severity = event->severity,
		                      .subject = subject,
		                      .object = object.len ? object : node,
		                      .node = node,
		                      .ns = event->node.ns,
		                      .count = count_of(event) };
	return true;
}

posture_event_t posture_event_of(const sighting_t *sighting)
{
	return (posture_event_t){ .ns = sighting->ns,
		                  .severity = sighting->severity,
		                  .technique = sighting->technique,
		                  .source = num_hash(sighting->subject, 0),
		                  .victim = num_hash(sighting->object,
		                                     num_hash(sighting->node, 0)) };
}

campaigns_t *campaigns_new(const campaigns_limits_t *limits, uint64_t hash_seed)
{
	campaigns_t *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->limits = *limits;
	c->seed = hash_seed;
	c->reports = table_new(sizeof(report_t), limits->reports, hash_seed);
	c->sightings = table_new(sizeof(uint32_t), limits->sightings, hash_seed);
	c->nodes = table_new(1, limits->reports, hash_seed);
	c->subjects = table_new(sizeof(campaign_t), limits->campaigns, hash_seed);
	if (c->reports && c->sightings && c->nodes && c->subjects)
		return c;
	campaigns_free(c);
	return NULL;
}

void campaigns_free(campaigns_t *campaigns)
{
	if (!campaigns)
		return;
	table_free(campaigns->reports);
	table_free(campaigns->sightings);
	table_free(campaigns->nodes);
	table_free(campaigns->subjects);
	free(campaigns);
}

static void make_keys(const sighting_t *s, keys_t *keys)
{
	writer_t w = writer_of(keys->bytes, sizeof(keys->bytes));
	writer_t node = writer_of(keys->node_bytes, sizeof(keys->node_bytes));
	wr_varint(&w, s->technique);
	wr_varint(&w, (uint64_t)(s->ns / CAMPAIGN_BUCKET_NS));
	wr_string(&w, s->subject);
	wr_string(&w, s->object);
	keys->sighting = writer_done(&w);
	wr_string(&w, s->node);
	keys->report = writer_done(&w);
	wr_string(&node, s->subject);
	wr_string(&node, s->node);
	keys->node = writer_done(&node);
}

static sighting_t of_key(slice_t key, const report_t *report)
{
	reader_t r = reader_of(key);
	sighting_t s = { .count = report->count, .severity = report->severity };
	s.technique = (unsigned)rd_varint(&r);
	s.ns = (int64_t)rd_varint(&r) * CAMPAIGN_BUCKET_NS;
	s.subject = rd_string(&r);
	s.object = rd_string(&r);
	s.node = rd_string(&r);
	return s;
}

static void leave_places(place_t places[PLACES], size_t count)
{
	while (count-- > 0)
		if (places[count].is_new)
			(void)table_remove(places[count].table, places[count].key);
}

/* In all tables or in none. */
static err_t take_places(place_t places[PLACES])
{
	err_t err = ERR_OK;
	size_t i = 0;
	for (; i < PLACES && !err; i++)
		err = table_put(places[i].table, places[i].key, &places[i].value,
		                &places[i].is_new);
	if (err)
		leave_places(places, i);
	return err;
}

static void count_sighting(const sighting_t *s, const place_t places[PLACES])
{
	report_t *report = places[AT_REPORT].value;
	uint32_t *count = places[AT_SIGHTING].value;
	campaign_t *campaign = places[AT_SUBJECT].value;
	int64_t from_ns = s->ns - s->ns % CAMPAIGN_BUCKET_NS;
	if (report->count < s->count)
		report->count = s->count;
	if (report->severity < s->severity)
		report->severity = s->severity;
	campaign->count += *count < s->count ? s->count - *count : 0;
	if (*count < s->count)
		*count = s->count;
	if (campaign->severity < s->severity)
		campaign->severity = s->severity;
	if (places[AT_SUBJECT].is_new || from_ns < campaign->first_ns)
		campaign->first_ns = from_ns;
	if (places[AT_SUBJECT].is_new || from_ns > campaign->last_ns)
		campaign->last_ns = from_ns;
	campaign->sightings += places[AT_SIGHTING].is_new;
	campaign->nodes += places[AT_NODE].is_new;
	campaign->techniques[s->technique / 64] |= UINT64_C(1) << s->technique % 64;
}

static bool is_name(slice_t name)
{
	return name.len >= 1 && name.len <= CAMPAIGN_NAME_MAX;
}

err_t campaigns_add(campaigns_t *campaigns, const sighting_t *sighting)
{
	keys_t keys;
	if (!is_name(sighting->subject) || !is_name(sighting->object) || !is_name(sighting->node) ||
	    sighting->technique >= CAMPAIGN_TECHNIQUES || sighting->severity >= SEVERITY_COUNT ||
	    sighting->ns < 0)
		return ERR_INVALID;
	make_keys(sighting, &keys);
	place_t places[PLACES] = {
		[AT_REPORT] = { campaigns->reports, keys.report, NULL, false },
		[AT_SIGHTING] = { campaigns->sightings, keys.sighting, NULL, false },
		[AT_NODE] = { campaigns->nodes, keys.node, NULL, false },
		[AT_SUBJECT] = { campaigns->subjects, sighting->subject, NULL, false },
	};
	err_t err = take_places(places);
	if (err)
		campaigns->refused++;
	else
		count_sighting(sighting, places);
	return err;
}

static err_t copy_since(const campaigns_t *from, int64_t before_ns, campaigns_t *to)
{
	err_t err = ERR_OK;
	slice_t key;
	void *value;
	for (size_t at = 0; !err && table_next(from->reports, &at, &key, &value);) {
		sighting_t s = of_key(key, value);
		if (s.ns + CAMPAIGN_BUCKET_NS >= before_ns)
			err = campaigns_add(to, &s);
	}
	return err;
}

/* Counted anew: what a campaign was before its oldest sighting went cannot be told from its
 * sums. */
err_t campaigns_prune(campaigns_t *campaigns, int64_t before_ns)
{
	campaigns_t *next = campaigns_new(&campaigns->limits, campaigns->seed);
	if (!next)
		return ERR_NO_MEMORY;
	err_t err = copy_since(campaigns, before_ns, next);
	if (!err) {
		campaigns_t old = *campaigns;
		next->refused = old.refused;
		*campaigns = *next;
		*next = old;
	}
	campaigns_free(next);
	return err;
}

campaigns_tally_t campaigns_tally(const campaigns_t *campaigns)
{
	return (campaigns_tally_t){ .reports = table_count(campaigns->reports),
		                    .sightings = table_count(campaigns->sightings),
		                    .campaigns = table_count(campaigns->subjects),
		                    .refused = campaigns->refused };
}

bool campaigns_find(const campaigns_t *campaigns, slice_t subject, campaign_t *ret_campaign)
{
	const campaign_t *found = table_get(campaigns->subjects, subject);
	if (!found)
		return false;
	*ret_campaign = *found;
	ret_campaign->subject = subject;
	return true;
}

static bool stands_before(const campaign_t *a, const campaign_t *b)
{
	if (a->nodes != b->nodes)
		return a->nodes > b->nodes;
	if (a->sightings != b->sightings)
		return a->sightings > b->sightings;
	return slice_cmp(a->subject, b->subject) < 0;
}

size_t campaigns_list(const campaigns_t *campaigns, campaign_t *ret_rows, size_t max)
{
	size_t count = 0;
	slice_t key;
	void *value;
	for (size_t at = 0; max && table_next(campaigns->subjects, &at, &key, &value);) {
		campaign_t row = *(const campaign_t *)value;
		row.subject = key;
		if (count == max && !stands_before(&row, &ret_rows[count - 1]))
			continue;
		count += count < max;
		size_t i = count - 1;
		for (; i > 0 && stands_before(&row, &ret_rows[i - 1]); i--)
			ret_rows[i] = ret_rows[i - 1];
		ret_rows[i] = row;
	}
	return count;
}

bool campaign_has(const campaign_t *campaign, unsigned technique)
{
	return technique < CAMPAIGN_TECHNIQUES &&
	       (campaign->techniques[technique / 64] >> technique % 64 & 1);
}
