/* SPDX-License-Identifier: Apache-2.0 */
/* The names are in memory from ids_open to ids_close. A row of the file is a record's
 * payload, so that one function takes both. */
#include "node/ids.h"

#include <stdlib.h>

#include "base/table.h"
#include "env/file.h"
#include "journal/view_file.h"

enum {
	NAME_BYTES_MAX = 255,
	ROW_BYTES_MAX = 1 + 4 + 2 + NAME_BYTES_MAX,
	PATH_BYTES = 512,
	KINDS = 3,
};

static const view_file_t FORM = { { 'J', 'I', 'Z', 'H', 'U', 'I', 'D', 'S' }, 1 };

struct ids {
	env_t *env;
	journal_t *journal;
	table_t *map; /* kind u8 and name to id u32 */
	journal_mark_t mark;
	uint64_t saved_seq; /* of the mark in the file */
	uint32_t max[KINDS];
	char path[PATH_BYTES];
};

typedef struct {
	uint8_t bytes[1 + NAME_BYTES_MAX];
	size_t len;
} name_key_t;

static err_t key_make(ids_kind_t kind, slice_t name, name_key_t *ret_key)
{
	if (name.len == 0 || name.len > NAME_BYTES_MAX)
		return ERR_INVALID;
	ret_key->bytes[0] = (uint8_t)kind;
	memcpy(&ret_key->bytes[1], name.ptr, name.len);
	ret_key->len = 1 + name.len;
	return ERR_OK;
}

static void row_put(ids_kind_t kind, uint32_t id, slice_t name, writer_t *w)
{
	wr_u8(w, (uint8_t)kind);
	wr_u32_le(w, id);
	wr_string(w, name);
}

static err_t row_take(ids_t *ids, reader_t *r)
{
	uint8_t kind = rd_u8(r);
	uint32_t id = rd_u32_le(r);
	slice_t name = rd_string(r);
	name_key_t key;
	void *slot;
	if (r->bad || kind == 0 || kind >= KINDS)
		return ERR_CORRUPT;
	err_t err = key_make((ids_kind_t)kind, name, &key);
	if (!err)
		err = table_put(ids->map, slice_of(key.bytes, key.len), &slot, NULL);
	if (err)
		return err;
	memcpy(slot, &id, sizeof(id));
	if (id > ids->max[kind])
		ids->max[kind] = id;
	return ERR_OK;
}

/* The view. */

static err_t forget(ids_t *ids)
{
	table_free(ids->map);
	/* No seed: the names are the operator's own. */
	ids->map = table_new(sizeof(uint32_t), IDS_MAX, 0);
	ids->mark = (journal_mark_t){ 0 };
	ids->saved_seq = 0;
	memset(ids->max, 0, sizeof(ids->max));
	return ids->map ? ERR_OK : ERR_NO_MEMORY;
}

static err_t read_view(ids_t *ids, slice_t file)
{
	reader_t r = { 0 };
	err_t err = view_file_open(&FORM, file, &r, &ids->mark);
	while (!err && r.in.len > 0)
		err = row_take(ids, &r);
	ids->saved_seq = ids->mark.seq;
	return err;
}

static err_t load(ids_t *ids)
{
	env_map_t *map = NULL;
	err_t err = env_map_open(ids->env, ids->path, &map);
	if (err)
		return err;
	err = read_view(ids, env_map_bytes(map));
	env_map_close(map);
	return err;
}

static err_t save(ids_t *ids)
{
	size_t at = 0, cap = VIEW_FILE_HEAD + table_count(ids->map) * ROW_BYTES_MAX + VIEW_FILE_CRC;
	uint8_t *room = malloc(cap);
	slice_t key;
	void *slot;
	if (!room)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(room, cap);
	view_file_begin(&FORM, &ids->mark, &w);
	while (table_next(ids->map, &at, &key, &slot)) {
		uint32_t id;
		memcpy(&id, slot, sizeof(id));
		row_put((ids_kind_t)key.ptr[0], id, slice_from(key, 1), &w);
	}
	view_file_end(&w);
	err_t err = w.bad ? ERR_INTERNAL : env_file_save(ids->env, ids->path, writer_done(&w));
	free(room);
	return err;
}

static err_t take_record(void *ctx, const journal_record_t *record)
{
	reader_t r = reader_of(record->payload);
	return row_take(ctx, &r);
}

/* What is durable in the journal behind the mark. */
static err_t follow(ids_t *ids)
{
	journal_follower_t follower = { .journal = ids->journal,
		                        .types = JOURNAL_TYPE_BIT(JOURNAL_CATALOGUE_ID),
		                        .take = take_record,
		                        .ctx = ids };
	return journal_follow(&follower, &ids->mark);
}

/* Whatever is wrong with the view, the journal has it all. */
static err_t fill(ids_t *ids)
{
	err_t err = forget(ids);
	if (err)
		return err;
	err = load(ids);
	if (!err)
		err = follow(ids);
	if (!err || err == ERR_NO_MEMORY)
		return err;
	err = forget(ids);
	return err ? err : follow(ids);
}

err_t ids_open(env_t *env, const char *views_dir, journal_t *journal, ids_t **ret_ids)
{
	ids_t *ids = calloc(1, sizeof(*ids));
	if (!ids)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(ids->path, sizeof(ids->path));
	wr_format(&w, "%s/names", views_dir);
	wr_u8(&w, 0);
	ids->env = env;
	ids->journal = journal;
	err_t err = w.bad ? ERR_INVALID : fill(ids);
	if (err)
		ids_drop(ids);
	else
		*ret_ids = ids;
	return err;
}

void ids_close(ids_t *ids)
{
	if (!ids)
		return;
	/* The view may only know what the journal will still know after a crash. */
	err_t err = journal_flush(ids->journal);
	if (!err)
		err = follow(ids);
	/* A view that could not be saved catches up at the next start. */
	if (!err && ids->mark.seq != ids->saved_seq)
		(void)!save(ids);
	ids_drop(ids);
}

void ids_drop(ids_t *ids)
{
	if (!ids)
		return;
	table_free(ids->map);
	free(ids);
}

static err_t allocate(ids_t *ids, ids_kind_t kind, slice_t name, uint32_t *ret_id)
{
	uint8_t buf[ROW_BYTES_MAX];
	uint32_t id = ids->max[kind] + 1;
	uint64_t seq;
	writer_t w = writer_of(buf, sizeof(buf));
	if (table_count(ids->map) == IDS_MAX)
		return ERR_LIMIT;
	row_put(kind, id, name, &w);
	slice_t payload = writer_done(&w);
	reader_t r = reader_of(payload);
	err_t err = journal_append(ids->journal, JOURNAL_CATALOGUE_ID, &payload, 1, &seq);
	if (!err)
		err = row_take(ids, &r);
	if (!err)
		*ret_id = id;
	return err;
}

err_t ids_get(ids_t *ids, ids_kind_t kind, slice_t name, uint32_t *ret_id)
{
	name_key_t key;
	err_t err = key_make(kind, name, &key);
	if (err)
		return err;
	const void *slot = table_get(ids->map, slice_of(key.bytes, key.len));
	if (!slot)
		return allocate(ids, kind, name, ret_id);
	memcpy(ret_id, slot, sizeof(*ret_id));
	return ERR_OK;
}

uint32_t ids_max(const ids_t *ids, ids_kind_t kind)
{
	return ids->max[kind];
}
