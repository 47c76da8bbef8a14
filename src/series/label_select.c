/* SPDX-License-Identifier: Apache-2.0 */
/* A matcher marks the sets of some values of its name, then the marks are kept or taken
 * away. The values that are marked are those on the other side of the absent one: for one
 * that an absent label does not pass, those that pass; else those that do not. So sets
 * without the name need no list of their own. */
#include <stdlib.h>

#include "env/regex.h"
#include "base/grow.h"
#include "series/label_index_impl.h"

typedef struct {
	label_index_t *index;
	const label_matcher_t *matcher;
	env_regex_t *regex; /* NULL: its value stands for itself, or for several */
	bool is_list;       /* several words between bars */
	label_bits_t marks;
} test_t;

static size_t words_of(uint32_t count)
{
	return (size_t)count / 64 + 1;
}

static bool is_expression(label_op_t op)
{
	return op == LABEL_MATCH || op == LABEL_NOT_MATCH;
}

static bool is_denial(label_op_t op)
{
	return op == LABEL_NOT_EQUAL || op == LABEL_NOT_MATCH;
}

/* Words between bars and nothing else, as menus of dashboards send them. */
static bool is_words(slice_t pattern)
{
	for (size_t i = 0; i < pattern.len; i++) {
		uint8_t c = pattern.ptr[i];
		if (c != '\0' && strchr("\\^$.[]()?*+{}", c))
			return false;
	}
	return true;
}

static bool is_among(slice_t words, slice_t value)
{
	for (bool is_more = true; is_more;) {
		is_more = slice_find(words, '|') < words.len;
		if (slice_eq(slice_cut(&words, '|'), value))
			return true;
	}
	return false;
}

/* Whether the value is what the matcher speaks of, before it denies. */
static err_t holds(const test_t *test, slice_t value, bool *ret_holds)
{
	env_match_t match;
	if (!test->regex) {
		*ret_holds = test->is_list ? is_among(test->matcher->value, value)
		                           : slice_eq(test->matcher->value, value);
		return ERR_OK;
	}
	err_t err = env_regex_match(test->regex, value, &match);
	*ret_holds = err == ERR_OK;
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* A dot of the query language is any character, the end of a line too. */
static err_t compile(test_t *test)
{
	uint8_t buf[ENV_REGEX_PATTERN_MAX];
	writer_t w = writer_of(buf, sizeof(buf));
	slice_t pattern = test->matcher->value;
	if (!is_expression(test->matcher->op))
		return ERR_OK;
	test->is_list = is_words(pattern);
	if (test->is_list)
		return ERR_OK;
	wr_bytes(&w, SLICE("(?s)"));
	wr_bytes(&w, pattern);
	return w.bad ? ERR_LIMIT : env_regex_new(writer_done(&w), false, &test->regex, NULL);
}

/* Marks. */

static void mark_pair(test_t *test, uint32_t pair)
{
	env_lock(test->index->mutex);
	const label_pair_t *row = label_pair_at(test->index, pair);
	const uint32_t *numbers = row->room > 1 ? row->numbers.many : &row->numbers.one;
	for (uint32_t i = 0; i < row->count && numbers[i] < test->marks.count; i++)
		test->marks.words[numbers[i] / 64] |= UINT64_C(1) << (numbers[i] % 64);
	env_unlock(test->index->mutex);
}

static void mark_value(test_t *test, uint32_t name, slice_t value)
{
	env_lock(test->index->mutex);
	uint32_t pair = label_index_pair(test->index, name, value);
	env_unlock(test->index->mutex);
	if (pair != NO_PAIR)
		mark_pair(test, pair);
}

static void mark_words(test_t *test, uint32_t name)
{
	slice_t words = test->matcher->value;
	while (test->is_list && words.len)
		mark_value(test, name, slice_cut(&words, '|'));
	if (!test->is_list)
		mark_value(test, name, words);
}

/* Values of a name do not change and are never taken out of their chain. */
static err_t mark_all(test_t *test, uint32_t name, bool wanted)
{
	env_lock(test->index->mutex);
	uint32_t pair = test->index->names[name].newest;
	env_unlock(test->index->mutex);
	while (pair != NO_PAIR) {
		const label_pair_t *row = label_pair_at(test->index, pair);
		bool found;
		err_t err = holds(test, label_pair_value(row), &found);
		if (err)
			return err;
		if (found == wanted)
			mark_pair(test, pair);
		pair = row->older;
	}
	return ERR_OK;
}

static err_t mark(test_t *test, bool is_absent_held)
{
	uint32_t name;
	env_lock(test->index->mutex);
	bool found = label_index_name(test->index, test->matcher->name, &name);
	env_unlock(test->index->mutex);
	if (!found)
		return ERR_OK;
	if (test->regex || is_absent_held)
		return mark_all(test, name, !is_absent_held);
	mark_words(test, name);
	return ERR_OK;
}

static void combine(const test_t *test, bool keeps_marked, label_bits_t *bits)
{
	for (size_t i = 0; i < words_of(bits->count); i++)
		bits->words[i] &= keeps_marked ? test->marks.words[i] : ~test->marks.words[i];
}

static err_t apply(label_index_t *index, const label_matcher_t *matcher, label_bits_t *bits)
{
	bool is_absent_held = false;
	test_t test = { .index = index, .matcher = matcher, .marks.count = bits->count };
	test.marks.words = calloc(words_of(bits->count), sizeof(uint64_t));
	err_t err = test.marks.words ? compile(&test) : ERR_NO_MEMORY;
	if (!err)
		err = holds(&test, (slice_t){ 0 }, &is_absent_held);
	if (!err)
		err = mark(&test, is_absent_held);
	if (!err)
		combine(&test, is_denial(matcher->op) == is_absent_held, bits);
	env_regex_free(test.regex);
	free(test.marks.words);
	return err;
}

static err_t all(label_index_t *index, label_bits_t *ret_bits)
{
	label_bits_t bits = { .count = label_index_count(index) };
	bits.words = calloc(words_of(bits.count), sizeof(uint64_t));
	if (!bits.words)
		return ERR_NO_MEMORY;
	for (uint32_t i = 0; i < bits.count / 64; i++)
		bits.words[i] = UINT64_MAX;
	bits.words[bits.count / 64] = (UINT64_C(1) << (bits.count % 64)) - 1;
	*ret_bits = bits;
	return ERR_OK;
}

err_t label_index_select(label_index_t *index, const label_matcher_t *matchers, size_t count,
                         label_bits_t *ret_bits)
{
	label_bits_t bits;
	err_t err = all(index, &bits);
	if (err)
		return err;
	for (size_t i = 0; !err && i < count; i++)
		err = apply(index, &matchers[i], &bits);
	if (err)
		free(bits.words);
	else
		*ret_bits = bits;
	return err;
}

/* Names and values. */

static err_t keep(label_texts_t *texts, slice_t text)
{
	slice_t *items = grow_for(texts->items, texts->count + 1, &texts->room, sizeof(*items));
	if (!items)
		return ERR_NO_MEMORY;
	texts->items = items;
	texts->items[texts->count++] = text;
	return ERR_OK;
}

static bool is_used(label_index_t *index, uint32_t pair, const label_bits_t *bits)
{
	bool found = false;
	env_lock(index->mutex);
	const label_pair_t *row = label_pair_at(index, pair);
	const uint32_t *numbers = row->room > 1 ? row->numbers.many : &row->numbers.one;
	for (uint32_t i = 0; !found && i < row->count && numbers[i] < bits->count; i++)
		found = label_bits_has(bits, numbers[i]);
	env_unlock(index->mutex);
	return found;
}

/* The values of a name that are used; with `is_name` the name itself, once. */
static err_t keep_used(label_index_t *index, uint32_t name, bool is_name, const label_bits_t *bits,
                       label_texts_t *texts)
{
	env_lock(index->mutex);
	uint32_t pair = index->names[name].newest;
	env_unlock(index->mutex);
	for (; pair != NO_PAIR; pair = label_pair_at(index, pair)->older) {
		if (!is_used(index, pair, bits))
			continue;
		slice_t value = label_pair_value(label_pair_at(index, pair));
		err_t err = keep(texts, is_name ? index->names[name].text : value);
		if (err || is_name)
			return err;
	}
	return ERR_OK;
}

err_t label_index_values(label_index_t *index, slice_t name, const label_bits_t *bits,
                         label_texts_t *texts)
{
	uint32_t number = 0;
	err_t err = ERR_OK;
	env_lock(index->mutex);
	uint32_t names = index->name_count;
	bool found = label_index_name(index, name, &number);
	env_unlock(index->mutex);
	if (name.len)
		return found ? keep_used(index, number, false, bits, texts) : ERR_OK;
	for (uint32_t i = 0; !err && i < names; i++)
		err = keep_used(index, i, true, bits, texts);
	return err;
}
