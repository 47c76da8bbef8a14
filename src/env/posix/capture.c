/* SPDX-License-Identifier: Apache-2.0 */
/* The reading end of a capture. All sources fill one byte queue that the owner's
 * `data` empties: the capture child's pipe, a named pipe, a file that somebody
 * else appends to, or memory that other threads feed (the tap). */
#include "env/posix/capture_impl.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	CAPTURE_BYTES_MAX = 4 << 20, /* a tap's buffer */
	CAPTURE_QUEUE_MAX = 1 << 20, /* unconsumed input; a record is at most a quarter */
	CAPTURE_READ = 65536,
	CAPTURE_READS = 8,
};
/* How often a growing file is looked at. */
#define CAPTURE_LOOK_NS (50 * NS_PER_MS)

typedef struct {
	env_capture_t base;
	env_capture_spec_t spec;
	int fd;
	pid_t child; /* 0 when there is none */
	bool is_tap, is_file, busy, closed;
	struct event event;
	bytes_t queue;
	/* The tap. The lock guards `fed` and `dropped`: any thread feeds. */
	pthread_mutex_t lock;
	bytes_t fed;
	uint64_t dropped;
} posix_capture_t;

static void capture_destroy(posix_capture_t *capture)
{
	if (event_initialized(&capture->event))
		(void)event_del(&capture->event);
	posix_close(&capture->fd);
	if (capture->child)
		(void)!posix_child_wait(capture->child);
	bytes_free(&capture->queue);
	bytes_free(&capture->fed);
	(void)pthread_mutex_destroy(&capture->lock);
	free(capture);
}

static void capture_end(posix_capture_t *capture, err_t why)
{
	(void)event_del(&capture->event);
	posix_close(&capture->fd);
	if (capture->child) {
		err_t child = posix_child_wait(capture->child);
		why = why ? why : child;
		capture->child = 0;
	}
	capture->busy = true;
	capture->spec.closed(capture->spec.ctx, why);
	capture->busy = false;
	if (capture->closed)
		capture_destroy(capture);
}

/* False when the owner closed the capture meanwhile. */
static bool capture_deliver(posix_capture_t *capture)
{
	size_t used = 1;
	while (used > 0 && capture->queue.len > 0) {
		capture->busy = true;
		used = capture->spec.data(capture->spec.ctx, bytes_view(&capture->queue));
		capture->busy = false;
		bytes_consume(&capture->queue, used);
		if (capture->closed) {
			capture_destroy(capture);
			return false;
		}
	}
	return true;
}

/* False when nothing more is to be read now. */
static bool capture_read(posix_capture_t *capture)
{
	size_t room = 0;
	uint8_t *to = bytes_room(&capture->queue, CAPTURE_READ, &room);
	if (room == 0) {
		capture_end(capture, ERR_TOO_BIG);
		return false;
	}
	ssize_t got = read(capture->fd, to, room);
	if (got > 0) {
		bytes_added(&capture->queue, (size_t)got);
		return capture_deliver(capture);
	}
	if (got < 0 && errno == EINTR)
		return true;
	if (got < 0 && errno != EAGAIN)
		capture_end(capture, posix_err(errno));
	else if (got == 0 && !capture->is_file)
		capture_end(capture, ERR_OK);
	return false;
}

static void capture_readable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	(void)what;
	for (int i = 0; i < CAPTURE_READS && capture_read(ctx); i++)
		;
}

/* The tap. */

static void tap_readable(evutil_socket_t fd, short what, void *ctx)
{
	(void)what;
	posix_capture_t *capture = ctx;
	uint64_t count = 0;
	(void)pthread_mutex_lock(&capture->lock);
	(void)!read(fd, &count, sizeof(count));
	bool fits = bytes_append(&capture->queue, bytes_view(&capture->fed));
	bytes_consume(&capture->fed, capture->fed.len);
	(void)pthread_mutex_unlock(&capture->lock);
	if (!fits)
		capture_end(capture, ERR_TOO_BIG);
	else
		(void)capture_deliver(capture);
}

static void capture_feed(env_capture_t *base, slice_t bytes)
{
	posix_capture_t *capture = (posix_capture_t *)base;
	assert(capture->is_tap);
	(void)pthread_mutex_lock(&capture->lock);
	bool first = capture->fed.len == 0;
	if (!bytes_append(&capture->fed, bytes)) {
		capture->dropped += bytes.len;
	} else if (first && bytes.len > 0) {
		uint64_t one = 1;
		(void)!write(capture->fd, &one, sizeof(one));
	}
	(void)pthread_mutex_unlock(&capture->lock);
}

static uint64_t capture_dropped(const env_capture_t *base)
{
	const posix_capture_t *capture = (const posix_capture_t *)base;
	pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&capture->lock;
	(void)pthread_mutex_lock(lock);
	uint64_t dropped = capture->dropped;
	(void)pthread_mutex_unlock(lock);
	return dropped;
}

/* Sources: each opens capture->fd. */

static err_t source_iface(posix_capture_t *capture, posix_env_t *env, const char *iface)
{
	posix_child_t child;
	err_t err = posix_child_take(env, iface, &child);
	if (err)
		return err;
	capture->child = child.pid;
	capture->fd = child.fd;
	return ERR_OK;
}

static err_t source_pipe(posix_capture_t *capture, posix_env_t *env, const char *path)
{
	(void)env;
	struct stat st;
	capture->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (capture->fd < 0 || fstat(capture->fd, &st) != 0)
		return posix_err(errno);
	capture->is_file = S_ISREG(st.st_mode);
	return ERR_OK;
}

static err_t source_tap(posix_capture_t *capture, posix_env_t *env, const char *rest)
{
	(void)env;
	if (rest[0])
		return ERR_INVALID;
	capture->is_tap = true;
	capture->queue.max = 2 * CAPTURE_BYTES_MAX;
	capture->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return capture->fd < 0 ? posix_err(errno) : ERR_OK;
}

typedef struct {
	slice_t head;
	err_t (*open)(posix_capture_t *capture, posix_env_t *env, const char *rest);
} source_row_t;

static err_t capture_source(posix_capture_t *capture, posix_env_t *env, const char *source)
{
	const source_row_t rows[] = {
		{ SLICE("iface:"), source_iface },
		{ SLICE("pipe:"), source_pipe },
		{ SLICE("tap"), source_tap },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (slice_starts(slice_str(source), rows[i].head))
			return rows[i].open(capture, env, source + rows[i].head.len);
	return ERR_INVALID;
}

static err_t capture_watch(posix_capture_t *capture, posix_loop_t *loop)
{
	event_callback_fn fn = capture->is_tap ? tap_readable : capture_readable;
	/* A plain file is always readable, so it is looked at now and then. */
	short what = capture->is_file ? EV_PERSIST : EV_READ | EV_PERSIST;
	struct timeval look = posix_timeval(CAPTURE_LOOK_NS);
	int fd = capture->is_file ? -1 : capture->fd;
	if (event_assign(&capture->event, loop->events, fd, what, fn, capture) != 0 ||
	    event_add(&capture->event, capture->is_file ? &look : NULL) != 0)
		return ERR_NO_MEMORY;
	return ERR_OK;
}

static err_t capture_open(env_loop_t *base, const char *source, const env_capture_spec_t *spec,
                          env_capture_t **ret_capture)
{
	posix_loop_t *loop = (posix_loop_t *)base;
	posix_capture_t *capture = calloc(1, sizeof(*capture));
	if (!capture)
		return ERR_NO_MEMORY;
	capture->base.ops = loop->base.ops;
	capture->spec = *spec;
	capture->fd = -1;
	capture->queue.max = CAPTURE_QUEUE_MAX;
	capture->fed.max = CAPTURE_BYTES_MAX;
	(void)pthread_mutex_init(&capture->lock, NULL);
	err_t err = capture_source(capture, loop->env, source);
	if (!err)
		err = capture_watch(capture, loop);
	if (err) {
		capture_destroy(capture);
		return err;
	}
	*ret_capture = &capture->base;
	return ERR_OK;
}

static void capture_close(env_capture_t *base)
{
	posix_capture_t *capture = (posix_capture_t *)base;
	capture->closed = true;
	if (!capture->busy)
		capture_destroy(capture);
}

void posix_capture_ops(env_ops_t *ops)
{
	ops->capture_open = capture_open;
	ops->capture_feed = capture_feed;
	ops->capture_dropped = capture_dropped;
	ops->capture_close = capture_close;
}
