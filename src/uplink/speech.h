/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_SPEECH_H
#define UPLINK_SPEECH_H
/* What both ends of a session do: small frames out, frames in; and batches into frames. */
#include "codec/uplink/frame.h"
#include "uplink/channel.h"

/* Any frame but a batch, an answer, or what goes down. ERR_LIMIT: the channel is full. */
MUST_CHECK err_t speech_say(channel_t *channel, const uplink_frame_t *frame);

enum { SPEECH_FRAME_ROOM = UPLINK_FRAME_MAX + UPLINK_HEAD_BYTES, SPEECH_PACK_MIN = 1024 };

/* Appends the frame of a batch, compressed when `flags` say that the other end can, the batch
 * has SPEECH_PACK_MIN bytes and it helps. `scratch` has SPEECH_FRAME_ROOM bytes. */
void speech_pack(slice_t batch, uint32_t flags, uint8_t *scratch, writer_t *w);
/* The batch of such a frame; `scratch` has UPLINK_BATCH_MAX bytes. ERR_CORRUPT, ERR_TOO_BIG,
 * ERR_NO_MEMORY. */
MUST_CHECK err_t speech_unpack(const uplink_batch_frame_t *frame, uint8_t *scratch,
                               slice_t *ret_batch);

typedef enum { SPEECH_NEXT, SPEECH_WAIT, SPEECH_OVER } speech_t;

/* Who hears a frame says whether to go on, to leave it and what follows for later, or that
 * the session is over. */
typedef struct {
	speech_t (*hear)(void *ctx, const uplink_frame_t *frame);
	void *ctx;
} speech_listener_t;

/* Hands on the frames that are whole; kinds of a newer version are passed over. *ret_used is
 * how many bytes are done with. SPEECH_NEXT: all whole ones were heard. SPEECH_OVER with
 * *ret_bad: no frame can be read here. */
speech_t speech_hear(const speech_listener_t *listener, slice_t bytes, size_t *ret_used,
                     bool *ret_bad);
#endif
