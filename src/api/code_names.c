/* SPDX-License-Identifier: Apache-2.0 */
#include "api/code_names.h"

#include "api/gs1_door.h"
#include "api/state.h"
#include "registry/search/search.h"

enum { NAME_ROOM = 6 * RECORD_NAME_MAX + 16 };

slice_t code_name(const api_t *api, const scan_t *scan, writer_t *w)
{
	uint8_t bytes[GS1_PATH_MAX];
	writer_t room = writer_of(bytes, sizeof(bytes));
	gs1_message_t message;
	size_t from = w->len;
	scheme_id_t id = scan->scheme ? scheme_find(slice_str(scan->scheme)) : SCHEME_COUNT;
	if (id < SCHEME_COUNT && scan->suffix.len) {
		wr_bytes(w, slice_str(api->spec.scheme_prefixes[id]));
		wr_u8(w, '/');
		wr_bytes(w, scan->suffix);
	} else if (scan->path.len && gs1_decode(scan->path, &room, &message) == CODEC_OK) {
		gs1_map_name(&api->spec.gs1, &message, message.levels, w);
	}
	return w->bad ? (slice_t){ 0 } : slice_from(writer_done(w), from);
}

static bool keep_name(void *ctx, const search_row_t *row)
{
	text_t *names = ctx;
	uint8_t head[4];
	writer_t w = writer_of(head, sizeof(head));
	wr_u32(&w, (uint32_t)row->name.len);
	text_add(names, writer_done(&w));
	text_add(names, row->name);
	return !names->bad;
}

/* Nothing is refused because a search cannot answer just now. */
void code_names_note(exchange_t *x, slice_t name)
{
	search_query_t query = { .type = SLICE("HS_ALIAS"),
		                 .value = name,
		                 .state = RECORD_STATE_COUNT,
		                 .limit = CODE_NAMES_MAX };
	text_free(&x->other_names);
	x->other_names = text_of(CODE_NAMES_MAX * (RECORD_NAME_MAX + 4));
	if (searcher_find(x->api->searcher, &query, keep_name, &x->other_names))
		text_free(&x->other_names);
}

void code_names_tell(exchange_t *x)
{
	reader_t r = reader_of(text_slice(&x->other_names));
	if (r.in.len == 0)
		return;
	json_put_array(reply_json(&x->reply, NAME_ROOM), "also");
	while (r.in.len && !r.bad)
		json_str(reply_json(&x->reply, NAME_ROOM), rd_bytes32(&r, RECORD_NAME_MAX));
	json_close(reply_json(&x->reply, NAME_ROOM));
}

void code_names_put(exchange_t *x, slice_t name)
{
	code_names_note(x, name);
	code_names_tell(x);
}
