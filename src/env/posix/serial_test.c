/* SPDX-License-Identifier: Apache-2.0 */
/* Ports over pseudo terminals: the test holds the far end, or lets the world make it. */
#include "env/serial.h"

#include "env/posix/fixture.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <termios.h>

typedef struct {
	world_t *world;
	env_serial_t *serial;
	text_t got;
	size_t until; /* bytes after which the world stops */
	err_t why;
	bool leaves;
} line_t;

static void on_data(void *ctx, env_serial_t *serial, slice_t bytes)
{
	line_t *line = ctx;
	text_add(&line->got, bytes);
	if (line->leaves) {
		env_serial_close(serial);
		line->serial = NULL;
	}
	if (line->leaves || line->got.len >= line->until)
		env_stop(line->world->env);
}

static void on_closed(void *ctx, env_serial_t *serial, err_t why)
{
	line_t *line = ctx;
	(void)serial;
	line->serial = NULL;
	line->why = why;
	env_stop(line->world->env);
}

static port_t port_at(const char *path)
{
	return (port_t){
		.name = "L", .path = path, .baud = BAUD_19200, .parity = PARITY_EVEN, .stop_bits = 1
	};
}

MUST_CHECK static err_t line_open(line_t *line, world_t *world, const port_t *port, bool make)
{
	static const env_serial_events_t events = { .data = on_data, .closed = on_closed };
	env_serial_spec_t spec = { .events = &events, .ctx = line, .make = make };
	*line = (line_t){ .world = world, .got = text_of(1 << 16) };
	return env_serial_open(world->loop, port, &spec, &line->serial);
}

static void line_done(line_t *line)
{
	env_serial_close(line->serial);
	text_free(&line->got);
}

/* The far end of a new pseudo terminal. */
static int far_open(char path[64])
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0);
	assert_int_equal(ptsname_r(fd, path, 64), 0);
	return fd;
}

static void every_byte_passes_both_ways_as_it_is(void **state)
{
	world_t *world = *state;
	line_t line;
	char path[64];
	uint8_t all[256], back[256];
	int far = far_open(path);
	port_t port = port_at(path);
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	assert_int_equal(line_open(&line, world, &port, false), ERR_OK);
	line.until = sizeof(all);
	assert_int_equal(write(far, all, sizeof(all)), sizeof(all));
	world_run(world);
	assert_memory_equal(line.got.ptr, all, sizeof(all));
	assert_int_equal(env_serial_write(line.serial, slice_of(all, sizeof(all))), ERR_OK);
	size_t len = 0;
	while (len < sizeof(back)) {
		ssize_t got = read(far, back + len, sizeof(back) - len);
		assert_true(got > 0);
		len += (size_t)got;
	}
	assert_memory_equal(back, all, sizeof(all));
	line_done(&line);
	close(far);
}

static void the_port_is_raw_and_has_the_rate_it_was_told(void **state)
{
	world_t *world = *state;
	line_t line;
	char path[64];
	struct termios mode;
	int far = far_open(path);
	for (int baud = 0; baud < BAUD_COUNT; baud++) {
		port_t port = port_at(path);
		port.baud = (baud_t)baud;
		port.stop_bits = 2;
		assert_int_equal(line_open(&line, world, &port, false), ERR_OK);
		assert_int_equal(tcgetattr(far, &mode), 0);
		assert_int_equal(mode.c_lflag & (ICANON | ECHO | ISIG), 0);
		assert_int_equal(mode.c_oflag & OPOST, 0);
		assert_int_equal(mode.c_iflag & (ICRNL | IXON), 0);
		assert_int_not_equal(mode.c_cflag & CSTOPB, 0);
		line_done(&line);
	}
	assert_int_equal(cfgetospeed(&mode), B115200);
	close(far);
}

static void a_hang_up_ends_it_as_unavailable(void **state)
{
	world_t *world = *state;
	line_t line;
	char path[64];
	int far = far_open(path);
	port_t port = port_at(path);
	assert_int_equal(line_open(&line, world, &port, false), ERR_OK);
	close(far);
	world_run(world);
	assert_null(line.serial);
	assert_int_equal(line.why, ERR_UNAVAILABLE);
	line_done(&line);
}

static void a_port_is_of_one_program_at_a_time(void **state)
{
	world_t *world = *state;
	line_t line, second;
	char path[64];
	int far = far_open(path);
	port_t port = port_at(path);
	assert_int_equal(line_open(&line, world, &port, false), ERR_OK);
	assert_int_equal(line_open(&second, world, &port, false), ERR_BUSY);
	line_done(&line);
	line_done(&second);
	assert_int_equal(line_open(&line, world, &port, false), ERR_OK);
	line_done(&line);
	close(far);
}

static void what_is_no_port_is_refused_by_its_kind(void **state)
{
	world_t *world = *state;
	line_t line;
	char buf[256];
	port_t port = port_at(world_path(world, "nothing", buf));
	assert_int_equal(line_open(&line, world, &port, false), ERR_NOT_FOUND);
	line_done(&line);
	port.path = "/dev/null";
	assert_int_equal(line_open(&line, world, &port, false), ERR_INVALID);
	line_done(&line);
}

static void output_that_nobody_takes_is_bounded(void **state)
{
	world_t *world = *state;
	line_t line;
	char path[64];
	uint8_t some[256] = { 0 };
	int far = far_open(path);
	port_t port = port_at(path);
	assert_int_equal(line_open(&line, world, &port, false), ERR_OK);
	err_t err = ERR_OK;
	for (int i = 0; i < 1000 && !err; i++)
		err = env_serial_write(line.serial, slice_of(some, sizeof(some)));
	assert_int_equal(err, ERR_LIMIT);
	line_done(&line);
	close(far);
}

static void a_line_that_was_made_leads_to_its_other_end(void **state)
{
	world_t *world = *state;
	line_t near, far;
	char buf[256];
	port_t port = port_at(world_path(world, "line", buf));
	assert_int_equal(line_open(&near, world, &port, true), ERR_OK);
	assert_int_equal(line_open(&far, world, &port, false), ERR_OK);
	near.until = far.until = 3;
	assert_int_equal(env_serial_write(far.serial, SLICE("ask")), ERR_OK);
	world_run(world);
	assert_true(slice_eq(text_slice(&near.got), SLICE("ask")));
	assert_int_equal(env_serial_write(near.serial, SLICE("yes")), ERR_OK);
	world_run(world);
	assert_true(slice_eq(text_slice(&far.got), SLICE("yes")));
	/* Who uses the other end may come and go. */
	line_done(&far);
	assert_int_equal(line_open(&far, world, &port, false), ERR_OK);
	far.until = 3;
	assert_int_equal(env_serial_write(near.serial, SLICE("far")), ERR_OK);
	world_run(world);
	assert_true(slice_eq(text_slice(&far.got), SLICE("far")));
	line_done(&near);
	world_run(world);
	assert_int_equal(far.why, ERR_UNAVAILABLE);
	line_done(&far);
	assert_int_equal(line_open(&far, world, &port, false), ERR_NOT_FOUND);
	line_done(&far);
}

static void the_link_of_a_line_that_is_gone_is_replaced(void **state)
{
	world_t *world = *state;
	line_t line;
	char buf[256];
	port_t port = port_at(world_path(world, "line", buf));
	assert_int_equal(symlink("/dev/pts/there-is-none", port.path), 0);
	assert_int_equal(line_open(&line, world, &port, false), ERR_NOT_FOUND);
	line_done(&line);
	assert_int_equal(line_open(&line, world, &port, true), ERR_OK);
	assert_int_equal(access(port.path, F_OK), 0);
	line_done(&line);
}

static void a_line_is_not_made_where_something_is(void **state)
{
	world_t *world = *state;
	line_t line;
	char buf[256];
	port_t port = port_at(world_path(world, "file", buf));
	int fd = open(port.path, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(line_open(&line, world, &port, true), ERR_EXISTS);
	line_done(&line);
	assert_int_equal(access(port.path, F_OK), 0);
}

static void a_port_may_be_closed_from_inside_its_callback(void **state)
{
	world_t *world = *state;
	line_t line;
	char path[64];
	int far = far_open(path);
	port_t port = port_at(path);
	assert_int_equal(line_open(&line, world, &port, false), ERR_OK);
	line.leaves = true;
	assert_int_equal(write(far, "x", 1), 1);
	world_run(world);
	assert_null(line.serial);
	line_done(&line);
	close(far);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(every_byte_passes_both_ways_as_it_is),
		WORLD_TEST(the_port_is_raw_and_has_the_rate_it_was_told),
		WORLD_TEST(a_hang_up_ends_it_as_unavailable),
		WORLD_TEST(a_port_is_of_one_program_at_a_time),
		WORLD_TEST(what_is_no_port_is_refused_by_its_kind),
		WORLD_TEST(output_that_nobody_takes_is_bounded),
		WORLD_TEST(a_line_that_was_made_leads_to_its_other_end),
		WORLD_TEST(the_link_of_a_line_that_is_gone_is_replaced),
		WORLD_TEST(a_line_is_not_made_where_something_is),
		WORLD_TEST(a_port_may_be_closed_from_inside_its_callback),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
