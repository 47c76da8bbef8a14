/* SPDX-License-Identifier: Apache-2.0 */
#include "census/claims.h"

#include <assert.h>
#include <stdlib.h>

#include "base/grow.h"
#include "base/num.h"

enum {
	SLOTS_FIRST = 1024,
	SLOT_BITS = 24,
	SLOT_CLAIM = (1 << SLOT_BITS) - 1,

	TEXT_BYTES_MAX = 16 << 20,
};

_Static_assert((int)CENSUS_CLAIMS_MAX < (int)SLOT_CLAIM, "a slot holds the number of a claim");
_Static_assert((int)CENSUS_CLAIMS_MAX < CLAIMS_A_CHUNK * CLAIM_CHUNKS,
               "the chunks hold the claims");

err_t claims_init(uint32_t claims_max, uint64_t seed, claims_t *ret_claims)
{
	claims_t c = { .claims_max = claims_max, .seed = seed, .pool = pool_of(TEXT_BYTES_MAX) };
	c.slots = calloc(SLOTS_FIRST, sizeof(*c.slots));
	c.mask = SLOTS_FIRST - 1;
	c.places_by_key = table_new(sizeof(uint32_t), CENSUS_PLACES, seed);
	c.words_by_text = table_new(sizeof(uint32_t), CENSUS_WORDS, seed);
	if (!c.slots || !c.places_by_key || !c.words_by_text) {
		claims_free(&c);
		return ERR_NO_MEMORY;
	}
	*ret_claims = c;
	return ERR_OK;
}

void claims_free(claims_t *c)
{
	for (size_t i = 0; i < CLAIM_CHUNKS; i++)
		free(c->chunks[i]);
	free(c->slots);
	free(c->places);
	free(c->words);
	table_free(c->places_by_key);
	table_free(c->words_by_text);
	pool_free(&c->pool);
	*c = (claims_t){ 0 };
}

claim_t *claims_at(const claims_t *c, uint32_t number)
{
	return &c->chunks[number / CLAIMS_A_CHUNK][number % CLAIMS_A_CHUNK];
}

/* Words and places. */

static err_t make_word_room(claims_t *c)
{
	word_t *words = grow_for(c->words, c->word_count + 1U, &c->word_room, sizeof(*words));
	c->words = words ? words : c->words;
	return words ? ERR_OK : ERR_NO_MEMORY;
}

static err_t add_word(claims_t *c, slice_t text, uint32_t *ret_word)
{
	void *value = NULL;
	err_t err = make_word_room(c);
	char *copy = err ? NULL : pool_cstr(&c->pool, text);
	if (!copy)
		return err ? err : ERR_LIMIT;
	err = table_put(c->words_by_text, text, &value, NULL);
	if (err)
		return err;
	c->words[c->word_count] = (word_t){ .text = slice_of(copy, text.len) };
	memcpy(value, &c->word_count, sizeof(c->word_count));
	*ret_word = c->word_count++;
	return ERR_OK;
}

err_t claims_word(claims_t *c, slice_t text, uint32_t *ret_word)
{
	const void *value = table_get(c->words_by_text, text);
	if (!value)
		return add_word(c, text, ret_word);
	memcpy(ret_word, value, sizeof(*ret_word));
	return ERR_OK;
}

void claims_heard(claims_t *c, uint32_t reporter, int64_t heard_ns)
{
	word_t *word = &c->words[reporter];
	c->reporter_count += word->heard_ns == 0 && heard_ns > 0;
	if (heard_ns > word->heard_ns)
		word->heard_ns = heard_ns;
}

static err_t make_place_room(claims_t *c)
{
	place_t *places = grow_for(c->places, c->place_count + 1U, &c->place_room, sizeof(*places));
	c->places = places ? places : c->places;
	return places ? ERR_OK : ERR_NO_MEMORY;
}

static err_t add_place(claims_t *c, const place_key_t *key, uint32_t *ret_place)
{
	void *value = NULL;
	err_t err = make_place_room(c);
	if (!err)
		err = table_put(c->places_by_key, slice_of(key, sizeof(*key)), &value, NULL);
	if (err)
		return err;
	c->places[c->place_count] = (place_t){ .key = *key };
	memcpy(value, &c->place_count, sizeof(c->place_count));
	*ret_place = c->place_count++;
	return ERR_OK;
}

err_t claims_place(claims_t *c, const place_key_t *key, uint32_t *ret_place)
{
	const void *value = table_get(c->places_by_key, slice_of(key, sizeof(*key)));
	if (!value)
		return add_place(c, key, ret_place);
	memcpy(ret_place, value, sizeof(*ret_place));
	return ERR_OK;
}

/* Slots. */

static uint64_t hash_of(const claims_t *c, const census_key_t *key)
{
	return num_hash(slice_of(key->bytes, CENSUS_KEY_BYTES), c->seed);
}

static bool is_same(const census_key_t *a, const census_key_t *b)
{
	return memcmp(a->bytes, b->bytes, CENSUS_KEY_BYTES) == 0;
}

static uint32_t claim_in(uint32_t slot)
{
	return (slot & SLOT_CLAIM) - 1;
}

/* The slot of the device, or the empty one where it belongs. Few of the others are asked
 * for their key: their tags differ. */
static uint32_t *slot_of(const claims_t *c, const census_key_t *key, uint64_t hash)
{
	uint32_t tag = (uint32_t)(hash >> 56), at = (uint32_t)hash & c->mask;
	while (c->slots[at] && (c->slots[at] >> SLOT_BITS != tag ||
	                        !is_same(&claims_at(c, claim_in(c->slots[at]))->key, key)))
		at = (at + 1) & c->mask;
	return &c->slots[at];
}

static uint32_t slot_for(uint32_t claim, uint64_t hash)
{
	return (uint32_t)(hash >> 56) << SLOT_BITS | (claim + 1);
}

/* At most three quarters are full. */
static err_t grow_slots(claims_t *c)
{
	if (c->device_count < (c->mask + 1) / 4 * 3)
		return ERR_OK;
	claims_t grown = *c;
	grown.mask = 2 * c->mask + 1;
	grown.slots = calloc((size_t)grown.mask + 1, sizeof(*grown.slots));
	if (!grown.slots)
		return ERR_NO_MEMORY;
	for (uint32_t i = 0; i <= c->mask; i++) {
		if (!c->slots[i])
			continue;
		const census_key_t *key = &claims_at(c, claim_in(c->slots[i]))->key;
		*slot_of(&grown, key, hash_of(c, key)) = c->slots[i];
	}
	free(c->slots);
	*c = grown;
	return ERR_OK;
}

uint32_t claims_find(const claims_t *c, const census_key_t *key)
{
	uint32_t slot = *slot_of(c, key, hash_of(c, key));
	return slot ? claim_in(slot) : CLAIM_NONE;
}

static uint32_t reporter_of(const claims_t *c, const claim_t *claim)
{
	return c->places[claim->place].key.reporter;
}

/* In the chain behind `head`; *ret_count is its length. */
static uint32_t in_chain(const claims_t *c, uint32_t head, uint32_t reporter, uint32_t *ret_count)
{
	uint32_t found = CLAIM_NONE;
	*ret_count = 0;
	for (uint32_t i = head; i != CLAIM_NONE; i = claims_at(c, i)->next) {
		if (reporter_of(c, claims_at(c, i)) == reporter)
			found = i;
		++*ret_count;
	}
	return found;
}

uint32_t claims_of(const claims_t *c, const census_key_t *key, uint32_t reporter)
{
	uint32_t count;
	return in_chain(c, claims_find(c, key), reporter, &count);
}

/* Who speaks. */

static int by_time(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* The rule of census.h. */
static bool speaks_before(const claims_t *c, const claim_t *a, const claim_t *b)
{
	int order = (a->state == CENSUS_RETIRED) - (b->state == CENSUS_RETIRED);
	if (!order)
		order = a->hops - b->hops;
	if (!order)
		order = by_time(a->since_s, b->since_s);
	if (!order)
		order = slice_cmp(c->words[reporter_of(c, a)].text,
		                  c->words[reporter_of(c, b)].text);
	return order < 0;
}

static void count_head(claims_t *c, uint32_t head, uint32_t by)
{
	const claim_t *claim = claims_at(c, head);
	c->places[claim->place].heads[claim->state] += by;
}

/* Puts the best of the chain in front. */
static uint32_t elect(claims_t *c, uint32_t head)
{
	uint32_t best = head, before_best = CLAIM_NONE;
	for (uint32_t i = head; claims_at(c, i)->next != CLAIM_NONE; i = claims_at(c, i)->next) {
		uint32_t next = claims_at(c, i)->next;
		if (speaks_before(c, claims_at(c, next), claims_at(c, best))) {
			best = next;
			before_best = i;
		}
	}
	if (best == head)
		return head;
	claims_at(c, before_best)->next = claims_at(c, best)->next;
	claims_at(c, best)->next = head;
	return best;
}

/* Merging. */

/* Two sayings of one time are one, unless the reporter is not well: then the greater. */
static bool is_later(const claims_t *c, const claim_t *a, const claim_t *b)
{
	const place_key_t *p = &c->places[a->place].key, *q = &c->places[b->place].key;
	int order = by_time(a->told_ns, b->told_ns);
	if (!order)
		order = a->state - b->state;
	if (!order)
		order = by_time(a->since_s, b->since_s);
	if (!order)
		order = slice_cmp(c->words[p->kind].text, c->words[q->kind].text);
	if (!order)
		order = slice_cmp(c->words[p->industry].text, c->words[q->industry].text);
	if (!order)
		order = slice_cmp(c->words[p->region].text, c->words[q->region].text);
	return order > 0;
}

/* Each field by itself goes one way, so the order does not matter. */
static bool merge(const claims_t *c, claim_t *known, const claim_t *said)
{
	bool is_changed = false;
	if (said->seen_s > known->seen_s)
		known->seen_s = said->seen_s;
	if (said->hops < known->hops) {
		known->hops = said->hops;
		is_changed = true;
	}
	if (!is_later(c, said, known))
		return is_changed;
	is_changed |= said->place != known->place || said->state != known->state ||
	              said->since_s != known->since_s;
	known->told_ns = said->told_ns;
	known->since_s = said->since_s;
	known->place = said->place;
	known->state = said->state;
	return is_changed;
}

static err_t add(claims_t *c, const claim_t *said, uint32_t head, uint32_t *ret_claim)
{
	claim_t **chunk = &c->chunks[c->claim_count / CLAIMS_A_CHUNK];
	if (!*chunk)
		*chunk = malloc(CLAIMS_A_CHUNK * sizeof(**chunk));
	if (!*chunk)
		return ERR_NO_MEMORY;
	claim_t *claim = claims_at(c, c->claim_count);
	*claim = *said;
	claim->next = head;
	claim->is_first = head == CLAIM_NONE;
	c->device_count += claim->is_first;
	*ret_claim = c->claim_count++;
	return ERR_OK;
}

err_t claims_take(claims_t *c, const claim_t *said, bool *ret_changed)
{
	err_t err = grow_slots(c);
	if (err)
		return err;
	uint64_t hash = hash_of(c, &said->key);
	uint32_t *slot = slot_of(c, &said->key, hash);
	uint32_t count, head = *slot ? claim_in(*slot) : CLAIM_NONE;
	uint32_t known = in_chain(c, head, reporter_of(c, said), &count);
	if (known == CLAIM_NONE &&
	    (c->claim_count >= c->claims_max || count >= CENSUS_REPORTERS_MAX))
		return ERR_LIMIT;
	bool is_changed = true;
	uint32_t first = head;
	if (head != CLAIM_NONE)
		count_head(c, head, UINT32_MAX); /* one less */
	if (known != CLAIM_NONE)
		is_changed = merge(c, claims_at(c, known), said);
	else
		err = add(c, said, head, &first);
	if (first != CLAIM_NONE) {
		first = elect(c, first);
		count_head(c, first, 1);
		*slot = slot_for(first, hash);
	}
	if (!err)
		*ret_changed = is_changed;
	return err;
}
