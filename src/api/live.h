/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_LIVE_H
#define API_LIVE_H
/* The event streams of open browser tabs: changed values each second, events when
 * they are durable, the node's own figures every two seconds and behind events of an incident.
 *
 * Story: live_new registers with the event view; live_join turns a request into a
 * stream and sends it every value; a timer of the HTTP loop compares the last-value
 * table with what was told and sends the difference to all streams. Events come
 * from the view loop by mailbox.
 *
 * Limits: LIVE_STREAMS_MAX streams; LIVE_EVENTS_MAX events waiting, more are not
 * told and counted (the list of events has them). A slow stream is closed by the
 * server. */
#include "api/request.h"
#include "model/event.h"

typedef struct api api_t;
typedef struct live live_t;

enum { LIVE_STREAMS_MAX = 64, LIVE_EVENTS_MAX = 256 };

MUST_CHECK err_t live_new(api_t *api, live_t **ret_live);
/* After the loops have stopped. */
void live_free(live_t *live);
/* The catalogue is another one. HTTP loop. */
void live_reload(live_t *live);
/* ERR_LIMIT: too many streams; the request is as it was. */
MUST_CHECK err_t live_join(live_t *live, env_http_request_t *wire, const request_t *request);
/* Ends the streams of a subject whose rights have ended. `ctx` is the live_t. */
void live_end(void *ctx, slice_t subject);
/* The client of a stream has left. */
void live_gone(live_t *live, const env_http_request_t *wire);
#endif
