/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_ENV_H
#define ENV_ENV_H
/* The world as a table: time, chance, loops, mailboxes, files, sockets, HTTP,
 * capture. Nothing above this folder calls the operating system. Two worlds
 * exist: env/posix (the real one, on libevent) and env/twin (simulated: virtual
 * clock, seeded faults, a disk that loses unsynced writes, a network whose TCP
 * appears as frames in any open capture). The same node code runs in both.
 *
 * Story: cmd opens a world (posix_env_open or twin_host_open), hands the env_t
 * to node; node makes loops, rooms make their timers, sockets and mailboxes on
 * those loops, then env_loop_start() sets each loop running on its own thread.
 * Everything a loop owns is touched only from its own callbacks. Loops talk by
 * mailbox. env_run() runs the control loop on the calling thread until
 * env_stop().
 *
 * Threads: a loop is a thread. Objects made on a loop (timer, tcp, udp, http,
 * capture) are used on that loop's thread only, or before it is started.
 * Mailbox put, env_now, env_utc, env_random, mutex and env_stop: any thread.
 * File, dir and map calls block: legal only on loops of kind ENV_LOOP_FILES and
 * before env_run (set-up) or after it (tear-down).
 *
 * Order of tear-down: env_loop_stop() every loop (joins its thread), then free
 * the objects, then env_loop_free(), then close the world.
 *
 * The nouns have a header each; this one holds the world, clock and chance. */
#include "base/err.h"
#include "base/isa.h"
#include "model/time.h"

typedef struct env env_t;
typedef struct env_ops env_ops_t; /* env/ops.h: the table the two worlds fill */

struct env {
	const env_ops_t *ops;
};

/* Nanoseconds since an arbitrary start; never goes back. */
int64_t env_now(env_t *env);
/* UTC now, with what is known of its quality. */
utc_t env_utc(env_t *env);
/* Fills with unpredictable bytes (twin: from the seed). */
void env_random(env_t *env, void *buf, size_t len);

/* Runs the control loop on this thread until env_stop. ERR_OK after a stop. */
MUST_CHECK
err_t env_run(env_t *env);
/* Asks env_run to return; any thread, also from a signal handler of the world. */
void env_stop(env_t *env);

typedef enum { ENV_SIGNAL_STOP, ENV_SIGNAL_RELOAD, ENV_SIGNAL_COUNT } env_signal_t;
/* Calls fn on the control loop when the process is asked to stop or reload.
 * One handler a signal; the default for STOP is env_stop. */
void env_signal_on(env_t *env, env_signal_t signal, void (*fn)(void *ctx), void *ctx);

/* Tells the service manager (systemd notify protocol); no-op without one. */
typedef enum { ENV_READY, ENV_RELOADING, ENV_STOPPING } env_state_t;
void env_notify(env_t *env, env_state_t state);

/* What the process uses, for /metrics and limits. */
typedef struct {
	uint64_t anon_bytes; /* anonymous memory, RssAnon */
	int64_t cpu_ns;      /* user and system time so far */
	uint32_t cores;
} env_usage_t;
env_usage_t env_usage(env_t *env);

/* The widest kind of kernel the processor runs; the same in every world of a machine,
 * since kernels of all kinds give the same results. */
isa_t env_isa(env_t *env);

/* What the machine calls itself, cut to the room there is; "" when it has no name. */
enum { ENV_HOST_MAX = 65 };
void env_host_name(env_t *env, char buf[ENV_HOST_MAX]);

/* A lock for the few places where a mailbox would be worse; each use says what
 * it guards and why. No-op in the twin, which has one thread. */
typedef struct env_mutex env_mutex_t;
MUST_CHECK
err_t env_mutex_new(env_t *env, env_mutex_t **ret_mutex);
void env_mutex_free(env_mutex_t *mutex);
void env_lock(env_mutex_t *mutex);
void env_unlock(env_mutex_t *mutex);
#endif
