/* SPDX-License-Identifier: Apache-2.0 */
/* Starting the capture child: this program again, as `capture IFACE`, with its
 * standard output in a pipe. It ends by itself when the pipe closes, so nobody
 * needs the right to kill it. */
#include "env/posix/capture_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILD_WAIT_MS = 1000, PIPE_BYTES = 1 << 20 };

static bool capture_allowed(void)
{
	/* Protocol 0: the socket receives nothing. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	bool allowed = fd >= 0;
	posix_close(&fd);
	return allowed;
}

/* The child starts with no signal blocked or ignored. */
static int child_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	int rc = posix_spawnattr_setsigmask(attr, &none);
	if (!rc)
		rc = posix_spawnattr_setsigdefault(attr, &all);
	if (!rc)
		rc = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	return rc;
}

/* "program capture IFACE [PORT ...]" */
typedef struct {
	char text[FILTER_PORTS_MAX][8];
	char *argv[4 + FILTER_PORTS_MAX];
} child_args_t;

static err_t child_args(const posix_env_t *env, const char *iface, const uint16_t *ports,
                        child_args_t *ret_args)
{
	size_t count = 0;
	/* argv is not const by history only: nothing writes there. */
	ret_args->argv[count++] = (char *)(uintptr_t)env->program;
	ret_args->argv[count++] = (char *)(uintptr_t) "capture";
	ret_args->argv[count++] = (char *)(uintptr_t)iface;
	for (size_t i = 0; ports && ports[i]; i++) {
		if (i == FILTER_PORTS_MAX)
			return ERR_LIMIT;
		(void)snprintf(ret_args->text[i], sizeof(ret_args->text[i]), "%u", ports[i]);
		ret_args->argv[count++] = ret_args->text[i];
	}
	ret_args->argv[count] = NULL;
	return ERR_OK;
}

static int child_start(char *const *argv, int out, pid_t *ret_pid)
{
	char *const environment[] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int rc = posix_spawn_file_actions_init(&actions);
	if (rc)
		return rc;
	rc = posix_spawnattr_init(&attr);
	if (!rc) {
		rc = child_attributes(&attr);
		if (!rc)
			rc = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
		if (!rc)
			rc = posix_spawn(ret_pid, argv[0], &actions, &attr, argv, environment);
		(void)posix_spawnattr_destroy(&attr);
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

static err_t child_spawn(posix_env_t *env, const char *iface, const uint16_t *ports,
                         posix_child_t *ret_child)
{
	int ends[2];
	child_args_t args;
	if (!env->program[0])
		return ERR_UNSUPPORTED;
	err_t err = child_args(env, iface, ports, &args);
	if (err)
		return err;
	if (!capture_allowed())
		return ERR_DENIED;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return posix_err(errno);
	/* A wish: room for a burst while the node is busy. */
	(void)fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES);
	int rc = fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0
	                 ? child_start(args.argv, ends[1], &ret_child->pid)
	                 : errno;
	posix_close(&ends[1]);
	if (rc) {
		posix_close(&ends[0]);
		return posix_err(rc);
	}
	ret_child->fd = ends[0];
	return ERR_OK;
}

err_t posix_capture_spawn(env_t *base, const char *iface, const uint16_t *ports)
{
	posix_env_t *env = (posix_env_t *)base;
	for (size_t i = 0; i < POSIX_CHILDREN_MAX; i++) {
		posix_child_t *child = &env->children[i];
		if (child->fd >= 0)
			continue;
		if (!slice_to_cstr(slice_str(iface), child->iface, sizeof(child->iface)))
			return ERR_INVALID;
		return child_spawn(env, iface, ports, child);
	}
	return ERR_LIMIT;
}

err_t posix_child_take(posix_env_t *env, const char *iface, posix_child_t *ret_child)
{
	for (size_t i = 0; i < POSIX_CHILDREN_MAX; i++) {
		posix_child_t *child = &env->children[i];
		if (child->fd < 0 || strcmp(child->iface, iface) != 0)
			continue;
		*ret_child = *child;
		child->fd = -1;
		return ERR_OK;
	}
	return child_spawn(env, iface, NULL, ret_child);
}

/* The child answers with an exit code of base/err.h's table. */
static err_t child_exit_err(int status)
{
	if (!WIFEXITED(status))
		return ERR_UNAVAILABLE;
	if (WEXITSTATUS(status) == 0)
		return ERR_OK;
	return WEXITSTATUS(status) == err_info(ERR_DENIED)->exit_code ? ERR_DENIED
	                                                              : ERR_UNAVAILABLE;
}

err_t posix_child_wait(pid_t pid)
{
	int pidfd = pidfd_open(pid, 0);
	struct pollfd end = { .fd = pidfd, .events = POLLIN };
	if (pidfd >= 0 && poll(&end, 1, CHILD_WAIT_MS) == 0)
		(void)kill(pid, SIGKILL);
	posix_close(&pidfd);
	int status = 0;
	pid_t got = waitpid(pid, &status, 0);
	return got == pid ? child_exit_err(status) : ERR_UNAVAILABLE;
}

void posix_child_drop(posix_child_t *child)
{
	if (child->fd < 0)
		return;
	posix_close(&child->fd);
	(void)!posix_child_wait(child->pid);
}
