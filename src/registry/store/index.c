/* SPDX-License-Identifier: Apache-2.0 */
/* The hash index: an array of buckets of one cache line, each with six entries and
 * a checksum. An entry belongs into the bucket that the top bits of its hash name,
 * or, when that is full, into the next that is not. Since 40 bits of the hash are in
 * the entry, growing needs no look at the rows.
 *
 * A bucket is written whole. A reader proves what it has read by the checksum, so a
 * bucket caught in the middle of a write is noticed; it is then read from `flux`,
 * where the writer shows it first. */
#include "base/crc.h"
#include "registry/store/state.h"

enum {
	HASH_LOW_AT = 0,
	PLACE_LOW_AT = 24,
	HASH_HIGH_AT = 48,
	PLACE_HIGH_AT = 54,
	SUM_AT = 60,
	LOAD_TRIES = 1000,
};

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static void put_u32(uint8_t *at, uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (8 * i));
}

static uint64_t get_40(const bucket_t *b, size_t low_at, size_t high_at, unsigned slot)
{
	return (uint64_t)b->bytes[high_at + slot] << 32 | get_u32(&b->bytes[low_at + 4 * slot]);
}

static location_t bucket_location(const bucket_t *bucket, unsigned slot)
{
	return get_40(bucket, PLACE_LOW_AT, PLACE_HIGH_AT, slot);
}

static uint64_t bucket_hash(const bucket_t *bucket, unsigned slot)
{
	return get_40(bucket, HASH_LOW_AT, HASH_HIGH_AT, slot);
}

static void bucket_set(bucket_t *b, unsigned slot, uint64_t hash, location_t location)
{
	put_u32(&b->bytes[HASH_LOW_AT + 4 * slot], (uint32_t)hash);
	b->bytes[HASH_HIGH_AT + slot] = (uint8_t)(hash >> 32);
	put_u32(&b->bytes[PLACE_LOW_AT + 4 * slot], (uint32_t)location);
	b->bytes[PLACE_HIGH_AT + slot] = (uint8_t)(location >> 32);
}

/* Bound to its place, so that a bucket that strayed is as bad as one that changed. */
static uint32_t bucket_sum(const bucket_t *b, uint32_t number, uint64_t at)
{
	uint32_t start = number * UINT32_C(0x9E3779B1) ^ (uint32_t)at ^ (uint32_t)(at >> 32) << 7;
	return crc32c(start, slice_of(b->bytes, SUM_AT));
}

static bool bucket_is_good(const bucket_t *b, uint32_t number, uint64_t at)
{
	return bucket_sum(b, number, at) == get_u32(&b->bytes[SUM_AT]);
}

static uint64_t flux_key(uint32_t number, uint64_t at)
{
	return (uint64_t)(number + 1) << INDEX_BITS_MAX ^ at;
}

/* Each word once: what is proved must be what is used. */
static void words_load(const _Atomic uint64_t *words, bucket_t *ret_bucket)
{
	for (size_t i = 0; i < BUCKET_WORDS; i++) {
		uint64_t word = atomic_load_explicit(&words[i], memory_order_acquire);
		memcpy(&ret_bucket->bytes[8 * i], &word, 8);
	}
}

static bool bucket_load(const index_view_t *index, uint64_t at, bucket_t *ret_bucket)
{
	const void *place = index->buckets + at * BUCKET_BYTES;
	for (unsigned i = 0; i < LOAD_TRIES; i++) {
		words_load(place, ret_bucket);
		if (bucket_is_good(ret_bucket, index->number, at))
			return true;
		if (atomic_load(&index->flux->key) != flux_key(index->number, at))
			continue;
		words_load(index->flux->words, ret_bucket);
		if (bucket_is_good(ret_bucket, index->number, at))
			return true;
	}
	return false;
}

static void flux_show(flux_t *flux, uint64_t key, const bucket_t *bucket)
{
	for (size_t i = 0; i < BUCKET_WORDS; i++) {
		uint64_t word;
		memcpy(&word, &bucket->bytes[8 * i], 8);
		atomic_store(&flux->words[i], word);
	}
	atomic_store(&flux->key, key);
}

static err_t bucket_write(area_t *area, uint64_t at, const bucket_t *b)
{
	return area_write(area, at * BUCKET_BYTES, slice_of(b->bytes, BUCKET_BYTES));
}

/* A bucket that a failed write left in pieces, as it was before that. */
static err_t torn_mend(registry_store_t *s)
{
	if (!s->is_torn || s->index.area->number != s->torn.number)
		return ERR_OK;
	err_t err = bucket_write(s->index.area, s->torn.at, &s->torn.bucket);
	s->is_torn = err != ERR_OK;
	return err;
}

/* `before` stays readable when the write fails. */
static err_t bucket_store(registry_store_t *s, const index_t *index, uint64_t at, bucket_t *bucket,
                          const bucket_t *before)
{
	uint32_t number = index->area->number;
	bool is_seen = index == &s->index;
	err_t err = is_seen ? torn_mend(s) : ERR_OK;
	if (err)
		return err;
	put_u32(&bucket->bytes[SUM_AT], bucket_sum(bucket, number, at));
	if (is_seen)
		flux_show(&s->flux, flux_key(number, at), bucket);
	err = bucket_write(index->area, at, bucket);
	if (!is_seen)
		return err;
	if (!err) {
		atomic_store(&s->flux.key, 0);
		return ERR_OK;
	}
	flux_show(&s->flux, flux_key(number, at), before);
	s->is_torn = true;
	s->torn.at = at;
	s->torn.number = number;
	s->torn.bucket = *before;
	return err;
}

/* Probing. */

probe_t probe_of(const index_view_t *index, uint64_t hash)
{
	probe_t probe = { .hash = hash, .left = UINT64_C(1) << index->bits };
	probe.at = index_home(hash, index->bits);
	return probe;
}

static void probe_note_free(probe_t *p, unsigned slot)
{
	if (p->has_free)
		return;
	p->has_free = true;
	p->free_at = p->at;
	p->free_slot = slot;
}

bool probe_next(const index_view_t *index, probe_t *p, location_t *ret_location)
{
	while (p->left > 0) {
		if (!p->is_loaded && !bucket_load(index, p->at, &p->bucket)) {
			p->is_bad = true;
			return false;
		}
		p->slot = p->is_loaded ? p->slot + 1 : 0;
		p->is_loaded = true;
		for (; p->slot < BUCKET_SLOTS; p->slot++) {
			location_t location = bucket_location(&p->bucket, p->slot);
			if (location <= LOCATION_DEAD)
				probe_note_free(p, p->slot);
			if (location == LOCATION_NONE) {
				p->left = 0; /* entries fill a bucket from the front */
				return false;
			}
			if (location != LOCATION_DEAD &&
			    bucket_hash(&p->bucket, p->slot) == p->hash) {
				*ret_location = location;
				return true;
			}
		}
		p->at = (p->at + 1) & ((UINT64_C(1) << index->bits) - 1);
		p->left--;
		p->is_loaded = false;
	}
	return false;
}

index_view_t index_view(const registry_store_t *store, const index_t *index)
{
	return (index_view_t){ .buckets = index->area->bytes.ptr,
		               .number = index->area->number,
		               .bits = index->bits,
		               .flux = &store->flux };
}

/* Writes. */

static void buckets_empty(bucket_t *buckets, size_t count, uint32_t number, uint64_t from)
{
	memset(buckets, 0, count * sizeof(*buckets));
	for (size_t i = 0; i < count; i++)
		put_u32(&buckets[i].bytes[SUM_AT], bucket_sum(&buckets[i], number, from + i));
}

/* Empty buckets [from, from + count). */
static err_t index_prepare(registry_store_t *s, const index_t *index, uint64_t from, size_t count)
{
	buckets_empty(s->window, count, index->area->number, from);
	return area_write(index->area, from * BUCKET_BYTES,
	                  slice_of(s->window, count * BUCKET_BYTES));
}

static err_t index_begin(registry_store_t *store, unsigned bits, index_t *ret_index)
{
	index_t index = { .bits = bits };
	err_t err = bits > INDEX_BITS_MAX ? ERR_LIMIT : ERR_OK;
	if (!err)
		err = area_make(store, AREA_INDEX, (uint64_t)BUCKET_BYTES << bits, &index.area);
	if (!err)
		*ret_index = index;
	return err;
}

err_t index_make(registry_store_t *store, unsigned bits, index_t *ret_index)
{
	index_t index;
	err_t err = index_begin(store, bits, &index);
	if (err)
		return err;
	for (uint64_t at = 0; !err && at < UINT64_C(1) << bits; at += GROW_CHUNK)
		err = index_prepare(store, &index, at, GROW_CHUNK);
	if (err)
		area_remove(store, AREA_INDEX, index.area);
	else
		*ret_index = index;
	return err;
}

static err_t index_change(registry_store_t *s, index_t *index, uint64_t hash, location_t from,
                          location_t to)
{
	index_view_t view = index_view(s, index);
	probe_t p = probe_of(&view, hash);
	location_t found;
	bucket_t before;
	while (probe_next(&view, &p, &found))
		if (found == from) {
			before = p.bucket;
			bucket_set(&p.bucket, p.slot, hash, to);
			return bucket_store(s, index, p.at, &p.bucket, &before);
		}
	if (p.is_bad)
		return ERR_CORRUPT;
	if (!p.has_free)
		return ERR_LIMIT;
	if (!bucket_load(&view, p.free_at, &before))
		return ERR_CORRUPT;
	bucket_t fresh = before;
	index->entries += bucket_location(&before, p.free_slot) == LOCATION_NONE;
	bucket_set(&fresh, p.free_slot, hash, to);
	return bucket_store(s, index, p.free_at, &fresh, &before);
}

/* Growth. */

static bool is_crowded(const index_t *index)
{
	return index->entries * 10 >= ((uint64_t)BUCKET_SLOTS << index->bits) * 8;
}

void growth_drop(registry_store_t *store)
{
	if (store->is_growing)
		area_remove(store, AREA_INDEX, store->growth.to.area);
	store->is_growing = false;
}

/* Puts an entry of an old bucket into the window over the new index; false when it
 * belongs outside or finds no room. */
static bool window_put(registry_store_t *s, uint64_t from, size_t count, const bucket_t *old,
                       unsigned slot)
{
	uint64_t hash = bucket_hash(old, slot);
	for (uint64_t at = index_home(hash, s->growth.to.bits); at >= from && at < from + count;
	     at++) {
		bucket_t *b = &s->window[at - from];
		for (unsigned i = 0; i < BUCKET_SLOTS; i++)
			if (bucket_location(b, i) == LOCATION_NONE) {
				bucket_set(b, i, hash, bucket_location(old, slot));
				return true;
			}
	}
	return false;
}

static err_t window_load(registry_store_t *s, const index_view_t *to, uint64_t from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!bucket_load(to, from + i, &s->window[i]))
			return ERR_CORRUPT;
	return ERR_OK;
}

static err_t window_store(registry_store_t *s, const index_t *to, uint64_t from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put_u32(&s->window[i].bytes[SUM_AT],
		        bucket_sum(&s->window[i], to->area->number, from + i));
	return area_write(to->area, from * BUCKET_BYTES, slice_of(s->window, count * BUCKET_BYTES));
}

/* One old bucket into the window; entries that do not fit there go their own way
 * once the window is written. */
static void bucket_spread(registry_store_t *s, const bucket_t *old, uint64_t from, size_t count,
                          uint8_t *ret_left)
{
	*ret_left = 0;
	for (unsigned slot = 0; slot < BUCKET_SLOTS; slot++) {
		if (bucket_location(old, slot) <= LOCATION_DEAD)
			continue;
		if (window_put(s, from, count, old, slot))
			s->growth.to.entries++;
		else
			*ret_left |= (uint8_t)(1u << slot);
	}
}

static err_t spread_rest(registry_store_t *s, uint64_t at, uint8_t left)
{
	index_view_t view = index_view(s, &s->index);
	bucket_t old;
	err_t err = bucket_load(&view, at, &old) ? ERR_OK : ERR_CORRUPT;
	for (unsigned slot = 0; !err && slot < BUCKET_SLOTS; slot++)
		if (left & 1u << slot)
			err = index_change(s, &s->growth.to, bucket_hash(&old, slot), LOCATION_NONE,
			                   bucket_location(&old, slot));
	return err;
}

/* A chunk of old buckets, whose entries go into twice as many new ones in the same
 * order, since the order is that of the hashes. */
static err_t growth_move(registry_store_t *s)
{
	growth_t *g = &s->growth;
	index_view_t old = index_view(s, &s->index), to = index_view(s, &g->to);
	uint64_t from = 2 * g->moved, end = UINT64_C(1) << g->to.bits;
	size_t count = 2 * GROW_CHUNK + GROW_SPILL;
	uint8_t left[GROW_CHUNK];
	if (count > end - from)
		count = (size_t)(end - from);
	err_t err = window_load(s, &to, from, count);
	for (size_t i = 0; !err && i < GROW_CHUNK; i++) {
		bucket_t bucket;
		if (bucket_load(&old, g->moved + i, &bucket))
			bucket_spread(s, &bucket, from, count, &left[i]);
		else
			err = ERR_CORRUPT;
	}
	if (!err)
		err = window_store(s, &g->to, from, count);
	for (size_t i = 0; !err && i < GROW_CHUNK; i++)
		if (left[i])
			err = spread_rest(s, g->moved + i, left[i]);
	g->moved += GROW_CHUNK;
	return err;
}

/* The new index takes the old one's place. */
static err_t growth_end(registry_store_t *s)
{
	area_t *old = s->index.area;
	s->index = s->growth.to;
	s->is_growing = false;
	s->is_torn = false;
	err_t err = store_publish(s);
	area_condemn(s, AREA_INDEX, old);
	return err;
}

static err_t growth_begin(registry_store_t *s)
{
	growth_t growth = { .credit = 0 };
	err_t err = index_begin(s, s->index.bits + 1, &growth.to);
	if (err)
		return err;
	s->growth = growth;
	s->is_growing = true;
	return ERR_OK;
}

err_t growth_step(registry_store_t *s)
{
	growth_t *g = &s->growth;
	if (!s->is_growing)
		return is_crowded(&s->index) ? growth_begin(s) : ERR_OK;
	if (++g->credit < GROW_EVERY)
		return ERR_OK;
	g->credit = 0;
	err_t err = ERR_OK;
	uint64_t end = UINT64_C(1) << g->to.bits;
	for (unsigned i = 0; !err && i < 4 && g->prepared < end; i++) {
		err = index_prepare(s, &g->to, g->prepared, 2 * GROW_CHUNK);
		g->prepared += 2 * GROW_CHUNK;
	}
	if (!err && g->prepared == end)
		err = g->moved < end / 2 ? growth_move(s) : growth_end(s);
	if (err && s->is_growing)
		growth_drop(s); /* begun again with a later put */
	return err;
}

err_t index_turn(registry_store_t *s, uint64_t hash, location_t from, location_t to)
{
	index_view_t view = index_view(s, &s->index);
	probe_t p = probe_of(&view, hash);
	location_t found = LOCATION_NONE;
	err_t err = index_change(s, &s->index, hash, from, to);
	if (err || !s->is_growing || s->growth.moved == 0)
		return err;
	/* What has not moved yet moves as it is then. */
	while (probe_next(&view, &p, &found) && found != to)
		;
	if (p.at >= s->growth.moved)
		return ERR_OK;
	err = index_change(s, &s->growth.to, hash, from, to);
	if (err)
		growth_drop(s);
	return ERR_OK;
}

/* Recovery. */

static bool is_known(const registry_store_t *s, location_t location)
{
	uint64_t segment = location >> SEGMENT_BITS;
	uint64_t at = (location & ((UINT64_C(1) << SEGMENT_BITS) - 1)) * ROW_ALIGN;
	return segment < s->segment_count && s->segments[segment].area &&
	       at < s->segments[segment].used;
}

err_t index_recover(registry_store_t *s)
{
	index_view_t view = index_view(s, &s->index);
	uint64_t entries = 0;
	err_t err = ERR_OK;
	for (uint64_t at = 0; !err && at < UINT64_C(1) << s->index.bits; at++) {
		bucket_t bucket, before;
		bool is_changed = false;
		if (!bucket_load(&view, at, &bucket))
			return ERR_CORRUPT;
		before = bucket;
		for (unsigned slot = 0; slot < BUCKET_SLOTS; slot++) {
			location_t location = bucket_location(&bucket, slot);
			entries += location != LOCATION_NONE;
			if (location <= LOCATION_DEAD || is_known(s, location))
				continue;
			bucket_set(&bucket, slot, bucket_hash(&bucket, slot), LOCATION_DEAD);
			is_changed = true;
		}
		if (is_changed)
			err = bucket_store(s, &s->index, at, &bucket, &before);
	}
	s->index.entries = entries;
	return err;
}

/* Hashing. */

static uint64_t fold_word(uint64_t word)
{
	const uint64_t low = UINT64_C(0x7F7F7F7F7F7F7F7F), high = ~low;
	uint64_t seven = word & low;
	/* The top bit of each byte: at least 'a', above 'z', not ASCII. */
	uint64_t from_a = seven + UINT64_C(0x1F1F1F1F1F1F1F1F);
	uint64_t past_z = seven + UINT64_C(0x0505050505050505);
	uint64_t letters = from_a & ~past_z & ~word & high;
	return word - (letters >> 2);
}

static uint64_t mix(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0xD6E8FEB86659FD93);
	h ^= h >> 29;
	h *= UINT64_C(0x9E3779B97F4A7C15);
	return h ^ h >> 32;
}

uint64_t store_hash(slice_t name, uint64_t seed)
{
	uint64_t h = seed ^ name.len * UINT64_C(0x9E3779B97F4A7C15);
	size_t i = 0;
	for (; name.len - i >= 8; i += 8)
		h = mix(h ^ fold_word(load_u64_le(&name.ptr[i])));
	uint8_t rest[8] = { 0 };
	for (size_t k = 0; i < name.len; i++, k++)
		rest[k] = name.ptr[i];
	return mix(mix(h ^ fold_word(load_u64_le(rest))));
}
