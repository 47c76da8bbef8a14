/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers wait in a buffer; a full one is sorted and merged with the centroids in one
 * pass that closes a centroid when the next would make it span more than one unit of the
 * scale. */
#include "retrieval/sketch.h"

#include <math.h>
#include <stdlib.h>

static const double TURN = 6.283185307179586;

void sketch_clear(sketch_t *sketch)
{
	sketch->number_count = sketch->centroid_count = 0;
	sketch->weight = 0;
	sketch->is_sorted = true;
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void sort_numbers(sketch_t *sketch)
{
	if (!sketch->is_sorted)
		qsort(sketch->numbers, sketch->number_count, sizeof(double), by_number);
	sketch->is_sorted = true;
}

/* Where the scale is one unit behind q. */
static double next_limit(double q)
{
	double at = asin(2 * q - 1) + TURN / SKETCH_CENTROIDS;
	return at >= TURN / 4 ? 1 : (sin(at) + 1) / 2;
}

/* Numbers and centroids as one sorted list; how long it is. */
static size_t mix(sketch_t *sketch)
{
	size_t n = 0, i = 0, k = 0;
	while (i < sketch->centroid_count || k < sketch->number_count) {
		bool is_centroid = k == sketch->number_count ||
		                   (i < sketch->centroid_count &&
		                    sketch->centroids[i].mean <= sketch->numbers[k]);
		sketch->scratch[n++] = is_centroid ? sketch->centroids[i++]
		                                   : (centroid_t){ sketch->numbers[k++], 1 };
	}
	return n;
}

static void merge(sketch_t *sketch)
{
	sort_numbers(sketch);
	size_t count = mix(sketch), n = 0;
	double all = sketch->weight + (double)sketch->number_count, before = 0;
	centroid_t now = sketch->scratch[0];
	double limit = next_limit(0);
	for (size_t i = 1; i < count; i++) {
		const centroid_t *next = &sketch->scratch[i];
		if ((before + now.weight + next->weight) / all <= limit) {
			now.weight += next->weight;
			now.mean += (next->mean - now.mean) * next->weight / now.weight;
			continue;
		}
		before += now.weight;
		limit = next_limit(before / all);
		sketch->centroids[n++] = now;
		now = *next;
	}
	sketch->centroids[n++] = now;
	sketch->centroid_count = n;
	sketch->weight = all;
	sketch->number_count = 0;
}

void sketch_add(sketch_t *sketch, double number)
{
	bool is_first = sketch->number_count == 0 && sketch->centroid_count == 0;
	if (sketch->number_count == SKETCH_EXACT)
		merge(sketch);
	sketch->least = is_first || number < sketch->least ? number : sketch->least;
	sketch->greatest = is_first || number > sketch->greatest ? number : sketch->greatest;
	sketch->is_sorted = false;
	sketch->numbers[sketch->number_count++] = number;
}

static double exact(sketch_t *sketch, double q)
{
	sort_numbers(sketch);
	double at = q * (double)(sketch->number_count - 1);
	size_t i = (size_t)at;
	if (i + 1 >= sketch->number_count)
		return sketch->numbers[sketch->number_count - 1];
	return sketch->numbers[i] +
	       (sketch->numbers[i + 1] - sketch->numbers[i]) * (at - (double)i);
}

/* On the line between the middles of two centroids. */
static double estimate(const sketch_t *sketch, double q)
{
	double wanted = q * sketch->weight, at = 0, mean = sketch->least, middle = 0;
	for (size_t i = 0; i < sketch->centroid_count; i++) {
		const centroid_t *c = &sketch->centroids[i];
		double next = at + c->weight / 2;
		if (wanted < next)
			return mean + (c->mean - mean) * (wanted - middle) / (next - middle);
		at += c->weight;
		middle = next;
		mean = c->mean;
	}
	double rest = sketch->weight - middle;
	return rest > 0 ? mean + (sketch->greatest - mean) * (wanted - middle) / rest
	                : sketch->greatest;
}

double sketch_quantile(sketch_t *sketch, double q)
{
	if (sketch->number_count == 0 && sketch->centroid_count == 0)
		return (double)NAN;
	if (sketch->centroid_count == 0)
		return exact(sketch, q);
	if (q <= 0 || q >= 1)
		return q <= 0 ? sketch->least : sketch->greatest;
	if (sketch->number_count)
		merge(sketch);
	return estimate(sketch, q);
}
