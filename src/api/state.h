/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_STATE_H
#define API_STATE_H
/* What the API keeps between requests. All of it is of the HTTP loop, but for the
 * mailboxes, the metrics, and the query loop's own reader. */
#include <stdatomic.h>

#include "api/api.h"
#include "api/exchange.h"
#include "api/handle_auth.h"
#include "api/live.h"
#include "api/marks.h"
#include "api/rate.h"
#include "api/slow.h"
#include "api/tally.h"
#include "api/tls.h"
#include "api/tree_desk.h"
#include "registry/handle/door.h"

#define API_METRICS(X) \
	X(REQUESTS, "requests_total", "requests received", COUNTER) \
	X(GOOD, "answers_good_total", "answers below status 400", COUNTER) \
	X(REFUSED, "answers_refused_total", "answers of status 400 to 499", COUNTER) \
	X(FAILED, "answers_failed_total", "answers of status 500 and above", COUNTER) \
	X(TOO_BIG, "answers_too_big_total", "answers given up at 8 MiB", COUNTER) \
	X(QUERIES, "queries_waiting", "requests at the query loop", GAUGE) \
	X(QUERIES_FULL, "queries_refused_total", "requests refused for too many queries", COUNTER) \
	X(QUERIES_AWAITED, "queries_awaited_total", \
	  "questions of history that waited until readers saw all that was durable", COUNTER) \
	X(QUERIES_BEHIND, "queries_behind_total", "questions of history answered before that", \
	  COUNTER) \
	X(SLOW_QUERIES, "queries_slow_total", "questions of history that took too long", COUNTER) \
	X(CHANGES, "changes_waiting", "orders and record changes under way", GAUGE) \
	X(CHANGES_FULL, "changes_refused_total", "orders and changes refused as too many", \
	  COUNTER) \
	X(BATCHES, "snms_batches", "SNMS batches under way", GAUGE) \
	X(BATCHES_FULL, "snms_batches_refused_total", "SNMS batches refused as too many", COUNTER) \
	X(INGESTS, "ingests_total", "bodies of samples received", COUNTER) \
	X(INGEST_FULL, "ingests_refused_total", "bodies of samples refused as too many", COUNTER) \
	X(INGEST_BYTES, "ingest_bytes", "bytes of such bodies under way", GAUGE) \
	X(INGEST_VALUES, "ingest_values_total", "values written by clients", COUNTER) \
	X(INGEST_FAULTS, "ingest_faults_total", "lines, series and rows refused", COUNTER) \
	X(STREAMS, "streams", "open event streams", GAUGE) \
	X(STREAMS_FULL, "streams_refused_total", "event streams refused as too many", COUNTER) \
	X(STREAMS_SLOW, "streams_slow_total", "event streams closed as too slow", COUNTER) \
	X(EVENTS_LOST, "stream_events_lost_total", "events that no stream was told", COUNTER) \
	X(CONNECTIONS_REFUSED, "connections_refused_total", "connections over the limit", COUNTER) \
	X(HANDSHAKES, "tls_handshakes", "TLS handshakes under way", GAUGE) \
	X(HANDSHAKES_FAILED, "tls_handshakes_failed_total", "TLS handshakes that failed", COUNTER) \
	X(HANDSHAKES_SLOW, "tls_handshakes_slow_total", \
	  "TLS handshakes closed as too slow or the oldest of too many", COUNTER) \
	X(SESSIONS, "sessions", "open browser sessions", GAUGE) \
	X(HANDLE_SESSIONS, "handle_sessions", "open sessions of Handle clients", GAUGE) \
	X(IDENTITIES_REFUSED, "handle_identities_refused_total", \
	  "Handle identities whose proof was wrong", COUNTER) \
	X(IDENTITIES_WAIT, "handle_identities_wait_total", \
	  "proofs not looked at: too many of one source", COUNTER) \
	X(IDENTITIES_AWAY, "handle_identities_elsewhere_total", \
	  "Handle identities whose home was asked", COUNTER) \
	X(IDENTITIES_SILENT, "handle_identities_silent_total", \
	  "Handle identities whose home had no word", COUNTER) \
	X(SIGN_IN_FAILURES, "sign_in_failures_total", "unknown tokens and wrong passwords", \
	  COUNTER) \
	X(SIGN_INS_REFUSED, "sign_ins_refused_total", \
	  "sign-ins while the source or the name had to wait", COUNTER) \
	X(PASSWORDS, "passwords_waiting", "requests at the password loop", GAUGE) \
	X(PASSWORDS_FULL, "passwords_refused_total", "requests refused for too many passwords", \
	  COUNTER) \
	X(RESOLUTIONS, "resolutions_waiting", "questions at the resolver", GAUGE) \
	X(RESOLUTIONS_FULL, "resolutions_refused_total", \
	  "questions refused for too many at the resolver", COUNTER) \
	X(GS1, "gs1_requests_total", "Digital Links asked for", COUNTER) \
	X(GS1_REFUSED, "gs1_refused_total", "Digital Links that were not well formed", COUNTER) \
	X(PROMETHEUS, "prometheus_queries_total", "queries in PromQL that were run", COUNTER) \
	X(PROMETHEUS_REFUSED, "prometheus_queries_refused_total", \
	  "queries in PromQL past a limit or a deadline", COUNTER) \
	X(PROMETHEUS_SAMPLES, "prometheus_samples_total", "samples read for them", COUNTER) \
	X(SQL, "sql_questions_total", "questions in SQL", COUNTER) \
	X(SQL_ENDED, "sql_ended_total", \
	  "questions in SQL given up: too many samples, too much memory or time", COUNTER) \
	X(USERS, "users", "users", GAUGE) \
	X(TOKENS, "tokens", "API tokens of users", GAUGE)

#define X(id, name, help, kind) METRIC_##id,
enum { API_METRICS(X) METRIC_COUNT };
#undef X

enum {
	API_QUERIES_MAX = 128, /* requests at the query loop at once */
	API_CHANGES_MAX = 64,  /* orders under way; record changes likewise */
	API_RESOLUTIONS_MAX = 64,
	API_MEMBERS_WAITING = 16, /* changes of members that wait for the disk */
};

struct api {
	env_t *env;
	api_spec_t spec;
	env_http_t *http;
	tls_t *tls;                      /* NULL: plain */
	env_mailbox_t *queries;          /* exchange_t *, to the query loop */
	env_mailbox_t *trees;            /* exchange_t *, to the tree loop */
	env_mailbox_t *answers;          /* exchange_t *, back from it */
	env_mailbox_t *passwords;        /* exchange_t *, to the password loop */
	env_mailbox_t *hashes;           /* exchange_t *, back from it */
	env_mailbox_t *orders;           /* command_result_t */
	env_mailbox_t *changes;          /* registry_result_t */
	env_mailbox_t *batches;          /* registry_result_t, of snms_batch.c */
	struct snms_batch *batch;        /* those under way */
	env_mailbox_t *bulks;            /* registry_bulk_result_t, to the query loop */
	env_mailbox_t *bulk_answers;     /* exchange_t *, back from it */
	size_t members_waiting;          /* of the tree loop */
	tree_desk_t *tree_desk;          /* of the tree loop */
	struct edits_desk *edits_desk;   /* of the query loop */
	struct unseen_desk *unseen_desk; /* of the query loop */
	struct intakes *intakes;         /* ingest.h; NULL: no samples are taken */
	handle_desk_t *desk;             /* behind the door; NULL: none */
	env_mailbox_t *tunnel;           /* handle_reply_t, of the Handle desk */
	env_mailbox_t *resolutions;      /* resolver_reply_t */
	registry_reader_t *reader;       /* of the HTTP loop */
	struct gs1_ask *gs1_ask;         /* of the HTTP loop: the Digital Link at hand */
	registry_reader_t *query_reader; /* of the query loop */
	marks_t marks;                   /* of the query loop */
	slow_t slow;                     /* of the query loop */
	searcher_t *searcher;            /* of the query loop */
	handle_auth_t *handle_auth;      /* of the query loop */
	handle_door_t *door;             /* of the query loop: the wire's messages over HTTP */
	exchange_t *first;               /* all that are not finished */
	uint64_t next_id;
	int64_t started_ns;
	_Atomic(const catalogue_t *) catalogue; /* set by the HTTP loop, read by the query loop */
	api_config_t config;
	rate_t rate;
	tally_t tally;
	live_t *live;
	metrics_t metrics;
};

/* The catalogue of now; it lives until the end of the loop's turn. HTTP or query loop. */
static inline const catalogue_t *api_catalogue(const api_t *api)
{
	return atomic_load(&api->catalogue);
}
/* Takes it out of the list and frees it unanswered. HTTP loop or tear-down. */
void exchange_free(exchange_t *x);
/* True when one more order or record change may be under way; counts it. */
bool api_change_begin(api_t *api);
void api_change_end(api_t *api);
/* The value of a metric of a room, 0 when it has none of that name. */
int64_t api_metric(const api_t *api, const char *prefix, const char *name);
#endif
