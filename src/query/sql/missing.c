/* SPDX-License-Identifier: Apache-2.0 */
#include "query/sql/missing.h"

#include <math.h>

missing_end_t missing_end(const sample_t *sample)
{
	missing_end_t end = { .ns = sample->source.ns, .bound = sample->bound };
	if (sample->bound == 0) /* as nearly all are */
		return end;
	end.is_good = quality_info(sample->quality)->class == QUALITY_GOOD &&
	              value_number(&sample->value, &end.number) && isfinite(end.number);
	return end;
}

/* How far from the line something may lie that is missing; 0: nothing is. The neighbours of
 * what is not good are there. */
static double doubt_of(const missing_end_t line[2])
{
	if (isinf(line[0].bound) || isinf(line[1].bound))
		return (double)INFINITY;
	return line[0].is_good && line[1].is_good ? fmin(line[0].bound, line[1].bound) : 0;
}

static double line_at(const missing_end_t line[2], int64_t ns)
{
	double span = (double)((uint64_t)line[1].ns - (uint64_t)line[0].ns);
	double into = (double)((uint64_t)ns - (uint64_t)line[0].ns);
	return into * (line[1].number - line[0].number) / span + line[0].number;
}

void missing_add(missing_t *missing, const missing_end_t line[2], int64_t from_ns, int64_t to_ns)
{
	double doubt = doubt_of(line);
	if (from_ns >= to_ns || !(doubt > 0))
		return;
	double a = line_at(line, from_ns), b = line_at(line, to_ns);
	double low = fmin(a, b) - doubt, high = fmax(a, b) + doubt;
	bool is_first = missing->doubt == 0;
	missing->low = is_first ? low : fmin(low, missing->low);
	missing->high = is_first ? high : fmax(high, missing->high);
	missing->doubt = fmax(missing->doubt, doubt);
}

double missing_below(const missing_t *missing, double value)
{
	return isinf(missing->doubt) ? missing->doubt : fmax(0, value - missing->low);
}

double missing_above(const missing_t *missing, double value)
{
	return isinf(missing->doubt) ? missing->doubt : fmax(0, missing->high - value);
}

double missing_beside(const missing_t *missing, double value)
{
	return fmax(missing_below(missing, value), missing_above(missing, value));
}
