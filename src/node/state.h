/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_STATE_H
#define NODE_STATE_H
/* What a node is made of, shared by the files that open it: node.c (order and end of all),
 * journals.c, doors.c (HTTP and what it asks). */
#include "node/node.h"
#include "node/dns_wiring.h"
#include "node/folders.h"
#include "node/gs1_wiring.h"
#include "node/handle_wiring.h"
#include "node/history_wiring.h"
#include "node/live.h"
#include "node/registration.h"
#include "node/reload.h"
#include "node/sql_wiring.h"
#include "node/threads.h"
#include "node/tree.h"
#include "node/watch.h"

enum { OWN_METRICS = 11, DNS_METRICS = 1 };

/* Name in DATA/journal, whether chained, its commit thread, the most of one batch, and how much
 * of disk_reserve it leaves free: samples give way before alarms and audit. */
#define NODE_JOURNAL_ROWS(X) \
	X(MAIN, "main", true, COMMIT_MAIN, 1 << 20, 4) \
	X(HISTORY, "history", false, COMMIT_HISTORY, 0, 1) \
	X(TREE, "tree", true, COMMIT_TREE, 0, 2)

#define X(id, name, chained, thread, buffer, share) NODE_JOURNAL_##id,
typedef enum { NODE_JOURNAL_ROWS(X) JOURNALS } node_journal_t;
#undef X

struct node {
	env_t *env;
	node_spec_t spec;
	char journal_dir[FOLDER_PATH_MAX], views_dir[FOLDER_PATH_MAX], history_dir[FOLDER_PATH_MAX];
	char keys_dir[FOLDER_PATH_MAX];
	env_file_t *lock;
	env_loop_t *loops[THREAD_COUNT];
	journal_t *journals[JOURNALS];
	journal_recovery_t recovered[JOURNALS];
	catalogue_t *catalogue;
	last_value_t *last_values;
	live_points_t *live;
	events_t *events;
	registry_t *registry;
	search_t *search;
	proof_t *proof;
	office_t *office;
	historian_t *historian;
	history_wiring_t history;
	series_t *series;
	fleet_t *fleet;
	watch_t *watch;
	access_t *access;
	dns_wired_t dns;
	handle_wired_t handle;
	sql_wired_t sql;
	tree_t *tree;
	api_t *api;
	/* Ends with an empty row. */
	api_metrics_t metrics[OWN_METRICS + TREE_METRICS + DNS_METRICS + HANDLE_WIRING_METRICS + 1];
	gs1_company_t *gs1_companies;
	trust_roots_t *trust_roots;
	registration_t *registration;
	size_t points_max;
	reload_t *reload;                             /* NULL: no file to read again */
	char http_base[ENV_HOST_MAX + ADDR_TEXT_MAX]; /* of URLs to the HTTP door */
};

/* Steps of node_open (node.c): a failure closes what was opened before. */
MUST_CHECK err_t journals_open(node_t *node, err_detail_t *ret_detail);
void journals_close(node_t *node);
MUST_CHECK err_t doors_load_trust(node_t *node, err_detail_t *ret_detail);
MUST_CHECK err_t doors_open_sql(node_t *node, err_detail_t *ret_detail);
MUST_CHECK err_t doors_open_http(node_t *node, err_detail_t *ret_detail);
void doors_close(node_t *node);
/* The certificate's files have changed. */
void doors_reload_tls(node_t *node);
/* Writes how the HTTP door is reached into node->http_base. */
void doors_name_http(node_t *node);
#endif
