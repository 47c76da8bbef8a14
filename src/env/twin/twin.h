/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_TWIN_H
#define ENV_TWIN_H
/* The simulated world. One thread, a virtual clock that jumps to the next event,
 * and one seed that fixes every choice: order of equal-time events, delays,
 * losses, what a crash leaves on the disk. The same seed replays the same run
 * byte for byte.
 *
 * Story: twin_new(seed); twin_host_open gives an env_t per machine (own disk and
 * loops, shared clock and network); node and sim code run on those; twin_run
 * turns events until a time. Crash: twin_crash_at arms a crash at the n-th disk
 * operation; from there every disk call of that host fails with ERR_IO and has
 * no effect; the test frees the node, calls twin_disk_reboot (unsynced writes
 * are kept, torn at 512 bytes or dropped, names likewise), opens again, checks.
 *
 * Caveats: loops' callbacks are atomic in virtual time but for the delays the
 * twin adds. ENV_FULL_BLOCK cannot block: the ring grows and twin_stats counts. */
#include "base/net.h"
#include "env/env.h"
#include "env/http.h"

typedef struct twin twin_t;

typedef struct {
	uint64_t seed;
	utc_t start;          /* zero: 2026-01-01T00:00:00Z */
	int64_t latency_ns;   /* mean one-way network delay; zero: 200 us */
	double loss;          /* chance a TCP segment is lost and sent again later */
	int64_t disk_sync_ns; /* virtual cost of a sync; zero: 100 us */
} twin_spec_t;

MUST_CHECK
err_t twin_new(const twin_spec_t *spec, twin_t **ret_twin);
void twin_free(twin_t *twin);

/* A machine called `name`; every 127.0.0.0/8 and ::1 address of one host is its
 * own unless twin hosts share a network by their dialled addresses. */
MUST_CHECK
err_t twin_host_open(twin_t *twin, const char *name, env_t **ret_env);
/* Frees the host's live objects; its disk stays with the twin under its name. */
void twin_host_close(env_t *env);

/* Turns events until virtual time `until_ns` after the start, env_stop on any
 * host, or no event is left; returns the time reached. */
int64_t twin_run(twin_t *twin, int64_t until_ns);
/* One event; false when none is left. */
bool twin_step(twin_t *twin);

/* Disk faults of one host (by its env or its name). */
typedef enum { TWIN_IO_ERROR, TWIN_DISK_FULL, TWIN_SHORT_WRITE } twin_fault_t;
/* Crash before the n-th (from 1) write, sync, rename, remove or create. */
void twin_crash_at(env_t *env, uint64_t nth);
bool twin_crashed(const env_t *env);
/* The n-th write or sync from now fails so, once (times == 0: from then on). */
void twin_fail_at(env_t *env, uint64_t nth, uint64_t times, twin_fault_t fault);
void twin_disk_limit(env_t *env, uint64_t bytes);
/* Applies the crash to the disk of the closed host `name`. */
void twin_disk_reboot(twin_t *twin, const char *name);
/* Test doubles: `lying` makes every sync return at once without doing it. */
void twin_disk_lie(env_t *env, bool lying);
/* Flips one bit, or cuts the file: what verify and recovery must notice. */
MUST_CHECK
err_t twin_disk_flip(twin_t *twin, const char *name, const char *path, uint64_t at);
MUST_CHECK
err_t twin_disk_cut(twin_t *twin, const char *name, const char *path, uint64_t size);
uint64_t twin_disk_operations(const env_t *env);

/* Sends a request to the HTTP server open on `env` and runs until it is answered
 * or `timeout_ns` of virtual time. The reply's body is owned by the twin until
 * the next call. */
typedef struct {
	http_method_t method;
	const char *path;  /* with query */
	const char *token; /* bearer token or NULL */
	const char *content_type;
	slice_t body;
} twin_http_ask_t;
typedef struct {
	int status;
	slice_t content_type, body;
} twin_http_answer_t;
MUST_CHECK
err_t twin_http(env_t *env, const twin_http_ask_t *ask, int64_t timeout_ns,
                twin_http_answer_t *ret_answer);

typedef struct {
	uint64_t events, frames, segments_lost, mailbox_overflows, disk_ops;
} twin_stats_t;
twin_stats_t twin_stats(const twin_t *twin);
#endif
