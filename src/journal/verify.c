/* SPDX-License-Identifier: Apache-2.0 */
/* The offline walk. It is stricter than recovery: also an unfinished write at the
 * very end counts as damage, since one altered byte looks the same. */
#include <stdlib.h>

#include "journal/archive.h"
#include "journal/state.h"

typedef struct {
	env_t *env;
	const char *dir, *name;
	chain_t chain; /* where the next record must continue */
	bool is_begun;
	uint64_t records, at;
	segment_path_t path;
} verify_t;

static err_t walk_records(verify_t *v, const segment_file_t *file)
{
	segment_reader_t r = { .in = *file, .at = SEGMENT_HEAD_BYTES };
	record_t record;
	err_t err = ERR_OK;
	while (!err) {
		v->at = r.at;
		err = log_segment_peek(&r, &v->chain, &record);
		if (!err && !chain_accept(&v->chain, &record))
			err = ERR_CORRUPT;
		if (!err)
			v->records++;
		r.at += err ? 0 : record.bytes;
	}
	log_segment_reader_done(&r);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static err_t follow_chain(verify_t *v, const chain_t *head, segment_file_t *file)
{
	if (v->is_begun && !chain_joins(&v->chain, head))
		return ERR_CORRUPT;
	v->chain = *head;
	v->is_begun = true;
	return walk_records(v, file);
}

/* Bytes behind the last record that could be read are records that could not. */
static err_t check_end(const verify_t *v, segment_file_t *file)
{
	uint64_t used = 0;
	err_t err = log_segment_records_end(file, v->at, &used);
	return !err && used > v->at ? ERR_CORRUPT : err;
}

static err_t verify_segment(verify_t *v, uint64_t first_seq)
{
	segment_name_t name = { v->dir, v->name, first_seq };
	segment_file_t file = { 0 };
	chain_t head;
	v->at = 0;
	v->path = log_segment_path(v->dir, v->name, first_seq);
	err_t err = log_segment_enter(v->env, &name, &file, &head);
	if (err || file.archive)
		v->path = archive_path(v->dir, v->name, first_seq);
	if (err)
		return err;
	err = follow_chain(v, &head, &file);
	if (!err)
		err = check_end(v, &file);
	log_segment_leave(&file);
	return err;
}

err_t journal_verify(env_t *env, const char *dir, const char *name, uint64_t *ret_records,
                     err_detail_t *ret_detail)
{
	uint64_t *segments = NULL;
	size_t count = 0;
	verify_t v = { .env = env, .dir = dir, .name = name };
	if (strlen(dir) + strlen(name) >= SEGMENT_PATH_MAX - 32)
		return journal_raise(ret_detail, ERR_INVALID, dir, 0, 0);
	err_t err = log_segment_list(env, dir, name, &segments, &count);
	if (!err && count == 0)
		err = ERR_NOT_FOUND;
	if (err)
		err = journal_raise(ret_detail, err, dir, 0, 0);
	for (size_t i = 0; !err && i < count; i++) {
		err = verify_segment(&v, segments[i]);
		if (err)
			journal_raise(ret_detail, err, v.path.text, v.at, v.chain.next_seq);
	}
	free(segments);
	*ret_records = v.records;
	return err;
}
