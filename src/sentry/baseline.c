/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of one key hang together as a short list; the map leads to its head, so a
 * known request costs one look-up and rarely more than one comparison. */
#include "sentry/baseline.h"

#include <stdlib.h>

#include "codec/modbus/modbus.h"

enum { KNOWN_MAX = BASELINE_ROWS_MAX * 4 };

/* What an entry of `known` says. */
enum { KNOWN_CLIENT = 1, KNOWN_SERVER, KNOWN_PAIR, KNOWN_UNIT };

err_t baseline_open(baseline_t *b, uint64_t seed)
{
	*b = (baseline_t){ 0 };
	b->entries = calloc(BASELINE_ROWS_MAX, sizeof(*b->entries));
	b->free = malloc(BASELINE_ROWS_MAX * sizeof(*b->free));
	if (!b->entries || !b->free)
		return ERR_NO_MEMORY;
	for (uint32_t i = 0; i < BASELINE_ROWS_MAX; i++)
		b->free[i] = BASELINE_ROWS_MAX - 1 - i;
	b->free_count = BASELINE_ROWS_MAX;
	err_t err = keymap_open(&b->map, BASELINE_ROWS_MAX, seed);
	return err ? err : keymap_open(&b->known, KNOWN_MAX, seed);
}

void baseline_close(baseline_t *b)
{
	free(b->entries);
	free(b->free);
	keymap_close(&b->map);
	keymap_close(&b->known);
}

static keymap_key_t key_of(const baseline_row_t *row)
{
	return keymap_key(row->client, row->server, (uint64_t)row->unit << 8 | row->function);
}

static keymap_key_t known_key(int kind, ip_t a, ip_t b, uint8_t unit)
{
	return keymap_key(a, b, (uint64_t)kind << 8 | unit);
}

static bool is_known(const baseline_t *b, keymap_key_t key)
{
	return keymap_get(&b->known, &key) != KEYMAP_NONE;
}

static void note_known(baseline_t *b, keymap_key_t key)
{
	/* Four entries a row at most, and the map holds four for every row. */
	if (!is_known(b, key))
		(void)keymap_put(&b->known, &key, 0);
}

static void note_row(baseline_t *b, const baseline_row_t *row)
{
	ip_t none = { 0 };
	note_known(b, known_key(KNOWN_CLIENT, row->client, none, 0));
	note_known(b, known_key(KNOWN_SERVER, none, row->server, 0));
	note_known(b, known_key(KNOWN_PAIR, row->client, row->server, 0));
	note_known(b, known_key(KNOWN_UNIT, row->client, row->server, row->unit));
}

bool baseline_knows_pair(const baseline_t *b, ip_t client, ip_t server)
{
	return is_known(b, known_key(KNOWN_PAIR, client, server, 0));
}

bool baseline_knows_client(const baseline_t *b, ip_t client)
{
	return is_known(b, known_key(KNOWN_CLIENT, client, (ip_t){ 0 }, 0));
}

bool baseline_knows_server(const baseline_t *b, ip_t server)
{
	return is_known(b, known_key(KNOWN_SERVER, (ip_t){ 0 }, server, 0));
}

bool baseline_knows_unit(const baseline_t *b, ip_t client, ip_t server, uint8_t unit)
{
	return is_known(b, known_key(KNOWN_UNIT, client, server, unit));
}

static uint32_t head_of(const baseline_t *b, const baseline_row_t *what)
{
	keymap_key_t key = key_of(what);
	return keymap_get(&b->map, &key);
}

bool baseline_knows_function(const baseline_t *b, const baseline_row_t *what)
{
	return head_of(b, what) != KEYMAP_NONE;
}

static baseline_entry_t *entry_at(const baseline_t *b, uint32_t place)
{
	return place == KEYMAP_NONE ? NULL : &b->entries[place];
}

/* The head may change, the key stays. */
static bool set_head(baseline_t *b, const baseline_row_t *row, uint32_t place)
{
	keymap_key_t key = key_of(row);
	if (keymap_get(&b->map, &key) != KEYMAP_NONE)
		keymap_remove(&b->map, &key);
	return place == KEYMAP_NONE || keymap_put(&b->map, &key, place);
}

static baseline_entry_t *insert(baseline_t *b, const baseline_row_t *row, row_origin_t origin)
{
	uint32_t head = head_of(b, row);
	if (b->free_count == 0)
		return NULL;
	uint32_t place = b->free[--b->free_count];
	baseline_entry_t *entry = &b->entries[place];
	*entry = (baseline_entry_t){
		.row = *row, .origin = origin, .next = head, .used = true, .owed = true
	};
	entry->row.approved = origin != ROW_LEARNED;
	/* As many keys as rows at most, so the map has room. */
	(void)set_head(b, row, place);
	note_row(b, row);
	return entry;
}

static void drop(baseline_t *b, uint32_t place)
{
	baseline_entry_t *gone = &b->entries[place];
	uint32_t at = head_of(b, &gone->row);
	if (at == place) {
		(void)set_head(b, &gone->row, gone->next);
	} else {
		while (b->entries[at].next != place)
			at = b->entries[at].next;
		b->entries[at].next = gone->next;
	}
	gone->used = false;
	b->free[b->free_count++] = place;
}

baseline_entry_t *baseline_find(baseline_t *b, const baseline_row_t *what)
{
	baseline_entry_t *entry = entry_at(b, head_of(b, what));
	while (entry && (entry->row.from != what->from || entry->row.to != what->to))
		entry = entry_at(b, entry->next);
	return entry;
}

bool baseline_add(baseline_t *b, const baseline_row_t *what, row_origin_t origin)
{
	baseline_entry_t *entry = baseline_find(b, what);
	if (!entry)
		return insert(b, what, origin) != NULL;
	if (origin > entry->origin)
		entry->origin = origin;
	entry->row.approved = entry->origin != ROW_LEARNED;
	if (what->count > entry->row.count)
		entry->row.count = what->count;
	return true;
}

static bool same_row(const baseline_row_t *a, const baseline_row_t *b)
{
	return ip_eq(a->client, b->client) && ip_eq(a->server, b->server) && a->unit == b->unit &&
	       a->function == b->function && a->from == b->from && a->to == b->to;
}

static bool is_among(const baseline_row_t *row, const baseline_row_t *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (same_row(row, &rows[i]))
			return true;
	return false;
}

bool baseline_allow(baseline_t *b, const baseline_row_t *rows, size_t count)
{
	size_t fresh = 0;
	for (size_t i = 0; i < count; i++)
		fresh += !baseline_find(b, &rows[i]) && !is_among(&rows[i], rows, i);
	if (fresh > b->free_count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!baseline_add(b, &rows[i], ROW_POLICY))
			return false;
	return true;
}

void baseline_withdraw_others(baseline_t *b, const baseline_row_t *rows, size_t count)
{
	for (uint32_t i = 0; i < BASELINE_ROWS_MAX; i++) {
		const baseline_entry_t *entry = &b->entries[i];
		bool is_policy = entry->used && entry->origin == ROW_POLICY;
		if (is_policy && !is_among(&entry->row, rows, count))
			drop(b, i);
	}
}

static bool holds(const baseline_entry_t *entry, uint16_t address, cover_t cover)
{
	return (cover == COVER_ANY || entry->origin != ROW_LEARNED) && entry->row.from <= address &&
	       entry->row.to >= address;
}

static baseline_entry_t *holder(const baseline_t *b, const baseline_row_t *what, uint16_t address,
                                cover_t cover)
{
	baseline_entry_t *entry = entry_at(b, head_of(b, what));
	while (entry && !holds(entry, address, cover))
		entry = entry_at(b, entry->next);
	return entry;
}

bool baseline_covers(const baseline_t *b, const baseline_row_t *what, cover_t cover)
{
	uint32_t at = what->from;
	while (at <= what->to) {
		const baseline_entry_t *entry = holder(b, what, (uint16_t)at, cover);
		if (!entry)
			return false;
		at = (uint32_t)entry->row.to + 1;
	}
	return true;
}

static void count_into(baseline_entry_t *entry, int64_t utc_ns)
{
	entry->row.count++;
	entry->row.last_ns = utc_ns;
	if (entry->row.first_ns == 0)
		entry->row.first_ns = utc_ns;
}

void baseline_count(baseline_t *b, const baseline_row_t *what, int64_t utc_ns)
{
	baseline_entry_t *entry = holder(b, what, what->from, COVER_APPROVED);
	if (!entry)
		entry = holder(b, what, what->from, COVER_ANY);
	if (entry)
		count_into(entry, utc_ns);
}

static bool touches(const baseline_row_t *a, const baseline_row_t *b)
{
	return (uint32_t)a->from <= (uint32_t)b->to + 1 && (uint32_t)b->from <= (uint32_t)a->to + 1;
}

/* Takes the ranges and counts of all learned rows that touch `row` and drops
 * them. */
static void absorb(baseline_t *b, baseline_row_t *row)
{
	uint32_t at = head_of(b, row);
	while (at != KEYMAP_NONE) {
		baseline_entry_t *entry = &b->entries[at];
		uint32_t next = entry->next;
		if (entry->origin == ROW_LEARNED && touches(&entry->row, row)) {
			row->from = entry->row.from < row->from ? entry->row.from : row->from;
			row->to = entry->row.to > row->to ? entry->row.to : row->to;
			row->count += entry->row.count;
			if (entry->row.first_ns && entry->row.first_ns < row->first_ns)
				row->first_ns = entry->row.first_ns;
			drop(b, at);
			next = head_of(b, row); /* a wider row may touch more */
		}
		at = next;
	}
}

learn_t baseline_learn(baseline_t *b, const baseline_row_t *what, int64_t utc_ns)
{
	if (baseline_covers(b, what, COVER_ANY)) {
		baseline_count(b, what, utc_ns);
		return LEARN_KNOWN;
	}
	bool fresh = !baseline_knows_function(b, what);
	baseline_row_t row = *what;
	row.count = 1;
	row.first_ns = row.last_ns = utc_ns;
	absorb(b, &row);
	if (!insert(b, &row, ROW_LEARNED))
		return LEARN_FULL;
	return fresh ? LEARN_FRESH : LEARN_WIDER;
}

static void restore_into(baseline_entry_t *entry, const baseline_row_t *row, row_origin_t origin)
{
	if (entry->origin != ROW_POLICY && origin != ROW_POLICY)
		entry->origin = origin;
	entry->row.approved = entry->origin != ROW_LEARNED;
	entry->row.count = row->count;
	entry->row.first_ns = row->first_ns;
	entry->row.last_ns = row->last_ns;
	entry->saved = row->count;
	entry->owed = false;
}

void baseline_restore(baseline_t *b, const baseline_row_t *row, row_origin_t origin)
{
	baseline_entry_t *entry = baseline_find(b, row);
	if (!entry && origin != ROW_POLICY) {
		baseline_row_t wide = *row;
		if (origin == ROW_LEARNED)
			absorb(b, &wide);
		entry = insert(b, &wide, origin);
	}
	if (entry)
		restore_into(entry, row, origin);
}

static bool writes_at(const baseline_entry_t *entry, const baseline_row_t *where)
{
	const modbus_function_info_t *f = modbus_function_info(entry->row.function);
	const modbus_function_info_t *asked = modbus_function_info(where->function);
	return entry->used && f->action == ACTION_WRITE && f->space == asked->space &&
	       entry->row.unit == where->unit && ip_eq(entry->row.server, where->server) &&
	       entry->row.from <= where->from && entry->row.to >= where->from;
}

bool baseline_writer(const baseline_t *b, const baseline_row_t *where, ip_t *ret_client,
                     uint64_t *ret_count)
{
	uint64_t best = 0;
	for (size_t i = 0; i < BASELINE_ROWS_MAX; i++) {
		const baseline_entry_t *entry = &b->entries[i];
		if (writes_at(entry, where) && entry->row.count > best) {
			best = entry->row.count;
			*ret_client = entry->row.client;
			*ret_count = best;
		}
	}
	return best > 0;
}

size_t baseline_size(const baseline_t *b)
{
	return BASELINE_ROWS_MAX - b->free_count;
}

baseline_entry_t *baseline_next(baseline_t *b, size_t *at)
{
	while (*at < BASELINE_ROWS_MAX) {
		baseline_entry_t *entry = &b->entries[(*at)++];
		if (entry->used)
			return entry;
	}
	return NULL;
}
