/* SPDX-License-Identifier: Apache-2.0 */
#include "backup/manifest.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/grow.h"
#include "base/num.h"

enum { HEX_MAX = 2 * SHA256_BYTES + 1 };

static const char *const folders[] = { "history", "keys", "journal" };

const char *const *manifest_folders(size_t *ret_count)
{
	*ret_count = sizeof(folders) / sizeof(*folders);
	return folders;
}

err_t manifest_add(manifest_t *m, const manifest_file_t *file)
{
	if (m->count == MANIFEST_FILES_MAX)
		return ERR_LIMIT;
	manifest_file_t *files = grow_for(m->files, m->count + 1, &m->cap, sizeof(*files));
	if (!files)
		return ERR_NO_MEMORY;
	m->files = files;
	m->files[m->count++] = *file;
	return ERR_OK;
}

void manifest_done(manifest_t *m)
{
	free(m->files);
	*m = (manifest_t){ 0 };
}

static void put_extent(text_t *out, const char *word, const journal_extent_t *e)
{
	text_addf(out, "%s %016" PRIx64 " %" PRIu64 " %" PRIu64 "\n", word, e->epoch, e->first_seq,
	          e->last_seq);
}

void manifest_encode(const manifest_t *m, text_t *out)
{
	char time[TIME_TEXT_MAX], hex[HEX_MAX];
	uint8_t hash[SHA256_BYTES];
	text_addf(out, "jizhu-backup %d\nnode %s\nmade %s\n", MANIFEST_VERSION, m->node,
	          time_format(m->made_ns, time));
	put_extent(out, "main", &m->main);
	put_extent(out, "history", &m->history);
	put_extent(out, "tree", &m->tree);
	for (size_t i = 0; i < m->count; i++) {
		const manifest_file_t *f = &m->files[i];
		num_to_hex(slice_of(f->sha256, SHA256_BYTES), hex);
		text_addf(out, "file %s %" PRIu64 " %s\n", hex, f->bytes, f->path);
	}
	slice_t above = text_slice(out);
	env_sha256(&above, 1, hash);
	num_to_hex(slice_of(hash, SHA256_BYTES), hex);
	text_addf(out, "end %s\n", hex);
}

/* What follows "WORD " in the next line; false when the line has another word. */
static bool take_line(slice_t *text, const char *word, slice_t *ret_rest)
{
	slice_t before = *text, line = slice_cut(text, '\n');
	bool is_it = slice_eq(slice_cut(&line, ' '), slice_str(word));
	if (is_it)
		*ret_rest = line;
	else
		*text = before;
	return is_it;
}

static bool read_hash(slice_t hex, uint8_t hash[SHA256_BYTES])
{
	size_t len = 0;
	return !num_from_hex(hex, hash, SHA256_BYTES, &len) && len == SHA256_BYTES;
}

static bool read_extent(slice_t *text, const char *word, journal_extent_t *e)
{
	slice_t rest;
	uint8_t epoch[8];
	size_t len = 0;
	if (!take_line(text, word, &rest) ||
	    num_from_hex(slice_cut(&rest, ' '), epoch, sizeof(epoch), &len) || len != sizeof(epoch))
		return false;
	reader_t r = reader_of(slice_of(epoch, len));
	e->epoch = rd_u64(&r);
	return !num_parse_u64(slice_cut(&rest, ' '), UINT64_MAX, &e->first_seq) &&
	       !num_parse_u64(rest, UINT64_MAX, &e->last_seq);
}

/* One of our folders and a plain name in it: a manifest must not lead elsewhere. */
static bool is_good_path(slice_t path)
{
	slice_t folder = slice_cut(&path, '/');
	bool is_ours = false;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		is_ours = is_ours || slice_eq(folder, slice_str(folders[i]));
	return is_ours && path.len > 0 && path.ptr[0] != '.' && slice_find(path, '/') == path.len &&
	       slice_find(path, 0) == path.len;
}

static err_t read_file(slice_t line, manifest_t *m)
{
	manifest_file_t file;
	if (!read_hash(slice_cut(&line, ' '), file.sha256) ||
	    num_parse_u64(slice_cut(&line, ' '), UINT64_MAX, &file.bytes) || !is_good_path(line) ||
	    !slice_to_cstr(line, file.path, sizeof(file.path)))
		return ERR_CORRUPT;
	return manifest_add(m, &file);
}

static err_t read_body(slice_t text, uint64_t version, manifest_t *m)
{
	slice_t rest;
	bool good = take_line(&text, "node", &rest) &&
	            slice_to_cstr(rest, m->node, sizeof(m->node)) &&
	            take_line(&text, "made", &rest) && !time_parse(rest, &m->made_ns) &&
	            read_extent(&text, "main", &m->main) &&
	            read_extent(&text, "history", &m->history) &&
	            (version == 1 || read_extent(&text, "tree", &m->tree));
	err_t err = good ? ERR_OK : ERR_CORRUPT;
	while (!err && take_line(&text, "file", &rest))
		err = read_file(rest, m);
	return !err && text.len ? ERR_CORRUPT : err;
}

enum { END_BYTES = 4 + 2 * SHA256_BYTES + 1 };

static bool is_sealed(slice_t text, slice_t *ret_above)
{
	uint8_t found[SHA256_BYTES];
	char hex[HEX_MAX];
	slice_t rest;
	if (text.len < END_BYTES)
		return false;
	slice_t above = slice_sub(text, 0, text.len - END_BYTES);
	slice_t end = slice_from(text, text.len - END_BYTES);
	env_sha256(&above, 1, found);
	num_to_hex(slice_of(found, sizeof(found)), hex);
	*ret_above = above;
	return take_line(&end, "end", &rest) && slice_eq(rest, slice_str(hex)) && end.len == 0;
}

err_t manifest_decode(slice_t text, manifest_t *ret_manifest)
{
	slice_t all = text, rest, above;
	uint64_t version = 0;
	if (!take_line(&all, "jizhu-backup", &rest) || num_parse_u64(rest, UINT32_MAX, &version) ||
	    version == 0)
		return ERR_CORRUPT;
	if (version > MANIFEST_VERSION)
		return ERR_NEWER_FORMAT;
	manifest_t m = { 0 };
	if (!is_sealed(text, &above))
		return ERR_CORRUPT;
	(void)take_line(&above, "jizhu-backup", &rest);
	err_t err = read_body(above, version, &m);
	if (err)
		manifest_done(&m);
	else
		*ret_manifest = m;
	return err;
}
