/* SPDX-License-Identifier: Apache-2.0 */
#include "backup/backup.h"

#include <assert.h>
#include <stdlib.h>

#include "backup/files.h"

/* All is copied and synced before anything is moved. The moves are a list that is
 * done forwards, and backwards when one fails. The journal is moved in last: without
 * it a node does not start, whatever else is there. */

#define STAGE "restoring"

enum { MOVES_MAX = 8, ASIDES_MAX = 100 };

static const char *const taken_folders[] = { "journal", "history", "keys", "views" };
enum { TAKEN_COUNT = sizeof(taken_folders) / sizeof(*taken_folders) };

static const err_text_t text_no_manifest = {
	{ "there is no finished backup here", "此处没有完整的备份" },
	{ "a backup that was interrupted has no " MANIFEST_NAME "; make a new one",
	  "中断的备份没有 " MANIFEST_NAME "；请重新备份" },
};
static const err_text_t text_altered = {
	{ "the file is not as it was when the backup was made", "文件与备份时不一致" },
	{ "use another backup; nothing was restored", "请使用其他备份；未恢复任何数据" },
};
static const err_text_t text_newer = {
	{ "the backup was made by a newer version", "备份由更新版本写入" },
	{ "use the newer program", "请使用更新版本的程序" },
};
static const err_text_t text_has_data = {
	{ "the folder holds data", "目录中已有数据" },
	{ "give another folder, or --force to move the old data aside",
	  "请指定其他目录，或用 --force 将旧数据移到一旁" },
};
static const err_text_t text_in_use = {
	{ "a node works in this folder", "有节点正在使用该目录" },
	{ "stop it first", "请先停止该节点" },
};
static const err_text_t text_unfinished = {
	{ "a restore into this folder was not finished", "该目录的恢复未完成" },
	{ "run jizhu restore with --force again", "请再次运行 jizhu restore --force" },
};

typedef struct {
	char from[BACKUP_PATH_MAX], to[BACKUP_PATH_MAX];
} move_t;

typedef struct {
	env_t *env;
	const backup_spec_t *spec;
	char stage[BACKUP_PATH_MAX], aside[BACKUP_PATH_MAX];
	bool has_data;
	env_file_t *lock;
	const char *what;
	const char *folder; /* being emptied */
	manifest_t manifest;
	move_t moves[MOVES_MAX];
	bool is_half_moved;
	size_t move_count;
	err_detail_t *detail;
} restore_t;

static void note_bytes(void *ctx, uint64_t bytes)
{
	restore_t *r = ctx;
	if (r->spec->step)
		r->spec->step(r->spec->ctx, r->what, bytes);
}

static err_t load_manifest(restore_t *r)
{
	char path[BACKUP_PATH_MAX];
	env_map_t *map = NULL;
	err_t err = files_join(r->spec->copy, MANIFEST_NAME, path, r->detail);
	if (err)
		return err;
	err = env_map_open(r->env, path, &map);
	if (err)
		return err_raise(r->detail, err, err == ERR_NOT_FOUND ? &text_no_manifest : NULL,
		                 r->spec->copy, (char *)NULL);
	slice_t text = env_map_bytes(map);
	err = text.len > MANIFEST_BYTES_MAX ? ERR_TOO_BIG : manifest_decode(text, &r->manifest);
	env_map_close(map);
	if (!err)
		return ERR_OK;
	const err_text_t *why = err == ERR_CORRUPT ? &text_altered : NULL;
	return err_raise(r->detail, err, err == ERR_NEWER_FORMAT ? &text_newer : why, path,
	                 (char *)NULL);
}

static err_t check_file(restore_t *r, const char *root, const manifest_file_t *file)
{
	char path[BACKUP_PATH_MAX];
	manifest_file_t found;
	err_t err = files_join(root, file->path, path, r->detail);
	if (!err)
		err = files_measure(r->env, path, &found, r->detail);
	if (err)
		return err;
	if (found.bytes != file->bytes || memcmp(found.sha256, file->sha256, SHA256_BYTES) != 0)
		return err_raise(r->detail, ERR_CORRUPT, &text_altered, path, (char *)NULL);
	note_bytes(r, file->bytes);
	return ERR_OK;
}

static err_t check_files(restore_t *r)
{
	err_t err = ERR_OK;
	r->what = "checking";
	for (size_t i = 0; !err && i < r->manifest.count; i++)
		err = check_file(r, r->spec->copy, &r->manifest.files[i]);
	return err;
}

static err_t take_lock(restore_t *r)
{
	char path[BACKUP_PATH_MAX];
	err_t err = files_join(r->spec->data, "lock", path, r->detail);
	if (err)
		return err;
	err = env_file_open(r->env, path, ENV_OPEN_WRITE, &r->lock);
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (!err)
		err = env_file_lock(r->lock);
	return err ? err_raise(r->detail, err, err == ERR_BUSY ? &text_in_use : NULL, path,
	                       (char *)NULL)
	           : ERR_OK;
}

static err_t look_at_data(restore_t *r)
{
	char path[BACKUP_PATH_MAX];
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < TAKEN_COUNT; i++) {
		bool any = false;
		err = files_join(r->spec->data, taken_folders[i], path, r->detail);
		if (!err)
			err = files_any(r->env, path, &any);
		r->has_data = r->has_data || any;
	}
	if (!err && r->has_data && !r->spec->force)
		return err_raise(r->detail, ERR_EXISTS, &text_has_data, r->spec->data,
		                 (char *)NULL);
	return err;
}

static err_t remove_one(void *ctx, const char *name)
{
	restore_t *r = ctx;
	char path[BACKUP_PATH_MAX];
	err_t err = files_join(r->folder, name, path, r->detail);
	return err ? err : env_path_remove(r->env, path);
}

static err_t empty_folder(restore_t *r, const char *path)
{
	r->folder = path;
	err_t err = files_each(r->env, path, remove_one, r);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* Drops what an earlier try had copied; makes the folders afresh. */
static err_t make_stage(restore_t *r)
{
	size_t count = 0;
	const char *const *folders = manifest_folders(&count);
	err_t err = files_join(r->spec->data, STAGE, r->stage, r->detail);
	for (size_t i = 0; !err && i < count; i++) {
		char path[BACKUP_PATH_MAX];
		err = files_join(r->stage, folders[i], path, r->detail);
		if (!err)
			err = env_dir_make(r->env, path);
		if (!err)
			err = empty_folder(r, path);
	}
	return err;
}

/* After a failure that moved nothing the node must be able to start again, so the
 * mark of an unfinished restore goes; if it cannot, the node says so. */
static void drop_stage(restore_t *r)
{
	size_t count = 0;
	const char *const *folders = manifest_folders(&count);
	for (size_t i = 0; i < count; i++) {
		char path[BACKUP_PATH_MAX];
		if (files_join(r->stage, folders[i], path, NULL) || empty_folder(r, path) ||
		    env_path_remove(r->env, path))
			return;
	}
	char mark[BACKUP_PATH_MAX];
	if (!files_join(r->stage, BACKUP_RESTORED_NAME, mark, NULL))
		(void)!env_path_remove(r->env, mark);
	(void)!env_path_remove(r->env, r->stage);
	if (r->aside[0])
		(void)!env_path_remove(r->env, r->aside); /* empty again */
}

static err_t copy_file(restore_t *r, const manifest_file_t *file)
{
	char from[BACKUP_PATH_MAX], to[BACKUP_PATH_MAX];
	err_t err = files_join(r->spec->copy, file->path, from, r->detail);
	if (!err)
		err = files_join(r->stage, file->path, to, r->detail);
	if (err)
		return err;
	err = env_file_copy(r->env, &(env_copy_t){ from, to, note_bytes, r });
	if (err)
		return err_raise(r->detail, err, NULL, to, (char *)NULL);
	return check_file(r, r->stage, file);
}

static err_t sync_stage(restore_t *r)
{
	size_t count = 0;
	const char *const *folders = manifest_folders(&count);
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < count; i++) {
		char path[BACKUP_PATH_MAX];
		err = files_join(r->stage, folders[i], path, r->detail);
		if (!err)
			err = files_sync_dir(r->env, path, r->detail);
	}
	if (!err)
		err = files_sync_dir(r->env, r->stage, r->detail);
	return err ? err : env_dir_sync_up(r->env, r->spec->data);
}

/* Tells the node at its next start. */
static err_t put_mark(restore_t *r)
{
	char path[BACKUP_PATH_MAX];
	err_t err = files_join(r->stage, BACKUP_RESTORED_NAME, path, r->detail);
	return err ? err : env_file_save(r->env, path, SLICE("jizhu restored 1\n"));
}

static err_t fill_stage(restore_t *r)
{
	err_t err = make_stage(r);
	r->what = "copying";
	for (size_t i = 0; !err && i < r->manifest.count; i++)
		err = copy_file(r, &r->manifest.files[i]);
	if (!err)
		err = put_mark(r);
	return err ? err : sync_stage(r);
}

/* "before-20261125T033000Z"; from the second on with "-2" and so on behind it. */
static err_t join_aside(restore_t *r, unsigned nth)
{
	char time[TIME_TEXT_MAX], name[TIME_TEXT_MAX + 16];
	writer_t w = writer_of(name, sizeof(name));
	time_format(env_utc(r->env).ns, time);
	wr_format(&w, "before-");
	for (const char *c = time; *c && *c != '.'; c++)
		if (*c != '-' && *c != ':')
			wr_u8(&w, (uint8_t)*c);
	wr_format(&w, "Z");
	if (nth > 1)
		wr_format(&w, "-%u", nth);
	wr_u8(&w, 0);
	return files_join(r->spec->data, name, r->aside, r->detail);
}

/* A restore that was cut off in this very second may have moved something there. */
static err_t name_aside(restore_t *r)
{
	bool is_taken = true;
	err_t err = ERR_OK;
	for (unsigned nth = 1; !err && is_taken && nth <= ASIDES_MAX; nth++) {
		err = join_aside(r, nth);
		if (!err)
			err = files_any(r->env, r->aside, &is_taken);
	}
	return err ? err : env_dir_make(r->env, r->aside);
}

static err_t plan_move(restore_t *r, const char *from, const char *to, const char *name)
{
	assert(r->move_count < MOVES_MAX);
	move_t *move = &r->moves[r->move_count];
	err_t err = files_join(from, name, move->from, r->detail);
	if (!err)
		err = files_join(to, name, move->to, r->detail);
	if (!err)
		r->move_count++;
	return err;
}

static void note_name(void *ctx, const char *name)
{
	bool *found = ctx;
	for (size_t i = 0; i < TAKEN_COUNT; i++)
		if (slice_eq(slice_str(name), slice_str(taken_folders[i])))
			found[i] = true;
}

static err_t plan_moves(restore_t *r)
{
	size_t count = 0;
	bool found[TAKEN_COUNT] = { 0 };
	const char *const *folders = manifest_folders(&count);
	err_t err = env_dir_list(r->env, r->spec->data, note_name, found);
	bool any = false;
	for (size_t i = 0; i < TAKEN_COUNT; i++)
		any = any || found[i];
	if (!err && any)
		err = name_aside(r);
	for (size_t i = 0; !err && i < TAKEN_COUNT; i++)
		if (found[i])
			err = plan_move(r, r->spec->data, r->aside, taken_folders[i]);
	if (!err)
		err = plan_move(r, r->stage, r->spec->data, BACKUP_RESTORED_NAME);
	for (size_t i = 0; !err && i < count; i++)
		err = plan_move(r, r->stage, r->spec->data, folders[i]);
	return err;
}

static err_t sync_moves(restore_t *r)
{
	err_t err = r->aside[0] ? files_sync_dir(r->env, r->aside, r->detail) : ERR_OK;
	return err ? err : files_sync_dir(r->env, r->spec->data, r->detail);
}

static err_t move_all(restore_t *r)
{
	err_t err = plan_moves(r);
	size_t done = 0;
	while (!err && done < r->move_count) {
		const move_t *move = &r->moves[done];
		err = env_path_rename(r->env, move->from, move->to);
		if (err)
			err_raise(r->detail, err, NULL, move->to, (char *)NULL);
		done += err == ERR_OK;
	}
	if (!err)
		err = sync_moves(r);
	while (err && done-- > 0)
		if (env_path_rename(r->env, r->moves[done].to, r->moves[done].from))
			r->is_half_moved = true;
	return err;
}

/* Empty, it is no longer the mark of an unfinished restore; so it may stay. */
static err_t finish(restore_t *r)
{
	(void)!env_path_remove(r->env, r->stage);
	return ERR_OK;
}

static err_t make_data(restore_t *r)
{
	err_t err = env_dir_make(r->env, r->spec->data);
	return err ? err_raise(r->detail, err, NULL, r->spec->data, (char *)NULL) : ERR_OK;
}

typedef err_t (*step_t)(restore_t *restore);

static err_t run_steps(restore_t *r, const step_t *steps, size_t count)
{
	err_t err = ERR_OK;
	*r->detail = (err_detail_t){ 0 };
	for (size_t i = 0; !err && i < count; i++)
		err = steps[i](r);
	if (err && r->stage[0] && !r->is_half_moved)
		drop_stage(r);
	env_file_close(r->lock);
	if (err)
		manifest_done(&r->manifest);
	if (err && r->detail->err == ERR_OK)
		err_raise(r->detail, err, NULL, r->spec->data ? r->spec->data : r->spec->copy,
		          (char *)NULL);
	return err;
}

err_t backup_check(env_t *env, const backup_spec_t *spec, manifest_t *ret_manifest,
                   err_detail_t *ret_detail)
{
	static const step_t steps[] = { load_manifest, check_files };
	restore_t r = { .env = env, .spec = spec, .detail = ret_detail };
	err_t err = run_steps(&r, steps, sizeof(steps) / sizeof(*steps));
	if (!err)
		*ret_manifest = r.manifest;
	return err;
}

err_t backup_restore(env_t *env, const backup_spec_t *spec, backup_restored_t *ret_restored,
                     err_detail_t *ret_detail)
{
	static const step_t steps[] = { load_manifest, check_files, make_data, take_lock,
		                        look_at_data,  fill_stage,  move_all,  finish };
	restore_t *r = calloc(1, sizeof(*r));
	if (!r)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	*r = (restore_t){ .env = env, .spec = spec, .detail = ret_detail };
	err_t err = run_steps(r, steps, sizeof(steps) / sizeof(*steps));
	if (!err) {
		ret_restored->manifest = r->manifest;
		memcpy(ret_restored->aside, r->aside, sizeof(r->aside));
	}
	free(r);
	return err;
}

err_t backup_check_data(env_t *env, const char *data, err_detail_t *ret_detail)
{
	char path[BACKUP_PATH_MAX];
	bool any = false;
	err_t err = files_join(data, STAGE, path, ret_detail);
	if (!err)
		err = files_any(env, path, &any);
	if (err || !any)
		return err;
	return err_raise(ret_detail, ERR_CONFLICT, &text_unfinished, data, (char *)NULL);
}
