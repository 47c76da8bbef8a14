/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/speech.h"

#include <assert.h>

#include "env/compress.h"

enum { SMALL_FRAME_MAX = 2048, COMPRESS_LEVEL = 3 };

err_t speech_say(channel_t *channel, const uplink_frame_t *frame)
{
	uint8_t room[SMALL_FRAME_MAX];
	writer_t w = writer_of(room, sizeof(room));
	uplink_frame_put(frame, &w);
	assert(!w.bad);
	return channel->write(channel->ctx, writer_done(&w));
}

void speech_pack(slice_t batch, uint32_t flags, uint8_t *scratch, writer_t *w)
{
	uplink_frame_t frame = { .kind = UPLINK_KIND_BATCH };
	writer_t z = writer_of(scratch, SPEECH_FRAME_ROOM);
	frame.batch.raw_length = (uint32_t)batch.len;
	frame.batch.bytes = batch;
	if (flags & UPLINK_FLAG_ZSTD && batch.len >= SPEECH_PACK_MIN &&
	    !env_compress(batch, COMPRESS_LEVEL, &z) && z.len < batch.len) {
		frame.batch.flags = UPLINK_FLAG_ZSTD;
		frame.batch.bytes = writer_done(&z);
	}
	uplink_frame_put(&frame, w);
}

err_t speech_unpack(const uplink_batch_frame_t *frame, uint8_t *scratch, slice_t *ret_batch)
{
	writer_t w = writer_of(scratch, UPLINK_BATCH_MAX);
	if (!(frame->flags & UPLINK_FLAG_ZSTD)) {
		*ret_batch = frame->bytes;
		return ERR_OK;
	}
	err_t err = env_decompress(frame->bytes, &w);
	if (!err && w.len != frame->raw_length)
		err = ERR_CORRUPT;
	if (!err)
		*ret_batch = writer_done(&w);
	return err;
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
