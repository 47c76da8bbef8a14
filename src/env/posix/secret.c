/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a secret. Keys that would end the process are read as bytes instead, so that
 * the terminal always gets its echo back. */
#include "env/posix/posix.h"

#include <errno.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

enum { CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, DELETE = 127 };

typedef struct {
	uint8_t *buf;
	size_t cap, len;
	bool is_terminal;
} line_t;

/* One byte; false at the end of the input. */
static bool read_byte(uint8_t *ret_byte)
{
	ssize_t got;
	do
		got = read(STDIN_FILENO, ret_byte, 1);
	while (got < 0 && errno == EINTR);
	return got == 1;
}

static err_t read_line(line_t *line)
{
	uint8_t byte;
	while (read_byte(&byte)) {
		if (byte == '\n' || byte == '\r')
			return ERR_OK;
		if (line->is_terminal && (byte == CTRL_C || byte == CTRL_D))
			return ERR_CANCELLED;
		if (line->is_terminal && (byte == BACKSPACE || byte == DELETE)) {
			line->len -= line->len > 0;
			continue;
		}
		if (line->len == line->cap)
			return ERR_TOO_BIG;
		line->buf[line->len++] = byte;
	}
	return line->len ? ERR_OK : ERR_CANCELLED;
}

static err_t read_hidden(line_t *line, const char *prompt, const struct termios *shown)
{
	struct termios hidden = *shown;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
	fprintf(stderr, "%s: ", prompt);
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden) != 0)
		return ERR_IO;
	err_t err = read_line(line);
	/* A terminal that is gone needs its echo no more. */
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, shown);
	fprintf(stderr, "\n");
	return err;
}

err_t posix_read_secret(const char *prompt, void *buf, size_t cap, size_t *ret_len)
{
	struct termios shown;
	line_t line = { .buf = buf, .cap = cap };
	line.is_terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
	err_t err = line.is_terminal ? read_hidden(&line, prompt, &shown) : read_line(&line);
	if (!err)
		*ret_len = line.len;
	return err;
}

bool posix_is_terminal(void)
{
	return isatty(STDIN_FILENO);
}
