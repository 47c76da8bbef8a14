/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of names: 50 a message, as deployed servers send them, and of messages so many
 * at a time as fit a chunk; the door asks for the next when the client has taken them.
 * A list goes on behind the last name sent, so that names that come and go meanwhile
 * neither repeat nor end it. Names are folded, as deployed servers give them. */
#include <stdlib.h>

#include "registry/handle/desk_state.h"

#include "registry/permit.h"

typedef struct {
	handle_desk_t *desk;
	handle_errand_t *e;
	slice_t head; /* names must begin so; empty: any */
	size_t mark;  /* of the page's list */
	uint32_t count;
	uint32_t pages;
	bool is_full, has_page;
	uint8_t page[DESK_LIST_PAGE * (RECORD_NAME_MAX + 4) + 4];
	writer_t page_w, out;
} list_t;

/* Writes the page that is full, now that it is known whether one follows. */
static void write_page(list_t *l, bool is_last)
{
	desk_saying_t saying = { .response = HANDLE_RC_OK };
	handle_list_end(l->mark, l->count, &l->page_w);
	saying.body = writer_done(&l->page_w);
	saying.flags = is_last ? 0 : HANDLE_FLAG_CONT;
	desk_say(l->desk, l->e, &saying, &l->out);
	l->pages++;
	l->page_w.len = 0;
	l->count = 0;
	l->mark = handle_list_begin(&l->page_w);
}

static bool keep_place(handle_errand_t *e, slice_t name)
{
	if (!e->name)
		e->name = malloc(RECORD_NAME_MAX);
	if (!e->name)
		return false;
	slice_fold_upper(name, e->name);
	e->after = slice_of(e->name, name.len);
	return true;
}

/* One name; false stops. */
static bool on_name(void *ctx, slice_t name)
{
	list_t *l = ctx;
	if (!slice_eq_nocase(slice_sub(name, 0, l->head.len), l->head))
		return false;
	if (l->count == DESK_LIST_PAGE) {
		write_page(l, false);
		l->is_full = l->out.len >= DESK_LIST_CHUNK;
		if (l->is_full)
			return false;
	}
	wr_u32(&l->page_w, (uint32_t)name.len);
	uint8_t *room = wr_reserve(&l->page_w, name.len);
	if (room)
		slice_fold_upper(name, room);
	l->count++;
	return keep_place(l->e, name);
}

static void send_names(handle_desk_t *desk, handle_errand_t *e, slice_t prefix, slice_t head)
{
	list_t *l = calloc(1, sizeof(*l));
	if (!l) {
		desk_refuse(desk, e, HANDLE_RC_ERROR, NULL);
		return;
	}
	l->desk = desk;
	l->e = e;
	l->head = head;
	l->page_w = writer_of(l->page, sizeof(l->page));
	l->out = writer_of(desk->reply, sizeof(desk->reply));
	l->mark = handle_list_begin(&l->page_w);
	err_t err = registry_list(desk->reader, prefix, e->after, on_name, l);
	if (!err && !l->is_full)
		write_page(l, true);
	bool is_bad = err || l->out.bad;
	bool is_full = l->is_full;
	slice_t bytes = writer_done(&l->out);
	free(l);
	e->goes_on = true;
	if (is_bad)
		desk_refuse(desk, e, HANDLE_RC_ERROR, NULL);
	else
		desk_send(desk, e, bytes, !is_full);
}

/* The prefix the body names: "0.NA/PREFIX", or "PREFIX" alone. */
static bool read_prefix(handle_desk_t *desk, handle_errand_t *e, slice_t *ret_prefix)
{
	slice_t name;
	if (!desk_could_read(desk, e, handle_name_body_decode(e->body, &name)))
		return false;
	slice_t described = handle_name_described_prefix(name);
	bool is_bare = slice_find(name, '/') == name.len;
	*ret_prefix = is_bare ? name : described;
	if (ret_prefix->len > 0)
		return true;
	desk_refuse(desk, e, HANDLE_RC_INVALID_HANDLE, "not the name of a prefix");
	return false;
}

static bool may_list(handle_desk_t *desk, handle_errand_t *e, slice_t *ret_prefix, uint16_t rights)
{
	uint8_t room[RECORD_NAME_MAX];
	writer_t name = writer_of(room, sizeof(room));
	if (!read_prefix(desk, e, ret_prefix))
		return false;
	handle_prefix_record(*ret_prefix, &name);
	if (desk->no_list || e->from.is_udp) {
		desk_refuse(desk, e, HANDLE_RC_NOT_SUPPORTED, NULL);
		return false;
	}
	if (!desk_serves(desk, e, writer_done(&name)) || !desk_require(desk, e))
		return false;
	return desk_may(desk, e, writer_done(&name), rights);
}

void desk_list(handle_desk_t *desk, handle_errand_t *e)
{
	slice_t prefix;
	if (may_list(desk, e, &prefix, HANDLE_ADMIN_LIST))
		send_names(desk, e, prefix, (slice_t){ 0 });
}

void desk_list_prefixes(handle_desk_t *desk, handle_errand_t *e)
{
	uint8_t room[RECORD_NAME_MAX + 1];
	writer_t head = writer_of(room, sizeof(room));
	slice_t prefix;
	if (!may_list(desk, e, &prefix, HANDLE_ADMIN_LIST_PREFIXES | HANDLE_ADMIN_LIST))
		return;
	handle_prefix_record(prefix, &head);
	wr_u8(&head, '.');
	if (e->after.len == 0 && !keep_place(e, slice_sub(writer_done(&head), 0, RECORD_NAME_MAX)))
		desk_refuse(desk, e, HANDLE_RC_ERROR, NULL);
	else
		send_names(desk, e, SLICE("0.NA"), writer_done(&head));
}

static void write_homed(const handle_desk_t *desk, writer_t *w)
{
	slice_t prefix;
	uint32_t count = 0;
	size_t mark = handle_list_begin(w);
	for (; registry_served_prefix(desk->registry, count, &prefix); count++) {
		wr_u32(w, (uint32_t)(sizeof("0.NA/") - 1 + prefix.len));
		handle_prefix_record(prefix, w);
	}
	handle_list_end(mark, count, w);
}

static bool is_admin(handle_desk_t *desk, const handle_errand_t *e)
{
	registry_permit_t permit = { .registry = desk->registry };
	err_t err = registry_permit_begin(desk->reader, &permit);
	bool is = !err && registry_is_admin(&permit, &e->who);
	registry_find_done(desk->reader);
	return is;
}

/* The prefixes are values of one record (homed.h), so they fit one message. */
void desk_list_homed(handle_desk_t *desk, handle_errand_t *e)
{
	if (!desk_require(desk, e))
		return;
	if (!is_admin(desk, e)) {
		desk_refuse(desk, e, HANDLE_RC_INVALID_ADMIN, NULL);
		return;
	}
	writer_t body = writer_of(desk->body, sizeof(desk->body));
	write_homed(desk, &body);
	desk_answer(desk, e, HANDLE_RC_OK, writer_done(&body));
}

static bool is_own(const handle_desk_t *desk, slice_t prefix)
{
	slice_t own;
	return registry_served_prefix(desk->registry, 0, &own) && slice_eq_nocase(own, prefix);
}

/* The server's own prefix is homed, and stays so. */
static void answer_own(handle_desk_t *desk, handle_errand_t *e, bool is_home)
{
	if (is_home)
		desk_answer(desk, e, HANDLE_RC_OK, (slice_t){ 0 });
	else
		desk_refuse(desk, e, HANDLE_RC_INVALID_HANDLE, "the server's own prefix stays");
}

void desk_home(handle_desk_t *desk, handle_errand_t *e)
{
	uint8_t room[RECORD_NAME_MAX];
	writer_t name = writer_of(room, sizeof(room));
	slice_t prefix;
	bool is_home = e->header.operation == HANDLE_OP_HOME_PREFIX;
	if (!read_prefix(desk, e, &prefix) || !desk_require(desk, e))
		return;
	handle_prefix_record(prefix, &name);
	if (name.bad) {
		desk_refuse(desk, e, HANDLE_RC_INVALID_HANDLE, NULL);
		return;
	}
	registry_change_t change = { .verb = is_home ? REGISTRY_HOME : REGISTRY_UNHOME,
		                     .name = writer_done(&name) };
	if (is_own(desk, prefix))
		answer_own(desk, e, is_home);
	else
		desk_change(desk, e, &change);
}
