/* SPDX-License-Identifier: Apache-2.0 */
/* Reading segments: a window over the file that grows to the largest record met,
 * and the list of a folder's segments. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "journal/archive.h"

#include "base/grow.h"

enum { SEQ_DIGITS = 16, AHEAD_MIN = 4 << 10, AHEAD_MAX = 64 << 10 };

void log_segment_refresh(segment_reader_t *r)
{
	r->len = 0;
	r->ahead = 0;
}

void log_segment_reader_done(segment_reader_t *r)
{
	free(r->window);
	*r = (segment_reader_t){ 0 };
}

static bool window_holds(const segment_reader_t *r, uint64_t at, size_t want)
{
	return at >= r->from && at - r->from <= r->len && r->len - (at - r->from) >= want;
}

/* What the window holds already stays; how far beyond `want` it reads grows with every
 * fill, because who follows the end of a journal reads a record and who walks it all. */
static err_t window_fill(segment_reader_t *r, uint64_t from, size_t want)
{
	size_t ahead = r->ahead ? r->ahead : AHEAD_MIN, cap = want + ahead, more = 0;
	size_t passed = from >= r->from && from - r->from < r->len ? from - r->from : r->len;
	if (cap > r->cap) {
		uint8_t *window = realloc(r->window, cap);
		if (!window)
			return ERR_NO_MEMORY;
		r->window = window;
		r->cap = cap;
	}
	r->len -= passed;
	if (r->len)
		memmove(r->window, &r->window[passed], r->len);
	r->from = from;
	r->ahead = ahead < AHEAD_MAX ? 2 * ahead : AHEAD_MAX;
	err_t err = env_file_read(r->in.file, from + r->len, &r->window[r->len], cap - r->len,
	                          &more);
	r->len = err ? 0 : r->len + more;
	return err;
}

void log_segment_seek(segment_reader_t *r, uint64_t at)
{
	r->at = at;
	if (r->in.archive)
		return;
	if (window_holds(r, at, RECORD_HEAD_BYTES))
		return;
	uint64_t back = at < SEGMENT_WINDOW_BYTES / 2 ? at : SEGMENT_WINDOW_BYTES / 2;
	/* A failed read leaves an empty window; the read that follows says why. */
	if (window_fill(r, at - back, SEGMENT_WINDOW_BYTES))
		r->len = 0;
}

err_t log_segment_bytes(segment_reader_t *r, size_t want, slice_t *ret_bytes)
{
	if (r->in.archive)
		return archive_bytes(r->in.archive, r->at, ret_bytes);
	if (!window_holds(r, r->at, want)) {
		err_t err = window_fill(r, r->at, want);
		if (err)
			return err;
	}
	*ret_bytes = slice_from(slice_of(r->window, r->len), (size_t)(r->at - r->from));
	return ERR_OK;
}

err_t log_segment_peek(segment_reader_t *r, const chain_t *chain, record_t *ret_record)
{
	slice_t bytes;
	err_t err = log_segment_bytes(r, RECORD_HEAD_BYTES, &bytes);
	if (err)
		return err;
	record_t record;
	err = record_parse(bytes, chain, &record);
	if (err == ERR_TOO_BIG) {
		err = log_segment_bytes(r, record.bytes, &bytes);
		if (err)
			return err;
		err = record_parse(bytes, chain, &record);
	}
	if (!err)
		*ret_record = record;
	return err == ERR_TOO_BIG ? ERR_CORRUPT : err;
}

err_t log_segment_used(env_file_t *file, uint64_t from, uint64_t *ret_end)
{
	segment_reader_t r = { .in = { .file = file }, .at = from };
	slice_t bytes = { 0 };
	uint64_t end = from;
	err_t err = ERR_OK;
	do {
		err = log_segment_bytes(&r, SEGMENT_WINDOW_BYTES, &bytes);
		for (size_t i = 0; !err && i < bytes.len; i++)
			if (bytes.ptr[i])
				end = r.at + i + 1;
		r.at += bytes.len;
	} while (!err && bytes.len);
	log_segment_reader_done(&r);
	if (!err)
		*ret_end = end;
	return err;
}

segment_path_t log_segment_path(const char *dir, const char *name, uint64_t first_seq)
{
	segment_path_t path;
	int len = snprintf(path.text, sizeof(path.text), "%s/%s-%016llx.log", dir, name,
	                   (unsigned long long)first_seq);
	assert(len > 0 && (size_t)len < sizeof(path.text));
	return path;
}

typedef struct {
	slice_t name; /* of the journal */
	uint64_t *seqs;
	size_t count, cap;
	bool bad;
} found_t;

static bool read_hex(slice_t digits, uint64_t *ret_value)
{
	uint64_t value = 0;
	for (size_t i = 0; i < digits.len; i++) {
		uint8_t c = digits.ptr[i];
		bool decimal = c >= '0' && c <= '9';
		if (!decimal && (c < 'a' || c > 'f'))
			return false;
		value = value << 4 | (uint64_t)(decimal ? c - '0' : c - 'a' + 10);
	}
	*ret_value = value;
	return true;
}

/* Whether a file's name is that of a segment of the journal. */
static bool parse_name(slice_t journal, slice_t file, uint64_t *ret_seq)
{
	if (!slice_starts(file, journal))
		return false;
	slice_t rest = slice_from(file, journal.len), end = slice_from(rest, 1 + SEQ_DIGITS);
	if (rest.len < 1 + SEQ_DIGITS || rest.ptr[0] != '-' ||
	    (!slice_eq(end, SLICE(".log")) && !slice_eq(end, SLICE(".log.zst"))))
		return false;
	return read_hex(slice_sub(rest, 1, SEQ_DIGITS), ret_seq);
}

/* The two forms of one segment are neighbours in the list. */
static void found_add(found_t *found, uint64_t seq)
{
	if (found->count && found->seqs[found->count - 1] == seq)
		return;
	uint64_t *seqs = grow_for(found->seqs, found->count + 1, &found->cap, sizeof(*seqs));
	if (!seqs) {
		found->bad = true;
		return;
	}
	found->seqs = seqs;
	found->seqs[found->count++] = seq;
}

static void on_name(void *ctx, const char *name)
{
	found_t *found = ctx;
	uint64_t seq;
	if (parse_name(found->name, slice_str(name), &seq))
		found_add(found, seq);
}

err_t log_segment_list(env_t *env, const char *dir, const char *name, uint64_t **ret_seqs,
                       size_t *ret_count)
{
	found_t found = { .name = slice_str(name) };
	err_t err = env_dir_list(env, dir, on_name, &found);
	if (!err && found.bad)
		err = ERR_NO_MEMORY;
	if (err) {
		free(found.seqs);
		return err;
	}
	*ret_seqs = found.seqs;
	*ret_count = found.count;
	return ERR_OK;
}

err_t log_segment_open(env_t *env, const char *path, uint64_t first_seq, env_file_t **ret_file,
                       chain_t *ret_chain)
{
	uint8_t head[SEGMENT_HEAD_BYTES];
	size_t len = 0;
	env_file_t *file = NULL;
	chain_t chain;
	err_t err = env_file_open(env, path, ENV_OPEN_READ, &file);
	if (!err)
		err = env_file_read(file, 0, head, sizeof(head), &len);
	if (!err)
		err = log_segment_head_decode(slice_of(head, len), &chain);
	if (!err && chain.next_seq != first_seq)
		err = ERR_CORRUPT;
	if (err) {
		env_file_close(file);
		return err;
	}
	*ret_file = file;
	*ret_chain = chain;
	return ERR_OK;
}

err_t log_segment_enter(env_t *env, const segment_name_t *name, segment_file_t *ret_file,
                        chain_t *ret_chain)
{
	segment_path_t path = log_segment_path(name->dir, name->name, name->first_seq);
	segment_file_t file = { 0 };
	err_t err = log_segment_open(env, path.text, name->first_seq, &file.file, ret_chain);
	if (err == ERR_NOT_FOUND) {
		path = archive_path(name->dir, name->name, name->first_seq);
		err = archive_open(env, path.text, name->first_seq, &file.archive, ret_chain);
	}
	if (!err)
		*ret_file = file;
	return err;
}

void log_segment_leave(segment_file_t *file)
{
	env_file_close(file->file);
	archive_close(file->archive);
	*file = (segment_file_t){ 0 };
}

/* A stop between an archive's naming and the removal of its plain segment leaves the
 * two. */
err_t log_segment_remove(env_t *env, const segment_name_t *name)
{
	segment_path_t plain = log_segment_path(name->dir, name->name, name->first_seq);
	segment_path_t packed = archive_path(name->dir, name->name, name->first_seq);
	err_t err = env_path_remove(env, plain.text);
	if (err && err != ERR_NOT_FOUND)
		return err;
	bool was_plain = err == ERR_OK;
	err = env_path_remove(env, packed.text);
	return err == ERR_NOT_FOUND && was_plain ? ERR_OK : err;
}

err_t log_segment_records_end(const segment_file_t *file, uint64_t from, uint64_t *ret_end)
{
	if (file->file)
		return log_segment_used(file->file, from, ret_end);
	*ret_end = archive_used(file->archive);
	return ERR_OK;
}
