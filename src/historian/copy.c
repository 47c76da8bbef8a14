/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed segments never change, so copying them needs nobody's leave; only their
 * list does. */

#include "historian/historian.h"
#include "historian/segment.h"

typedef struct {
	env_t *env;
	const historian_copy_t *spec;
	uint64_t sealed_seq;
	err_t err;
	err_detail_t *detail;
} copier_t;

/* ERR_NOT_FOUND: gone. */
static err_t read_last_seq(copier_t *c, const char *path, uint64_t *ret_last_seq)
{
	segment_t *segment = NULL;
	err_t err = segment_open(c->env, path, &segment, c->detail);
	if (!err)
		*ret_last_seq = segment_last_seq(segment);
	segment_close(segment);
	return err;
}

static err_t copy_segment(copier_t *c, const char *from, const char *to)
{
	uint64_t last_seq = 0;
	err_t err = read_last_seq(c, from, &last_seq);
	if (err || last_seq > c->spec->up_to_seq)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	env_copy_t copy = { from, to, c->spec->progress, c->spec->ctx };
	err = env_file_copy(c->env, &copy);
	if (err == ERR_NOT_FOUND)
		return ERR_OK;
	if (err && err != ERR_EXISTS)
		return err_raise(c->detail, err, NULL, to, (char *)NULL);
	if (last_seq > c->sealed_seq)
		c->sealed_seq = last_seq;
	return ERR_OK;
}

static void take_name(void *ctx, const char *name)
{
	copier_t *c = ctx;
	char from[SEGMENT_PATH_MAX], to[SEGMENT_PATH_MAX];
	if (c->err || !slice_ends(slice_str(name), SLICE(".seg")))
		return;
	if (env_path_join(c->spec->from, name, from, sizeof(from)) ||
	    env_path_join(c->spec->to, name, to, sizeof(to)))
		c->err = err_raise(c->detail, ERR_TOO_BIG, NULL, c->spec->from, (char *)NULL);
	else
		c->err = copy_segment(c, from, to);
}

err_t historian_copy(env_t *env, const historian_copy_t *copy, uint64_t *ret_sealed_seq,
                     err_detail_t *ret_detail)
{
	copier_t c = { .env = env, .spec = copy, .detail = ret_detail };
	err_t err = env_dir_list(env, copy->from, take_name, &c);
	if (!err && !c.err)
		err = env_dir_sync(env, copy->to);
	if (err)
		return err_raise(ret_detail, err, NULL, copy->from, (char *)NULL);
	if (!c.err)
		*ret_sealed_seq = c.sealed_seq;
	return c.err;
}
