/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of templates. Each kind of value has a function; what all have in common,
 * lengths and presence, stands around it. */
#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "base/utf8.h"
#include "codec/handle/handle.h"
#include "office/template.h"

enum { INDEX_SPARE = 1000, DATE_LEN = 10 };

static const err_text_t TEXTS[] = {
#define X(id, word, en, zh, fix_en, fix_zh) { { en, zh }, { fix_en, fix_zh } },
	TEMPLATE_RULE_ROWS(X)
#undef X
};

static const char *const WORDS[] = {
#define X(id, word, en, zh, fix_en, fix_zh) word,
	TEMPLATE_RULE_ROWS(X)
#undef X
};

const char *template_rule_name(template_rule_t rule)
{
	return WORDS[rule];
}

void template_fault(template_faults_t *faults, template_rule_t rule, const template_item_t *item,
                    uint32_t index, const char *wanted)
{
	char name[ERR_ARG_MAX];
	if (faults->count++ >= TEMPLATE_FAULTS_MAX)
		return;
	template_fault_t *fault = &faults->fault[faults->count - 1];
	if (item && item->name[LANG_ZH].len)
		slice_to_cstr(item->name[LANG_ZH], name, sizeof(name));
	else if (item)
		slice_to_cstr(item->type, name, sizeof(name));
	else
		(void)snprintf(name, sizeof(name), "%lu", (unsigned long)index);
	fault->rule = rule;
	fault->index = index;
	err_raise(&fault->detail, ERR_INVALID, &TEXTS[rule], "", name, wanted, (char *)NULL);
}

static void fault_slice(template_faults_t *faults, template_rule_t rule,
                        const template_item_t *item, slice_t wanted)
{
	char text[ERR_ARG_MAX];
	slice_to_cstr(wanted, text, sizeof(text));
	template_fault(faults, rule, item, item->index, text);
}

static void fault_number(template_faults_t *faults, template_rule_t rule,
                         const template_item_t *item, double wanted)
{
	char text[32];
	template_fault(faults, rule, item, item->index, num_format_f64(wanted, text));
}

/* Kinds. */

typedef void (*check_value_t)(const template_item_t *item, slice_t value,
                              template_faults_t *faults);

static void check_string(const template_item_t *item, slice_t value, template_faults_t *faults)
{
	(void)item;
	(void)value;
	(void)faults;
}

static void check_number(const template_item_t *item, slice_t value, template_faults_t *faults)
{
	double number = 0;
	if (num_parse_f64(value, &number) != ERR_OK)
		template_fault(faults, RULE_NUMBER, item, item->index, "");
	else if (number < item->min)
		fault_number(faults, RULE_MIN, item, item->min);
	else if (number > item->max)
		fault_number(faults, RULE_MAX, item, item->max);
}

static void check_date(const template_item_t *item, slice_t value, template_faults_t *faults)
{
	char text[TIME_TEXT_MAX];
	int64_t ns = 0;
	writer_t w = writer_of(text, sizeof(text));
	wr_bytes(&w, value);
	if (value.len == DATE_LEN)
		wr_bytes(&w, SLICE("T00:00:00Z"));
	if (w.bad || time_parse(writer_done(&w), &ns) != ERR_OK)
		template_fault(faults, RULE_DATE, item, item->index, "");
}

static void check_reference(const template_item_t *item, slice_t value, template_faults_t *faults)
{
	handle_name_t parts;
	if (handle_name_split(value, &parts) != CODEC_OK || parts.suffix.len == 0)
		template_fault(faults, RULE_REFERENCE, item, item->index, "");
}

static void check_boolean(const template_item_t *item, slice_t value, template_faults_t *faults)
{
	if (!slice_eq(value, SLICE("true")) && !slice_eq(value, SLICE("false")))
		template_fault(faults, RULE_BOOLEAN, item, item->index, "");
}

static const check_value_t CHECKS[TEMPLATE_KIND_COUNT] = {
	[TEMPLATE_STRING] = check_string,   [TEMPLATE_NUMBER] = check_number,
	[TEMPLATE_DATE] = check_date,       [TEMPLATE_REFERENCE] = check_reference,
	[TEMPLATE_BOOLEAN] = check_boolean,
};

static size_t characters(slice_t text)
{
	size_t count = 0;
	for (; text.len; count++)
		text = slice_from(text, utf8_next(text));
	return count;
}

static void check_value(const template_item_t *item, slice_t value, template_faults_t *faults)
{
	if (value.len > TEMPLATE_VALUE_MAX) {
		fault_number(faults, RULE_LENGTH_MAX, item, TEMPLATE_VALUE_MAX);
		return;
	}
	if (!utf8_valid(value)) {
		template_fault(faults, RULE_TEXT, item, item->index, "");
		return;
	}
	size_t length = characters(value);
	if (length < item->length_min)
		fault_number(faults, RULE_LENGTH_MIN, item, item->length_min);
	if (item->length_max && length > item->length_max)
		fault_number(faults, RULE_LENGTH_MAX, item, item->length_max);
	CHECKS[item->kind](item, value, faults);
}

static bool is_earlier(const registration_form_t *form, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (form->items[k].index == form->items[i].index)
			return true;
	return false;
}

static void check_item(const template_t *t, const registration_form_t *form, size_t i,
                       template_faults_t *faults)
{
	const registration_item_t *given = &form->items[i];
	const template_item_t *item = template_item(t, given->index);
	if (given->index == TEMPLATE_INDEX || given->index == INDEX_SPARE)
		template_fault(faults, RULE_RESERVED, NULL, given->index, "");
	else if (!item)
		template_fault(faults, RULE_UNKNOWN, NULL, given->index, "");
	else if (item->disabled)
		template_fault(faults, RULE_DISABLED, item, given->index, "");
	else if (is_earlier(form, i))
		template_fault(faults, RULE_TWICE, item, given->index, "");
	else if (!slice_eq(given->type, item->type))
		fault_slice(faults, RULE_TYPE, item, item->type);
	else
		check_value(item, given->value, faults);
}

static bool is_given(const registration_form_t *form, uint32_t index)
{
	for (size_t i = 0; i < form->count; i++)
		if (form->items[i].index == index)
			return true;
	return false;
}

void template_check(const template_t *t, const registration_form_t *form, template_faults_t *faults)
{
	for (size_t i = 0; i < form->count; i++)
		check_item(t, form, i, faults);
	for (size_t i = 0; i < t->item_count; i++)
		if (t->items[i].required && !t->items[i].disabled &&
		    !is_given(form, t->items[i].index))
			template_fault(faults, RULE_REQUIRED, &t->items[i], t->items[i].index, "");
}
