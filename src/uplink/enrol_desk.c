/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/enrol_desk.h"

#include <stdlib.h>

#include "codec/uplink/frame.h"

enum { ANSWER_ROOM = 2 * ENV_CERTIFY_DER_MAX + 64, REFUSAL_ROOM = 256 };

typedef struct asker asker_t;

struct enrol_desk {
	env_loop_t *loop;
	authority_t *authority;
	asker_t *first;
};

struct asker {
	enrol_desk_t *desk;
	channel_t *channel;
	env_timer_t *timer;
	bool has_asked;
	uint8_t certificate[ENV_CERTIFY_DER_MAX];
	size_t certificate_len;
	asker_t *before, *after;
};

/* What an error of the authority is called on the wire. */
static uint8_t reason_of(err_t err)
{
	static const struct {
		err_t err;
		uplink_reason_t reason;
	} rows[] = {
		{ ERR_DENIED, UPLINK_REASON_CODE },
		{ ERR_CONFLICT, UPLINK_REASON_CODE },
		{ ERR_EXPIRED, UPLINK_REASON_EXPIRED },
		{ ERR_MALFORMED, UPLINK_REASON_REQUEST },
		{ ERR_UNSUPPORTED, UPLINK_REASON_REQUEST },
		{ ERR_INVALID, UPLINK_REASON_REQUEST },
		{ ERR_BUSY, UPLINK_REASON_BUSY },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].err == err)
			return (uint8_t)rows[i].reason;
	return UPLINK_REASON_FULL;
}

void enrol_desk_refuse(channel_t *channel, uint8_t reason)
{
	uint8_t bytes[REFUSAL_ROOM];
	writer_t w = writer_of(bytes, sizeof(bytes));
	uplink_frame_t frame = { .kind = UPLINK_KIND_REFUSAL,
		                 .refusal = { .reason = reason,
		                              .held = { .stream = UPLINK_SESSION } } };
	uplink_frame_put(&frame, &w);
	/* When it does not go, the end of the stream says enough. */
	(void)!channel->write(channel->ctx, writer_done(&w));
	channel->close(channel->ctx);
}

static void asker_free(asker_t *asker)
{
	authority_forget(asker->desk->authority, asker);
	*(asker->before ? &asker->before->after : &asker->desk->first) = asker->after;
	if (asker->after)
		asker->after->before = asker->before;
	env_timer_free(asker->timer);
	free(asker);
}

static void send_away(asker_t *asker, uint8_t reason)
{
	channel_t *channel = asker->channel;
	asker_free(asker);
	enrol_desk_refuse(channel, reason);
}

static void answer(asker_t *asker)
{
	uint8_t chain[ANSWER_ROOM], bytes[ANSWER_ROOM];
	writer_t chain_w = writer_of(chain, sizeof(chain)), w = writer_of(bytes, sizeof(bytes));
	channel_t *channel = asker->channel;
	wr_string(&chain_w, slice_of(asker->certificate, asker->certificate_len));
	wr_string(&chain_w, authority_root(asker->desk->authority));
	uplink_frame_t frame = { .kind = UPLINK_KIND_ENROLLED,
		                 .enrolled = { .chain = writer_done(&chain_w) } };
	uplink_frame_put(&frame, &w);
	asker_free(asker);
	/* Whoever does not get it asks again with the same key. */
	(void)!channel->write(channel->ctx, writer_done(&w));
	channel->close(channel->ctx);
}

static void on_durable(void *ctx, err_t err)
{
	if (err)
		send_away(ctx, reason_of(err));
	else
		answer(ctx);
}

static void ask(asker_t *asker, const uplink_enrol_t *enrol)
{
	const channel_t *channel = asker->channel;
	authority_t *authority = asker->desk->authority;
	slice_t certificate = { 0 };
	authority_request_t request = { .request = enrol->request,
		                        .proof = enrol->code,
		                        .node = channel->peer,
		                        .source = channel->addr.ip,
		                        .done = { on_durable, asker } };
	asker->has_asked = true;
	err_t err = channel->peer.len > 0
	                    ? authority_renew(authority, &request, &certificate, NULL)
	                    : authority_enrol(authority, &request, &certificate, NULL);
	if (err) {
		send_away(asker, reason_of(err));
		return;
	}
	memcpy(asker->certificate, certificate.ptr, certificate.len);
	asker->certificate_len = certificate.len;
}

static size_t on_data(void *ctx, slice_t bytes)
{
	asker_t *asker = ctx;
	uplink_frame_t frame;
	size_t used = 0;
	codec_t codec = asker->has_asked ? CODEC_MALFORMED
	                                 : uplink_frame_read(bytes, &frame, &used);
	if (codec == CODEC_MORE)
		return 0;
	if (codec != CODEC_OK || frame.kind != UPLINK_KIND_ENROL)
		send_away(asker, UPLINK_REASON_ORDER);
	else
		ask(asker, &frame.enrol);
	return used;
}

static void on_closed(void *ctx, err_t why)
{
	(void)why;
	asker_free(ctx);
}

static void on_late(void *ctx)
{
	send_away(ctx, UPLINK_REASON_ORDER);
}

void enrol_desk_take(enrol_desk_t *desk, channel_t *channel)
{
	static const channel_events_t events = { .data = on_data, .closed = on_closed };
	asker_t *asker = calloc(1, sizeof(*asker));
	err_t err = asker ? env_timer_new(desk->loop, on_late, asker, &asker->timer)
	                  : ERR_NO_MEMORY;
	if (err) {
		free(asker);
		enrol_desk_refuse(channel, reason_of(err));
		return;
	}
	asker->desk = desk;
	asker->channel = channel;
	asker->after = desk->first;
	if (desk->first)
		desk->first->before = asker;
	desk->first = asker;
	channel->events = &events;
	channel->events_ctx = asker;
	env_timer_set(asker->timer, ENROL_DESK_NS);
}

err_t enrol_desk_new(env_loop_t *loop, authority_t *authority, enrol_desk_t **ret_desk)
{
	enrol_desk_t *desk = calloc(1, sizeof(*desk));
	if (!desk)
		return ERR_NO_MEMORY;
	desk->loop = loop;
	desk->authority = authority;
	*ret_desk = desk;
	return ERR_OK;
}

void enrol_desk_free(enrol_desk_t *desk)
{
	while (desk && desk->first)
		send_away(desk->first, UPLINK_REASON_CLOSING);
	free(desk);
}
