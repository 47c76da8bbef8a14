/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed segments never change, so copying them needs nobody's leave. A manifest says
 * which belong together; when one of them goes before it is copied, a newer manifest has
 * been written, and the copy is brought up to that one. */
#include "historian/edits.h"
#include "historian/historian.h"
#include "historian/manifest.h"

enum { TRIES = 16 };

typedef struct {
	env_t *env;
	const historian_copy_t *spec;
	err_detail_t *detail;
} copier_t;

/* ERR_NOT_FOUND: gone. */
static err_t copy_file(copier_t *c, const char *from, const char *to)
{
	env_copy_t copy = { from, to, c->spec->progress, c->spec->ctx };
	err_t err = env_file_copy(c->env, &copy);
	if (err == ERR_NOT_FOUND || err == ERR_EXISTS)
		return err == ERR_EXISTS ? ERR_OK : err;
	return err ? err_raise(c->detail, err, NULL, to, (char *)NULL) : ERR_OK;
}

static err_t copy_segment(copier_t *c, uint64_t id)
{
	char from[SEGMENT_PATH_MAX], to[SEGMENT_PATH_MAX];
	err_t err = segment_path_of(c->spec->from, id, from);
	if (!err)
		err = segment_path_of(c->spec->to, id, to);
	return err ? err_raise(c->detail, err, NULL, c->spec->to, (char *)NULL)
	           : copy_file(c, from, to);
}

static err_t copy_edits(copier_t *c, uint64_t id)
{
	char from[SEGMENT_PATH_MAX], to[SEGMENT_PATH_MAX];
	err_t err = edits_path_of(c->spec->from, id, from, sizeof(from));
	if (!err)
		err = edits_path_of(c->spec->to, id, to, sizeof(to));
	return err ? err_raise(c->detail, err, NULL, c->spec->to, (char *)NULL)
	           : copy_file(c, from, to);
}

static err_t copy_files(copier_t *c, const manifest_t *manifest)
{
	err_t err = manifest->edits_id ? copy_edits(c, manifest->edits_id) : ERR_OK;
	for (size_t i = 0; !err && i < manifest->count; i++)
		err = copy_segment(c, manifest->segments[i].id);
	return err;
}

typedef struct {
	copier_t *c;
	const manifest_t *manifest;
	err_t err;
} cleaner_t;

/* What an earlier try copied and the manifest does not name. */
static void clean_file(void *ctx, const char *name)
{
	cleaner_t *cleaner = ctx;
	char path[SEGMENT_PATH_MAX];
	slice_t text = slice_str(name);
	uint64_t id;
	if (cleaner->err || !slice_ends(text, SLICE(".seg")) ||
	    !manifest_id_of(slice_sub(text, 0, text.len - SLICE(".seg").len), &id) ||
	    manifest_names(cleaner->manifest, id))
		return;
	cleaner->err = env_path_join(cleaner->c->spec->to, name, path, sizeof(path));
	if (!cleaner->err)
		cleaner->err = env_path_remove(cleaner->c->env, path);
}

/* The manifest comes last, so that a copy that has one is whole. */
static err_t finish(copier_t *c, manifest_t *manifest, uint64_t *ret_sealed_seq)
{
	cleaner_t cleaner = { c, manifest, ERR_OK };
	/* Rows of later records may be in the segments; the journal's copy does not know
	 * those records, and what it will give the numbers to must be taken. */
	if (manifest->sealed_seq > c->spec->up_to_seq)
		manifest->sealed_seq = c->spec->up_to_seq;
	err_t err = env_dir_list(c->env, c->spec->to, clean_file, &cleaner);
	if (!err)
		err = cleaner.err;
	if (!err)
		err = env_dir_sync(c->env, c->spec->to);
	if (!err)
		err = manifest_save(c->env, c->spec->to, manifest);
	if (err)
		return err_raise(c->detail, err, NULL, c->spec->to, (char *)NULL);
	*ret_sealed_seq = manifest->sealed_seq;
	return ERR_OK;
}

static err_t copy_once(copier_t *c, uint64_t *ret_sealed_seq)
{
	manifest_t manifest = { 0 };
	size_t damaged;
	err_t err = manifest_newest(c->env, c->spec->from, &manifest, &damaged, c->detail);
	if (err)
		return err;
	if (manifest.generation == 0) {
		*ret_sealed_seq = 0;
		return ERR_OK;
	}
	err = copy_files(c, &manifest);
	if (!err)
		err = finish(c, &manifest, ret_sealed_seq);
	manifest_free(&manifest);
	return err;
}

err_t historian_copy(env_t *env, const historian_copy_t *copy, uint64_t *ret_sealed_seq,
                     err_detail_t *ret_detail)
{
	copier_t c = { .env = env, .spec = copy, .detail = ret_detail };
	err_t err = ERR_NOT_FOUND;
	for (unsigned i = 0; err == ERR_NOT_FOUND && i < TRIES; i++)
		err = copy_once(&c, ret_sealed_seq);
	if (err == ERR_NOT_FOUND)
		return err_raise(ret_detail, ERR_BUSY, NULL, copy->from, (char *)NULL);
	return err;
}
