/* SPDX-License-Identifier: Apache-2.0 */
/* A number out of parts that were added: what a sum is, what a sketch says. */
#include "insight/definition_impl.h"
#include "sketch/classes.h"
#include "sketch/hyperloglog.h"
#include "sketch/quantiles.h"

/* A sketch that cannot be read is absent: nothing can be said of it. */

static expr_value_t value_distinct(slice_t bytes)
{
	hyperloglog_t set;
	if (hyperloglog_read(bytes, &set))
		return (expr_value_t){ 0 };
	return (expr_value_t){ true, hyperloglog_count(&set) };
}

static expr_value_t value_quantile(slice_t bytes, double number)
{
	digest_t digest;
	if (digest_read(bytes, &digest))
		return (expr_value_t){ 0 };
	return (expr_value_t){ digest.weight > 0, digest_at(&digest, number) };
}

static expr_value_t count_digest(slice_t bytes)
{
	digest_t digest;
	if (digest_read(bytes, &digest))
		return (expr_value_t){ 0 };
	return (expr_value_t){ true, digest.weight };
}

static expr_value_t count_classes(slice_t bytes)
{
	classes_t classes;
	double all = 0;
	if (classes_read(bytes, &classes))
		return (expr_value_t){ 0 };
	for (size_t i = 0; i < classes.count; i++)
		all += (double)classes.counts[i];
	return (expr_value_t){ true, all };
}

static expr_value_t part_value(const part_t *part, const expr_input_t *input)
{
	if (!part->is_there)
		return (expr_value_t){ 0 };
	if (input->function == EXPR_NO_FUNCTION)
		return (expr_value_t){ true, part->sum };
	if (input->function == VALUE_DISTINCT)
		return value_distinct(part->bytes);
	if (input->function == VALUE_QUANTILE)
		return value_quantile(part->bytes, input->number);
	return part->kind == PART_QUANTILES ? count_digest(part->bytes)
	                                    : count_classes(part->bytes);
}

/* The name of the first part that is asked and not there. */
static slice_t first_lack(const definition_t *definition, const expr_input_t *inputs,
                          const expr_value_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!numbers[i].is_there)
			return definition->parts[inputs[i].name].name;
	return (slice_t){ 0 };
}

expr_value_t definition_value(const definition_t *definition, const part_t *parts,
                              slice_t *ret_lack)
{
	size_t count = 0;
	expr_value_t numbers[EXPR_INPUTS_MAX];
	const expr_input_t *inputs = expr_inputs(definition->value, &count);
	for (size_t i = 0; i < count; i++)
		numbers[i] = part_value(&parts[inputs[i].name], &inputs[i]);
	expr_value_t value = expr_eval(definition->value, numbers);
	*ret_lack = value.is_there ? (slice_t){ 0 }
	                           : first_lack(definition, inputs, numbers, count);
	return value;
}
