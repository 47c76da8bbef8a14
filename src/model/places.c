/* SPDX-License-Identifier: Apache-2.0 */
#include "model/places.h"

#include <stdlib.h>

#include "base/ascii.h"
#include "base/cursor.h"
#include "base/grow.h"
#include "base/rows.h"
#include "base/table.h"
#include "base/utf8.h"

struct places {
	table_t *ranks; /* of "kind set": uint32_t, how many there are */
	table_t *keys;  /* of "kind set code (other)": uint32_t, index in rows */
	size_t count, cap;
	place_t *rows;
};

enum { KEY_MAX = 4 * PLACE_CODE_MAX, CELL_KIND = 0, CELL_CODE, CELL_ZH, CELL_EN, CELL_REGION };

#define X(name, word, cells) { word, cells },
static const struct {
	const char *word;
	size_t cells;
} KINDS[PLACE_KIND_COUNT] = { PLACE_KIND_ROWS(X) };
#undef X

#define FAULT_ROWS(X) \
	X(NO_SET, "a file of places must begin with its set", "地点文件须以集合开头", \
	  "Write 'set', a tab and a word in the first row", "请在首行写“set”、制表符和集合名") \
	X(KIND, "'%1' is no kind of row", "“%1”不是行的类型", \
	  "Write level, entity, division or match", "请写 level、entity、division 或 match") \
	X(CELLS, "a row '%1' has not as many cells as it must", "“%1”行的单元格数不对", \
	  "See how rows of this kind are written in the packs of this program", \
	  "请参照本程序自带数据包中同类行的写法") \
	X(CODE, "'%1' is no code", "“%1”不是代码", "Use 1 to 32 of A-Z a-z 0-9 _ . -", \
	  "请用 1 到 32 个 A-Z a-z 0-9 _ . - 字符") \
	X(NAME, "'%1' is no name", "“%1”不是名称", "Write 1 to 96 bytes of UTF-8", \
	  "请写 1 到 96 字节的 UTF-8 文本") \
	X(TWICE, "'%1' is there twice in its set", "“%1”在集合中重复", "Remove one of the rows", \
	  "请删除其中一行")

#define X(id, what_en, what_zh, fix_en, fix_zh) BAD_##id,
typedef enum { FAULT_ROWS(X) BAD_COUNT } bad_t;
#undef X
#define X(id, what_en, what_zh, fix_en, fix_zh) { { what_en, what_zh }, { fix_en, fix_zh } },
static const err_text_t TEXTS[BAD_COUNT] = { FAULT_ROWS(X) };
#undef X

/* What reading knows of the file it is in. */
typedef struct {
	places_t *places;
	rows_t rows;
	slice_t set;
	err_detail_t *detail;
} reading_t;

static err_t fail(const reading_t *r, size_t cell, bad_t bad)
{
	char given[ERR_ARG_MAX];
	size_t kept = cell < r->rows.count ? cell : 0;
	(void)slice_to_cstr(r->rows.cells[kept], given, sizeof(given));
	return rows_fail(&r->rows, cell, &TEXTS[bad], given, r->detail);
}

static bool is_code(slice_t text)
{
	return text.len > 0 && text.len <= PLACE_CODE_MAX && ascii_is_word(text, SLICE("_.-"));
}

static bool is_name(slice_t text)
{
	return text.len > 0 && text.len <= PLACE_NAME_MAX && utf8_valid(text);
}

/* "1 cn 32": codes have no blanks, so that no two keys are the same text. */
static slice_t key_of(const place_t *place, bool with_code, uint8_t buf[KEY_MAX])
{
	writer_t w = writer_of(buf, KEY_MAX);
	wr_format(&w, "%d ", (int)place->kind);
	wr_bytes(&w, place->set);
	if (with_code) {
		wr_u8(&w, ' ');
		wr_bytes(&w, place->code);
	}
	if (with_code && place->kind == PLACE_MATCH) {
		wr_u8(&w, ' ');
		wr_bytes(&w, place->other);
	}
	return writer_done(&w);
}

/* Room for one more, by doubling. */
static err_t rows_grow(places_t *places)
{
	place_t *rows = grow_for(places->rows, places->count + 1, &places->cap, sizeof(*rows));
	if (!rows)
		return ERR_NO_MEMORY;
	places->rows = rows;
	return ERR_OK;
}

static err_t place_add(const reading_t *r, place_t *place)
{
	uint8_t buf[KEY_MAX];
	bool is_new = false;
	void *index = NULL, *rank = NULL;
	places_t *places = r->places;
	err_t err = rows_grow(places);
	if (!err)
		err = table_put(places->keys, key_of(place, true, buf), &index, &is_new);
	if (!err && !is_new)
		return fail(r, CELL_CODE, BAD_TWICE);
	if (err)
		return err;
	uint32_t at = (uint32_t)places->count;
	memcpy(index, &at, sizeof(at));
	err = table_put(places->ranks, key_of(place, false, buf), &rank, NULL);
	if (err)
		return err;
	memcpy(&place->rank, rank, sizeof(place->rank));
	uint32_t next = place->rank + 1;
	memcpy(rank, &next, sizeof(next));
	places->rows[places->count++] = *place;
	return ERR_OK;
}

static bool kind_find(slice_t word, place_kind_t *ret_kind)
{
	for (size_t i = 0; i < PLACE_KIND_COUNT; i++)
		if (slice_eq(word, slice_str(KINDS[i].word))) {
			*ret_kind = (place_kind_t)i;
			return true;
		}
	return false;
}

static err_t row_read(const reading_t *r)
{
	const slice_t *cells = r->rows.cells;
	place_t place = { .set = r->set };
	if (!kind_find(cells[CELL_KIND], &place.kind))
		return fail(r, CELL_KIND, BAD_KIND);
	if (r->rows.count != KINDS[place.kind].cells)
		return rows_fail(&r->rows, r->rows.count, &TEXTS[BAD_CELLS], KINDS[place.kind].word,
		                 r->detail);
	place.code = cells[CELL_CODE];
	if (!is_code(place.code))
		return fail(r, CELL_CODE, BAD_CODE);
	bool is_match = place.kind == PLACE_MATCH;
	size_t other = is_match ? CELL_ZH : CELL_REGION;
	if (is_match || place.kind == PLACE_ENTITY) {
		place.other = cells[other];
		if (!is_code(place.other))
			return fail(r, other, BAD_CODE);
	}
	if (!is_match) {
		place.name[LANG_ZH] = cells[CELL_ZH];
		place.name[LANG_EN] = cells[CELL_EN];
	}
	for (size_t i = CELL_ZH; !is_match && i <= CELL_EN; i++)
		if (!is_name(cells[i]))
			return fail(r, i, BAD_NAME);
	return place_add(r, &place);
}

static err_t file_read(places_t *places, const place_pack_t *pack, err_detail_t *ret_detail)
{
	reading_t r = { .places = places,
		        .rows = rows_of(pack->text, pack->file),
		        .detail = ret_detail };
	if (!rows_next(&r.rows))
		return ERR_OK;
	if (r.rows.count != 2 || !slice_eq(r.rows.cells[0], SLICE("set")))
		return fail(&r, 0, BAD_NO_SET);
	r.set = r.rows.cells[1];
	if (!is_code(r.set))
		return fail(&r, 1, BAD_CODE);
	err_t err = ERR_OK;
	while (!err && rows_next(&r.rows))
		err = row_read(&r);
	return err;
}

err_t places_read(const place_pack_t *packs, size_t count, places_t **ret_places,
                  err_detail_t *ret_detail)
{
	places_t *places = calloc(1, sizeof(*places));
	if (!places)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	places->ranks = table_new(sizeof(uint32_t), PLACES_MAX, 0);
	places->keys = table_new(sizeof(uint32_t), PLACES_MAX, 0);
	err_t err = places->ranks && places->keys ? ERR_OK : ERR_NO_MEMORY;
	const char *file = "";
	for (size_t i = 0; !err && i < count; i++) {
		file = packs[i].file;
		err = file_read(places, &packs[i], ret_detail);
	}
	if (!err) {
		*ret_places = places;
		return ERR_OK;
	}
	places_free(places);
	/* Others have no place in a file; they are said of the whole. */
	return err == ERR_CONFIG ? err : err_raise(ret_detail, err, NULL, file, (char *)NULL);
}

void places_free(places_t *places)
{
	if (!places)
		return;
	table_free(places->ranks);
	table_free(places->keys);
	free(places->rows);
	free(places);
}

static bool is_of(const place_t *row, place_kind_t kind, slice_t set)
{
	return row->kind == kind && (set.len == 0 || slice_eq(row->set, set));
}

const place_t *places_find(const places_t *places, place_kind_t kind, slice_t set, slice_t code)
{
	for (size_t i = 0; i < places->count; i++)
		if (is_of(&places->rows[i], kind, set) && slice_eq(places->rows[i].code, code))
			return &places->rows[i];
	return NULL;
}

const place_t *places_next(const places_t *places, place_kind_t kind, slice_t set,
                           const place_t *last)
{
	size_t i = last ? (size_t)(last - places->rows) + 1 : 0;
	while (i < places->count && !is_of(&places->rows[i], kind, set))
		i++;
	return i < places->count ? &places->rows[i] : NULL;
}

slice_t place_name(const places_t *places, place_kind_t kind, slice_t code, lang_t lang)
{
	const place_t *place = places_find(places, kind, (slice_t){ 0 }, code);
	return place && place->name[lang].len ? place->name[lang] : code;
}
