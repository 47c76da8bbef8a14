/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "codec/uplink/uplink.h"
#include "env/file.h"
#include "insight/roller_state.h"
#include "journal/view_file.h"
#include "model/received.h"

static const int64_t GRACE_NS = 120 * NS_PER_S;
static const int64_t SPEND_NS = 100 * NS_PER_MS;
static const int64_t TICK_NS = NS_PER_S;
static const int64_t MORE_NS = 10 * NS_PER_MS; /* others of the loop have their turn */
static const view_file_t FORM = { { 'J', 'I', 'Z', 'H', 'U', 'R', 'O', 'L' }, 1 };

static const metric_row_t ROWS[] = {
#define X(id, name, help, kind) { name, help, METRIC_##kind },
	ROLLER_METRIC_ROWS(X)
#undef X
};

static bool has_time(const roller_t *roller)
{
	return env_now(roller->env) < roller->until_ns;
}

/* ---- cells */

static slice_t cell_put(const figure_key_t *key, uint8_t text[ROLLER_KEY_MAX])
{
	writer_t w = writer_of(text, ROLLER_KEY_MAX);
	wr_string(&w, key->definition);
	wr_string(&w, key->scope);
	wr_varint(&w, key->version);
	wr_zigzag(&w, key->from_ns);
	wr_zigzag(&w, key->to_ns);
	return writer_done(&w);
}

static void cell_read(roller_cell_t *cell)
{
	reader_t r = reader_of(slice_of(cell->text, cell->len));
	cell->key.definition = rd_string(&r);
	cell->key.scope = rd_string(&r);
	cell->key.version = (uint32_t)rd_varint(&r);
	cell->key.from_ns = rd_zigzag(&r);
	cell->key.to_ns = rd_zigzag(&r);
}

static void link_last(roller_t *roller, roller_cell_t *cell)
{
	cell->prev = roller->last;
	if (roller->last)
		roller->last->next = cell;
	else
		roller->first = cell;
	roller->last = cell;
}

static void cell_remove(roller_t *roller, roller_cell_t *cell)
{
	if (cell->prev)
		cell->prev->next = cell->next;
	else
		roller->first = cell->next;
	if (cell->next)
		cell->next->prev = cell->prev;
	else
		roller->last = cell->prev;
	(void)table_remove(roller->cells, slice_of(cell->text, cell->len));
	free(cell);
}

static err_t cell_new(roller_t *roller, slice_t text, roller_cell_t **ret_cell)
{
	roller_cell_t *cell = calloc(1, sizeof(*cell));
	if (!cell)
		return ERR_NO_MEMORY;
	memcpy(cell->text, text.ptr, text.len);
	cell->len = text.len;
	cell->before = roller->mark;
	cell_read(cell);
	link_last(roller, cell);
	*ret_cell = cell;
	return ERR_OK;
}

/* How long from now: the grace behind the end of the period, and behind now of what is late or
 * of a period that its sender's clock says is over. */
static int64_t wait_ns(const roller_t *roller, int64_t to_ns)
{
	int64_t past_ns = 0, now_ns = env_utc(roller->env).ns, grace_ns = roller->spec.grace_ns;
	bool is_far = __builtin_sub_overflow(now_ns, to_ns, &past_ns);
	return is_far || past_ns < 0 || past_ns >= grace_ns ? grace_ns : grace_ns - past_ns;
}

/* What came makes the cell wait. One that was issued already waits again, and is not safe before
 * that is durable. */
static err_t cell_wait(roller_t *roller, const figure_key_t *key)
{
	uint8_t room[ROLLER_KEY_MAX];
	slice_t text = cell_put(key, room);
	void *value = NULL;
	bool is_new = false;
	err_t err = table_put(roller->cells, text, &value, &is_new);
	if (err)
		return err;
	roller_cell_t **cell = value;
	if (is_new)
		err = cell_new(roller, text, cell);
	if (err) {
		(void)table_remove(roller->cells, text);
		return err;
	}
	if (is_new || (*cell)->issued_seq)
		(*cell)->due_ns = env_now(roller->env) + wait_ns(roller, key->to_ns);
	(*cell)->issued_seq = 0;
	return ERR_OK;
}

/* ---- walking */

/* A child speaks for itself alone: what it says of places within is in its sum. */
static err_t take_received(roller_t *roller, slice_t payload)
{
	received_t received;
	uplink_batch_t batch;
	uplink_item_t item;
	figure_t figure;
	slice_t node;
	err_t err = ERR_OK;
	/* The book counts what cannot be read. */
	if (received_read(payload, &received) || uplink_batch_read(received.batch, &batch) ||
	    batch.envelope.stream != UPLINK_INDICATORS)
		return ERR_OK;
	uplink_items_t items = uplink_items_of(&batch);
	while (!err && uplink_item_next(&items, &item))
		if (!figure_item_decode(item.body, &node, &figure) &&
		    slice_eq(figure.entity, received.child))
			err = cell_wait(roller, &figure.key);
	return err;
}

/* Of the node, what a person said or took back; of an own child, all. */
static err_t take_own(roller_t *roller, slice_t payload)
{
	figure_t figure;
	err_t err = figure_decode(payload, &figure);
	if (err)
		return err == ERR_MALFORMED ? ERR_CORRUPT : err;
	bool is_node = slice_eq(figure.entity, roller->spec.node) && figure.origin != FIGURE_ROLLED;
	return is_node || roller_is_own_child(roller, figure.entity)
	               ? cell_wait(roller, &figure.key)
	               : ERR_OK;
}

static err_t take(roller_t *roller, const journal_record_t *record)
{
	err_t err = ERR_OK;
	if (record->type == JOURNAL_RECEIVED)
		err = take_received(roller, record->payload);
	else if (record->type == JOURNAL_FIGURE)
		err = take_own(roller, record->payload);
	if (!err)
		roller->mark = journal_cursor_mark(roller->cursor);
	return err;
}

static err_t walk_open(roller_t *roller)
{
	return journal_follow_open(roller->spec.journal, &roller->mark,
	                           JOURNAL_TYPE_BIT(JOURNAL_RECEIVED) |
	                                   JOURNAL_TYPE_BIT(JOURNAL_FIGURE),
	                           &roller->cursor);
}

static void walk_close(roller_t *roller)
{
	journal_cursor_close(roller->cursor);
	roller->cursor = NULL;
}

/* ERR_NOT_FOUND: all that is durable was looked at. A record may make as many cells wait as a
 * batch has items. */
static err_t walk(roller_t *roller)
{
	journal_record_t record;
	err_t err = roller->cursor ? ERR_OK : walk_open(roller);
	for (size_t n = 0; !err && n < ROLLER_RECORDS; n++) {
		if (table_count(roller->cells) + UPLINK_ITEMS_MAX > ROLLER_CELLS_MAX)
			return ERR_OK;
		err = journal_cursor_next(roller->cursor, &record);
		if (!err)
			err = take(roller, &record);
	}
	if (err && err != ERR_NOT_FOUND)
		walk_close(roller);
	return err;
}

/* ---- turns */

static bool is_due(roller_t *roller, roller_cell_t *cell)
{
	return env_now(roller->env) >= cell->due_ns || roller_is_complete(roller, cell);
}

/* Those that are due, the oldest first, as far as the time of this turn reaches. */
static err_t roll_due(roller_t *roller, bool *ret_more)
{
	uint64_t durable = journal_durable(roller->spec.journal);
	int64_t behind = 0;
	roller_cell_t *next = NULL;
	err_t err = ERR_OK;
	for (roller_cell_t *cell = roller->first; cell; cell = next) {
		next = cell->next;
		bool is_rolled = cell->issued_seq > 0;
		if (!is_rolled && !err && has_time(roller) && is_due(roller, cell)) {
			err = roller_roll(roller, cell);
			is_rolled = !err;
		}
		if (is_rolled && cell->issued_seq <= durable)
			cell_remove(roller, cell);
		else if (!is_rolled)
			behind += env_now(roller->env) >= cell->due_ns;
	}
	metric_set(&roller->metrics, ROLLER_METRIC_BEHIND, behind);
	*ret_more = behind > 0;
	return err;
}

/* The book has to have what makes a cell wait before it is rolled up. */
static void on_turn(void *ctx)
{
	roller_t *roller = ctx;
	bool is_behind = false;
	roller->until_ns = env_now(roller->env) + roller->spec.spend_ns;
	err_t err = roller_ask_children(roller);
	if (!err)
		err = walk(roller);
	bool is_end = err == ERR_NOT_FOUND;
	if (!err || is_end)
		err = book_follow(roller->spec.book);
	if (!err)
		err = roll_due(roller, &is_behind);
	if (err)
		metric_add(&roller->metrics, ROLLER_METRIC_FAILED, 1);
	metric_set(&roller->metrics, ROLLER_METRIC_WAITING, (int64_t)table_count(roller->cells));
	env_timer_set(roller->timer, err || (is_end && !is_behind) ? TICK_NS : MORE_NS);
}

/* ---- begin and end */

/* The mark that is safe: behind it, all is looked at again. */
static journal_mark_t safe_mark(const roller_t *roller)
{
	journal_mark_t mark = roller->mark;
	for (const roller_cell_t *cell = roller->first; cell; cell = cell->next)
		if (cell->before.seq < mark.seq)
			mark = cell->before;
	return mark;
}

/* What can be rolled up by the definitions, for what was refused once may go another time. */
static void digest(const definitions_t *definitions, uint8_t ret_hash[SHA256_BYTES])
{
	uint8_t hash[SHA256_BYTES] = { 0 };
	for (size_t i = 0; i < definitions_count(definitions); i++) {
		const definition_t *definition = definitions_get(definitions, i);
		slice_t parts[3 + DEFINITION_SCOPES_MAX] = {
			slice_of(hash, sizeof(hash)), definition->id,
			slice_of(&definition->version, sizeof(definition->version))
		};
		for (size_t k = 0; k < definition->scope_count; k++)
			parts[3 + k] = definition->scopes[k].id;
		env_sha256(parts, 3 + definition->scope_count, hash);
	}
	memcpy(ret_hash, hash, sizeof(hash));
}

err_t roller_save(roller_t *roller)
{
	uint8_t bytes[VIEW_FILE_HEAD + SHA256_BYTES + VIEW_FILE_CRC];
	writer_t w = writer_of(bytes, sizeof(bytes));
	journal_mark_t mark = safe_mark(roller);
	view_file_begin(&FORM, &mark, &w);
	wr_bytes(&w, slice_of(roller->defined, sizeof(roller->defined)));
	view_file_end(&w);
	return env_file_save(roller->env, roller->path, writer_done(&w));
}

static err_t load(roller_t *roller)
{
	env_map_t *map = NULL;
	reader_t rest;
	err_t err = env_map_open(roller->env, roller->path, &map);
	if (err)
		return err;
	err = view_file_open(&FORM, env_map_bytes(map), &rest, &roller->mark);
	if (!err && !slice_eq(rest.in, slice_of(roller->defined, sizeof(roller->defined))))
		err = ERR_CONFLICT;
	env_map_close(map);
	return err;
}

/* Whatever is wrong with the mark, the journal has it all. */
static err_t resume(roller_t *roller)
{
	err_t err = load(roller);
	if (!err)
		err = walk_open(roller);
	if (!err || err == ERR_NO_MEMORY)
		return err;
	roller->mark = (journal_mark_t){ 0 };
	return walk_open(roller);
}

static err_t open_parts(roller_t *roller)
{
	const roller_spec_t *spec = &roller->spec;
	uint64_t seed;
	env_random(roller->env, &seed, sizeof(seed));
	digest(spec->definitions, roller->defined);
	roller->cells = table_new(sizeof(roller_cell_t *), ROLLER_CELLS_MAX, seed);
	roller->told = table_new(sizeof(bool), ROLLER_TOLD_MAX, seed);
	err_t err = roller->cells && roller->told ? ERR_OK : ERR_NO_MEMORY;
	if (!err)
		err = env_path_join(spec->views_dir, "roller", roller->path, sizeof(roller->path));
	if (!err)
		err = env_dir_make(roller->env, spec->views_dir);
	if (!err)
		err = env_timer_new(spec->loop, on_turn, roller, &roller->timer);
	return err ? err : resume(roller);
}

err_t roller_open(const roller_spec_t *spec, roller_t **ret_roller)
{
	if (spec->node.len == 0 || spec->node.len > FIGURE_NAME_MAX)
		return ERR_INVALID;
	roller_t *roller = calloc(1, sizeof(*roller));
	if (!roller)
		return ERR_NO_MEMORY;
	roller->spec = *spec;
	roller->env = env_loop_env(spec->loop);
	memcpy(roller->node, spec->node.ptr, spec->node.len);
	roller->spec.node = slice_of(roller->node, spec->node.len);
	if (roller->spec.grace_ns == 0)
		roller->spec.grace_ns = GRACE_NS;
	if (roller->spec.spend_ns == 0)
		roller->spec.spend_ns = SPEND_NS;
	metrics_init(&roller->metrics, ROWS, ROLLER_METRIC_COUNT);
	err_t err = open_parts(roller);
	if (err) {
		roller_close(roller);
		return err;
	}
	env_timer_set(roller->timer, TICK_NS);
	*ret_roller = roller;
	return ERR_OK;
}

void roller_close(roller_t *roller)
{
	if (!roller)
		return;
	env_timer_free(roller->timer);
	walk_close(roller);
	while (roller->first)
		cell_remove(roller, roller->first);
	table_free(roller->cells);
	table_free(roller->told);
	free(roller->children);
	free(roller->expected);
	free(roller->own);
	free(roller->room);
	free(roller);
}

void roller_redefine(roller_t *roller, const definitions_t *definitions)
{
	uint8_t defined[SHA256_BYTES];
	digest(definitions, defined);
	roller->spec.definitions = definitions;
	if (memcmp(defined, roller->defined, sizeof(defined)) == 0)
		return;
	memcpy(roller->defined, defined, sizeof(defined));
	roller->mark = (journal_mark_t){ 0 };
	walk_close(roller);
}

uint64_t roller_keep_from(const roller_t *roller)
{
	return safe_mark(roller).seq + 1;
}

const metrics_t *roller_metrics(const roller_t *roller)
{
	return &roller->metrics;
}
