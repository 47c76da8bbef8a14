/* SPDX-License-Identifier: Apache-2.0 */
/* Samples in the node's own forms; the content type says which. */
#include "api/handlers.h"
#include "api/ingest_forms.h"
#include "codec/line/line.h"

static const ingest_form_t table_form = {
	.unit = { "line", "行" },
	.fill = ingest_table_fill,
	.answer = ingest_answer,
};
static const ingest_form_t json_form = {
	.unit = { "line", "行" },
	.fill = ingest_json_fill,
	.answer = ingest_answer,
};
static const ingest_form_t sheet_form = {
	.unit = { "column", "列" },
	.fill = ingest_sheet_fill,
	.answer = ingest_answer,
};

static const err_text_t text_type = {
	{ "samples of the type %1 are not read here", "不支持类型为 %1 的样本" },
	{ "send text/csv, application/x-ndjson or application/vnd.jizhu.samples",
	  "请使用 text/csv、application/x-ndjson 或 application/vnd.jizhu.samples" },
};
static const err_text_t text_precision = {
	{ "%1 is no precision", "%1 不是有效的时间精度" },
	{ "use ns, us, ms or s", "可用 ns、us、ms 或 s" },
};

static const ingest_form_t *form_of(slice_t type)
{
	static const struct {
		const char *type;
		const ingest_form_t *form;
	} rows[] = { { "text/csv", &table_form },
		     { "application/x-ndjson", &json_form },
		     { "application/json", &json_form },
		     { "application/vnd.jizhu.samples", &sheet_form } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (slice_eq_nocase(type, slice_str(rows[i].type)))
			return rows[i].form;
	return NULL;
}

verdict_t samples_post(exchange_t *x)
{
	slice_t type = x->request.header[HEADER_CONTENT_TYPE], word = SLICE("ms");
	type = slice_trim(slice_cut(&type, ';'));
	const ingest_form_t *form = form_of(type);
	(void)request_query(&x->request, "precision", 0, &word);
	int64_t unit_ns = line_unit_ns(word);
	if (!form)
		return exchange_problem(x, &(problem_t){ .err = ERR_UNSUPPORTED,
		                                         .status = 415,
		                                         .text = &text_type,
		                                         .arg = type });
	if (!unit_ns)
		return exchange_refuse(x, ERR_INVALID, &text_precision, word);
	return ingest_begin(x, form, unit_ns);
}
