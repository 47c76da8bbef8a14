/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the section schemes: one for each of codec/scheme. */
#include "config/schema.h"

static const field_t SCHEMES_FIELDS[] = {
	{ .key = "gbt34014",
	  .kind = KIND_PREFIX,
	  .optional = true,
	  .at = offsetof(config_schemes_t, gbt34014.prefix),
	  .present_at = offsetof(config_schemes_t, gbt34014.has_prefix),
	  .meaning = { "Identifier prefix of the records of battery codes of GB/T 34014; the "
	               "node's own when absent",
	               "动力蓄电池编码（GB/T 34014）的记录所在的标识前缀；缺省为本节点前缀" } },
	{ .key = "vaa",
	  .kind = KIND_PREFIX,
	  .optional = true,
	  .at = offsetof(config_schemes_t, vaa.prefix),
	  .present_at = offsetof(config_schemes_t, vaa.has_prefix),
	  .meaning = { "Identifier prefix of the records of VAA codes; the node's own when absent",
	               "VAA 编码的记录所在的标识前缀；缺省为本节点前缀" } },
	{ .key = "oid",
	  .kind = KIND_PREFIX,
	  .optional = true,
	  .at = offsetof(config_schemes_t, oid.prefix),
	  .present_at = offsetof(config_schemes_t, oid.has_prefix),
	  .meaning = { "Identifier prefix of the records of object identifiers; the node's own "
	               "when absent",
	               "对象标识符（OID）的记录所在的标识前缀；缺省为本节点前缀" } },
	{ .key = "ecode",
	  .kind = KIND_PREFIX,
	  .optional = true,
	  .at = offsetof(config_schemes_t, ecode.prefix),
	  .present_at = offsetof(config_schemes_t, ecode.has_prefix),
	  .meaning = { "Identifier prefix of the records of Ecode; the node's own when absent",
	               "物品编码 Ecode的记录所在的标识前缀；缺省为本节点前缀" } },
	{ .key = "did",
	  .kind = KIND_PREFIX,
	  .optional = true,
	  .at = offsetof(config_schemes_t, did.prefix),
	  .present_at = offsetof(config_schemes_t, did.has_prefix),
	  .meaning = { "Identifier prefix of the records of decentralized identifiers; the node's "
	               "own when absent",
	               "分布式标识符（DID）的记录所在的标识前缀；缺省为本节点前缀" } },
};
const section_t SECTION_SCHEMES = {
	.path = "schemes",
	.size = sizeof(config_schemes_t),
	.fields = SCHEMES_FIELDS,
	.field_count = sizeof(SCHEMES_FIELDS) / sizeof(*SCHEMES_FIELDS),
};
