/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/gs1/table.h"

const gs1_ai_t *gs1_ai_at(size_t i)
{
	return i < GS1_AI_COUNT ? &GS1_AIS[i] : NULL;
}

/* Rows are in the order of their digits, and no AI is the beginning of another. */
const gs1_ai_t *gs1_ai_find(slice_t ai)
{
	size_t low = 0, high = GS1_AI_COUNT;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (slice_cmp(slice_str(GS1_AIS[middle].last), ai) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	const gs1_ai_t *row = gs1_ai_at(low);
	return row && strlen(row->first) == ai.len && slice_cmp(slice_str(row->first), ai) <= 0
	               ? row
	               : NULL;
}

const char *gs1_form_name(gs1_form_t form)
{
	static const char *const names[GS1_FORM_COUNT] = {
		[GS1_URI] = "digital-link",
		[GS1_BRACKETS] = "element-string-brackets",
		[GS1_PLAIN] = "element-string",
		[GS1_GTIN] = "gtin",
	};
	return names[form];
}

static const err_text_t problems[GS1_PROBLEM_COUNT] = {
	[GS1_GOOD] = { { "well formed", "格式正确" }, { NULL, NULL } },
	[GS1_NOT_GS1] = { { "neither a Digital Link nor an element string",
	                    "既不是 GS1 Digital Link，也不是单元数据串" },
	                  { "give https://..., (01)..., or what the scanner reads",
	                    "请输入 https://…、(01)… 或扫描所得原文" } },
	[GS1_INPUT_LONG] = { { "longer than 4096 bytes", "超过 4096 字节" }, { NULL, NULL } },
	[GS1_NO_KEY] = { { "no primary key in the path", "路径中没有主标识代码" },
	                 { "begin with a key such as /01/ and 14 digits",
	                   "请以主标识开头，例如 /01/ 加 14 位数字" } },
	[GS1_UNKNOWN_AI] = { { "(%1) is not an application identifier", "(%1) 不是应用标识符" },
	                     { NULL, NULL } },
	[GS1_NOT_QUALIFIER] = { { "(%1) is not a qualifier of this key",
	                          "(%1) 不是该主标识的限定符" },
	                        { "data attributes go into the query", "数据属性应放在查询串中" } },
	[GS1_ORDER] = { { "(%1) stands out of order", "(%1) 的次序不对" },
	                { "the order of qualifiers is that of the standard",
	                  "请按标准规定的限定符次序排列" } },
	[GS1_NOT_ATTRIBUTE] = { { "(%1) may not stand in the query", "(%1) 不能放在查询串中" },
	                        { NULL, NULL } },
	[GS1_TWICE] = { { "(%1) stands there twice", "(%1) 重复出现" }, { NULL, NULL } },
	[GS1_TOO_MANY] = { { "more than 32 elements", "超过 32 个单元" }, { NULL, NULL } },
	[GS1_ESCAPE] = { { "the escape in (%1) is not two hexadecimal digits",
	                   "(%1) 中的转义不是两位十六进制数" },
	                 { NULL, NULL } },
	[GS1_EXCLUDED] = { { "(%1) may not stand beside the others",
	                     "(%1) 不能与其他应用标识符同时出现" },
	                   { NULL, NULL } },
	[GS1_INCOMPLETE] = { { "(%1) needs its qualifier", "(%1) 缺少其限定符" }, { NULL, NULL } },
	[GS1_SHORT] = { { "the value of (%1) is too short", "(%1) 的值过短" }, { NULL, NULL } },
	[GS1_LONG] = { { "the value of (%1) is too long", "(%1) 的值过长" },
	               { "a separator (FNC1) may be missing behind it",
	                 "其后可能缺少分隔符（FNC1）" } },
	[GS1_DIGITS] = { { "(%1) takes digits alone here", "(%1) 此处只能是数字" },
	                 { NULL, NULL } },
	[GS1_CHARACTER] = { { "a character that (%1) does not take", "含有 (%1) 不允许的字符" },
	                    { NULL, NULL } },
	[GS1_CHECK_DIGIT] = { { "the check digit of (%1) is wrong", "(%1) 的校验位错误" },
	                      { "read the code again", "请重新读码" } },
	[GS1_CHECK_PAIR] = { { "the two check characters of (%1) are wrong",
	                       "(%1) 的两位校验字符错误" },
	                     { "read the code again", "请重新读码" } },
	[GS1_COMPANY] = { { "(%1) does not begin with a company prefix",
	                    "(%1) 未以厂商识别代码开头" },
	                  { NULL, NULL } },
	[GS1_DATE] = { { "no such date in (%1)", "(%1) 中的日期不存在" }, { NULL, NULL } },
	[GS1_TIME] = { { "no such time in (%1)", "(%1) 中的时间不存在" }, { NULL, NULL } },
	[GS1_COUNTRY] = { { "no such country code in (%1)", "(%1) 中的国家代码不存在" },
	                  { NULL, NULL } },
	[GS1_CURRENCY] = { { "no such currency code in (%1)", "(%1) 中的货币代码不存在" },
	                   { NULL, NULL } },
	[GS1_OUT_OF_LIST] = { { "a value that (%1) does not know", "(%1) 没有此取值" },
	                      { NULL, NULL } },
	[GS1_PIECE] = { { "the piece and the total in (%1) do not fit", "(%1) 中的件号与总数不符" },
	                { NULL, NULL } },
	[GS1_ACCOUNT] = { { "the account number in (%1) is wrong", "(%1) 中的银行账号错误" },
	                  { NULL, NULL } },
};

const err_text_t *gs1_problem_text(gs1_problem_t problem)
{
	return &problems[problem];
}
