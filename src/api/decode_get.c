/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/v1/decode: what a scanned text says, and where its record is. */
#include <stdlib.h>

#include "api/code_names.h"
#include "api/handlers.h"
#include "api/state.h"

static const err_text_t text_missing = {
	{ "the query parameter text is missing or longer than 4096 bytes",
	  "缺少查询参数 text，或其超过 4096 字节" },
	{ "give what the scanner read, percent-encoded", "请给出扫描所得原文，并做百分号编码" },
};

static void put_name(const exchange_t *x, const scan_t *scan, json_t *j)
{
	uint8_t bytes[HANDLE_NAME_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	slice_t name = code_name(x->api, scan, &w);
	if (name.len)
		json_put_str(j, "name", name);
}

verdict_t decode_get(exchange_t *x)
{
	slice_t text;
	scan_t scan;
	uint8_t *bytes = malloc(SCAN_ROOM);
	writer_t room = writer_of(bytes, bytes ? SCAN_ROOM : 0);
	bool given = request_query(&x->request, "text", 0, &text) && text.len > 0;
	if (!bytes)
		return exchange_refuse(x, ERR_NO_MEMORY, NULL, (slice_t){ 0 });
	err_t err = given ? scan_decode(text, &room, &scan) : ERR_TOO_BIG;
	if (err == ERR_TOO_BIG) {
		free(bytes);
		return exchange_refuse(x, ERR_USAGE, &text_missing, (slice_t){ 0 });
	}
	json_t *j = reply_json(&x->reply, SCAN_JSON_ROOM);
	json_object(j);
	scan_json(&scan, j);
	put_name(x, &scan, j);
	json_close(j);
	free(bytes);
	return EXCHANGE_ANSWERED;
}
