/* SPDX-License-Identifier: Apache-2.0 */
/* The Handle wire over HTTP: a message in the body of a POST, its reply in the answer,
 * by the same answerer as over UDP and TCP. The answer has a length, since deployed
 * clients cannot read chunks. */
#include "api/handlers.h"
#include "api/handle_json.h"
#include "api/state.h"
#include "registry/handle/desk.h"

#define MESSAGE_TYPE "application/x-hdl-message"

static bool is_message(slice_t type)
{
	slice_t head = slice_trim(slice_cut(&type, ';'));
	return slice_eq_nocase(head, SLICE(MESSAGE_TYPE));
}

static bool accepts_message(const request_t *request)
{
	slice_t rest = request->header[HEADER_ACCEPT];
	while (rest.len)
		if (is_message(slice_trim(slice_cut(&rest, ','))))
			return true;
	return false;
}

static bool is_api(slice_t path)
{
	return slice_starts(path, SLICE("/api/"));
}

bool handle_tunnel_claims(const exchange_t *x)
{
	const request_t *request = &x->request;
	if (!x->api->door || is_api(request->path))
		return false;
	if (request->method == HTTP_POST)
		return is_message(request->header[HEADER_CONTENT_TYPE]);
	return request->method == HTTP_GET && accepts_message(request);
}

/* Who asks by GET for a message has none to send; JSON says the same. */
static verdict_t redirect(exchange_t *x)
{
	enum { PATH_MAX_BYTES = 3000 };
	char to[PATH_MAX_BYTES + 16];
	writer_t w = writer_of(to, sizeof(to));
	if (x->request.path.len > PATH_MAX_BYTES)
		return handles_refuse_code(x, HANDLE_RC_INVALID_HANDLE, NULL);
	wr_bytes(&w, SLICE("/api/handles"));
	wr_bytes(&w, x->request.path);
	wr_u8(&w, 0);
	x->reply.status = 302;
	reply_header(&x->reply, "Location", to);
	return EXCHANGE_ANSWERED;
}

static verdict_t refuse(exchange_t *x)
{
	static const err_text_t text_message = {
		{ "the body is no Handle message", "请求体不是 Handle 消息" },
		{ "send an envelope and a message, as over TCP", "请按 TCP 的格式发送信封与消息" },
	};
	return exchange_refuse(x, ERR_MALFORMED, &text_message, (slice_t){ 0 });
}

/* What the desk answers comes to handle_tunnel_mail, where the exchange goes on. */
verdict_t handle_tunnel(exchange_t *x)
{
	api_t *api = x->api;
	if (x->request.method == HTTP_GET)
		return redirect(x);
	if (!api_change_begin(api))
		return exchange_refuse(x, ERR_BUSY, NULL, (slice_t){ 0 });
	handle_origin_t from = { .mailbox = api->tunnel, .place = x, .peer = x->request.peer };
	writer_t *w = reply_text(&x->reply, MESSAGE_TYPE,
	                         HANDLE_ENVELOPE_SIZE + HANDLE_MESSAGE_MAX);
	handle_pass_t passed = handle_door_pass(api->door, x->request.body, &from, w);
	/* From here on the exchange may be in other hands. */
	if (passed == HANDLE_PASS_LATER)
		return EXCHANGE_LATER;
	api_change_end(api);
	if (passed == HANDLE_PASS_NONE)
		return refuse(x);
	reply_header(&x->reply, "Cache-Control", "no-store");
	return EXCHANGE_ANSWERED;
}

/* A reply of several messages is one answer, since a client asks once. */
void handle_tunnel_mail(void *ctx)
{
	api_t *api = ctx;
	handle_reply_t reply;
	while (env_mailbox_take(api->tunnel, &reply)) {
		exchange_t *x = reply.to.place;
		wr_bytes(reply_text(&x->reply, MESSAGE_TYPE, reply.len),
		         slice_of(reply.bytes, reply.len));
		handle_reply_free(&reply);
		if (reply.rest) {
			handle_desk_go_on(api->desk, reply.rest);
			continue;
		}
		api_change_end(api);
		reply_header(&x->reply, "Cache-Control", "no-store");
		exchange_finish(x);
	}
}

void handle_tunnel_close(api_t *api)
{
	handle_reply_t reply;
	while (api->tunnel && env_mailbox_take(api->tunnel, &reply)) {
		handle_reply_free(&reply);
		if (reply.rest)
			handle_errand_drop(api->desk, reply.rest);
	}
	env_mailbox_free(api->tunnel);
}

/* The site, asked of the door as a client would. */

static void ask_site(writer_t *w)
{
	handle_envelope_t envelope = { .version = { HANDLE_MAJOR, HANDLE_MINOR },
		                       .suggested = { HANDLE_MAJOR, HANDLE_MINOR },
		                       .request_id = 1 };
	handle_header_t header = { .operation = HANDLE_OP_GET_SITE,
		                   .flags = HANDLE_FLAGS_DEFAULT,
		                   .site_serial = HANDLE_SITE_SERIAL_UNKNOWN };
	handle_mark_t mark = handle_message_begin(&envelope, &header, w);
	/* Any name: there is one site. */
	wr_bytes32(w, SLICE("0.NA/0.NA"));
	handle_message_end(mark, (slice_t){ 0 }, w);
}

verdict_t site_get(exchange_t *x)
{
	enum { ROOM = 32 * 1024 };
	uint8_t question[128], answer[8192];
	writer_t q = writer_of(question, sizeof(question)), a = writer_of(answer, sizeof(answer));
	handle_message_t message;
	ask_site(&q);
	if (!x->api->door || !handle_door_answer(x->api->door, writer_done(&q), &a) ||
	    handle_message_decode(slice_from(writer_done(&a), HANDLE_ENVELOPE_SIZE), &message) !=
	            CODEC_OK)
		return handles_refuse_code(x, HANDLE_RC_NOT_SUPPORTED, NULL);
	json_t *j = reply_json(&x->reply, ROOM);
	json_object(j);
	json_put_u64(j, "responseCode", HANDLE_RC_OK);
	json_key(j, "site");
	if (!handle_json_put_site(message.body, j))
		return handles_refuse_code(x, HANDLE_RC_ERROR, NULL);
	json_close(j);
	return EXCHANGE_ANSWERED;
}
