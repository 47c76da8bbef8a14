/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/num.h"
#include "config/suggest.h"
#include "insight/bind_impl.h"

/* What is known of a point by its name. */
typedef struct {
	const char *name;
	point_id_t id;
	const char *unit;
	int64_t period_ns;
	point_compress_t compress;
} known_t;

static said_t list_names(const definition_name_t *names, size_t count)
{
	said_t list = { "" };
	for (size_t i = 0; i < count; i++)
		bind_list(&list, names[i].name);
	return list;
}

MUST_CHECK static err_t know(binder_t *b, const known_t *known)
{
	void *slot;
	err_t err = known->name ? table_put(b->points, slice_str(known->name), &slot, NULL)
	                        : ERR_NO_MEMORY;
	if (!err)
		memcpy(slot, known, sizeof(*known));
	return err;
}

MUST_CHECK static err_t know_point(binder_t *b, const point_t *p)
{
	return know(b, &(known_t){ p->name, p->id, p->unit, p->period_ns, p->compress });
}

MUST_CHECK static err_t know_catalogue(binder_t *b)
{
	const catalogue_t *c = b->spec->catalogue;
	err_t err = ERR_OK;
	for (size_t i = 0; i < c->point_count && !err; i++)
		err = know_point(b, &c->points[i]);
	return err;
}

MUST_CHECK static err_t know_configured(binder_t *b, const config_device_t *d,
                                        const config_point_t *p)
{
	char name[ERR_ARG_MAX * 2];
	(void)snprintf(name, sizeof(name), "%s.%s", d->name, p->name);
	known_t known = { pool_cstr(&b->made->pool, slice_str(name)), 0, p->unit, d->period_ns,
		          p->compress };
	return know(b, &known);
}

MUST_CHECK static err_t know_config(binder_t *b)
{
	const config_t *c = b->spec->config;
	err_t err = ERR_OK;
	for (size_t d = 0; d < c->device_count; d++)
		for (size_t i = 0; i < c->devices[d].point_count && !err; i++)
			err = know_configured(b, &c->devices[d], &c->devices[d].points[i]);
	return err;
}

err_t bind_know_points(binder_t *b)
{
	b->points = table_new(sizeof(known_t), CONFIG_POINTS_MAX, 0);
	if (!b->points)
		return ERR_NO_MEMORY;
	return b->spec->catalogue ? know_catalogue(b) : know_config(b);
}

static err_t fail_point(const binder_t *b, const config_pair_t *pair)
{
	suggest_t near = suggest_of(slice_str(pair->text));
	slice_t key;
	void *value;
	for (size_t at = 0; table_next(b->points, &at, &key, &value);)
		suggest_offer(&near, ((const known_t *)value)->name);
	return bind_fault(b, pair->where, BIND_POINT,
	                  BIND_ARGS(pair->text, near.best ? near.best : "-"));
}

/* A value of a thinned point may stand for as long as it was not written. */
static int64_t hold_of(const known_t *known)
{
	enum { PERIODS = 3 };
	int64_t hold_ns;
	if (known->compress.enabled && known->compress.max_gap_ns == 0)
		return 0;
	if (__builtin_mul_overflow(known->period_ns, PERIODS, &hold_ns))
		return 0;
	return known->compress.enabled && known->compress.max_gap_ns > hold_ns
	               ? known->compress.max_gap_ns
	               : hold_ns;
}

static const config_pair_t *find_pair(const config_pairs_t *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (slice_eq(slice_str(pairs->rows[i].name), slice_str(name)))
			return &pairs->rows[i];
	return NULL;
}

/* Where a counter begins again, by the rows of `rollover`. */
static err_t rollover_of(const one_t *one, const char *point, double *ret_rollover)
{
	const config_pair_t *row = find_pair(&one->config->rollover, point);
	if (row && (num_parse_f64(slice_str(row->text), ret_rollover) || !(*ret_rollover > 0)))
		return bind_fault(one->b, row->where, BIND_NO_ROLLOVER,
		                  BIND_ARGS(row->name, row->text));
	return ERR_OK;
}

/* What numbers in the unit of a text are multiplied with. */
static err_t convert(const one_t *one, const config_pair_t *pair, slice_t unit_text,
                     const definition_name_t *to, double *ret_factor)
{
	unit_t unit;
	said_t given = bind_say(unit_text), wanted = bind_say(to->unit_text);
	if (unit_parse(unit_text.len ? unit_text : SLICE("1"), &unit))
		return bind_fault(one->b, pair->where, BIND_NO_UNIT,
		                  BIND_ARGS(pair->text, given.text, wanted.text));
	if (unit_convert(&unit, &to->unit, ret_factor))
		return bind_fault(one->b, pair->where, BIND_UNIT,
		                  BIND_ARGS(pair->text, given.text, wanted.text));
	return ERR_OK;
}

/* Whether only times and counts are asked of the points of an input, whatever they measure. */
static bool is_of_any_unit(const definition_t *d, size_t input)
{
	static const unsigned FREE = 1u << FUNCTION_COUNT | 1u << FUNCTION_GOOD |
	                             1u << FUNCTION_SPAN | 1u << FUNCTION_COVERED |
	                             1u << FUNCTION_POINTS | 1u << FUNCTION_LIVE;
	for (size_t p = 0; p < d->part_count; p++) {
		const definition_part_t *part = &d->parts[p];
		size_t count = 0;
		const expr_input_t *needs = part->kind == PART_SUM
		                                    ? expr_inputs(part->formula, &count)
		                                    : NULL;
		if (part->kind != PART_SUM && part->input == input)
			return false;
		for (size_t i = 0; i < count; i++) {
			definition_need_t need = definition_need(d, &needs[i]);
			if (need.kind == NEED_SERIES && need.index == input &&
			    !(FREE & 1u << need.function))
				return false;
		}
	}
	return true;
}

static err_t bind_point(const one_t *one, const config_pair_t *pair, size_t input,
                        bound_point_t *ret_point)
{
	const definition_t *d = one->to->definition;
	const known_t *known = table_get(one->b->points, slice_str(pair->text));
	if (!known)
		return fail_point(one->b, pair);
	bound_point_t point = { .point = known->id, .factor = 1, .hold_ns = hold_of(known) };
	err_t err = ERR_OK;
	if (!is_of_any_unit(d, input))
		err = convert(one, pair, slice_str(known->unit), &d->inputs[input], &point.factor);
	if (!err)
		err = rollover_of(one, pair->text, &point.rollover);
	if (!err)
		*ret_point = point;
	return err;
}

static size_t find_name(const definition_name_t *names, size_t count, const char *name)
{
	size_t i = 0;
	while (i < count && !slice_eq(names[i].name, slice_str(name)))
		i++;
	return i;
}

static err_t fail_name(const one_t *one, const config_pair_t *pair, bool is_input)
{
	const definition_t *d = one->to->definition;
	said_t id = bind_say(d->id);
	said_t known = is_input ? list_names(d->inputs, d->input_count)
	                        : list_names(d->parameters, d->parameter_count);
	return bind_fault(one->b, pair->where, is_input ? BIND_INPUT : BIND_PARAMETER,
	                  BIND_ARGS(id.text, pair->name, known.text));
}

/* Every name of a row is one of the definition's, and every point stands once. */
static err_t check_inputs(const one_t *one)
{
	const definition_t *d = one->to->definition;
	const config_pairs_t *pairs = &one->config->inputs;
	for (size_t i = 0; i < pairs->count; i++) {
		const config_pair_t *row = &pairs->rows[i];
		size_t at = find_name(d->inputs, d->input_count, row->name);
		if (at == d->input_count)
			return fail_name(one, row, true);
		if (d->inputs[at].source != SOURCE_NONE)
			return bind_fault(one->b, row->where, BIND_OWN, BIND_ARGS(row->name));
		for (size_t k = 0; k < i; k++)
			if (slice_eq(slice_str(pairs->rows[k].name), slice_str(row->name)) &&
			    slice_eq(slice_str(pairs->rows[k].text), slice_str(row->text)))
				return bind_fault(one->b, row->where, BIND_GIVEN_TWICE,
				                  BIND_ARGS(row->text));
	}
	return ERR_OK;
}

static bool is_input(const config_pairs_t *inputs, const char *point)
{
	for (size_t i = 0; i < inputs->count; i++)
		if (slice_eq(slice_str(inputs->rows[i].text), slice_str(point)))
			return true;
	return false;
}

static err_t check_rollover(const one_t *one)
{
	const config_pairs_t *pairs = &one->config->rollover;
	for (size_t i = 0; i < pairs->count; i++) {
		const config_pair_t *row = &pairs->rows[i];
		if (!is_input(&one->config->inputs, row->name))
			return bind_fault(one->b, row->where, BIND_ROLLOVER, BIND_ARGS(row->name));
	}
	return ERR_OK;
}

static err_t bind_input(const one_t *one, size_t at)
{
	const definition_name_t *input = &one->to->definition->inputs[at];
	const config_pairs_t *pairs = &one->config->inputs;
	bound_point_t *points = pool_alloc(&one->b->made->pool, pairs->count + 1, sizeof(*points));
	size_t count = 0;
	err_t err = points ? ERR_OK : ERR_NO_MEMORY;
	for (size_t i = 0; i < pairs->count && !err; i++)
		if (slice_eq(slice_str(pairs->rows[i].name), input->name))
			err = bind_point(one, &pairs->rows[i], at, &points[count++]);
	one->to->inputs[at] = (bound_input_t){ points, count };
	if (err || count || input->source != SOURCE_NONE || input->is_optional)
		return err;
	said_t name = bind_say(input->name), unit = bind_say(input->unit_text);
	return bind_fault(one->b, one->config->where[INDICATOR_AT_SELF], BIND_NO_INPUT,
	                  BIND_ARGS(name.text, unit.text));
}

err_t bind_inputs(const one_t *one)
{
	err_t err = check_inputs(one);
	if (!err)
		err = check_rollover(one);
	for (size_t i = 0; i < one->to->definition->input_count && !err; i++)
		err = bind_input(one, i);
	return err;
}

/* "90 s/piece", or the number alone. */
static err_t read_parameter(const one_t *one, const config_pair_t *pair,
                            const definition_name_t *parameter, expr_value_t *ret_value)
{
	slice_t rest = slice_trim(slice_str(pair->text));
	said_t unit = bind_say(parameter->unit_text);
	double number, factor = 1;
	if (num_take_f64(&rest, &number))
		return bind_fault(one->b, pair->where, BIND_NUMBER,
		                  BIND_ARGS(pair->name, pair->text, unit.text));
	rest = slice_trim(rest);
	err_t err = rest.len ? convert(one, pair, rest, parameter, &factor) : ERR_OK;
	if (!err)
		*ret_value = (expr_value_t){ true, number * factor };
	return err;
}

/* Of the packs, by the year of the definition and the region of the node. */
static err_t find_factor(const one_t *one, const definition_name_t *parameter,
                         expr_value_t *ret_value)
{
	const bind_spec_t *spec = one->b->spec;
	const factor_t *factor;
	factor_key_t key = { parameter->factor.substance, parameter->factor.region,
		             parameter->factor.scope, parameter->factor.year };
	if (!key.region.len)
		key.region = slice_str(spec->config->node.region);
	/* An empty region would find any. */
	err_t err = key.region.len && spec->factors ? factors_find(spec->factors, &key, &factor)
	                                            : ERR_NOT_FOUND;
	if (!err)
		err = factor_in(factor, &parameter->unit, &ret_value->number);
	ret_value->is_there = !err;
	if (!err)
		return ERR_OK;
	said_t substance = bind_say(key.substance), region = bind_say(key.region);
	char year[16];
	(void)snprintf(year, sizeof(year), "%d", key.year);
	return bind_fault(one->b, one->config->where[INDICATOR_AT_SELF], BIND_NO_FACTOR,
	                  BIND_ARGS(substance.text, region.text, year));
}

/* Those that the configuration does not give. */
static err_t default_parameter(const one_t *one, size_t at)
{
	const definition_name_t *parameter = &one->to->definition->parameters[at];
	expr_value_t *value = &one->to->parameters[at];
	if (value->is_there)
		return ERR_OK;
	if (parameter->factor.is_there)
		return find_factor(one, parameter, value);
	*value = (expr_value_t){ parameter->has_number, parameter->number };
	if (value->is_there)
		return ERR_OK;
	said_t name = bind_say(parameter->name), unit = bind_say(parameter->unit_text);
	return bind_fault(one->b, one->config->where[INDICATOR_AT_SELF], BIND_NO_PARAMETER,
	                  BIND_ARGS(name.text, unit.text));
}

err_t bind_parameters(const one_t *one)
{
	const definition_t *d = one->to->definition;
	const config_pairs_t *pairs = &one->config->parameters;
	err_t err = ERR_OK;
	for (size_t i = 0; i < pairs->count && !err; i++) {
		size_t at = find_name(d->parameters, d->parameter_count, pairs->rows[i].name);
		if (at == d->parameter_count)
			return fail_name(one, &pairs->rows[i], false);
		if (d->parameters[at].factor.is_there)
			return bind_fault(one->b, pairs->rows[i].where, BIND_FACTOR,
			                  BIND_ARGS(pairs->rows[i].name));
		if (one->to->parameters[at].is_there)
			return bind_fault(one->b, pairs->rows[i].where, BIND_GIVEN_TWICE,
			                  BIND_ARGS(pairs->rows[i].name));
		err = read_parameter(one, &pairs->rows[i], &d->parameters[at],
		                     &one->to->parameters[at]);
	}
	for (size_t i = 0; i < d->parameter_count && !err; i++)
		err = default_parameter(one, i);
	return err;
}
