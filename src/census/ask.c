/* SPDX-License-Identifier: Apache-2.0 */
/* Counts walk the places, lists the claims; states are judged as of now. */
#include <stdlib.h>

#include "census/state.h"

/* Numbers of what is asked for; of a state the state itself. */
typedef struct {
	bool is_asked[CENSUS_BY_COUNT];
	uint32_t number[CENSUS_BY_COUNT];
} sieve_t;

typedef struct {
	uint32_t by[2];
} cell_key_t;

bool census_is_silent(const census_t *census, uint32_t reporter, int64_t now_ns)
{
	/* The node itself is here to answer. */
	return reporter != census->self &&
	       now_ns - census->claims.words[reporter].heard_ns > census->spec.silent_ns;
}

census_state_t census_judge(const census_t *census, uint32_t reporter, census_state_t state,
                            int64_t now_ns)
{
	bool is_final = state == CENSUS_RETIRED || !census_is_silent(census, reporter, now_ns);
	return is_final ? state : CENSUS_UNKNOWN;
}

/* False: no device has such a word. */
static bool sieve_of(const census_t *census, const census_filter_t *filter, sieve_t *ret_sieve)
{
	sieve_t sieve = { .is_asked = { false } };
	for (unsigned by = CENSUS_BY_REPORTER; by < CENSUS_BY_COUNT; by++) {
		if (!filter->words[by])
			continue;
		uint32_t number = census_state_parse(*filter->words[by]);
		if (by == CENSUS_BY_STATE && number == CENSUS_STATE_COUNT)
			return false;
		if (by != CENSUS_BY_STATE) {
			const void *value = table_get(census->claims.words_by_text,
			                              *filter->words[by]);
			if (!value)
				return false;
			memcpy(&number, value, sizeof(number));
		}
		sieve.is_asked[by] = true;
		sieve.number[by] = number;
	}
	*ret_sieve = sieve;
	return true;
}

static uint32_t number_by(const place_key_t *place, census_state_t state, census_by_t by)
{
	const uint32_t numbers[] = {
		[CENSUS_BY_NOTHING] = 0,
		[CENSUS_BY_REPORTER] = place->reporter,
		[CENSUS_BY_KIND] = place->kind,
		[CENSUS_BY_INDUSTRY] = place->industry,
		[CENSUS_BY_REGION] = place->region,
		[CENSUS_BY_STATE] = state,
	};
	return numbers[by];
}

static bool passes(const sieve_t *sieve, const place_key_t *place, census_state_t state)
{
	bool is_good = true;
	for (unsigned by = CENSUS_BY_REPORTER; by < CENSUS_BY_COUNT; by++)
		is_good &= !sieve->is_asked[by] ||
		           sieve->number[by] == number_by(place, state, (census_by_t)by);
	return is_good;
}

/* Counts. */

static err_t add_cell(table_t *cells, const census_count_t *ask, const place_t *place,
                      census_state_t state, uint64_t count)
{
	cell_key_t key = { { number_by(&place->key, state, ask->by[0]),
		             number_by(&place->key, state, ask->by[1]) } };
	void *value = NULL;
	err_t err = table_put(cells, slice_of(&key, sizeof(key)), &value, NULL);
	if (err)
		return err;
	uint64_t sum;
	memcpy(&sum, value, sizeof(sum));
	sum += count;
	memcpy(value, &sum, sizeof(sum));
	return ERR_OK;
}

static err_t add_place(const census_t *census, table_t *cells, const census_count_t *ask,
                       const sieve_t *sieve, const place_t *place)
{
	err_t err = ERR_OK;
	int64_t now_ns = env_utc(census->env).ns;
	for (unsigned said = 0; said < CENSUS_STATE_COUNT && !err; said++) {
		census_state_t state = census_judge(census, place->key.reporter,
		                                    (census_state_t)said, now_ns);
		if (place->heads[said] && passes(sieve, &place->key, state))
			err = add_cell(cells, ask, place, state, place->heads[said]);
	}
	return err;
}

static slice_t word_of(const census_t *census, census_by_t by, uint32_t number)
{
	if (by == CENSUS_BY_NOTHING)
		return (slice_t){ 0 };
	return by == CENSUS_BY_STATE ? slice_str(census_state_name((census_state_t)number))
	                             : census->claims.words[number].text;
}

static int by_words(const void *a, const void *b)
{
	const census_cell_t *x = a, *y = b;
	int order = slice_cmp(x->word[0], y->word[0]);
	return order ? order : slice_cmp(x->word[1], y->word[1]);
}

static err_t give_cells(const census_t *census, const table_t *cells, const census_count_t *ask,
                        size_t *ret_cells, uint64_t *ret_devices)
{
	size_t at = 0, count = 0;
	slice_t bytes;
	void *value;
	uint64_t sum = 0;
	if (table_count(cells) > ask->cap)
		return ERR_TOO_BIG;
	while (table_next(cells, &at, &bytes, &value)) {
		cell_key_t key;
		census_cell_t *cell = &ask->cells[count++];
		memcpy(&key, bytes.ptr, sizeof(key));
		for (size_t i = 0; i < 2; i++)
			cell->word[i] = word_of(census, ask->by[i], key.by[i]);
		memcpy(&cell->count, value, sizeof(cell->count));
		sum += cell->count;
	}
	if (count > 1)
		qsort(ask->cells, count, sizeof(*ask->cells), by_words);
	*ret_cells = count;
	*ret_devices = sum;
	return ERR_OK;
}

static void count_reporters(const census_t *census, census_total_t *total)
{
	const claims_t *c = &census->claims;
	int64_t now_ns = env_utc(census->env).ns;
	total->reporters = c->reporter_count;
	total->known = c->device_count;
	total->told = c->claim_count;
	total->silent = 0;
	for (uint32_t i = 0; i < c->word_count; i++)
		total->silent += c->words[i].heard_ns > 0 && census_is_silent(census, i, now_ns);
}

static err_t fill_cells(const census_t *census, const census_count_t *ask, table_t *cells)
{
	sieve_t sieve;
	err_t err = ERR_OK;
	if (!sieve_of(census, &ask->filter, &sieve))
		return ERR_OK;
	for (uint32_t i = 0; i < census->claims.place_count && !err; i++)
		err = add_place(census, cells, ask, &sieve, &census->claims.places[i]);
	return err;
}

err_t census_count(census_t *census, const census_count_t *ask, size_t *ret_cells,
                   census_total_t *ret_total)
{
	census_total_t total;
	table_t *cells = table_new(sizeof(uint64_t), SIZE_MAX / 2, census->claims.seed);
	if (!cells)
		return ERR_NO_MEMORY;
	env_lock(census->mutex);
	err_t err = fill_cells(census, ask, cells);
	if (!err)
		err = give_cells(census, cells, ask, ret_cells, &total.devices);
	count_reporters(census, &total);
	env_unlock(census->mutex);
	table_free(cells);
	if (!err)
		*ret_total = total;
	return err;
}

/* Lists. */

static uint32_t chain_length(const claims_t *c, uint32_t head)
{
	uint32_t count = 0;
	for (; head != CLAIM_NONE; head = claims_at(c, head)->next)
		count++;
	return count;
}

static census_device_t device_of(const census_t *census, uint32_t number, int64_t now_ns)
{
	const claim_t *claim = claims_at(&census->claims, number);
	const place_key_t *place = &census->claims.places[claim->place].key;
	const word_t *words = census->claims.words;
	return (census_device_t){
		.row = { .key = claim->key,
		         .kind = words[place->kind].text,
		         .industry = words[place->industry].text,
		         .region = words[place->region].text,
		         .state = census_judge(census, place->reporter,
		                               (census_state_t)claim->state, now_ns),
		         .since_s = claim->since_s,
		         .seen_s = claim->seen_s },
		.reporter = words[place->reporter].text,
		.hops = claim->hops,
		.told_ns = claim->told_ns,
	};
}

static bool list_one(const census_t *census, const sieve_t *sieve, uint32_t number,
                     census_device_t *ret_device)
{
	const claims_t *c = &census->claims;
	int64_t now_ns = env_utc(census->env).ns;
	uint32_t head = claims_find(c, &claims_at(c, number)->key);
	census_device_t device = device_of(census, head, now_ns);
	if (!passes(sieve, &c->places[claims_at(c, head)->place].key, device.row.state))
		return false;
	device.reporters = chain_length(c, head);
	*ret_device = device;
	return true;
}

void census_list(census_t *census, const census_list_t *ask, census_page_t *ret_page)
{
	const claims_t *c = &census->claims;
	sieve_t sieve;
	uint32_t i = ask->from;
	ret_page->count = 0;
	ret_page->next = 0;
	env_lock(census->mutex);
	if (sieve_of(census, &ask->filter, &sieve)) {
		uint32_t looks = CENSUS_LOOKS_MAX;
		for (; i < c->claim_count && ret_page->count < ask->cap && looks > 0; i++, looks--)
			if (claims_at(c, i)->is_first)
				ret_page->count += list_one(census, &sieve, i,
				                            &ask->devices[ret_page->count]);
		ret_page->next = i < c->claim_count ? i : 0;
	}
	env_unlock(census->mutex);
}

err_t census_reporters(census_t *census, const census_key_t *key,
                       census_device_t ret_said[CENSUS_REPORTERS_MAX], size_t *ret_count)
{
	const claims_t *c = &census->claims;
	int64_t now_ns = env_utc(census->env).ns;
	size_t count = 0;
	env_lock(census->mutex);
	uint32_t head = claims_find(c, key), length = chain_length(c, head);
	for (uint32_t i = head; i != CLAIM_NONE; i = claims_at(c, i)->next) {
		ret_said[count] = device_of(census, i, now_ns);
		ret_said[count++].reporters = length;
	}
	env_unlock(census->mutex);
	if (count == 0)
		return ERR_NOT_FOUND;
	*ret_count = count;
	return ERR_OK;
}
