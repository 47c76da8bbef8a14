/* SPDX-License-Identifier: Apache-2.0 */
#include "api/gs1_values.h"

#include "gs1/gs1_link.h"
#include "gs1/gs1_map.h"

static const err_text_t text_spelling = {
	{ "the name is not spelt as its key is", "名称与其代码的规范写法不一致" },
	{ "write it as %1", "请写成 %1" },
};

static err_t check_name(slice_t name, err_detail_t *ret_detail)
{
	uint8_t bytes[HANDLE_NAME_MAX];
	char spelt[ERR_ARG_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	gs1_problem_t problem = gs1_map_check(name, &w);
	slice_t ai = slice_from(name, slice_find(name, '/') + 1);
	(void)!slice_to_cstr(problem ? slice_cut(&ai, '/') : writer_done(&w), spelt, sizeof(spelt));
	if (problem)
		return err_raise(ret_detail, ERR_INVALID, gs1_problem_text(problem), "", spelt,
		                 (char *)NULL);
	if (w.len && !slice_eq(writer_done(&w), name))
		return err_raise(ret_detail, ERR_INVALID, &text_spelling, "", spelt, (char *)NULL);
	return ERR_OK;
}

err_t gs1_values_check(slice_t name, const handle_values_t *values, err_detail_t *ret_detail)
{
	handle_value_t value;
	handle_iter_t iter = handle_list_iter((handle_list_t){ values->count, values->bytes });
	err_t err = ERR_OK;
	bool any = false;
	while (!err && handle_value_next(&iter, &value)) {
		if (!slice_eq_nocase(value.type, SLICE(GS1_LINK_VALUE)))
			continue;
		any = true;
		err = gs1_link_check(value.data, ret_detail);
	}
	return err || !any ? err : check_name(name, ret_detail);
}
