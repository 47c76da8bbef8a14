/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of the section uplink: parents, and the contracts that say what goes to them. */
#include "config/check.h"
#include "config/schema_rows.h"
#include "model/event.h"

_Static_assert(sizeof(data_class_t) == sizeof(unsigned), "words are stored as unsigned");
_Static_assert((int)EVENT_CLASS_COUNT <= (int)CONFIG_EVENTS_MAX, "a place for every class");

static const char *const STREAMS[UPLINK_STREAM_COUNT] = {
#define X(name, word, urgent) word,
	UPLINK_STREAM_ROWS(X)
#undef X
};
/* Core data never leaves, so the word is not offered. */
static const char *const CLASSES[DATA_CLASS_COUNT] = {
	[DATA_GENERAL] = "general",
	[DATA_IMPORTANT] = "important",
};
static const char *const EVENTS[EVENT_CLASS_COUNT] = {
#define X(name, text) text,
	EVENT_CLASS_ROWS(X)
#undef X
};
static const char *const SEVERITIES[SEVERITY_COUNT] = {
	[SEVERITY_INFO] = "info",         [SEVERITY_NOTICE] = "notice",
	[SEVERITY_WARNING] = "warning",   [SEVERITY_ALARM] = "alarm",
	[SEVERITY_CRITICAL] = "critical",
};
static const char *const FALSE_TRUE[] = { "false", "true" };
static const char *const OPEN[CONTRACT_OPEN_COUNT] = {
#define X(name, word) word,
	CONTRACT_OPEN_ROWS(X)
#undef X
};

static const field_t CONTRACT_FIELDS[] = {
	{ .key = "name",
	  .kind = KIND_NAME,
	  .at = offsetof(config_contract_t, name),
	  .meaning = { "Name, which parents have it by", "合同名称，供上级节点引用" } },
	{ .key = "streams",
	  .kind = KIND_WORD,
	  .form = FORM_ARRAY,
	  WORDS(STREAMS),
	  .at = offsetof(config_contract_t, streams),
	  .count_at = offsetof(config_contract_t, stream_count),
	  .max = UPLINK_STREAM_COUNT,
	  .meaning = { "Streams that go up", "上报的数据流" } },
	{ .key = "indicators",
	  .kind = KIND_TEXT,
	  .form = FORM_ARRAY,
	  .fallback = "",
	  .at = offsetof(config_contract_t, indicators),
	  .count_at = offsetof(config_contract_t, indicator_count),
	  .max = CONFIG_PATTERNS_MAX,
	  .meaning = { "Definitions of indicators that go; iso22400.* is all that begin so",
	               "上报的指标定义；iso22400.* 表示以此开头者" } },
	{ .key = "points",
	  .kind = KIND_WORD,
	  .form = FORM_ARRAY,
	  .fallback = "general",
	  WORDS(CLASSES),
	  .at = offsetof(config_contract_t, points),
	  .count_at = offsetof(config_contract_t, point_count),
	  .max = DATA_CLASS_COUNT,
	  .meaning = { "Classes of points whose events and figures may go",
	               "其事件和指标可以上报的测点级别" } },
	{ .key = "events",
	  .kind = KIND_WORD,
	  .form = FORM_ARRAY,
	  .fallback = "",
	  WORDS(EVENTS),
	  .at = offsetof(config_contract_t, events),
	  .count_at = offsetof(config_contract_t, event_count),
	  .max = CONFIG_EVENTS_MAX,
	  .meaning = { "Classes of events that go", "上报的事件类别" } },
	{ .key = "severity",
	  .kind = KIND_WORD,
	  .fallback = "warning",
	  WORDS(SEVERITIES),
	  .at = offsetof(config_contract_t, severity),
	  .meaning = { "Least severity of events that go", "上报事件的最低级别" } },
	{ .key = "every",
	  .kind = KIND_DURATION,
	  .fallback = "0s",
	  .high = 366 * DAY,
	  .at = offsetof(config_contract_t, every_ns),
	  .meaning = { "How often: figures of a shorter period stay; 0s: of any period they go",
	               "上报频次：统计周期更短的指标不上报；0s 表示不限" } },
	{ .key = "cell",
	  .kind = KIND_U16,
	  .fallback = "3",
	  .low = 1,
	  .high = UINT16_MAX,
	  .at = offsetof(config_contract_t, cell),
	  .meaning = { "Least number in a cell of what is counted; smaller ones are joined or stay",
	               "计数单元格的最小数量；不足者合并或不上报" } },
	{ .key = "values",
	  .kind = KIND_WORD,
	  .fallback = "false",
	  WORDS(FALSE_TRUE),
	  .at = offsetof(config_contract_t, values),
	  .meaning = { "Whether measured values in events go along",
	               "事件中的测量值是否一并上报" } },
	{ .key = "open",
	  .kind = KIND_WORD,
	  .fallback = "figures",
	  WORDS(OPEN),
	  .at = offsetof(config_contract_t, open),
	  .meaning = { "How far down the parent may ask what a figure was made of",
	               "上级可向下追溯数值来源的程度" } },
};
static const section_t SECTION_CONTRACT = {
	.path = "uplink.contracts[]",
	.size = sizeof(config_contract_t),
	ROWS(CONTRACT_FIELDS),
};

static const field_t PARENT_FIELDS[] = {
	{ .key = "name",
	  .kind = KIND_NAME,
	  .at = offsetof(config_parent_t, name),
	  .meaning = { "What it is called here", "本地名称" } },
	{ .key = "node",
	  .kind = KIND_PREFIX,
	  .at = offsetof(config_parent_t, node),
	  .meaning = { "Its identifier", "其标识" } },
	{ .key = "address",
	  .kind = KIND_ADDRESS,
	  .at = offsetof(config_parent_t, addr),
	  .meaning = { "Where it listens for children", "其监听下级节点的地址" } },
	{ .key = "authority",
	  .kind = KIND_TEXT,
	  .fallback = "",
	  .at = offsetof(config_parent_t, authority),
	  .meaning = { "File (PEM) with the certificate that its own leads to; empty: the one from "
	               "joining",
	               "其证书所依据的根证书文件（PEM）；为空时用入网时所得" } },
	{ .key = "contract",
	  .kind = KIND_TEXT,
	  .fallback = "",
	  .at = offsetof(config_parent_t, contract),
	  .meaning = { "Name of the contract that says what goes there; empty: nothing does",
	               "规定上报内容的合同名称；为空表示不上报" } },
};
static const section_t SECTION_PARENT = {
	.path = "uplink.parents[]",
	.size = sizeof(config_parent_t),
	ROWS(PARENT_FIELDS),
};

static const field_t UPLINK_FIELDS[] = {
	{ .key = "listen",
	  .kind = KIND_ADDRESS,
	  .form = FORM_ARRAY,
	  .fallback = "",
	  .at = offsetof(config_uplink_t, listen),
	  .count_at = offsetof(config_uplink_t, listen_count),
	  .max = CONFIG_LISTEN_MAX,
	  .meaning = { "Where children are heard", "接受下级节点连接的地址" } },
	{ .key = "register_key",
	  .kind = KIND_TEXT,
	  .fallback = "",
	  .at = offsetof(config_uplink_t, register_key),
	  .meaning = { "File with the key by which devices are known in all of the tree; empty: "
	               "DATA/keys/register.key, which the node makes",
	               "全树共用的设备登记密钥文件；为空时用节点自行生成的 "
	               "DATA/keys/register.key" } },
	{ .key = "parents",
	  .kind = KIND_SECTION,
	  .form = FORM_LIST,
	  .optional = true,
	  .at = offsetof(config_uplink_t, parents),
	  .count_at = offsetof(config_uplink_t, parent_count),
	  .max = CONFIG_PARENTS_MAX,
	  .section = &SECTION_PARENT,
	  .meaning = { "Nodes that this one reports to", "上级节点" } },
	{ .key = "contracts",
	  .kind = KIND_SECTION,
	  .form = FORM_LIST,
	  .optional = true,
	  .at = offsetof(config_uplink_t, contracts),
	  .count_at = offsetof(config_uplink_t, contract_count),
	  .max = CONFIG_CONTRACTS_MAX,
	  .section = &SECTION_CONTRACT,
	  .meaning = { "What may leave this node", "可以离开本节点的内容" } },
};
const section_t SECTION_UPLINK = {
	.path = "uplink",
	.size = sizeof(config_uplink_t),
	ROWS(UPLINK_FIELDS),
	.check = check_uplink,
};
