/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_ROOTS_H
#define RESOLVER_ROOTS_H
/* Where to begin: records out of the files that Handle clients keep.
 *
 * Two forms, told apart by the first byte: root_info (int4 length of the rest, int4
 * count, encoded values; they are those of 0.NA/0.NA) and bootstrap_handles (JSON:
 * {"handles": {NAME: {"handle", "values": [...]}}}, a list in place of the members, or
 * one record alone, as REST gives it). Of the JSON values HS_SITE, HS_SITE.6, their
 * .PREFIX forms, HS_SERV and HS_SERV.PREFIX are kept, all else is passed over. Data
 * is {"format": "site"}, {"format": "string"}, {"format": "hex"},
 * {"format": "base64"} or a bare string; keys of servers are JWK, RSA or DSA.
 *
 * Limits: a file 1 MiB, 1,024 records in all. */
#include "codec/handle/handle.h"
#include "env/env.h"
#include "env/json_read.h"

typedef struct roots roots_t;

MUST_CHECK err_t roots_new(roots_t **ret_roots);
void roots_free(roots_t *roots);
/* The detail says where and what is wrong; set-up time. */
MUST_CHECK err_t roots_load(env_t *env, const char *path, roots_t *roots, err_detail_t *ret_detail);
/* The same from memory; `name` stands for the file. ERR_MALFORMED, ERR_INVALID,
 * ERR_TOO_BIG, ERR_LIMIT. */
MUST_CHECK err_t roots_read(slice_t bytes, const char *name, roots_t *roots,
                            err_detail_t *ret_detail);
/* The values of a record, or an empty list. Compares but for ASCII case. */
handle_list_t roots_find(const roots_t *roots, slice_t handle);

/* One value of a JSON record into `w`, encoded; *ret_kept is false when its type is
 * none of those above. ERR_INVALID, ERR_TOO_BIG. */

MUST_CHECK err_t roots_json_value(const json_tree_t *item, writer_t *w, bool *ret_kept);
#endif
