/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HANDLING_WORKDAYS_H
#define HANDLING_WORKDAYS_H
/* Working days. Saturdays and Sundays are off, but for what a pack says: days off, and days
 * of work in place of them. Packs know some years; beyond them only weekends are off, and an
 * answer says that it is not certain.
 *
 * A day is the number of days since 1970-01-01 of local time. Pure. */
#include "model/handling.h"

typedef struct {
	int32_t first, last; /* days */
	bool is_off;
	const char *name[LANG_COUNT]; /* of days off */
} holiday_t;

typedef struct {
	const holiday_t *days; /* sorted, apart */
	size_t count;
	int32_t known_from, known_to; /* the years that the pack knows; known_to is behind them */
} workdays_t;

/* Working days that a case of a severity may stay in a state. */
typedef struct {
	const char *state;            /* word; NULL ends the table */
	uint8_t days[SEVERITY_COUNT]; /* 0: for ever */
} deadline_t;

/* packs/cn, built in. */
extern const workdays_t WORKDAYS_CN;
extern const deadline_t DEADLINES_CN[];

bool workdays_has(const workdays_t *calendar, int32_t day);

typedef struct {
	int64_t from_ns;   /* UTC */
	int64_t offset_ns; /* that local time is ahead of UTC */
	unsigned days;
} workdays_term_t;

/* The end (local midnight, in UTC) of the n-th working day after the day of `from_ns`. */
int64_t workdays_due(const workdays_t *calendar, const workdays_term_t *term, bool *ret_is_certain);
/* 0: none. */
unsigned deadline_days(const deadline_t *deadlines, handling_state_t state, severity_t severity);
#endif
