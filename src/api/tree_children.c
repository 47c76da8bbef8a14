/* SPDX-License-Identifier: Apache-2.0 */
#include "api/tree_children.h"

#include <stdlib.h>

#include "api/state.h"
#include "api/tree_ask.h"

enum { REGIONS_MAX = 16384 };

#define LATE_NS (2 * PARENT_BEAT_NS)

typedef enum {
	CHILD_IS_UP,
	CHILD_IS_LATE,
	CHILD_IS_DOWN,
	CHILD_WAS_NEVER,
	CHILD_REVOKED
} child_is_t;

static const char *const STATES[] = { "up", "late", "down", "never", "revoked" };

typedef struct {
	slice_t node;
	size_t at; /* in the parent's list */
} seat_t;

typedef struct {
	const authority_member_t *member;
	parent_child_t child; /* of zeros: it was never here */
	slice_t region;       /* of its devices; empty: it told of none */
	child_is_t is;
} row_t;

typedef struct {
	exchange_t *x;
	const api_tree_t *tree;
	int64_t now_ns;
	seat_t *seats; /* by node */
	size_t seat_count;
	census_cell_t *cells; /* reporter and region, by reporter */
	size_t cell_count;
} hall_t;

static int by_node(const void *a, const void *b)
{
	return slice_cmp(((const seat_t *)a)->node, ((const seat_t *)b)->node);
}

static err_t take_seats(hall_t *hall)
{
	parent_child_t child;
	size_t count = 0;
	if (!hall->tree->parent)
		return ERR_OK;
	while (parent_child_at(hall->tree->parent, count, &child))
		count++;
	hall->seats = calloc(count + 1, sizeof(*hall->seats));
	if (!hall->seats)
		return ERR_NO_MEMORY;
	for (; hall->seat_count < count; hall->seat_count++) {
		(void)parent_child_at(hall->tree->parent, hall->seat_count, &child);
		hall->seats[hall->seat_count] = (seat_t){ child.node, hall->seat_count };
	}
	qsort(hall->seats, count, sizeof(*hall->seats), by_node);
	return ERR_OK;
}

/* More combinations than there is room for: no child's region is told. */
static err_t take_regions(hall_t *hall)
{
	census_total_t total;
	if (!hall->tree->census)
		return ERR_OK;
	hall->cells = calloc(REGIONS_MAX, sizeof(*hall->cells));
	if (!hall->cells)
		return ERR_NO_MEMORY;
	census_count_t ask = { .by = { CENSUS_BY_REPORTER, CENSUS_BY_REGION },
		               .cells = hall->cells,
		               .cap = REGIONS_MAX };
	err_t err = census_count(hall->tree->census, &ask, &hall->cell_count, &total);
	if (err == ERR_TOO_BIG)
		hall->cell_count = 0;
	return err == ERR_TOO_BIG ? ERR_OK : err;
}

static void leave(hall_t *hall)
{
	free(hall->seats);
	free(hall->cells);
}

/* The one that most of its own devices bear. */
static slice_t region_of(const hall_t *hall, slice_t node)
{
	size_t low = 0, high = hall->cell_count;
	uint64_t most = 0;
	slice_t region = { 0 };
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (slice_cmp(hall->cells[middle].word[0], node) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < hall->cell_count && slice_eq(hall->cells[low].word[0], node); low++)
		if (hall->cells[low].word[1].len && hall->cells[low].count > most) {
			most = hall->cells[low].count;
			region = hall->cells[low].word[1];
		}
	return region;
}

static child_is_t what_is(const hall_t *hall, const row_t *row)
{
	if (row->member->state == AUTHORITY_REVOKED)
		return CHILD_REVOKED;
	if (row->child.is_up)
		return hall->now_ns - row->child.heard_ns > LATE_NS ? CHILD_IS_LATE : CHILD_IS_UP;
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++)
		if (row->child.streams[i])
			return CHILD_IS_DOWN;
	return row->child.since_ns ? CHILD_IS_DOWN : CHILD_WAS_NEVER;
}

static row_t row_of(const hall_t *hall, const authority_member_t *member)
{
	row_t row = { .member = member };
	seat_t wanted = { slice_str(member->node), 0 };
	const seat_t *seat = hall->seat_count ? bsearch(&wanted, hall->seats, hall->seat_count,
	                                                sizeof(wanted), by_node)
	                                      : NULL;
	if (seat)
		(void)parent_child_at(hall->tree->parent, seat->at, &row.child);
	row.region = region_of(hall, wanted.node);
	row.is = what_is(hall, &row);
	return row;
}

/* One child. */

static void put_streams(const row_t *row, json_t *j)
{
	json_put_array(j, "streams");
	for (unsigned i = 0; i < UPLINK_STREAM_COUNT; i++) {
		const inbox_stream_t *stream = row->child.streams[i];
		if (!stream)
			continue;
		json_object(j);
		json_put_cstr(j, "stream", uplink_stream_name((uplink_stream_t)i));
		json_put_u64(j, "held", stream->durable.sequence);
		tree_put_time(j, "last_received", stream->newest_ns);
		json_close(j);
	}
	json_close(j);
}

static void put_backlog(const uplink_beat_t *beat, json_t *j)
{
	uint64_t items = 0, bytes = 0;
	for (size_t i = 0; i < beat->stream_count; i++) {
		items += beat->streams[i].items;
		bytes += beat->streams[i].bytes;
	}
	json_put_u64(j, "backlog_items", items);
	json_put_u64(j, "backlog_bytes", bytes);
	tree_put_time(j, "oldest_unsent", beat->oldest_ns);
}

static void put_certificate(const authority_member_t *member, json_t *j)
{
	uint8_t hash[SHA256_BYTES];
	char text[2 * SHA256_BYTES + 1];
	if (member->key_count == 0) {
		json_key(j, "certificate");
		json_null(j);
		return;
	}
	slice_t der = slice_of(member->certificate, member->certificate_len);
	writer_t w = writer_of(text, sizeof(text));
	env_sha256(&der, 1, hash);
	for (size_t i = 0; i < sizeof(hash); i++)
		wr_format(&w, "%02x", hash[i]);
	json_put_object(j, "certificate");
	json_put_time(j, "valid_until", member->keys[member->key_count - 1].until_ns);
	json_put_str(j, "fingerprint", writer_done(&w));
	json_close(j);
}

static void put_child(const row_t *row, json_t *j)
{
	char addr[ADDR_TEXT_MAX];
	const parent_child_t *child = &row->child;
	json_object(j);
	json_put_cstr(j, "ident", row->member->node);
	json_put_cstr(j, "name", row->member->node);
	json_put_str(j, "entity", row->region);
	json_put_cstr(j, "state", STATES[row->is]);
	tree_put_time(j, "since", child->since_ns);
	tree_put_time(j, "last_beat", child->heard_ns);
	json_put_cstr(j, "address", child->heard_ns ? addr_format(child->addr, addr) : "");
	put_backlog(&child->backlog, j);
	json_put_u64(j, "refusals", child->refused);
	put_streams(row, j);
	put_certificate(row->member, j);
	json_close(j);
}

/* A page of them by identifier, behind the cursor. */
static void put_page(const hall_t *hall, slice_t behind, size_t limit, slice_t *ret_last)
{
	exchange_t *x = hall->x;
	const authority_t *authority = hall->tree->authority;
	const authority_member_t *member = NULL;
	size_t count = 0;
	slice_t last = { 0 };
	json_put_array(reply_json(&x->reply, TREE_ROOM), "children");
	for (size_t i = 0; authority && (member = authority_member_at(authority, i)); i++) {
		if (slice_cmp(slice_str(member->node), behind) <= 0)
			continue;
		if (count++ == limit)
			break;
		row_t row = row_of(hall, member);
		put_child(&row, reply_json(&x->reply, TREE_ROOM));
		last = slice_str(member->node);
	}
	json_close(reply_json(&x->reply, TREE_ROOM));
	*ret_last = member ? last : (slice_t){ 0 };
}

/* Entities. */

typedef struct {
	const place_t *place;
	size_t children;
	child_is_t best; /* of them */
} entity_t;

static const char *entity_state(const entity_t *entity)
{
	static const char *const words[] = { "reporting", "late", "silent", "silent", "silent" };
	return entity->children ? words[entity->best] : "none";
}

static void put_entity(const entity_t *entity, json_t *j)
{
	json_object(j);
	json_put_str(j, "code", entity->place->code);
	tree_put_names(j, "name", entity->place->name);
	json_put_str(j, "region", entity->place->other);
	json_put_cstr(j, "state", entity_state(entity));
	json_put_u64(j, "children", entity->children);
	json_close(j);
}

/* Of the set that this node's level is of. */
static size_t take_entities(const hall_t *hall, entity_t *rows, size_t cap)
{
	const places_t *places = hall->tree->packs ? hall->tree->packs->places : NULL;
	slice_t word = slice_str(hall->tree->config->node.level);
	const place_t *level = places ? places_find(places, PLACE_LEVEL, (slice_t){ 0 }, word)
	                              : NULL;
	const place_t *place = NULL;
	size_t count = 0;
	while (level && count < cap &&
	       (place = places_next(places, PLACE_ENTITY, level->set, place)))
		rows[count++] = (entity_t){ place, 0, CHILD_REVOKED };
	return count;
}

static void count_children(const hall_t *hall, entity_t *rows, size_t count)
{
	const authority_member_t *member = NULL;
	const authority_t *authority = hall->tree->authority;
	for (size_t i = 0; authority && (member = authority_member_at(authority, i)); i++) {
		row_t row = row_of(hall, member);
		for (size_t k = 0; k < count && row.is != CHILD_REVOKED; k++) {
			if (!slice_eq(rows[k].place->code, row.region))
				continue;
			rows[k].children++;
			rows[k].best = row.is < rows[k].best ? row.is : rows[k].best;
		}
	}
}

static err_t put_entities(const hall_t *hall)
{
	exchange_t *x = hall->x;
	entity_t *rows = calloc(TREE_PAGE_MAX, sizeof(*rows));
	if (!rows)
		return ERR_NO_MEMORY;
	size_t count = take_entities(hall, rows, TREE_PAGE_MAX);
	count_children(hall, rows, count);
	json_put_array(reply_json(&x->reply, TREE_ROOM), "entities");
	for (size_t i = 0; i < count; i++)
		put_entity(&rows[i], reply_json(&x->reply, TREE_ROOM));
	json_close(reply_json(&x->reply, TREE_ROOM));
	free(rows);
	return ERR_OK;
}

verdict_t tree_put_children(exchange_t *x)
{
	hall_t hall = { .x = x, .tree = x->api->spec.tree, .now_ns = env_utc(x->api->env).ns };
	tree_cursor_t cursor;
	size_t limit = 0;
	slice_t last = { 0 };
	if (!tree_ask_cursor(x, &cursor) || !tree_ask_count(x, "limit", TREE_PAGE_MAX, &limit))
		return EXCHANGE_ANSWERED;
	err_t err = take_seats(&hall);
	if (!err)
		err = take_regions(&hall);
	if (!err) {
		put_page(&hall, tree_cursor_slice(&cursor), limit, &last);
		err = put_entities(&hall);
	}
	if (!err)
		tree_put_next(x, last);
	leave(&hall);
	return err ? exchange_refuse(x, err, NULL, (slice_t){ 0 }) : EXCHANGE_ANSWERED;
}
