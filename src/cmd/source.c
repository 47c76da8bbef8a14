/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/source.h"

#include <stdio.h>

enum { BLOCK_BYTES = 64 << 10, LINE_ROOM = 2 << 20 };

err_t source_open(env_t *env, const char *name, source_t *ret_source)
{
	err_t err = ERR_OK;
	*ret_source = (source_t){ .text = text_of(LINE_ROOM) };
	if (!slice_eq(slice_str(name), SLICE("-")))
		err = env_file_open(env, name, ENV_OPEN_READ, &ret_source->file);
	if (!err && ret_source->file)
		err = env_file_size(ret_source->file, &ret_source->size);
	return err;
}

void source_close(source_t *source)
{
	text_free(&source->text);
	env_file_close(source->file);
	*source = (source_t){ 0 };
}

uint64_t source_done(const source_t *source)
{
	return source->at - (source->text.len - source->taken);
}

static err_t read_block(source_t *source)
{
	uint8_t block[BLOCK_BYTES];
	size_t len = 0;
	err_t err = ERR_OK;
	if (source->file)
		err = env_file_read(source->file, source->at, block, sizeof(block), &len);
	else
		len = fread(block, 1, sizeof(block), stdin);
	if (!source->file && ferror(stdin))
		err = ERR_IO;
	source->at += len;
	source->is_end = len < sizeof(block);
	text_drop(&source->text, source->taken);
	source->taken = 0;
	text_add(&source->text, slice_of(block, len));
	return err ? err : source->text.bad ? ERR_TOO_BIG : ERR_OK;
}

err_t source_line(source_t *source, slice_t *ret_line, bool *ret_has)
{
	for (;;) {
		slice_t left = slice_from(text_slice(&source->text), source->taken);
		size_t end = slice_find(left, '\n');
		*ret_has = left.len > 0;
		if (end < left.len || source->is_end) {
			*ret_line = slice_sub(left, 0, end);
			source->taken += end < left.len ? end + 1 : end;
			return ERR_OK;
		}
		err_t err = read_block(source);
		if (err)
			return err;
	}
}
