/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_POSIX_IMPL_H
#define ENV_POSIX_IMPL_H
/* What the files of the real world share, and nobody else includes.
 *
 * Story: posix_env_open makes a posix_env_t and lets each file fill its rows of
 * the table; its functions stay private to it. Every loop owns one libevent base
 * without locks: the only thing another thread ever touches of a loop is an
 * eventfd (its wake, and the wake of its mailboxes). */
#include "env/ops.h"
#include "env/posix/posix.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/types.h>

typedef struct posix_env posix_env_t;
typedef struct posix_loop posix_loop_t;
typedef struct posix_left posix_left_t;
typedef struct posix_mailbox posix_mailbox_t;
typedef struct posix_timer posix_timer_t;

/* A capture child started ahead of use, while the process was privileged. */
typedef struct {
	char iface[16];
	pid_t pid;
	int fd; /* its standard output; -1 when the slot is free */
} posix_child_t;

enum { POSIX_CHILDREN_MAX = 8, POSIX_PATH_MAX = 4096 };

struct posix_env {
	env_t base;
	env_ops_t ops;
	posix_loop_t *control;
	char program[POSIX_PATH_MAX];
	int signal_fd;
	struct event signal_event;
	struct {
		void (*fn)(void *ctx);
		void *ctx;
	} handlers[ENV_SIGNAL_COUNT];
	posix_child_t children[POSIX_CHILDREN_MAX];
	/* The kernel's opinion of the clock, asked at most once a second. Any
	 * thread writes them; a torn pair is only an older opinion. */
	_Atomic int64_t clock_asked_ns, clock_error_ns;
	_Atomic int clock_state;
};

/* An object its owner has closed but which still has work on the loop, such as
 * a stream sending its last bytes. The loop frees what is left when it is freed. */
struct posix_left {
	posix_left_t *next, **link;
	void (*free)(posix_left_t *left);
};

typedef struct {
	int fd;
	struct event event;
	int64_t armed_ns; /* when the kernel will wake us; INT64_MAX: never */
	bool is_firing;
	posix_timer_t **heap;
	size_t count, cap, made; /* set, room, and all there are */
} posix_timers_t;

struct posix_loop {
	env_loop_t base;
	posix_env_t *env;
	char name[16];
	struct event_base *events;
	struct event wake_event;
	int wake_fd;
	posix_timers_t timers;
	pthread_t thread;
	bool started;
	atomic_bool stopping, running;
	posix_left_t *left;
	/* Guards `mailboxes`: made and freed on other threads than the one that
	 * closes them at the loop's end. */
	pthread_mutex_t lock;
	posix_mailbox_t *mailboxes;
};

/* world.c */
err_t posix_err(int errnum);
int64_t posix_now(void);

/* loop.c */
void posix_loop_ops(env_ops_t *ops);
MUST_CHECK
err_t posix_loop_make(posix_env_t *env, const char *name, posix_loop_t **ret_loop);
void posix_loop_turn(posix_loop_t *loop); /* runs callbacks until asked to stop */
void posix_loop_wake_stop(posix_loop_t *loop);
void posix_loop_destroy(posix_loop_t *loop);
bool posix_loop_running(const posix_loop_t *loop);
void posix_loop_adopt(posix_loop_t *loop, posix_left_t *left, void (*free)(posix_left_t *left));
void posix_left_remove(posix_left_t *left);

/* timer.c */
void posix_timer_ops(env_ops_t *ops);
MUST_CHECK
err_t posix_timers_open(posix_timers_t *all, struct event_base *events);
void posix_timers_close(posix_timers_t *all); /* fine when it was not opened */
/* For libevent's own timers, which are as coarse as the system's tick. */
struct timeval posix_timeval(int64_t delay_ns);

/* mailbox.c; the caller holds loop->lock for close_all. */
void posix_mailbox_ops(env_ops_t *ops);
void posix_mailbox_set_closed(posix_mailbox_t *list, bool closed);

/* file.c, path.c, udp.c, tcp.c, serial.c, http.c, capture.c */
void posix_file_ops(env_ops_t *ops);
void posix_path_ops(env_ops_t *ops);
void posix_udp_ops(env_ops_t *ops);
void posix_tcp_ops(env_ops_t *ops);
void posix_serial_ops(env_ops_t *ops);
void posix_http_ops(env_ops_t *ops);
void posix_http_client_ops(env_ops_t *ops);
void posix_capture_ops(env_ops_t *ops);

/* fault.c: pages that mapped files have lost read as zeros from now on. */
void posix_fault_catch(void);

/* child.c: ends a child nobody took; fine when the slot is free. */
void posix_child_drop(posix_child_t *child);

/* socket.c */
socklen_t posix_addr_to(addr_t addr, struct sockaddr_storage *ret_sa);
addr_t posix_addr_from(const struct sockaddr_storage *sa);
addr_t posix_socket_local(int fd);
addr_t posix_socket_peer(int fd);
/* A bound, non-blocking, close-on-exec socket of SOCK_STREAM or SOCK_DGRAM. */
MUST_CHECK
err_t posix_socket_bound(addr_t addr, int type, int *ret_fd);
/* The same, listening; port 0 takes a free one. */
MUST_CHECK
err_t posix_socket_listening(addr_t addr, int *ret_fd);
void posix_close(int *fd); /* closes when >= 0 and sets -1 */

/* bytes.c: a growing byte queue with a limit, contiguous at all times. */
typedef struct {
	uint8_t *mem;
	size_t cap, from, len, max;
} bytes_t;

static inline slice_t bytes_view(const bytes_t *b)
{
	return slice_sub(slice_of(b->mem, b->from + b->len), b->from, b->len);
}
/* Room behind the last byte, at least `want` bytes unless the limit or memory
 * ends before; *ret_room may then be 0. Fill it, then bytes_added(). */
uint8_t *bytes_room(bytes_t *b, size_t want, size_t *ret_room);
void bytes_added(bytes_t *b, size_t n);
/* All or nothing. */
bool bytes_append(bytes_t *b, slice_t s);
void bytes_consume(bytes_t *b, size_t n);
void bytes_free(bytes_t *b);
#endif
