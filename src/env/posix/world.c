/* SPDX-License-Identifier: Apache-2.0 */
/* The real world itself: clock, chance, signals, the service manager, what the
 * process uses, and the table that makes it a world. Signals come through a
 * signalfd on the control loop: they are blocked in every thread, so no code of
 * ours ever runs inside a signal handler. */
#include "env/posix/impl.h"
#include "base/num.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { FILES_MAX = 65536, HEAP_BLOCK_BYTES = 1 << 20 };

typedef struct {
	int errnum;
	err_t err;
} errno_row_t;

static const errno_row_t errno_rows[] = {
	{ ENOENT, ERR_NOT_FOUND },
	{ EEXIST, ERR_EXISTS },
	{ EACCES, ERR_DENIED },
	{ EPERM, ERR_DENIED },
	{ EROFS, ERR_DENIED },
	{ ENOSPC, ERR_DISK_FULL },
	{ EDQUOT, ERR_DISK_FULL },
	{ EFBIG, ERR_DISK_FULL },
	{ EIO, ERR_IO },
	{ EBUSY, ERR_BUSY },
	{ EWOULDBLOCK, ERR_BUSY },
	{ EADDRINUSE, ERR_BUSY },
	{ ENOMEM, ERR_NO_MEMORY },
	{ ENOBUFS, ERR_NO_MEMORY },
	{ EMFILE, ERR_LIMIT },
	{ ENFILE, ERR_LIMIT },
	{ ENAMETOOLONG, ERR_TOO_BIG },
	{ EMSGSIZE, ERR_TOO_BIG },
	{ EINVAL, ERR_INVALID },
	{ ENOTEMPTY, ERR_CONFLICT },
	{ ENOTDIR, ERR_NOT_FOUND },
	{ EISDIR, ERR_INVALID },
	{ ENODEV, ERR_NOT_FOUND },
	{ ETIMEDOUT, ERR_TIMEOUT },
	{ ECONNREFUSED, ERR_NETWORK },
	{ ECONNRESET, ERR_NETWORK },
	{ EPIPE, ERR_NETWORK },
	{ EHOSTUNREACH, ERR_NETWORK },
	{ ENETUNREACH, ERR_NETWORK },
	{ ENETDOWN, ERR_NETWORK },
	{ EADDRNOTAVAIL, ERR_NETWORK },
	{ EAFNOSUPPORT, ERR_UNSUPPORTED },
	{ EOPNOTSUPP, ERR_UNSUPPORTED },
};

err_t posix_err(int errnum)
{
	for (size_t i = 0; i < sizeof(errno_rows) / sizeof(errno_rows[0]); i++)
		if (errno_rows[i].errnum == errnum)
			return errno_rows[i].err;
	return ERR_IO;
}

/* Clock and chance. */

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now = { 0 };
	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t posix_now(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

static int64_t world_now(env_t *env)
{
	(void)env;
	return posix_now();
}

static void clock_ask_kernel(posix_env_t *env)
{
	struct timex timex = { 0 };
	int rc = adjtimex(&timex);
	clock_state_t state = CLOCK_STATE_SYNCED;
	if (rc < 0)
		state = CLOCK_STATE_UNKNOWN;
	else if (rc == TIME_ERROR || (timex.status & STA_UNSYNC))
		state = CLOCK_STATE_FREE;
	bool synced = state == CLOCK_STATE_SYNCED;
	atomic_store(&env->clock_error_ns, synced ? timex.maxerror * NS_PER_US : -1);
	atomic_store(&env->clock_state, (int)state);
}

static utc_t world_utc(env_t *env)
{
	posix_env_t *px = (posix_env_t *)env;
	int64_t now = posix_now();
	int64_t asked = atomic_load(&px->clock_asked_ns);
	/* The thread that moves the time of asking is the one that asks. */
	if (now - asked >= NS_PER_S &&
	    atomic_compare_exchange_strong(&px->clock_asked_ns, &asked, now))
		clock_ask_kernel(px);
	return (utc_t){ .ns = clock_ns(CLOCK_REALTIME),
		        .error_ns = atomic_load(&px->clock_error_ns),
		        .state = (clock_state_t)atomic_load(&px->clock_state) };
}

static void world_random(env_t *env, void *buf, size_t len)
{
	(void)env;
	uint8_t *at = buf;
	while (len > 0) {
		ssize_t got = getrandom(at, len, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			abort(); /* a guessable secret must never be handed out */
		at += got;
		len -= (size_t)got;
	}
}

/* Run and stop. */

static err_t world_run(env_t *env)
{
	posix_loop_turn(((posix_env_t *)env)->control);
	return ERR_OK;
}

static void world_stop(env_t *env)
{
	posix_loop_wake_stop(((posix_env_t *)env)->control);
}

static env_loop_t *world_control_loop(env_t *env)
{
	return &((posix_env_t *)env)->control->base;
}

static void world_signal_on(env_t *env, env_signal_t signal, void (*fn)(void *ctx), void *ctx)
{
	posix_env_t *px = (posix_env_t *)env;
	px->handlers[signal].fn = fn;
	px->handlers[signal].ctx = ctx;
}

static void signals_arrived(evutil_socket_t fd, short what, void *ctx)
{
	(void)what;
	posix_env_t *px = ctx;
	struct signalfd_siginfo info;
	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		bool reload = info.ssi_signo == SIGHUP;
		env_signal_t signal = reload ? ENV_SIGNAL_RELOAD : ENV_SIGNAL_STOP;
		if (px->handlers[signal].fn)
			px->handlers[signal].fn(px->handlers[signal].ctx);
		else if (!reload)
			world_stop(&px->base);
	}
}

static void signals_set(sigset_t *set)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGINT);
	(void)sigaddset(set, SIGHUP);
}

static err_t signals_open(posix_env_t *px)
{
	sigset_t set;
	signals_set(&set);
	(void)signal(SIGPIPE, SIG_IGN);
	if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
		return ERR_INTERNAL;
	px->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (px->signal_fd < 0)
		return posix_err(errno);
	if (event_assign(&px->signal_event, px->control->events, px->signal_fd,
	                 EV_READ | EV_PERSIST, signals_arrived, px) != 0 ||
	    event_add(&px->signal_event, NULL) != 0)
		return ERR_NO_MEMORY;
	return ERR_OK;
}

static void signals_close(posix_env_t *px)
{
	if (px->signal_fd < 0)
		return;
	if (event_initialized(&px->signal_event))
		(void)event_del(&px->signal_event);
	posix_close(&px->signal_fd);
	sigset_t set;
	signals_set(&set);
	(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* The service manager, sd_notify(3): one datagram to a socket named by the
 * environment; a name that begins with '@' is in the abstract space. */

static void notify_send(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;
	if (len < 2 || len >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, len);
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	socklen_t to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&to, to_len);
	posix_close(&fd);
}

static void world_notify(env_t *env, env_state_t state)
{
	(void)env;
	char text[64];
	switch (state) {
	case ENV_READY:
		notify_send("READY=1");
		break;
	case ENV_RELOADING:
		(void)snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
		               (long long)(posix_now() / NS_PER_US));
		notify_send(text);
		break;
	case ENV_STOPPING:
		notify_send("STOPPING=1");
		break;
	}
}

/* What the process uses. */

static uint64_t usage_anon_bytes(void)
{
	char text[4096];
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text));
	posix_close(&fd);
	slice_t rest = slice_of(text, len > 0 ? (size_t)len : 0);
	while (rest.len > 0) {
		slice_t line = slice_cut(&rest, '\n');
		slice_t name = slice_cut(&line, ':');
		line = slice_trim(line);
		uint64_t kib = 0;
		if (slice_eq(name, SLICE("RssAnon")) &&
		    !num_parse_u64(slice_cut(&line, ' '), UINT64_MAX / 1024, &kib))
			return kib * 1024;
	}
	return 0;
}

static int64_t timeval_ns(struct timeval tv)
{
	return (int64_t)tv.tv_sec * NS_PER_S + (int64_t)tv.tv_usec * NS_PER_US;
}

static env_usage_t world_usage(env_t *env)
{
	(void)env;
	struct rusage use = { 0 };
	(void)getrusage(RUSAGE_SELF, &use);
	cpu_set_t cpus;
	CPU_ZERO(&cpus);
	int cores = sched_getaffinity(0, sizeof(cpus), &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
	return (env_usage_t){ .anon_bytes = usage_anon_bytes(),
		              .cpu_ns = timeval_ns(use.ru_utime) + timeval_ns(use.ru_stime),
		              .cores = (uint32_t)cores };
}

static void world_host_name(env_t *env, char *buf, size_t size)
{
	(void)env;
	if (gethostname(buf, size) != 0)
		buf[0] = '\0';
	buf[size - 1] = '\0'; /* a longer name need not be ended */
}

/* Mutexes. */

typedef struct {
	env_mutex_t base;
	pthread_mutex_t mutex;
} posix_mutex_t;

static err_t mutex_new(env_t *env, env_mutex_t **ret_mutex)
{
	posix_mutex_t *mutex = calloc(1, sizeof(*mutex));
	if (!mutex)
		return ERR_NO_MEMORY;
	mutex->base.ops = env->ops;
	(void)pthread_mutex_init(&mutex->mutex, NULL);
	*ret_mutex = &mutex->base;
	return ERR_OK;
}

static void mutex_free(env_mutex_t *mutex)
{
	(void)pthread_mutex_destroy(&((posix_mutex_t *)mutex)->mutex);
	free(mutex);
}

static void mutex_lock(env_mutex_t *mutex)
{
	(void)pthread_mutex_lock(&((posix_mutex_t *)mutex)->mutex);
}

static void mutex_unlock(env_mutex_t *mutex)
{
	(void)pthread_mutex_unlock(&((posix_mutex_t *)mutex)->mutex);
}

static const char *sql_place(env_t *env, char prefix[ENV_SQL_PREFIX_MAX])
{
	(void)env;
	(void)snprintf(prefix, ENV_SQL_PREFIX_MAX, "file:");
	return "";
}

/* Open and close. */

static void world_ops(env_ops_t *ops)
{
	ops->now = world_now;
	ops->utc = world_utc;
	ops->random = world_random;
	ops->run = world_run;
	ops->stop = world_stop;
	ops->signal_on = world_signal_on;
	ops->notify = world_notify;
	ops->usage = world_usage;
	ops->isa = isa_of_machine;
	ops->host_name = world_host_name;
	ops->mutex_new = mutex_new;
	ops->mutex_free = mutex_free;
	ops->lock = mutex_lock;
	ops->unlock = mutex_unlock;
	ops->sql_place = sql_place;
	ops->control_loop = world_control_loop;
	posix_loop_ops(ops);
	posix_timer_ops(ops);
	posix_mailbox_ops(ops);
	posix_file_ops(ops);
	posix_path_ops(ops);
	posix_udp_ops(ops);
	posix_tcp_ops(ops);
	posix_serial_ops(ops);
	posix_http_ops(ops);
	posix_http_client_ops(ops);
	posix_capture_ops(ops);
}

/* Threads would each grow a heap of their own; few heaps keep memory a setting. Blocks as
 * large as a body of samples stay with the process: from the kernel, each of their pages
 * would cost a fault and zeros with every request.
 * The soft limit of descriptors is there for programs that use select(). */
static void process_settle(void)
{
	struct rlimit files;
	(void)mallopt(M_ARENA_MAX, 2);
	(void)mallopt(M_MMAP_THRESHOLD, HEAP_BLOCK_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, 2 * HEAP_BLOCK_BYTES);
	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	files.rlim_cur = files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

err_t posix_env_open(const posix_spec_t *spec, env_t **ret_env)
{
	process_settle();
	posix_env_t *px = calloc(1, sizeof(*px));
	if (!px)
		return ERR_NO_MEMORY;
	px->base.ops = &px->ops;
	px->signal_fd = -1;
	px->clock_asked_ns = -NS_PER_S;
	for (size_t i = 0; i < POSIX_CHILDREN_MAX; i++)
		px->children[i].fd = -1;
	world_ops(&px->ops);
	err_t err = ERR_OK;
	if (spec->program && !slice_to_cstr(slice_str(spec->program), px->program, POSIX_PATH_MAX))
		err = ERR_TOO_BIG;
	if (!err)
		err = posix_loop_make(px, "control", &px->control);
	if (!err)
		err = signals_open(px);
	if (err) {
		posix_env_close(&px->base);
		return err;
	}
	*ret_env = &px->base;
	return ERR_OK;
}

void posix_env_close(env_t *env)
{
	posix_env_t *px = (posix_env_t *)env;
	if (!px)
		return;
	signals_close(px);
	posix_loop_destroy(px->control);
	for (size_t i = 0; i < POSIX_CHILDREN_MAX; i++)
		posix_child_drop(&px->children[i]);
	free(px);
}
