/* SPDX-License-Identifier: Apache-2.0 */
/* Figures that a person attests: one by a form, or many by a file, whose template is given. */
#include "api/body.h"
#include "api/figure_json.h"
#include "api/handlers.h"
#include "api/state.h"
#include "api/tree_ask.h"
#include "base/num.h"
#include "insight/declared.h"
#include "insight/periods.h"
#include "journal/event_log.h"

enum { TOLD_MAX = 1000, ROW_ROOM = 8192 };

static const err_text_t text_definition = {
	{ "there is no definition %1", "没有指标定义 %1" },
	{ "GET /api/v1/definitions lists them", "GET /api/v1/definitions 可列出" },
};
static const err_text_t text_period = {
	{ "the definition offers no period that begins there: %1", "该定义没有始于此时的周期：%1" },
	{ "begin where its calendar does: a month at midnight of its first day",
	  "请按日历取周期起点，如月度为当月 1 日零时" },
};
static const err_text_t text_scope = {
	{ "%1 is outside your scope", "%1 不在您的范围内" },
	{ "ask somebody whose scope holds it", "请由范围包含该实体的人员申报" },
};
static const err_text_t text_partly = {
	{ "not all figures of the file could be kept", "文件中的数据未能全部保存" },
	{ "send the file again: what is declared already is not declared twice",
	  "请重新提交该文件：已申报的不会重复申报" },
};
static const err_text_t text_part = {
	{ "the definition has no part called %1", "该定义没有组成量 %1" },
	{ "name the parts as GET /api/v1/definitions does",
	  "组成量名称见 GET /api/v1/definitions" },
};

/* What is being declared, and what came of it. */
typedef struct {
	exchange_t *x;
	const api_tree_t *tree;
	const definition_t *definition;
	periods_t *periods;
	err_t err; /* of a row; the problem is in the reply */
	size_t declared, unchanged;
} desk_t;

static bool refuse(desk_t *desk, err_t err, const err_text_t *text, slice_t arg)
{
	desk->err = err;
	exchange_refuse(desk->x, err, text, arg);
	return false;
}

/* Its node counts days as the first calendar of the configuration says. */
static bool begin(desk_t *desk, exchange_t *x)
{
	*desk = (desk_t){ .x = x, .tree = tree_ask(x) };
	if (!desk->tree)
		return false;
	const config_t *config = desk->tree->config;
	const config_calendar_t *calendar = config->calendar_count ? &config->calendars[0] : NULL;
	err_t err = periods_open(calendar, &desk->periods);
	return err ? refuse(desk, err, NULL, (slice_t){ 0 }) : true;
}

static bool find_definition(desk_t *desk, slice_t id, uint32_t version)
{
	desk->definition = definitions_find(desk->tree->packs->definitions, id, version);
	return desk->definition || refuse(desk, ERR_NOT_FOUND, &text_definition, id);
}

static bool is_span(const desk_t *desk, period_t period, int64_t from_ns, int64_t to_ns)
{
	span_t span;
	return definition_has_period(desk->definition, period) &&
	       periods_at(desk->periods, period, from_ns, &span) == ERR_OK &&
	       span.from_ns == from_ns && span.to_ns == to_ns;
}

/* Beyond what declared_make looks at: who may, and whether it is a period at all. */
static bool may(void *ctx, const declared_t *declared)
{
	desk_t *desk = ctx;
	char text[TIME_TEXT_MAX];
	bool is_period = false;
	for (unsigned i = 0; i < PERIOD_COUNT && !is_period; i++)
		is_period = is_span(desk, (period_t)i, declared->from_ns, declared->to_ns);
	if (!is_period)
		return refuse(desk, ERR_INVALID, &text_period,
		              slice_str(time_format(declared->from_ns, text)));
	return caller_holds(&desk->x->request.caller, declared->entity) ||
	       refuse(desk, ERR_DENIED, &text_scope, declared->entity);
}

static void tell(const desk_t *desk, const figure_t *figure)
{
	book_row_t row = { .key = { figure->key, figure->entity, { 0 } }, .figure = *figure };
	json_t *j = reply_json(&desk->x->reply, figure_room(&row));
	json_object(j);
	figure_put(desk->tree, &row, j);
	json_close(j);
}

/* What says the same as before stays as it was. */
static bool issue(void *ctx, const declared_t *declared)
{
	desk_t *desk = ctx;
	figure_t figure;
	err_detail_t detail = { 0 };
	uint64_t seq = 0;
	desk->err = declared_make(declared, &figure, &detail);
	if (desk->err) {
		exchange_tell(desk->x, desk->err, &detail);
		return false;
	}
	err_t err = book_issue(desk->tree->book, &figure, &seq);
	if (err)
		return refuse(desk, err, desk->declared ? &text_partly : NULL, (slice_t){ 0 });
	desk->unchanged += seq == 0;
	desk->declared += seq != 0;
	if (desk->declared + desk->unchanged <= TOLD_MAX)
		tell(desk, &figure);
	return true;
}

/* One, by a form. */

typedef struct {
	const definition_t *definition;
	expr_value_t *sums;
	slice_t strange; /* a name that is no part, or a value that is no number */
	bool is_strange;
} parts_t;

static bool read_part(void *ctx, slice_t name, const json_tree_t *value)
{
	parts_t *parts = ctx;
	for (size_t i = 0; i < parts->definition->part_count; i++)
		if (slice_eq(parts->definition->parts[i].name, name)) {
			parts->sums[i].is_there = json_number(value, &parts->sums[i].number);
			parts->is_strange = !parts->sums[i].is_there;
			parts->strange = name;
			return !parts->is_strange;
		}
	parts->strange = name;
	parts->is_strange = true;
	return false;
}

static bool read_times(desk_t *desk, const json_tree_t *doc, declared_t *declared)
{
	slice_t word, from;
	period_t period;
	span_t span;
	if (!json_text(json_member(doc, "period"), &word) || period_parse(word, &period)) {
		body_refuse(desk->x, "period");
		return false;
	}
	if (!json_text(json_member(doc, "from"), &from) ||
	    time_parse_ms(from, &declared->from_ns)) {
		body_refuse(desk->x, "from");
		return false;
	}
	if (periods_at(desk->periods, period, declared->from_ns, &span) ||
	    !is_span(desk, period, declared->from_ns, span.to_ns))
		return refuse(desk, ERR_INVALID, &text_period, from);
	declared->to_ns = span.to_ns;
	return true;
}

static bool read_what(desk_t *desk, const json_tree_t *doc)
{
	slice_t id;
	int64_t version = 0;
	const json_tree_t *of = json_member(doc, "version");
	const char *wrong = NULL;
	if (!json_text(json_member(doc, "definition"), &id))
		wrong = "definition";
	else if (of && !json_whole(of, 1, UINT32_MAX, &version))
		wrong = "version";
	if (wrong)
		body_refuse(desk->x, wrong);
	return !wrong && find_definition(desk, id, (uint32_t)version);
}

static bool read_form(desk_t *desk, const json_tree_t *doc, declared_t *declared)
{
	const json_tree_t *entity = json_member(doc, "entity"), *parts = json_member(doc, "parts");
	const char *wrong = NULL;
	parts_t read = { desk->definition, declared->sums, { 0 }, false };
	declared->entity = slice_str(desk->tree->config->node.prefix);
	if (!json_text(json_member(doc, "scope"), &declared->scope))
		wrong = "scope";
	else if (entity && !json_text(entity, &declared->entity))
		wrong = "entity";
	else if (json_kind(parts) != JSON_MEMBERS_VALUE)
		wrong = "parts";
	if (wrong) {
		body_refuse(desk->x, wrong);
		return false;
	}
	json_members(parts, read_part, &read);
	if (read.is_strange)
		return refuse(desk, ERR_INVALID, &text_part, read.strange);
	return read_times(desk, doc, declared) && may(desk, declared);
}

static verdict_t finish_one(desk_t *desk, const declared_t *declared, slice_t note)
{
	char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX];
	exchange_t *x = desk->x;
	uint64_t seq = journal_last(desk->tree->journal);
	event_t event = event_make(MSG_FIGURE_DECLARED, (node_time_t){ env_utc(x->api->env).ns });
	event_arg(&event, ARG_SUBJECT, value_text(x->request.caller.subject));
	event_arg(&event, ARG_NAME, value_text(desk->definition->id));
	event_arg(&event, ARG_IDENT, value_text(declared->entity));
	event_arg(&event, ARG_FROM, value_text(slice_str(time_format(declared->from_ns, from))));
	event_arg(&event, ARG_TO, value_text(slice_str(time_format(declared->to_ns, to))));
	if (note.len)
		event_arg(&event, ARG_REASON, value_text(note));
	x->reply.status = desk->unchanged ? 200 : 201;
	return tree_desk_wait(x, seq, desk->unchanged ? NULL : &event);
}

static verdict_t declare(desk_t *desk, const json_tree_t *doc)
{
	declared_t declared = { .attested_by = desk->x->request.caller.subject };
	const json_tree_t *text = json_member(doc, "note");
	slice_t note = { 0 };
	if (!read_what(desk, doc))
		return EXCHANGE_ANSWERED;
	declared.definition = desk->definition;
	if (!read_form(desk, doc, &declared))
		return EXCHANGE_ANSWERED;
	if (text && (!json_text(text, &note) || note.len > FIGURE_NAME_MAX))
		return body_refuse(desk->x, "note");
	if (!issue(desk, &declared))
		return EXCHANGE_ANSWERED;
	return finish_one(desk, &declared, note);
}

verdict_t figure_declared_post(exchange_t *x)
{
	desk_t desk;
	verdict_t verdict = EXCHANGE_ANSWERED;
	json_tree_t *doc = NULL;
	if (begin(&desk, x) && tree_desk_ready(x) && (doc = body_read(x)))
		verdict = declare(&desk, doc);
	json_free(doc);
	periods_close(desk.periods);
	return verdict;
}

/* Many, by a file. */

/* The definition of the file's first row; the template's header alone says none. */
static bool find_of_file(desk_t *desk, slice_t csv)
{
	uint64_t version = 0;
	(void)slice_cut(&csv, '\n');
	slice_t line = slice_trim(slice_cut(&csv, '\n'));
	slice_t id = slice_cut(&line, ','), text = slice_cut(&line, ',');
	if (num_parse_u64(text, UINT32_MAX, &version))
		version = 0;
	return find_definition(desk, id, (uint32_t)version);
}

static bool read_file(desk_t *desk, bool (*take)(void *ctx, const declared_t *declared))
{
	err_detail_t detail = { 0 };
	declared_reader_t reader = { desk->definition, desk->x->request.caller.subject, take,
		                     desk };
	err_t err = declared_read(desk->x->request.body, &reader, &detail);
	if (err)
		exchange_tell(desk->x, err, &detail);
	return !err && !desk->err;
}

static err_t note_file(const desk_t *desk)
{
	exchange_t *x = desk->x;
	event_t event = event_make(MSG_FIGURES_DECLARED, (node_time_t){ env_utc(x->api->env).ns });
	event_arg(&event, ARG_SUBJECT, value_text(x->request.caller.subject));
	event_arg(&event, ARG_NAME, value_text(desk->definition->id));
	event_arg(&event, ARG_COUNT, value_u64(desk->declared));
	return desk->declared ? event_append(x->api->spec.journal, &event) : ERR_OK;
}

static verdict_t declare_file(desk_t *desk)
{
	exchange_t *x = desk->x;
	if (!find_of_file(desk, x->request.body) || !read_file(desk, may))
		return EXCHANGE_ANSWERED;
	reply_items(&x->reply, TREE_ROOM);
	bool is_whole = read_file(desk, issue);
	err_t err = note_file(desk);
	if (err)
		return exchange_refuse(x, err, &text_partly, (slice_t){ 0 });
	if (!is_whole)
		return EXCHANGE_ANSWERED;
	json_close(reply_json(&x->reply, TREE_ROOM));
	json_put_u64(&x->reply.json, "declared", desk->declared);
	json_put_u64(&x->reply.json, "unchanged", desk->unchanged);
	json_close(&x->reply.json);
	x->reply.status = desk->declared ? 201 : 200;
	return tree_desk_wait(x, journal_last(desk->tree->journal), NULL);
}

verdict_t figures_declared_csv_post(exchange_t *x)
{
	desk_t desk;
	verdict_t verdict = EXCHANGE_ANSWERED;
	if (begin(&desk, x) && tree_desk_ready(x))
		verdict = declare_file(&desk);
	periods_close(desk.periods);
	return verdict;
}

/* The template. */

static bool put_sums(void *ctx, const book_row_t *row)
{
	declared_t *declared = ctx;
	for (size_t i = 0; i < row->figure.part_count; i++)
		if (row->figure.parts[i].kind == PART_SUM)
			declared->sums[i] = (expr_value_t){
				.is_there = row->figure.parts[i].is_there,
				.number = row->figure.parts[i].sum
			};
	return true;
}

/* With what is declared already. */
static err_t put_row(desk_t *desk, declared_t *declared, slice_t entity)
{
	memset(declared->sums, 0, sizeof(declared->sums));
	declared->entity = entity;
	book_question_t question = {
		.key = { { desk->definition->id, desk->definition->version, declared->scope,
		           declared->from_ns, declared->to_ns },
		         entity,
		         { 0 } },
	};
	err_t err = book_get(desk->tree->book, &question, put_sums, declared);
	if (err && err != ERR_NOT_FOUND)
		return err;
	declared_template_row(declared,
	                      reply_text(&desk->x->reply, "text/csv; charset=utf-8", ROW_ROOM));
	return ERR_OK;
}

static bool read_period(desk_t *desk, declared_t *declared)
{
	slice_t word = tree_ask_word(desk->x, "period");
	period_t period = PERIOD_QUARTER_HOUR;
	int64_t at_ns = 0;
	span_t span;
	while (word.len == 0 && !definition_has_period(desk->definition, period))
		period++;
	if (word.len &&
	    (period_parse(word, &period) || !definition_has_period(desk->definition, period))) {
		tree_refuse_word(desk->x, word);
		return false;
	}
	if (!tree_ask_time(desk->x, "from", &at_ns))
		return false;
	err_t err = at_ns ? periods_at(desk->periods, period, at_ns, &span)
	                  : periods_ended(desk->periods, period, env_utc(desk->x->api->env).ns,
	                                  &span);
	if (err)
		return refuse(desk, err, NULL, (slice_t){ 0 });
	declared->from_ns = span.from_ns;
	declared->to_ns = span.to_ns;
	return true;
}

static err_t put_template(desk_t *desk, declared_t *declared)
{
	exchange_t *x = desk->x;
	slice_t entity;
	err_t err = ERR_OK;
	declared_template(desk->definition,
	                  reply_text(&x->reply, "text/csv; charset=utf-8", 4 * ROW_ROOM));
	if (!request_query(&x->request, "entity", 0, &entity))
		return put_row(desk, declared, slice_str(desk->tree->config->node.prefix));
	for (size_t i = 0; !err && request_query(&x->request, "entity", i, &entity); i++)
		err = put_row(desk, declared, entity);
	return err;
}

static verdict_t answer_template(desk_t *desk)
{
	exchange_t *x = desk->x;
	slice_t text = tree_ask_word(x, "version");
	uint64_t version = 0;
	if (text.len && num_parse_u64(text, UINT32_MAX, &version))
		return tree_refuse_word(x, text);
	if (!find_definition(desk, tree_ask_word(x, "definition"), (uint32_t)version))
		return EXCHANGE_ANSWERED;
	declared_t declared = { .definition = desk->definition,
		                .scope = tree_ask_word(x, "scope") };
	if (declared.scope.len == 0)
		declared.scope = desk->definition->scopes[0].id;
	if (!definition_has_scope(desk->definition, declared.scope))
		return tree_refuse_word(x, declared.scope);
	if (!read_period(desk, &declared))
		return EXCHANGE_ANSWERED;
	err_t err = put_template(desk, &declared);
	if (err)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	reply_header(&x->reply, "Content-Disposition", "attachment; filename=\"declared.csv\"");
	return EXCHANGE_ANSWERED;
}

verdict_t figures_declared_csv_get(exchange_t *x)
{
	desk_t desk;
	verdict_t verdict = EXCHANGE_ANSWERED;
	if (begin(&desk, x))
		verdict = answer_template(&desk);
	periods_close(desk.periods);
	return verdict;
}
