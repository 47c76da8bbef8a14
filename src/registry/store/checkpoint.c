/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints: one small file that names all others, how much of each is safe, and
 * the mark. It is replaced as a whole once what it names is synced, so it is always
 * true; what the files hold beyond it is either put again from the journal or
 * nothing. */
#include <stdlib.h>

#include "base/crc.h"
#include "registry/store/state.h"

static const char magic[] = "JIZHUREG";

enum {
	MAGIC_BYTES = 8,
	FIXED_MAX = 256,
	PER_SEGMENT_MAX = 32,
	PER_RUN_MAX = 32,
	BYTES_MAX = 16 << 20,
	CHECK_VERSION = 2, /* 1 had no notes */
	SUM_BYTES = 4,
	IS_CLEAN = 1,
};

static void check_path(const char *folder, char path[PATH_CAP])
{
	writer_t w = writer_of(path, PATH_CAP);
	wr_format(&w, "%s/checkpoint", folder);
	wr_u8(&w, 0);
}

/* Writing. */

static void segments_write(const registry_store_t *s, writer_t *w)
{
	wr_varint(w, s->segment_count);
	for (size_t i = 0; i < s->segment_count; i++) {
		const segment_t *segment = &s->segments[i];
		wr_varint(w, segment->area ? segment->area->number : 0);
		wr_varint(w, segment->used);
		wr_varint(w, segment->dead);
	}
}

static void runs_write(const registry_store_t *s, writer_t *w)
{
	wr_varint(w, s->run_count);
	for (size_t i = 0; i < s->run_count; i++) {
		wr_varint(w, s->runs[i].area->number);
		wr_varint(w, s->runs[i].count);
		wr_varint(w, s->runs[i].blocks);
	}
}

static void check_write(const registry_store_t *s, bool is_clean, slice_t notes, writer_t *w)
{
	wr_bytes(w, slice_of(magic, MAGIC_BYTES));
	wr_u32_le(w, CHECK_VERSION);
	wr_u32_le(w, s->instance);
	wr_u8(w, is_clean ? IS_CLEAN : 0);
	wr_u64_le(w, s->spec.seed);
	wr_u64_le(w, s->mark.at.seq);
	wr_u64_le(w, s->mark.at.epoch);
	wr_u64_le(w, s->mark.count);
	wr_bytes(w, slice_of(s->mark.at.hash, sizeof(s->mark.at.hash)));
	wr_varint(w, s->next_number);
	wr_varint(w, s->index.area->number);
	wr_varint(w, s->index.bits);
	wr_varint(w, s->index.entries);
	wr_varint(w, s->active);
	segments_write(s, w);
	runs_write(s, w);
	wr_string(w, notes);
	wr_u32_le(w, crc32c(0, writer_done(w)));
}

static err_t areas_sync(registry_store_t *s)
{
	err_t err = area_sync(s->index.area);
	for (size_t i = 0; !err && i < s->segment_count; i++)
		if (s->segments[i].area)
			err = area_sync(s->segments[i].area);
	for (size_t i = 0; !err && i < s->run_count; i++)
		err = area_sync(s->runs[i].area);
	return err ? err : env_dir_sync(s->env, s->path);
}

static err_t check_save(const registry_store_t *s, bool is_clean)
{
	char path[PATH_CAP];
	slice_t notes = { 0 };
	err_t err = s->spec.notes ? s->spec.notes(s->spec.notes_ctx, &notes) : ERR_OK;
	if (err)
		return err;
	size_t cap = FIXED_MAX + s->segment_count * PER_SEGMENT_MAX + RUNS_MAX * PER_RUN_MAX +
	             notes.len;
	uint8_t *buf = malloc(cap);
	if (!buf)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(buf, cap);
	check_write(s, is_clean, notes, &w);
	check_path(s->path, path);
	err = w.bad ? ERR_TOO_BIG : env_file_save(s->env, path, writer_done(&w));
	free(buf);
	return err;
}

/* No checkpoint names them any more. */
static void bury_condemned(registry_store_t *s)
{
	areas_bury(s);
	for (size_t i = 0; i < s->segment_count; i++)
		s->segments[i].is_condemned = false;
}

/* The first checkpoint of a fresh store: what was there before may go. */
static err_t sweep_fresh(registry_store_t *s)
{
	err_t err = s->is_new ? checkpoint_sweep(s) : ERR_OK;
	s->is_new = false;
	return err;
}

err_t checkpoint_save(registry_store_t *s, bool is_clean)
{
	err_t err = names_flush(s);
	if (!err)
		err = areas_sync(s);
	if (!err)
		err = check_save(s, is_clean);
	if (err)
		return err;
	s->is_clean_on_disk = is_clean;
	s->puts = 0;
	s->saved_seq = s->mark.at.seq;
	s->saves++;
	bury_condemned(s);
	return sweep_fresh(s);
}

/* Reading. */

static err_t segments_read(registry_store_t *s, reader_t *r)
{
	uint64_t count = rd_varint(r);
	err_t err = count > SEGMENTS_MAX ? ERR_CORRUPT : ERR_OK;
	if (!err && count > 0) {
		s->segments = calloc((size_t)count, sizeof(*s->segments));
		err = s->segments ? ERR_OK : ERR_NO_MEMORY;
	}
	for (uint64_t i = 0; !err && i < count; i++) {
		uint64_t number = rd_varint(r);
		segment_t said = { .used = rd_varint(r) };
		said.dead = rd_varint(r);
		if (r->bad || number > UINT32_MAX)
			err = ERR_CORRUPT;
		else if (number == 0)
			s->segments[s->segment_count++] = (segment_t){ 0 };
		else
			err = segment_load(s, (uint32_t)number, &said);
	}
	return err;
}

static err_t runs_read(registry_store_t *s, reader_t *r)
{
	uint64_t count = rd_varint(r);
	err_t err = count > RUNS_MAX ? ERR_CORRUPT : ERR_OK;
	for (uint64_t i = 0; !err && i < count; i++) {
		uint64_t number = rd_varint(r);
		uint64_t names = rd_varint(r);
		uint64_t blocks = rd_varint(r);
		if (r->bad || number > UINT32_MAX || blocks == 0 || blocks > UINT32_MAX)
			return ERR_CORRUPT;
		err = run_open(s, (uint32_t)number, names, (uint32_t)blocks,
		               &s->runs[s->run_count]);
		s->run_count += !err;
	}
	return err;
}

static err_t index_read(registry_store_t *s, reader_t *r)
{
	uint64_t number = rd_varint(r), bits = rd_varint(r);
	s->index.entries = rd_varint(r);
	if (r->bad || number > UINT32_MAX || bits < INDEX_BITS_MIN || bits > INDEX_BITS_MAX)
		return ERR_CORRUPT;
	s->index.bits = (unsigned)bits;
	return area_open(s, AREA_INDEX, (uint32_t)number, (uint64_t)BUCKET_BYTES << bits,
	                 &s->index.area);
}

static err_t head_read(registry_store_t *s, reader_t *r, bool *ret_clean)
{
	slice_t name = rd_take(r, MAGIC_BYTES);
	uint32_t version = rd_u32_le(r);
	s->instance = rd_u32_le(r);
	*ret_clean = rd_u8(r) & IS_CLEAN;
	uint64_t seed = rd_u64_le(r);
	s->mark.at.seq = rd_u64_le(r);
	s->mark.at.epoch = rd_u64_le(r);
	s->mark.count = rd_u64_le(r);
	slice_t hash = rd_take(r, sizeof(s->mark.at.hash));
	uint64_t next = rd_varint(r);
	if (r->bad || !slice_eq(name, slice_of(magic, MAGIC_BYTES)) || next > UINT32_MAX)
		return ERR_CORRUPT;
	if (version > CHECK_VERSION)
		return ERR_NEWER_FORMAT;
	if (version < CHECK_VERSION)
		return ERR_CONFLICT;
	memcpy(s->mark.at.hash, hash.ptr, sizeof(s->mark.at.hash));
	s->next_number = (uint32_t)next;
	return seed == s->spec.seed ? ERR_OK : ERR_CONFLICT;
}

static err_t notes_read(registry_store_t *s, reader_t *r)
{
	slice_t notes = rd_string(r);
	s->notes = malloc(notes.len + 1);
	if (!s->notes)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(s->notes, notes.len);
	wr_bytes(&w, notes);
	s->notes_len = notes.len;
	return ERR_OK;
}

static err_t body_read(registry_store_t *s, slice_t body)
{
	bool is_clean = false;
	reader_t r = reader_of(body);
	err_t err = head_read(s, &r, &is_clean);
	if (!err)
		err = index_read(s, &r);
	uint64_t active = err ? 0 : rd_varint(&r);
	if (!err)
		err = segments_read(s, &r);
	if (!err)
		err = runs_read(s, &r);
	if (!err)
		err = notes_read(s, &r);
	if (!err && (r.bad || r.in.len > 0))
		err = ERR_CORRUPT;
	s->active = (uint32_t)active;
	s->is_clean_on_disk = is_clean;
	s->saved_seq = s->mark.at.seq;
	return err || is_clean ? err : index_recover(s);
}

static err_t check_read(registry_store_t *s, slice_t bytes)
{
	if (bytes.len < SUM_BYTES)
		return ERR_CORRUPT;
	slice_t body = slice_sub(bytes, 0, bytes.len - SUM_BYTES);
	reader_t sum = reader_of(slice_from(bytes, body.len));
	return crc32c(0, body) == rd_u32_le(&sum) ? body_read(s, body) : ERR_CORRUPT;
}

static err_t load(env_t *env, const char *folder, uint8_t **ret_buf, size_t *ret_len)
{
	char path[PATH_CAP];
	check_path(folder, path);
	uint8_t *buf = malloc(BYTES_MAX);
	err_t err = buf ? env_file_load(env, path, buf, BYTES_MAX, ret_len) : ERR_NO_MEMORY;
	if (err)
		free(buf);
	else
		*ret_buf = buf;
	return err;
}

err_t checkpoint_load(registry_store_t *s)
{
	uint8_t *buf;
	size_t len;
	err_t err = load(s->env, s->path, &buf, &len);
	if (err)
		return err == ERR_TOO_BIG ? ERR_CORRUPT : err;
	err = check_read(s, slice_of(buf, len));
	free(buf);
	return err;
}

uint32_t checkpoint_instance(env_t *env, const char *folder)
{
	uint8_t *buf;
	size_t len;
	if (load(env, folder, &buf, &len))
		return 0;
	reader_t r = reader_of(slice_of(buf, len));
	(void)rd_take(&r, MAGIC_BYTES + 4);
	uint32_t instance = rd_u32_le(&r);
	free(buf);
	return r.bad ? 0 : instance;
}

/* Sweeping. */

typedef struct {
	const registry_store_t *store;
	char path[PATH_CAP];
	bool found;
} sweep_t;

static bool is_area(const registry_store_t *s, area_kind_t kind, const area_t *area,
                    const char *name)
{
	char path[PATH_CAP];
	if (!area)
		return false;
	area_path(s, kind, area->number, path);
	return strcmp(&path[strlen(s->path) + 1], name) == 0;
}

static bool is_named(const registry_store_t *s, const char *name)
{
	bool is = is_area(s, AREA_INDEX, s->index.area, name) || strcmp(name, "checkpoint") == 0;
	for (size_t i = 0; !is && i < s->segment_count; i++)
		is = is_area(s, AREA_ROWS, s->segments[i].area, name);
	for (size_t i = 0; !is && i < s->run_count; i++)
		is = is_area(s, AREA_NAMES, s->runs[i].area, name);
	return is;
}

static void sweep_one(void *ctx, const char *name)
{
	sweep_t *sweep = ctx;
	if (sweep->found || is_named(sweep->store, name))
		return;
	sweep->found = env_path_join(sweep->store->path, name, sweep->path, sizeof(sweep->path)) ==
	               ERR_OK;
}

/* One a walk, since a folder is not changed while it is listed. */
err_t checkpoint_sweep(registry_store_t *s)
{
	sweep_t sweep = { .store = s };
	err_t err;
	do {
		sweep.found = false;
		err = env_dir_list(s->env, s->path, sweep_one, &sweep);
		if (!err && sweep.found)
			err = env_path_remove(s->env, sweep.path);
	} while (!err && sweep.found);
	return err;
}
