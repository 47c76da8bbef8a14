/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_POSIX_H
#define ENV_POSIX_H
/* The real world: libevent loops on threads, POSIX files, evhttp, the capture
 * child. cmd opens one per process.
 *
 * Story: posix_env_open early in main; posix_capture_spawn for every interface
 * while still privileged; sockets that need privilege; posix_drop_privileges;
 * then env_run.
 *
 * Caveats: one world a process: SIGTERM, SIGINT and SIGHUP are blocked from its
 * opening on and handled by the control loop while env_run runs; SIGPIPE is
 * ignored. env_capture_close of an interface waits for the child's end, which
 * takes about a millisecond and a second at most. */
#include "env/env.h"

typedef struct {
	const char *program; /* path to run again as the capture child (argv[0] resolved) */
} posix_spec_t;

MUST_CHECK
err_t posix_env_open(const posix_spec_t *spec, env_t **ret_env);
void posix_env_close(env_t *env);

/* Starts the capture child for `iface` while privileged, to be taken by the first
 * env_capture_open("iface:NAME"): runs "program capture IFACE [PORT ...]", `ports`
 * 0-ended or NULL. ERR_DENIED without CAP_NET_RAW. */
MUST_CHECK
err_t posix_capture_spawn(env_t *env, const char *iface, const uint16_t *ports);
/* The child's main: opens a TPACKET_V3 ring on `iface`, drops every other
 * privilege, writes a pcap stream (nanosecond magic) to standard output until it
 * closes. Returns only on error or end. `ports` (0-ended) limits TCP and UDP to
 * these ports by a kernel filter; NULL captures all. */
MUST_CHECK
err_t posix_capture_child(const char *iface, const uint16_t *ports);

/* One line that nobody shall see: from the terminal, with `prompt` and without echo,
 * or from standard input when that is no terminal. Without its end. Before a world is
 * opened, which blocks the signals. ERR_CANCELLED: Ctrl-C, Ctrl-D or nothing there.
 * ERR_TOO_BIG. */
MUST_CHECK
err_t posix_read_secret(const char *prompt, void *buf, size_t cap, size_t *ret_len);
/* Standard input is a terminal. */
bool posix_is_terminal(void);

/* As root: gives `dir` to `user` (what root owns in it, no file with a second
 * name) and becomes it for good, in its groups, without any capability. Call before loops
 * are started. No-op when not root. ERR_NOT_FOUND when the user does not exist. */
MUST_CHECK
err_t posix_drop_privileges(env_t *env, const char *user, const char *dir);
#endif
