/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a secret from a pipe and from a terminal, which the test makes its standard
 * input. A thread types when the terminal has stopped to echo. */
#include "env/posix/fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <termios.h>

enum { CAP = 16 };

typedef struct {
	int saved, master, terminal;
	const char *keys;
	pthread_t thread;
} desk_t;

static err_t read_from_pipe(const char *text, uint8_t buf[CAP], size_t *ret_len)
{
	int ends[2], saved = dup(STDIN_FILENO);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], text, strlen(text)), (ssize_t)strlen(text));
	close(ends[1]);
	assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
	err_t err = posix_read_secret("password", buf, CAP, ret_len);
	assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
	close(saved);
	return err;
}

static void a_pipe_gives_its_first_line(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		err_t err;
		size_t len;
	} rows[] = {
		{ "secret\nmore\n", ERR_OK, 6 },
		{ "secret", ERR_OK, 6 },
		{ "sec\x7f ret\n", ERR_OK, 8 },
		{ "0123456789abcdef\n", ERR_OK, 16 },
		{ "0123456789abcdefg\n", ERR_TOO_BIG, 0 },
		{ "\n", ERR_OK, 0 },
		{ "", ERR_CANCELLED, 0 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t buf[CAP];
		size_t len = 0;
		assert_int_equal(read_from_pipe(rows[i].text, buf, &len), rows[i].err);
		assert_int_equal(len, rows[i].len);
		assert_memory_equal(buf, rows[i].text, len);
	}
}

static bool echoes(int terminal)
{
	struct termios now;
	assert_int_equal(tcgetattr(terminal, &now), 0);
	return now.c_lflag & ECHO;
}

static void *type(void *ctx)
{
	const desk_t *desk = ctx;
	struct termios now = { .c_lflag = ECHO };
	while (now.c_lflag & ECHO) {
		(void)sched_yield();
		if (tcgetattr(desk->terminal, &now) != 0)
			return NULL;
	}
	(void)!write(desk->master, desk->keys, strlen(desk->keys));
	return NULL;
}

static desk_t desk_open(const char *keys)
{
	desk_t desk = { .keys = keys, .master = posix_openpt(O_RDWR | O_NOCTTY) };
	assert_true(desk.master >= 0);
	assert_int_equal(grantpt(desk.master) | unlockpt(desk.master), 0);
	desk.terminal = open(ptsname(desk.master), O_RDWR | O_NOCTTY);
	assert_true(desk.terminal >= 0);
	assert_true(echoes(desk.terminal));
	desk.saved = dup(STDIN_FILENO);
	assert_int_equal(dup2(desk.terminal, STDIN_FILENO), STDIN_FILENO);
	return desk;
}

static void desk_close(desk_t *desk)
{
	assert_int_equal(dup2(desk->saved, STDIN_FILENO), STDIN_FILENO);
	close(desk->saved);
	close(desk->terminal);
	close(desk->master);
}

/* What the terminal showed; it must not wait for what never comes. */
static size_t shown(const desk_t *desk, char buf[64])
{
	assert_int_equal(fcntl(desk->master, F_SETFL, O_NONBLOCK), 0);
	ssize_t len = read(desk->master, buf, 64);
	return len > 0 ? (size_t)len : 0;
}

static void a_terminal_shows_nothing_and_has_its_echo_back(void **state)
{
	(void)state;
	static const struct {
		const char *keys, *secret;
		err_t err;
	} rows[] = {
		{ "secret\r", "secret", ERR_OK },
		{ "sex\x7f"
		  "cret\n",
		  "secret", ERR_OK },
		{ "\b\bsecret\n", "secret", ERR_OK },
		{ "sec\x03", "", ERR_CANCELLED },
		{ "\x04", "", ERR_CANCELLED },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		desk_t desk = desk_open(rows[i].keys);
		uint8_t buf[CAP];
		char screen[64];
		size_t len = 0;
		assert_true(posix_is_terminal());
		assert_int_equal(pthread_create(&desk.thread, NULL, type, &desk), 0);
		assert_int_equal(posix_read_secret("password", buf, CAP, &len), rows[i].err);
		assert_int_equal(pthread_join(desk.thread, NULL), 0);
		assert_int_equal(len, strlen(rows[i].secret));
		assert_memory_equal(buf, rows[i].secret, len);
		assert_true(echoes(desk.terminal));
		assert_int_equal(shown(&desk, screen), 0);
		desk_close(&desk);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pipe_gives_its_first_line),
		cmocka_unit_test(a_terminal_shows_nothing_and_has_its_echo_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
