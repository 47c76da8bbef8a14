/* SPDX-License-Identifier: Apache-2.0 */
#include "insight/factors.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/ascii.h"
#include "base/grow.h"
#include "base/num.h"
#include "base/rows.h"

typedef struct {
	factor_t factor; /* first: a factor_t * of ours is a row_t * */
	const char *file;
	uint32_t line;
	size_t order; /* in which it was read */
} row_t;

typedef struct {
	slice_t code, region;
} lies_in_t;

struct factors {
	row_t *rows;
	lies_in_t *lies_in;
	size_t count, cap, lies_count, lies_cap;
};

enum {
	SUBSTANCE,
	REGION,
	YEAR,
	SCOPE,
	VALUE,
	UNIT,
	SOURCE,
	CELLS,
	WORD_MAX = 64,
	SOURCE_MAX = 512
};

/* Cells of a row `lies-in`, and how many regions may lie in one another. */
enum { LIES_CODE = 1, LIES_REGION, LIES_CELLS, LIES_DEPTH_MAX = 4 };

#define FAULT_ROWS(X) \
	X(CELLS, "a row of factors has seven cells", "因子表每行有七个单元格", \
	  "Write substance, region, year, scope, value, unit, source with tabs between", \
	  "请写物质、地区、年份、口径、数值、单位、来源，以制表符分隔") \
	X(WORD, "'%1' is no word for this cell", "“%1”不能用于此单元格", \
	  "Use 1 to 64 of A-Z a-z 0-9 _ . -", "请用 1 到 64 个 A-Z a-z 0-9 _ . - 字符") \
	X(YEAR, "'%1' is no year", "“%1”不是年份", "Write four digits, such as 2023", \
	  "请写四位数字，例如 2023") \
	X(VALUE, "'%1' is no factor", "“%1”不是因子", "Write a number more than 0", \
	  "请写大于 0 的数字") \
	X(UNIT, "'%1' is no unit", "“%1”不是单位", "Write one such as kgCO2/kWh or kgce/kg", \
	  "请写单位，例如 kgCO2/kWh 或 kgce/kg") \
	X(SOURCE, "a factor must say where it was read", "因子须注明来源", \
	  "Name the publication in the last cell", "请在最后一格写明出处") \
	X(TWICE, "the factor of '%1' for this region, year and scope is there twice", \
	  "“%1”在该地区、年份、口径的因子重复", "Keep one of the rows; the other is at %2", \
	  "请只保留一行；另一行在 %2") \
	X(LIES_TWICE, "the region '%1' lies in two others", "地区“%1”同属两个地区", \
	  "Keep one of the rows", "请只保留一行") \
	X(MANY, "more than %1 factors", "因子多于 %1 个", "Remove some", "请删除一些")

#define X(id, what_en, what_zh, fix_en, fix_zh) BAD_##id,
typedef enum { FAULT_ROWS(X) BAD_COUNT } bad_t;
#undef X
#define X(id, what_en, what_zh, fix_en, fix_zh) { { what_en, what_zh }, { fix_en, fix_zh } },
static const err_text_t TEXTS[BAD_COUNT] = { FAULT_ROWS(X) };
#undef X

static err_t fail(const rows_t *at, size_t cell, bad_t bad, err_detail_t *ret_detail)
{
	char given[ERR_ARG_MAX];
	(void)slice_to_cstr(at->cells[cell], given, sizeof(given));
	return rows_fail(at, cell, &TEXTS[bad], given, ret_detail);
}

static bool is_word(slice_t text)
{
	return text.len > 0 && text.len <= WORD_MAX && ascii_is_word(text, SLICE("_.-"));
}

static err_t row_read(const rows_t *at, factor_t *ret_factor, err_detail_t *ret_detail)
{
	static const size_t WORDS[] = { SUBSTANCE, REGION, SCOPE };
	const slice_t *cells = at->cells;
	factor_t f = { .key = { cells[SUBSTANCE], cells[REGION], cells[SCOPE], 0 },
		       .unit_text = cells[UNIT],
		       .source = cells[SOURCE] };
	uint64_t year = 0;
	if (at->count != CELLS)
		return rows_fail(at, at->count, &TEXTS[BAD_CELLS], NULL, ret_detail);
	for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++)
		if (!is_word(cells[WORDS[i]]))
			return fail(at, WORDS[i], BAD_WORD, ret_detail);
	if (cells[YEAR].len != 4 || num_parse_u64(cells[YEAR], 9999, &year))
		return fail(at, YEAR, BAD_YEAR, ret_detail);
	if (num_parse_f64(cells[VALUE], &f.value) || !(f.value > 0))
		return fail(at, VALUE, BAD_VALUE, ret_detail);
	if (unit_parse(f.unit_text, &f.unit))
		return fail(at, UNIT, BAD_UNIT, ret_detail);
	if (f.source.len == 0 || f.source.len > SOURCE_MAX)
		return fail(at, SOURCE, BAD_SOURCE, ret_detail);
	f.key.year = (int)year;
	*ret_factor = f;
	return ERR_OK;
}

static err_t fail_many(const rows_t *at, err_detail_t *ret_detail)
{
	char max[16];
	snprintf(max, sizeof(max), "%d", FACTORS_MAX);
	return rows_fail(at, 0, &TEXTS[BAD_MANY], max, ret_detail);
}

static err_t row_keep(factors_t *factors, const row_t *row)
{
	row_t *rows = grow_for(factors->rows, factors->count + 1, &factors->cap, sizeof(*rows));
	if (!rows)
		return ERR_NO_MEMORY;
	factors->rows = rows;
	factors->rows[factors->count++] = *row;
	return ERR_OK;
}

static err_t row_add(factors_t *factors, const rows_t *at, err_detail_t *ret_detail)
{
	row_t row = { .file = at->file, .line = at->line, .order = factors->count };
	err_t err = row_read(at, &row.factor, ret_detail);
	if (!err && factors->count == FACTORS_MAX)
		err = fail_many(at, ret_detail);
	return err ? err : row_keep(factors, &row);
}

static slice_t region_around(const factors_t *factors, slice_t code)
{
	for (size_t i = 0; i < factors->lies_count; i++)
		if (slice_eq(factors->lies_in[i].code, code))
			return factors->lies_in[i].region;
	return (slice_t){ 0 };
}

static err_t lies_in_keep(factors_t *factors, slice_t code, slice_t region)
{
	lies_in_t *rows = grow_for(factors->lies_in, factors->lies_count + 1, &factors->lies_cap,
	                           sizeof(*rows));
	if (!rows)
		return ERR_NO_MEMORY;
	factors->lies_in = rows;
	factors->lies_in[factors->lies_count++] = (lies_in_t){ code, region };
	return ERR_OK;
}

static err_t lies_in_add(factors_t *factors, const rows_t *at, err_detail_t *ret_detail)
{
	for (size_t i = LIES_CODE; i < LIES_CELLS; i++)
		if (!is_word(at->cells[i]))
			return fail(at, i, BAD_WORD, ret_detail);
	if (region_around(factors, at->cells[LIES_CODE]).len)
		return fail(at, LIES_CODE, BAD_LIES_TWICE, ret_detail);
	if (factors->lies_count == FACTORS_MAX)
		return fail_many(at, ret_detail);
	return lies_in_keep(factors, at->cells[LIES_CODE], at->cells[LIES_REGION]);
}

static int key_order(const factor_key_t *a, const factor_key_t *b)
{
	int order = slice_cmp(a->substance, b->substance);
	order = order ? order : slice_cmp(a->scope, b->scope);
	order = order ? order : slice_cmp(a->region, b->region);
	return order ? order : (a->year > b->year) - (a->year < b->year);
}

/* Of two with the same key the one read later is the fault. */
static int row_order(const void *a, const void *b)
{
	const row_t *x = a, *y = b;
	int order = key_order(&x->factor.key, &y->factor.key);
	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static err_t rows_sort(factors_t *factors, err_detail_t *ret_detail)
{
	row_t *rows = factors->rows;
	if (factors->count)
		qsort(rows, factors->count, sizeof(*rows), row_order);
	for (size_t i = 1; i < factors->count; i++) {
		char where[ERR_WHERE_MAX], other[ERR_ARG_MAX], substance[ERR_ARG_MAX];
		if (key_order(&rows[i - 1].factor.key, &rows[i].factor.key) != 0)
			continue;
		snprintf(where, sizeof(where), "%s:%u:1", rows[i].file, rows[i].line);
		snprintf(other, sizeof(other), "%s:%u:1", rows[i - 1].file, rows[i - 1].line);
		(void)slice_to_cstr(rows[i].factor.key.substance, substance, sizeof(substance));
		return err_raise(ret_detail, ERR_CONFIG, &TEXTS[BAD_TWICE], where, substance, other,
		                 (char *)NULL);
	}
	return ERR_OK;
}

err_t factors_read(const factor_pack_t *packs, size_t count, factors_t **ret_factors,
                   err_detail_t *ret_detail)
{
	factors_t *factors = calloc(1, sizeof(*factors));
	err_t err = factors ? ERR_OK : ERR_NO_MEMORY;
	for (size_t i = 0; !err && i < count; i++) {
		rows_t at = rows_of(packs[i].text, packs[i].file);
		while (!err && rows_next(&at)) {
			bool lies = at.count == LIES_CELLS &&
			            slice_eq(at.cells[0], SLICE("lies-in"));
			err = (lies ? lies_in_add : row_add)(factors, &at, ret_detail);
		}
	}
	if (!err)
		err = rows_sort(factors, ret_detail);
	if (!err) {
		*ret_factors = factors;
		return ERR_OK;
	}
	factors_free(factors);
	return err == ERR_CONFIG ? err : err_raise(ret_detail, err, NULL, "", (char *)NULL);
}

void factors_free(factors_t *factors)
{
	if (!factors)
		return;
	free(factors->rows);
	free(factors->lies_in);
	free(factors);
}

static bool is_asked(const factor_key_t *asked, const factor_key_t *key)
{
	return asked->year == key->year && slice_eq(asked->substance, key->substance) &&
	       slice_eq(asked->scope, key->scope) &&
	       (asked->region.len == 0 || slice_eq(asked->region, key->region));
}

static const factor_t *exactly(const factors_t *factors, const factor_key_t *key)
{
	size_t i = 0;
	while (i < factors->count && !is_asked(key, &factors->rows[i].factor.key))
		i++;
	return i < factors->count ? &factors->rows[i].factor : NULL;
}

err_t factors_find(const factors_t *factors, const factor_key_t *key, const factor_t **ret_factor)
{
	factor_key_t asked = *key;
	const factor_t *found = exactly(factors, &asked);
	for (size_t i = 0; !found && i < LIES_DEPTH_MAX; i++) {
		asked.region = region_around(factors, asked.region);
		if (!asked.region.len)
			return ERR_NOT_FOUND;
		found = exactly(factors, &asked);
	}
	if (!found)
		return ERR_NOT_FOUND;
	*ret_factor = found;
	return ERR_OK;
}

err_t factor_in(const factor_t *factor, const unit_t *unit, double *ret_value)
{
	double by = 0;
	err_t err = unit_convert(&factor->unit, unit, &by);
	if (!err)
		*ret_value = factor->value * by;
	return err;
}

size_t factors_count(const factors_t *factors)
{
	return factors->count;
}

const factor_t *factors_get(const factors_t *factors, size_t i)
{
	return &factors->rows[i].factor;
}
