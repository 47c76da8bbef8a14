/* SPDX-License-Identifier: Apache-2.0 */
#include "gs1/gs1_map.h"

const gs1_company_t *gs1_map_company(const gs1_map_t *map, const gs1_message_t *message)
{
	const gs1_company_t *best = NULL;
	slice_t digits = message->levels ? gs1_company(&message->elements[0]) : (slice_t){ 0 };
	for (size_t i = 0; i < map->company_count; i++) {
		const gs1_company_t *row = &map->companies[i];
		if (slice_starts(digits, slice_str(row->company)) &&
		    (!best || strlen(row->company) > strlen(best->company)))
			best = row;
	}
	return best;
}

void gs1_map_name(const gs1_map_t *map, const gs1_message_t *message, size_t levels, writer_t *w)
{
	const gs1_company_t *company = gs1_map_company(map, message);
	wr_bytes(w, slice_str(company && company->prefix ? company->prefix : map->prefix));
	gs1_path_put(message, levels, w);
}

static slice_t behind_prefix(slice_t name)
{
	return slice_from(name, slice_find(name, '/'));
}

bool gs1_map_is(slice_t asked, slice_t found)
{
	return slice_eq(behind_prefix(asked), behind_prefix(found));
}

gs1_problem_t gs1_map_check(slice_t name, writer_t *w)
{
	uint8_t bytes[GS1_TEXT_MAX];
	writer_t room = writer_of(bytes, sizeof(bytes));
	gs1_message_t message;
	slice_t path = behind_prefix(name);
	slice_t rest = slice_from(path, 1);
	const gs1_ai_t *key = gs1_ai_find(slice_cut(&rest, '/'));
	if (!key || !(key->flags & GS1_KEY))
		return GS1_GOOD;
	if (gs1_decode(path, &room, &message) == CODEC_OK) {
		wr_bytes(w, slice_sub(name, 0, name.len - path.len));
		gs1_path_put(&message, message.levels, w);
	}
	return message.problem;
}
