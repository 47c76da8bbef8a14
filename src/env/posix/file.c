/* SPDX-License-Identifier: Apache-2.0 */
/* Files by offset: every read and write is a loop over what the kernel gave. */
#include "env/posix/impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MODE = 0600, ZERO_BYTES = 65536 };

typedef struct {
	env_file_t base;
	int fd;
} posix_file_t;

static int file_fd(env_file_t *file)
{
	return ((posix_file_t *)file)->fd;
}

static const int open_flags[] = {
	[ENV_OPEN_READ] = O_RDONLY,
	[ENV_OPEN_WRITE] = O_RDWR,
	[ENV_OPEN_CREATE] = O_RDWR | O_CREAT | O_TRUNC,
	[ENV_OPEN_NEW] = O_RDWR | O_CREAT | O_EXCL,
};

static err_t file_open(env_t *env, const char *path, env_open_t mode, env_file_t **ret_file)
{
	posix_file_t *file = calloc(1, sizeof(*file));
	if (!file)
		return ERR_NO_MEMORY;
	file->base.ops = env->ops;
	file->fd = open(path, open_flags[mode] | O_CLOEXEC, FILE_MODE);
	if (file->fd < 0) {
		err_t err = posix_err(errno);
		free(file);
		return err;
	}
	*ret_file = &file->base;
	return ERR_OK;
}

static void file_close(env_file_t *file)
{
	posix_close(&((posix_file_t *)file)->fd);
	free(file);
}

static err_t file_read(env_file_t *file, uint64_t at, void *buf, size_t len, size_t *ret_len)
{
	uint8_t *to = buf;
	size_t done = 0;
	while (done < len) {
		ssize_t got = pread(file_fd(file), to + done, len - done, (off_t)(at + done));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return posix_err(errno);
		if (got == 0)
			break;
		done += (size_t)got;
	}
	*ret_len = done;
	return ERR_OK;
}

static err_t file_write(env_file_t *file, uint64_t at, slice_t bytes)
{
	while (bytes.len > 0) {
		ssize_t put = pwrite(file_fd(file), bytes.ptr, bytes.len, (off_t)at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return posix_err(errno);
		at += (uint64_t)put;
		bytes = slice_from(bytes, (size_t)put);
	}
	return ERR_OK;
}

static err_t file_sync(env_file_t *file)
{
	/* Never tried twice: after a failure the kernel may have dropped the pages. */
	return fdatasync(file_fd(file)) == 0 ? ERR_OK : posix_err(errno);
}

static err_t file_size(env_file_t *file, uint64_t *ret_size)
{
	struct stat st;
	if (fstat(file_fd(file), &st) != 0)
		return posix_err(errno);
	*ret_size = (uint64_t)st.st_size;
	return ERR_OK;
}

static err_t file_truncate(env_file_t *file, uint64_t size)
{
	return ftruncate(file_fd(file), (off_t)size) == 0 ? ERR_OK : posix_err(errno);
}

static err_t file_write_zeros(env_file_t *file, uint64_t from, uint64_t to)
{
	static const uint8_t zeros[ZERO_BYTES];
	err_t err = ERR_OK;
	while (!err && from < to) {
		size_t len = to - from < sizeof(zeros) ? (size_t)(to - from) : sizeof(zeros);
		err = file_write(file, from, slice_of(zeros, len));
		from += len;
	}
	return err;
}

/* Space alone is not enough: blocks that were reserved but never written change
 * the file's map at their first write, and every sync would carry that. Asking
 * for the space first gives one run of it, and an early answer when full. */
static err_t file_allocate(env_file_t *file, uint64_t size)
{
	uint64_t old = 0;
	err_t err = file_size(file, &old);
	if (err || old >= size)
		return err;
	int rc = posix_fallocate(file_fd(file), (off_t)old, (off_t)(size - old));
	err = rc == 0 || rc == EOPNOTSUPP || rc == EINVAL ? ERR_OK : posix_err(rc);
	if (!err)
		err = file_write_zeros(file, old, size);
	if (err)
		(void)!ftruncate(file_fd(file), (off_t)old);
	return err;
}

static err_t file_lock(env_file_t *file)
{
	return flock(file_fd(file), LOCK_EX | LOCK_NB) == 0 ? ERR_OK : posix_err(errno);
}

void posix_file_ops(env_ops_t *ops)
{
	ops->file_open = file_open;
	ops->file_close = file_close;
	ops->file_read = file_read;
	ops->file_write = file_write;
	ops->file_sync = file_sync;
	ops->file_allocate = file_allocate;
	ops->file_truncate = file_truncate;
	ops->file_size = file_size;
	ops->file_lock = file_lock;
}
