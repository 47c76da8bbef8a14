/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "insight/collect.h"
#include "insight/roller_state.h"
#include "journal/event_log.h"

enum { ROOM_FIRST = 1 << 20, REASON_MAX = 512 };

static void count(roller_t *roller, size_t metric, size_t by)
{
	metric_add(&roller->metrics, metric, (int64_t)by);
}

/* ---- children */

static int by_entity(const void *a, const void *b)
{
	return slice_cmp(((const roller_child_t *)a)->entity, ((const roller_child_t *)b)->entity);
}

/* Grows all three together. */
static err_t children_grow(roller_t *roller)
{
	size_t room = roller->child_room ? 2 * roller->child_room : 64;
	roller_child_t *children = realloc(roller->children, room * sizeof(*children));
	if (children)
		roller->children = children;
	rollup_child_t *expected = realloc(roller->expected, room * sizeof(*expected));
	if (expected)
		roller->expected = expected;
	bool *own = realloc(roller->own, room * sizeof(*own));
	if (own)
		roller->own = own;
	if (!children || !expected || !own)
		return ERR_NO_MEMORY;
	roller->child_room = room;
	return ERR_OK;
}

/* One that is named twice is one child. */
static void children_order(roller_t *roller)
{
	size_t kept = 0;
	if (roller->child_count)
		qsort(roller->children, roller->child_count, sizeof(*roller->children), by_entity);
	for (size_t i = 0; i < roller->child_count; i++)
		if (kept == 0 || by_entity(&roller->children[kept - 1], &roller->children[i]))
			roller->children[kept++] = roller->children[i];
	roller->child_count = kept;
}

/* The node is not its own child. */
err_t roller_ask_children(roller_t *roller)
{
	roller_child_t child;
	err_t err = ERR_OK;
	roller->child_count = 0;
	for (size_t i = 0; !err; i++) {
		child = (roller_child_t){ 0 };
		if (!roller->spec.child_at(roller->spec.ctx, i, &child))
			break;
		if (slice_eq(child.entity, roller->spec.node))
			continue;
		if (roller->child_count == roller->child_room)
			err = children_grow(roller);
		if (!err)
			roller->children[roller->child_count++] = child;
	}
	children_order(roller);
	return err;
}

bool roller_is_own_child(const roller_t *roller, slice_t entity)
{
	roller_child_t key = { .entity = entity };
	const roller_child_t *found = roller->child_count
	                                      ? bsearch(&key, roller->children, roller->child_count,
	                                                sizeof(*roller->children), by_entity)
	                                      : NULL;
	return found && found->is_own;
}

static book_key_t key_of(const figure_key_t *key, slice_t entity, bool is_own)
{
	return (book_key_t){ *key, entity, is_own ? (slice_t){ 0 } : entity };
}

static bool has_sent(roller_t *roller, const figure_key_t *key, const roller_child_t *child)
{
	book_key_t wanted = key_of(key, child->entity, child->is_own);
	return book_has(roller->spec.book, &wanted);
}

static bool is_member(const roller_child_t *child, const figure_key_t *key)
{
	return child->since_ns < key->to_ns &&
	       (child->until_ns == 0 || child->until_ns > key->from_ns);
}

static void expect(roller_t *roller, const figure_key_t *key)
{
	size_t n = 0;
	for (size_t i = 0; i < roller->child_count; i++) {
		const roller_child_t *child = &roller->children[i];
		if (!is_member(child, key) && !has_sent(roller, key, child))
			continue;
		roller->expected[n] = (rollup_child_t){ .entity = child->entity };
		roller->own[n++] = child->is_own;
	}
	roller->expected_count = n;
}

static bool stand(void *ctx, const book_row_t *row)
{
	((rollup_child_t *)ctx)->stands_for = row->figure.expected;
	return false;
}

/* Figures stand in the order of their children. */
static err_t stand_for_silent(roller_t *roller, const rollup_spec_t *spec)
{
	const figure_key_t key = { spec->definition->id, spec->definition->version, spec->scope,
		                   spec->from_ns, spec->to_ns };
	size_t at = 0;
	for (size_t i = 0; i < roller->expected_count; i++) {
		rollup_child_t *child = &roller->expected[i];
		if (at < spec->figure_count && slice_eq(spec->figures[at].entity, child->entity)) {
			at++;
			continue;
		}
		book_key_t wanted = key_of(&key, child->entity, roller->own[i]);
		err_t err = book_before(roller->spec.book, &wanted, stand, child);
		if (err && err != ERR_NOT_FOUND)
			return err;
	}
	return ERR_OK;
}

/* ---- rolling up */

/* An event of the first of each definition and child. */
static void refuse(roller_t *roller, const roller_cell_t *cell, const err_detail_t *reason)
{
	char text[REASON_MAX];
	uint8_t key[FIGURE_NAME_MAX + ERR_WHERE_MAX + 2];
	writer_t w = writer_of(key, sizeof(key));
	err_detail_t said = *reason;
	void *value;
	bool is_new = false;
	wr_bytes(&w, cell->key.definition);
	wr_u8(&w, 0);
	wr_bytes(&w, slice_str(reason->where));
	if (table_put(roller->told, writer_done(&w), &value, &is_new) || !is_new)
		return;
	said.where[0] = '\0';
	event_t event = event_make(MSG_FIGURE_REFUSED, (node_time_t){ env_utc(roller->env).ns });
	event_arg(&event, ARG_IDENT, value_text(cell->key.definition));
	if (reason->where[0])
		event_arg(&event, ARG_NAME, value_text(slice_str(reason->where)));
	event_arg(&event, ARG_REASON,
	          value_text(slice_str(err_render(&said, LANG_EN, text, sizeof(text)))));
	if (event_append(roller->spec.events, &event))
		(void)table_remove(roller->told, writer_done(&w));
}

static void refuse_cell(roller_t *roller, const roller_cell_t *cell, err_detail_t *detail)
{
	count(roller, ROLLER_METRIC_REFUSED, 1);
	refuse(roller, cell, detail);
}

typedef struct {
	bool is_there, is_rolled, is_free;
} own_t;

static bool see_own(void *ctx, const book_row_t *row)
{
	bool is_rolled = row->figure.origin == FIGURE_ROLLED;
	*(own_t *)ctx = (own_t){ true, is_rolled, is_rolled || book_is_withdrawn(&row->figure) };
	return false;
}

/* What this node said of itself as a whole. */
static err_t own_of(roller_t *roller, const roller_cell_t *cell, own_t *ret_own)
{
	book_question_t question = { .key = key_of(&cell->key, roller->spec.node, true) };
	*ret_own = (own_t){ .is_free = true };
	err_t err = book_get(roller->spec.book, &question, see_own, ret_own);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static bool room_grow(roller_t *roller)
{
	size_t bytes = roller->room_bytes ? 2 * roller->room_bytes : ROOM_FIRST;
	if (bytes > ROLLER_ROOM_MAX)
		return false;
	free(roller->room);
	roller->room = malloc(bytes);
	roller->room_bytes = roller->room ? bytes : 0;
	return roller->room;
}

/* ERR_LIMIT: they are more than there may be room for. */
static err_t collect(roller_t *roller, rollup_spec_t *spec, collect_t *how)
{
	err_t err = ERR_LIMIT;
	while (err == ERR_LIMIT && (roller->room || room_grow(roller))) {
		arena_t arena = arena_of(roller->room, roller->room_bytes);
		err = collect_children(roller->spec.book, spec, &arena, how);
		if (err == ERR_LIMIT && !room_grow(roller))
			break;
	}
	return err;
}

static err_t issue(roller_t *roller, roller_cell_t *cell, figure_t *figure)
{
	uint64_t seq = 0;
	err_t err = book_issue(roller->spec.book, figure, &seq);
	if (err == ERR_EXPIRED || err == ERR_INVALID) {
		refuse_cell(roller, cell, &(err_detail_t){ .err = err });
		return ERR_OK;
	}
	if (err)
		return err;
	count(roller, seq ? ROLLER_METRIC_ISSUED : ROLLER_METRIC_UNCHANGED, 1);
	/* What says the same may have been issued just now. */
	cell->issued_seq = seq ? seq : journal_last(roller->spec.journal);
	return ERR_OK;
}

static err_t roll_parts(roller_t *roller, roller_cell_t *cell, rollup_spec_t *spec)
{
	collect_t how = { .own = roller->own };
	err_detail_t detail = { 0 };
	figure_t figure;
	err_t err = collect(roller, spec, &how);
	if (!err && spec->figure_count + how.refused == 0)
		return ERR_OK;
	if (!err)
		err = stand_for_silent(roller, spec);
	if (err && err != ERR_LIMIT)
		return err;
	if (how.refused) {
		count(roller, ROLLER_METRIC_REFUSED, how.refused);
		refuse(roller, cell, &how.reason);
	}
	if (!err)
		err = rollup_make(spec, &roller->rollup, &figure, &detail);
	if (!err)
		return issue(roller, cell, &figure);
	detail.err = err;
	refuse_cell(roller, cell, &detail);
	return ERR_OK;
}

err_t roller_roll(roller_t *roller, roller_cell_t *cell)
{
	static const err_text_t UNKNOWN = {
		{ "no pack here defines it in this version and scope",
		  "本节点的指标包未定义该版本与口径" },
		{ "add the pack", "请添加指标包" },
	};
	const definition_t *definition = definitions_find(roller->spec.definitions,
	                                                  cell->key.definition, cell->key.version);
	own_t own;
	err_t err = own_of(roller, cell, &own);
	if (err)
		return err;
	if (!definition || cell->key.version == 0 ||
	    !definition_has_scope(definition, cell->key.scope)) {
		refuse_cell(roller, cell,
		            &(err_detail_t){ .err = ERR_NOT_FOUND, .text = &UNKNOWN });
		return ERR_OK;
	}
	if (!own.is_free || definition->is_apart) {
		count(roller, ROLLER_METRIC_KEPT, 1);
		return ERR_OK;
	}
	expect(roller, &cell->key);
	rollup_spec_t spec = { .definition = definition,
		               .scope = cell->key.scope,
		               .from_ns = cell->key.from_ns,
		               .to_ns = cell->key.to_ns,
		               .entity = roller->spec.node,
		               .children = roller->expected,
		               .child_count = roller->expected_count };
	return roll_parts(roller, cell, &spec);
}

bool roller_is_complete(roller_t *roller, roller_cell_t *cell)
{
	book_key_t own = key_of(&cell->key, roller->spec.node, true);
	for (size_t n = 0; n < roller->child_count; n++) {
		size_t i = (cell->missing + n) % roller->child_count;
		if (is_member(&roller->children[i], &cell->key) &&
		    !has_sent(roller, &cell->key, &roller->children[i])) {
			cell->missing = i;
			return false;
		}
	}
	return !book_has(roller->spec.book, &own);
}
