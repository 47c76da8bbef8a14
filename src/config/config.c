/* SPDX-License-Identifier: Apache-2.0 */
/* From files to one snapshot: parse each, merge, build. The trees die with the
 * call; the snapshot keeps copies of the strings it needs. */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/schema.h"
#include "env/file.h"

enum { CONF_FILES_MAX = 256, PATH_MAX_BYTES = 1024, SNAPSHOT_MAX = 256 << 20 };

#define CONF_FOLDER "conf.d"

typedef struct {
	config_t config; /* first: a config_t * of ours is a snapshot_t * */
	pool_t pool;
} snapshot_t;

void config_free(config_t *config)
{
	if (!config)
		return;
	snapshot_t *snapshot = (snapshot_t *)(void *)config;
	pool_t pool = snapshot->pool;
	free(snapshot);
	pool_free(&pool);
}

bool config_is_secure(const config_t *config)
{
	return config->tls.mode == TLS_ALWAYS ||
	       (config->tls.mode == TLS_AUTO && !ip_is_loopback(config->http.ip));
}

const port_t *config_line(const config_t *config, const char *name)
{
	for (size_t i = 0; i < config->line_count; i++)
		if (slice_eq(slice_str(config->lines[i].name), slice_str(name)))
			return &config->lines[i];
	return NULL;
}

const char *contract_open_name(unsigned open)
{
#define X(name, word) word,
	static const char *const words[] = { CONTRACT_OPEN_ROWS(X) };
#undef X
	return words[open];
}

const config_contract_t *config_contract(const config_uplink_t *uplink, const char *name)
{
	for (size_t i = 0; i < uplink->contract_count; i++)
		if (slice_eq(slice_str(uplink->contracts[i].name), slice_str(name)))
			return &uplink->contracts[i];
	return NULL;
}

const config_calendar_t *config_calendar(const config_t *config, const char *name)
{
	for (size_t i = 0; i < config->calendar_count; i++)
		if (!name[0] || slice_eq(slice_str(config->calendars[i].name), slice_str(name)))
			return &config->calendars[i];
	return NULL;
}

static err_t snapshot_build(const tree_node_t *root, config_t **ret_config,
                            err_detail_t *ret_detail)
{
	if (root->kind != TREE_MAPPING && root->kind != TREE_NULL)
		return fault_raise(ret_detail, root->at, FAULT_NOT_MAPPING,
		                   FAULT_ARGS(root->at.file));
	snapshot_t *snapshot = calloc(1, sizeof(*snapshot));
	if (!snapshot)
		return ERR_NO_MEMORY;
	snapshot->pool = pool_of(SNAPSHOT_MAX);
	build_t build = { .pool = &snapshot->pool, .detail = ret_detail };
	err_t err = build_section(&build, &SECTION_ROOT, root, &snapshot->config);
	if (err)
		config_free(&snapshot->config);
	else
		*ret_config = &snapshot->config;
	return err;
}

/* Running out of memory has no place in a file; it is said of the whole. */
static err_t detail_complete(err_t err, const char *name, err_detail_t *ret_detail)
{
	return err == ERR_NO_MEMORY ? err_raise(ret_detail, err, NULL, name, NULL) : err;
}

err_t config_parse(slice_t yaml, const char *name, config_t **ret_config, err_detail_t *ret_detail)
{
	tree_t tree = tree_of();
	tree_node_t *root = NULL;
	err_t err = tree_parse(&tree, yaml, name, &root, ret_detail);
	if (!err)
		err = snapshot_build(root, ret_config, ret_detail);
	tree_free(&tree);
	return detail_complete(err, name, ret_detail);
}

/* One load: the files so far joined under `root`. */
typedef struct {
	env_t *env;
	tree_t tree;
	tree_node_t *root;
	const char *folder;
	uint8_t *bytes; /* of one file at a time */
	size_t files;
	err_t err; /* of a file of the folder */
	err_detail_t *detail;
} load_t;

static err_t load_fail(const load_t *l, const char *path, err_t err)
{
	if (err == ERR_TOO_BIG)
		return fault_raise_file(l->detail, path, ERR_CONFIG, FAULT_FILE_TOO_BIG, "4 MiB");
	fault_t fault = err == ERR_NOT_FOUND ? FAULT_NO_FILE : FAULT_UNREADABLE;
	return fault_raise_file(l->detail, path, err, fault, "");
}

/* An empty file adds nothing. */
static err_t load_merge(load_t *l, tree_node_t *root)
{
	if (root->kind != TREE_MAPPING && root->kind != TREE_NULL)
		return fault_raise(l->detail, root->at, FAULT_NOT_MAPPING,
		                   FAULT_ARGS(root->at.file));
	if (!l->root || l->root->kind == TREE_NULL)
		l->root = root;
	else if (root->kind == TREE_MAPPING)
		return tree_merge(l->root, root, l->detail);
	return ERR_OK;
}

static err_t load_file(load_t *l, const char *path)
{
	/* The marks of the tree name the file, so the name lives as long as it. */
	const char *name = pool_cstr(&l->tree.pool, slice_str(path));
	if (!name)
		return ERR_NO_MEMORY;
	size_t len = 0;
	err_t err = env_file_load(l->env, name, l->bytes, TREE_FILE_MAX, &len);
	if (err)
		return load_fail(l, name, err);
	tree_node_t *root = NULL;
	err = tree_parse(&l->tree, slice_of(l->bytes, len), name, &root, l->detail);
	return err ? err : load_merge(l, root);
}

static bool is_conf_name(slice_t name)
{
	return name.ptr[0] != '.' && slice_ends(name, SLICE(".yaml"));
}

static void on_conf_name(void *ctx, const char *name)
{
	load_t *l = ctx;
	if (l->err || !is_conf_name(slice_str(name)))
		return;
	if (l->files++ == CONF_FILES_MAX) {
		l->err = fault_raise_file(l->detail, l->folder, ERR_CONFIG, FAULT_TOO_MANY_FILES,
		                          "256");
		return;
	}
	char path[PATH_MAX_BYTES];
	if (env_path_join(l->folder, name, path, sizeof(path)))
		l->err = load_fail(l, name, ERR_INVALID);
	else
		l->err = load_file(l, path);
}

/* "conf.d" in the folder of the main file. */
static bool conf_folder(const char *path, char *buf, size_t cap)
{
	size_t end = strlen(path);
	while (end && path[end - 1] != '/')
		end--;
	int len = snprintf(buf, cap, "%.*s" CONF_FOLDER, (int)end, path);
	return len >= 0 && (size_t)len < cap;
}

static err_t load_all(load_t *l, const char *path)
{
	char folder[PATH_MAX_BYTES];
	if (!conf_folder(path, folder, sizeof(folder)))
		return load_fail(l, path, ERR_INVALID);
	err_t err = load_file(l, path);
	if (err)
		return err;
	l->folder = folder;
	err = env_dir_list(l->env, folder, on_conf_name, l);
	if (l->err)
		return l->err;
	return err && err != ERR_NOT_FOUND ? load_fail(l, folder, err) : ERR_OK;
}

err_t config_load(env_t *env, const char *path, config_t **ret_config, err_detail_t *ret_detail)
{
	load_t l = { .env = env, .tree = tree_of(), .detail = ret_detail };
	l.bytes = malloc(TREE_FILE_MAX);
	err_t err = l.bytes ? load_all(&l, path) : ERR_NO_MEMORY;
	if (!err)
		err = snapshot_build(l.root, ret_config, ret_detail);
	tree_free(&l.tree);
	free(l.bytes);
	return detail_complete(err, path, ret_detail);
}
