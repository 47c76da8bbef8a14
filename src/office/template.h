/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFICE_TEMPLATE_H
#define OFFICE_TEMPLATE_H
/* Typed templates (数据模板): what the values of a registration must be. A template belongs
 * to a prefix and has a version; once a registration has used it, it never changes.
 *
 * A record refers to its template by index 1001, type TEMPLATE, data the version. Items
 * stand from index 2000 on.
 *
 * Story: template_check holds the items of one registration against a template and
 * collects faults, each with the item, the rule and how to mend it in both languages. */
#include "base/cursor.h"
#include "base/err.h"

enum {
	TEMPLATE_INDEX = 1001,
	TEMPLATE_ITEM_INDEX_MIN = 2000,
	TEMPLATE_ITEMS_MAX = 128,
	TEMPLATE_VERSION_MAX = 128,
	TEMPLATE_FAULTS_MAX = 16,
	TEMPLATE_VALUE_MAX = 64 << 10,
	TEMPLATE_BYTES_MAX = 128 << 10,
};

/* Kinds are stored: append rows, never reorder. */
#define TEMPLATE_KIND_ROWS(X) \
	X(STRING, "string") \
	X(NUMBER, "number") \
	X(DATE, "date") \
	X(REFERENCE, "reference") \
	X(BOOLEAN, "boolean")

#define X(name, text) TEMPLATE_##name,
typedef enum { TEMPLATE_KIND_ROWS(X) TEMPLATE_KIND_COUNT } template_kind_t;
#undef X

typedef enum { TEMPLATE_ACTIVE_CARRIER = 1, TEMPLATE_OTHER = 2 } template_type_t;

typedef struct {
	slice_t name[LANG_COUNT];
	slice_t type; /* of the value, "idType" */
	uint32_t index;
	template_kind_t kind;
	bool required, unique, disabled;
	uint8_t perms;                   /* HANDLE_PERM_* */
	uint32_t length_min, length_max; /* characters; max 0: TEMPLATE_VALUE_MAX bytes */
	double min, max;                 /* of numbers; NaN: none */
} template_item_t;

typedef struct {
	slice_t prefix, version, name[LANG_COUNT], description;
	slice_t industry[4]; /* industry.h */
	template_type_t type;
	const template_item_t *items;
	size_t item_count;
	bool is_used;
	/* Of one that was read; NULL: the caller's. */
	template_item_t *rows;
	uint8_t *memory; /* what the slices borrow */
} template_t;

const char *template_kind_name(template_kind_t kind);
/* TEMPLATE_KIND_COUNT when unknown. */
template_kind_t template_kind_parse(slice_t name);

/* ERR_INVALID with the field or item in the detail. */
MUST_CHECK err_t template_good(const template_t *form, err_detail_t *ret_detail);

/* Disk form: strings prefix, version, name en, name zh, description, four of industry,
 * type u8, count varint, then for each item: strings name en, name zh, type, index varint,
 * kind u8, flags u8 (1 required, 2 unique, 4 disabled), perms u8, lengths varint, bounds as
 * the bits of doubles u64 little-endian. */
void template_write(const template_t *form, writer_t *w);
/* Copies what it reads. ERR_CORRUPT, ERR_NO_MEMORY. */
MUST_CHECK err_t template_read(reader_t *r, template_t **ret_template);
void template_free(template_t *t);

typedef struct {
	uint32_t index;
	slice_t type, value;
} registration_item_t;

typedef struct {
	slice_t name, version;
	const registration_item_t *items;
	size_t count;
} registration_form_t;

/* id, word, what is wrong and how to mend it in English and Chinese; %1 is the item,
 * %2 what the rule wants. */
#define TEMPLATE_RULE_ROWS(X) \
	X(TEMPLATE, "template", "the prefix has no template of version %2", \
	  "前缀下没有版本为 %2 的模板", "create it first, or name another version", \
	  "请先创建模板，或改用其他版本") \
	X(RESERVED, "reserved", "index %1 is reserved", "索引 %1 为预留索引", \
	  "use the indexes of the template, from 2000 on", "请使用模板中的索引，从 2000 开始") \
	X(UNKNOWN, "unknown", "the template has no item with index %1", "模板中没有索引 %1", \
	  "leave it out, or use a template that has it", "请去掉该项，或改用含有该项的模板") \
	X(DISABLED, "disabled", "item %1 is disabled in the template", "模板已停用 %1", \
	  "leave it out", "请去掉该项") \
	X(TYPE, "type", "the type of item %1 is not %2", "%1 的类型不是 %2", \
	  "send the type of the template", "请使用模板中的类型") \
	X(TWICE, "twice", "item %1 is given twice", "%1 重复", "send it once", "请只填一次") \
	X(REQUIRED, "required", "item %1 is missing", "缺少必填项 %1", "fill it in", "请填写该项") \
	X(LENGTH_MIN, "minLength", "item %1 is shorter than %2 characters", "%1 少于 %2 个字符", \
	  "lengthen it", "请补足长度") \
	X(LENGTH_MAX, "maxLength", "item %1 is longer than %2 characters", "%1 超过 %2 个字符", \
	  "shorten it", "请缩短内容") \
	X(TEXT, "text", "item %1 is not text in UTF-8", "%1 不是 UTF-8 文本", "encode it so", \
	  "请使用 UTF-8 编码") \
	X(NUMBER, "number", "item %1 is not a number", "%1 不是数字", \
	  "write it as digits, 12.5 or 1e3", "请写成数字，如 12.5 或 1e3") \
	X(MIN, "min", "item %1 is less than %2", "%1 小于 %2", "give a greater number", \
	  "请填写更大的值") \
	X(MAX, "max", "item %1 is greater than %2", "%1 大于 %2", "give a smaller number", \
	  "请填写更小的值") \
	X(DATE, "date", "item %1 is not a date", "%1 不是日期", \
	  "write it as 2026-11-27 or 2026-11-27T08:00:00Z", \
	  "请写成 2026-11-27 或 2026-11-27T08:00:00Z") \
	X(REFERENCE, "reference", "item %1 is not the name of an identifier", "%1 不是标识", \
	  "write it as PREFIX/SUFFIX", "请写成 前缀/后缀") \
	X(BOOLEAN, "boolean", "item %1 is neither true nor false", "%1 既不是 true 也不是 false", \
	  "write true or false", "请写 true 或 false") \
	X(UNIQUE, "unique", "another identifier has this value of item %1: %2", \
	  "%1 的值已被其他标识使用：%2", "give another value", "请填写其他值")

#define X(id, word, en, zh, fix_en, fix_zh) RULE_##id,
typedef enum { TEMPLATE_RULE_ROWS(X) RULE_COUNT } template_rule_t;
#undef X

typedef struct {
	template_rule_t rule;
	uint32_t index; /* 0: of none */
	err_detail_t detail;
} template_fault_t;

/* Those past the room are only counted. */
typedef struct {
	template_fault_t fault[TEMPLATE_FAULTS_MAX];
	size_t count;
} template_faults_t;

const char *template_rule_name(template_rule_t rule);
void template_fault(template_faults_t *faults, template_rule_t rule, const template_item_t *item,
                    uint32_t index, const char *wanted);
/* All rules but UNIQUE and TEMPLATE. */
void template_check(const template_t *t, const registration_form_t *form,
                    template_faults_t *faults);
const template_item_t *template_item(const template_t *t, uint32_t index);
#endif
