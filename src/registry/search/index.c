/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/search/index.h"

#include <stdlib.h>

#include "base/num.h"
#include "base/utf8.h"
#include "codec/handle/handle.h"
#include "registry/search/words.h"

enum {
	FORMAT = 1,
	WORDS_MAX = 64 * 1024,             /* of one record that are searched */
	SPREAD_MAX = 3 * SEARCH_VALUE_MAX, /* a character of three bytes gets two blanks */
};

static const char schema[] =
	"CREATE TABLE IF NOT EXISTS about(id INTEGER PRIMARY KEY, format INTEGER, seq INTEGER,"
	" epoch INTEGER, hash TEXT);"
	"CREATE TABLE IF NOT EXISTS names(id INTEGER PRIMARY KEY, folded TEXT NOT NULL UNIQUE,"
	" name TEXT NOT NULL, state INTEGER NOT NULL, changed INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS vals(id INTEGER NOT NULL, type TEXT NOT NULL COLLATE NOCASE,"
	" data TEXT NOT NULL);"
	"CREATE INDEX IF NOT EXISTS vals_id ON vals(id);"
	"CREATE INDEX IF NOT EXISTS vals_text ON vals(type, substr(data, 1, 64));"
	"CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(text, content = '', tokenize ="
	" 'unicode61 remove_diacritics 2')";

static const char name_put_text[] =
	"INSERT INTO names(folded, name, state, changed) VALUES (?, ?, ?, ?)"
	" ON CONFLICT(folded) DO UPDATE SET state = excluded.state, changed = excluded.changed"
	" RETURNING id";

#define STATEMENT_ROWS(X) \
	X(MARK_GET, "SELECT format, seq, epoch, hash FROM about WHERE id = 1") \
	X(MARK_PUT, "INSERT OR REPLACE INTO about VALUES (1, ?, ?, ?, ?)") \
	X(NAME_GET, "SELECT id FROM names WHERE folded = ?") \
	X(NAME_PUT, name_put_text) \
	X(VALS_GET, "SELECT data FROM vals WHERE id = ? ORDER BY rowid") \
	X(VALS_DROP, "DELETE FROM vals WHERE id = ?") \
	X(VALS_PUT, "INSERT INTO vals VALUES (?, ?, ?)") \
	X(WORDS_DROP, "INSERT INTO words(words, rowid, text) VALUES ('delete', ?, ?)") \
	X(WORDS_PUT, "INSERT INTO words(rowid, text) VALUES (?, ?)")

#define X(name, text) DO_##name,
typedef enum { STATEMENT_ROWS(X) DO_COUNT } statement_t;
#undef X

static const char *const texts[DO_COUNT] = {
#define X(name, text) text,
	STATEMENT_ROWS(X)
#undef X
};

struct search_index {
	env_sql_t *sql;
	env_sql_statement_t *statement[DO_COUNT];
	uint8_t words[WORDS_MAX];
};

/* Runs a statement that gives no row, or one. The row, if any, stays until reset. */
static err_t step(env_sql_statement_t *statement, bool *ret_row)
{
	err_t err = env_sql_step(statement, ret_row);
	if (err)
		env_sql_reset(statement);
	return err;
}

static err_t finish(env_sql_statement_t *statement)
{
	bool row;
	err_t err = env_sql_step(statement, &row);
	env_sql_reset(statement);
	return err;
}

static err_t prepare_all(search_index_t *index)
{
	err_t err = ERR_OK;
	for (size_t i = 0; !err && i < DO_COUNT; i++)
		err = env_sql_prepare(index->sql, texts[i], &index->statement[i]);
	return err;
}

static err_t mark_get(search_index_t *index, journal_mark_t *ret_mark)
{
	env_sql_statement_t *get = index->statement[DO_MARK_GET];
	journal_mark_t mark = { 0 };
	size_t len = 0;
	bool row;
	err_t err = step(get, &row);
	if (!err && row && env_sql_i64(get, 0) > FORMAT)
		err = ERR_NEWER_FORMAT;
	if (!err && row) {
		mark.seq = (uint64_t)env_sql_i64(get, 1);
		mark.epoch = (uint64_t)env_sql_i64(get, 2);
		err = num_from_hex(env_sql_text(get, 3), mark.hash, sizeof(mark.hash), &len);
		err = err || len != sizeof(mark.hash) ? ERR_CORRUPT : ERR_OK;
	}
	env_sql_reset(get);
	if (!err)
		*ret_mark = mark;
	return err;
}

err_t search_index_open(env_t *env, const char *path, search_index_t **ret_index,
                        journal_mark_t *ret_mark)
{
	search_index_t *index = calloc(1, sizeof(*index));
	if (!index)
		return ERR_NO_MEMORY;
	err_t err = env_sql_open(env, path, &index->sql);
	if (!err)
		err = env_sql_run(index->sql, schema);
	if (!err)
		err = prepare_all(index);
	if (!err)
		err = mark_get(index, ret_mark);
	/* A file with other tables of these names. */
	if (err == ERR_INTERNAL)
		err = ERR_CORRUPT;
	if (err) {
		search_index_close(index);
		return err;
	}
	*ret_index = index;
	return ERR_OK;
}

void search_index_close(search_index_t *index)
{
	if (!index)
		return;
	for (size_t i = 0; i < DO_COUNT; i++)
		env_sql_finalize(index->statement[i]);
	env_sql_close(index->sql);
	free(index);
}

err_t search_index_begin(search_index_t *index)
{
	return env_sql_run(index->sql, "BEGIN IMMEDIATE");
}

void search_index_undo(search_index_t *index)
{
	/* A failure that has ended the transaction by itself leaves nothing to undo. */
	(void)!env_sql_run(index->sql, "ROLLBACK");
}

/* What fits of a value; a record with more words than there is room for is found by
 * its first ones. */
static void words_add(slice_t data, writer_t *words)
{
	uint8_t buf[SPREAD_MAX];
	writer_t spread = writer_of(buf, sizeof(buf));
	search_spread(data, &spread);
	if (spread.bad || spread.len + 1 > words->cap - words->len)
		return;
	wr_bytes(words, writer_done(&spread));
	wr_u8(words, '\n');
}

/* The words of a name as they went in: the name itself, then the values in order. */
static err_t words_of(search_index_t *index, int64_t id, slice_t folded, slice_t *ret_words)
{
	env_sql_statement_t *get = index->statement[DO_VALS_GET];
	writer_t words = writer_of(index->words, sizeof(index->words));
	bool row = true;
	words_add(folded, &words);
	env_sql_bind_i64(get, 1, id);
	err_t err = step(get, &row);
	while (!err && row) {
		words_add(env_sql_text(get, 0), &words);
		err = step(get, &row);
	}
	env_sql_reset(get);
	*ret_words = writer_done(&words);
	return err;
}

static err_t words_write(search_index_t *index, statement_t what, int64_t id, slice_t folded)
{
	slice_t words;
	err_t err = words_of(index, id, folded, &words);
	if (err)
		return err;
	env_sql_bind_i64(index->statement[what], 1, id);
	env_sql_bind_text(index->statement[what], 2, words);
	return finish(index->statement[what]);
}

/* Takes out what the name had, if it was there. */
static err_t drop(search_index_t *index, slice_t folded)
{
	env_sql_statement_t *get = index->statement[DO_NAME_GET];
	bool row;
	env_sql_bind_text(get, 1, folded);
	err_t err = step(get, &row);
	int64_t id = !err && row ? env_sql_i64(get, 0) : 0;
	env_sql_reset(get);
	if (err || id == 0)
		return err;
	err = words_write(index, DO_WORDS_DROP, id, folded);
	if (err)
		return err;
	env_sql_bind_i64(index->statement[DO_VALS_DROP], 1, id);
	return finish(index->statement[DO_VALS_DROP]);
}

static err_t name_put(search_index_t *index, const record_t *record, slice_t folded,
                      int64_t *ret_id)
{
	env_sql_statement_t *put = index->statement[DO_NAME_PUT];
	bool row;
	env_sql_bind_text(put, 1, folded);
	env_sql_bind_text(put, 2, record->name);
	env_sql_bind_i64(put, 3, record->state);
	env_sql_bind_i64(put, 4, record->changed_ns);
	err_t err = step(put, &row);
	if (err)
		return err;
	*ret_id = env_sql_i64(put, 0);
	err = env_sql_step(put, &row); /* the change is made whole by the end of its rows */
	env_sql_reset(put);
	return err;
}

/* The text of a value as far as it is searched; false when it is none. A long text
 * may be cut within its last character. */
static bool text_of_value(slice_t data, slice_t *ret_text)
{
	enum { CHARACTER_MAX = 4 };
	size_t len = utf8_cut(data, SEARCH_VALUE_MAX);
	*ret_text = slice_sub(data, 0, len);
	return len > 0 && (len == data.len || len + CHARACTER_MAX > SEARCH_VALUE_MAX);
}

static err_t vals_put(search_index_t *index, const record_t *record, int64_t id)
{
	env_sql_statement_t *put = index->statement[DO_VALS_PUT];
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value;
	err_t err = ERR_OK;
	while (!err && handle_value_next(&iter, &value)) {
		slice_t text;
		if (!(value.perms & HANDLE_PERM_PUBLIC_READ) || !text_of_value(value.data, &text))
			continue;
		env_sql_bind_i64(put, 1, id);
		env_sql_bind_text(put, 2, value.type);
		env_sql_bind_text(put, 3, text);
		err = finish(put);
	}
	return err;
}

err_t search_index_put(search_index_t *index, const record_t *record)
{
	uint8_t buf[RECORD_NAME_MAX];
	slice_t folded;
	int64_t id = 0;
	if (handle_name_fold(record->name, buf, &folded) != CODEC_OK)
		return ERR_CORRUPT;
	err_t err = drop(index, folded);
	if (!err)
		err = name_put(index, record, folded, &id);
	if (!err && record->state != RECORD_DRAFT)
		err = vals_put(index, record, id);
	return err ? err : words_write(index, DO_WORDS_PUT, id, folded);
}

static err_t mark_put(search_index_t *index, const journal_mark_t *mark)
{
	env_sql_statement_t *put = index->statement[DO_MARK_PUT];
	char hash[2 * sizeof(mark->hash) + 1];
	num_to_hex(slice_of(mark->hash, sizeof(mark->hash)), hash);
	env_sql_bind_i64(put, 1, FORMAT);
	env_sql_bind_i64(put, 2, (int64_t)mark->seq);
	env_sql_bind_i64(put, 3, (int64_t)mark->epoch);
	env_sql_bind_text(put, 4, slice_str(hash));
	return finish(put);
}

err_t search_index_end(search_index_t *index, const journal_mark_t *mark)
{
	err_t err = mark_put(index, mark);
	if (!err)
		err = env_sql_run(index->sql, "COMMIT");
	if (err)
		search_index_undo(index);
	return err;
}
