/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATCH_SAMPLES_H
#define BATCH_SAMPLES_H
/* Tables of history (CSV), line by line, as plants' historians and spreadsheets write them.
 * doc/samples.md describes the forms.
 *
 * Story: samples_new; samples_line for every line of the file, samples_end behind the last.
 * The first line names the columns. Each sample goes to `row`; each cell or line that cannot
 * be read goes to `refused`, and what that says decides whether the reading goes on.
 *
 * Wide: a column of times and a column a point; an empty cell is no sample. Narrow: point,
 * time, value and perhaps quality, found by the names that exports give them, in any order.
 * Cells are separated by the comma, semicolon or tab, whichever the first line has most of;
 * quotes as in RFC 4180, line ends in them too; a byte order mark is passed over.
 *
 * A value is a number, true or false, or one of the words that stand for "no value" in
 * exports (Bad Input, I/O Timeout, No Data ...), which become a quality.
 *
 * Limits: SAMPLES_LINE_MAX bytes a row, SAMPLES_COLUMNS_MAX columns. */
#include "model/sample.h"

enum { SAMPLES_LINE_MAX = 1 << 20, SAMPLES_COLUMNS_MAX = 4096 };

/* What is taken for granted when the names of the columns do not say it. */
typedef enum {
	SAMPLES_BY_NAMES,
	SAMPLES_WIDE,   /* the first column is the time */
	SAMPLES_NARROW, /* point, time, value, quality */
	SAMPLES_PI,     /* the same, and a number of the fourth is a status: 0 is good */
	SAMPLES_AVEVA,  /* time, point, value, quality */
} samples_form_t;

/* How times are written. ISO 8601, month names and counts are known by themselves. */
typedef enum {
	SAMPLES_TIME_ANY, /* counts since 1970: s, ms, us or ns by their size */
	SAMPLES_TIME_S,
	SAMPLES_TIME_MS,
	SAMPLES_TIME_US,
	SAMPLES_TIME_NS,
	SAMPLES_TIME_DMY, /* 31/12/2026 */
	SAMPLES_TIME_MDY, /* 12/31/2026 */
} samples_time_t;

/* How often a local time is on the clock of its zone. */
typedef enum { SAMPLES_ONCE, SAMPLES_NEVER, SAMPLES_TWICE } samples_clock_t;

typedef struct {
	slice_t point; /* as the file has it; valid during the call */
	int64_t ns;
	value_t value; /* bool or f64; VALUE_NONE: there was none, see the quality */
	quality_t quality;
	uint64_t line; /* where the row begins, from 1 */
} samples_row_t;

typedef struct {
	const char *file; /* for errors: file:line; lives as long as the reader */
	samples_form_t form;
	samples_time_t time;
	bool has_decimal_comma;
	/* Seconds by a local clock, counted as if it were UTC, as UTC; NULL: a time without
	 * offset is refused. */
	samples_clock_t (*to_utc)(void *ctx, int64_t local_s, int64_t *ret_utc_s);
	err_t (*row)(void *ctx, const samples_row_t *row, err_detail_t *ret_detail);
	err_t (*refused)(void *ctx, err_t err, const err_detail_t *detail);
	void *ctx;
} samples_spec_t;

typedef struct samples samples_t;

MUST_CHECK err_t samples_new(const samples_spec_t *spec, samples_t **ret_samples);
void samples_free(samples_t *samples);
/* A line without its end. What `row` or `refused` said; ERR_INVALID: a first line that does
 * not say what the columns are; ERR_TOO_BIG, ERR_NO_MEMORY. After an error the reader is of
 * no use. */
MUST_CHECK err_t samples_line(samples_t *samples, slice_t line, err_detail_t *ret_detail);
/* Behind the last line: quotes that were left open are refused, and a file without lines. */
MUST_CHECK err_t samples_end(samples_t *samples, err_detail_t *ret_detail);

/* Pieces of it, pure. */

/* Whether a cell is a time; text of what is wrong otherwise. */
typedef enum {
	SAMPLES_TIME_OK,
	SAMPLES_TIME_BAD,
	SAMPLES_TIME_ORDER,  /* day or month first? */
	SAMPLES_TIME_LOCAL,  /* without offset, and there is no zone */
	SAMPLES_TIME_NEVER,  /* left out by the clock of the zone */
	SAMPLES_TIME_TWICE,  /* twice on it */
	SAMPLES_TIME_FAULTS, /* how many there are */
} samples_time_fault_t;
samples_time_fault_t samples_time_read(const samples_spec_t *spec, slice_t cell, int64_t *ret_ns);
#endif
