/* SPDX-License-Identifier: Apache-2.0 */
#include "historian/edits.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/crc.h"
#include "base/grow.h"
#include "base/text.h"

enum {
	FORMAT = 1,
	FORMAT_SEVERAL = 2,
	VERSION = 1,
	CRC_BYTES = 4,
	FILE_MAX = 1 << 30,
	NUMBER_MAX = 10
};

static const char magic[] = "JIZHUEDT";

static const err_text_t text_damaged = {
	{ "list of edits is damaged", "修改记录已损坏" },
	{ "restore the history folder from a backup", "请从备份恢复历史数据目录" },
};

void edit_encode(const historian_edit_t *edit, writer_t *w)
{
	wr_u8(w, FORMAT);
	wr_u8(w, (uint8_t)edit->kind);
	wr_varint(w, edit->point);
	wr_zigzag(w, edit->from_ns);
	wr_zigzag(w, edit->to_ns);
	wr_zigzag(w, edit->at_ns);
	wr_string(w, edit->author);
	wr_string(w, edit->reason);
	if (edit->kind == HISTORIAN_UNDO)
		wr_zigzag(w, edit->undone_ns);
	if (edit->kind != HISTORIAN_SET)
		return;
	wr_u8(w, (uint8_t)edit->quality);
	value_encode(&edit->value, w);
}

err_t edit_decode(slice_t in, historian_edit_t *ret_edit)
{
	reader_t r = reader_of(in);
	uint8_t format = rd_u8(&r), kind = 0, quality = 0;
	kind = rd_u8(&r);
	uint64_t point = rd_varint(&r);
	historian_edit_t edit = { .kind = (historian_edit_kind_t)kind, .point = (point_id_t)point };
	edit.from_ns = rd_zigzag(&r);
	edit.to_ns = rd_zigzag(&r);
	edit.at_ns = rd_zigzag(&r);
	edit.author = rd_string(&r);
	edit.reason = rd_string(&r);
	if (!r.bad && format > FORMAT)
		return ERR_NEWER_FORMAT;
	if (kind == HISTORIAN_SET) {
		quality = rd_u8(&r);
		edit.quality = (quality_t)quality;
		edit.value = value_decode(&r);
	}
	if (kind == HISTORIAN_UNDO)
		edit.undone_ns = rd_zigzag(&r);
	if (r.bad || r.in.len || format == 0 || kind >= HISTORIAN_EDIT_KINDS ||
	    point > UINT32_MAX || quality >= QUALITY_COUNT)
		return ERR_MALFORMED;
	*ret_edit = edit;
	return ERR_OK;
}

err_t edit_record_encode(const historian_edit_t *edits, size_t count, writer_t *w)
{
	if (count == 1) {
		edit_encode(&edits[0], w);
		return w->bad ? ERR_TOO_BIG : ERR_OK;
	}
	wr_u8(w, FORMAT_SEVERAL);
	for (size_t i = 0; i < count; i++) {
		size_t at = w->len;
		wr_u32(w, 0);
		edit_encode(&edits[i], w);
		if (!w->bad)
			wr_patch_u32(w, at, (uint32_t)(w->len - at - sizeof(uint32_t)));
	}
	return w->bad ? ERR_TOO_BIG : ERR_OK;
}

err_t edit_record_decode(slice_t in, slice_t ret_edits[HISTORIAN_EDITS_AT_ONCE], size_t *ret_count)
{
	reader_t r = reader_of(in);
	size_t count = 0;
	if (rd_u8(&r) != FORMAT_SEVERAL) {
		ret_edits[0] = in;
		*ret_count = 1;
		return ERR_OK;
	}
	while (!r.bad && r.in.len && count < HISTORIAN_EDITS_AT_ONCE) {
		uint32_t len = rd_u32(&r);
		ret_edits[count++] = rd_take(&r, len);
	}
	if (r.bad || r.in.len || count == 0)
		return ERR_MALFORMED;
	*ret_count = count;
	return ERR_OK;
}

typedef struct edit_item item_t;

static err_t grow(edits_t *edits, size_t count)
{
	item_t **grown = grow_for(edits->items, edits->count + count, &edits->cap,
	                          sizeof(item_t *));
	if (!grown)
		return ERR_NO_MEMORY;
	edits->items = grown;
	return ERR_OK;
}

static void free_item(item_t *item)
{
	free(item->bytes);
	free(item);
}

static err_t make_item(slice_t bytes, item_t **ret_item)
{
	item_t *item = calloc(1, sizeof(*item));
	if (item)
		item->bytes = malloc(bytes.len + 1);
	if (!item || !item->bytes) {
		free(item);
		return ERR_NO_MEMORY;
	}
	if (bytes.len)
		memcpy(item->bytes, bytes.ptr, bytes.len);
	item->len = bytes.len;
	err_t err = edit_decode(slice_of(item->bytes, item->len), &item->edit);
	if (err) {
		free_item(item);
		return err;
	}
	*ret_item = item;
	return ERR_OK;
}

/* The item stands behind those that are in order. */
static void settle(edits_t *edits)
{
	item_t *item = edits->items[edits->count];
	size_t at = edits->count++;
	for (; at && edits->items[at - 1]->edit.point > item->edit.point; at--)
		edits->items[at] = edits->items[at - 1];
	edits->items[at] = item;
	if (item->edit.at_ns > edits->newest_ns)
		edits->newest_ns = item->edit.at_ns;
	edits->is_changed = true;
}

err_t edits_add(edits_t *edits, const slice_t *bytes, size_t count)
{
	size_t made = 0;
	err_t err = grow(edits, count);
	for (; !err && made < count; made++) {
		err = make_item(bytes[made], &edits->items[edits->count + made]);
		if (err)
			break;
	}
	for (size_t i = 0; err && i < made; i++)
		free_item(edits->items[edits->count + i]);
	for (size_t i = 0; !err && i < count; i++)
		settle(edits);
	return err;
}

size_t edits_retire(edits_t *edits, int64_t before_ns)
{
	size_t kept = 0, count = edits->count;
	for (size_t i = 0; i < count; i++) {
		item_t *item = edits->items[i];
		if (item->edit.to_ns <= before_ns && item->edit.at_ns < edits->newest_ns)
			free_item(item);
		else
			edits->items[kept++] = item;
	}
	edits->count = kept;
	edits->is_changed |= kept < count;
	return count - kept;
}

size_t edits_find(const edits_t *edits, point_id_t point)
{
	size_t low = 0, high = edits->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (edits->items[middle]->edit.point < point)
			low = middle + 1;
		else
			high = middle;
	}
	return low < edits->count && edits->items[low]->edit.point == point ? low : edits->count;
}

size_t edits_end(const edits_t *edits, size_t from)
{
	size_t end = from;
	while (end < edits->count &&
	       edits->items[end]->edit.point == edits->items[from]->edit.point)
		end++;
	return end;
}

static bool is_known(const historian_edit_t *edit, int64_t known_at_ns)
{
	return !known_at_ns || edit->at_ns <= known_at_ns;
}

/* The place of the edit made then among from..end, which rise; `end`: none. */
static size_t find_made(const edits_t *edits, size_t from, size_t end, int64_t at_ns)
{
	size_t low = from, high = end;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (edits->items[middle]->edit.at_ns < at_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low < end && edits->items[low]->edit.at_ns == at_ns ? low : end;
}

/* From the last on: an undo that is undone undoes nothing. */
void edits_undone(const edits_t *edits, size_t from, size_t end, int64_t known_at_ns, bool *undone)
{
	memset(undone, 0, (end - from) * sizeof(*undone));
	for (size_t i = end; i-- > from;) {
		const historian_edit_t *edit = &edits->items[i]->edit;
		if (edit->kind != HISTORIAN_UNDO || !is_known(edit, known_at_ns) ||
		    undone[i - from])
			continue;
		size_t at = find_made(edits, from, i, edit->undone_ns);
		if (at < i)
			undone[at - from] = true;
	}
}

/* What scans pass over for an edit. The row of a value that is set no more is the only one
 * of its span that arrived when it was made. */
static bool span_of(const historian_edit_t *edit, bool is_undone, edit_span_t *ret_span)
{
	if (edit->kind != HISTORIAN_SET && (edit->kind != HISTORIAN_DELETE || is_undone))
		return false;
	*ret_span = (edit_span_t){ edit->from_ns, edit->to_ns, INT64_MIN, edit->at_ns };
	if (is_undone) {
		ret_span->since_ns = edit->at_ns;
		ret_span->at_ns = edit->at_ns + 1;
	}
	return true;
}

err_t edits_spans(const edits_t *edits, const series_query_t *query, edit_span_t **ret_spans,
                  size_t *ret_count)
{
	size_t from = edits_find(edits, query->point), end = edits_end(edits, from), n = 0;
	*ret_spans = NULL;
	*ret_count = 0;
	if (from == end)
		return ERR_OK;
	edit_span_t *spans = calloc(end - from, sizeof(*spans));
	bool *undone = calloc(end - from, sizeof(*undone));
	if (!spans || !undone) {
		free(spans);
		free(undone);
		return ERR_NO_MEMORY;
	}
	edits_undone(edits, from, end, query->known_at_ns, undone);
	for (size_t i = from; i < end; i++) {
		const historian_edit_t *edit = &edits->items[i]->edit;
		if (is_known(edit, query->known_at_ns) && edit->to_ns > query->from_ns &&
		    edit->from_ns < query->to_ns)
			n += span_of(edit, undone[i - from], &spans[n]);
	}
	free(undone);
	*ret_spans = spans;
	*ret_count = n;
	return ERR_OK;
}

err_t edits_path_of(const char *dir, uint64_t id, char *ret_path, size_t cap)
{
	writer_t w = writer_of(ret_path, cap);
	wr_format(&w, "%s/%016" PRIx64 ".edits", dir, id);
	wr_u8(&w, 0);
	return w.bad ? ERR_TOO_BIG : ERR_OK;
}

static void compose(const edits_t *edits, text_t *to)
{
	uint8_t head[sizeof(magic) + 2 * sizeof(uint32_t)], number[NUMBER_MAX];
	writer_t w = writer_of(head, sizeof(head));
	wr_bytes(&w, slice_str(magic));
	wr_u32_le(&w, VERSION);
	wr_u32_le(&w, (uint32_t)edits->count);
	text_add(to, writer_done(&w));
	for (size_t i = 0; i < edits->count; i++) {
		w = writer_of(number, sizeof(number));
		wr_varint(&w, edits->items[i]->len);
		text_add(to, writer_done(&w));
		text_add(to, slice_of(edits->items[i]->bytes, edits->items[i]->len));
	}
	w = writer_of(number, sizeof(number));
	wr_u32_le(&w, crc32c(0, text_slice(to)));
	text_add(to, writer_done(&w));
}

err_t edits_save(env_t *env, const char *dir, uint64_t id, const edits_t *edits)
{
	char path[512];
	text_t text = text_of(FILE_MAX);
	err_t err = edits_path_of(dir, id, path, sizeof(path));
	compose(edits, &text);
	if (!err)
		err = text.bad ? ERR_NO_MEMORY : env_file_save(env, path, text_slice(&text));
	text_free(&text);
	return err;
}

static err_t take_all(slice_t bytes, edits_t *edits)
{
	if (bytes.len < sizeof(magic) - 1 + 2 * sizeof(uint32_t) + CRC_BYTES)
		return ERR_CORRUPT;
	slice_t body = slice_sub(bytes, 0, bytes.len - CRC_BYTES);
	reader_t r = reader_of(body), end = reader_of(slice_from(bytes, body.len));
	slice_t head = rd_take(&r, sizeof(magic) - 1);
	uint32_t version = rd_u32_le(&r), count = 0;
	count = rd_u32_le(&r);
	if (!slice_eq(head, slice_str(magic)) || rd_u32_le(&end) != crc32c(0, body))
		return ERR_CORRUPT;
	if (version > VERSION)
		return ERR_NEWER_FORMAT;
	err_t err = ERR_OK;
	for (uint32_t i = 0; !err && i < count; i++) {
		slice_t edit = rd_string(&r);
		err = r.bad ? ERR_CORRUPT : edits_add(edits, &edit, 1);
	}
	return err == ERR_MALFORMED || (!err && r.in.len) ? ERR_CORRUPT : err;
}

err_t edits_load(env_t *env, const char *dir, uint64_t id, edits_t *edits, err_detail_t *ret_detail)
{
	char path[512];
	env_map_t *map = NULL;
	err_t err = edits_path_of(dir, id, path, sizeof(path));
	if (!err)
		err = env_map_open(env, path, &map);
	if (!err)
		err = take_all(env_map_bytes(map), edits);
	env_map_close(map);
	edits->is_changed = false;
	if (err)
		return err_raise(ret_detail, err, err == ERR_CORRUPT ? &text_damaged : NULL, path,
		                 (char *)NULL);
	return ERR_OK;
}

err_t edits_hash(env_t *env, const char *dir, uint64_t id, merkle_hash_t *ret_hash)
{
	char path[512];
	env_map_t *map = NULL;
	err_t err = edits_path_of(dir, id, path, sizeof(path));
	if (!err)
		err = env_map_open(env, path, &map);
	if (err)
		return err;
	slice_t bytes = env_map_bytes(map);
	env_sha256(&bytes, 1, ret_hash->bytes);
	env_map_close(map);
	return ERR_OK;
}

void edits_free(edits_t *edits)
{
	for (size_t i = 0; i < edits->count; i++)
		free_item(edits->items[i]);
	free(edits->items);
	*edits = (edits_t){ 0 };
}
