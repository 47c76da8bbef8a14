/* SPDX-License-Identifier: Apache-2.0 */
#include "backup/backup.h"

#include "backup/files.h"
#include "historian/historian.h"
#include "model/event.h"

enum { HISTORY_TRIES = 8 };

static const err_text_t text_exists = {
	{ "the folder is not empty", "目录不为空" },
	{ "give a new folder for each backup", "请为每次备份指定新目录" },
};
static const err_text_t text_overtaken = {
	{ "samples are sealed and dropped faster than they can be copied",
	  "样本封存与清理快于复制" },
	{ "try again, to a faster disk or with a longer retention",
	  "请换用更快的磁盘或延长保留期后重试" },
};

typedef struct {
	env_t *env;
	const backup_spec_t *spec;
	const char *what; /* is being copied */
	char journal[BACKUP_PATH_MAX], history[BACKUP_PATH_MAX], keys[BACKUP_PATH_MAX];
	char to_journal[BACKUP_PATH_MAX], to_history[BACKUP_PATH_MAX], to_keys[BACKUP_PATH_MAX];
	const char *folder; /* being listed for the manifest */
	manifest_t manifest;
	err_detail_t *detail;
} backup_t;

static void note_bytes(void *ctx, uint64_t bytes)
{
	backup_t *b = ctx;
	if (b->spec->step)
		b->spec->step(b->spec->ctx, b->what, bytes);
}

static void begin(backup_t *b, const char *what)
{
	b->what = what;
	note_bytes(b, 0);
}

static err_t set_paths(backup_t *b)
{
	const struct {
		const char *head, *tail;
		char *path;
	} rows[] = {
		{ b->spec->data, "journal", b->journal },
		{ b->spec->data, "history", b->history },
		{ b->spec->data, "keys", b->keys },
		{ b->spec->copy, "journal", b->to_journal },
		{ b->spec->copy, "history", b->to_history },
		{ b->spec->copy, "keys", b->to_keys },
	};
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < sizeof(rows) / sizeof(*rows); i++)
		err = files_join(rows[i].head, rows[i].tail, rows[i].path, b->detail);
	return err;
}

static err_t make_folders(backup_t *b)
{
	bool any = false;
	const char *folders[] = { b->spec->copy, b->to_journal, b->to_history, b->to_keys };
	err_t err = files_any(b->env, b->spec->copy, &any);
	if (!err && any)
		return err_raise(b->detail, ERR_EXISTS, &text_exists, b->spec->copy, (char *)NULL);
	for (size_t i = 0; !err && i < sizeof(folders) / sizeof(*folders); i++)
		err = env_dir_make(b->env, folders[i]);
	return err ? err_raise(b->detail, err, NULL, b->spec->copy, (char *)NULL) : ERR_OK;
}

/* ERR_EXPIRED: retention took the segment that joins them. */
static err_t copy_history_once(backup_t *b)
{
	journal_copy_t journal = { .from = b->journal,
		                   .to = b->to_journal,
		                   .name = "history",
		                   .progress = note_bytes,
		                   .ctx = b };
	uint64_t sealed_seq = 0;
	journal_extent_t *extent = &b->manifest.history;
	begin(b, "history journal");
	err_t err = journal_copy(b->env, &journal, extent, b->detail);
	if (err)
		return err;
	historian_copy_t segments = { .from = b->history,
		                      .to = b->to_history,
		                      .up_to_seq = extent->last_seq,
		                      .progress = note_bytes,
		                      .ctx = b };
	begin(b, "sealed segments");
	err = historian_copy(b->env, &segments, &sealed_seq, b->detail);
	if (!err && extent->first_seq > sealed_seq + 1)
		err = ERR_EXPIRED;
	return err;
}

static err_t copy_history(backup_t *b)
{
	err_t err = ERR_EXPIRED;
	for (unsigned i = 0; err == ERR_EXPIRED && i < HISTORY_TRIES; i++)
		err = copy_history_once(b);
	if (err == ERR_EXPIRED)
		return err_raise(b->detail, ERR_BUSY, &text_overtaken, b->history, (char *)NULL);
	return err;
}

/* The journal says who wrote it. */
static void note_node(void *ctx, const journal_record_t *record)
{
	backup_t *b = ctx;
	event_t event;
	if (record->type != JOURNAL_EVENT || event_decode(record->payload, &event) ||
	    event.message != MSG_NODE_STARTED)
		return;
	const value_t *name = event_arg_get(&event, ARG_NAME);
	if (!name || name->type != VALUE_TEXT ||
	    slice_find(name->as.text, '\n') < name->as.text.len)
		return;
	/* A name cut at the limit still tells whose backup it is. */
	(void)slice_to_cstr(name->as.text, b->manifest.node, sizeof(b->manifest.node));
}

static err_t copy_main(backup_t *b)
{
	journal_copy_t journal = { .from = b->journal,
		                   .to = b->to_journal,
		                   .name = "main",
		                   .record = note_node,
		                   .progress = note_bytes,
		                   .ctx = b };
	begin(b, "main journal");
	return journal_copy(b->env, &journal, &b->manifest.main, b->detail);
}

/* Before the main one, which then holds all that a release says it has come to. A node that
 * never ran with this journal has none. */
static err_t copy_tree(backup_t *b)
{
	journal_copy_t journal = { .from = b->journal,
		                   .to = b->to_journal,
		                   .name = "tree",
		                   .progress = note_bytes,
		                   .ctx = b };
	begin(b, "tree journal");
	err_t err = journal_copy(b->env, &journal, &b->manifest.tree, b->detail);
	if (err != ERR_NOT_FOUND)
		return err;
	*b->detail = (err_detail_t){ 0 };
	return ERR_OK;
}

static err_t copy_key(void *ctx, const char *name)
{
	backup_t *b = ctx;
	char from[BACKUP_PATH_MAX], to[BACKUP_PATH_MAX];
	/* A save that a crash interrupted. */
	if (slice_ends(slice_str(name), SLICE(".tmp")))
		return ERR_OK;
	err_t err = files_join(b->keys, name, from, b->detail);
	if (!err)
		err = files_join(b->to_keys, name, to, b->detail);
	if (err)
		return err;
	err = env_file_copy(b->env, &(env_copy_t){ from, to, note_bytes, b });
	return err ? err_raise(b->detail, err, NULL, from, (char *)NULL) : ERR_OK;
}

static err_t copy_keys(backup_t *b)
{
	begin(b, "keys");
	err_t err = files_each(b->env, b->keys, copy_key, b);
	if (err && b->detail->err == ERR_OK)
		err_raise(b->detail, err, NULL, b->keys, (char *)NULL);
	return err ? err : files_sync_dir(b->env, b->to_keys, b->detail);
}

static err_t read_back(backup_t *b)
{
	uint64_t count = 0;
	begin(b, "reading back");
	err_t err = journal_verify(b->env, b->to_journal, "main", &count, b->detail);
	if (!err)
		err = journal_verify(b->env, b->to_journal, "history", &count, b->detail);
	if (!err && b->manifest.tree.epoch)
		err = journal_verify(b->env, b->to_journal, "tree", &count, b->detail);
	if (!err)
		err = historian_verify(b->env, b->to_history, &count, b->detail);
	return err;
}

static err_t list_file(void *ctx, const char *name)
{
	backup_t *b = ctx;
	manifest_file_t file;
	char path[BACKUP_PATH_MAX];
	err_t err = env_path_join(b->folder, name, file.path, sizeof(file.path));
	if (err)
		return err_raise(b->detail, err, NULL, name, (char *)NULL);
	err = files_join(b->spec->copy, file.path, path, b->detail);
	if (!err)
		err = files_measure(b->env, path, &file, b->detail);
	if (!err)
		err = manifest_add(&b->manifest, &file);
	if (!err)
		note_bytes(b, file.bytes);
	return err;
}

static err_t list_folder(backup_t *b, const char *folder)
{
	char path[BACKUP_PATH_MAX];
	b->folder = folder;
	err_t err = files_join(b->spec->copy, folder, path, b->detail);
	return err ? err : files_each(b->env, path, list_file, b);
}

static err_t list_files(backup_t *b)
{
	size_t count = 0;
	const char *const *folders = manifest_folders(&count);
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < count; i++)
		err = list_folder(b, folders[i]);
	return err;
}

static err_t sync_names(backup_t *b)
{
	return env_dir_sync_up(b->env, b->spec->copy);
}

static err_t save_manifest(backup_t *b)
{
	char path[BACKUP_PATH_MAX];
	text_t text = text_of(MANIFEST_BYTES_MAX);
	b->manifest.made_ns = env_utc(b->env).ns;
	manifest_encode(&b->manifest, &text);
	err_t err = text.bad ? ERR_NO_MEMORY : ERR_OK;
	if (!err)
		err = files_join(b->spec->copy, MANIFEST_NAME, path, b->detail);
	if (!err)
		err = env_file_save(b->env, path, text_slice(&text));
	text_free(&text);
	return err;
}

typedef err_t (*step_t)(backup_t *backup);

err_t backup_make(env_t *env, const backup_spec_t *spec, manifest_t *ret_manifest,
                  err_detail_t *ret_detail)
{
	static const step_t steps[] = { set_paths,  make_folders, copy_history, copy_tree,
		                        copy_main,  copy_keys,    read_back,    list_files,
		                        sync_names, save_manifest };
	*ret_detail = (err_detail_t){ 0 };
	backup_t b = { .env = env, .spec = spec, .detail = ret_detail };
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < sizeof(steps) / sizeof(*steps); i++)
		err = steps[i](&b);
	if (!err) {
		*ret_manifest = b.manifest;
		return ERR_OK;
	}
	manifest_done(&b.manifest);
	return ret_detail->err ? err : err_raise(ret_detail, err, NULL, spec->copy, (char *)NULL);
}
