/* SPDX-License-Identifier: Apache-2.0 */
/* What can be wrong, in words. */
#include "codec/scheme/scheme.h"

static const err_text_t problems[SCHEME_PROBLEM_COUNT] = {
	[SCHEME_GOOD] = { { "well formed", "格式正确" }, { NULL, NULL } },
	[SCHEME_NOT_IT] = { { "not written as this scheme is", "不是该编码方案的写法" },
	                    { NULL, NULL } },
	[SCHEME_SHORT] = { { "%1 is missing or too short", "%1 缺失或过短" },
	                   { "read the code again", "请重新读码" } },
	[SCHEME_LONG] = { { "%1 is too long", "%1 过长" }, { NULL, NULL } },
	[SCHEME_LETTER] = { { "%1 has no such letter", "%1 没有此代码" },
	                    { "read the code again, or ask who made it",
	                      "请重新读码，或询问编码企业" } },
	[SCHEME_CHARACTER] = { { "a character that %1 does not take", "含有 %1 不允许的字符" },
	                       { NULL, NULL } },
	[SCHEME_DIGITS] = { { "%1 takes digits alone", "%1 只能是数字" }, { NULL, NULL } },
	[SCHEME_DATE_LETTER] = { { "%1 has a character that is no date",
	                           "%1 含有日期代码之外的字符" },
	                         { "0, I, O, Q and Z are none; read the code again",
	                           "日期代码不用 0、I、O、Q、Z；请重新读码" } },
	[SCHEME_DATE] = { { "there is no such day in %1", "%1 中的日期不存在" }, { NULL, NULL } },
	[SCHEME_SERIAL] = { { "%1 counts from 0000001", "%1 从 0000001 起" }, { NULL, NULL } },
	[SCHEME_ARC] = { { "an arc of %1 is empty, begins with 0 or has over 39 digits",
	                   "%1 中有弧为空、以 0 开头或超过 39 位" },
	                 { "write arcs as plain numbers between dots, such as 2.999.1",
	                   "请以点分隔数字，例如 2.999.1" } },
	[SCHEME_ARC_ROOT] = { { "%1 begins with no root: 0, 1 or 2, and below 0 and 1 up to 39",
	                        "%1 的根无效：首弧为 0、1、2，0 和 1 之下至多 39" },
	                      { NULL, NULL } },
	[SCHEME_ARCS_MANY] = { { "%1 has more than 64 arcs", "%1 超过 64 个弧" }, { NULL, NULL } },
	[SCHEME_METHOD] = { { "%1 takes lower-case letters and digits", "%1 只能是小写字母和数字" },
	                    { "a DID is did:METHOD:ID", "DID 的写法为 did:方法:标识" } },
	[SCHEME_ESCAPE] = { { "the escape in %1 is not two hexadecimal digits",
	                      "%1 中的转义不是两位十六进制数" },
	                    { NULL, NULL } },
	[SCHEME_VERSION] = { { "%1 is not a version known here", "%1 不是此处已知的版本" },
	                     { NULL, NULL } },
};

const err_text_t *scheme_problem_text(scheme_problem_t problem)
{
	return &problems[problem];
}
