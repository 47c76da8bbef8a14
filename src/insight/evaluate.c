/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/evaluate.h"

#include <stdlib.h>

#include "base/num.h"
#include "insight/gather.h"
#include "sketch/classes.h"
#include "sketch/hyperloglog.h"
#include "sketch/quantiles.h"

/* What a part gathers that is no sum. */
typedef struct {
	const definition_part_t *part;
	classes_t classes;
	hyperloglog_t words;
	quantiles_t *quantiles; /* on the heap, for it is large */
	uint64_t count;
	err_t err;
} pile_t;

/* One binding under way. */
typedef struct {
	const evaluate_world_t *world;
	const binding_t *binding;
	const span_t *span;
	arena_t *arena;
	unsigned depth;
	gathered_t *gathered; /* by input */
	count_t *counts;      /* by input; of sources */
	pile_t *piles;        /* by part */
	figure_t uses[DEFINITION_USES_MAX];
} work_t;

/* The piles of one input, for the numbers of its points. */
typedef struct {
	work_t *work;
	uint16_t input;
} feed_t;

MUST_CHECK static err_t evaluate_at(const work_t *like, const binding_t *binding,
                                    figure_t *ret_figure);

static void pile_number(pile_t *pile, double number)
{
	uint64_t bits = num_bits(number);
	uint8_t bytes[8];
	err_t err = ERR_OK;
	pile->count++;
	switch (pile->part->kind) {
	case PART_HISTOGRAM:
		err = classes_add(&pile->classes, pile->part->bounds, number, 1);
		break;
	case PART_DISTINCT:
		store_words_le(&bits, 1, bytes);
		hyperloglog_add(&pile->words, num_hash(slice_of(bytes, sizeof(bytes)), 0));
		break;
	case PART_QUANTILES:
		quantiles_add(pile->quantiles, number);
		break;
	case PART_SUM:
	case PART_KIND_COUNT:
		break;
	}
	if (err && !pile->err)
		pile->err = err;
}

static void pile_word(void *ctx, slice_t word)
{
	pile_t *pile = ctx;
	pile->count++;
	hyperloglog_add(&pile->words, num_hash(word, 0));
}

static void feed_number(void *ctx, double number)
{
	const feed_t *feed = ctx;
	const definition_t *d = feed->work->binding->definition;
	for (size_t i = 0; i < d->part_count; i++)
		if (d->parts[i].kind != PART_SUM && d->parts[i].input == feed->input)
			pile_number(&feed->work->piles[i], number);
}

/* What the formulas ask of each input. */
MUST_CHECK static err_t want(work_t *work)
{
	const definition_t *d = work->binding->definition;
	err_t err = ERR_OK;
	for (size_t p = 0; p < d->part_count && !err; p++) {
		size_t count = 0;
		const expr_input_t *inputs = d->parts[p].kind == PART_SUM
		                                     ? expr_inputs(d->parts[p].formula, &count)
		                                     : NULL;
		for (size_t i = 0; i < count && !err; i++) {
			definition_need_t need = definition_need(d, &inputs[i]);
			if (need.kind == NEED_SERIES)
				err = gather_want(&work->gathered[need.index], need.function,
				                  need.number);
		}
	}
	return err;
}

MUST_CHECK static err_t pile_begin(pile_t *pile, const definition_part_t *part)
{
	pile->part = part;
	if (part->kind == PART_SUM)
		return ERR_OK;
	classes_clear(&pile->classes, part->kind == PART_HISTOGRAM ? part->bound_count : 0);
	hyperloglog_clear(&pile->words);
	if (part->kind != PART_QUANTILES)
		return ERR_OK;
	pile->quantiles = malloc(sizeof(*pile->quantiles));
	if (!pile->quantiles)
		return ERR_NO_MEMORY;
	quantiles_clear(pile->quantiles);
	return ERR_OK;
}

MUST_CHECK static err_t gather_points(work_t *work, size_t input, bool has_piles)
{
	const bound_input_t *bound = &work->binding->inputs[input];
	gathered_t *to = &work->gathered[input];
	feed_t feed = { work, (uint16_t)input };
	gather_t gather = { work->world->reader, work->span, work->world->known_at_ns,
		            work->world->deadline_ns };
	err_t err = ERR_OK;
	to->number = has_piles ? feed_number : NULL;
	to->ctx = &feed;
	for (size_t i = 0; i < bound->point_count && !err; i++)
		err = gather_point(&gather, &bound->points[i], to);
	if (work->world->notes)
		work->world->notes->is_less |= to->is_thinned;
	return err;
}

/* What nobody counts stays absent. */
MUST_CHECK static err_t gather_source(work_t *work, size_t input)
{
	const counts_t *counts = work->world->counts;
	const definition_t *d = work->binding->definition;
	count_ask_t ask = { slice_str(definition_source_word(d->inputs[input].source)),
		            work->span->from_ns, work->span->to_ns };
	if (!counts || !counts->count)
		return ERR_OK;
	err_t err = counts->count(counts->ctx, &ask, &work->counts[input]);
	if (work->world->notes && work->counts[input].covered < 1)
		work->world->notes->is_less = true;
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	for (size_t p = 0; p < d->part_count && !err; p++)
		if (d->parts[p].kind == PART_DISTINCT && d->parts[p].input == input)
			err = counts->words(counts->ctx, &ask, pile_word, &work->piles[p]);
	return err;
}

static bool has_piles(const definition_t *d, size_t input)
{
	for (size_t p = 0; p < d->part_count; p++)
		if (d->parts[p].kind != PART_SUM && d->parts[p].input == input)
			return true;
	return false;
}

MUST_CHECK static err_t gather_input(work_t *work, size_t input)
{
	const definition_t *d = work->binding->definition;
	if (d->inputs[input].source == SOURCE_NONE)
		return gather_points(work, input, has_piles(d, input));
	return gather_source(work, input);
}

MUST_CHECK static err_t gather_all(work_t *work)
{
	const definition_t *d = work->binding->definition;
	err_t err = want(work);
	for (size_t p = 0; p < d->part_count && !err; p++)
		err = pile_begin(&work->piles[p], &d->parts[p]);
	for (size_t i = 0; i < d->input_count && !err; i++)
		err = gather_input(work, i);
	for (size_t i = 0; i < d->use_count && !err; i++)
		err = evaluate_at(work, work->binding->uses[i], &work->uses[i]);
	return err;
}

/* A counter of the node began again where it fell. */
static expr_value_t count_value(const count_t *count, definition_function_t function, double span_s)
{
	double rise = count->last < count->first ? count->last : count->last - count->first;
	expr_value_t none = { 0 };
	const expr_value_t values[DEFINITION_FUNCTION_COUNT] = {
		[FUNCTION_FIRST] = { count->has_first, count->first },
		[FUNCTION_LAST] = { count->has_last, count->last },
		[FUNCTION_DELTA] = { count->has_first && count->has_last, rise },
		[FUNCTION_GOOD] = { true, count->covered * span_s },
		[FUNCTION_SPAN] = { true, span_s },
		[FUNCTION_COVERED] = { true, count->covered },
		[FUNCTION_POINTS] = { true, 1 },
		[FUNCTION_LIVE] = { true, count->covered > 0 },
	};
	return function < DEFINITION_FUNCTION_COUNT ? values[function] : none;
}

static expr_value_t need_value(const work_t *work, const expr_input_t *input)
{
	const definition_t *d = work->binding->definition;
	definition_need_t need = definition_need(d, input);
	double span_s = (double)(work->span->to_ns - work->span->from_ns) / (double)NS_PER_S;
	const part_t *part;
	switch (need.kind) {
	case NEED_PARAMETER:
		return work->binding->parameters[need.index];
	case NEED_PART:
		part = &work->uses[need.index].parts[d->uses[need.index].part];
		return (expr_value_t){ part->is_there && part->kind == PART_SUM, part->sum };
	case NEED_SERIES:
		break;
	}
	return d->inputs[need.index].source == SOURCE_NONE
	               ? gathered_value(&work->gathered[need.index], need.function, need.number)
	               : count_value(&work->counts[need.index], need.function, span_s);
}

static part_t make_sum(const work_t *work, const definition_part_t *part)
{
	expr_value_t values[EXPR_INPUTS_MAX];
	size_t count;
	const expr_input_t *inputs = expr_inputs(part->formula, &count);
	for (size_t i = 0; i < count; i++)
		values[i] = need_value(work, &inputs[i]);
	expr_value_t sum = expr_eval(part->formula, values);
	return (part_t){ PART_SUM, sum.is_there, sum.is_there ? sum.number : 0, { 0 } };
}

static void pile_put(const pile_t *pile, writer_t *w)
{
	if (pile->part->kind == PART_HISTOGRAM)
		classes_put(&pile->classes, w);
	else if (pile->part->kind == PART_DISTINCT)
		hyperloglog_put(&pile->words, w);
	else
		quantiles_put(pile->quantiles, w);
}

/* Nothing in a pile is something that is known where its input was covered. */
MUST_CHECK static err_t make_pile(const work_t *work, const pile_t *pile, part_t *ret_part)
{
	enum { BYTES_MAX = 4 * 1024 };
	_Static_assert(BYTES_MAX > (int)HYPERLOGLOG_BYTES_MAX &&
	                       BYTES_MAX > (int)DIGEST_BYTES_MAX &&
	                       BYTES_MAX > (int)CLASSES_BYTES_MAX,
	               "each fits");
	uint16_t input = pile->part->input;
	bool is_covered = work->binding->definition->inputs[input].source == SOURCE_NONE
	                          ? work->gathered[input].good_ns > 0
	                          : work->counts[input].covered > 0;
	part_t part = { .kind = pile->part->kind, .is_there = pile->count > 0 || is_covered };
	if (pile->err)
		return pile->err;
	if (part.is_there) {
		uint8_t bytes[BYTES_MAX];
		writer_t w = writer_of(bytes, sizeof(bytes));
		pile_put(pile, &w);
		part.bytes = arena_copy(work->arena, writer_done(&w));
		if (!part.bytes.ptr)
			return ERR_NO_MEMORY;
	}
	*ret_part = part;
	return ERR_OK;
}

/* The mean over what the figure is made of; 1 of what is made of nothing. An input that may be
 * left unbound and is so is none. */
static double coverage_of(const work_t *work)
{
	const definition_t *d = work->binding->definition;
	double sum = 0;
	size_t count = 0;
	for (size_t i = 0; i < d->input_count; i++) {
		bool is_counted = d->inputs[i].source != SOURCE_NONE;
		if (!is_counted && work->gathered[i].points == 0)
			continue;
		sum += is_counted ? work->counts[i].covered : gathered_coverage(&work->gathered[i]);
		count++;
	}
	for (size_t i = 0; i < d->use_count; i++, count++)
		sum += work->uses[i].coverage;
	return count ? sum / (double)count : 1;
}

MUST_CHECK static err_t make_figure(const work_t *work, figure_t *ret_figure)
{
	const binding_t *binding = work->binding;
	const definition_t *d = binding->definition;
	figure_t figure = {
		.key = { d->id, d->version, binding->scope, work->span->from_ns,
		         work->span->to_ns },
		.entity = binding->entity,
		.origin = FIGURE_MEASURED,
		.part_count = d->part_count,
		.expected = 1,
		.reporting = 1,
		.coverage = coverage_of(work),
	};
	err_t err = ERR_OK;
	for (size_t i = 0; i < d->part_count && !err; i++) {
		if (d->parts[i].kind == PART_SUM)
			figure.parts[i] = make_sum(work, &d->parts[i]);
		else
			err = make_pile(work, &work->piles[i], &figure.parts[i]);
	}
	if (err)
		return err;
	expr_value_t value = definition_value(d, figure.parts, &figure.lack);
	figure.has_value = value.is_there;
	figure.value = value.is_there ? value.number : 0;
	*ret_figure = figure;
	return ERR_OK;
}

static void work_done(work_t *work)
{
	for (size_t i = 0; work->piles && i < work->binding->definition->part_count; i++)
		free(work->piles[i].quantiles);
	free(work->gathered);
	free(work->counts);
	free(work->piles);
}

static err_t evaluate_at(const work_t *like, const binding_t *binding, figure_t *ret_figure)
{
	const definition_t *d = binding->definition;
	work_t work = { .world = like->world,
		        .binding = binding,
		        .span = like->span,
		        .arena = like->arena,
		        .depth = like->depth + 1 };
	if (work.depth > EVALUATE_DEPTH_MAX)
		return ERR_LIMIT;
	work.gathered = calloc(d->input_count + 1, sizeof(*work.gathered));
	work.counts = calloc(d->input_count + 1, sizeof(*work.counts));
	work.piles = calloc(d->part_count + 1, sizeof(*work.piles));
	bool has_all = work.gathered && work.counts && work.piles;
	err_t err = has_all ? gather_all(&work) : ERR_NO_MEMORY;
	if (!err)
		err = make_figure(&work, ret_figure);
	work_done(&work);
	return err;
}

err_t evaluate(const evaluate_world_t *world, const binding_t *binding, const span_t *span,
               arena_t *arena, figure_t *ret_figure)
{
	work_t work = { .world = world, .span = span, .arena = arena };
	return evaluate_at(&work, binding, ret_figure);
}
