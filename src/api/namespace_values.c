/* SPDX-License-Identifier: Apache-2.0 */
#include "api/namespace_values.h"

#include <stdio.h>

#include "registry/template/template.h"

static const err_text_t text_fault = {
	{ "the template of value %1 is wrong in line %2: %3", "值 %1 的模板第 %2 行有误：%3" },
	{ "see doc/templates.md for what a template may hold",
	  "模板可包含的内容见 doc/templates.md" },
};

static err_t check(const handle_value_t *value, err_detail_t *ret_detail)
{
	name_template_t *template = NULL;
	name_template_fault_t fault;
	char index[16], line[16];
	err_t err = name_template_new(value->data, &template, &fault);
	name_template_free(template);
	if (err != ERR_INVALID)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	(void)snprintf(index, sizeof(index), "%u", value->index);
	(void)snprintf(line, sizeof(line), "%u", fault.line);
	return err_raise(ret_detail, err, &text_fault, "", index, line, fault.reason, (char *)NULL);
}

err_t namespace_values_check(const handle_values_t *values, err_detail_t *ret_detail)
{
	handle_value_t value;
	handle_iter_t iter = handle_list_iter((handle_list_t){ values->count, values->bytes });
	err_t err = ERR_OK;
	while (!err && handle_value_next(&iter, &value))
		if (slice_eq_nocase(value.type, SLICE("HS_NAMESPACE")))
			err = check(&value, ret_detail);
	return err;
}
