/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CENSUS_CLAIMS_H
#define CENSUS_CLAIMS_H
/* The register in memory: a claim is what one reporter says of one device. Claims stand in
 * the order they came and never go, so that the first claim of a device is its place in
 * every list. The claims of a device are chained; the head of the chain speaks for it and is
 * what its slot of the hash table points to.
 *
 * Words (reporters, kinds, industries, regions) are numbered, and so are the combinations of
 * four of them that occur (places), each with the count of devices per state that are
 * spoken for there. A question for counts walks the places and never the devices.
 *
 * What comes from outside chooses the keys, so the hash is seeded by chance.
 *
 * Threads: the owner's lock. */
#include "base/pool.h"
#include "base/table.h"
#include "census/census.h"

#define CLAIM_NONE UINT32_MAX

enum { CLAIMS_A_CHUNK = 1 << 16, CLAIM_CHUNKS = 1 << 8 };

typedef struct {
	census_key_t key;
	int64_t told_ns;
	uint32_t since_s, seen_s;
	uint32_t place;
	uint32_t next; /* of the same device, CLAIM_NONE at the end */
	uint8_t state, hops;
	bool is_first; /* of its device */
} claim_t;

typedef struct {
	uint32_t reporter, kind, industry, region; /* numbers of words */
} place_key_t;

typedef struct {
	place_key_t key;
	uint32_t heads[CENSUS_STATE_COUNT];
} place_t;

typedef struct {
	slice_t text;
	int64_t heard_ns; /* of a reporter; 0: it is none */
} word_t;

typedef struct {
	uint32_t *slots; /* low 24 bits claim + 1, 0 empty; high 8 bits of the hash */
	uint32_t mask;
	claim_t *chunks[CLAIM_CHUNKS];
	uint32_t claim_count, claims_max, device_count;
	place_t *places;
	uint32_t place_count;
	size_t place_room;
	table_t *places_by_key; /* to u32 */
	word_t *words;
	uint32_t word_count, reporter_count;
	size_t word_room;
	table_t *words_by_text; /* to u32 */
	pool_t pool;            /* texts */
	uint64_t seed;
} claims_t;

MUST_CHECK err_t claims_init(uint32_t claims_max, uint64_t seed, claims_t *ret_claims);
void claims_free(claims_t *c);

claim_t *claims_at(const claims_t *c, uint32_t number);
/* The head of a device's chain; CLAIM_NONE: there is no such device. */
uint32_t claims_find(const claims_t *c, const census_key_t *key);
/* A device's claim of a reporter; CLAIM_NONE. */
uint32_t claims_of(const claims_t *c, const census_key_t *key, uint32_t reporter);

/* The number of a word, given when it is new. ERR_LIMIT, ERR_NO_MEMORY. */
MUST_CHECK err_t claims_word(claims_t *c, slice_t text, uint32_t *ret_word);
/* A reporter was heard at a time. */
void claims_heard(claims_t *c, uint32_t reporter, int64_t heard_ns);
MUST_CHECK err_t claims_place(claims_t *c, const place_key_t *key, uint32_t *ret_place);

/* A claim as it came; `next` and `is_first` are not looked at. *ret_changed: it says
 * something new. ERR_LIMIT: nothing was taken; ERR_NO_MEMORY. */
MUST_CHECK err_t claims_take(claims_t *c, const claim_t *said, bool *ret_changed);
#endif
