/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of security events, and the steps that people take on them here. */
#include <stdlib.h>

#include "api/body.h"
#include "api/handlers.h"
#include "api/state.h"
#include "api/tree_ask.h"
#include "base/num.h"
#include "handling/form.h"
#include "insight/periods.h"

enum {
	PAGE = 50,
	STEP_ROOM = 1024 + 6 * (HANDLING_TEXT_MAX + HANDLING_WORD_MAX + HANDLING_NODE_MAX),
	CASE_ROOM = 4096 + 6 * (4 * HANDLING_WORD_MAX + 2 * HANDLING_NODE_MAX),
	ID_TEXT = HANDLING_NODE_MAX + 24,
};

static const err_text_t text_case = {
	{ "there is no case %1", "没有处置单 %1" },
	{ "GET /api/v1/cases lists those that are known here",
	  "GET /api/v1/cases 可列出已知处置单" },
};

/* A case is called ORIGIN:EVENT. */

static slice_t id_text(const handling_id_t *id, char room[ID_TEXT])
{
	writer_t w = writer_of(room, ID_TEXT);
	wr_bytes(&w, id->origin);
	wr_format(&w, ":%llu", (unsigned long long)id->event);
	return writer_done(&w);
}

static bool read_id(slice_t text, handling_id_t *ret_id)
{
	size_t at = text.len;
	while (at > 0 && text.ptr[at - 1] != ':')
		at--;
	if (at < 2 || num_parse_u64(slice_from(text, at), UINT64_MAX, &ret_id->event))
		return false;
	ret_id->origin = slice_sub(text, 0, at - 1);
	char again[ID_TEXT];
	return ret_id->origin.len <= HANDLING_NODE_MAX && slice_eq(id_text(ret_id, again), text);
}

/* The case of the path; false with the problem in the reply. */
static bool find(exchange_t *x, handling_shown_t *ret_shown)
{
	handling_id_t id;
	const api_tree_t *tree = tree_ask(x);
	slice_t text = x->request.param[0];
	if (!tree)
		return false;
	if (read_id(text, &id) && handling_get(tree->handling, &id, ret_shown) == ERR_OK)
		return true;
	exchange_refuse(x, ERR_NOT_FOUND, &text_case, text);
	return false;
}

/* In JSON. */

static void put_step(const handling_taken_t *taken, lang_t lang, json_t *j)
{
	const handling_step_t *step = &taken->step;
	json_object(j);
	json_put_cstr(j, "step", handling_step_info(step->step)->text[LANG_EN]);
	json_put_str(j, "who", step->who);
	json_put_str(j, "node", step->node);
	json_put_time(j, "time", step->when_ns);
	tree_put_time(j, "due", step->due_ns);
	json_put_str(j, "text", step->text);
	json_put_cstr(j, "verdict", handling_verdict_text(taken->verdict, lang));
	json_close(j);
}

/* What this node may do now. */
static void put_next(exchange_t *x, const handling_shown_t *shown, json_t *j)
{
	const config_t *config = x->api->spec.tree->config;
	bool is_origin = slice_eq(shown->id.origin, slice_str(config->node.prefix));
	json_put_array(j, "next");
	for (unsigned i = 0; i < HANDLING_STEP_COUNT; i++) {
		const handling_step_info_t *info = handling_step_info((handling_step_kind_t)i);
		if (!(info->from & 1U << shown->now.state) || i == HANDLING_STEP_OPEN ||
		    !handling_is_side(info, is_origin, shown->now.what.is_overseen))
			continue;
		json_object(j);
		json_put_cstr(j, "step", info->text[LANG_EN]);
		json_put_cstr(j, "role", role_name(info->role));
		json_close(j);
	}
	json_close(j);
}

static void put_case(exchange_t *x, const handling_shown_t *shown)
{
	char room[ID_TEXT];
	const handling_case_t *what = &shown->now.what;
	json_t *j = reply_json(&x->reply, CASE_ROOM);
	json_object(j);
	json_put_str(j, "id", id_text(&shown->id, room));
	json_put_str(j, "origin", shown->id.origin);
	json_put_u64(j, "event", shown->id.event);
	json_put_str(j, "child", shown->child);
	json_put_str(j, "technique", what->technique);
	json_put_cstr(j, "severity", severity_name(what->severity));
	json_put_str(j, "subject", what->subject);
	json_put_str(j, "entity", what->entity);
	json_put_cstr(j, "state", handling_state_text(shown->now.state, LANG_EN));
	json_put_time(j, "since", shown->now.since_ns);
	tree_put_time(j, "due", shown->now.due_ns);
	json_put_bool(j, "overdue", shown->is_overdue);
	json_put_u64(j, "conflicts", shown->now.conflicts);
	put_next(x, shown, j);
	json_put_array(j, "steps");
	for (size_t i = 0; i < shown->count; i++)
		put_step(&shown->steps[i], x->request.lang, reply_json(&x->reply, STEP_ROOM));
	j = reply_json(&x->reply, CASE_ROOM);
	json_close(j);
	json_close(j);
}

/* The list: what is overdue first, then the others, each as the register learnt of it. */

typedef struct {
	exchange_t *x;
	handling_t *handling;
	handling_list_t ask;
	bool only_overdue, is_second; /* those that are not overdue */
	size_t limit, count;
	uint32_t next;
} page_t;

static bool read_states(page_t *page)
{
	slice_t words = tree_ask_word(page->x, "state");
	while (words.len) {
		slice_t word = slice_cut(&words, ',');
		unsigned i = 0;
		while (i < HANDLING_STATE_COUNT &&
		       !slice_eq(word,
		                 slice_str(handling_state_text((handling_state_t)i, LANG_EN))))
			i++;
		if (i == HANDLING_STATE_COUNT) {
			tree_refuse_word(page->x, word);
			return false;
		}
		page->ask.states |= 1U << i;
	}
	return true;
}

static bool read_page(page_t *page)
{
	tree_cursor_t cursor;
	exchange_t *x = page->x;
	page->only_overdue = slice_eq(tree_ask_word(x, "overdue"), SLICE("1")) ||
	                     request_says(&x->request, "overdue");
	if (!read_states(page) || !tree_ask_count(x, "limit", PAGE, &page->limit) ||
	    !tree_ask_cursor(x, &cursor))
		return false;
	reader_t r = reader_of(tree_cursor_slice(&cursor));
	if (cursor.len) {
		page->is_second = rd_u8(&r) != 0;
		page->ask.from = rd_u32(&r);
	}
	if (r.bad || r.in.len)
		tree_refuse_cursor(x);
	return !r.bad && r.in.len == 0;
}

static void tell_rows(page_t *page, handling_shown_t *shown)
{
	handling_page_t found;
	page->ask.only_overdue = !page->is_second;
	page->ask.cap = page->limit - page->count;
	handling_list(page->handling, &page->ask, &found);
	for (size_t i = 0; i < found.count; i++) {
		if (page->is_second == page->ask.rows[i].is_overdue ||
		    handling_get(page->handling, &page->ask.rows[i].id, shown))
			continue;
		put_case(page->x, shown);
		page->count++;
	}
	page->ask.from = found.next;
}

static void tell_page(page_t *page, handling_shown_t *shown)
{
	bool is_over = false;
	while (page->count < page->limit && !is_over) {
		tell_rows(page, shown);
		is_over = page->ask.from == 0 && (page->is_second || page->only_overdue);
		page->is_second = page->is_second || (page->ask.from == 0 && !is_over);
	}
	uint8_t bytes[8];
	writer_t w = writer_of(bytes, sizeof(bytes));
	wr_u8(&w, page->is_second);
	wr_u32(&w, page->ask.from);
	json_close(reply_json(&page->x->reply, TREE_ROOM));
	tree_put_next(page->x, is_over ? (slice_t){ 0 } : writer_done(&w));
}

/* Of the period that is asked for, or of the month that it is where this node counts days. */
static bool read_funnel_period(exchange_t *x, span_t *ret_span)
{
	static const char *const names[] = { "funnel_from", "funnel_to" };
	periods_t *periods = NULL;
	const config_t *config = x->api->spec.tree->config;
	err_t err = periods_open(config->calendar_count ? &config->calendars[0] : NULL, &periods);
	if (!err)
		err = periods_at(periods, PERIOD_MONTH, env_utc(x->api->env).ns, ret_span);
	periods_close(periods);
	if (err)
		exchange_refuse(x, err, NULL, (slice_t){ 0 });
	return !err && tree_ask_time(x, names[0], &ret_span->from_ns) &&
	       tree_ask_time(x, names[1], &ret_span->to_ns);
}

static err_t put_funnel(exchange_t *x, handling_t *handling, const span_t *span)
{
	static const char *const keys[FUNNEL_COUNT] = { "raw",      "clues",    "suspicious",
		                                        "verified", "notified", "handled" };
	handling_funnel_t funnel;
	err_t err = handling_funnel(handling, span->from_ns, span->to_ns, &funnel);
	if (err)
		return err;
	json_t *j = reply_json(&x->reply, TREE_ROOM);
	json_put_object(j, "funnel");
	for (unsigned i = 0; i < FUNNEL_COUNT; i++)
		json_put_u64(j, keys[i], funnel.counts[i]);
	json_put_u64(j, "nodes", funnel.nodes);
	json_put_time(j, "from", span->from_ns);
	json_put_time(j, "to", span->to_ns);
	json_close(j);
	return ERR_OK;
}

static verdict_t list(page_t *page, const span_t *span)
{
	exchange_t *x = page->x;
	handling_shown_t *shown = malloc(sizeof(*shown));
	page->ask.rows = calloc(page->limit, sizeof(*page->ask.rows));
	err_t err = shown && page->ask.rows ? ERR_OK : ERR_NO_MEMORY;
	reply_items(&x->reply, TREE_ROOM);
	if (!err) {
		tell_page(page, shown);
		err = put_funnel(x, page->handling, span);
	}
	json_close(reply_json(&x->reply, TREE_ROOM));
	free(shown);
	free(page->ask.rows);
	return err ? exchange_refuse(x, err, NULL, (slice_t){ 0 }) : EXCHANGE_ANSWERED;
}

verdict_t cases_get(exchange_t *x)
{
	page_t page = { .x = x };
	span_t span;
	const api_tree_t *tree = tree_ask(x);
	if (!tree || !read_page(&page) || !read_funnel_period(x, &span))
		return EXCHANGE_ANSWERED;
	page.handling = tree->handling;
	return list(&page, &span);
}

verdict_t case_get(exchange_t *x)
{
	handling_shown_t shown;
	if (find(x, &shown))
		put_case(x, &shown);
	return EXCHANGE_ANSWERED;
}

/* Steps. */

static bool read_order(exchange_t *x, const json_tree_t *doc, handling_order_t *order)
{
	slice_t word, due = { 0 };
	const json_tree_t *text = json_member(doc, "text"), *when = json_member(doc, "due");
	const char *wrong = NULL;
	if (!json_text(json_member(doc, "step"), &word) ||
	    (order->step = handling_step_parse(word)) == HANDLING_STEP_COUNT ||
	    order->step == HANDLING_STEP_OPEN)
		wrong = "step";
	else if (text && !json_text(text, &order->text))
		wrong = "text";
	else if (when && json_kind(when) != JSON_NULL_VALUE &&
	         (!json_text(when, &due) || time_parse_ms(due, &order->due_ns)))
		wrong = "due";
	if (wrong)
		body_refuse(x, wrong);
	return !wrong;
}

static verdict_t take(exchange_t *x, const handling_order_t *order)
{
	char room[ID_TEXT];
	err_detail_t detail = { 0 };
	handling_shown_t shown;
	handling_t *handling = x->api->spec.tree->handling;
	uint64_t seq = 0;
	err_t err = handling_order(handling, &x->request.caller, order, &seq, &detail);
	if (err)
		return detail.err ? exchange_tell(x, err, &detail)
		                  : exchange_refuse(x, err, NULL, (slice_t){ 0 });
	err = handling_get(handling, &order->id, &shown);
	if (err)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	event_t event = event_make(MSG_CASE_STEP, (node_time_t){ env_utc(x->api->env).ns });
	event_arg(&event, ARG_SUBJECT, value_text(x->request.caller.subject));
	event_arg(&event, ARG_NAME, value_text(id_text(&order->id, room)));
	event_arg(&event, ARG_COMMAND,
	          value_text(slice_str(handling_step_info(order->step)->text[LANG_EN])));
	x->reply.status = 201;
	put_case(x, &shown);
	return tree_desk_wait(x, seq, &event);
}

verdict_t case_step_post(exchange_t *x)
{
	handling_shown_t shown;
	if (!find(x, &shown) || !tree_desk_ready(x))
		return EXCHANGE_ANSWERED;
	handling_order_t order = { .id = shown.id };
	json_tree_t *doc = body_read(x);
	verdict_t verdict = EXCHANGE_ANSWERED;
	if (doc && read_order(x, doc, &order))
		verdict = take(x, &order);
	json_free(doc);
	return verdict;
}

/* The sheet of paper. */

verdict_t case_form_get(exchange_t *x)
{
	static const char *const words[] = { "notice", "order", "feedback" };
	handling_shown_t shown;
	slice_t kind = tree_ask_word(x, "kind");
	unsigned form = 0;
	while (form < sizeof(words) / sizeof(*words) && !slice_eq(kind, slice_str(words[form])))
		form++;
	if (!find(x, &shown))
		return EXCHANGE_ANSWERED;
	if (form == sizeof(words) / sizeof(*words))
		return tree_refuse_word(x, kind);
	double hours = x->api->spec.tree->config->office_utc_offset_h;
	handling_sheet_t sheet = { .form = (handling_form_t)form,
		                   .lang = x->request.lang,
		                   .shown = &shown,
		                   .offset_ns = (int64_t)(hours * (double)NS_PER_HOUR) };
	handling_form_put(&sheet,
	                  reply_text(&x->reply, "text/html; charset=utf-8", HANDLING_FORM_MAX));
	return EXCHANGE_ANSWERED;
}
