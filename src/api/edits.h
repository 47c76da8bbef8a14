/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_EDITS_H
#define API_EDITS_H
/* Changes of the history by hand: samples replaced, inserted or deleted, spans annotated,
 * and each of these undone. Nothing is overwritten (historian/historian.h).
 *
 * Story: edits_post.c makes edits of a body, edits_make has the historian make them and
 * notes in the main journal who did what and why; the exchange then waits at the desk until
 * both are durable, and is answered; who asks then sees the change (unseen.h). An edit is
 * called by the nanosecond at which it was made, "id" in JSON.
 *
 * Limits: EDITS_AT_ONCE samples a request, EDITS_WAITING requests that wait (ERR_BUSY).
 *
 * Threads: all of the query loop, but for opening and closing. */
#include "api/exchange.h"
#include "historian/historian.h"

enum { EDITS_AT_ONCE = 256, EDITS_WAITING = 32 };

typedef struct edits_desk edits_desk_t;

MUST_CHECK err_t edits_desk_new(api_t *api, edits_desk_t **ret_desk);
void edits_desk_free(edits_desk_t *desk);

/* What is to be made in one go. */
typedef struct {
	const char *kind; /* lives on */
	point_id_t point;
	int64_t from_ns, to_ns; /* of all of them */
	slice_t reason;
	const historian_edit_t *edits;
	size_t count; /* 1 to EDITS_AT_ONCE + 1 */
} edits_plan_t;

/* Makes them, all or none, and has the exchange answered when they are kept. */
verdict_t edits_make(exchange_t *x, const edits_plan_t *plan);
/* The point called by the first parameter of the path, if it is in the caller's scope; else
 * false with the problem in the reply. */
bool edits_point(exchange_t *x, point_id_t *ret_point);
/* Frees what the exchange keeps for it. */
void edits_drop(exchange_t *x);

/* Room that an edit needs as JSON. */
size_t edits_room(const historian_edit_t *edit);
/* An edit as an object. */
void edits_put(json_t *j, const historian_edit_t *edit);
/* "annotations": those of the query's point and range that are not undone. */
MUST_CHECK err_t edits_put_annotations(exchange_t *x, const series_query_t *query);
#endif
