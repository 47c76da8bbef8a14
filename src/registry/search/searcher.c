/* SPDX-License-Identifier: Apache-2.0 */
/* Asking. A question becomes one statement, made of the parts it needs, so that the
 * database can choose what to begin with. */
#include <stdlib.h>

#include "base/utf8.h"
#include "registry/search/state.h"
#include "registry/search/words.h"

enum { SQL_MAX = 2048, EXPRESSION_MAX = 4 * SEARCH_TEXT_MAX + 256, FOUND_MAX = 200 };

static const uint64_t BUDGET_STEPS = 20 * 1000 * 1000;

struct searcher {
	search_t *search;
	env_sql_t *sql;
	uint32_t generation; /* of the file that is open */
};

err_t searcher_new(search_t *search, searcher_t **ret_searcher)
{
	searcher_t *searcher = calloc(1, sizeof(*searcher));
	if (!searcher)
		return ERR_NO_MEMORY;
	searcher->search = search;
	*ret_searcher = searcher;
	return ERR_OK;
}

void searcher_free(searcher_t *searcher)
{
	if (!searcher)
		return;
	env_sql_close(searcher->sql);
	free(searcher);
}

/* The view may have been built again since the last question. */
static err_t open_current(searcher_t *s)
{
	uint32_t now = atomic_load(&s->search->generation);
	if (s->sql && s->generation == now)
		return ERR_OK;
	env_sql_close(s->sql);
	s->sql = NULL;
	s->generation = now;
	err_t err = env_sql_open(s->search->env, s->search->path, &s->sql);
	if (!err)
		env_sql_budget(s->sql, BUDGET_STEPS);
	return err;
}

/* Places of what is bound; a statement names only those it needs. */
enum { AT_STATE = 1, AT_AFTER, AT_FROM, AT_BELOW, AT_WORDS, AT_TYPE, AT_VALUE, AT_LIKE, AT_LIMIT };

typedef struct {
	const search_query_t *query;
	uint8_t folded[3][RECORD_NAME_MAX + 1];
	slice_t after, from, below; /* folded; the names of a prefix are in [from, below) */
	uint8_t expression_bytes[EXPRESSION_MAX];
	slice_t expression, first_word;
} question_t;

static slice_t fold_with(slice_t text, uint8_t last, uint8_t *out)
{
	slice_fold_upper(text, out);
	out[text.len] = last;
	return slice_of(out, text.len + 1);
}

static err_t read_question(const search_query_t *query, question_t *q)
{
	q->query = query;
	if (query->after.len > RECORD_NAME_MAX || query->prefix.len > RECORD_NAME_MAX ||
	    query->value.len > SEARCH_VALUE_MAX || query->limit > SEARCH_ROWS_MAX)
		return ERR_INVALID;
	slice_fold_upper(query->after, q->folded[0]);
	q->after = slice_of(q->folded[0], query->after.len);
	q->from = fold_with(query->prefix, '/', q->folded[1]);
	q->below = fold_with(query->prefix, '/' + 1, q->folded[2]);
	slice_t rest = slice_trim(query->words);
	if (rest.len == 0)
		return ERR_OK;
	writer_t w = writer_of(q->expression_bytes, sizeof(q->expression_bytes));
	err_t err = search_expression(rest, &w);
	q->expression = writer_done(&w);
	q->first_word = slice_cut(&rest, ' ');
	return err;
}

static void write_state(const search_query_t *query, writer_t *w)
{
	if (query->state < RECORD_STATE_COUNT)
		wr_format(w, " state = ?%d", AT_STATE);
	else
		wr_format(w, " state IN (%d, %d)", RECORD_ACTIVE, RECORD_RETIRED);
}

static void write_names(const question_t *q, writer_t *w)
{
	if (q->after.len)
		wr_format(w, " AND folded > ?%d", AT_AFTER);
	if (q->query->prefix.len)
		wr_format(w, " AND folded >= ?%d AND folded < ?%d", AT_FROM, AT_BELOW);
}

static void write_value(writer_t *w)
{
	wr_format(w,
	          " AND id IN (SELECT id FROM vals WHERE type = ?%d AND"
	          " substr(data, 1, 64) = substr(?%d, 1, 64) AND data = ?%d)",
	          AT_TYPE, AT_VALUE, AT_VALUE);
}

static void write_sql(const question_t *q, writer_t *w)
{
	wr_format(w,
	          "SELECT name, state, changed, (SELECT data FROM vals WHERE vals.id = names.id"
	          " ORDER BY instr(lower(data), lower(?%d)) = 0, rowid LIMIT 1) FROM names WHERE",
	          AT_LIKE);
	write_state(q->query, w);
	write_names(q, w);
	if (q->expression.len)
		wr_format(w, " AND id IN (SELECT rowid FROM words WHERE words MATCH ?%d)",
		          AT_WORDS);
	if (q->query->type.len)
		write_value(w);
	wr_format(w, " ORDER BY folded LIMIT ?%d", AT_LIMIT);
	wr_u8(w, 0);
}

/* A type without a value asks for the empty text, which no value has. */
static void bind(const question_t *q, env_sql_statement_t *ask)
{
	const search_query_t *query = q->query;
	env_sql_bind_text(ask, AT_LIKE, q->first_word);
	if (query->state < RECORD_STATE_COUNT)
		env_sql_bind_i64(ask, AT_STATE, query->state);
	if (q->after.len)
		env_sql_bind_text(ask, AT_AFTER, q->after);
	if (query->prefix.len) {
		env_sql_bind_text(ask, AT_FROM, q->from);
		env_sql_bind_text(ask, AT_BELOW, q->below);
	}
	if (q->expression.len)
		env_sql_bind_text(ask, AT_WORDS, q->expression);
	if (query->type.len) {
		env_sql_bind_text(ask, AT_TYPE, query->type);
		env_sql_bind_text(ask, AT_VALUE, query->value);
	}
	env_sql_bind_i64(ask, AT_LIMIT, (int64_t)query->limit);
}

static err_t give(env_sql_statement_t *ask, bool (*row)(void *ctx, const search_row_t *row),
                  void *ctx)
{
	bool more = true;
	err_t err = env_sql_step(ask, &more);
	while (!err && more) {
		search_row_t found = {
			.name = env_sql_text(ask, 0),
			.state = (record_state_t)env_sql_i64(ask, 1),
			.changed_ns = env_sql_i64(ask, 2),
			.found = env_sql_text(ask, 3),
		};
		found.found = slice_sub(found.found, 0, utf8_cut(found.found, FOUND_MAX));
		if (!row(ctx, &found))
			return ERR_OK;
		err = env_sql_step(ask, &more);
	}
	return err;
}

static err_t prepare(searcher_t *searcher, const question_t *q, env_sql_statement_t **ret_ask)
{
	char text[SQL_MAX];
	writer_t w = writer_of(text, sizeof(text));
	err_t err = open_current(searcher);
	if (err)
		return err;
	write_sql(q, &w);
	return env_sql_prepare(searcher->sql, text, ret_ask);
}

err_t searcher_find(searcher_t *searcher, const search_query_t *query,
                    bool (*row)(void *ctx, const search_row_t *row), void *ctx)
{
	question_t *q = calloc(1, sizeof(*q));
	env_sql_statement_t *ask = NULL;
	err_t err = q ? read_question(query, q) : ERR_NO_MEMORY;
	metrics_t *metrics = &searcher->search->metrics;
	metric_add(metrics, SEARCH_METRIC_ASKED, 1);
	if (!err)
		err = prepare(searcher, q, &ask);
	if (!err) {
		bind(q, ask);
		err = give(ask, row, ctx);
	}
	env_sql_finalize(ask);
	free(q);
	metric_add(metrics, SEARCH_METRIC_GIVEN_UP, err == ERR_LIMIT);
	return err;
}
