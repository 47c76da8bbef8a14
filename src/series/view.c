/* SPDX-License-Identifier: Apache-2.0 */
/* The view may only know what the journal will still know after a crash: what is saved is
 * as far as the journal was followed, and a follower sees what is durable. */
#include <stdlib.h>

#include "env/file.h"
#include "journal/view_file.h"
#include "series/state.h"

static const view_file_t FORM = { { 'J', 'I', 'Z', 'H', 'U', 'S', 'E', 'R' }, 1 };

static err_t read_labels(reader_t *r, label_t room[LABELS_MAX], labels_t *ret_labels)
{
	uint64_t count = rd_varint(r);
	if (count > LABELS_MAX)
		return ERR_CORRUPT;
	for (size_t i = 0; i < count; i++) {
		room[i].name = rd_string(r);
		room[i].value = rd_string(r);
	}
	return r->bad || labels_make(room, (size_t)count, ret_labels) ? ERR_CORRUPT : ERR_OK;
}

/* Behind the gate: a record is durable before its set is in memory only for as long as
 * whoever gave the id holds it. */
static err_t add(series_t *s, point_id_t id, const labels_t *labels)
{
	label_index_set_t set;
	uint32_t known = label_index_count(s->index);
	if (id < SERIES_ID_FIRST || id - SERIES_ID_FIRST > known)
		return ERR_CORRUPT;
	if (id - SERIES_ID_FIRST < known)
		return ERR_OK;
	err_t err = label_index_prepare(s->index, labels, &set);
	if (!err)
		(void)label_index_commit(s->index, &set);
	return err;
}

static err_t take_record(void *ctx, const journal_record_t *record)
{
	series_t *s = ctx;
	label_t room[LABELS_MAX];
	labels_t labels;
	reader_t r = reader_of(record->payload);
	point_id_t id = rd_u32_le(&r);
	err_t err = read_labels(&r, room, &labels);
	if (err)
		return err;
	env_lock(s->gate);
	err = add(s, id, &labels);
	env_unlock(s->gate);
	if (!err)
		s->followed = id - SERIES_ID_FIRST + 1;
	return err;
}

static err_t follow(series_t *s)
{
	journal_follower_t follower = { .journal = s->spec.journal,
		                        .types = JOURNAL_TYPE_BIT(JOURNAL_SERIES),
		                        .take = take_record,
		                        .ctx = s };
	return journal_follow(&follower, &s->mark);
}

/* The file. */

static err_t read_file(series_t *s, slice_t file)
{
	reader_t r = { 0 };
	err_t err = view_file_open(&FORM, file, &r, &s->mark);
	if (!err)
		err = label_index_load(s->index, &r);
	return err ? err : r.in.len ? ERR_CORRUPT : ERR_OK;
}

static err_t load(series_t *s)
{
	env_map_t *map = NULL;
	err_t err = env_map_open(s->env, s->path, &map);
	if (err)
		return err;
	err = read_file(s, env_map_bytes(map));
	env_map_close(map);
	s->followed = label_index_count(s->index);
	s->saved = s->followed;
	return err;
}

static err_t forget(series_t *s)
{
	label_index_spec_t spec = { .sets_max = SERIES_HARD_MAX, .bytes_max = SIZE_MAX / 2 };
	label_index_free(s->index);
	s->index = NULL;
	s->mark = (journal_mark_t){ 0 };
	s->followed = 0;
	s->saved = 0;
	return label_index_new(s->env, &spec, &s->index);
}

/* Whatever is wrong with the view, the journal has it all. */
err_t series_fill(series_t *s)
{
	err_t err = forget(s);
	if (err)
		return err;
	err = load(s);
	if (!err)
		err = follow(s);
	if (!err || err == ERR_NO_MEMORY)
		return err;
	s->is_rebuilt = err != ERR_NOT_FOUND;
	err = forget(s);
	return err ? err : follow(s);
}

static err_t write_file(series_t *s)
{
	size_t cap = VIEW_FILE_HEAD + label_index_save_bound(s->index) + VIEW_FILE_CRC;
	uint8_t *room = malloc(cap);
	if (!room)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(room, cap);
	view_file_begin(&FORM, &s->mark, &w);
	label_index_save(s->index, s->followed, &w);
	view_file_end(&w);
	err_t err = w.bad ? ERR_INTERNAL : env_file_save(s->env, s->path, writer_done(&w));
	free(room);
	return err;
}

err_t series_save(series_t *series)
{
	err_t err = follow(series);
	if (!err)
		err = write_file(series);
	if (!err)
		series->saved = series->followed;
	metric_add(&series->metrics, err ? METRIC_SAVE_FAILURES : METRIC_SAVES, 1);
	return err;
}
