/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UPLINK_SPEECH_H
#define UPLINK_SPEECH_H
/* What both ends of a session do with a channel: small frames out, frames in. */
#include "codec/uplink/frame.h"
#include "uplink/channel.h"

/* Any frame but a batch, an answer, or what goes down. ERR_LIMIT: the channel is full. */
MUST_CHECK err_t speech_say(channel_t *channel, const uplink_frame_t *frame);

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
