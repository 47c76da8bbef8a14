/* SPDX-License-Identifier: Apache-2.0 */
/* Serial ports by termios: raw, eight bits, never waiting for a modem.
 *
 * A port is locked (flock), so that two nodes cannot share it whoever they run as, and
 * made exclusive, which keeps programs out that do not lock. A pseudo terminal would stay
 * exclusive after its user was killed, as long as its other end lives: there the lock is
 * all. */
#include "env/posix/impl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/serial.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

enum {
	SERIAL_READ = 512,
	/* Majors of pseudo terminals (Linux, Documentation/admin-guide/devices.txt). */
	PSEUDO_FIRST = 136,
	PSEUDO_LAST = 143,
};

typedef struct {
	env_serial_t base;
	env_serial_spec_t spec;
	int fd;
	int far_fd;          /* the other end of a line that was made; else -1 */
	char path[128];      /* of the link to it; "" when there is none */
	bool busy, unwanted; /* in a callback; closed by the owner in one */
	err_t broken;        /* to be told from the loop, not from inside a write */
	struct event read, write;
	bytes_t out;
} posix_serial_t;

static const speed_t speeds[BAUD_COUNT] = {
#define X(rate) [BAUD_##rate] = B##rate,
	BAUD_ROWS(X)
#undef X
};

static void serial_destroy(posix_serial_t *serial)
{
	if (event_initialized(&serial->read))
		(void)event_del(&serial->read);
	if (event_initialized(&serial->write))
		(void)event_del(&serial->write);
	if (serial->path[0])
		(void)unlink(serial->path);
	/* Closing a port would wait until all is sent. */
	if (serial->fd >= 0)
		(void)tcflush(serial->fd, TCOFLUSH);
	posix_close(&serial->fd);
	posix_close(&serial->far_fd);
	bytes_free(&serial->out);
	free(serial);
}

/* A port that is unplugged hangs up; a pseudo terminal whose other end is closed fails
 * with EIO, and so does a port whose driver has lost its device. */
static void serial_end(posix_serial_t *serial, err_t why)
{
	serial->busy = true;
	serial->spec.events->closed(serial->spec.ctx, &serial->base, why);
	serial_destroy(serial);
}

static err_t end_of(int errnum)
{
	bool gone = errnum == EIO || errnum == ENXIO || errnum == ENODEV;
	return gone ? ERR_UNAVAILABLE : posix_err(errnum);
}

static void serial_readable(evutil_socket_t fd, short what, void *ctx)
{
	posix_serial_t *serial = ctx;
	uint8_t buf[SERIAL_READ];
	(void)what;
	ssize_t got = read(fd, buf, sizeof(buf));
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		serial_end(serial, got ? end_of(errno) : ERR_UNAVAILABLE);
		return;
	}
	serial->busy = true;
	serial->spec.events->data(serial->spec.ctx, &serial->base, slice_of(buf, (size_t)got));
	serial->busy = false;
	if (serial->unwanted)
		serial_destroy(serial);
}

/* ERR_OK also when the port takes no more for now. */
static err_t serial_push(posix_serial_t *serial)
{
	while (serial->out.len > 0) {
		slice_t view = bytes_view(&serial->out);
		ssize_t put = write(serial->fd, view.ptr, view.len);
		if (put >= 0)
			bytes_consume(&serial->out, (size_t)put);
		else if (errno == EAGAIN)
			return event_add(&serial->write, NULL) == 0 ? ERR_OK : ERR_NO_MEMORY;
		else if (errno != EINTR)
			return end_of(errno);
	}
	return ERR_OK;
}

static void serial_writable(evutil_socket_t fd, short what, void *ctx)
{
	posix_serial_t *serial = ctx;
	(void)fd;
	(void)what;
	err_t err = serial->broken ? serial->broken : serial_push(serial);
	if (err)
		serial_end(serial, err);
}

static err_t serial_write(env_serial_t *base, slice_t bytes)
{
	posix_serial_t *serial = (posix_serial_t *)base;
	if (serial->broken)
		return serial->broken;
	if (bytes.len > serial->out.max - serial->out.len)
		return ERR_LIMIT;
	if (!bytes_append(&serial->out, bytes))
		return ERR_NO_MEMORY;
	serial->broken = serial_push(serial);
	if (serial->broken)
		event_active(&serial->write, EV_WRITE, 0);
	return ERR_OK;
}

static void serial_close(env_serial_t *base)
{
	posix_serial_t *serial = (posix_serial_t *)base;
	serial->unwanted = true;
	if (!serial->busy)
		serial_destroy(serial);
}

/* Opening. */

/* Pseudo terminals have no parity: setting it is an error where nothing else changes. */
static bool is_pseudo(int fd)
{
	struct stat at;
	return fstat(fd, &at) == 0 && major(at.st_rdev) >= PSEUDO_FIRST &&
	       major(at.st_rdev) <= PSEUDO_LAST;
}

/* A parity error gives a 0, which the check of a message finds. */
static struct termios mode_of(int fd, const port_t *port)
{
	static const tcflag_t parities[PARITY_COUNT] = {
		[PARITY_EVEN] = PARENB,
		[PARITY_ODD] = PARENB | PARODD,
	};
	tcflag_t parity = is_pseudo(fd) ? 0 : parities[port->parity];
	struct termios mode = {
		.c_iflag = IGNBRK | (parity ? (tcflag_t)INPCK : 0),
		.c_cflag = CS8 | CREAD | CLOCAL | parity |
		           (port->stop_bits == 2 ? (tcflag_t)CSTOPB : 0),
	};
	mode.c_cc[VMIN] = 1; /* with 0, nothing to read would look like the end */
	return mode;
}

/* Whether a port took its mode is seen by reading it back: tcsetattr is content when any
 * part of it was taken. */
static err_t set_mode(int fd, const port_t *port)
{
	static const tcflag_t asked = CSIZE | PARENB | PARODD | CSTOPB;
	struct termios mode = mode_of(fd, port), got;
	speed_t speed = speeds[port->baud];
	if (cfsetispeed(&mode, speed) != 0 || cfsetospeed(&mode, speed) != 0)
		return ERR_UNSUPPORTED;
	if (tcsetattr(fd, TCSANOW, &mode) != 0 || tcgetattr(fd, &got) != 0)
		return errno == EINVAL ? ERR_UNSUPPORTED : end_of(errno);
	if (cfgetospeed(&got) != speed || ((got.c_cflag ^ mode.c_cflag) & asked))
		return ERR_UNSUPPORTED;
	return tcflush(fd, TCIOFLUSH) == 0 ? ERR_OK : end_of(errno);
}

/* Where the driver offers it; an adapter that switches by itself needs none. */
static void set_direction(int fd)
{
	struct serial_rs485 pair = { .flags = SER_RS485_ENABLED | SER_RS485_RTS_ON_SEND };
	(void)ioctl(fd, TIOCSRS485, &pair);
}

static err_t open_port(posix_serial_t *serial, const port_t *port)
{
	serial->fd = open(port->path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (serial->fd < 0)
		return errno == ENXIO ? ERR_NOT_FOUND : posix_err(errno);
	if (!isatty(serial->fd))
		return ERR_INVALID;
	if (flock(serial->fd, LOCK_EX | LOCK_NB) != 0)
		return posix_err(errno);
	if (!is_pseudo(serial->fd))
		(void)ioctl(serial->fd, TIOCEXCL);
	err_t err = set_mode(serial->fd, port);
	if (!err && port->rs485)
		set_direction(serial->fd);
	return err;
}

/* One that was killed has left a link to nothing. Looked for first: the new terminal may
 * get the old number. */
static void drop_old_link(const char *path)
{
	char to[64];
	if (access(path, F_OK) != 0 && readlink(path, to, sizeof(to)) > 0)
		(void)unlink(path);
}

/* The other end stays open here too, so that whoever uses it may come and go. Anyone
 * may: it leads to a simulation. */
static err_t make_line(posix_serial_t *serial, const port_t *port)
{
	char far[64];
	drop_old_link(port->path);
	serial->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (serial->fd < 0 || grantpt(serial->fd) != 0 || unlockpt(serial->fd) != 0 ||
	    ptsname_r(serial->fd, far, sizeof(far)) != 0)
		return posix_err(errno);
	serial->far_fd = open(far, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (serial->far_fd < 0 || fchmod(serial->far_fd, 0666) != 0)
		return posix_err(errno);
	if (strlen(port->path) >= sizeof(serial->path))
		return ERR_TOO_BIG;
	if (symlink(far, port->path) != 0)
		return posix_err(errno);
	memcpy(serial->path, port->path, strlen(port->path));
	return set_mode(serial->far_fd, port);
}

static err_t serial_open(env_loop_t *base, const port_t *port, const env_serial_spec_t *spec,
                         env_serial_t **ret_serial)
{
	posix_loop_t *loop = (posix_loop_t *)base;
	posix_serial_t *serial = calloc(1, sizeof(*serial));
	if (!serial)
		return ERR_NO_MEMORY;
	serial->base.ops = base->ops;
	serial->spec = *spec;
	serial->fd = serial->far_fd = -1;
	serial->out.max = ENV_SERIAL_OUTPUT_MAX;
	err_t err = spec->make ? make_line(serial, port) : open_port(serial, port);
	if (!err) {
		(void)event_assign(&serial->read, loop->events, serial->fd, EV_READ | EV_PERSIST,
		                   serial_readable, serial);
		(void)event_assign(&serial->write, loop->events, serial->fd, EV_WRITE,
		                   serial_writable, serial);
		err = event_add(&serial->read, NULL) == 0 ? ERR_OK : ERR_NO_MEMORY;
	}
	if (err)
		serial_destroy(serial);
	else
		*ret_serial = &serial->base;
	return err;
}

void posix_serial_ops(env_ops_t *ops)
{
	ops->serial_open = serial_open;
	ops->serial_write = serial_write;
	ops->serial_close = serial_close;
}
