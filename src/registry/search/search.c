/* SPDX-License-Identifier: Apache-2.0 */
/* Follows the journal a portion a turn, each portion one transaction that carries its
 * mark, so that whatever is in the view is what the journal said up to that mark. */
#include "registry/search/search.h"

#include <stdlib.h>

#include "base/metrics.h"
#include "env/file.h"
#include "registry/entry/part.h"
#include "registry/search/index.h"
#include "registry/search/state.h"

enum {
	TURN_RECORDS = 2000, /* before other work of the loop gets its turn */
	TURN_PUTS = 500,     /* of them, as many names are written at most */
	WAKES = 4,
};

static const metric_row_t metric_rows[] = {
#define X(id, kind, name, help) [SEARCH_METRIC_##id] = { name, help, METRIC_##kind },
	SEARCH_METRIC_ROWS(X)
#undef X
};

typedef struct {
	search_t *search;
	size_t *puts;
} put_t;

static err_t put_one(void *ctx, const registry_entry_t *entry)
{
	put_t *put = ctx;
	*put->puts += 1;
	return search_index_put(put->search->index, &entry->record);
}

/* The journal's next; *ret_more false: it has no more as yet. */
static err_t apply_next(search_t *s, journal_mark_t *mark, size_t *puts, bool *ret_more)
{
	journal_record_t record;
	err_t err = journal_cursor_next(s->cursor, &record);
	*ret_more = err != ERR_NOT_FOUND;
	if (err)
		return *ret_more ? err : ERR_OK;
	err = registry_changes_walk(s->journal, &record, put_one, &(put_t){ s, puts });
	if (!err)
		*mark = journal_cursor_mark(s->cursor);
	return err;
}

static void move_on(search_t *s, journal_mark_t mark, size_t puts)
{
	s->mark = mark;
	atomic_store(&s->applied, mark.seq);
	metric_add(&s->metrics, SEARCH_METRIC_PUTS, (int64_t)puts);
}

/* One transaction; *ret_more when the journal may have more to read. */
static err_t turn(search_t *s, bool *ret_more)
{
	journal_mark_t mark = s->mark;
	size_t puts = 0;
	err_t err = search_index_begin(s->index);
	if (err)
		return err;
	*ret_more = true;
	for (size_t i = 0; !err && *ret_more && i < TURN_RECORDS && puts < TURN_PUTS; i++)
		err = apply_next(s, &mark, &puts, ret_more);
	if (err) {
		search_index_undo(s->index);
		return err;
	}
	err = search_index_end(s->index, &mark);
	if (!err)
		move_on(s, mark, puts);
	return err;
}

static void close_view(search_t *s)
{
	journal_cursor_close(s->cursor);
	search_index_close(s->index);
	s->cursor = NULL;
	s->index = NULL;
}

static err_t open_view(search_t *s)
{
	err_t err = search_index_open(s->env, s->path, &s->index, &s->mark);
	if (!err)
		err = journal_follow_open(s->journal, &s->mark, REGISTRY_CHANGE_TYPES, &s->cursor);
	if (!err)
		atomic_store(&s->applied, s->mark.seq);
	return err;
}

static bool is_unfit(err_t err)
{
	return err == ERR_CORRUPT || err == ERR_NEWER_FORMAT || err == ERR_CONFLICT ||
	       err == ERR_EXPIRED || err == ERR_NOT_FOUND;
}

/* A view that does not fit is made anew. The searchers' connections end with it. */
static err_t open_fitting(search_t *s)
{
	err_t err = open_view(s);
	if (!is_unfit(err))
		return err;
	close_view(s);
	metric_add(&s->metrics, SEARCH_METRIC_REBUILT, 1);
	atomic_fetch_add(&s->generation, 1);
	err = env_sql_destroy(s->env, s->path);
	return err ? err : open_view(s);
}

/* What a full disk or a broken view kept from being applied is read again from the
 * mark that the view has. */
static void follow(search_t *s)
{
	bool more = false;
	err_t err = s->index ? ERR_OK : open_fitting(s);
	if (!err)
		err = turn(s, &more);
	metric_set(&s->metrics, SEARCH_METRIC_FAILED, err != ERR_OK);
	metric_set(&s->metrics, SEARCH_METRIC_LAG, (int64_t)search_lag(s));
	if (err)
		close_view(s);
	else if (more)
		env_mailbox_put(s->mailbox, &s->mark.seq);
}

static void on_durable(void *ctx)
{
	search_t *s = ctx;
	uint64_t seq;
	while (env_mailbox_take(s->mailbox, &seq))
		;
	follow(s);
}

static err_t open_mail(search_t *s, env_loop_t *loop)
{
	env_mailbox_spec_t spec = {
		.name = "search durable",
		.reader = loop,
		.item_size = sizeof(uint64_t),
		.capacity = WAKES,
		.policy = ENV_FULL_DROP,
		.ready = on_durable,
		.ctx = s,
	};
	err_t err = env_mailbox_new(&spec, &s->mailbox);
	if (!err)
		err = journal_subscribe(s->journal, s->mailbox);
	if (!err)
		env_mailbox_put(s->mailbox, &s->mark.seq); /* what was there before */
	return err;
}

err_t search_open(env_t *env, const search_spec_t *spec, search_t **ret_search)
{
	search_t *s = calloc(1, sizeof(*s));
	if (!s)
		return ERR_NO_MEMORY;
	writer_t path = writer_of(s->path, sizeof(s->path));
	wr_format(&path, "%s/search.db", spec->views_dir);
	wr_u8(&path, 0);
	metrics_init(&s->metrics, metric_rows, SEARCH_METRIC_COUNT);
	s->env = env;
	s->journal = spec->journal;
	err_t err = path.bad ? ERR_CONFIG : env_dir_make(env, spec->views_dir);
	if (!err)
		err = open_fitting(s);
	if (!err)
		err = open_mail(s, spec->loop);
	if (err) {
		search_close(s);
		return err;
	}
	*ret_search = s;
	return ERR_OK;
}

void search_close(search_t *search)
{
	if (!search)
		return;
	if (search->mailbox)
		journal_unsubscribe(search->journal, search->mailbox);
	env_mailbox_free(search->mailbox);
	close_view(search);
	free(search);
}

uint64_t search_lag(const search_t *search)
{
	uint64_t durable = journal_durable(search->journal),
		 applied = atomic_load(&search->applied);
	return durable > applied ? durable - applied : 0;
}

const metrics_t *search_metrics(const search_t *search)
{
	return &search->metrics;
}
