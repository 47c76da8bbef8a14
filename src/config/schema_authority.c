/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the section authority. */
#include "config/check.h"
#include "config/schema_rows.h"

static const field_t AUTHORITY_FIELDS[] = {
	{ .key = "certificate",
	  .kind = KIND_TEXT,
	  .fallback = "",
	  .at = offsetof(config_authority_t, certificate),
	  .meaning = { "PEM file of a certificate that may issue others, with key; empty: the node "
	               "makes both in DATA/keys",
	               "可签发下级证书的证书 PEM 文件，须与 key 同时给出；空表示节点在 DATA/keys "
	               "中自行生成" } },
	{ .key = "key",
	  .kind = KIND_TEXT,
	  .fallback = "",
	  .at = offsetof(config_authority_t, key),
	  .meaning = { "PEM file of its private key, without password, readable by the node's user",
	               "证书私钥的 PEM 文件，无密码，节点用户可读" } },
	{ .key = "lasts",
	  .kind = KIND_DURATION,
	  .fallback = "90d",
	  .low = DAY,
	  .high = 3660 * DAY,
	  .at = offsetof(config_authority_t, lasts_ns),
	  .meaning = { "How long the certificate of a child is good; it renews it by itself",
	               "下级证书的有效期；到期前由下级自行更新" } },
};
const section_t SECTION_AUTHORITY = {
	.path = "authority",
	.size = sizeof(config_authority_t),
	ROWS(AUTHORITY_FIELDS),
	.check = check_authority,
};
