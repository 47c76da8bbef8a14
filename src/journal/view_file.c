/* SPDX-License-Identifier: Apache-2.0 */
#include "journal/view_file.h"

#include "base/crc.h"

void view_file_begin(const view_file_t *form, const journal_mark_t *mark, writer_t *w)
{
	wr_bytes(w, slice_of(form->magic, sizeof(form->magic)));
	wr_u32_le(w, form->version);
	wr_u32_le(w, 0);
	wr_u64_le(w, mark->seq);
	wr_u64_le(w, mark->epoch);
	wr_bytes(w, slice_of(mark->hash, sizeof(mark->hash)));
}

void view_file_end(writer_t *w)
{
	wr_u32_le(w, crc32c(0, writer_done(w)));
}

static err_t take_head(const view_file_t *form, reader_t *r, journal_mark_t *ret_mark)
{
	journal_mark_t mark = { 0 };
	slice_t magic = rd_take(r, sizeof(form->magic));
	uint32_t version = rd_u32_le(r);
	rd_take(r, 4);
	mark.seq = rd_u64_le(r);
	mark.epoch = rd_u64_le(r);
	slice_t hash = rd_take(r, sizeof(mark.hash));
	if (r->bad || !slice_eq(magic, slice_of(form->magic, sizeof(form->magic))))
		return ERR_CORRUPT;
	if (version != form->version)
		return ERR_NEWER_FORMAT;
	memcpy(mark.hash, hash.ptr, hash.len);
	*ret_mark = mark;
	return ERR_OK;
}

err_t view_file_open(const view_file_t *form, slice_t file, reader_t *ret_rest,
                     journal_mark_t *ret_mark)
{
	if (file.len < VIEW_FILE_HEAD + VIEW_FILE_CRC)
		return ERR_CORRUPT;
	slice_t covered = slice_sub(file, 0, file.len - VIEW_FILE_CRC);
	reader_t r = reader_of(covered), sum = reader_of(slice_from(file, covered.len));
	if (rd_u32_le(&sum) != crc32c(0, covered))
		return ERR_CORRUPT;
	err_t err = take_head(form, &r, ret_mark);
	if (!err)
		*ret_rest = r;
	return err;
}
