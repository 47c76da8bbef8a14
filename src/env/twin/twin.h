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
 * no effect, no event of the host happens any more, and twin_run returns; the
 * test frees the node, calls twin_host_close and twin_disk_reboot (unsynced
 * writes are kept, torn at 512 bytes or dropped, names likewise), opens the host
 * again under its name, checks.
 *
 * Time: env_now() is 0 when the world is made. A callback takes no virtual time
 * but what its syncs cost; its loop is late by that much, other loops are not.
 *
 * Network: all hosts share one network, so an address and port can be bound
 * once in the whole world; give each machine addresses of its own. Port 0 and
 * the any-address (0.0.0.0, ::) work as usual.
 *
 * Caveats: ENV_FULL_BLOCK cannot block: the ring grows and twin_stats counts.
 * Names are as unsafe as the standard allows: a new folder or file may vanish
 * in a reboot unless the folder that holds its name was synced, the root ("/")
 * included. File calls from a callback of an EVENTS loop stop the program. Memory
 * that is gone stops the program too. */
#include "base/net.h"
#include "env/env.h"
#include "env/http.h"

typedef struct twin twin_t;

typedef struct {
	uint64_t seed;
	utc_t start;          /* zero: 2026-01-01T00:00:00Z */
	int64_t latency_ns;   /* mean one-way network delay; zero: 200 us */
	double loss;          /* chance a TCP segment is lost and sent again later */
	double datagram_loss; /* chance a UDP datagram is lost */
	int64_t disk_sync_ns; /* virtual cost of a sync; zero: 100 us */
} twin_spec_t;

MUST_CHECK
err_t twin_new(const twin_spec_t *spec, twin_t **ret_twin);
void twin_free(twin_t *twin);

/* A machine called `name`; ERR_EXISTS while one of that name is open. */
MUST_CHECK
err_t twin_host_open(twin_t *twin, const char *name, env_t **ret_env);
/* Frees the host's live objects (their owners' callbacks are not called; peers
 * see a reset); its disk stays with the twin under its name. */
void twin_host_close(env_t *env);

/* Turns events until virtual time `until_ns` after the start, or until env_stop
 * or a crash on any host; returns the time reached. With no event left the clock
 * goes to `until_ns` at once, unless that is INT64_MAX (until nothing is left). */
int64_t twin_run(twin_t *twin, int64_t until_ns);
/* As twin_run, `ns` from now. */
int64_t twin_run_for(twin_t *twin, int64_t ns);
/* One event; false when none is left. */
bool twin_step(twin_t *twin);
/* A hash over every event, byte sent and byte written so far: equal for equal
 * runs. */
uint64_t twin_trace(const twin_t *twin);

/* Sets what the host believes UTC to be, from now on; env_now is not touched. */
void twin_clock_set(env_t *env, utc_t utc);
/* The process is asked to stop or reload; happens on its control loop. */
void twin_signal(env_t *env, env_signal_t signal);
/* What the host last said by env_notify. */
env_state_t twin_notified(const env_t *env);
/* Power is gone now, as if a crash had been armed for this moment. */
void twin_power_off(env_t *env);
/* Pulls the plug of an address, or puts it back: what is sent to or from it is
 * lost, new connections time out, open ones after 15 s. */
void twin_net_unplug(twin_t *twin, ip_t ip, bool is_unplugged);

/* Serial lines. The ports of one path, on whatever hosts, are the stations of one line:
 * what one sends reaches all others at the pace of its rate, in runs as adapters hand
 * them on. Two that send at once spoil each other's bytes, and so does a station set
 * another way. On one host a port can be open once.
 *
 * The chance that a byte on the line is hit by noise; 0 at first. */
void twin_line_noise(twin_t *twin, const char *path, double chance);
/* How many sendings met another on the line. */
uint64_t twin_line_collisions(twin_t *twin, const char *path);
/* Pulls a port out of the host, or puts it back: when open it ends with
 * ERR_UNAVAILABLE, and until it is back it is not found. */
void twin_port_unplug(env_t *env, const char *path, bool is_unplugged);

/* Disk faults of one host (by its env or its name). An operation is a create,
 * write, allocate, truncate, sync, rename or remove, or the making of a folder. */
typedef enum { TWIN_IO_ERROR, TWIN_DISK_FULL, TWIN_SHORT_WRITE } twin_fault_t;
/* Crash before the n-th operation from now (1: the next); 0 disarms. */
void twin_crash_at(env_t *env, uint64_t nth);
bool twin_crashed(const env_t *env);
/* The n-th write, allocate, truncate or sync from now fails so, and with
 * it the following ones, `times` in all (0: from then on); nth 0 disarms. After a
 * failed sync the unsynced writes of the file can no longer become safe. */
void twin_fail_at(env_t *env, uint64_t nth, uint64_t times, twin_fault_t fault);
/* Bytes of all files together; the default is 1 TiB. */
void twin_disk_limit(env_t *env, uint64_t bytes);
/* Applies the crash to the disk of the closed host `name`. */
void twin_disk_reboot(twin_t *twin, const char *name);
/* Test doubles: `lying` makes every sync return at once without doing it. */
void twin_disk_lie(env_t *env, bool lying);
/* Flips one bit, or cuts the file: what verify and recovery must notice. Both
 * make what is unsynced of the file safe first. ERR_NOT_FOUND; ERR_INVALID
 * beyond the end. */
MUST_CHECK
err_t twin_disk_flip(twin_t *twin, const char *name, const char *path, uint64_t at);
MUST_CHECK
err_t twin_disk_cut(twin_t *twin, const char *name, const char *path, uint64_t size);
uint64_t twin_disk_operations(const env_t *env);

/* Sends a request to the HTTP server that was opened last on `env` and turns the
 * world until it is answered. ERR_TIMEOUT after `timeout_ns` of virtual time (the
 * client has then left), ERR_UNAVAILABLE without a server or once the host is
 * dead, ERR_NETWORK when the server closed or refused
 * the connection. What the answer borrows is owned by the twin until the next call. A
 * request that became an event stream is answered 200 and dropped. */
typedef struct {
	http_method_t method;
	const char *path;  /* with query */
	const char *token; /* bearer token or NULL */
	const char *content_type;
	const http_header_t *headers; /* more of them; ends with {NULL, NULL} or NULL */
	slice_t body;
	addr_t peer;         /* zero: 127.0.0.1 */
	slice_t certificate; /* DER, shown when the server speaks TLS and asks for one */
} twin_http_ask_t;
typedef struct {
	int status;
	slice_t content_type, body;
	slice_t headers; /* "Name: value" lines, CR LF ended */
} twin_http_answer_t;
MUST_CHECK
err_t twin_http(env_t *env, const twin_http_ask_t *ask, int64_t timeout_ns,
                twin_http_answer_t *ret_answer);

/* The value of a header of the answer, or nothing. */
slice_t twin_http_header(const twin_http_answer_t *answer, const char *name);

/* As twin_http for a request that should become an event stream: then *ret_stream
 * is set, otherwise NULL and the answer says why. */
typedef struct twin_stream twin_stream_t;
MUST_CHECK
err_t twin_stream_open(env_t *env, const twin_http_ask_t *ask, int64_t timeout_ns,
                       twin_http_answer_t *ret_answer, twin_stream_t **ret_stream);
/* The text that came since the last take; valid until the next call. */
slice_t twin_stream_take(twin_stream_t *stream);
/* A stalled client takes nothing: past 256 KiB the server's send fails. */
void twin_stream_stall(twin_stream_t *stream, bool is_stalled);
/* The server ended it. */
bool twin_stream_ended(const twin_stream_t *stream);
/* The client leaves; frees the stream. NULL is fine. */
void twin_stream_close(twin_stream_t *stream);

typedef struct {
	uint64_t events, frames, segments_lost, datagrams_lost, mailbox_overflows, disk_ops;
} twin_stats_t;
twin_stats_t twin_stats(const twin_t *twin);
#endif
