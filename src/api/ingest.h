/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_INGEST_H
#define API_INGEST_H
/* Samples that clients send: from the body to the historian, and the answer when they are
 * on stable storage.
 *
 * Story: an endpoint says what its body is and how it answers (ingest_form_t) and calls
 * ingest_begin on the HTTP loop. A small plain body is read there; one that is large or
 * compressed goes to the ingest loop. There are two intakes so, one a loop, each with its
 * rows and with what it remembers of its clients' series. An intake reads rows until they
 * are full or the body ends, then appends them as one batch. What may have to wait goes
 * back to where the batch began, and is read again: new series until their records are
 * durable (no sample is on disk before the labels of its id), rows until the historian's
 * buffer has room. No loop ever blocks.
 *
 * Good rows are kept where others are not: the answer says how many, and which was the
 * first that was not and why.
 *
 * Limits: INGEST_INLINE_MAX bytes on the HTTP loop; INGEST_BYTES_MAX bytes of bodies under
 * way (ERR_BUSY beyond, with Retry-After); INGEST_PLAIN_MAX bytes of a compressed body;
 * INGEST_WAIT_S seconds of waiting for room, then the answer tells what was taken.
 *
 * Threads: a job is of the loop of its intake; `answer` runs there. */
#include "api/exchange.h"
#include "api/api.h"
#include "env/loop.h"
#include "model/label.h"
#include "model/series.h"
#include "series/cache.h"
#include "series/series.h"

enum {
	INGEST_INLINE_MAX = 64 << 10,
	INGEST_PLAIN_MAX = 32 << 20,
	INGEST_WAIT_S = 10,
};
#define INGEST_BYTES_MAX INT64_C(67108864)

typedef struct intake intake_t;
typedef struct ingest ingest_t;

typedef enum { INGEST_PLAIN, INGEST_GZIP, INGEST_SNAPPY } ingest_packing_t;

/* Where a job stands; copied to go back to it. */
typedef struct {
	slice_t rest;   /* of the body */
	slice_t part;   /* what is left of a piece of it that was begun */
	slice_t piece;  /* that piece */
	size_t column;  /* in it */
	uint64_t row;   /* of the column */
	uint64_t units; /* lines, series or rows begun; what faults are numbered by */
	uint64_t values, faults;
	uint64_t fault_at;
	const char *const *fault; /* the first, by language; NULL: none */
} ingest_place_t;

/* A kind of body. */
typedef struct {
	ingest_packing_t packing;     /* of every body; else as Content-Encoding says */
	const char *unit[LANG_COUNT]; /* what faults are numbered by: "line" */
	/* Adds rows from where the job stands until ingest_room says no or the body ends.
	 * ERR_BUSY: wait for series; any other error ends the job. */
	err_t (*fill)(intake_t *in, ingest_t *job);
	/* The reply of a job that has ended. */
	void (*answer)(exchange_t *x, const ingest_t *job);
} ingest_form_t;

struct ingest {
	const ingest_form_t *form;
	intake_t *intake;
	exchange_t *x;
	slice_t body;
	text_t plain; /* a body that was compressed */
	ingest_place_t at;
	int64_t unit_ns; /* of times in a line */
	int64_t now_ns;  /* of rows without a time */
	durability_t level;
	uint64_t seq;     /* of the last batch; 0: none yet */
	err_t err;        /* why it ended early */
	int64_t since_ns; /* monotonic; it waits for room since then; 0: it does not */
	int64_t counted;  /* bytes, against INGEST_BYTES_MAX */
	slice_t head;     /* of a table: its first line */
	bool is_read;     /* to the end; waits for what was appended */
	ingest_t *next;   /* of those that wait */
};

/* Begins the job of an exchange. `unit_ns` as line_unit_ns gives it; 0 elsewhere. */
verdict_t ingest_begin(exchange_t *x, const ingest_form_t *form, int64_t unit_ns);
/* Frees what an exchange has of it, which may be nothing. HTTP loop or tear-down. */
void ingest_drop(exchange_t *x);
/* The answer most endpoints give: 204 with Jizhu-Sequence, or a problem. */
void ingest_answer(exchange_t *x, const ingest_t *job);

struct intakes;
MUST_CHECK err_t ingest_open(api_t *api, struct intakes **ret_intakes);
void ingest_close(struct intakes *intakes);

/* For fill functions. */
/* Room for so many rows more, and so many bytes of their texts. */
bool ingest_room(const intake_t *in, size_t rows, size_t text_bytes);
typedef struct {
	point_id_t point;
	int64_t source_ns;
	value_type_t type;
	uint64_t bits;
	quality_t quality;
} ingest_row_t;
/* When there is room. */
void ingest_add(intake_t *in, ingest_t *job, const ingest_row_t *row);
void ingest_add_text(intake_t *in, ingest_t *job, const ingest_row_t *row, slice_t text);
/* Rows of one point, as columns of little-endian words. */
typedef struct {
	point_id_t point;
	value_type_t type;
	size_t count;
	const uint8_t *times, *bits; /* 8 and `width` bytes a row */
	size_t width;                /* 8 or 4 */
	const uint8_t *quality;      /* a byte a row; NULL: all good */
} ingest_column_t;
/* Adds what there is room for; returns how many. */
size_t ingest_add_column(intake_t *in, ingest_t *job, const ingest_column_t *column);
/* Notes what is wrong with the unit at hand. */
void ingest_fault(ingest_t *job, const char *const *text);
/* The same for what series_get said; ERR_BUSY and what ends the job come back. */
MUST_CHECK err_t ingest_refused(ingest_t *job, err_t err);
series_t *ingest_series(const intake_t *in);
series_cache_t *ingest_cache(const intake_t *in);
bool ingest_takes_text(const intake_t *in);
/* The id of a name: a canonical text of labels, or a point of the configuration. */
MUST_CHECK err_t ingest_point(intake_t *in, const ingest_t *job, slice_t name, point_id_t *ret_id);
/* Room for what a fill function needs while it runs. */
enum { INGEST_SCRATCH_BYTES = 64 << 10 };
void *ingest_scratch(intake_t *in);
#endif
