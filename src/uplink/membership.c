/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/membership.h"

#include <stdio.h>

#include "base/ascii.h"
#include "base/num.h"
#include "env/file.h"
#include "env/x509.h"

enum { PATH_ROOM = 1024, FORMAT = 1 };

static const char FIRST_LINE[] = "jizhu parent ", NODE_LINE[] = "node ";

static const err_text_t text_name = {
	{ "\"%1\" is no name for a parent", "“%1” 不能作为上级的名称" },
	{ "use letters, digits, '.', '_' and '-', at most 64",
	  "请使用字母、数字、“.”、“_”、“-”，至多 64 个" },
};
static const err_text_t text_none = {
	{ "this node has not joined the parent %1", "本节点尚未加入上级 %1" },
	{ "get a code there and run: jizhu enrol", "请向其索取入网码并运行：jizhu enrol" },
};

/* Files. */

typedef struct {
	char present[PATH_ROOM], next[PATH_ROOM];
} paths_t;

static err_t paths_of(const membership_place_t *place, paths_t *ret_paths, err_detail_t *ret_detail)
{
	const char *name = place->name, *keys_dir = place->keys_dir;
	char file[MEMBERSHIP_NAME_MAX + sizeof("parent-.pem")];
	slice_t text = slice_str(name);
	if (text.len == 0 || text.len > MEMBERSHIP_NAME_MAX || text.ptr[0] == '.' ||
	    !ascii_is_word(text, SLICE("._-")))
		return err_raise(ret_detail, ERR_INVALID, &text_name, "", name, (char *)NULL);
	(void)snprintf(file, sizeof(file), "parent-%s.pem", name);
	err_t err = env_path_join(keys_dir, file, ret_paths->present, PATH_ROOM);
	(void)snprintf(file, sizeof(file), "next-%s.pem", name);
	if (!err)
		err = env_path_join(keys_dir, file, ret_paths->next, PATH_ROOM);
	return err ? err_raise(ret_detail, err, NULL, keys_dir, (char *)NULL) : ERR_OK;
}

/* The text. */

static slice_t find(slice_t text, slice_t what)
{
	while (text.len > 0 && !slice_starts(text, what))
		text = slice_from(text, 1);
	return text;
}

/* The next certificate as DER; leaves what is behind its first line. */
static err_t take_certificate(slice_t *text, uint8_t *der, size_t *ret_len)
{
	static const char BEGIN[] = "-----BEGIN CERTIFICATE-----";
	writer_t w = writer_of(der, ENV_CERTIFY_DER_MAX);
	*text = find(*text, slice_str(BEGIN));
	err_t err = env_x509_der(*text, &w);
	*text = slice_from(*text, sizeof(BEGIN));
	*ret_len = w.len;
	return err;
}

static err_t read_head(slice_t *text, membership_t *membership)
{
	uint64_t format = 0;
	slice_t first = slice_cut(text, '\n'), node = slice_cut(text, '\n');
	if (!slice_starts(first, slice_str(FIRST_LINE)) ||
	    num_parse_u64(slice_from(first, strlen(FIRST_LINE)), UINT32_MAX, &format) != ERR_OK)
		return ERR_CORRUPT;
	if (format > FORMAT)
		return ERR_NEWER_FORMAT;
	if (!slice_starts(node, slice_str(NODE_LINE)) ||
	    !slice_to_cstr(slice_from(node, strlen(NODE_LINE)), membership->node,
	                   sizeof(membership->node)))
		return ERR_CORRUPT;
	return ERR_OK;
}

static err_t set_times(membership_t *membership)
{
	env_x509_t found;
	err_t err = env_x509_read(slice_of(membership->certificate, membership->certificate_len),
	                          &found);
	if (err)
		return err;
	membership->from_ns = found.not_before_ns;
	membership->until_ns = found.not_after_ns;
	return ERR_OK;
}

static err_t read_text(slice_t text, bool is_certified, membership_t *ret_membership)
{
	membership_t membership = { .key = NULL };
	err_t err = read_head(&text, &membership);
	if (err)
		return err;
	err = env_pkey_from_pem(text, &membership.key);
	if (!err && is_certified)
		err = take_certificate(&text, membership.certificate, &membership.certificate_len);
	if (!err && is_certified)
		err = take_certificate(&text, membership.root, &membership.root_len);
	if (!err && is_certified)
		err = set_times(&membership);
	if (!err && (!env_pkey_is_private(membership.key) ||
	             env_pkey_kind(membership.key) != ENV_PKEY_ED25519))
		err = ERR_CORRUPT;
	if (err) {
		membership_done(&membership);
		return err == ERR_NO_MEMORY ? err : ERR_CORRUPT;
	}
	*ret_membership = membership;
	return ERR_OK;
}

static err_t load(env_t *env, const char *path, bool is_certified, membership_t *ret_membership)
{
	uint8_t text[MEMBERSHIP_PEM_MAX];
	size_t len = 0;
	err_t err = env_file_load(env, path, text, sizeof(text), &len);
	if (!err)
		err = read_text(slice_of(text, len), is_certified, ret_membership);
	env_wipe(text, sizeof(text));
	return err;
}

static err_t save(env_t *env, const char *path, const membership_t *membership)
{
	uint8_t text[MEMBERSHIP_PEM_MAX];
	writer_t w = writer_of(text, sizeof(text));
	wr_format(&w, "%s%d\n%s%s\n", FIRST_LINE, FORMAT, NODE_LINE, membership->node);
	err_t err = env_pkey_to_pem(membership->key, true, &w);
	if (!err && membership->certificate_len > 0)
		err = env_certify_pem(
			slice_of(membership->certificate, membership->certificate_len), &w);
	if (!err && membership->root_len > 0)
		err = env_certify_pem(slice_of(membership->root, membership->root_len), &w);
	if (!err)
		err = env_file_save(env, path, writer_done(&w));
	env_wipe(text, sizeof(text));
	return err;
}

/* What is done. */

err_t membership_load(env_t *env, const membership_place_t *place, membership_t *ret_membership,
                      err_detail_t *ret_detail)
{
	paths_t paths;
	err_t err = paths_of(place, &paths, ret_detail);
	if (err)
		return err;
	err = load(env, paths.present, true, ret_membership);
	return err ? err_raise(ret_detail, err, err == ERR_NOT_FOUND ? &text_none : NULL,
	                       paths.present, place->name, (char *)NULL)
	           : ERR_OK;
}

static err_t make_next(env_t *env, const char *path, membership_t *next)
{
	err_t err = env_pkey_generate(ENV_PKEY_ED25519, &next->key);
	return err ? err : save(env, path, next);
}

err_t membership_next(env_t *env, const membership_place_t *place, slice_t node,
                      membership_t *ret_next, err_detail_t *ret_detail)
{
	paths_t paths;
	membership_t next = { .key = NULL };
	err_t err = paths_of(place, &paths, ret_detail);
	if (err)
		return err;
	err = load(env, paths.next, false, &next);
	bool is_of_another = !err && !slice_eq(slice_str(next.node), node);
	if (is_of_another)
		membership_done(&next);
	if (is_of_another || err == ERR_NOT_FOUND)
		err = slice_to_cstr(node, next.node, sizeof(next.node))
		              ? make_next(env, paths.next, &next)
		              : ERR_INVALID;
	if (err) {
		membership_done(&next);
		return err_raise(ret_detail, err, NULL, paths.next, (char *)NULL);
	}
	*ret_next = next;
	return ERR_OK;
}

/* The next one's file goes last: found again, it asks for the certificate that is there. */
err_t membership_take(env_t *env, const membership_place_t *place, const membership_t *next,
                      err_detail_t *ret_detail)
{
	paths_t paths;
	err_t err = paths_of(place, &paths, ret_detail);
	if (err)
		return err;
	err = save(env, paths.present, next);
	if (err)
		return err_raise(ret_detail, err, NULL, paths.present, (char *)NULL);
	err = env_path_remove(env, paths.next);
	return err && err != ERR_NOT_FOUND
	               ? err_raise(ret_detail, err, NULL, paths.next, (char *)NULL)
	               : ERR_OK;
}

bool membership_is_due(const membership_t *membership, int64_t now_ns)
{
	int64_t left_ns = membership->until_ns - now_ns;
	return left_ns < (membership->until_ns - membership->from_ns) / 3;
}

err_t membership_pem(const membership_t *membership, writer_t *w)
{
	err_t err = env_certify_pem(slice_of(membership->certificate, membership->certificate_len),
	                            w);
	return err ? err : env_certify_pem(slice_of(membership->root, membership->root_len), w);
}

void membership_done(membership_t *membership)
{
	env_pkey_free(membership->key);
	*membership = (membership_t){ .key = NULL };
}
