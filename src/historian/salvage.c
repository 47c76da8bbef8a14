/* SPDX-License-Identifier: Apache-2.0 */
/* Every block that can be read is written anew; what cannot is written down. */
#include <stdlib.h>

#include "base/text.h"
#include "historian/builder.h"
#include "historian/edits.h"
#include "historian/historian.h"
#include "historian/manifest.h"
#include "historian/walk.h"

enum { LOST_MAX = 64 << 20 };

typedef struct {
	env_t *env;
	const char *from, *to;
	historian_salvage_t tally;
	text_t lost; /* the record */
	err_detail_t *detail;
	/* The segment, and the point, that is written. */
	const segment_info_t *info;
	segment_t *segment;
	builder_t *builder;
	segment_point_t point;
	bool has_rows;
} salvage_t;

static void note_lost(salvage_t *s, point_id_t point, const page_child_t *below)
{
	s->tally.lost_rows += below->rows;
	s->tally.lost_pieces++;
	text_addf(&s->lost, "%016llx.seg,%u,%lld,%lld,%llu\n", (unsigned long long)s->info->id,
	          point, (long long)below->first_ns, (long long)below->last_ns,
	          (unsigned long long)below->rows);
}

static err_t lose_page(void *ctx, const page_child_t *below)
{
	salvage_t *s = ctx;
	note_lost(s, s->point.point, below);
	return ERR_OK;
}

/* What is said of more rows than there are cannot be said anew. */
static err_t put_rows(salvage_t *s, const page_child_t *child, const rows_t *rows)
{
	err_t err = s->has_rows ? ERR_OK : builder_begin(s->builder, s->point.point, NULL);
	s->has_rows = true;
	s->tally.kept_rows += rows->count;
	if (!err && child->summary.bound > 0)
		return builder_copy(s->builder, rows, child);
	return err ? err : builder_add(s->builder, rows);
}

static err_t take_block(void *ctx, const page_child_t *child)
{
	salvage_t *s = ctx;
	rowset_t set = { 0 };
	err_t err = segment_read(s->segment, child, &set);
	rows_t rows = rowset_rows(&set);
	if (err == ERR_CORRUPT || err == ERR_NEWER_FORMAT) {
		note_lost(s, s->point.point, child);
		err = ERR_OK;
	} else if (!err) {
		err = put_rows(s, child, &rows);
	}
	rowset_free(&set);
	return err;
}

/* In the order they stand in the file, which is that of groups. */
static int by_place(const void *a, const void *b)
{
	const segment_point_t *x = a, *y = b;
	return (x->root.at > y->root.at) - (x->root.at < y->root.at);
}

static err_t take_points(salvage_t *s)
{
	size_t count = segment_points(s->segment);
	segment_point_t *points = calloc(count + 1, sizeof(*points));
	walk_t walk = { s, take_block, lose_page };
	err_t err = points ? ERR_OK : ERR_NO_MEMORY;
	for (size_t i = 0; !err && i < count; i++)
		points[i] = segment_point(s->segment, i);
	if (!err)
		qsort(points, count, sizeof(*points), by_place);
	for (size_t i = 0; !err && i < count; i++) {
		s->point = points[i];
		s->has_rows = false;
		err = walk_point(s->segment, &points[i], &walk);
		if (!err && s->has_rows)
			err = builder_end(s->builder);
	}
	free(points);
	return err;
}

/* *ret_info: of the new file; rows 0: nothing was left of it. */
static err_t write_segment(salvage_t *s, segment_info_t *ret_info)
{
	builder_spec_t spec = { .dir = s->to, .info = *s->info, .has_summaries = s->info->level };
	err_t err = builder_new(s->env, &spec, &s->builder);
	if (!err)
		err = take_points(s);
	ret_info->rows = 0;
	if (!err && builder_rows(s->builder))
		err = builder_finish(s->builder, ret_info);
	builder_free(s->builder);
	s->builder = NULL;
	return err;
}

static err_t take_segment(salvage_t *s, segment_info_t *ret_info)
{
	char path[SEGMENT_PATH_MAX];
	err_detail_t detail;
	err_t err = segment_path_of(s->from, s->info->id, path);
	if (!err)
		err = segment_open(s->env, path, &s->segment, &detail);
	if (!err && segment_info(s->segment)->id != s->info->id)
		err = ERR_CORRUPT;
	ret_info->rows = 0;
	if (err == ERR_CORRUPT || err == ERR_NOT_FOUND) {
		page_child_t all = { .rows = s->info->rows,
			             .first_ns = s->info->first_ns,
			             .last_ns = s->info->last_ns };
		note_lost(s, 0, &all);
		err = ERR_OK;
	} else if (!err) {
		err = write_segment(s, ret_info);
	}
	segment_close(s->segment);
	s->segment = NULL;
	return err;
}

static err_t take_segments(salvage_t *s, manifest_t *manifest)
{
	size_t kept = 0;
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < manifest->count; i++) {
		segment_info_t info = manifest->segments[i], made;
		s->info = &info;
		err = take_segment(s, &made);
		if (!err && made.rows)
			manifest->segments[kept++] = made;
	}
	manifest->count = kept;
	s->info = NULL;
	return err;
}

/* A damaged list is lost whole: what it hid is seen again. */
static err_t take_edits(salvage_t *s, manifest_t *manifest)
{
	edits_t edits = { 0 };
	err_detail_t detail;
	if (!manifest->edits_id)
		return ERR_OK;
	err_t err = edits_load(s->env, s->from, manifest->edits_id, &edits, &detail);
	if (err == ERR_CORRUPT || err == ERR_NOT_FOUND) {
		s->tally.lost_pieces++;
		text_addf(&s->lost, "%016llx.edits,,,,\n", (unsigned long long)manifest->edits_id);
		manifest->edits_id = 0;
		err = ERR_OK;
	} else if (!err) {
		err = edits_save(s->env, s->to, manifest->edits_id, &edits);
	}
	edits_free(&edits);
	return err;
}

static err_t finish(salvage_t *s, const manifest_t *manifest)
{
	char path[SEGMENT_PATH_MAX];
	err_t err = env_path_join(s->to, "lost.csv", path, sizeof(path));
	if (!err)
		err = s->lost.bad ? ERR_NO_MEMORY
		                  : env_file_save(s->env, path, text_slice(&s->lost));
	/* The manifest comes last, so that a folder that has one is whole. */
	return err ? err : manifest_save(s->env, s->to, manifest);
}

err_t historian_salvage(env_t *env, const char *from, const char *to,
                        historian_salvage_t *ret_tally, err_detail_t *ret_detail)
{
	salvage_t s = { .env = env, .from = from, .to = to, .lost = text_of(LOST_MAX) };
	manifest_t manifest = { 0 };
	size_t damaged = 0;
	s.detail = ret_detail;
	err_t err = manifest_newest(env, from, &manifest, &damaged, ret_detail);
	if (err)
		return err;
	text_addf(&s.lost, "file,point,first_ns,last_ns,samples\n");
	err = env_dir_make(env, to);
	if (!err)
		err = take_edits(&s, &manifest);
	if (!err)
		err = take_segments(&s, &manifest);
	if (!err)
		err = finish(&s, &manifest);
	manifest_free(&manifest);
	text_free(&s.lost);
	if (err)
		return err_raise(ret_detail, err, NULL, to, (char *)NULL);
	*ret_tally = s.tally;
	return ERR_OK;
}
