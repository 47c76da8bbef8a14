/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_POSIX_TCP_IMPL_H
#define ENV_POSIX_TCP_IMPL_H
/* What tcp.c (streams) and listener.c (where they come from) share. */
#include "env/posix/impl.h"

typedef enum { TCP_DIALLING, TCP_OPEN, TCP_PARTING, TCP_DRAINING, TCP_ENDED } tcp_state_t;
typedef enum { TCP_WISH_NONE, TCP_WISH_CLOSE, TCP_WISH_RESET } tcp_wish_t;

/* A listener's live streams; outlives the listener while one of them lives. */
typedef struct {
	size_t live;
	bool orphan;
} posix_count_t;

typedef struct {
	env_tcp_t base;
	posix_left_t left;
	posix_loop_t *loop;
	env_tcp_spec_t spec;
	posix_count_t *count; /* NULL when dialled */
	int fd;
	tcp_state_t state;
	tcp_wish_t wish; /* what the owner asked for during a callback */
	bool busy;       /* a callback runs */
	bool waits;      /* the owner has seen unsent bytes: `drained` is due */
	err_t broken;    /* to be told from the loop, not from inside a write */
	struct event read, write, deadline;
	bytes_t in, out;
	addr_t local, peer;
} posix_tcp_t;

/* Takes the descriptor over, also on error. */
MUST_CHECK
err_t posix_tcp_make(posix_loop_t *loop, int fd, posix_tcp_t **ret_tcp);
void posix_tcp_set_spec(posix_tcp_t *tcp, const env_tcp_spec_t *spec);
/* After `accept` or `opened`: starts to read, unless the owner closed it there. */
void posix_tcp_begin(posix_tcp_t *tcp);
void posix_tcp_destroy_reset(posix_tcp_t *tcp);
void posix_listener_ops(env_ops_t *ops);
#endif
