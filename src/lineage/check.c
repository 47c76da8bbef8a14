/* SPDX-License-Identifier: Apache-2.0 */
#include "lineage/check.h"

#include "base/num.h"
#include "codec/uplink/uplink.h"
#include "lineage/sheet.h"

static const struct {
	const char *name;
	bool is_red;
	const char *text[LANG_COUNT];
} VERDICTS[LINEAGE_VERDICT_COUNT] = {
#define X(name, word, red, en, zh) { word, red, { en, zh } },
	LINEAGE_VERDICT_ROWS(X)
#undef X
};

static const struct {
	const char *name;
	const char *text[LANG_COUNT];
} DIFFERENCES[LINEAGE_DIFFERENCE_COUNT] = {
#define X(name, word, en, zh) { word, { en, zh } },
	LINEAGE_DIFFERENCE_ROWS(X)
#undef X
};

const char *lineage_verdict_name(lineage_verdict_t verdict)
{
	return VERDICTS[verdict].name;
}

const char *lineage_verdict_text(lineage_verdict_t verdict, lang_t lang)
{
	return VERDICTS[verdict].text[lang];
}

bool lineage_verdict_is_red(lineage_verdict_t verdict)
{
	return VERDICTS[verdict].is_red;
}

const char *lineage_difference_text(lineage_difference_t difference, lang_t lang)
{
	return DIFFERENCES[difference].text[lang];
}

const char *lineage_difference_name(lineage_difference_t difference)
{
	return DIFFERENCES[difference].name;
}

/* A part that was read. */
typedef struct {
	lineage_part_kind_t kind;
	lineage_sheet_t sheet;
	slice_t entity; /* that its question names, with the revision */
	uint32_t revision;
	uplink_batch_t batch;
} seen_t;

typedef struct {
	const lineage_check_t *check;
	seen_t *seen;
	size_t seen_count;
	lineage_tally_t tally;
} checker_t;

/* Who answers for a figure, and the keys he signs by. */
typedef struct {
	slice_t node;
	const slice_t *keys;
	size_t key_count;
	bool is_self; /* who checks: he needs no signature */
} owner_t;

/* A figure that is to be checked. */
typedef struct {
	const lineage_row_t *row; /* of the sheet above; NULL: the figure that was asked about */
	figure_t figure;          /* as its item says */
	owner_t owner;
	bool is_place; /* of a place of the node above, which said so in its signed sheet */
	slice_t above;
	unsigned level;
} target_t;

/* Reading the parts */

/* Whether the sheet is of this question: of what was asked only entity and revision change on
 * the way down. */
static bool is_of_question(const checker_t *c, seen_t *seen)
{
	const lineage_question_t *asked = c->check->question;
	lineage_question_t q;
	if (lineage_question_read(seen->sheet.question, &q) ||
	    memcmp(q.mark, asked->mark, sizeof(q.mark)) != 0 ||
	    figure_key_cmp(&q.key, &asked->key) != 0)
		return false;
	seen->entity = q.entity;
	seen->revision = q.revision;
	return true;
}

static bool read_part(const checker_t *c, slice_t part, seen_t *ret_seen)
{
	slice_t body;
	if (lineage_part_read(part, &ret_seen->kind, &body))
		return false;
	if (ret_seen->kind == LINEAGE_PART_BATCH)
		return uplink_batch_read(body, &ret_seen->batch) == ERR_OK;
	return lineage_sheet_read(body, &ret_seen->sheet) == ERR_OK && is_of_question(c, ret_seen);
}

static err_t read_parts(checker_t *c)
{
	c->seen = ARENA_NEW(c->check->arena, seen_t, c->check->part_count);
	if (!c->seen && c->check->part_count)
		return ERR_LIMIT;
	for (size_t i = 0; i < c->check->part_count; i++)
		if (read_part(c, c->check->parts[i], &c->seen[c->seen_count]))
			c->seen_count++;
		else
			c->tally.unread++;
	return ERR_OK;
}

/* Signatures */

static bool is_sheet_signed(const target_t *target, const seen_t *seen)
{
	uint8_t hash[UPLINK_HASH_BYTES];
	const lineage_sheet_t *sheet = &seen->sheet;
	const owner_t *owner = &target->owner;
	if (!slice_eq(sheet->node, owner->node) || owner->is_self)
		return owner->is_self && slice_eq(sheet->node, owner->node);
	seal_hash(UPLINK_TAG_SHEET, sheet->covered, hash);
	return sheet_is_signed(owner->keys, owner->key_count, hash, sheet->signature);
}

/* The sheet of a figure that begins with the row of this number; NULL: none is there that its
 * node has signed. */
static const lineage_sheet_t *find_sheet(checker_t *c, const target_t *target, uint32_t first)
{
	const lineage_question_t *asked = c->check->question;
	slice_t entity = target->row ? target->row->entity : asked->entity;
	uint32_t revision = target->row ? target->row->revision : asked->revision;
	for (size_t i = 0; i < c->seen_count; i++) {
		const seen_t *seen = &c->seen[i];
		if (seen->kind != LINEAGE_PART_SHEET || seen->sheet.first != first ||
		    seen->revision != revision || !slice_eq(seen->entity, entity))
			continue;
		if (is_sheet_signed(target, seen))
			return &seen->sheet;
		c->tally.unread++;
	}
	return NULL;
}

static bool has_item(const uplink_batch_t *batch, slice_t body)
{
	uplink_items_t items = uplink_items_of(batch);
	uplink_item_t item;
	while (uplink_item_next(&items, &item))
		if (slice_eq(item.body, body))
			return true;
	return false;
}

typedef enum { PROOF_NONE, PROOF_GOOD, PROOF_BAD } proof_t;

/* Whether the child has signed the batch that its item came in. */
static proof_t prove_item(const checker_t *c, const lineage_row_t *row)
{
	proof_t proof = PROOF_NONE;
	for (size_t i = 0; i < c->seen_count && proof != PROOF_GOOD; i++) {
		const uplink_batch_t *batch = &c->seen[i].batch;
		uint8_t hash[UPLINK_HASH_BYTES];
		if (c->seen[i].kind != LINEAGE_PART_BATCH ||
		    batch->envelope.stream != UPLINK_INDICATORS ||
		    !slice_eq(batch->envelope.node, row->entity) || !has_item(batch, row->item))
			continue;
		seal_hash(UPLINK_TAG_BATCH, batch->hashed, hash);
		proof = sheet_is_signed(row->keys, row->key_count, hash, batch->signature)
		                ? PROOF_GOOD
		                : PROOF_BAD;
	}
	return proof;
}

/* Comparing */

static void differ(lineage_finding_t *f, lineage_difference_t by)
{
	f->verdict = LINEAGE_IS_DIFFERS;
	f->by = by;
}

static bool is_same_number(double a, double b)
{
	return num_bits(a) == num_bits(b) || a == b;
}

static bool is_same_part(const part_t *a, const part_t *b)
{
	if (a->kind != b->kind || a->is_there != b->is_there)
		return false;
	return !a->is_there || (a->kind == PART_SUM ? is_same_number(a->sum, b->sum)
	                                            : slice_eq(a->bytes, b->bytes));
}

static bool compare_parts(const figure_t *wanted, const figure_t *found, lineage_finding_t *f)
{
	size_t i = 0;
	while (i < wanted->part_count && i < found->part_count &&
	       is_same_part(&wanted->parts[i], &found->parts[i]))
		i++;
	if (i == wanted->part_count && i == found->part_count)
		return true;
	differ(f, LINEAGE_BY_PART);
	f->part = i;
	f->wanted = i < wanted->part_count ? wanted->parts[i].sum : 0;
	f->found = i < found->part_count ? found->parts[i].sum : 0;
	return false;
}

static bool is_same_value(const figure_t *a, const figure_t *b)
{
	if (a->has_value != b->has_value)
		return false;
	return a->has_value ? is_same_number(a->value, b->value) : slice_eq(a->lack, b->lack);
}

/* Of silent children it is not known here for how many they stand. */
static bool are_same_counts(const figure_t *wanted, const figure_t *found, bool has_silent)
{
	return wanted->reporting == found->reporting && wanted->declared == found->declared &&
	       is_same_number(wanted->coverage, found->coverage) &&
	       (has_silent ? wanted->expected <= found->expected
	                   : wanted->expected == found->expected);
}

static void compare(const figure_t *wanted, const figure_t *found, bool has_silent,
                    lineage_finding_t *f)
{
	if (!compare_parts(wanted, found, f))
		return;
	if (!is_same_value(wanted, found)) {
		differ(f, LINEAGE_BY_VALUE);
		f->wanted = wanted->value;
		f->found = found->value;
	} else if (!are_same_counts(wanted, found, has_silent)) {
		differ(f, LINEAGE_BY_COUNTS);
	}
}

/* What comes up leaves out of whom it was made. */
static bool says_same(const figure_t *sent, const figure_t *told)
{
	figure_t like = *told;
	like.sources = sent->sources;
	return sent->revision == told->revision && sent->issued_ns == told->issued_ns &&
	       figure_says_same(sent, &like);
}

/* A rolled figure */

/* Its rows, in however many sheets. */
typedef struct {
	checker_t *c;
	const target_t *target;
	const lineage_sheet_t *sheet;
	reader_t in;
	uint32_t next;
} rows_t;

static bool next_row(rows_t *rows, lineage_row_t *ret_row)
{
	if (rows->in.in.len == 0 && !rows->sheet->is_last && rows->next > rows->sheet->first) {
		const lineage_sheet_t *sheet = find_sheet(rows->c, rows->target, rows->next);
		if (!sheet)
			return false;
		rows->sheet = sheet;
		rows->in = reader_of(sheet->rows);
	}
	rows->next++;
	return lineage_row_next(&rows->in, ret_row);
}

/* What went into a figure. */
typedef struct {
	lineage_row_t *rows;
	figure_t *figures; /* of rows that have one: `is_there` */
	bool *is_there, *is_place;
	rollup_child_t *children;
	size_t child_count, row_count;
	bool has_silent;
} made_of_t;

static size_t count_sources(const figure_t *figure)
{
	reader_t r = reader_of(figure->sources);
	figure_source_t source;
	size_t count = 0;
	while (figure_source_next(&r, &source))
		count++;
	return count;
}

static bool make_room(arena_t *arena, size_t count, made_of_t *ret_made)
{
	made_of_t made = { .rows = ARENA_NEW(arena, lineage_row_t, count + 1),
		           .figures = ARENA_NEW(arena, figure_t, count + 1),
		           .is_there = ARENA_NEW(arena, bool, count + 1),
		           .is_place = ARENA_NEW(arena, bool, count + 1),
		           .children = ARENA_NEW(arena, rollup_child_t, count + 1) };
	*ret_made = made;
	return made.rows && made.figures && made.is_there && made.is_place && made.children;
}

/* The figure of a row is the one that the row names: of a child, or of a place of the node. */
static bool read_item(const rows_t *from, const lineage_row_t *row, figure_t *ret_figure,
                      bool *ret_is_place)
{
	slice_t node;
	if (figure_item_decode(row->item, &node, ret_figure))
		return false;
	*ret_is_place = slice_eq(node, from->target->owner.node);
	return (*ret_is_place || slice_eq(node, row->entity)) &&
	       slice_eq(ret_figure->entity, row->entity) && ret_figure->revision == row->revision &&
	       figure_key_cmp(&ret_figure->key, &from->c->check->question->key) == 0;
}

/* Holds the rows against the sources that the figure names. */
static bool take_rows(rows_t *from, const figure_t *figure, made_of_t *made, lineage_finding_t *f)
{
	reader_t sources = reader_of(figure->sources);
	figure_source_t source;
	while (figure_source_next(&sources, &source)) {
		lineage_row_t *row = &made->rows[made->row_count];
		made->children[made->child_count++] = (rollup_child_t){ source.entity, 0 };
		made->has_silent |= source.revision == 0;
		if (source.revision == 0)
			continue;
		if (!next_row(from, row) || !slice_eq(row->entity, source.entity) ||
		    row->revision != source.revision)
			return false;
		made->is_there[made->row_count] = row->reason == LINEAGE_NONE;
		if (row->reason == LINEAGE_NONE &&
		    !read_item(from, row, &made->figures[made->row_count],
		               &made->is_place[made->row_count]))
			return false;
		made->row_count++;
		if (row->reason == LINEAGE_DAMAGED)
			f->verdict = LINEAGE_IS_DAMAGED;
		else if (row->reason && f->verdict == LINEAGE_IS_EQUAL)
			f->verdict = LINEAGE_IS_UNANSWERED;
		f->reason = row->reason ? row->reason : f->reason;
	}
	lineage_row_t more;
	return !next_row(from, &more);
}

static void add_again(const checker_t *c, const figure_t *figure, const made_of_t *made,
                      lineage_finding_t *f)
{
	const definition_t *definition = definitions_find(
		c->check->definitions, figure->key.definition, figure->key.version);
	figure_t sum;
	err_detail_t why;
	if (!definition) {
		f->verdict = LINEAGE_IS_UNANSWERED;
		f->by = LINEAGE_BY_DEFINITION;
		return;
	}
	rollup_spec_t spec = { .definition = definition,
		               .scope = figure->key.scope,
		               .from_ns = figure->key.from_ns,
		               .to_ns = figure->key.to_ns,
		               .entity = figure->entity,
		               .children = made->children,
		               .child_count = made->child_count,
		               .figures = made->figures,
		               .figure_count = made->row_count };
	if (rollup_make(&spec, c->check->rollup, &sum, &why))
		differ(f, LINEAGE_BY_ADDING);
	else
		compare(&sum, figure, made->has_silent, f);
}

static err_t check_rolled(checker_t *c, const target_t *target, const lineage_sheet_t *sheet,
                          made_of_t *made, lineage_finding_t *f)
{
	rows_t rows = { c, target, sheet, reader_of(sheet->rows), sheet->first };
	if (!make_room(c->check->arena, count_sources(&f->figure), made))
		return ERR_LIMIT;
	if (!take_rows(&rows, &f->figure, made, f)) {
		made->row_count = 0;
		differ(f, LINEAGE_BY_ROWS);
	} else if (f->verdict == LINEAGE_IS_EQUAL) {
		add_again(c, &f->figure, made, f);
	}
	return ERR_OK;
}

/* A measured one */

static void check_measured(const lineage_sheet_t *sheet, lineage_finding_t *f)
{
	figure_t again;
	f->inputs = sheet->inputs;
	f->place = sheet->place;
	f->reason = sheet->again_reason;
	if (sheet->again_reason == LINEAGE_DAMAGED)
		f->verdict = LINEAGE_IS_DAMAGED;
	else if (sheet->again_reason)
		f->verdict = LINEAGE_IS_UNANSWERED;
	else if (figure_decode(sheet->again, &again))
		differ(f, LINEAGE_BY_ROWS);
	else
		compare(&again, &f->figure, false, f);
}

/* Going down */

static void tell(checker_t *c, const lineage_finding_t *f)
{
	c->tally.count[f->verdict]++;
	c->tally.is_red |= lineage_verdict_is_red(f->verdict);
	if (c->check->found)
		c->check->found(c->check->ctx, f);
}

/* Nothing was heard of who issued it: it stands by the signature it came with. */
static void judge_unopened(const checker_t *c, const target_t *target, proof_t proof,
                           lineage_finding_t *f)
{
	bool is_asked = target->level < c->check->question->depth;
	f->reason = is_asked ? LINEAGE_SILENT : LINEAGE_NONE;
	f->verdict = LINEAGE_IS_UNANSWERED;
	if (proof == PROOF_BAD)
		f->verdict = LINEAGE_IS_UNPROVED;
	else if (proof == PROOF_GOOD)
		f->verdict = LINEAGE_IS_SIGNED;
	else if (!is_asked)
		f->reason = LINEAGE_CONTRACT;
}

/* Whether the sheet has the figure that it should. */
static bool take_figure(const target_t *target, const lineage_sheet_t *sheet, lineage_finding_t *f)
{
	f->latest = sheet->latest > f->latest ? sheet->latest : f->latest;
	if (sheet->reason) {
		f->verdict = sheet->reason == LINEAGE_DAMAGED ? LINEAGE_IS_DAMAGED
		                                              : LINEAGE_IS_UNANSWERED;
		f->reason = sheet->reason;
		f->place = sheet->place;
		return false;
	}
	figure_t told;
	if (figure_decode(sheet->figure, &told) ||
	    (target->row ? !says_same(&target->figure, &told)
	                 : !slice_eq(told.entity, f->entity) || told.revision != f->revision)) {
		differ(f, LINEAGE_BY_FIGURE);
		return false;
	}
	f->figure = told;
	f->has_figure = true;
	return true;
}

static err_t judge(checker_t *c, const target_t *target, made_of_t *made, lineage_finding_t *f)
{
	proof_t proof = target->is_place ? PROOF_GOOD
	                : target->row    ? prove_item(c, target->row)
	                                 : PROOF_NONE;
	const lineage_sheet_t *sheet = find_sheet(c, target, 0);
	f->is_signed = proof == PROOF_GOOD;
	if (!sheet) {
		judge_unopened(c, target, proof, f);
		return ERR_OK;
	}
	if (!take_figure(target, sheet, f))
		return ERR_OK;
	if (f->figure.origin == FIGURE_ROLLED)
		return check_rolled(c, target, sheet, made, f);
	if (f->figure.origin == FIGURE_DECLARED)
		f->verdict = LINEAGE_IS_ATTESTED;
	else
		check_measured(sheet, f);
	return ERR_OK;
}

static lineage_finding_t begin(const checker_t *c, const target_t *target)
{
	const lineage_question_t *asked = c->check->question;
	const lineage_row_t *row = target->row;
	return (lineage_finding_t){ .level = target->level,
		                    .entity = row ? row->entity : asked->entity,
		                    .above = target->above,
		                    .revision = row ? row->revision : asked->revision,
		                    .latest = row ? row->latest : 0,
		                    .verdict = LINEAGE_IS_EQUAL,
		                    .has_figure = row != NULL,
		                    .figure = target->figure };
}

/* A child whose figure the parent has not shown is told as it was answered. */
static void tell_unshown(checker_t *c, const target_t *target)
{
	lineage_finding_t f = begin(c, target);
	f.reason = target->row->reason;
	f.verdict = f.reason == LINEAGE_DAMAGED ? LINEAGE_IS_DAMAGED : LINEAGE_IS_UNANSWERED;
	f.has_figure = false;
	tell(c, &f);
}

static target_t target_below(const target_t *above, const made_of_t *made, size_t i)
{
	const lineage_row_t *row = &made->rows[i];
	owner_t child = { row->entity, row->keys, row->key_count, false };
	return (target_t){ .row = row,
		           .figure = made->figures[i],
		           .owner = made->is_place[i] ? above->owner : child,
		           .is_place = made->is_place[i],
		           .level = above->level + 1 };
}

/* Recursion goes no deeper than LINEAGE_DEPTH_MAX. */
static err_t check_figure(checker_t *c, const target_t *target)
{
	arena_t *arena = c->check->arena;
	size_t used = arena->used;
	made_of_t made = { .row_count = 0 };
	lineage_finding_t f = begin(c, target);
	err_t err = judge(c, target, &made, &f);
	if (!err)
		tell(c, &f);
	for (size_t i = 0; i < made.row_count && !err; i++) {
		target_t below = target_below(target, &made, i);
		below.above = f.entity;
		if (!made.is_there[i])
			tell_unshown(c, &below);
		else if (below.level <= LINEAGE_DEPTH_MAX)
			err = check_figure(c, &below);
	}
	arena->used = used;
	return err;
}

err_t lineage_check(const lineage_check_t *check, lineage_tally_t *ret_tally)
{
	checker_t c = { .check = check };
	size_t used = check->arena->used;
	target_t top = { .owner = { .node = check->node, .is_self = true } };
	err_t err = read_parts(&c);
	if (!err)
		err = check_figure(&c, &top);
	check->arena->used = used;
	if (err)
		return err;
	const uint64_t *count = c.tally.count;
	c.tally.is_whole = count[LINEAGE_IS_UNANSWERED] + count[LINEAGE_IS_SIGNED] == 0;
	*ret_tally = c.tally;
	return ERR_OK;
}
