/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes either are refused as a pack with a sentence that has a place, or give definitions
 * that can be asked: a value of parts, absent or a number, and what their formulas need. */
#include <assert.h>

#include "insight/definition.h"
#include "insight/published.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_fault(const err_detail_t *detail)
{
	char text[1024];
	assert(*err_render(detail, LANG_ZH, text, sizeof(text)));
	assert(*err_render(detail, LANG_EN, text, sizeof(text)));
}

static void ask(const definition_t *d)
{
	part_t parts[FIGURE_PARTS_MAX] = { 0 };
	slice_t lack = { 0 };
	for (size_t i = 0; i < d->part_count; i++) {
		size_t count = 0;
		const expr_t *formula = d->parts[i].formula;
		const expr_input_t *inputs = formula ? expr_inputs(formula, &count) : NULL;
		parts[i] = (part_t){ d->parts[i].kind, i % 2 == 0, 1.5, SLICE("") };
		for (size_t k = 0; k < count; k++) {
			definition_need_t need = definition_need(d, &inputs[k]);
			assert(need.index < (need.kind == NEED_SERIES      ? d->input_count
			                     : need.kind == NEED_PARAMETER ? d->parameter_count
			                                                   : d->use_count));
		}
	}
	expr_value_t value = definition_value(d, parts, &lack);
	assert(!value.is_there || lack.len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const slice_t yaml = slice_of(data, size);
	const definition_pack_t pack = { yaml, "fuzz" };
	const published_pack_t figures = { yaml, "fuzz" };
	definitions_t *set = NULL;
	published_set_t *published = NULL;
	err_detail_t detail;
	if (definitions_read(&pack, 1, NULL, &set, &detail))
		check_fault(&detail);
	for (size_t i = 0; set && i < definitions_count(set); i++)
		ask(definitions_get(set, i));
	definitions_free(set);
	if (published_read(&figures, 1, &published, &detail))
		check_fault(&detail);
	published_free(published);
	return 0;
}
