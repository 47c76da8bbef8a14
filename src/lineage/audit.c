/* SPDX-License-Identifier: Apache-2.0 */
#include "lineage/audit.h"

#include <stdlib.h>

#include "base/json.h"

enum { REPORT_MIN = 64 << 10, REPORT_OF_ROW = 2048, ARENA_MIN = 64 << 10 };

struct audit {
	audit_spec_t spec;
	lineage_question_t question; /* borrows `room` */
	uint8_t room[LINEAGE_QUESTION_MAX];
	slice_t *parts;
	uint8_t **owned; /* their bytes */
	size_t count, cap, bytes;
	size_t rows; /* of all sheets */
	bool is_cut;
	json_t json;
};

static void free_audit(audit_t *a)
{
	for (size_t i = 0; i < a->count; i++)
		free(a->owned[i]);
	free(a->owned);
	free(a->parts);
	free(a);
}

/* Keeping parts */

static size_t count_rows(slice_t part)
{
	lineage_part_kind_t kind;
	lineage_sheet_t sheet;
	lineage_row_t row;
	slice_t body;
	size_t count = 0;
	if (lineage_part_read(part, &kind, &body) || kind != LINEAGE_PART_SHEET ||
	    lineage_sheet_read(body, &sheet))
		return 0;
	reader_t rows = reader_of(sheet.rows);
	while (lineage_row_next(&rows, &row))
		count++;
	return count;
}

static bool make_room(audit_t *a)
{
	if (a->count < a->cap)
		return true;
	size_t cap = a->cap ? 2 * a->cap : 64;
	slice_t *parts = realloc(a->parts, cap * sizeof(*parts));
	if (!parts)
		return false;
	a->parts = parts;
	uint8_t **owned = realloc(a->owned, cap * sizeof(*owned));
	if (!owned)
		return false;
	a->owned = owned;
	a->cap = cap;
	return true;
}

static void take_part(void *ctx, slice_t part)
{
	audit_t *a = ctx;
	uint8_t *copy = a->bytes + part.len <= AUDIT_BYTES_MAX && make_room(a) ? malloc(part.len)
	                                                                       : NULL;
	if (!copy) {
		a->is_cut = true;
		return;
	}
	memcpy(copy, part.ptr, part.len);
	a->owned[a->count] = copy;
	a->parts[a->count++] = slice_of(copy, part.len);
	a->bytes += part.len;
	a->rows += count_rows(part);
}

/* The report */

static void put_inputs(slice_t inputs, json_t *j)
{
	reader_t r = reader_of(inputs);
	lineage_input_t input;
	json_key(j, "inputs");
	json_array(j);
	while (lineage_input_next(&r, &input)) {
		json_object(j);
		json_put_str(j, "name", input.name);
		json_put_str(j, "point", input.point);
		json_close(j);
	}
	json_close(j);
}

static void put_difference(const lineage_finding_t *f, json_t *j)
{
	if (f->by == LINEAGE_BY_NOWHERE)
		return;
	json_put_cstr(j, "by", lineage_difference_name(f->by));
	if (f->by == LINEAGE_BY_PART)
		json_put_u64(j, "part", f->part);
	if (f->by != LINEAGE_BY_PART && f->by != LINEAGE_BY_VALUE)
		return;
	json_put_f64(j, "wanted", f->wanted);
	json_put_f64(j, "found", f->found);
}

static void put_figure(const figure_t *figure, json_t *j)
{
	json_put_cstr(j, "origin", figure_origin_name(figure->origin));
	if (figure->has_value)
		json_put_f64(j, "value", figure->value);
	if (figure->attested_by.len)
		json_put_str(j, "attested_by", figure->attested_by);
}

static void put_finding(void *ctx, const lineage_finding_t *f)
{
	json_t *j = ctx;
	json_object(j);
	json_put_u64(j, "level", f->level);
	json_put_str(j, "entity", f->entity);
	if (f->above.len)
		json_put_str(j, "above", f->above);
	json_put_u64(j, "revision", f->revision);
	if (f->latest > f->revision)
		json_put_u64(j, "latest", f->latest);
	json_put_cstr(j, "verdict", lineage_verdict_name(f->verdict));
	if (f->reason)
		json_put_cstr(j, "reason", lineage_reason_name(f->reason));
	put_difference(f, j);
	if (f->place.len)
		json_put_str(j, "place", f->place);
	json_put_bool(j, "signed", f->is_signed);
	if (f->has_figure)
		put_figure(&f->figure, j);
	if (f->inputs.len)
		put_inputs(f->inputs, j);
	json_close(j);
}

typedef struct {
	uint8_t *arena, *report;
	rollup_t *rollup;
	size_t arena_cap, report_cap;
} memory_t;

static bool get_memory(const audit_t *a, memory_t *m)
{
	m->arena_cap = ARENA_MIN + LINEAGE_CHECK_BYTES * (a->count + a->rows);
	m->report_cap = REPORT_MIN + REPORT_OF_ROW * (a->count + a->rows) + 2 * a->bytes;
	m->arena = malloc(m->arena_cap);
	m->report = malloc(m->report_cap);
	m->rollup = malloc(sizeof(*m->rollup));
	return m->arena && m->report && m->rollup;
}

static err_t write_report(audit_t *a, const memory_t *m)
{
	arena_t arena = arena_of(m->arena, m->arena_cap);
	lineage_tally_t tally;
	json_t *j = &a->json;
	*j = json_of(m->report, m->report_cap);
	lineage_check_t check = { .node = a->spec.node,
		                  .question = &a->question,
		                  .definitions = a->spec.definitions,
		                  .parts = a->parts,
		                  .part_count = a->count,
		                  .arena = &arena,
		                  .rollup = m->rollup,
		                  .found = put_finding,
		                  .ctx = j };
	json_object(j);
	json_put_u64(j, "depth", a->question.depth);
	json_key(j, "figures");
	json_array(j);
	err_t err = lineage_check(&check, &tally);
	if (err)
		return err;
	json_close(j);
	json_put_cstr(j, "verdict", tally.is_red ? "red" : tally.is_whole ? "equal" : "partly");
	json_put_u64(j, "unread", tally.unread);
	json_put_bool(j, "cut", a->is_cut);
	json_close(j);
	return json_ok(j) ? ERR_OK : ERR_LIMIT;
}

static void on_done(void *ctx)
{
	audit_t *a = ctx;
	memory_t m;
	err_t err = get_memory(a, &m) ? write_report(a, &m) : ERR_NO_MEMORY;
	a->spec.done(a->spec.ctx, err, err ? (slice_t){ 0 } : json_done(&a->json));
	free(m.arena);
	free(m.report);
	free(m.rollup);
	free_audit(a);
}

err_t audit_start(const audit_spec_t *spec, audit_t **ret_audit)
{
	audit_t *a = calloc(1, sizeof(*a));
	if (!a)
		return ERR_NO_MEMORY;
	a->spec = *spec;
	lineage_question_t question = { .asker = spec->node,
		                        .key = spec->key,
		                        .entity = spec->entity,
		                        .revision = spec->revision,
		                        .depth = spec->depth };
	writer_t w = writer_of(a->room, sizeof(a->room));
	env_random(spec->env, question.mark, sizeof(question.mark));
	err_t err = lineage_question_put(&question, &w);
	/* What was written is kept, since the caller's names need not last. */
	if (!err)
		err = lineage_question_read(writer_done(&w), &a->question);
	if (!err)
		err = desk_ask(spec->desk, &a->question, &(desk_sink_t){ a, take_part, on_done });
	if (err)
		free_audit(a);
	else
		*ret_audit = a;
	return err;
}

void audit_cancel(audit_t *a)
{
	desk_forget(a->spec.desk, a);
	free_audit(a);
}
