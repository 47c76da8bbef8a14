/* SPDX-License-Identifier: Apache-2.0 */
#include "lineage/desk.h"

#include <stdlib.h>

#define RETRY_NS (20 * NS_PER_MS)

/* Parts of its own that a question makes before the loop gets its turn. */
enum { TURN_PARTS = 16 };

static const metric_row_t METRICS[] = {
#define X(name, text, help, kind) { text, help, METRIC_##kind },
	DESK_METRIC_ROWS(X)
#undef X
};

/* A child that was asked. */
typedef struct {
	char name[LINEAGE_NODE_MAX + 1];
	bool is_done;
} asked_t;

/* A part that the line has not taken yet. */
typedef struct held held_t;
struct held {
	held_t *next;
	size_t len;
	uint8_t bytes[];
};

typedef struct asking asking_t;
struct asking {
	desk_t *desk;
	asking_t *next;
	char id[DESK_ID_BYTES + 1];  /* by which its children know it */
	lineage_question_t question; /* borrows `bytes` */
	uint8_t bytes[LINEAGE_QUESTION_MAX];
	bool is_own;
	desk_sink_t sink;
	char parent[LINEAGE_NODE_MAX + 1], parent_id[UPLINK_WORD_MAX + 1];
	uint64_t next_part;
	lineage_audience_t audience;
	lineage_answer_t *answer; /* NULL: all of it was made */
	held_t *places;           /* questions about places of this node, to be answered next */
	asked_t *children;
	size_t child_count, child_cap;
	held_t *first, *last;
	size_t held_bytes;
	int64_t deadline_ns;
	env_timer_t *timer;
};

struct desk {
	env_t *env;
	desk_spec_t spec;
	asking_t *askings;
	size_t count;
	metrics_t metrics;
};

static void count(desk_t *desk, size_t row)
{
	metric_add(&desk->metrics, row, 1);
}

static int64_t level_ns(const desk_t *desk)
{
	return desk->spec.level_ns ? desk->spec.level_ns : DESK_LEVEL_NS;
}

/* Ending */

static void forget_children(asking_t *a)
{
	const desk_lines_t *lines = &a->desk->spec.lines;
	for (size_t i = 0; i < a->child_count; i++) {
		if (!a->children[i].is_done)
			lines->forget(lines->ctx, slice_str(a->children[i].name), slice_str(a->id));
		a->children[i].is_done = true;
	}
}

static void free_held(held_t *held)
{
	while (held) {
		held_t *next = held->next;
		free(held);
		held = next;
	}
}

static void free_asking(asking_t *a)
{
	free_held(a->first);
	free_held(a->places);
	lineage_answer_close(a->answer);
	env_timer_free(a->timer);
	free(a->children);
	free(a);
}

static void drop(asking_t *a)
{
	desk_t *desk = a->desk;
	asking_t **at = &desk->askings;
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	desk->count--;
	metric_set(&desk->metrics, DESK_COUNT_OPEN, (int64_t)desk->count);
	forget_children(a);
	free_asking(a);
}

/* Giving parts */

static err_t say_up(asking_t *a, slice_t part, bool is_last)
{
	const desk_lines_t *lines = &a->desk->spec.lines;
	uplink_up_t up = { .id = slice_str(a->parent_id),
		           .kind = UPLINK_UP_ANSWER,
		           .part = a->next_part,
		           .is_last = is_last,
		           .body = part };
	err_t err = lines->say_up(lines->ctx, slice_str(a->parent), &up);
	if (!err)
		a->next_part++;
	return err;
}

static err_t give(asking_t *a, slice_t part)
{
	if (!a->is_own)
		return say_up(a, part, false);
	a->sink.part(a->sink.ctx, part);
	return ERR_OK;
}

/* ERR_LIMIT: the line has no room for the next. */
static err_t flush(asking_t *a)
{
	err_t err = ERR_OK;
	while (a->first && !err) {
		held_t *held = a->first;
		err = give(a, slice_of(held->bytes, held->len));
		if (err)
			break;
		a->first = held->next;
		a->last = a->first ? a->last : NULL;
		a->held_bytes -= held->len;
		count(a->desk, DESK_COUNT_PARTS);
		free(held);
	}
	return err;
}

/* NULL: no memory. */
static held_t *held_of(slice_t bytes)
{
	held_t *held = malloc(sizeof(*held) + bytes.len);
	if (!held)
		return NULL;
	*held = (held_t){ .len = bytes.len };
	memcpy(held->bytes, bytes.ptr, bytes.len);
	return held;
}

static void hold(asking_t *a, slice_t part)
{
	held_t *held = a->held_bytes + part.len > DESK_HOLD_BYTES ? NULL : held_of(part);
	if (!held) {
		count(a->desk, DESK_COUNT_DROPPED);
		return;
	}
	a->held_bytes += part.len;
	if (a->last)
		a->last->next = held;
	else
		a->first = held;
	a->last = held;
}

/* Asking below */

static asked_t *add_child(asking_t *a, slice_t name)
{
	if (a->child_count == a->child_cap) {
		size_t cap = a->child_cap ? 2 * a->child_cap : 16;
		asked_t *children = realloc(a->children, cap * sizeof(*children));
		if (!children)
			return NULL;
		a->children = children;
		a->child_cap = cap;
	}
	asked_t *child = &a->children[a->child_count];
	*child = (asked_t){ .is_done = false };
	return slice_to_cstr(name, child->name, sizeof(child->name)) ? child : NULL;
}

/* A child that cannot be asked is as silent as one that does not answer. */
static void ask_child(asking_t *a, slice_t child, slice_t question)
{
	const desk_lines_t *lines = &a->desk->spec.lines;
	if (add_child(a, child) && !lines->ask(lines->ctx, child, slice_str(a->id), question))
		a->child_count++;
}

static void ask_place(asking_t *a, slice_t question)
{
	held_t *held = held_of(question);
	if (!held) {
		count(a->desk, DESK_COUNT_DROPPED);
		return;
	}
	held->next = a->places;
	a->places = held;
}

static void ask_row(asking_t *a, const lineage_question_t *question, const lineage_row_t *row)
{
	const figure_source_t source = { row->entity, row->revision };
	uint8_t bytes[LINEAGE_QUESTION_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	lineage_question_t below;
	slice_t node;
	figure_t figure;
	if (row->reason || figure_item_decode(row->item, &node, &figure) ||
	    !lineage_question_below(question, &source, &below) || lineage_question_put(&below, &w))
		return;
	if (slice_eq(node, a->desk->spec.source->node))
		ask_place(a, writer_done(&w));
	else
		ask_child(a, row->entity, writer_done(&w));
}

static void ask_below(asking_t *a, slice_t part)
{
	lineage_part_kind_t kind;
	lineage_sheet_t sheet;
	lineage_question_t question;
	lineage_row_t row;
	slice_t body;
	if (lineage_part_read(part, &kind, &body) || kind != LINEAGE_PART_SHEET ||
	    lineage_sheet_read(body, &sheet) || lineage_question_read(sheet.question, &question))
		return;
	reader_t rows = reader_of(sheet.rows);
	while (lineage_row_next(&rows, &row))
		ask_row(a, &question, &row);
}

/* Goes on with the next question about a place of this node. */
static void open_place(asking_t *a)
{
	while (a->places && !a->answer) {
		held_t *held = a->places;
		slice_t question = slice_of(held->bytes, held->len);
		a->places = held->next;
		if (lineage_answer_open(a->desk->spec.source, &a->audience, question, &a->answer))
			count(a->desk, DESK_COUNT_DROPPED);
		free(held);
	}
}

/* The next of its own parts, once those before are gone. */
static void make_part(asking_t *a)
{
	slice_t part;
	err_t err = lineage_answer_next(a->answer, &part);
	if (!err) {
		hold(a, part);
		ask_below(a, part);
		return;
	}
	if (err != ERR_NOT_FOUND)
		count(a->desk, DESK_COUNT_DROPPED);
	lineage_answer_close(a->answer);
	a->answer = NULL;
	open_place(a);
}

static bool is_waiting(const asking_t *a)
{
	for (size_t i = 0; i < a->child_count; i++)
		if (!a->children[i].is_done)
			return true;
	return false;
}

/* All was given: says so. */
static void finish(asking_t *a)
{
	err_t err = a->is_own ? ERR_OK : say_up(a, (slice_t){ 0 }, true);
	if (err == ERR_LIMIT) {
		env_timer_set(a->timer, RETRY_NS);
		return;
	}
	if (a->is_own)
		a->sink.done(a->sink.ctx);
	drop(a);
}

/* Whatever is called here comes last in its turn: the question may be over. */
static void pump(asking_t *a)
{
	err_t err = flush(a);
	for (size_t i = 0; !err && a->answer && i < TURN_PARTS; i++) {
		make_part(a);
		err = flush(a);
	}
	int64_t left_ns = a->deadline_ns - env_now(a->desk->env);
	if (err && err != ERR_LIMIT)
		drop(a);
	else if (err || a->answer)
		env_timer_set(a->timer, err ? RETRY_NS : 0);
	else if (is_waiting(a))
		env_timer_set(a->timer, left_ns > 0 ? left_ns : 0);
	else
		finish(a);
}

static void on_timer(void *ctx)
{
	asking_t *a = ctx;
	int64_t late_ns = env_now(a->desk->env) - a->deadline_ns;
	if (late_ns >= 0 && is_waiting(a)) {
		count(a->desk, DESK_COUNT_LATE);
		forget_children(a);
	}
	if (late_ns > level_ns(a->desk) && !a->is_own)
		drop(a); /* the line has not moved: who asked waits no more */
	else
		pump(a);
}

/* Beginning */

static void write_id(asking_t *a)
{
	writer_t w = writer_of(a->id, sizeof(a->id));
	for (size_t i = 0; i < LINEAGE_MARK_BYTES; i++)
		wr_format(&w, "%02x", a->question.mark[i]);
}

static bool is_known(const desk_t *desk, const lineage_question_t *question)
{
	for (const asking_t *a = desk->askings; a; a = a->next)
		if (!memcmp(a->question.mark, question->mark, sizeof(question->mark)))
			return true;
	return false;
}

static err_t begin(desk_t *desk, slice_t question, const lineage_audience_t *audience,
                   asking_t **ret_asking)
{
	asking_t *a = calloc(1, sizeof(*a));
	if (!a)
		return ERR_NO_MEMORY;
	a->audience = *audience;
	memcpy(a->bytes, question.ptr, question.len);
	err_t err = lineage_question_read(slice_of(a->bytes, question.len), &a->question);
	if (!err)
		err = lineage_answer_open(desk->spec.source, audience, question, &a->answer);
	if (!err)
		err = env_timer_new(desk->spec.loop, on_timer, a, &a->timer);
	if (err) {
		free_asking(a);
		return err;
	}
	a->desk = desk;
	a->deadline_ns = env_now(desk->env) + a->question.depth * level_ns(desk);
	a->next = desk->askings;
	desk->askings = a;
	desk->count++;
	metric_set(&desk->metrics, DESK_COUNT_OPEN, (int64_t)desk->count);
	write_id(a);
	env_timer_set(a->timer, 0);
	*ret_asking = a;
	return ERR_OK;
}

err_t desk_ask(desk_t *desk, const lineage_question_t *question, const desk_sink_t *sink)
{
	uint8_t bytes[LINEAGE_QUESTION_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	asking_t *a = NULL;
	err_t err = lineage_question_put(question, &w);
	if (!err && is_known(desk, question))
		err = ERR_EXISTS;
	if (!err && desk->count == DESK_QUESTIONS_MAX)
		err = ERR_BUSY;
	if (!err)
		err = begin(desk, writer_done(&w), &(lineage_audience_t){ .judge = NULL }, &a);
	if (err) {
		count(desk, DESK_COUNT_REFUSED);
		return err;
	}
	a->is_own = true;
	a->sink = *sink;
	count(desk, DESK_COUNT_ASKED);
	return ERR_OK;
}

void desk_forget(desk_t *desk, void *sink_ctx)
{
	asking_t *next = NULL;
	for (asking_t *a = desk->askings; a; a = next) {
		next = a->next;
		if (a->is_own && a->sink.ctx == sink_ctx)
			drop(a);
	}
}

static err_t refuse(desk_t *desk, slice_t parent, const lineage_audience_t *audience,
                    const uplink_down_t *down)
{
	uint8_t part[LINEAGE_QUESTION_MAX + 1024];
	writer_t w = writer_of(part, sizeof(part));
	const desk_lines_t *lines = &desk->spec.lines;
	count(desk, DESK_COUNT_REFUSED);
	err_t err = lineage_refuse(desk->spec.source, audience, down->body, LINEAGE_BUSY, &w);
	uplink_up_t up = {
		.id = down->id, .kind = UPLINK_UP_ANSWER, .is_last = true, .body = writer_done(&w)
	};
	return err ? err : lines->say_up(lines->ctx, parent, &up);
}

err_t desk_hear(desk_t *desk, slice_t parent, const uplink_down_t *down)
{
	const desk_lines_t *lines = &desk->spec.lines;
	lineage_audience_t audience;
	lineage_question_t question;
	asking_t *a = NULL;
	err_t err = lineage_question_read(down->body, &question);
	if (err)
		return err;
	if (!lines->audience(lines->ctx, parent, &audience))
		return ERR_NOT_FOUND;
	/* It came again, with another session. */
	if (is_known(desk, &question))
		return ERR_OK;
	if (desk->count == DESK_QUESTIONS_MAX)
		return refuse(desk, parent, &audience, down);
	err = begin(desk, down->body, &audience, &a);
	if (err)
		return err;
	count(desk, DESK_COUNT_HEARD);
	if (slice_to_cstr(parent, a->parent, sizeof(a->parent)) &&
	    slice_to_cstr(down->id, a->parent_id, sizeof(a->parent_id)))
		return ERR_OK;
	drop(a);
	return ERR_INVALID;
}

/* Answers of children */

static asked_t *find_child(asking_t *a, slice_t child)
{
	for (size_t i = 0; i < a->child_count; i++)
		if (slice_eq(slice_str(a->children[i].name), child) && !a->children[i].is_done)
			return &a->children[i];
	return NULL;
}

void desk_up(desk_t *desk, slice_t child, const uplink_up_t *up)
{
	asking_t *a = desk->askings;
	lineage_part_kind_t kind;
	slice_t body;
	while (a && !slice_eq(slice_str(a->id), up->id))
		a = a->next;
	asked_t *asked = a && up->kind == UPLINK_UP_ANSWER ? find_child(a, child) : NULL;
	if (!asked)
		return;
	if (lineage_part_read(up->body, &kind, &body) == ERR_OK)
		hold(a, up->body);
	asked->is_done = up->is_last;
	env_timer_set(a->timer, 0);
}

err_t desk_open(env_t *env, const desk_spec_t *spec, desk_t **ret_desk)
{
	desk_t *desk = calloc(1, sizeof(*desk));
	if (!desk)
		return ERR_NO_MEMORY;
	desk->env = env;
	desk->spec = *spec;
	metrics_init(&desk->metrics, METRICS, DESK_COUNT_COUNT);
	*ret_desk = desk;
	return ERR_OK;
}

void desk_close(desk_t *desk)
{
	while (desk && desk->askings)
		drop(desk->askings);
	free(desk);
}

const metrics_t *desk_metrics(const desk_t *desk)
{
	return &desk->metrics;
}
