/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/history_send.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/grow.h"
#include "base/table.h"
#include "cmd/history.h"
#include "codec/sheet/sheet.h"
#include "env/loop.h"

enum { NAMES_MAX = 4 << 20, BODY_MAX = 7 << 20, ASK_MAX = 4096 };

static const int64_t TIMEOUT_NS = 60 * NS_PER_S, AGAIN_NS = NS_PER_S / 2;

static const err_text_t text_told = {
	{ "%1: %2", "%1：%2" },
	{ NULL, NULL },
};

typedef struct {
	uint32_t point, place; /* in points; in the batch as it came */
	int64_t ns;
	uint64_t bits, line;
	uint8_t type, quality;
	bool is_done; /* there, or of a point that is refused */
} row_t;

typedef struct {
	uint8_t *own; /* the bytes of its name */
	slice_t name;
	int64_t last_ns; /* of what was sent */
	bool has_last;
	bool is_known; /* the node took samples of it */
	bool is_refused;
} known_t;

struct history_send {
	history_send_spec_t spec;
	history_counts_t counts;
	table_t *by_name; /* uint32_t: 1 + place in points */
	known_t *points;
	size_t point_count, point_room;
	size_t count, name_bytes;
	text_t body;
	row_t rows[BATCH_ROWS];
	slice_t asked[ASK_MAX];
	size_t runs[ASK_MAX], ends[ASK_MAX]; /* where the rows of each begin and end */
	size_t asked_count;
};

err_t history_send_new(const history_send_spec_t *spec, history_send_t **ret_send)
{
	uint64_t seed;
	history_send_t *s = calloc(1, sizeof(*s));
	if (!s)
		return ERR_NO_MEMORY;
	env_random(spec->door->env, &seed, sizeof(seed));
	s->spec = *spec;
	s->body = text_of(BODY_MAX);
	s->by_name = table_new(sizeof(uint32_t), POINTS_MAX, seed);
	*ret_send = s;
	return s->by_name ? ERR_OK : ERR_NO_MEMORY;
}

void history_send_free(history_send_t *send)
{
	if (!send)
		return;
	for (size_t i = 0; i < send->point_count; i++)
		free(send->points[i].own);
	free(send->points);
	table_free(send->by_name);
	text_free(&send->body);
	free(send);
}

const history_counts_t *history_send_counts(const history_send_t *send)
{
	return &send->counts;
}

static err_t fail(const history_send_t *s, err_t err, err_detail_t *ret_detail)
{
	return err_raise(ret_detail, err, NULL, s->spec.file, (char *)NULL);
}

/* The rows of one point stand together, in order of time, as they came within one time. */
static int by_point_and_time(const void *a, const void *b)
{
	const row_t *x = a, *y = b;
	if (x->point != y->point)
		return x->point < y->point ? -1 : 1;
	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return x->place < y->place ? -1 : x->place > y->place;
}

static size_t run_end(const history_send_t *s, size_t at)
{
	uint32_t point = s->rows[at].point;
	while (at < s->count && s->rows[at].point == point)
		at++;
	return at;
}

static void mark_present(history_send_t *s, row_t *row)
{
	s->counts.present += !row->is_done;
	row->is_done = true;
}

static bool is_double(const history_send_t *s, size_t at)
{
	const row_t *row = &s->rows[at];
	const known_t *point = &s->points[row->point];
	return (at > 0 && row[-1].point == row->point && row[-1].ns == row->ns) ||
	       (point->has_last && point->last_ns == row->ns);
}

static void drop_doubles(history_send_t *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (is_double(s, i))
			mark_present(s, &s->rows[i]);
}

/* What the node has. */

static err_t on_there(void *ctx, size_t asked, const sample_t *sample)
{
	history_send_t *s = ctx;
	size_t low = s->runs[asked], high = s->ends[asked], end = high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (s->rows[middle].ns < sample->source.ns)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < end && s->rows[low].ns == sample->source.ns)
		mark_present(s, &s->rows[low]);
	return ERR_OK;
}

/* The point of the run that begins there is to be asked for. */
static void gather(history_send_t *s, size_t at)
{
	s->asked[s->asked_count] = s->points[s->rows[at].point].name;
	s->runs[s->asked_count] = at;
	s->ends[s->asked_count++] = run_end(s, at);
}

/* Of the points gathered, in one question. ERR_NOT_FOUND: the only one is new. */
static err_t ask_gathered(history_send_t *s, err_detail_t *ret_detail)
{
	history_ask_points_t ask = { .door = s->spec.door,
		                     .points = s->asked,
		                     .point_count = s->asked_count,
		                     .from_ns = INT64_MAX,
		                     .to_ns = INT64_MIN,
		                     .row = on_there,
		                     .ctx = s };
	for (size_t i = 0; i < s->asked_count; i++) {
		int64_t first_ns = s->rows[s->runs[i]].ns;
		int64_t end_ns = s->rows[s->ends[i] - 1].ns + 1;
		ask.from_ns = first_ns < ask.from_ns ? first_ns : ask.from_ns;
		ask.to_ns = end_ns > ask.to_ns ? end_ns : ask.to_ns;
	}
	err_t err = s->asked_count ? history_read(&ask, ret_detail) : ERR_OK;
	s->asked_count = 0;
	return err;
}

static err_t ask_present(history_send_t *s, err_detail_t *ret_detail)
{
	err_t err = ERR_OK;
	for (size_t at = 0; !err && at < s->count; at = run_end(s, at)) {
		const known_t *point = &s->points[s->rows[at].point];
		if (point->is_refused || point->is_known)
			continue;
		gather(s, at);
		err = ask_gathered(s, ret_detail);
		err = err == ERR_NOT_FOUND ? ERR_OK : err;
	}
	for (size_t at = 0; !err && at < s->count; at = run_end(s, at)) {
		const known_t *point = &s->points[s->rows[at].point];
		if (!point->is_known)
			continue;
		gather(s, at);
		if (s->asked_count == ASK_MAX)
			err = ask_gathered(s, ret_detail);
	}
	return err ? err : ask_gathered(s, ret_detail);
}

/* Sheets. */

static size_t count_type(const history_send_t *s, size_t from, size_t to, value_type_t type)
{
	size_t count = 0;
	for (size_t i = from; i < to; i++)
		count += !s->rows[i].is_done && s->rows[i].type == type;
	return count;
}

static void add_word(text_t *text, uint64_t word)
{
	uint8_t bytes[8];
	writer_t w = writer_of(bytes, sizeof(bytes));
	wr_u64_le(&w, word);
	text_add(text, writer_done(&w));
}

/* The rows of a point that have this type; returns how many. */
static size_t add_sheet(history_send_t *s, size_t from, size_t to, value_type_t type)
{
	uint8_t head[SHEET_NAME_MAX + 64];
	sheet_t sheet = { .rows = count_type(s, from, to, type), .count = 1 };
	writer_t w = writer_of(head, sizeof(head));
	if (sheet.rows == 0)
		return 0;
	sheet.columns[0] = (sheet_column_t){ .name = s->points[s->rows[from].point].name,
		                             .type = (sheet_type_t)type,
		                             .has_quality = true };
	sheet_head_put(&sheet, &w);
	s->body.bad |= w.bad;
	text_add(&s->body, writer_done(&w));
	for (size_t part = 0; part < 3; part++)
		for (size_t i = from; i < to; i++) {
			const row_t *row = &s->rows[i];
			if (row->is_done || row->type != type)
				continue;
			if (part == 2)
				text_add(&s->body, slice_of(&row->quality, 1));
			else
				add_word(&s->body, part == 0 ? (uint64_t)row->ns : row->bits);
		}
	return sheet.rows;
}

static size_t add_run(history_send_t *s, size_t from, size_t to)
{
	return add_sheet(s, from, to, VALUE_BOOL) + add_sheet(s, from, to, VALUE_F64);
}

static err_t post(history_send_t *s, err_detail_t *ret_detail)
{
	env_http_answer_t answer;
	door_ask_t ask = { .method = HTTP_POST,
		           .path = HISTORY_DOOR "/samples",
		           .content_type = "application/vnd.jizhu.samples",
		           .body = text_slice(&s->body),
		           .timeout_ns = TIMEOUT_NS };
	if (s->body.bad)
		return fail(s, ERR_TOO_BIG, ret_detail);
	err_t err = door_ask(s->spec.door, &ask, &answer, ret_detail);
	if (!err)
		env_http_answer_done(&answer);
	return err;
}

static void mark_row(history_send_t *s, row_t *row)
{
	known_t *point = &s->points[row->point];
	s->counts.written += !row->is_done;
	point->last_ns = row->ns;
	point->has_last = true;
	row->is_done = true;
}

static void mark_sent(history_send_t *s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		mark_row(s, &s->rows[i]);
}

static err_t refuse(history_send_t *s, size_t from, size_t to, err_detail_t *detail)
{
	char where[ERR_WHERE_MAX], name[ERR_ARG_MAX], text[ERR_ARG_MAX];
	err_detail_t told;
	known_t *point = &s->points[s->rows[from].point];
	point->is_refused = true;
	for (size_t i = from; i < to; i++) {
		s->counts.refused += !s->rows[i].is_done;
		s->rows[i].is_done = true;
	}
	(void)snprintf(where, sizeof(where), "%s:%llu", s->spec.file,
	               (unsigned long long)s->rows[from].line);
	(void)slice_to_cstr(point->name, name, sizeof(name));
	(void)err_render(detail, s->spec.door->lang, text, sizeof(text));
	err_t err = err_raise(&told, detail->err, &text_told, where, name, text, (char *)NULL);
	err = s->spec.refused(s->spec.ctx, err, &told);
	*detail = err ? told : *detail;
	return err;
}

/* The first samples of a point, alone. */
static err_t send_first(history_send_t *s, size_t from, size_t to, err_detail_t *ret_detail)
{
	known_t *point = &s->points[s->rows[from].point];
	s->body.len = 0;
	if (point->is_refused || add_run(s, from, to) == 0)
		return point->is_refused ? refuse(s, from, to, ret_detail) : ERR_OK;
	err_t err = s->spec.is_dry ? ERR_OK : post(s, ret_detail);
	bool is_fault = err == ERR_INVALID || err == ERR_DENIED || err == ERR_TOO_BIG;
	if (err)
		return is_fault ? refuse(s, from, to, ret_detail) : err;
	point->is_known = !s->spec.is_dry;
	mark_sent(s, from, to);
	return ERR_OK;
}

static err_t send_known(history_send_t *s, err_detail_t *ret_detail)
{
	size_t rows = 0;
	s->body.len = 0;
	for (size_t at = 0; at < s->count; at = run_end(s, at))
		if (s->points[s->rows[at].point].is_known)
			rows += add_run(s, at, run_end(s, at));
	err_t err = rows ? post(s, ret_detail) : ERR_OK;
	if (!err)
		mark_sent(s, 0, s->count);
	return err;
}

static err_t send_all(history_send_t *s, err_detail_t *ret_detail)
{
	err_t err = ask_present(s, ret_detail);
	for (size_t at = 0; !err && at < s->count; at = run_end(s, at))
		if (!s->points[s->rows[at].point].is_known)
			err = send_first(s, at, run_end(s, at), ret_detail);
	return err ? err : send_known(s, ret_detail);
}

/* Waiting. */

static void on_time(void *ctx)
{
	env_stop(ctx);
}

static err_t wait_some(env_t *env)
{
	env_timer_t *timer = NULL;
	err_t err = env_timer_new(env_control_loop(env), on_time, env, &timer);
	if (err)
		return err;
	env_timer_set(timer, AGAIN_NS);
	err = env_run(env);
	env_timer_free(timer);
	return err;
}

static bool is_busy(err_t err)
{
	return err == ERR_BUSY || err == ERR_LIMIT || err == ERR_TIMEOUT;
}

err_t history_send_flush(history_send_t *s, err_detail_t *ret_detail)
{
	env_t *env = s->spec.door->env;
	int64_t until_ns = env_now(env) + BUSY_S * NS_PER_S;
	qsort(s->rows, s->count, sizeof(*s->rows), by_point_and_time);
	drop_doubles(s);
	err_t err = send_all(s, ret_detail);
	/* What it took of a batch that it could not finish is there when it is asked again. */
	while (is_busy(err) && env_now(env) < until_ns && !wait_some(env))
		err = send_all(s, ret_detail);
	s->count = s->name_bytes = 0;
	return err;
}

/* Points by name. */

static err_t add_point(history_send_t *s, slice_t name, uint32_t *ret_number)
{
	known_t *moved = grow_for(s->points, s->point_count + 1, &s->point_room, sizeof(*moved));
	if (!moved)
		return ERR_NO_MEMORY;
	s->points = moved;
	uint8_t *own = malloc(name.len);
	if (!own)
		return ERR_NO_MEMORY;
	memcpy(own, name.ptr, name.len);
	s->points[s->point_count++] = (known_t){ .own = own, .name = slice_of(own, name.len) };
	*ret_number = (uint32_t)s->point_count;
	return ERR_OK;
}

static err_t find_point(history_send_t *s, slice_t name, uint32_t *ret_point)
{
	void *value = table_get(s->by_name, name);
	err_t err = value ? ERR_OK : table_put(s->by_name, name, &value, NULL);
	uint32_t *number = value;
	if (!err && *number == 0)
		err = add_point(s, name, number);
	if (!err)
		*ret_point = *number - 1;
	return err;
}

err_t history_send_add(history_send_t *s, slice_t name, const samples_row_t *row,
                       err_detail_t *ret_detail)
{
	uint32_t point = 0;
	err_t err = s->count == BATCH_ROWS || s->name_bytes > NAMES_MAX
	                    ? history_send_flush(s, ret_detail)
	                    : ERR_OK;
	if (err)
		return err;
	if (name.len == 0 || name.len > SHEET_NAME_MAX || (err = find_point(s, name, &point)))
		return fail(s, err ? err : ERR_INVALID, ret_detail);
	/* A sheet has no place for a missing value; of bad quality nobody takes it for one. */
	value_t value = row->value.type == VALUE_NONE ? value_f64((double)NAN) : row->value;
	s->rows[s->count] = (row_t){ .point = point,
		                     .place = (uint32_t)s->count,
		                     .ns = row->ns,
		                     .bits = value_bits(&value),
		                     .line = row->line,
		                     .type = (uint8_t)value.type,
		                     .quality = (uint8_t)row->quality };
	s->count++;
	s->name_bytes += name.len;
	return ERR_OK;
}
