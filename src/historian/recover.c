/* SPDX-License-Identifier: Apache-2.0 */
/* What is on disk at open. A seal that failed after its file had its name is done
 * again with more rows, so two files may begin with the same sequence: the longer
 * one holds all of the shorter one, which is removed. */
#include "historian/state.h"

static const err_text_t text_behind = {
	{ "the history journal ends at %1 but segments hold up to %2",
	  "历史日志止于 %1，而数据段已到 %2" },
	{ "the journal folder was changed by hand; restore journal and history together",
	  "日志目录被手工改动；请将日志与历史数据一起恢复" },
};
static const err_text_t text_gap = {
	{ "the history journal begins at %1 but segments hold up to %2 only",
	  "历史日志始于 %1，而数据段仅到 %2" },
	{ "the history folder was changed by hand; restore journal and history together",
	  "历史数据目录被手工改动；请将日志与历史数据一起恢复" },
};
static const err_text_t text_overlap = {
	{ "segment overlaps %1", "数据段与 %1 重叠" },
	{ "the history folder was changed by hand; restore it from a backup",
	  "历史数据目录被手工改动；请从备份恢复" },
};

typedef struct {
	historian_t *h;
	err_t err;
	err_detail_t *detail;
} listing_t;

static err_t take_file(historian_t *h, const char *path, err_detail_t *ret_detail)
{
	segment_t *segment = NULL;
	if (slice_ends(slice_str(path), SLICE(".tmp")))
		return env_path_remove(h->env, path);
	if (!slice_ends(slice_str(path), SLICE(".seg")))
		return ERR_OK;
	err_t err = segment_open(h->env, path, &segment, ret_detail);
	return err ? err : shelf_add(&h->shelf, segment);
}

static void list_file(void *ctx, const char *name)
{
	listing_t *listing = ctx;
	char path[SEGMENT_PATH_MAX];
	if (!listing->err)
		listing->err = env_path_join(listing->h->spec.dir, name, path, sizeof(path));
	if (!listing->err)
		listing->err = take_file(listing->h, path, listing->detail);
}

static err_t drop_covered(historian_t *h, size_t i)
{
	const segment_t *a = h->shelf.items[i]->segment, *b = h->shelf.items[i + 1]->segment;
	size_t shorter = segment_last_seq(a) < segment_last_seq(b) ? i : i + 1;
	err_t err = env_path_remove(h->env, segment_path(h->shelf.items[shorter]->segment));
	if (!err)
		shelf_drop(&h->shelf, shorter);
	return err;
}

static err_t check_overlaps(historian_t *h, err_detail_t *ret_detail)
{
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i + 1 < h->shelf.count;) {
		const segment_t *a = h->shelf.items[i]->segment;
		const segment_t *b = h->shelf.items[i + 1]->segment;
		if (segment_last_seq(a) < segment_first_seq(b))
			i++;
		else if (segment_first_seq(a) == segment_first_seq(b))
			err = drop_covered(h, i);
		else
			err = err_raise(ret_detail, ERR_CORRUPT, &text_overlap, segment_path(b),
			                segment_path(a), (char *)NULL);
	}
	return err;
}

static err_t disagree(const historian_t *h, const err_text_t *text, uint64_t journal_seq,
                      err_detail_t *ret_detail)
{
	char journal[24], sealed[24];
	writer_t a = writer_of(journal, sizeof(journal)), b = writer_of(sealed, sizeof(sealed));
	wr_format(&a, "%llu", (unsigned long long)journal_seq);
	wr_u8(&a, 0);
	wr_format(&b, "%llu", (unsigned long long)h->sealed_seq);
	wr_u8(&b, 0);
	return err_raise(ret_detail, ERR_CORRUPT, text, h->spec.dir, journal, sealed, (char *)NULL);
}

static err_t check_journal(const historian_t *h, err_detail_t *ret_detail)
{
	uint64_t first = journal_first(h->spec.journal), last = journal_last(h->spec.journal);
	if (last < h->sealed_seq)
		return disagree(h, &text_behind, last, ret_detail);
	if (first > h->sealed_seq + 1)
		return disagree(h, &text_gap, first, ret_detail);
	return ERR_OK;
}

err_t historian_recover(historian_t *h, err_detail_t *ret_detail)
{
	listing_t listing = { .h = h, .detail = ret_detail };
	err_t err = env_dir_make(h->env, h->spec.dir);
	if (!err)
		err = env_dir_sync_up(h->env, h->spec.dir);
	if (!err)
		err = env_dir_list(h->env, h->spec.dir, list_file, &listing);
	if (!err)
		err = listing.err;
	if (!err)
		err = check_overlaps(h, ret_detail);
	if (err)
		return err;
	if (h->shelf.count)
		h->sealed_seq = segment_last_seq(h->shelf.items[h->shelf.count - 1]->segment);
	h->table_seq = h->sealed_seq;
	historian_count_shelf(h);
	return check_journal(h, ret_detail);
}
