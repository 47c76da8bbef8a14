/* SPDX-License-Identifier: Apache-2.0 */
/* With a node: its HTTP API, with the admin token of its folder. */
#include "cmd/member.h"

enum { BODY_MAX = 4096, PATH_ROOM = 1024, ANSWER_MAX = 16 << 20 };

static void write_path(const member_order_t *order, writer_t *w)
{
	wr_format(w, "/api/v1/members");
	if (order->verb == MEMBER_REVOKE) {
		wr_u8(w, '/');
		door_put_encoded(w, slice_str(order->node));
		wr_format(w, "/revoke");
	}
	wr_u8(w, 0);
}

static void write_body(const member_order_t *order, json_t *j)
{
	json_object(j);
	if (order->verb == MEMBER_INVITE)
		json_put_cstr(j, "node", order->node);
	if (order->verb == MEMBER_INVITE && order->lasts_ns)
		json_put_i64(j, "lasts_s", order->lasts_ns / NS_PER_S);
	if (order->verb == MEMBER_REVOKE)
		json_put_cstr(j, "reason", order->reason);
	json_close(j);
}

err_t member_there(const door_t *door, const member_order_t *order, text_t *ret_json,
                   err_detail_t *ret_detail)
{
	char path[PATH_ROOM], body[BODY_MAX];
	door_t there = *door;
	writer_t w = writer_of(path, sizeof(path));
	json_t j = json_of(body, sizeof(body));
	env_http_answer_t answer;
	bool has_body = order->verb != MEMBER_LIST;
	write_path(order, &w);
	write_body(order, &j);
	if (w.bad || !json_ok(&j))
		return err_raise(ret_detail, ERR_TOO_BIG, NULL, "", (char *)NULL);
	err_t err = door_enter(&there, ret_detail);
	if (err)
		return err;
	door_ask_t ask = { .method = has_body ? HTTP_POST : HTTP_GET,
		           .path = path,
		           .content_type = has_body ? "application/json" : NULL,
		           .body = has_body ? json_done(&j) : (slice_t){ 0 },
		           .answer_max = ANSWER_MAX };
	err = door_ask(&there, &ask, &answer, ret_detail);
	if (err)
		return err;
	text_add(ret_json, answer.body);
	env_http_answer_done(&answer);
	return ERR_OK;
}
