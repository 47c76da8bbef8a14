/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/rollup.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define REASON_ROWS(X) \
	X(DEFINITION, "figures of the definition %1 are added, and this one is of %2", \
	  "汇总的指标定义为 %1，而该数值的定义为 %2", \
	  "take the child's figure of the same definition", "请取该下级相同定义的数值") \
	X(VERSION, \
	  "figures of version %1 of the definition are added, and this one is of version %2", \
	  "汇总的指标定义版本为 %1，而该数值的版本为 %2", \
	  "bring parent and child to the same version of the pack", \
	  "请将上下级的指标包升级到同一版本") \
	X(SCOPE, "figures of the scope %1 are added, and this one is of the scope %2", \
	  "汇总的统计口径为 %1，而该数值的口径为 %2", \
	  "roll each scope up by itself: figures of different scopes are not comparable", \
	  "请按各口径分别汇总：口径不同的数值不可相加") \
	X(PERIOD, "figures of the period %1 are added, and this one is of %2", \
	  "汇总的统计周期为 %1，而该数值的周期为 %2", \
	  "take the child's figure of the same period and time zone", \
	  "请取该下级相同周期、相同时区的数值") \
	X(PARTS, "the definition has %1 parts, and this figure has %2", \
	  "该定义有 %1 个组成量，而该数值有 %2 个", "have the child issue its figure again", \
	  "请让该下级重新发布该数值") \
	X(PART, "part %1 is a %2 that this definition cannot add", \
	  "组成量 %1（%2）无法按该定义相加", "have the child issue its figure again", \
	  "请让该下级重新发布该数值") \
	X(STRANGER, "this one is not among the children", "该实体不在下级名单中", \
	  "enrol it, or leave its figure out", "请先登记该实体，或去除其数值") \
	X(TWICE, "there are two figures of this child", "该下级有两个数值", \
	  "take the latest revision alone", "请只取最新修订的数值")

#define X(name, en, zh, fix_en, fix_zh) REASON_##name,
enum { REASON_ROWS(X) REASON_COUNT };
#undef X

static const err_text_t REASONS[] = {
#define X(name, en, zh, fix_en, fix_zh) { { en, zh }, { fix_en, fix_zh } },
	REASON_ROWS(X)
#undef X
};

enum { PLACE_MAX = ERR_WHERE_MAX, PERIOD_TEXT = 2 * TIME_TEXT_MAX };

/* Of the child `figure` is of; arguments as in the row of the reason. */
static err_t refuse(err_detail_t *ret_detail, unsigned reason, const figure_t *figure,
                    const char *wanted, const char *found)
{
	char where[PLACE_MAX];
	slice_to_cstr(slice_sub(figure->entity, 0, PLACE_MAX - 1), where, sizeof(where));
	return err_raise(ret_detail, ERR_CONFLICT, &REASONS[reason], where, wanted, found, NULL);
}

static err_t refuse_slices(err_detail_t *ret_detail, unsigned reason, const figure_t *figure,
                           slice_t wanted, slice_t found)
{
	char texts[2][FIGURE_NAME_MAX + 1];
	slice_to_cstr(slice_sub(wanted, 0, FIGURE_NAME_MAX), texts[0], sizeof(texts[0]));
	slice_to_cstr(slice_sub(found, 0, FIGURE_NAME_MAX), texts[1], sizeof(texts[1]));
	return refuse(ret_detail, reason, figure, texts[0], texts[1]);
}

static err_t refuse_numbers(err_detail_t *ret_detail, unsigned reason, const figure_t *figure,
                            uint64_t wanted, uint64_t found)
{
	char texts[2][24];
	(void)snprintf(texts[0], sizeof(texts[0]), "%" PRIu64, wanted);
	(void)snprintf(texts[1], sizeof(texts[1]), "%" PRIu64, found);
	return refuse(ret_detail, reason, figure, texts[0], texts[1]);
}

static void period_text(int64_t from_ns, int64_t to_ns, char text[PERIOD_TEXT])
{
	char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX];
	(void)snprintf(text, PERIOD_TEXT, "%s/%s", time_format(from_ns, from),
	               time_format(to_ns, to));
}

static err_t refuse_period(err_detail_t *ret_detail, const rollup_spec_t *spec,
                           const figure_t *figure)
{
	char wanted[PERIOD_TEXT], found[PERIOD_TEXT];
	period_text(spec->from_ns, spec->to_ns, wanted);
	period_text(figure->key.from_ns, figure->key.to_ns, found);
	return refuse(ret_detail, REASON_PERIOD, figure, wanted, found);
}

/* Whether the bytes of a part are what the definition can add. */
static bool is_addable(const definition_part_t *of, const part_t *part)
{
	union {
		hyperloglog_t set;
		classes_t classes;
		digest_t digest;
	} room;
	if (part->kind != of->kind || !part->is_there || part->kind == PART_SUM)
		return part->kind == of->kind;
	if (part->kind == PART_HISTOGRAM)
		return classes_read(part->bytes, &room.classes) == ERR_OK &&
		       room.classes.count == of->bound_count + 1;
	return part->kind == PART_DISTINCT ? hyperloglog_read(part->bytes, &room.set) == ERR_OK
	                                   : digest_read(part->bytes, &room.digest) == ERR_OK;
}

static err_t judge_parts(const definition_t *definition, const figure_t *figure,
                         err_detail_t *ret_detail)
{
	if (figure->part_count != definition->part_count)
		return refuse_numbers(ret_detail, REASON_PARTS, figure, definition->part_count,
		                      figure->part_count);
	for (size_t i = 0; i < figure->part_count; i++) {
		const part_t *part = &figure->parts[i];
		if (!is_addable(&definition->parts[i], part))
			return refuse_slices(ret_detail, REASON_PART, figure,
			                     definition->parts[i].name,
			                     slice_str(part_kind_name(part->kind)));
	}
	return ERR_OK;
}

/* Where the child is among those expected; their number when it is not. */
static size_t child_of(const rollup_spec_t *spec, slice_t entity)
{
	size_t low = 0, high = spec->child_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (slice_cmp(spec->children[middle].entity, entity) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	bool is_there = low < spec->child_count && slice_eq(spec->children[low].entity, entity);
	return is_there ? low : spec->child_count;
}

err_t rollup_judge(const rollup_spec_t *spec, const figure_t *figure, err_detail_t *ret_detail)
{
	const figure_key_t *key = &figure->key;
	const definition_t *definition = spec->definition;
	if (!slice_eq(key->definition, definition->id))
		return refuse_slices(ret_detail, REASON_DEFINITION, figure, definition->id,
		                     key->definition);
	if (key->version != definition->version)
		return refuse_numbers(ret_detail, REASON_VERSION, figure, definition->version,
		                      key->version);
	if (!slice_eq(key->scope, spec->scope))
		return refuse_slices(ret_detail, REASON_SCOPE, figure, spec->scope, key->scope);
	if (key->from_ns != spec->from_ns || key->to_ns != spec->to_ns)
		return refuse_period(ret_detail, spec, figure);
	if (child_of(spec, figure->entity) == spec->child_count)
		return refuse(ret_detail, REASON_STRANGER, figure, NULL, NULL);
	return judge_parts(definition, figure, ret_detail);
}

static err_t judge_all(const rollup_spec_t *spec, rollup_t *rollup, err_detail_t *ret_detail)
{
	if (spec->child_count > FIGURE_SOURCES_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < spec->child_count; i++) {
		rollup->of_child[i] = NULL;
		if (i > 0 && slice_cmp(spec->children[i - 1].entity, spec->children[i].entity) >= 0)
			return ERR_INVALID;
	}
	for (size_t i = 0; i < spec->figure_count; i++) {
		const figure_t *figure = &spec->figures[i];
		err_t err = rollup_judge(spec, figure, ret_detail);
		if (err)
			return err;
		const figure_t **of = &rollup->of_child[child_of(spec, figure->entity)];
		if (*of)
			return refuse(ret_detail, REASON_TWICE, figure, NULL, NULL);
		*of = figure;
	}
	return ERR_OK;
}

static bool adds(const figure_t *figure)
{
	for (size_t i = 0; i < figure->part_count; i++)
		if (!figure->parts[i].is_there)
			return figure->has_value;
	return true;
}

/* Parts */

static void clear(rollup_t *rollup, const definition_part_t *of)
{
	if (of->kind == PART_DISTINCT)
		hyperloglog_clear(&rollup->sum.set);
	if (of->kind == PART_HISTOGRAM)
		classes_clear(&rollup->sum.classes, of->bound_count);
	if (of->kind == PART_QUANTILES)
		quantiles_clear(&rollup->sum.quantiles);
}

static err_t add_sketch(rollup_t *rollup, const part_t *part)
{
	union {
		hyperloglog_t set;
		classes_t classes;
		digest_t digest;
	} room;
	err_t err;
	if (part->kind == PART_DISTINCT) {
		err = hyperloglog_read(part->bytes, &room.set);
		if (err == ERR_OK)
			hyperloglog_merge(&rollup->sum.set, &room.set);
	} else if (part->kind == PART_HISTOGRAM) {
		err = classes_read(part->bytes, &room.classes);
		err = err ? err : classes_merge(&rollup->sum.classes, &room.classes);
	} else {
		err = digest_read(part->bytes, &room.digest);
		err = err ? err : quantiles_merge(&rollup->sum.quantiles, &room.digest);
	}
	return err;
}

static slice_t write_sketch(rollup_t *rollup, size_t i, part_kind_t kind)
{
	writer_t w = writer_of(rollup->bytes[i], FIGURE_PART_BYTES_MAX);
	if (kind == PART_DISTINCT)
		hyperloglog_put(&rollup->sum.set, &w);
	else if (kind == PART_HISTOGRAM)
		classes_put(&rollup->sum.classes, &w);
	else
		quantiles_put(&rollup->sum.quantiles, &w);
	return writer_done(&w);
}

static err_t add_part(const rollup_spec_t *spec, rollup_t *rollup, size_t i, part_t *ret_part)
{
	const definition_part_t *of = &spec->definition->parts[i];
	part_t sum = { .kind = of->kind };
	err_t err = ERR_OK;
	clear(rollup, of);
	for (size_t c = 0; c < spec->child_count && err == ERR_OK; c++) {
		const figure_t *figure = rollup->of_child[c];
		if (!figure || !adds(figure) || !figure->parts[i].is_there)
			continue;
		sum.is_there = true;
		if (of->kind == PART_SUM)
			sum.sum += figure->parts[i].sum;
		else
			err = add_sketch(rollup, &figure->parts[i]);
	}
	if (err || !isfinite(sum.sum))
		return err ? err : ERR_LIMIT;
	if (of->kind != PART_SUM && sum.is_there)
		sum.bytes = write_sketch(rollup, i, of->kind);
	*ret_part = sum;
	return ERR_OK;
}

/* Counts */

typedef struct {
	uint64_t expected, reporting, declared;
	double covered;
} counts_t;

static void count_child(counts_t *counts, const rollup_child_t *child, const figure_t *figure)
{
	if (!figure) {
		counts->expected += child->stands_for ? child->stands_for : 1;
		return;
	}
	counts->expected += figure->expected;
	if (!adds(figure))
		return;
	counts->reporting += figure->reporting;
	counts->declared += figure->declared;
	counts->covered += figure->coverage * figure->reporting;
}

static err_t count(const rollup_spec_t *spec, const rollup_t *rollup, figure_t *figure)
{
	counts_t counts = { 0 };
	for (size_t c = 0; c < spec->child_count; c++)
		count_child(&counts, &spec->children[c], rollup->of_child[c]);
	if (counts.expected > UINT32_MAX)
		return ERR_LIMIT;
	figure->expected = (uint32_t)counts.expected;
	figure->reporting = (uint32_t)counts.reporting;
	figure->declared = (uint32_t)counts.declared;
	if (counts.reporting)
		figure->coverage = fmin(counts.covered / (double)counts.reporting, 1);
	return ERR_OK;
}

/* What went in: a child whose figure adds nothing is as silent as one that has none. */
static err_t name_sources(const rollup_spec_t *spec, rollup_t *rollup, slice_t *ret_sources)
{
	writer_t w = writer_of(rollup->sources, sizeof(rollup->sources));
	for (size_t c = 0; c < spec->child_count; c++) {
		const figure_t *figure = rollup->of_child[c];
		uint32_t revision = figure && adds(figure) ? figure->revision : 0;
		figure_source_put(&(figure_source_t){ spec->children[c].entity, revision }, &w);
	}
	*ret_sources = writer_done(&w);
	return w.bad ? ERR_LIMIT : ERR_OK;
}

err_t rollup_make(const rollup_spec_t *spec, rollup_t *rollup, figure_t *ret_figure,
                  err_detail_t *ret_detail)
{
	const definition_t *definition = spec->definition;
	figure_t figure = { .key = { definition->id, definition->version, spec->scope,
		                     spec->from_ns, spec->to_ns },
		            .entity = spec->entity,
		            .origin = FIGURE_ROLLED,
		            .part_count = definition->part_count };
	err_t err = judge_all(spec, rollup, ret_detail);
	for (size_t i = 0; i < figure.part_count && err == ERR_OK; i++)
		err = add_part(spec, rollup, i, &figure.parts[i]);
	err = err ? err : count(spec, rollup, &figure);
	err = err ? err : name_sources(spec, rollup, &figure.sources);
	if (err)
		return err;
	expr_value_t value = definition_value(definition, figure.parts, &figure.lack);
	figure.has_value = value.is_there && isfinite(value.number);
	figure.value = figure.has_value ? value.number : 0;
	*ret_figure = figure;
	return ERR_OK;
}
