/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_EDITS_H
#define HISTORIAN_EDITS_H
/* What was changed by hand, and what was said about it. An edit changes no row: those of
 * its span of source time that had arrived before it are passed over by scans, and a value
 * that it sets is a row like any other, which arrived with it. So the past is asked for as
 * it was known at any time, and every original is kept.
 *
 * Disk: `dir`/<id>.edits, written whole beside a manifest that names it, little-endian:
 * "JIZHUEDT", version u32 = 1, count u32; each edit as string; crc32c of all before u32.
 * A record of the journal is an edit, or several that are made at once: u8 2, each edit
 * behind its length, u32 big-endian. An edit, there and here: u8 1; kind u8; point varint; from, to
 * and its own time zig-zag; author and reason as strings; when it sets a value quality u8 and the
 * value (model/value.h), when it undoes one the time of that one zig-zag.
 *
 * Threads: the historian's mutex stands around a list; edits in it live until they are
 * retired. */
#include "env/file.h"
#include "historian/historian.h"
#include "merkle/merkle.h"

typedef struct {
	int64_t from_ns, to_ns; /* half-open */
	/* Rows that arrived from since_ns on and before at_ns, when the edit was made, are
	 * passed over. */
	int64_t since_ns, at_ns;
} edit_span_t;

static inline bool edit_hides(const edit_span_t *edit, int64_t source_ns, int64_t node_ns)
{
	return source_ns >= edit->from_ns && source_ns < edit->to_ns && node_ns >= edit->since_ns &&
	       node_ns < edit->at_ns;
}

/* Of an edit without the text that it sets. */
enum { EDIT_BYTES_MAX = 2 * HISTORIAN_EDIT_TEXT_MAX + 128 };

void edit_encode(const historian_edit_t *edit, writer_t *w);
/* Texts borrow from `in`. ERR_MALFORMED, ERR_NEWER_FORMAT. */
MUST_CHECK err_t edit_decode(slice_t in, historian_edit_t *ret_edit);
/* One edit by its bytes, or several as a record has them. ERR_TOO_BIG: no room in `w`. */
MUST_CHECK err_t edit_record_encode(const historian_edit_t *edits, size_t count, writer_t *w);
/* The bytes of each edit. ERR_MALFORMED, ERR_NEWER_FORMAT. */
MUST_CHECK err_t edit_record_decode(slice_t in, slice_t ret_edits[HISTORIAN_EDITS_AT_ONCE],
                                    size_t *ret_count);

/* By point, then in the order they were made. */
typedef struct {
	struct edit_item {
		historian_edit_t edit;
		uint8_t *bytes; /* owned; its texts are there */
		size_t len;
	} * *items;
	size_t count, cap;
	int64_t newest_ns; /* when the last one was made; 0: none */
	bool is_changed;   /* since it was saved */
} edits_t;

/* Copies encoded edits in, all or none. ERR_NO_MEMORY and errors of edit_decode. */
MUST_CHECK err_t edits_add(edits_t *edits, const slice_t *bytes, size_t count);
/* Leaves out those of spans that end at before_ns or earlier; how many. The newest of all
 * stays, so that none is made later under its time. */
size_t edits_retire(edits_t *edits, int64_t before_ns);
/* The first of the point; edits->count when it has none. */
size_t edits_find(const edits_t *edits, point_id_t point);
/* Behind the last of the point of `from`. */
size_t edits_end(const edits_t *edits, size_t from);
/* Which of the edits from..end, those of one point, are undone as known at that time (0:
 * now); undone[0] is of `from`. */
void edits_undone(const edits_t *edits, size_t from, size_t end, int64_t known_at_ns, bool *undone);
/* Adds to a fresh array (the caller frees) what scans of a point must pass over, as known
 * at that time (0: now). */
MUST_CHECK err_t edits_spans(const edits_t *edits, const series_query_t *query,
                             edit_span_t **ret_spans, size_t *ret_count);
/* Durable but for its name. */
MUST_CHECK err_t edits_save(env_t *env, const char *dir, uint64_t id, const edits_t *edits);
/* ERR_CORRUPT, ERR_NEWER_FORMAT, ERR_NOT_FOUND. */
MUST_CHECK err_t edits_load(env_t *env, const char *dir, uint64_t id, edits_t *edits,
                            err_detail_t *ret_detail);
/* Of the file. */
MUST_CHECK err_t edits_hash(env_t *env, const char *dir, uint64_t id, merkle_hash_t *ret_hash);
/* ERR_TOO_BIG */
MUST_CHECK err_t edits_path_of(const char *dir, uint64_t id, char *ret_path, size_t cap);
void edits_free(edits_t *edits);
#endif
