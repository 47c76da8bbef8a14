/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_DOOR_H
#define CMD_DOOR_H
/* The HTTP API of a running node, for commands: where it listens, who asks, and what it
 * refused in our own words.
 *
 * Story: door_options adds the options that say which node; door_find makes a door of
 * them (or a command fills one itself); door_enter reads the token; door_ask as often as
 * needed; door_leave.
 *
 * Threads: the main one; blocks. */
#include "base/text.h"
#include "cmd/options.h"
#include "config/config.h"
#include "env/env.h"
#include "env/http_client.h"

enum { DOOR_PATH_MAX = 512, DOOR_URL_MAX = 16 << 10, DOOR_TOKEN_MAX = 256, DOOR_OPTIONS = 5 };

typedef struct {
	const char *config, *data, *ca, *token;
	const char *offline; /* a folder, of the commands that know how (offline.h) */
	addr_t http;
} door_asked_t;

typedef struct {
	env_t *env;
	const char *data_dir;
	addr_t http; /* where the node of the folder listens */
	/* By https, and trusted by this; "": by the node's own certificate; NULL: by http. */
	const char *ca_file;
	const char *token_file; /* NULL: the folder's admin token */
	lang_t lang;            /* of refusals */
	config_t *config;       /* what the texts above may borrow */
	char bearer[DOOR_TOKEN_MAX], own[DOOR_PATH_MAX];
} door_t;

/* Fills DOOR_OPTIONS rows; the caller's table ends behind them. */
void door_options(option_t *rows, door_asked_t *asked);
/* The folder and the address: from the options, else from the configuration, which is
 * not read when folder and address are named. */
MUST_CHECK err_t door_find(env_t *env, const door_asked_t *asked, door_t *ret_door,
                           err_detail_t *ret_detail);
/* The two halves of it: what the options say, and the rest from the configuration. */
door_t door_of(env_t *env, const door_asked_t *asked);
MUST_CHECK err_t door_configure(door_t *door, const door_asked_t *asked, err_detail_t *ret_detail);
/* A file of the data folder. ERR_USAGE: too long. */
MUST_CHECK err_t door_path(const door_t *door, const char *name, char buf[DOOR_PATH_MAX]);
MUST_CHECK err_t door_enter(door_t *door, err_detail_t *ret_detail);
void door_leave(door_t *door);

typedef struct {
	http_method_t method;
	const char *path;               /* "/api/..." with its query */
	const char *content_type, *key; /* of the body; Idempotency-Key; NULL: none */
	const char *accept;             /* NULL: whatever comes */
	slice_t body;
	int64_t timeout_ns; /* 0: 10 s */
	size_t answer_max;  /* 0: 1 MiB */
	bool takes_all;     /* a status of 400 and above is an answer too */
} door_ask_t;

/* Give the answer back with env_http_answer_done. The node's refusal is an error of its
 * own class with its own sentence. */
MUST_CHECK err_t door_ask(const door_t *door, const door_ask_t *ask, env_http_answer_t *ret_answer,
                          err_detail_t *ret_detail);
/* Warns on standard error when an answer of the history holds less than was acknowledged. */
void door_warn_behind(const env_http_answer_t *answer);
/* The body of a refusal as an error. */
MUST_CHECK err_t door_told(const env_http_answer_t *answer, err_detail_t *ret_detail);
/* A sentence of the node, which may be longer than one argument, as two of them, and what
 * to do about it as the third. */
void door_cut_told(slice_t what, slice_t fix, char ret_part[ERR_ARGS][ERR_ARG_MAX]);
/* Every byte as %XX. */
void door_put_encoded(writer_t *w, slice_t text);
/* "&name=value" of a query; nothing without a value. */
void door_put_parameter(writer_t *w, const char *name, const char *value);
#endif
