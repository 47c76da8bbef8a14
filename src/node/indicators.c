/* SPDX-License-Identifier: Apache-2.0 */
#include "node/indicators.h"

#include <stdlib.h>

#include "model/industry.h"

err_t indicators_bind(const indicators_source_t *source, indicators_plan_t *ret_plan,
                      err_detail_t *ret_detail)
{
	indicators_plan_t plan = { NULL, NULL };
	bind_spec_t spec = { .config = source->config,
		             .definitions = source->packs->definitions,
		             .factors = source->packs->factors,
		             .catalogue = source->catalogue };
	err_t err = bindings_make(&spec, &plan.bindings, ret_detail);
	if (!err)
		err = clerk_plan_new(plan.bindings, &plan.plan);
	if (err)
		indicators_plan_done(&plan);
	else
		*ret_plan = plan;
	return err;
}

void indicators_plan_done(indicators_plan_t *plan)
{
	clerk_plan_free(plan->plan);
	bindings_free(plan->bindings);
	*plan = (indicators_plan_t){ NULL, NULL };
}

static uint64_t devices_of(census_t *census, const slice_t *state)
{
	census_cell_t cell[1];
	census_count_t ask = { .cells = cell, .cap = 1 };
	census_total_t total = { .devices = 0 };
	size_t cells = 0;
	ask.filter.words[CENSUS_BY_STATE] = state;
	/* One cell has room. */
	(void)!census_count(census, &ask, &cells, &total);
	return total.devices;
}

void indicators_count(indicators_t *ind)
{
	static const slice_t online = { (const uint8_t *)"online", 6 };
	ind->counts[ind->count++ % DEVICE_COUNTS] = (device_count_t){
		env_utc(ind->env).ns, devices_of(ind->census, NULL),
		devices_of(ind->census, &online)
	};
}

/* The last count at or before a time; NULL: none that is kept. */
static const device_count_t *count_at(const indicators_t *ind, int64_t at_ns)
{
	uint64_t kept = ind->count < DEVICE_COUNTS ? ind->count : DEVICE_COUNTS;
	for (uint64_t back = 1; back <= kept; back++) {
		const device_count_t *row = &ind->counts[(ind->count - back) % DEVICE_COUNTS];
		if (row->ns <= at_ns)
			return row;
	}
	return NULL;
}

/* The share of the range since the oldest count that is kept. */
static double covered(const indicators_t *ind, const count_ask_t *ask)
{
	uint64_t kept = ind->count < DEVICE_COUNTS ? ind->count : DEVICE_COUNTS;
	int64_t since_ns = ind->counts[(ind->count - kept) % DEVICE_COUNTS].ns;
	if (since_ns <= ask->from_ns)
		return 1;
	return (double)(ask->to_ns - since_ns) / (double)(ask->to_ns - ask->from_ns);
}

/* Divisions are words, of which only that they were looked for is counted. */
static err_t count_devices(void *ctx, const count_ask_t *ask, count_t *ret_count)
{
	const indicators_t *ind = ctx;
	bool is_known = slice_eq(ask->what, SLICE("devices.known"));
	bool is_online = slice_eq(ask->what, SLICE("devices.connected"));
	bool is_words = slice_eq(ask->what, SLICE("devices.divisions"));
	const device_count_t *last = count_at(ind, ask->to_ns);
	if ((!is_known && !is_online && !is_words) || !last)
		return ERR_NOT_FOUND;
	*ret_count = (count_t){ .has_last = !is_words,
		                .last = (double)(is_online ? last->online : last->known),
		                .covered = covered(ind, ask) };
	return ERR_OK;
}

/* Divisions of the industries of all devices. */
static err_t list_divisions(void *ctx, const count_ask_t *what,
                            void (*word)(void *word_ctx, slice_t word), void *word_ctx)
{
	enum { DIVISIONS_MAX = 4096 };
	if (!slice_eq(what->what, SLICE("devices.divisions")))
		return ERR_NOT_FOUND;
	census_cell_t *cells = calloc(DIVISIONS_MAX, sizeof(*cells));
	if (!cells)
		return ERR_NO_MEMORY;
	census_count_t ask = { .by = { CENSUS_BY_INDUSTRY }, .cells = cells, .cap = DIVISIONS_MAX };
	census_total_t total;
	size_t count = 0;
	const indicators_t *ind = ctx;
	err_t err = census_count(ind->census, &ask, &count, &total);
	for (size_t i = 0; !err && i < count; i++)
		if (cells[i].word[0].len)
			word(word_ctx, industry_division(cells[i].word[0]));
	free(cells);
	return err;
}

err_t indicators_open(const indicators_spec_t *spec, indicators_t *ret_indicators)
{
	*ret_indicators = (indicators_t){ .env = env_loop_env(spec->loop),
		                          .census = spec->census,
		                          .counts = calloc(DEVICE_COUNTS, sizeof(device_count_t)),
		                          .plan = spec->plan };
	if (!ret_indicators->counts)
		return ERR_NO_MEMORY;
	indicators_count(ret_indicators);
	clerk_spec_t clerk = { .loop = spec->loop,
		               .plan = spec->plan.plan,
		               .reader = spec->reader,
		               .counts = { ret_indicators, count_devices, list_divisions },
		               .desk = clerk_desk(spec->book) };
	err_t err = clerk_open(&clerk, &ret_indicators->clerk);
	if (!err)
		ret_indicators->plan.plan = NULL;
	return err;
}

void indicators_close(indicators_t *indicators)
{
	clerk_close(indicators->clerk);
	indicators_plan_done(&indicators->plan);
	free(indicators->points);
	free(indicators->counts);
}

void indicators_rebind(indicators_t *indicators, indicators_plan_t *plan)
{
	bindings_t *old = indicators->plan.bindings;
	clerk_rebind(indicators->clerk, plan->plan);
	indicators->plan.bindings = plan->bindings;
	*plan = (indicators_plan_t){ old, NULL };
}

static bool is_of(const binding_t *binding, const figure_t *figure)
{
	return slice_eq(binding->definition->id, figure->key.definition) &&
	       binding->definition->version == figure->key.version &&
	       slice_eq(binding->scope, figure->key.scope) &&
	       slice_eq(binding->entity, figure->entity);
}

static bool add_points(indicators_t *ind, const bound_input_t *input, size_t *count)
{
	if (*count + input->point_count > ind->points_cap) {
		size_t cap = 2 * (*count + input->point_count);
		point_id_t *points = realloc(ind->points, cap * sizeof(*points));
		if (!points)
			return false;
		ind->points = points;
		ind->points_cap = cap;
	}
	for (size_t i = 0; i < input->point_count; i++)
		ind->points[(*count)++] = input->points[i].point;
	return true;
}

/* Those of the indicators it uses too. */
static bool add_binding(indicators_t *ind, const binding_t *binding, size_t depth, size_t *count)
{
	const definition_t *d = binding->definition;
	bool good = depth < EVALUATE_DEPTH_MAX;
	for (size_t i = 0; i < d->input_count && good; i++)
		good = add_points(ind, &binding->inputs[i], count);
	for (size_t i = 0; i < d->use_count && good; i++)
		good = !binding->uses[i] || add_binding(ind, binding->uses[i], depth + 1, count);
	return good;
}

void indicators_lineage(void *ctx, const figure_t *figure, release_lineage_t *ret_lineage)
{
	indicators_t *ind = ctx;
	size_t count = 0;
	bool is_known = figure->origin != FIGURE_MEASURED;
	for (size_t i = 0; !is_known && i < bindings_count(ind->plan.bindings); i++)
		if (is_of(bindings_get(ind->plan.bindings, i), figure))
			is_known = add_binding(ind, bindings_get(ind->plan.bindings, i), 0, &count);
	*ret_lineage = (release_lineage_t){ ind->points, is_known ? count : 0, is_known };
}
