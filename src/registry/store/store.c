/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, putting, and what readers are shown. */
#include <stdlib.h>

#include "codec/handle/name.h"
#include "registry/store/state.h"

enum { WORK_A_PUT = 12, IDLE_WORK = 64 };

static void scraps_drop(scrap_t *scrap)
{
	while (scrap) {
		scrap_t *next = scrap->next;
		scrap->drop(scrap);
		scrap = next;
	}
}

static void snapshot_free(void *view)
{
	snapshot_t *snapshot = view;
	scrap_t *scraps = snapshot->scraps;
	free(snapshot);
	scraps_drop(scraps);
}

void registry_hub_init(hub_t *hub)
{
	hub_init(hub, NULL, snapshot_free);
}

static snapshot_t *snapshot_take(registry_store_t *s)
{
	size_t bytes = sizeof(snapshot_t) + s->segment_count * sizeof(slice_t);
	snapshot_t *fresh = calloc(1, bytes);
	if (!fresh)
		return NULL;
	fresh->index = index_view(s, &s->index);
	fresh->seed = s->spec.seed;
	fresh->hash = s->spec.hash;
	fresh->tail = s->tail;
	fresh->run_count = s->run_count;
	for (size_t i = 0; i < s->run_count; i++)
		fresh->runs[i] = run_view(&s->runs[i]);
	fresh->segment_count = s->segment_count;
	for (size_t i = 0; i < s->segment_count; i++)
		if (s->segments[i].area)
			fresh->segments[i] = s->segments[i].area->bytes;
	return fresh;
}

static bool hub_has_room(hub_t *hub)
{
	hub_collect(hub);
	return hub->retired_count < HUB_RETIRED;
}

/* What is dying was last seen in the snapshot at hand, and dies with it. When readers
 * hold too many old ones the store stays stale, and the next put tries again. */
err_t store_publish(registry_store_t *s)
{
	s->is_stale = true;
	if (s->is_shown && !hub_has_room(s->spec.hub))
		return ERR_OK;
	snapshot_t *fresh = snapshot_take(s), *old = s->now;
	if (!fresh)
		return ERR_NO_MEMORY;
	if (old) {
		old->scraps = s->dying;
		s->dying = NULL;
	}
	s->now = fresh;
	s->is_stale = false;
	if (s->is_shown)
		return hub_publish(s->spec.hub, fresh);
	if (old)
		snapshot_free(old);
	return ERR_OK;
}

static void store_drop(scrap_t *scrap)
{
	registry_store_t *s = (registry_store_t *)(void *)scrap;
	free(s->segments);
	free(s->compaction.pairs);
	free(s->doomed);
	free(s->notes);
	free(s);
}

/* Everything dies with the last snapshot, the store itself included, whose flux
 * readers look into. */
static scrap_t *scraps_of(registry_store_t *s)
{
	merge_drop(s);
	growth_drop(s);
	store_retire(s, &s->scrap);
	if (s->tail)
		store_retire(s, &s->tail->scrap);
	if (s->index.area)
		store_retire(s, &s->index.area->scrap);
	for (size_t i = 0; i < s->segment_count; i++)
		if (s->segments[i].area)
			store_retire(s, &s->segments[i].area->scrap);
	for (size_t i = 0; i < s->run_count; i++)
		store_retire(s, &s->runs[i].area->scrap);
	return s->dying;
}

err_t registry_store_show(registry_store_t *s, registry_store_t *instead_of)
{
	if (!hub_has_room(s->spec.hub))
		return ERR_BUSY;
	if (instead_of)
		instead_of->now->scraps = scraps_of(instead_of);
	s->is_shown = true;
	return hub_publish(s->spec.hub, s->now);
}

void registry_store_close(registry_store_t *s)
{
	if (!s)
		return;
	hub_t *hub = s->spec.hub;
	bool is_shown = s->is_shown;
	snapshot_t *now = s->now;
	scrap_t *scraps = scraps_of(s);
	if (!now) {
		scraps_drop(scraps);
		return;
	}
	now->scraps = scraps;
	if (!is_shown)
		snapshot_free(now);
	else
		(void)!hub_publish(hub, NULL); /* without room it goes with the hub */
}

bool store_fits(const registry_store_t *s, uint64_t more)
{
	return s->bytes + more <= s->spec.max_bytes;
}

static err_t store_new(env_t *env, const registry_store_spec_t *spec, registry_store_t **ret_store)
{
	registry_store_t *s = calloc(1, sizeof(*s));
	if (!s)
		return ERR_NO_MEMORY;
	s->scrap.drop = store_drop;
	s->env = env;
	s->spec = *spec;
	s->spec.hash = spec->hash ? spec->hash : store_hash;
	s->next_number = 1;
	s->active = SEGMENTS_MAX;
	err_t err = slice_to_cstr(slice_str(spec->path), s->path, sizeof(s->path)) ? ERR_OK
	                                                                           : ERR_TOO_BIG;
	if (!err)
		err = env_dir_make(env, s->path);
	if (!err)
		err = tail_new(&s->tail);
	if (err)
		registry_store_close(s);
	else
		*ret_store = s;
	return err;
}

err_t registry_store_fresh(env_t *env, const registry_store_spec_t *spec,
                           const registry_store_t *beside, registry_store_t **ret_store)
{
	registry_store_t *s = NULL;
	err_t err = store_new(env, spec, &s);
	if (err)
		return err;
	s->instance = checkpoint_instance(env, s->path) + 1;
	if (beside && s->instance <= beside->instance)
		s->instance = beside->instance + 1;
	s->is_new = true;
	err = index_make(s, INDEX_BITS_MIN, &s->index);
	if (!err)
		err = store_publish(s);
	if (err)
		registry_store_close(s);
	else
		*ret_store = s;
	return err;
}

err_t registry_store_open(env_t *env, const registry_store_spec_t *spec,
                          registry_store_t **ret_store)
{
	registry_store_t *s = NULL;
	err_t err = store_new(env, spec, &s);
	if (err)
		return err;
	err = checkpoint_load(s);
	if (err == ERR_NOT_FOUND) {
		registry_store_close(s);
		return registry_store_fresh(env, spec, NULL, ret_store);
	}
	if (!err)
		err = checkpoint_sweep(s);
	if (!err)
		err = store_publish(s);
	if (err)
		registry_store_close(s);
	else
		*ret_store = s;
	return err;
}

registry_mark_t registry_store_mark(const registry_store_t *store)
{
	return store->mark;
}

slice_t registry_store_notes(const registry_store_t *store)
{
	return slice_of(store->notes, store->notes_len);
}

/* Putting. */

/* Before the first change after a clean checkpoint, one that is not clean: what
 * follows it is then looked through at the next opening. */
static err_t begin_change(registry_store_t *s)
{
	err_t err = s->is_stale ? store_publish(s) : ERR_OK;
	if (!err && s->is_stale)
		err = ERR_BUSY;
	return !err && s->is_clean_on_disk ? checkpoint_save(s, false) : err;
}

static err_t name_add(registry_store_t *s, slice_t name)
{
	uint8_t folded[RECORD_NAME_MAX];
	slice_fold_upper(name, folded);
	err_t err = s->tail->bytes >= TAIL_BYTES_MAX ? names_flush(s) : ERR_OK;
	return err ? err : tail_add(s->tail, slice_of(folded, name.len));
}

static err_t check_name(slice_t name)
{
	handle_name_t parts;
	return handle_name_split(name, &parts) == CODEC_OK ? ERR_OK : ERR_INVALID;
}

/* The name is listed before its row is found: a listing asks the index about each,
 * and a put that fails in between is put again. */
static err_t put_row(registry_store_t *s, slice_t name, slice_t row)
{
	uint64_t whole = s->spec.hash(name, s->spec.seed);
	location_t from = LOCATION_NONE, to;
	row_t old = { .size = 0 };
	err_t err = snapshot_find(s->now, name, whole, &from, &old);
	size_t old_size = old.size;
	if (err && err != ERR_NOT_FOUND)
		return err;
	err = err == ERR_NOT_FOUND ? name_add(s, name) : ERR_OK;
	if (!err)
		err = segment_append(s, row, &to);
	if (!err && s->is_stale)
		err = ERR_BUSY;
	if (!err)
		err = index_turn(s, whole >> (64 - HASH_BITS), from, to);
	if (!err && from != LOCATION_NONE)
		segment_dead(s, from, old_size);
	return err;
}

err_t registry_store_put(registry_store_t *s, const record_t *record)
{
	writer_t w = writer_of(s->row, sizeof(s->row));
	err_t err = check_name(record->name);
	if (err)
		return err;
	row_write(record, &w);
	if (w.bad)
		return ERR_TOO_BIG;
	err = begin_change(s);
	if (!err)
		err = growth_step(s);
	if (!err)
		err = put_row(s, record->name, writer_done(&w));
	s->puts += !err;
	s->budget += WORK_A_PUT;
	return err;
}

err_t registry_store_save(registry_store_t *s)
{
	return checkpoint_save(s, true);
}

err_t registry_store_commit(registry_store_t *s, const registry_mark_t *mark)
{
	uint64_t budget = s->budget ? s->budget : IDLE_WORK;
	s->budget = 0;
	s->mark = *mark;
	err_t err = names_step(s, budget);
	if (!err)
		err = compaction_step(s, budget);
	if (!err && (s->puts >= SAVE_EVERY || s->mark.at.seq - s->saved_seq >= 4 * SAVE_EVERY))
		err = checkpoint_save(s, s->is_clean_on_disk);
	return err;
}

err_t registry_store_get(registry_store_t *s, slice_t name, writer_t *room, record_t *ret_record)
{
	location_t location;
	row_t row;
	err_t err = check_name(name);
	if (!err)
		err = snapshot_find(s->now, name, s->spec.hash(name, s->spec.seed), &location,
		                    &row);
	return err ? err : row_expand(&row, room, ret_record);
}

registry_store_stats_t registry_store_stats(const registry_store_t *s)
{
	registry_store_stats_t stats = { .bytes = s->bytes,
		                         .entries = s->index.entries,
		                         .buckets = UINT64_C(1) << s->index.bits,
		                         .runs = s->run_count,
		                         .saves = s->saves,
		                         .compactions = s->compactions };
	for (size_t i = 0; i < s->segment_count; i++) {
		stats.row_bytes += s->segments[i].area ? s->segments[i].used : 0;
		stats.dead_bytes += s->segments[i].area ? s->segments[i].dead : 0;
	}
	return stats;
}
