/* SPDX-License-Identifier: Apache-2.0 */
/* Rows at computed places. A subtree whose level is not kept is hashed from those of
 * the level below that is, at most 128 of them. */
#include "proof/files.h"

#include <stdlib.h>

#include "base/crc.h"
#include "base/cursor.h"

enum {
	VERSION = 1,
	HEAD_BYTES = 64,
	SEQ_BYTES = 8,
	LEAF_BYTES = SEQ_BYTES + MERKLE_HASH_BYTES,
	STATE_BYTES = 8 + 4 + 8 + 8 + 8 + SHA256_BYTES + MERKLE_HASH_BYTES + 4,
	RUN = 1 << (FILES_LEVEL_STEP - 1),
};

static const uint8_t MAGIC[8] = { 'J', 'I', 'Z', 'H', 'U', 'M', 'R', 'K' };
static const char *const names[FILES_LEVELS] = { "leaves", "nodes-8", "nodes-16", "nodes-24" };

static size_t row_bytes(unsigned kept)
{
	return kept ? (size_t)MERKLE_HASH_BYTES : (size_t)LEAF_BYTES;
}

static void path_of(const char *dir, const char *name, char buf[FILES_PATH_MAX])
{
	if (env_path_join(dir, name, buf, FILES_PATH_MAX))
		buf[0] = 0; /* opening it fails */
}

static void encode_head(uint64_t epoch, size_t row, uint8_t head[HEAD_BYTES])
{
	writer_t w = writer_of(head, HEAD_BYTES);
	memset(head, 0, HEAD_BYTES);
	wr_bytes(&w, slice_of(MAGIC, sizeof(MAGIC)));
	wr_u32_le(&w, VERSION);
	wr_u32_le(&w, (uint32_t)row);
	wr_u64_le(&w, epoch);
	w.len = HEAD_BYTES - 4;
	wr_u32_le(&w, crc32c(0, slice_of(head, HEAD_BYTES - 4)));
}

static err_t check_head(slice_t head, uint64_t epoch, size_t row)
{
	uint8_t wanted[HEAD_BYTES];
	reader_t r = reader_of(head);
	slice_t magic = rd_take(&r, sizeof(MAGIC));
	uint32_t version = rd_u32_le(&r);
	encode_head(epoch, row, wanted);
	if (r.bad || !slice_eq(magic, slice_of(MAGIC, sizeof(MAGIC))))
		return ERR_CORRUPT;
	if (version > VERSION)
		return ERR_NEWER_FORMAT;
	return slice_eq(head, slice_of(wanted, HEAD_BYTES)) ? ERR_OK : ERR_CONFLICT;
}

static err_t make_file(files_t *files, const char *path, unsigned kept)
{
	uint8_t head[HEAD_BYTES];
	encode_head(files->epoch, row_bytes(kept), head);
	err_t err = env_file_open(files->env, path, ENV_OPEN_CREATE, &files->level[kept]);
	return err ? err : env_file_write(files->level[kept], 0, slice_of(head, HEAD_BYTES));
}

/* A file without a whole head was cut off while it was made: nothing is in it. */
static err_t open_file(files_t *files, unsigned kept)
{
	char path[FILES_PATH_MAX];
	uint8_t head[HEAD_BYTES];
	size_t len = 0;
	path_of(files->dir, names[kept], path);
	err_t err = env_file_open(files->env, path, ENV_OPEN_WRITE, &files->level[kept]);
	if (err == ERR_NOT_FOUND)
		return make_file(files, path, kept);
	if (!err)
		err = env_file_read(files->level[kept], 0, head, HEAD_BYTES, &len);
	return err ? err : check_head(slice_of(head, len), files->epoch, row_bytes(kept));
}

static err_t read_state(files_t *files, files_state_t *ret_state)
{
	char path[FILES_PATH_MAX];
	uint8_t bytes[STATE_BYTES + 1];
	size_t len = 0;
	files_state_t state = { 0 };
	path_of(files->dir, "state", path);
	err_t err = env_file_load(files->env, path, bytes, sizeof(bytes), &len);
	*ret_state = (files_state_t){ .epoch = files->epoch };
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	reader_t r = reader_of(slice_of(bytes, len));
	slice_t magic = rd_take(&r, sizeof(MAGIC));
	uint32_t version = rd_u32_le(&r);
	state.epoch = rd_u64_le(&r);
	state.leaves = rd_u64_le(&r);
	state.seq = rd_u64_le(&r);
	slice_t hash = rd_take(&r, SHA256_BYTES), root = rd_take(&r, MERKLE_HASH_BYTES);
	uint32_t crc = rd_u32_le(&r);
	if (!r.bad && slice_eq(magic, slice_of(MAGIC, sizeof(MAGIC))) && version > VERSION)
		return ERR_NEWER_FORMAT;
	if (r.bad || r.in.len || crc != crc32c(0, slice_of(bytes, STATE_BYTES - 4)))
		return ERR_CORRUPT;
	if (state.epoch != files->epoch)
		return ERR_CONFLICT;
	memcpy(state.hash, hash.ptr, SHA256_BYTES);
	memcpy(state.root.bytes, root.ptr, MERKLE_HASH_BYTES);
	*ret_state = state;
	return ERR_OK;
}

err_t files_open(env_t *env, const char *dir, uint64_t epoch, files_t *ret_files,
                 files_state_t *ret_state)
{
	files_t *files = ret_files;
	*files = (files_t){ .env = env, .epoch = epoch };
	if (!slice_to_cstr(slice_str(dir), files->dir, sizeof(files->dir)))
		return ERR_CONFIG;
	files->batch = malloc((size_t)FILES_BATCH * LEAF_BYTES);
	err_t err = files->batch ? env_dir_make(env, dir) : ERR_NO_MEMORY;
	for (unsigned i = 0; !err && i < FILES_LEVELS; i++)
		err = open_file(files, i);
	if (!err)
		err = env_dir_sync(env, dir);
	if (!err)
		err = read_state(files, ret_state);
	files->flushed = err ? 0 : ret_state->leaves;
	return err;
}

void files_close(files_t *files)
{
	for (unsigned i = 0; i < FILES_LEVELS; i++)
		env_file_close(files->level[i]);
	free(files->batch);
	*files = (files_t){ 0 };
}

err_t files_clear(env_t *env, const char *dir)
{
	char path[FILES_PATH_MAX];
	path_of(dir, "state", path);
	err_t err = env_path_remove(env, path);
	for (unsigned i = 0; (!err || err == ERR_NOT_FOUND) && i < FILES_LEVELS; i++) {
		path_of(dir, names[i], path);
		err = env_path_remove(env, path);
	}
	if (!err || err == ERR_NOT_FOUND)
		err = env_dir_sync(env, dir);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

err_t files_leaf_put(files_t *files, uint64_t seq, const merkle_hash_t *hash)
{
	err_t err = files->held == FILES_BATCH ? files_flush(files) : ERR_OK;
	if (err)
		return err;
	writer_t w = writer_of(files->batch, (size_t)FILES_BATCH * LEAF_BYTES);
	w.len = files->held * LEAF_BYTES;
	wr_u64_le(&w, seq);
	wr_bytes(&w, slice_of(hash->bytes, MERKLE_HASH_BYTES));
	files->held++;
	return ERR_OK;
}

err_t files_node_put(files_t *files, unsigned level, uint64_t index, const merkle_hash_t *hash)
{
	unsigned kept = level / FILES_LEVEL_STEP;
	if (level % FILES_LEVEL_STEP || kept == 0 || kept >= FILES_LEVELS)
		return ERR_OK;
	return env_file_write(files->level[kept], HEAD_BYTES + index * MERKLE_HASH_BYTES,
	                      slice_of(hash->bytes, MERKLE_HASH_BYTES));
}

err_t files_flush(files_t *files)
{
	if (files->held == 0)
		return ERR_OK;
	err_t err = env_file_write(files->level[0], HEAD_BYTES + files->flushed * LEAF_BYTES,
	                           slice_of(files->batch, files->held * LEAF_BYTES));
	if (err)
		return err;
	files->flushed += files->held;
	files->held = 0;
	return ERR_OK;
}

err_t files_save(files_t *files, const files_state_t *state)
{
	char path[FILES_PATH_MAX];
	uint8_t bytes[STATE_BYTES];
	writer_t w = writer_of(bytes, sizeof(bytes));
	err_t err = files_flush(files);
	for (unsigned i = 0; !err && i < FILES_LEVELS; i++)
		err = env_file_sync(files->level[i]);
	if (err)
		return err;
	path_of(files->dir, "state", path);
	wr_bytes(&w, slice_of(MAGIC, sizeof(MAGIC)));
	wr_u32_le(&w, VERSION);
	wr_u64_le(&w, files->epoch);
	wr_u64_le(&w, state->leaves);
	wr_u64_le(&w, state->seq);
	wr_bytes(&w, slice_of(state->hash, SHA256_BYTES));
	wr_bytes(&w, slice_of(state->root.bytes, MERKLE_HASH_BYTES));
	wr_u32_le(&w, crc32c(0, writer_done(&w)));
	return env_file_save(files->env, path, writer_done(&w));
}

/* `count` rows from `first`; a row that is not there is damage. */
static err_t read_rows(const files_t *files, unsigned kept, uint64_t first, size_t count,
                       uint8_t *rows)
{
	size_t bytes = count * row_bytes(kept), len = 0;
	err_t err = env_file_read(files->level[kept], HEAD_BYTES + first * row_bytes(kept), rows,
	                          bytes, &len);
	return err ? err : len == bytes ? ERR_OK : ERR_CORRUPT;
}

err_t files_leaf_get(const files_t *files, uint64_t index, uint64_t *ret_seq,
                     merkle_hash_t *ret_hash)
{
	uint8_t row[LEAF_BYTES];
	err_t err = read_rows(files, 0, index, 1, row);
	if (err)
		return err;
	reader_t r = reader_of(slice_of(row, sizeof(row)));
	*ret_seq = rd_u64_le(&r);
	memcpy(ret_hash->bytes, &row[SEQ_BYTES], MERKLE_HASH_BYTES);
	return ERR_OK;
}

/* Hashes `count` neighbours, a power of two, into one. */
static void fold(merkle_hash_t *hashes, size_t count)
{
	for (; count > 1; count /= 2)
		for (size_t i = 0; i < count / 2; i++)
			hashes[i] = merkle_node_hash(&hashes[2 * i], &hashes[2 * i + 1]);
}

static err_t read_run(const files_t *files, unsigned kept, uint64_t first, size_t count,
                      merkle_hash_t *ret_hash)
{
	uint8_t rows[RUN * LEAF_BYTES];
	merkle_hash_t hashes[RUN];
	size_t row = row_bytes(kept);
	err_t err = read_rows(files, kept, first, count, rows);
	if (err)
		return err;
	for (size_t i = 0; i < count; i++)
		memcpy(hashes[i].bytes, &rows[(i + 1) * row - MERKLE_HASH_BYTES],
		       MERKLE_HASH_BYTES);
	fold(hashes, count);
	*ret_hash = hashes[0];
	return ERR_OK;
}

err_t files_node_get(void *ctx, unsigned level, uint64_t index, merkle_hash_t *ret_hash)
{
	const files_t *files = ctx;
	unsigned kept = level / FILES_LEVEL_STEP;
	if (kept >= FILES_LEVELS)
		kept = FILES_LEVELS - 1;
	unsigned above = level - kept * FILES_LEVEL_STEP;
	uint64_t count = UINT64_C(1) << above;
	merkle_peaks_t peaks = { 0 };
	if (count <= RUN)
		return read_run(files, kept, index << above, (size_t)count, ret_hash);
	/* Only above 2^31 leaves. */
	err_t err = ERR_OK;
	for (uint64_t i = 0; !err && i < count; i += RUN) {
		err = read_run(files, kept, (index << above) + i, RUN, ret_hash);
		if (!err)
			err = merkle_peaks_add(&peaks, ret_hash, NULL, NULL);
	}
	*ret_hash = merkle_peaks_root(&peaks);
	return err;
}
