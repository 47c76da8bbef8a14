/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_SOURCE_H
#define CMD_SOURCE_H
/* A file of any size, or standard input, line by line.
 *
 * Limits: lines of 2 MiB less a block of 64 KiB (ERR_TOO_BIG). */
#include "base/text.h"
#include "env/file.h"

typedef struct {
	env_file_t *file;  /* NULL: standard input */
	uint64_t at, size; /* read so far, and of the file; 0: not known */
	text_t text;       /* read and not yet taken */
	size_t taken;
	bool is_end;
} source_t;

/* "-" is standard input. To be closed also after an error. */
MUST_CHECK err_t source_open(env_t *env, const char *name, source_t *ret_source);
void source_close(source_t *source);
/* *ret_has: false at the end. A line is without its end and borrows the source until the
 * next call. */
MUST_CHECK err_t source_line(source_t *source, slice_t *ret_line, bool *ret_has);
/* Bytes of the lines that were taken. */
uint64_t source_done(const source_t *source);
#endif
