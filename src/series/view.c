/* SPDX-License-Identifier: Apache-2.0 */
/* The view may only know what the journal will still know after a crash: what is saved is
 * as far as the journal was followed, and a follower sees what is durable. */
#include <stdlib.h>

#include "base/crc.h"
#include "env/file.h"
#include "series/state.h"

enum { FORM_VERSION = 1, HEAD_BYTES = 64, CRC_BYTES = 4 };

static const uint8_t MAGIC[8] = { 'J', 'I', 'Z', 'H', 'U', 'S', 'E', 'R' };

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

static void head_put(const journal_mark_t *mark, writer_t *w)
{
	wr_bytes(w, slice_of(MAGIC, sizeof(MAGIC)));
	wr_u32_le(w, FORM_VERSION);
	wr_u32_le(w, 0);
	wr_u64_le(w, mark->seq);
	wr_u64_le(w, mark->epoch);
	wr_bytes(w, slice_of(mark->hash, sizeof(mark->hash)));
}

static err_t head_take(reader_t *r, journal_mark_t *ret_mark)
{
	journal_mark_t mark = { 0 };
	slice_t magic = rd_take(r, sizeof(MAGIC));
	uint32_t version = rd_u32_le(r);
	rd_take(r, 4);
	mark.seq = rd_u64_le(r);
	mark.epoch = rd_u64_le(r);
	slice_t hash = rd_take(r, sizeof(mark.hash));
	if (r->bad || !slice_eq(magic, slice_of(MAGIC, sizeof(MAGIC))))
		return ERR_CORRUPT;
	if (version != FORM_VERSION)
		return ERR_NEWER_FORMAT;
	memcpy(mark.hash, hash.ptr, hash.len);
	*ret_mark = mark;
	return ERR_OK;
}

static err_t read_file(series_t *s, slice_t file)
{
	if (file.len < HEAD_BYTES + CRC_BYTES)
		return ERR_CORRUPT;
	slice_t covered = slice_sub(file, 0, file.len - CRC_BYTES);
	reader_t r = reader_of(covered), sum = reader_of(slice_from(file, covered.len));
	if (rd_u32_le(&sum) != crc32c(0, covered))
		return ERR_CORRUPT;
	err_t err = head_take(&r, &s->mark);
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
	size_t cap = HEAD_BYTES + label_index_save_bound(s->index) + CRC_BYTES;
	uint8_t *room = malloc(cap);
	if (!room)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(room, cap);
	head_put(&s->mark, &w);
	label_index_save(s->index, s->followed, &w);
	wr_u32_le(&w, crc32c(0, writer_done(&w)));
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
