/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/handle/at.h"

static const slice_t HEAD = { (const uint8_t *)HANDLE_AT_TYPE ":", sizeof(HANDLE_AT_TYPE ":") - 1 };

static bool is_time(slice_t type)
{
	return slice_eq_nocase(slice_sub(type, 0, HEAD.len), HEAD);
}

bool handle_at_is_asked(const handle_resolution_t *question)
{
	handle_iter_t iter = handle_list_iter(question->types);
	for (slice_t type; handle_string_next(&iter, &type);)
		if (is_time(type))
			return true;
	return false;
}

/* Copies the other types; *ret_times says how many times there were. */
static uint32_t copy_others(handle_list_t types, writer_t *room, slice_t *ret_time,
                            uint32_t *ret_times)
{
	handle_iter_t iter = handle_list_iter(types);
	uint32_t others = 0;
	for (slice_t type; handle_string_next(&iter, &type);) {
		if (is_time(type)) {
			*ret_time = slice_from(type, HEAD.len);
			(*ret_times)++;
			continue;
		}
		wr_bytes32(room, type);
		others++;
	}
	return others;
}

codec_t handle_at_split(const handle_resolution_t *question, writer_t *room,
                        handle_resolution_t *ret_question, slice_t *ret_time)
{
	handle_resolution_t plain = *question;
	size_t start = room->len;
	slice_t time = { 0 };
	uint32_t times = 0;
	if (handle_at_is_asked(question)) {
		plain.types.count = copy_others(question->types, room, &time, &times);
		if (plain.types.count > 0 || plain.indexes.count > 0) {
			wr_bytes32(room, SLICE(HANDLE_AT_TYPE));
			plain.types.count++;
		}
		plain.types.bytes = slice_from(writer_done(room), start);
	}
	if (room->bad || times > 1)
		return CODEC_MALFORMED;
	*ret_question = plain;
	*ret_time = time;
	return CODEC_OK;
}
