/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/roster.h"

#include <stdlib.h>

enum { DOWN_HEAD_ROOM = 256 }; /* of a frame without issuer, id and body */

roster_row_t *roster_row(const inbox_child_t *child)
{
	return inbox_child_owner(child);
}

err_t roster_make(inbox_t *inbox, slice_t node, inbox_child_t **ret_child)
{
	err_t err = inbox_child(inbox, node, ret_child);
	if (err || roster_row(*ret_child))
		return err;
	roster_row_t *row = calloc(1, sizeof(*row));
	if (!row)
		return ERR_NO_MEMORY;
	row->refusal = row->told = UPLINK_REASON_COUNT;
	inbox_child_set_owner(*ret_child, row);
	return ERR_OK;
}

void roster_forget(inbox_child_t *child)
{
	roster_row_t *row = roster_row(child);
	for (size_t i = 0; row && i < row->down_count; i++)
		free(row->down[i].frame);
	free(row);
	inbox_child_set_owner(child, NULL);
}

static size_t find(const roster_row_t *row, slice_t id)
{
	size_t i = 0;
	while (i < row->down_count && !slice_eq(row->down[i].id, id))
		i++;
	return i;
}

static err_t make_down(const uplink_down_t *down, roster_down_t *ret_down)
{
	uplink_frame_t frame = { .kind = UPLINK_KIND_DOWN, .down = *down }, again;
	size_t room = down->body.len + down->id.len + down->issuer.len + DOWN_HEAD_ROOM, used = 0;
	uint8_t *bytes = malloc(room);
	if (!bytes)
		return ERR_NO_MEMORY;
	writer_t w = writer_of(bytes, room);
	uplink_frame_put(&frame, &w);
	if (w.bad || uplink_frame_read(writer_done(&w), &again, &used) != CODEC_OK) {
		free(bytes);
		return ERR_TOO_BIG;
	}
	*ret_down = (roster_down_t){ bytes, w.len, again.down.id };
	return ERR_OK;
}

err_t roster_queue(roster_row_t *row, const uplink_down_t *down, const roster_down_t **ret_down)
{
	if (find(row, down->id) < row->down_count)
		return ERR_EXISTS;
	if (row->down_count == PARENT_DOWN_MAX)
		return ERR_LIMIT;
	roster_down_t *place = &row->down[row->down_count];
	err_t err = make_down(down, place);
	if (err)
		return err;
	row->down_count++;
	*ret_down = place;
	return ERR_OK;
}

bool roster_drop(roster_row_t *row, slice_t id)
{
	size_t i = find(row, id);
	if (i == row->down_count)
		return false;
	free(row->down[i].frame);
	row->down_count--;
	for (; i < row->down_count; i++)
		row->down[i] = row->down[i + 1];
	return true;
}
