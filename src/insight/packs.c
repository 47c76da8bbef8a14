/* SPDX-License-Identifier: Apache-2.0 */
/* Files are sorted by their names to the four readers. The bytes of the user's files live as
 * long as the packs: tables borrow them. */
#include "insight/packs.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/pool.h"
#include "config/tree.h"
#include "env/file.h"
#include "insight/shipped.h"

enum { PATH_MAX_BYTES = 1024, SHIPPED_MAX = 32, FILES_MAX = PACKS_FILES_MAX + SHIPPED_MAX };

#define PACKS_FOLDER "packs"

/* By the end of a file's name; the first that fits. */
typedef enum {
	PACK_PUBLISHED,
	PACK_DEFINITIONS,
	PACK_FACTORS,
	PACK_PLACES,
	PACK_KINDS
} pack_kind_t;

typedef struct {
	packs_t packs; /* first: a packs_t * of ours is an opened_t * */
	pool_t pool;
} opened_t;

typedef struct {
	slice_t bytes;
	const char *file;
} file_t;

typedef struct {
	env_t *env;
	opened_t *to;
	file_t files[PACK_KINDS][FILES_MAX];
	size_t counts[PACK_KINDS];
	size_t user_count;
	const char *folder;
	uint8_t *room; /* for one file */
	err_t err;     /* of a file of the folder */
	err_detail_t *detail;
} opening_t;

static const err_text_t TEXT_KIND = {
	{ "'%1' is no name of a pack", "“%1”不是数据包文件名" },
	{ "Name it *.yaml, published*.yaml, factors*.tsv or *.tsv",
	  "请命名为 *.yaml、published*.yaml、factors*.tsv 或 *.tsv" },
};

static bool kind_find(const char *path, pack_kind_t *ret_kind)
{
	static const struct {
		const char *head, *tail;
		pack_kind_t kind;
	} NAMES[] = {
		{ "published", ".yaml", PACK_PUBLISHED },
		{ "", ".yaml", PACK_DEFINITIONS },
		{ "factors", ".tsv", PACK_FACTORS },
		{ "", ".tsv", PACK_PLACES },
	};
	slice_t name = slice_str(path), rest = name;
	while (slice_find(rest, '/') < rest.len) {
		(void)slice_cut(&rest, '/');
		name = rest;
	}
	for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
		if (slice_starts(name, slice_str(NAMES[i].head)) &&
		    slice_ends(name, slice_str(NAMES[i].tail))) {
			*ret_kind = NAMES[i].kind;
			return true;
		}
	return false;
}

static void file_add(opening_t *o, pack_kind_t kind, slice_t bytes, const char *file)
{
	o->files[kind][o->counts[kind]++] = (file_t){ bytes, file };
}

static err_t fail_file(const opening_t *o, const char *path, err_t err)
{
	if (err == ERR_TOO_BIG)
		return fault_raise_file(o->detail, path, ERR_CONFIG, FAULT_FILE_TOO_BIG, "4 MiB");
	fault_t fault = err == ERR_NOT_FOUND ? FAULT_NO_FILE : FAULT_UNREADABLE;
	return fault_raise_file(o->detail, path, err, fault, "");
}

static err_t user_file(opening_t *o, const char *path)
{
	pack_kind_t kind = PACK_KINDS;
	size_t len = 0;
	if (!kind_find(path, &kind))
		return err_raise(o->detail, ERR_CONFIG, &TEXT_KIND, path, path, (char *)NULL);
	if (o->user_count++ == PACKS_FILES_MAX)
		return fault_raise_file(o->detail, o->folder, ERR_CONFIG, FAULT_TOO_MANY_FILES,
		                        "64");
	err_t err = env_file_load(o->env, path, o->room, TREE_FILE_MAX, &len);
	if (err)
		return fail_file(o, path, err);
	const char *file = pool_cstr(&o->to->pool, slice_str(path));
	const char *bytes = pool_cstr(&o->to->pool, slice_of(o->room, len));
	if (!file || !bytes)
		return ERR_NO_MEMORY;
	file_add(o, kind, slice_of(bytes, len), file);
	return ERR_OK;
}

static bool is_pack_name(slice_t name)
{
	return name.ptr[0] != '.' &&
	       (slice_ends(name, SLICE(".yaml")) || slice_ends(name, SLICE(".tsv")));
}

static void on_name(void *ctx, const char *name)
{
	opening_t *o = ctx;
	char path[PATH_MAX_BYTES];
	if (o->err || !is_pack_name(slice_str(name)))
		return;
	if (env_path_join(o->folder, name, path, sizeof(path)))
		o->err = fail_file(o, name, ERR_INVALID);
	else
		o->err = user_file(o, path);
}

/* The files of the folder beside the configuration. */
static err_t folder_read(opening_t *o, const char *config)
{
	char folder[PATH_MAX_BYTES];
	slice_t path = slice_str(config);
	while (path.len && path.ptr[path.len - 1] != '/')
		path.len--;
	int len = snprintf(folder, sizeof(folder), "%.*s" PACKS_FOLDER, (int)path.len,
	                   (const char *)path.ptr);
	if (len < 0 || (size_t)len >= sizeof(folder))
		return fail_file(o, config, ERR_INVALID);
	o->folder = folder;
	err_t err = env_dir_list(o->env, folder, on_name, o);
	if (err && err != ERR_NOT_FOUND)
		err = fail_file(o, folder, err);
	else
		err = o->err;
	o->folder = "";
	return err;
}

static err_t shipped_add(opening_t *o)
{
	for (const shipped_pack_t *p = SHIPPED_PACKS; p->file; p++) {
		pack_kind_t kind = PACK_KINDS;
		if (!kind_find(p->file, &kind) || o->counts[kind] == SHIPPED_MAX)
			return ERR_INTERNAL;
		file_add(o, kind, slice_of(p->bytes, p->len), p->file);
	}
	return ERR_OK;
}

/* Factors first: definitions name them. */
static err_t tables_read(opening_t *o)
{
	packs_t *to = &o->to->packs;
	definition_pack_t definitions[FILES_MAX];
	published_pack_t published[FILES_MAX];
	factor_pack_t factors[FILES_MAX];
	place_pack_t places[FILES_MAX];
	for (size_t i = 0; i < FILES_MAX; i++) {
		const file_t *d = &o->files[PACK_DEFINITIONS][i], *p = &o->files[PACK_PUBLISHED][i];
		const file_t *f = &o->files[PACK_FACTORS][i], *s = &o->files[PACK_PLACES][i];
		definitions[i] = (definition_pack_t){ d->bytes, d->file };
		published[i] = (published_pack_t){ p->bytes, p->file };
		factors[i] = (factor_pack_t){ f->bytes, f->file };
		places[i] = (place_pack_t){ s->bytes, s->file };
	}
	err_t err = factors_read(factors, o->counts[PACK_FACTORS], &to->factors, o->detail);
	if (!err)
		err = definitions_read(definitions, o->counts[PACK_DEFINITIONS], to->factors,
		                       &to->definitions, o->detail);
	if (!err)
		err = published_read(published, o->counts[PACK_PUBLISHED], &to->published,
		                     o->detail);
	if (!err)
		err = places_read(places, o->counts[PACK_PLACES], &to->places, o->detail);
	return err;
}

static err_t opening_run(opening_t *o, const packs_spec_t *spec)
{
	err_t err = shipped_add(o);
	if (!err && spec->config)
		err = folder_read(o, spec->config);
	for (size_t i = 0; !err && i < spec->file_count; i++)
		err = user_file(o, spec->files[i]);
	return err ? err : tables_read(o);
}

err_t packs_open(env_t *env, const packs_spec_t *spec, packs_t **ret_packs,
                 err_detail_t *ret_detail)
{
	opened_t *opened = calloc(1, sizeof(*opened));
	opening_t *o = calloc(1, sizeof(*o));
	uint8_t *room = malloc(TREE_FILE_MAX);
	err_t err = opened && o && room ? ERR_OK : ERR_NO_MEMORY;
	if (!err) {
		opened->pool = pool_of(SIZE_MAX);
		*o = (opening_t){ .env = env, .to = opened, .room = room, .detail = ret_detail };
		o->folder = "";
		err = opening_run(o, spec);
	}
	free(room);
	free(o);
	if (!err) {
		*ret_packs = &opened->packs;
		return ERR_OK;
	}
	packs_close(opened ? &opened->packs : NULL);
	return err == ERR_NO_MEMORY ? err_raise(ret_detail, err, NULL, "", (char *)NULL) : err;
}

void packs_close(packs_t *packs)
{
	if (!packs)
		return;
	opened_t *opened = (opened_t *)(void *)packs;
	definitions_free(packs->definitions);
	published_free(packs->published);
	factors_free(packs->factors);
	places_free(packs->places);
	pool_free(&opened->pool);
	free(opened);
}
