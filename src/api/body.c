/* SPDX-License-Identifier: Apache-2.0 */
#include "api/body.h"

static const err_text_t text_body = {
	{ "the body is not JSON that can be read here", "请求体不是可读取的 JSON" },
	{ "send one JSON object in UTF-8, nested at most 32 deep",
	  "请发送 UTF-8 编码的 JSON 对象，嵌套不超过 32 层" },
};

static const err_text_t text_field = {
	{ "the field %1 is missing, of the wrong type or out of range",
	  "字段 %1 缺失、类型错误或超出范围" },
	{ "see /api/v1/openapi.yaml for the body", "请求体格式见 /api/v1/openapi.yaml" },
};

json_tree_t *body_read(exchange_t *x)
{
	json_tree_t *doc = NULL;
	err_t err = json_read(x->request.body, &doc, NULL);
	if (err) {
		exchange_refuse(x, err, &text_body, (slice_t){ 0 });
		return NULL;
	}
	return doc;
}

verdict_t body_refuse(exchange_t *x, const char *field)
{
	return exchange_refuse(x, ERR_INVALID, &text_field, slice_str(field));
}
