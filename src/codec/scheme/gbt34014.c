/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of automotive traction batteries: 24 characters, 19 for ladder use. */
#include "codec/scheme/table.h"

enum {
	FULL_LEN = 24,
	LADDER_LEN = 19,
	LADDER_MARK_AT = 17,
	PRODUCT_AT = 3,
	SERIAL_LEN = 7,
	SERIAL_MAX = 9999999,
	YEAR_ZERO = 2010,
	YEAR_MAX = 2041,
	MONTHS = 12,
	DAYS = 31,
	DATE_LEN = 3,
};

typedef enum {
	PART_MAKER,
	PART_PRODUCT,
	PART_CHEMISTRY,
	PART_SPEC,
	PART_TRACE,
	PART_DATE,
	PART_SERIAL,
	PART_MARK,
	PART_LADDER,
	PART_COUNT,
} part_id_t;

typedef enum { CHECK_ALNUM, CHECK_WORD, CHECK_DATE, CHECK_SERIAL } check_t;

typedef struct {
	const char *code;
	uint8_t len;
	check_t check;
	scheme_kind_t kind; /* of CHECK_WORD */
	const char *name[LANG_COUNT];
} part_t;

static const part_t parts[PART_COUNT] = {
	[PART_MAKER] = { "X1-3", 3, CHECK_ALNUM, 0, { "maker", "厂商代码" } },
	[PART_PRODUCT] = { "X4", 1, CHECK_WORD, SCHEME_PRODUCT, { "product type", "产品类型" } },
	[PART_CHEMISTRY] = { "X5",
	                     1,
	                     CHECK_WORD,
	                     SCHEME_CHEMISTRY,
	                     { "battery type", "电池类型" } },
	[PART_SPEC] = { "X6-7", 2, CHECK_ALNUM, 0, { "specification", "规格代码" } },
	[PART_TRACE] = { "X8-14", 7, CHECK_ALNUM, 0, { "trace information", "追溯信息代码" } },
	[PART_DATE] = { "X15-17", DATE_LEN, CHECK_DATE, 0, { "date of production", "生产日期" } },
	[PART_SERIAL] = { "X18-24", SERIAL_LEN, CHECK_SERIAL, 0, { "serial number", "序列号" } },
	[PART_MARK] = { "R1", 1, CHECK_WORD, SCHEME_LADDER, { "mark", "标志" } },
	[PART_LADDER] = { "R2",
	                  1,
	                  CHECK_WORD,
	                  SCHEME_PRODUCT,
	                  { "product of ladder use", "梯级利用产品类型" } },
};

/* PART_COUNT ends them. */
static const uint8_t full_layout[] = { PART_MAKER, PART_PRODUCT, PART_CHEMISTRY, PART_SPEC,
	                               PART_TRACE, PART_DATE,    PART_SERIAL,    PART_COUNT };
static const uint8_t ladder_layout[] = { PART_MAKER, PART_PRODUCT, PART_CHEMISTRY,
	                                 PART_SPEC,  PART_DATE,    PART_SERIAL,
	                                 PART_MARK,  PART_LADDER,  PART_COUNT };

static bool is_ladder(slice_t text)
{
	return text.len == LADDER_LEN && (text.ptr[LADDER_MARK_AT] | 0x20) == 'r';
}

/* One letter out of place must not hide that it is one of these. */
bool gbt34014_claims(slice_t text)
{
	bool ladder = is_ladder(text);
	if ((!ladder && text.len != FULL_LEN) || !ascii_all(text, ascii_is_alnum))
		return false;
	uint8_t product = text.ptr[PRODUCT_AT];
	size_t serial_at = ladder ? LADDER_MARK_AT - SERIAL_LEN : FULL_LEN - SERIAL_LEN;
	bool counts = ascii_is_digits(slice_sub(text, serial_at, SERIAL_LEN));
	bool is_product = scheme_order(SCHEME_PRODUCT, (uint8_t)(product & ~0x20)) > 0;
	return ascii_is_letter(product) && ascii_is_letter(text.ptr[PRODUCT_AT + 1]) &&
	       (counts || is_product);
}

static uint32_t days_of(uint32_t year, uint32_t month)
{
	static const uint8_t days[MONTHS] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	/* Within the years of the code every fourth is a leap year. */
	return month == 2 && year % 4 == 0 ? 29 : days[month - 1];
}

static scheme_problem_t check_date(scheme_read_t *r, scheme_field_t *field)
{
	uint32_t place[DATE_LEN];
	for (size_t i = 0; i < DATE_LEN; i++) {
		place[i] = scheme_order(SCHEME_DATE_ORDER, field->value.ptr[i]);
		if (place[i] == 0)
			return SCHEME_DATE_LETTER;
	}
	uint32_t year = YEAR_ZERO + place[0], month = place[1], day = place[2];
	if (month > MONTHS || day > days_of(year, month))
		return SCHEME_DATE;
	size_t from = r->room->len;
	wr_format(r->room, "%04u-%02u-%02u", year, month, day);
	field->meaning[LANG_EN] = field->meaning[LANG_ZH] = scheme_since(r, from);
	return SCHEME_GOOD;
}

static scheme_problem_t check_serial(const scheme_field_t *field)
{
	bool counts = false;
	if (!ascii_is_digits(field->value))
		return SCHEME_DIGITS;
	for (size_t i = 0; i < field->value.len; i++)
		counts = counts || field->value.ptr[i] != '0';
	return counts ? SCHEME_GOOD : SCHEME_SERIAL;
}

static scheme_problem_t check(const part_t *part, scheme_read_t *r, scheme_field_t *field)
{
	if (field->value.len < part->len)
		return SCHEME_SHORT;
	switch (part->check) {
	case CHECK_WORD:
		return scheme_mean(part->kind, field) ? SCHEME_GOOD : SCHEME_LETTER;
	case CHECK_DATE:
		return check_date(r, field);
	case CHECK_SERIAL:
		return check_serial(field);
	case CHECK_ALNUM:
		return scheme_is_upper(field->value) ? SCHEME_GOOD : SCHEME_CHARACTER;
	}
	return SCHEME_NOT_IT;
}

/* Letters of either case are read. */
void gbt34014_read(scheme_read_t *r)
{
	size_t from = r->room->len, at = 0;
	uint8_t *folded = wr_reserve(r->room, r->text.len);
	if (!folded)
		return;
	slice_fold_upper(r->text, folded);
	slice_t text = scheme_since(r, from);
	bool ladder = is_ladder(text);
	r->m->form = ladder ? "ladder" : "full";
	for (const uint8_t *id = ladder ? ladder_layout : full_layout; *id != PART_COUNT; id++) {
		const part_t *part = &parts[*id];
		scheme_field_t *field = scheme_add(
			r, &(scheme_field_t){ .code = part->code,
		                              .name = { part->name[LANG_EN], part->name[LANG_ZH] },
		                              .value = slice_sub(text, at, part->len),
		                              .at = at });
		field->problem = check(part, r, field);
		at += field->value.len;
		if (field->value.len < part->len)
			return;
	}
	if (at < text.len)
		scheme_note(r, SCHEME_LONG, at);
	r->m->canonical = r->m->suffix = text;
}

/* Making one. */

static uint8_t date_letter(uint32_t place)
{
	uint32_t order = 0;
	for (const scheme_word_t *word = SCHEME_WORDS; word->code; word++)
		if (word->kind == SCHEME_DATE_ORDER && ++order == place)
			return (uint8_t)word->code[0];
	return '0';
}

/* The lengths, which reading what was made could not tell. */
static scheme_problem_t check_texts(const battery_t *b, const char **ret_code)
{
	bool is_first_life = b->ladder.len == 0;
	const struct {
		slice_t value;
		part_id_t id;
		bool wanted;
	} rows[] = {
		{ b->vendor, PART_MAKER, true },         { b->product, PART_PRODUCT, true },
		{ b->chemistry, PART_CHEMISTRY, true },  { b->spec, PART_SPEC, true },
		{ b->trace, PART_TRACE, is_first_life }, { b->ladder, PART_LADDER, !is_first_life },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const part_t *part = &parts[rows[i].id];
		size_t len = rows[i].wanted ? part->len : 0;
		*ret_code = part->code;
		if (rows[i].value.len != len)
			return rows[i].value.len < len ? SCHEME_SHORT : SCHEME_LONG;
		if (!scheme_is_upper(rows[i].value))
			return SCHEME_CHARACTER;
	}
	return SCHEME_GOOD;
}

static scheme_problem_t check_numbers(const battery_t *b, const char **ret_code)
{
	*ret_code = parts[PART_DATE].code;
	if (b->year <= YEAR_ZERO || b->year > YEAR_MAX || b->month > MONTHS || b->day > DAYS)
		return SCHEME_DATE;
	*ret_code = parts[PART_SERIAL].code;
	return b->serial > SERIAL_MAX ? SCHEME_LONG : SCHEME_GOOD;
}

static void put(const battery_t *b, writer_t *w)
{
	wr_bytes(w, b->vendor);
	wr_bytes(w, b->product);
	wr_bytes(w, b->chemistry);
	wr_bytes(w, b->spec);
	wr_bytes(w, b->trace);
	wr_u8(w, date_letter(b->year - YEAR_ZERO));
	wr_u8(w, date_letter(b->month));
	wr_u8(w, date_letter(b->day));
	wr_format(w, "%07u", b->serial);
	if (b->ladder.len) {
		wr_u8(w, 'R');
		wr_bytes(w, b->ladder);
	}
}

/* What is made is read, so that nothing is issued that is not right in every field. */
scheme_problem_t battery_put(const battery_t *battery, writer_t *w, const char **ret_code)
{
	uint8_t code[FULL_LEN + 1], room_bytes[SCHEME_ROOM];
	writer_t made = writer_of(code, sizeof(code));
	writer_t room = writer_of(room_bytes, sizeof(room_bytes));
	scheme_message_t m;
	scheme_problem_t problem = check_texts(battery, ret_code);
	if (!problem)
		problem = check_numbers(battery, ret_code);
	if (problem)
		return problem;
	put(battery, &made);
	if (scheme_decode(SCHEME_GBT34014, writer_done(&made), &room, &m) != CODEC_OK) {
		*ret_code = m.problem_code;
		return m.problem;
	}
	wr_bytes(w, writer_done(&made));
	return SCHEME_GOOD;
}
