/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_CAPTURE_H
#define ENV_CAPTURE_H
/* Captured traffic, always as a pcap byte stream (codec/frame/pcap.h reads it).
 *
 * Sources: "iface:lo" starts the capture child (the only process with
 * CAP_NET_RAW) and reads its pipe; "pipe:PATH" reads a named pipe or file as it
 * grows; "tap" is the world's own network (twin) or an in-process tap that
 * somebody feeds with env_capture_feed. ERR_DENIED: no right to capture.
 *
 * `data` returns how many bytes it consumed, as in env/tcp.h. `closed` comes once
 * when the source ends or breaks. */
#include "env/loop.h"

typedef struct env_capture env_capture_t;

typedef struct {
	size_t (*data)(void *ctx, slice_t bytes);
	void (*closed)(void *ctx, err_t why);
	void *ctx;
} env_capture_spec_t;

MUST_CHECK
err_t env_capture_open(env_loop_t *loop, const char *source, const env_capture_spec_t *spec,
                       env_capture_t **ret_capture);
/* Any thread: bytes of a pcap stream into a "tap" capture. When the tap's 4 MiB
 * buffer is full the bytes are dropped and counted. Feed whole records. */
void env_capture_feed(env_capture_t *capture, slice_t bytes);
/* Bytes dropped at a full tap. */
uint64_t env_capture_dropped(const env_capture_t *capture);
void env_capture_close(env_capture_t *capture);
#endif
