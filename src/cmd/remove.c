/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/remove.h"

#include "base/cursor.h"
#include "env/file.h"

enum { PATH_BYTES = 512, DEPTH_MAX = 6 };

typedef struct {
	env_t *env;
	const char *path;
	unsigned depth;
	err_t err;
	bool any;
} tree_t;

static void remove_entry(void *ctx, const char *name)
{
	tree_t *tree = ctx;
	char path[PATH_BYTES];
	if (tree->err)
		return;
	tree->err = env_path_join(tree->path, name, path, sizeof(path));
	if (tree->err)
		return;
	tree_t below = { .env = tree->env, .path = path, .depth = tree->depth + 1 };
	/* What cannot be listed is a file. */
	if (below.depth < DEPTH_MAX && !env_dir_list(tree->env, path, remove_entry, &below) &&
	    below.err) {
		tree->err = below.err;
		return;
	}
	tree->err = env_path_remove(tree->env, path);
}

static void note_entry(void *ctx, const char *name)
{
	tree_t *tree = ctx;
	(void)name;
	tree->any = true;
}

static bool has_marker(env_t *env, const char *path)
{
	char marker[PATH_BYTES];
	env_file_t *file = NULL;
	if (env_path_join(path, DEMO_MARKER, marker, sizeof(marker)) ||
	    env_file_open(env, marker, ENV_OPEN_READ, &file))
		return false;
	env_file_close(file);
	return true;
}

static err_t put_marker(env_t *env, const char *path)
{
	char marker[PATH_BYTES];
	err_t err = env_path_join(path, DEMO_MARKER, marker, sizeof(marker));
	return err ? err : env_file_save(env, marker, SLICE("jizhu demo, emptied at its start\n"));
}

err_t demo_folder_fresh(env_t *env, const char *path)
{
	tree_t tree = { .env = env, .path = path };
	err_t err = env_dir_make(env, path);
	if (!err)
		err = env_dir_list(env, path, note_entry, &tree);
	if (!err && tree.any && !has_marker(env, path))
		return ERR_EXISTS;
	if (!err)
		err = env_dir_list(env, path, remove_entry, &tree);
	if (!err)
		err = tree.err;
	return err ? err : put_marker(env, path);
}
