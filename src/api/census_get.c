/* SPDX-License-Identifier: Apache-2.0 */
/* The register of devices: how many of what, and which. */
#include <stdlib.h>

#include "api/handlers.h"
#include "api/state.h"
#include "api/tree_ask.h"

enum { CELLS_MAX = 20000, PAGE = 100, KEY_TEXT = 2 * CENSUS_KEY_BYTES, HEX = 16 };

static const char *const BY_WORDS[CENSUS_BY_COUNT] = {
#define X(name, word) word,
	CENSUS_BY_ROWS(X)
#undef X
};

static bool read_by(exchange_t *x, slice_t words, census_by_t ret_by[2])
{
	for (size_t i = 0; words.len; i++) {
		slice_t word = slice_cut(&words, ',');
		unsigned by = CENSUS_BY_REPORTER;
		while (by < CENSUS_BY_COUNT && !slice_eq(word, slice_str(BY_WORDS[by])))
			by++;
		if (i == 2 || by == CENSUS_BY_COUNT) {
			tree_refuse_word(x, word);
			return false;
		}
		ret_by[i] = (census_by_t)by;
	}
	return true;
}

static void read_filter(exchange_t *x, slice_t words[CENSUS_BY_COUNT], census_filter_t *ret_filter)
{
	*ret_filter = (census_filter_t){ 0 };
	for (unsigned i = CENSUS_BY_REPORTER; i < CENSUS_BY_COUNT; i++)
		if (request_query(&x->request, BY_WORDS[i], 0, &words[i]) && words[i].len)
			ret_filter->words[i] = &words[i];
}

static void put_cells(exchange_t *x, const census_count_t *ask, size_t count)
{
	json_put_array(reply_json(&x->reply, TREE_ROOM), "rows");
	for (size_t i = 0; i < count; i++) {
		json_t *j = reply_json(&x->reply, TREE_ROOM);
		json_object(j);
		json_put_array(j, "key");
		for (size_t k = 0; k < 2 && ask->by[k] != CENSUS_BY_NOTHING; k++)
			json_str(j, ask->cells[i].word[k]);
		json_close(j);
		json_put_u64(j, "count", ask->cells[i].count);
		json_close(j);
	}
	json_close(reply_json(&x->reply, TREE_ROOM));
}

static err_t count_devices(exchange_t *x, census_t *census, census_count_t *ask)
{
	census_total_t total;
	size_t count = 0;
	err_t err = census_count(census, ask, &count, &total);
	if (err)
		return err;
	json_t *j = reply_json(&x->reply, TREE_ROOM);
	json_object(j);
	json_put_u64(j, "total", total.devices);
	json_put_u64(j, "reporters", total.reporters);
	json_put_u64(j, "silent", total.silent);
	json_put_object(j, "once");
	json_put_u64(j, "told", total.told);
	json_put_u64(j, "devices", total.known);
	json_close(j);
	put_cells(x, ask, count);
	json_close(reply_json(&x->reply, TREE_ROOM));
	return ERR_OK;
}

verdict_t census_get(exchange_t *x)
{
	slice_t words[CENSUS_BY_COUNT];
	const api_tree_t *tree = tree_ask(x);
	census_count_t ask = { .cap = CELLS_MAX };
	if (!tree || !read_by(x, tree_ask_word(x, "by"), ask.by))
		return EXCHANGE_ANSWERED;
	read_filter(x, words, &ask.filter);
	ask.cells = calloc(CELLS_MAX, sizeof(*ask.cells));
	err_t err = ask.cells ? count_devices(x, tree->census, &ask) : ERR_NO_MEMORY;
	free(ask.cells);
	return err ? exchange_refuse(x, err, NULL, (slice_t){ 0 }) : EXCHANGE_ANSWERED;
}

/* Which. */

static void put_key(const census_key_t *key, json_t *j)
{
	char text[KEY_TEXT];
	for (size_t i = 0; i < KEY_TEXT; i++)
		text[i] = "0123456789abcdef"[i % 2 ? key->bytes[i / 2] % HEX
		                                   : key->bytes[i / 2] / HEX];
	json_put_str(j, "key", slice_of(text, sizeof(text)));
}

static err_t put_reporters(census_t *census, const census_key_t *key, json_t *j)
{
	census_device_t said[CENSUS_REPORTERS_MAX];
	size_t count = 0;
	err_t err = census_reporters(census, key, said, &count);
	json_put_array(j, "reporters");
	for (size_t i = 0; !err && i < count; i++)
		json_str(j, said[i].reporter);
	json_close(j);
	return err;
}

static err_t put_device(census_t *census, const census_device_t *device, json_t *j)
{
	json_object(j);
	put_key(&device->row.key, j);
	json_put_str(j, "kind", device->row.kind);
	json_put_str(j, "industry", device->row.industry);
	json_put_str(j, "region", device->row.region);
	json_put_cstr(j, "state", census_state_name(device->row.state));
	tree_put_time(j, "since", (int64_t)device->row.since_s * NS_PER_S);
	tree_put_time(j, "seen", (int64_t)device->row.seen_s * NS_PER_S);
	err_t err = put_reporters(census, &device->row.key, j);
	json_close(j);
	return err;
}

static bool read_list(exchange_t *x, census_list_t *ask)
{
	return tree_ask_from(x, &ask->from) && tree_ask_count(x, "limit", PAGE, &ask->cap);
}

verdict_t census_devices_get(exchange_t *x)
{
	slice_t words[CENSUS_BY_COUNT];
	census_list_t ask = { .cap = 0 };
	census_page_t page;
	const api_tree_t *tree = tree_ask(x);
	if (!tree || !read_list(x, &ask))
		return EXCHANGE_ANSWERED;
	read_filter(x, words, &ask.filter);
	ask.devices = calloc(ask.cap, sizeof(*ask.devices));
	if (!ask.devices)
		return exchange_refuse(x, ERR_NO_MEMORY, NULL, (slice_t){ 0 });
	census_list(tree->census, &ask, &page);
	reply_items(&x->reply, TREE_ROOM);
	err_t err = ERR_OK;
	for (size_t i = 0; i < page.count && !err; i++)
		err = put_device(tree->census, &ask.devices[i],
		                 reply_json(&x->reply, 4 * TREE_ROOM));
	free(ask.devices);
	if (err)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	json_close(reply_json(&x->reply, TREE_ROOM));
	tree_put_next_from(x, page.next);
	json_close(reply_json(&x->reply, TREE_ROOM));
	return EXCHANGE_ANSWERED;
}
