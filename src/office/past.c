/* SPDX-License-Identifier: Apache-2.0 */
#include "office/past.h"

#include <stdlib.h>

#include "journal/view_file.h"

enum { OFFSET_BYTES = 8, PATH_BYTES = 512, COUNTS_BYTES = 20 };

/* The keys of values are hashes: another hash is another version. */
static const view_file_t FORM = { { 'J', 'I', 'Z', 'H', 'U', 'O', 'F', 'C' }, 1 };

static err_t path_of(const office_t *office, char path[PATH_BYTES])
{
	writer_t w = writer_of((uint8_t *)path, PATH_BYTES);
	wr_format(&w, "%s/office", office->spec.views_dir);
	wr_u8(&w, 0);
	return w.bad ? ERR_INVALID : ERR_OK;
}

static err_t check(const office_t *office, slice_t file, past_t *past)
{
	err_t err = view_file_open(&FORM, file, &past->rest, &past->mark);
	if (err)
		return err;
	uint64_t offset_ns = rd_u64_le(&past->rest);
	if (past->rest.bad)
		return ERR_CORRUPT;
	return offset_ns == (uint64_t)office->spec.offset_ns ? ERR_OK : ERR_CONFLICT;
}

/* The mark is of this journal. */
static err_t hold(const office_t *office, const journal_mark_t *mark)
{
	journal_cursor_t *cursor = NULL;
	err_t err = journal_follow_open(office->spec.journal, mark, 0, &cursor);
	journal_cursor_close(cursor);
	return err;
}

err_t past_load(const office_t *office, past_t *ret_past)
{
	char path[PATH_BYTES];
	past_t past = { 0 };
	err_t err = path_of(office, path);
	if (!err)
		err = env_map_open(office->env, path, &past.map);
	if (!err)
		err = check(office, env_map_bytes(past.map), &past);
	if (!err)
		err = hold(office, &past.mark);
	if (err)
		past_drop(&past);
	else
		*ret_past = past;
	return err;
}

void past_drop(past_t *past)
{
	env_map_close(past->map);
	past->map = NULL;
}

err_t past_take(office_t *office, past_t *past)
{
	reader_t *r = &past->rest;
	err_t err = ERR_OK;
	for (uint64_t n = rd_varint(r); !err && n > 0; n--)
		err = meter_untally(office->meter, r);
	for (uint64_t n = rd_varint(r); !err && n > 0; n--)
		err = templates_claim_take(office, r);
	return err ? err : r->bad || r->in.len > 0 ? ERR_CORRUPT : ERR_OK;
}

static size_t room_for(const office_t *office)
{
	size_t bytes = VIEW_FILE_HEAD + OFFSET_BYTES + COUNTS_BYTES + VIEW_FILE_CRC;
	for (size_t i = 0; meter_at(office->meter, i); i++)
		bytes += METER_TALLY_BYTES;
	return bytes + templates_claims_bytes(office);
}

static void put_all(const office_t *office, const journal_mark_t *mark, writer_t *w)
{
	const usage_t *usage;
	size_t count = 0;
	while (meter_at(office->meter, count))
		count++;
	view_file_begin(&FORM, mark, w);
	wr_u64_le(w, (uint64_t)office->spec.offset_ns);
	wr_varint(w, count);
	for (size_t i = 0; (usage = meter_at(office->meter, i)) != NULL; i++)
		usage_tally(office->meter, usage, w);
	wr_varint(w, table_count(office->claims));
	templates_claims_put(office, w);
	view_file_end(w);
}

err_t past_save(const office_t *office, const journal_mark_t *mark)
{
	char path[PATH_BYTES];
	size_t cap = room_for(office);
	uint8_t *room = malloc(cap);
	writer_t w = writer_of(room, room ? cap : 0);
	err_t err = room ? path_of(office, path) : ERR_NO_MEMORY;
	if (!err)
		err = env_dir_make(office->env, office->spec.views_dir);
	if (!err)
		put_all(office, mark, &w);
	if (!err)
		err = w.bad ? ERR_INTERNAL : env_file_save(office->env, path, writer_done(&w));
	free(room);
	return err;
}
