/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_EXCHANGE_H
#define API_EXCHANGE_H
/* One request on its way to its answer. It belongs to the HTTP loop, is lent to
 * the query loop or to an engine meanwhile, and comes back by mailbox; the client
 * may have left by then.
 *
 * Story: api.c makes one, the guard fills the caller, the handler of the route
 * answers at once or says that the answer comes later. Whoever has answered calls
 * exchange_finish on the HTTP loop, once.
 *
 * Threads: `wire` and the list are of the HTTP loop alone; the rest is of whoever
 * holds the exchange. */
#include "base/text.h"
#include "api/reply.h"
#include "api/request.h"
#include "model/catalogue.h"
#include "model/label.h"

typedef struct api api_t;
typedef struct exchange exchange_t;

/* What a handler says: answered, or the answer comes later and the exchange may
 * already be in other hands. */
typedef enum { EXCHANGE_ANSWERED, EXCHANGE_LATER } verdict_t;
typedef verdict_t (*handler_t)(exchange_t *x);

/* Where a handler runs. */
typedef enum {
	ROUTE_LOOP,  /* on the HTTP loop; quick, no files */
	ROUTE_QUERY, /* on the query loop, which may wait for files */
	/* There too, when readers of the history see all that was durable (unseen.h). */
	ROUTE_HISTORY,
	ROUTE_TREE, /* on the loop of the rooms that join nodes, which may wait for files */
} route_where_t;

/* In which form failures are told. */
typedef enum { FACE_PROBLEM, FACE_HANDLE, FACE_SNMS, FACE_PROMETHEUS, FACE_WRITE } route_face_t;

typedef struct {
	http_method_t method;
	/* {name}: one segment; {+name}: the rest, with its slashes, but for what the
	 * pattern has behind it. */
	const char *path;
	role_t role; /* the least that may ask */
	route_where_t where;
	route_face_t face;
	handler_t handler;
} route_t;

/* What of the history it waits for; see unseen.h. */
typedef struct {
	uint64_t seq;   /* all up to it is to be seen */
	int64_t end_ns; /* monotonic; it waits no longer */
	exchange_t *next;
} unseen_t;

struct exchange {
	api_t *api;
	const route_t *route;     /* NULL: no such path */
	handler_t at_query;       /* instead of the route's, on the query loop */
	env_http_request_t *wire; /* NULL: the client has left, or a stream took it */
	request_t request;
	reply_t reply;
	access_work_t *works; /* passwords.h; NULL: none */
	size_t work_count;
	struct ingest *ingest;               /* ingest.h; NULL: none */
	struct edits *edits;                 /* edits.h; NULL: none */
	struct registrations *registrations; /* registrations.h; NULL: none */
	text_t other_names;                  /* code_names.h: bytes32 each */
	handler_t then;                    /* goes on, on the HTTP loop, when the works are done */
	struct handle_login *handle_login; /* query loop; NULL: none named */
	struct handle_wait *handle_wait;   /* query loop; handle_auth.c; NULL: none */
	bool awaits_groups, has_awaited_groups; /* of elsewhere, at the registry */
	bool reads_all;     /* values for administrators too, by the right of an identity */
	bool reads_history; /* waits at the query loop, as unseen.h says */
	unseen_t unseen;    /* unseen.h; query loop */
	exchange_t *next, *before;
};

typedef struct {
	err_t err;
	int status;                 /* 0: the error's own */
	const err_text_t *text;     /* NULL: the class of the error says it all */
	slice_t arg;                /* fills %1 */
	const char *state;          /* of an order, or NULL */
	const err_detail_t *detail; /* what an engine said, instead of text and arg; or NULL */
	/* Adds members to the problem; may be NULL. */
	void (*more)(exchange_t *x);
} problem_t;

/* Each replaces whatever the reply held by an RFC 9457 problem (or what stands for
 * it at a Handle route) and returns EXCHANGE_ANSWERED, to be returned further. */
verdict_t exchange_problem(exchange_t *x, const problem_t *problem);
verdict_t exchange_refuse(exchange_t *x, err_t err, const err_text_t *text, slice_t arg);
verdict_t exchange_tell(exchange_t *x, err_t err, const err_detail_t *detail);

/* "reason" and "fix" of an error that stands inside of an answer; `text` may be NULL. */
typedef struct {
	err_t err;
	const err_text_t *text;
	const char *arg;
} exchange_reason_t;
void exchange_put_reason(exchange_t *x, const exchange_reason_t *reason, json_t *j);

/* A number of the query. False: it was no number or out of range, and the problem
 * is already in the reply. */
typedef struct {
	const char *name;
	int64_t min, max, absent;
} query_number_t;
bool exchange_number(exchange_t *x, const query_number_t *query, int64_t *ret_number);
/* The point called so, or NULL with the problem in the reply. */
const point_t *exchange_point(exchange_t *x, slice_t name);
/* The id of that point, or of the series with these labels (model/label.h has their text);
 * false: there is neither, and the problem is in the reply. */
bool exchange_series(exchange_t *x, slice_t name, point_id_t *ret_id);

/* Hands the exchange to the query loop, where `handler` answers it: for what only
 * some questions of a route need. HTTP loop. */
verdict_t exchange_ask_query(exchange_t *x, handler_t handler);

/* Has its handler answer it. Query loop. */
void exchange_run_query(exchange_t *x);
/* Gives an exchange that was answered later on the query loop, or that of the tree, back to
 * the HTTP loop; at most EXCHANGE_LATE_MAX are under way so: 64 for groups of elsewhere, 32
 * edits, 16 changes of members and 16 of the tree. */
enum { EXCHANGE_LATE_MAX = 128 };
void exchange_answer_late(exchange_t *x);

/* Sends what is in the reply, if anybody still waits, and frees the exchange. HTTP
 * loop. */
void exchange_finish(exchange_t *x);
#endif
