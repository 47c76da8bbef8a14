/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/speech.h"

#include <assert.h>

enum { SMALL_FRAME_MAX = 2048 };

err_t speech_say(channel_t *channel, const uplink_frame_t *frame)
{
	uint8_t room[SMALL_FRAME_MAX];
	writer_t w = writer_of(room, sizeof(room));
	uplink_frame_put(frame, &w);
	assert(!w.bad);
	return channel->write(channel->ctx, writer_done(&w));
}

speech_t speech_hear(const speech_listener_t *listener, slice_t bytes, size_t *ret_used,
                     bool *ret_bad)
{
	uplink_frame_t frame;
	size_t at = 0, used = 0;
	speech_t then = SPEECH_NEXT;
	codec_t read = CODEC_OK;
	while (then == SPEECH_NEXT) {
		read = uplink_frame_read(slice_from(bytes, at), &frame, &used);
		if (read != CODEC_OK && read != CODEC_UNSUPPORTED)
			break;
		if (read == CODEC_OK)
			then = listener->hear(listener->ctx, &frame);
		at += then == SPEECH_WAIT ? 0 : used;
	}
	*ret_used = at;
	*ret_bad = read == CODEC_MALFORMED;
	return *ret_bad ? SPEECH_OVER : then;
}
