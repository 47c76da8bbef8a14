/* SPDX-License-Identifier: Apache-2.0 */
/* Reads every block of every segment, offline. */
#include "historian/historian.h"

#include <stdlib.h>

#include "historian/segment.h"

static const err_text_t text_block = {
	{ "block %1 (point %2) is damaged", "数据块 %1（测点 %2）已损坏" },
	{ "restore the segment from a backup", "请从备份恢复该数据段" },
};

typedef struct {
	env_t *env;
	const char *dir;
	uint64_t blocks;
	err_t err;
	err_detail_t *detail;
	block_row_t rows[BLOCK_ROWS];
} verify_t;

static void number_text(char *buf, size_t cap, uint64_t number)
{
	writer_t w = writer_of(buf, cap);
	wr_format(&w, "%llu", (unsigned long long)number);
	wr_u8(&w, 0);
}

static err_t check_blocks(verify_t *v, const segment_t *segment)
{
	char block[24], point[24];
	for (size_t i = 0; i < segment_entries(segment); i++) {
		segment_entry_t entry = segment_entry(segment, i);
		size_t count;
		if (segment_read(segment, &entry, v->rows, &count)) {
			number_text(block, sizeof(block), i);
			number_text(point, sizeof(point), entry.point);
			return err_raise(v->detail, ERR_CORRUPT, &text_block, segment_path(segment),
			                 block, point, (char *)NULL);
		}
		v->blocks++;
	}
	return ERR_OK;
}

static void check_file(void *ctx, const char *name)
{
	verify_t *v = ctx;
	segment_t *segment = NULL;
	char path[SEGMENT_PATH_MAX];
	if (v->err || !slice_ends(slice_str(name), SLICE(".seg")))
		return;
	v->err = env_path_join(v->dir, name, path, sizeof(path));
	v->err = v->err ? err_raise(v->detail, v->err, NULL, v->dir, (char *)NULL)
	                : segment_open(v->env, path, &segment, v->detail);
	if (!v->err)
		v->err = check_blocks(v, segment);
	segment_close(segment);
}

err_t historian_verify(env_t *env, const char *dir, uint64_t *ret_blocks, err_detail_t *ret_detail)
{
	verify_t *v = calloc(1, sizeof(*v));
	if (!v)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, dir, (char *)NULL);
	v->env = env;
	v->dir = dir;
	v->detail = ret_detail;
	err_t err = env_dir_list(env, dir, check_file, v);
	if (err)
		err = err_raise(ret_detail, err, NULL, dir, (char *)NULL);
	else
		err = v->err;
	if (!err)
		*ret_blocks = v->blocks;
	free(v);
	return err;
}
