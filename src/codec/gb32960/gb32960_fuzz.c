/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a stream of frames, and data that gets a frame of either edition here. What is cut
 * is whole and written again to the same bytes; a walk ends, and what is not good has no
 * number. */
#include "codec/gb32960/gb32960.h"

#include <assert.h>
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_check(const gb32960_t *frame)
{
	gb32960_walk_t walk;
	gb32960_value_t value;
	int64_t utc_ns;
	if (gb32960_walk_of(frame, &walk, &utc_ns) != CODEC_OK)
		return;
	size_t left = walk.r.in.len;
	while (gb32960_value_next(&walk, &value)) {
		assert(walk.r.in.len < left);
		left = walk.r.in.len;
		assert(isnan(value.number) == (value.quality != QUALITY_OK));
		assert((value.index[0] > 0) == (value.field->level > 0));
		assert((value.index[1] > 0) == (value.field->level > 1));
	}
	assert(walk.code != CODEC_MORE);
	assert(walk.code != CODEC_OK || left == 0);
}

static void login_check(const gb32960_t *frame)
{
	gb32960_login_t login;
	size_t bytes = 0;
	if (gb32960_login_decode(frame, &login) != CODEC_OK)
		return;
	for (size_t i = 0; i < login.count; i++)
		bytes += gb32960_login_code(&login, i).len;
	assert(bytes == login.codes.len && !gb32960_login_code(&login, login.count).len);
}

static void stream_check(slice_t in)
{
	static uint8_t room[GB32960_HEAD + GB32960_DATA_MAX + 1];
	gb32960_t frame, again;
	while (gb32960_decode(in, &frame) == CODEC_OK) {
		writer_t w = writer_of(room, sizeof(room));
		assert(frame.used <= in.len);
		codec_t code = gb32960_decode(slice_sub(in, 0, frame.used - 1), &again);
		assert(code == CODEC_MORE);
		err_t err = gb32960_encode(&frame, &w);
		assert(err == ERR_OK);
		assert(slice_eq(writer_done(&w), slice_sub(in, 0, frame.used)));
		walk_check(&frame);
		login_check(&frame);
		in = slice_from(in, frame.used);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t in = slice_of(data, size);
	stream_check(in);
	if (size == 0)
		return 0;
	gb32960_t frame = { .edition = data[0] & 1,
		            .command = data[0] & 2 ? GB32960_LOGIN : GB32960_REALTIME,
		            .answer = GB32960_ANSWER_NONE,
		            .encryption = GB32960_PLAIN,
		            .data = slice_from(in, 1) };
	walk_check(&frame);
	login_check(&frame);
	return 0;
}
