/* SPDX-License-Identifier: Apache-2.0 */
#include "model/handling.h"

#include <assert.h>

#include "base/utf8.h"

enum { VERSION = 1, KIND_STEP = 0, KIND_FUNNEL = 1 };

static const char *const STATES[HANDLING_STATE_COUNT][LANG_COUNT] = {
#define X(name, word, zh) { word, zh },
	HANDLING_STATE_ROWS(X)
#undef X
};

static const char *const STAGES[FUNNEL_COUNT][LANG_COUNT] = {
#define X(name, en, zh) { en, zh },
	FUNNEL_ROWS(X)
#undef X
};

static const handling_step_info_t STEPS[HANDLING_STEP_COUNT] = {
#define X(name, word, zh, from, to, side, role, rank) \
	{ { word, zh }, from, HANDLING_##to, HANDLING_##side, ROLE_##role, rank },
	HANDLING_STEP_ROWS(X)
#undef X
};

const char *handling_state_text(handling_state_t state, lang_t lang)
{
	return STATES[state][lang];
}

const char *funnel_text(funnel_stage_t stage, lang_t lang)
{
	return STAGES[stage][lang];
}

const handling_step_info_t *handling_step_info(handling_step_kind_t step)
{
	return &STEPS[step];
}

handling_step_kind_t handling_step_parse(slice_t word)
{
	unsigned step = 0;
	while (step < HANDLING_STEP_COUNT && !slice_eq(word, slice_str(STEPS[step].text[LANG_EN])))
		step++;
	return (handling_step_kind_t)step;
}

/* Writing. */

static void put_text(writer_t *w, slice_t text, size_t max)
{
	assert(text.len <= max);
	wr_string(w, text);
}

static void put_head(writer_t *w, slice_t node, uint8_t kind)
{
	assert(node.len > 0);
	put_text(w, node, HANDLING_NODE_MAX);
	wr_u8(w, VERSION);
	wr_u8(w, kind);
}

static void put_case(writer_t *w, const handling_case_t *what)
{
	put_text(w, what->subject, HANDLING_WORD_MAX);
	put_text(w, what->technique, HANDLING_WORD_MAX);
	put_text(w, what->entity, HANDLING_WORD_MAX);
	wr_u8(w, (uint8_t)what->severity);
	wr_u8(w, what->is_overseen);
}

void handling_step_put(const handling_step_t *step, writer_t *w)
{
	assert(step->id.origin.len > 0 && step->file_count <= HANDLING_FILES_MAX);
	assert(step->number > 0 && step->number <= HANDLING_STEPS_MAX);
	put_head(w, step->node, KIND_STEP);
	put_text(w, step->id.origin, HANDLING_NODE_MAX);
	wr_varint(w, step->id.event);
	wr_u8(w, (uint8_t)step->step);
	wr_varint(w, step->number);
	wr_zigzag(w, step->when_ns);
	wr_zigzag(w, step->due_ns);
	put_text(w, step->who, HANDLING_WORD_MAX);
	put_text(w, step->text, HANDLING_TEXT_MAX);
	wr_u8(w, (uint8_t)step->file_count);
	for (size_t i = 0; i < step->file_count; i++) {
		assert(step->files[i].len == HANDLING_HASH_BYTES);
		wr_bytes(w, step->files[i]);
	}
	if (step->step == HANDLING_STEP_OPEN)
		put_case(w, &step->what);
}

void funnel_put(const funnel_t *funnel, writer_t *w)
{
	put_head(w, funnel->node, KIND_FUNNEL);
	wr_zigzag(w, funnel->from_ns);
	wr_zigzag(w, funnel->to_ns);
	wr_zigzag(w, funnel->told_ns);
	for (size_t i = 0; i < FUNNEL_COUNT; i++)
		wr_varint(w, funnel->counts[i]);
}

/* Reading. */

static slice_t take_text(reader_t *r, size_t max)
{
	slice_t text = rd_string(r);
	if (text.len > max || !utf8_valid(text))
		r->bad = true;
	return text;
}

static uint8_t take_below(reader_t *r, uint8_t limit)
{
	uint8_t value = rd_u8(r);
	if (value >= limit)
		r->bad = true;
	return r->bad ? 0 : value;
}

static void take_case(reader_t *r, handling_case_t *what)
{
	what->subject = take_text(r, HANDLING_WORD_MAX);
	what->technique = take_text(r, HANDLING_WORD_MAX);
	what->entity = take_text(r, HANDLING_WORD_MAX);
	what->severity = (severity_t)take_below(r, SEVERITY_COUNT);
	what->is_overseen = take_below(r, 2);
}

/* Of a day that can be printed in any time zone. */
static int64_t take_time(reader_t *r)
{
	int64_t ns = rd_zigzag(r);
	if (ns < 0 || ns > HANDLING_TIME_MAX)
		r->bad = true;
	return ns;
}

static void take_step(reader_t *r, handling_step_t *step)
{
	step->id.origin = take_text(r, HANDLING_NODE_MAX);
	step->id.event = rd_varint(r);
	step->step = (handling_step_kind_t)take_below(r, HANDLING_STEP_COUNT);
	uint64_t number = rd_varint(r);
	step->when_ns = take_time(r);
	step->due_ns = take_time(r);
	step->who = take_text(r, HANDLING_WORD_MAX);
	step->text = take_text(r, HANDLING_TEXT_MAX);
	step->file_count = take_below(r, HANDLING_FILES_MAX + 1);
	for (size_t i = 0; i < step->file_count; i++)
		step->files[i] = rd_take(r, HANDLING_HASH_BYTES);
	if (step->step == HANDLING_STEP_OPEN)
		take_case(r, &step->what);
	/* The case begins with its opening and with nothing else. */
	bool is_first = number == 1;
	if (step->id.origin.len == 0 || number == 0 || number > HANDLING_STEPS_MAX ||
	    is_first != (step->step == HANDLING_STEP_OPEN))
		r->bad = true;
	step->number = (uint32_t)number;
}

static void take_funnel(reader_t *r, funnel_t *funnel)
{
	funnel->from_ns = rd_zigzag(r);
	funnel->to_ns = rd_zigzag(r);
	funnel->told_ns = rd_zigzag(r);
	for (size_t i = 0; i < FUNNEL_COUNT; i++)
		funnel->counts[i] = rd_varint(r);
	if (funnel->from_ns >= funnel->to_ns)
		r->bad = true;
}

err_t handling_item_read(slice_t body, handling_item_t *ret_item)
{
	handling_item_t item = { .is_funnel = false };
	reader_t r = reader_of(body);
	slice_t node = take_text(&r, HANDLING_NODE_MAX);
	uint8_t version = rd_u8(&r);
	if (!r.bad && version > VERSION)
		return ERR_NEWER_FORMAT;
	item.is_funnel = take_below(&r, KIND_FUNNEL + 1) == KIND_FUNNEL;
	item.step.node = node;
	item.funnel.node = node;
	if (item.is_funnel)
		take_funnel(&r, &item.funnel);
	else
		take_step(&r, &item.step);
	if (r.bad || r.in.len > 0 || node.len == 0 || version != VERSION)
		return ERR_MALFORMED;
	*ret_item = item;
	return ERR_OK;
}
