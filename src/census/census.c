/* SPDX-License-Identifier: Apache-2.0 */
#include "census/census.h"

#include <assert.h>
#include <stdlib.h>

#include "base/grow.h"
#include "census/state.h"
#include "codec/uplink/uplink.h"
#include "env/file.h"
#include "model/received.h"

enum { TELL_ROWS = 128, TELL_BYTES = 24 * 1024 };

#define DEFAULT_OFFLINE_NS (300 * NS_PER_S)
#define DEFAULT_SILENT_NS  (3600 * NS_PER_S)

#define X(id, name, help, kind) { "census_" name, help, METRIC_##kind },
static const metric_row_t METRICS[] = { CENSUS_METRICS(X) };
#undef X

const metrics_t *census_metrics(const census_t *census)
{
	return &census->metrics;
}

bool census_rebuilt(const census_t *census)
{
	return census->is_rebuilt;
}

/* Taking. */

static err_t own(census_t *census, uint32_t claim)
{
	uint32_t *grown = grow_for(census->own, census->own_count + 1U, &census->own_room,
	                           sizeof(*grown));
	if (!grown)
		return ERR_NO_MEMORY;
	census->own = grown;
	census->own[census->own_count++] = claim;
	return ERR_OK;
}

err_t census_take(census_t *census, const claim_t *said)
{
	bool is_changed = false;
	uint32_t before = census->claims.claim_count;
	err_t err = claims_take(&census->claims, said, &is_changed);
	metric_add(&census->metrics, err == ERR_LIMIT ? METRIC_REFUSED : METRIC_ROWS, 1);
	metric_add(&census->metrics, METRIC_CHANGES, !err && is_changed);
	if (!err && census->claims.claim_count > before &&
	    census->claims.places[said->place].key.reporter == census->self)
		err = own(census, before);
	return err == ERR_LIMIT ? ERR_OK : err;
}

/* The place of a row; most rows of an item have that of the row before. */
typedef struct {
	slice_t kind, industry, region;
	uint32_t place;
	bool is_known;
} last_place_t;

static bool is_same_text(slice_t a, slice_t b)
{
	return a.ptr == b.ptr && a.len == b.len;
}

static err_t place_of(census_t *census, uint32_t reporter, const census_row_t *row,
                      last_place_t *last)
{
	place_key_t key = { .reporter = reporter };
	if (last->is_known && is_same_text(last->kind, row->kind) &&
	    is_same_text(last->industry, row->industry) && is_same_text(last->region, row->region))
		return ERR_OK;
	last->is_known = false;
	err_t err = claims_word(&census->claims, row->kind, &key.kind);
	if (!err)
		err = claims_word(&census->claims, row->industry, &key.industry);
	if (!err)
		err = claims_word(&census->claims, row->region, &key.region);
	if (!err)
		err = claims_place(&census->claims, &key, &last->place);
	if (err)
		return err;
	last->kind = row->kind;
	last->industry = row->industry;
	last->region = row->region;
	last->is_known = true;
	return ERR_OK;
}

static err_t take_row(census_t *census, const claim_t *said, uint32_t reporter,
                      const census_row_t *row, last_place_t *last)
{
	claim_t claim = *said;
	err_t err = place_of(census, reporter, row, last);
	if (err == ERR_LIMIT) {
		metric_add(&census->metrics, METRIC_REFUSED, 1);
		return ERR_OK;
	}
	if (err)
		return err;
	claim.key = row->key;
	claim.place = last->place;
	claim.state = (uint8_t)row->state;
	claim.since_s = row->since_s;
	claim.seen_s = row->seen_s;
	return census_take(census, &claim);
}

/* Where an item comes from: the own journal, or a child at a time of this node. */
typedef struct {
	bool is_own;
	int64_t came_ns;
} source_t;

/* Its reporter's clock may be ahead: it was not heard after it came. */
static err_t take_rows(census_t *census, census_item_t *item, const source_t *from)
{
	uint32_t reporter = 0;
	last_place_t last = { .is_known = false };
	census_row_t row;
	unsigned hops = item->saying.hops + !from->is_own;
	int64_t told_ns = item->saying.told_ns;
	claim_t said = { .told_ns = told_ns, .hops = (uint8_t)hops };
	err_t err = claims_word(&census->claims, item->saying.origin, &reporter);
	if (err == ERR_LIMIT) {
		metric_add(&census->metrics, METRIC_REFUSED, (int64_t)item->rows);
		return ERR_OK;
	}
	if (!err)
		claims_heard(&census->claims, reporter,
		             told_ns < from->came_ns ? told_ns : from->came_ns);
	while (!err && census_item_next(item, &row))
		err = take_row(census, &said, reporter, &row, &last);
	return err;
}

/* Only the own journal speaks for this node: its own words that come back are no news, and
 * others' words in its name are a lie. */
static err_t take_item(census_t *census, slice_t body, const source_t *from)
{
	census_item_t item;
	if (census_item_read(body, &item) != ERR_OK) {
		metric_add(&census->metrics, METRIC_MALFORMED, 1);
		return ERR_OK;
	}
	bool is_self = slice_eq(item.saying.origin, census->node);
	if (is_self && !from->is_own) {
		metric_add(&census->metrics, METRIC_FORGED, 1);
		return ERR_OK;
	}
	env_lock(census->mutex);
	err_t err = take_rows(census, &item, from);
	if (is_self && item.saying.told_ns > census->told_ns)
		census->told_ns = item.saying.told_ns;
	env_unlock(census->mutex);
	return err;
}

/* What a child says cannot stop the register: it is counted and left. */
static err_t take_received(census_t *census, slice_t payload)
{
	received_t received;
	uplink_batch_t batch;
	uplink_item_t item;
	err_t err = received_read(payload, &received);
	if (!err)
		err = uplink_batch_read(received.batch, &batch);
	if (err) {
		metric_add(&census->metrics, METRIC_MALFORMED, 1);
		return ERR_OK;
	}
	if (batch.envelope.stream != UPLINK_DEVICES)
		return ERR_OK;
	uplink_items_t items = uplink_items_of(&batch);
	while (!err && uplink_item_next(&items, &item))
		err = take_item(census, item.body, &(source_t){ false, received.at.ns });
	return err;
}

static err_t take_record(void *ctx, const journal_record_t *record)
{
	census_t *census = ctx;
	if (record->type == JOURNAL_CENSUS)
		return take_item(census, record->payload, &(source_t){ true, INT64_MAX });
	return take_received(census, record->payload);
}

err_t census_follow(census_t *census)
{
	journal_follower_t follower = { .journal = census->spec.journal,
		                        .types = JOURNAL_TYPE_BIT(JOURNAL_CENSUS) |
		                                 JOURNAL_TYPE_BIT(JOURNAL_RECEIVED),
		                        .take = take_record,
		                        .ctx = census };
	err_t err = journal_follow(&follower, &census->mark);
	metric_set(&census->metrics, METRIC_DEVICES, census->claims.device_count);
	metric_set(&census->metrics, METRIC_CLAIMS, census->claims.claim_count);
	metric_set(&census->metrics, METRIC_REPORTERS, census->claims.reporter_count);
	return err;
}

/* Opening. */

err_t census_forget(census_t *census)
{
	uint64_t seed = 0;
	claims_free(&census->claims);
	census->mark = (journal_mark_t){ 0 };
	census->own_count = 0;
	census->told_ns = 0;
	env_random(census->env, &seed, sizeof(seed));
	err_t err = claims_init(census->spec.claims_max, seed, &census->claims);
	return err ? err : claims_word(&census->claims, census->node, &census->self);
}

static err_t set_up(census_t *census)
{
	census_spec_t *spec = &census->spec;
	if (spec->claims_max == 0 || spec->claims_max > CENSUS_CLAIMS_MAX)
		spec->claims_max = CENSUS_CLAIMS_MAX;
	if (spec->offline_ns == 0)
		spec->offline_ns = DEFAULT_OFFLINE_NS;
	if (spec->silent_ns == 0)
		spec->silent_ns = DEFAULT_SILENT_NS;
	census->node = slice_str(spec->node);
	if (census->node.len == 0 || census->node.len > CENSUS_ORIGIN_MAX)
		return ERR_INVALID;
	err_t err = env_path_join(spec->views_dir, "census", census->path, sizeof(census->path));
	if (!err)
		err = env_dir_make(census->env, spec->views_dir);
	if (!err)
		err = env_mutex_new(census->env, &census->mutex);
	return err ? err : census_fill(census);
}

static void free_all(census_t *census)
{
	claims_free(&census->claims);
	env_mutex_free(census->mutex);
	free(census->own);
	free(census);
}

err_t census_open(env_t *env, const census_spec_t *spec, census_t **ret_census)
{
	census_t *census = calloc(1, sizeof(*census));
	if (!census)
		return ERR_NO_MEMORY;
	census->env = env;
	census->spec = *spec;
	census->opened_ns = env_utc(env).ns;
	metrics_init(&census->metrics, METRICS, METRIC_COUNT);
	err_t err = set_up(census);
	if (err)
		free_all(census);
	else
		*ret_census = census;
	return err;
}

void census_close(census_t *census)
{
	if (!census)
		return;
	/* A view that could not be saved is counted, and catches up at the next start. */
	if (!journal_flush(census->spec.journal))
		(void)!census_save(census);
	free_all(census);
}

/* Telling. */

static int64_t next_time(census_t *census)
{
	int64_t now_ns = env_utc(census->env).ns;
	census->told_ns = now_ns > census->told_ns ? now_ns : census->told_ns + 1;
	return census->told_ns;
}

static err_t append(census_t *census, const census_row_t *rows, size_t count, uint8_t hops)
{
	uint8_t room[TELL_BYTES]; /* of at most TELL_ROWS rows */
	err_t err = ERR_OK;
	size_t done = 0;
	do {
		writer_t w = writer_of(room, sizeof(room));
		census_saying_t saying = { census->node, hops, next_time(census) };
		uint64_t seq = 0;
		done += census_item_put(&saying, count ? &rows[done] : rows, count - done, &w);
		assert(!w.bad);
		slice_t part = writer_done(&w);
		err = journal_append(census->spec.journal, JOURNAL_CENSUS, &part, 1, &seq);
	} while (!err && done < count);
	metric_add(&census->metrics, METRIC_TOLD, err ? 0 : (int64_t)count);
	return err;
}

static slice_t word_at(const census_t *census, uint32_t word)
{
	return census->claims.words[word].text;
}

/* The row as it is known of an own device. */
static census_row_t row_of(const census_t *census, const claim_t *claim)
{
	const place_key_t *place = &census->claims.places[claim->place].key;
	return (census_row_t){ .key = claim->key,
		               .kind = word_at(census, place->kind),
		               .industry = word_at(census, place->industry),
		               .region = word_at(census, place->region),
		               .state = (census_state_t)claim->state,
		               .since_s = claim->since_s,
		               .seen_s = claim->seen_s };
}

/* What is to be told of a row; false: nothing is new. */
static bool is_news(const census_t *census, const census_row_t *row, uint8_t hops,
                    census_row_t *ret_row)
{
	uint32_t number = claims_of(&census->claims, &row->key, census->self);
	*ret_row = *row;
	if (row->since_s == 0)
		ret_row->since_s = (uint32_t)(env_utc(census->env).ns / NS_PER_S);
	if (number == CLAIM_NONE)
		return true;
	census_row_t known = row_of(census, claims_at(&census->claims, number));
	if (row->since_s == 0)
		ret_row->since_s = known.since_s;
	if (row->state == CENSUS_UNKNOWN)
		ret_row->state = known.state;
	return !slice_eq(row->kind, known.kind) || !slice_eq(row->industry, known.industry) ||
	       !slice_eq(row->region, known.region) || ret_row->state != known.state ||
	       ret_row->since_s != known.since_s || hops < claims_at(&census->claims, number)->hops;
}

err_t census_tell(census_t *census, const census_row_t *rows, size_t count, uint8_t hops)
{
	census_row_t news[TELL_ROWS];
	err_t err = ERR_OK;
	env_lock(census->mutex);
	for (size_t i = 0; i < count && !err;) {
		size_t held = 0;
		for (; i < count && held < TELL_ROWS; i++)
			held += is_news(census, &rows[i], hops, &news[held]);
		if (held > 0)
			err = append(census, news, held, hops);
	}
	env_unlock(census->mutex);
	return err;
}

bool census_beat(census_t *census, const census_key_t *key)
{
	bool is_own = false;
	env_lock(census->mutex);
	uint32_t number = claims_of(&census->claims, key, census->self);
	if (number != CLAIM_NONE && claims_at(&census->claims, number)->state != CENSUS_RETIRED) {
		claims_at(&census->claims, number)->seen_s = (uint32_t)(env_utc(census->env).ns /
		                                                        NS_PER_S);
		is_own = true;
	}
	env_unlock(census->mutex);
	return is_own;
}

/* Heard within the time or not; what was never heard is as it was told. After a start a
 * device has its time to be heard again. */
static census_state_t state_by_time(const census_t *census, const claim_t *claim, int64_t now_ns)
{
	census_state_t state = (census_state_t)claim->state;
	int64_t heard_ns = claim->seen_s * NS_PER_S;
	if (state == CENSUS_RETIRED || heard_ns == 0)
		return state;
	if (state == CENSUS_ONLINE && heard_ns < census->opened_ns)
		heard_ns = census->opened_ns;
	return now_ns - heard_ns <= census->spec.offline_ns ? CENSUS_ONLINE : CENSUS_OFFLINE;
}

/* The next own devices that have changed, from *at on, those of one distance; says how many. */
static size_t changed_of(const census_t *census, int64_t now_ns, uint32_t *at,
                         census_row_t rows[TELL_ROWS], uint8_t *ret_hops)
{
	size_t held = 0;
	for (; *at < census->own_count && held < TELL_ROWS; ++*at) {
		const claim_t *claim = claims_at(&census->claims, census->own[*at]);
		census_state_t state = state_by_time(census, claim, now_ns);
		if (state == (census_state_t)claim->state)
			continue;
		if (held > 0 && claim->hops != *ret_hops)
			break;
		*ret_hops = claim->hops;
		rows[held] = row_of(census, claim);
		rows[held++].state = state;
	}
	return held;
}

static err_t tell_changed(census_t *census, int64_t now_ns)
{
	census_row_t rows[TELL_ROWS];
	err_t err = ERR_OK;
	uint32_t at = 0;
	uint8_t hops = 0;
	for (size_t held = 1; held > 0 && !err;) {
		held = changed_of(census, now_ns, &at, rows, &hops);
		if (held > 0)
			err = append(census, rows, held, hops);
	}
	return err;
}

err_t census_tick(census_t *census)
{
	err_t err = census_follow(census);
	if (err)
		return err;
	int64_t now_ns = env_utc(census->env).ns;
	env_lock(census->mutex);
	err = tell_changed(census, now_ns);
	if (!err && census->own_count > 0 && now_ns - census->told_ns >= census->spec.silent_ns / 4)
		err = append(census, NULL, 0, 0);
	env_unlock(census->mutex);
	return err;
}
