/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the section gs1. */
#include "config/check.h"

static const field_t COMPANY_FIELDS[] = {
	{ .key = "company",
	  .kind = KIND_TEXT,
	  .at = offsetof(config_company_t, company),
	  .meaning = { "GS1 company prefix, 4 to 12 digits; the longest that fits wins",
	               "GS1 厂商识别代码，4 至 12 位数字；最长匹配优先" } },
	{ .key = "prefix",
	  .kind = KIND_PREFIX,
	  .optional = true,
	  .at = offsetof(config_company_t, prefix),
	  .present_at = offsetof(config_company_t, has_prefix),
	  .meaning = { "Its records live under this identifier prefix", "其记录所在的标识前缀" } },
	{ .key = "resolver",
	  .kind = KIND_TEXT,
	  .fallback = "",
	  .at = offsetof(config_company_t, resolver),
	  .meaning = { "Or root URI of the resolver that handles it",
	               "或负责解析它的服务的根 URI" } },
};
static const section_t SECTION_COMPANY = {
	.path = "gs1.companies[]",
	.size = sizeof(config_company_t),
	.fields = COMPANY_FIELDS,
	.field_count = sizeof(COMPANY_FIELDS) / sizeof(*COMPANY_FIELDS),
	.check = check_company,
};

static const field_t GS1_FIELDS[] = {
	{ .key = "prefix",
	  .kind = KIND_PREFIX,
	  .optional = true,
	  .at = offsetof(config_gs1_t, prefix),
	  .present_at = offsetof(config_gs1_t, has_prefix),
	  .meaning = { "Identifier prefix of the records of GS1 keys: /01/... is PREFIX/01/...; "
	               "the node's own when absent",
	               "GS1 代码的记录所在的标识前缀：/01/… 即 前缀/01/…；缺省为本节点前缀" } },
	{ .key = "root",
	  .kind = KIND_TEXT,
	  .fallback = "",
	  .at = offsetof(config_gs1_t, root),
	  .meaning = { "Root URI of this resolver, such as https://id.example.com; empty: as "
	               "each request came",
	               "本解析服务的根 URI，例如 https://id.example.com；为空时按请求地址" } },
	{ .key = "companies",
	  .kind = KIND_SECTION,
	  .form = FORM_LIST,
	  .optional = true,
	  .at = offsetof(config_gs1_t, companies),
	  .count_at = offsetof(config_gs1_t, company_count),
	  .max = CONFIG_COMPANIES_MAX,
	  .section = &SECTION_COMPANY,
	  .meaning = { "Companies whose keys live elsewhere", "代码存放于别处的厂商" } },
};
const section_t SECTION_GS1 = {
	.path = "gs1",
	.size = sizeof(config_gs1_t),
	.fields = GS1_FIELDS,
	.field_count = sizeof(GS1_FIELDS) / sizeof(*GS1_FIELDS),
	.check = check_gs1,
};
