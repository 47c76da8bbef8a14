/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers wait in a buffer; a full one is sorted and merged with the centroids in one
 * pass that closes a centroid when the next would make it span more than one unit of the
 * scale, which grows with asin(2q - 1). The scale of n centroids is n/2 units long and two
 * neighbours span more than one, so that there are never more than n. */
#include "sketch/quantiles.h"
#include "base/num.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static const double TURN = 6.283185307179586;
/* Sums of weights below it are exact, in whatever order. */
static const double WEIGHT_MAX = 9007199254740992.0;

void quantiles_clear(quantiles_t *quantiles)
{
	quantiles->number_count = quantiles->centroid_count = 0;
	quantiles->weight = 0;
	quantiles->is_sorted = true;
}

double quantiles_weight(const quantiles_t *quantiles)
{
	return quantiles->weight + (double)quantiles->number_count;
}

static int by_number(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void sort_numbers(quantiles_t *quantiles)
{
	if (!quantiles->is_sorted)
		qsort(quantiles->numbers, quantiles->number_count, sizeof(double), by_number);
	quantiles->is_sorted = true;
}

static bool stands_before(const centroid_t *a, const centroid_t *b)
{
	return a->mean < b->mean || (a->mean == b->mean && a->weight >= b->weight);
}

static int by_mean(const void *a, const void *b)
{
	const centroid_t *x = a, *y = b;
	return stands_before(y, x) - stands_before(x, y);
}

/* Between a and b, which may lie further apart than a double reaches, or be infinite. It
 * never falls while t rises: where rounding could make it, the span is finite. */
static double on_line(double a, double b, double t)
{
	double span = b - a, number = isfinite(span) ? a + span * t : a * (1 - t) + b * t;
	return !(number > a) ? a : number < b ? number : b;
}

/* Where the scale is one unit behind q. */
static double next_limit(double q, double scale)
{
	double at = asin(2 * q - 1) + TURN / scale;
	return at >= TURN / 4 ? 1 : (sin(at) + 1) / 2;
}

/* Numbers and centroids as one sorted list; how long it is. */
static size_t mix(quantiles_t *quantiles)
{
	sort_numbers(quantiles);
	size_t n = 0, i = 0, k = 0;
	while (i < quantiles->centroid_count || k < quantiles->number_count) {
		bool is_centroid = k == quantiles->number_count ||
		                   (i < quantiles->centroid_count &&
		                    quantiles->centroids[i].mean <= quantiles->numbers[k]);
		quantiles->scratch[n++] = is_centroid ? quantiles->centroids[i++]
		                                      : (centroid_t){ quantiles->numbers[k++], 1 };
	}
	return n;
}

typedef struct {
	double all, scale;
	bool is_pure; /* numbers that differ stay apart */
} thinning_t;

/* Closes a centroid where the next would make it too wide; how many are left. */
static size_t close_up(centroid_t *centroids, size_t count, const thinning_t *by)
{
	size_t n = 0;
	double before = 0, limit = -1; /* not known yet: it costs more than all else */
	centroid_t now = centroids[0];
	for (size_t i = 1; i < count; i++) {
		const centroid_t *next = &centroids[i];
		double weight = now.weight + next->weight;
		bool may_join = !by->is_pure || now.mean == next->mean;
		if (may_join && limit < 0)
			limit = next_limit(before / by->all, by->scale);
		if (may_join && (before + weight) / by->all <= limit) {
			now = (centroid_t){ on_line(now.mean, next->mean, next->weight / weight),
				            weight };
			continue;
		}
		before += now.weight;
		limit = -1;
		centroids[n++] = now;
		now = *next;
	}
	centroids[n++] = now;
	return n;
}

static bool has_repeats(const centroid_t *centroids, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (centroids[i].mean == centroids[i - 1].mean)
			return true;
	return false;
}

/* Thins sorted centroids in place to at most `most`; how many are left. Few numbers that
 * come again and again are not mixed, since a centroid of two would say one between them. */
static size_t thin(centroid_t *centroids, size_t count, double all, size_t most)
{
	thinning_t by = { all, (double)most, true };
	if (count > most && has_repeats(centroids, count))
		count = close_up(centroids, count, &by);
	by.is_pure = false;
	return count > most ? close_up(centroids, count, &by) : count;
}

static void merge_numbers(quantiles_t *quantiles)
{
	size_t count = mix(quantiles);
	quantiles->weight += (double)quantiles->number_count;
	quantiles->number_count = 0;
	count = thin(quantiles->scratch, count, quantiles->weight, QUANTILES_CENTROIDS);
	memcpy(quantiles->centroids, quantiles->scratch, count * sizeof(centroid_t));
	quantiles->centroid_count = count;
}

static void stretch(quantiles_t *quantiles, double least, double greatest)
{
	bool is_first = quantiles->number_count == 0 && quantiles->centroid_count == 0;
	if (is_first || least < quantiles->least)
		quantiles->least = least;
	if (is_first || greatest > quantiles->greatest)
		quantiles->greatest = greatest;
}

void quantiles_add(quantiles_t *quantiles, double number)
{
	if (isnan(number))
		return;
	if (quantiles->number_count == QUANTILES_EXACT)
		merge_numbers(quantiles);
	number += 0.0; /* one zero, not two */
	stretch(quantiles, number, number);
	quantiles->is_sorted = false;
	quantiles->numbers[quantiles->number_count++] = number;
}

/* Lays the centroids of a digest that stand for several numbers between those there are;
 * how many there are then, in scratch. */
static size_t lay_between(quantiles_t *quantiles, const digest_t *digest)
{
	size_t n = 0, i = 0, k = 0;
	while (i < quantiles->centroid_count || k < digest->count) {
		const centroid_t *old = &quantiles->centroids[i], *new = &digest->centroids[k];
		bool is_old = k == digest->count ||
		              (i < quantiles->centroid_count && stands_before(old, new));
		if (is_old || new->weight > 1)
			quantiles->scratch[n++] = is_old ? *old : *new;
		i += is_old;
		k += !is_old;
	}
	return n;
}

err_t quantiles_merge(quantiles_t *quantiles, const digest_t *digest)
{
	if (digest->weight > WEIGHT_MAX - quantiles_weight(quantiles))
		return ERR_LIMIT;
	double heavy = 0;
	for (size_t i = 0; i < digest->count; i++) {
		if (digest->centroids[i].weight > 1)
			heavy += digest->centroids[i].weight;
		else
			quantiles_add(quantiles, digest->centroids[i].mean);
	}
	if (digest->count)
		stretch(quantiles, digest->least, digest->greatest);
	size_t count = heavy > 0 ? lay_between(quantiles, digest) : 0;
	if (count == 0)
		return ERR_OK;
	quantiles->weight += heavy;
	if (count > QUANTILES_MERGED_MAX)
		count = thin(quantiles->scratch, count, quantiles->weight, QUANTILES_CENTROIDS);
	memcpy(quantiles->centroids, quantiles->scratch, count * sizeof(centroid_t));
	quantiles->centroid_count = count;
	return ERR_OK;
}

static double exact(const double *numbers, size_t count, double q)
{
	double at = q * (double)(count - 1);
	size_t i = (size_t)at;
	if (i + 1 >= count)
		return numbers[count - 1];
	return on_line(numbers[i], numbers[i + 1], at - (double)i);
}

/* On the line between the middles of two centroids. */
static double estimate(const centroids_t *of, double q)
{
	double wanted = q * of->weight, at = 0, mean = of->least, middle = 0;
	for (size_t i = 0; i < of->count; i++) {
		const centroid_t *c = &of->centroids[i];
		double next = at + c->weight / 2;
		if (wanted < next)
			return on_line(mean, c->mean, (wanted - middle) / (next - middle));
		at += c->weight;
		middle = next;
		mean = c->mean;
	}
	double rest = of->weight - middle;
	return rest > 0 ? on_line(mean, of->greatest, (wanted - middle) / rest) : of->greatest;
}

static double at_or_end(const centroids_t *of, double q)
{
	if (q <= 0 || q >= 1)
		return q <= 0 ? of->least : of->greatest;
	return estimate(of, q);
}

double quantiles_at(quantiles_t *quantiles, double q)
{
	if (quantiles->number_count == 0 && quantiles->centroid_count == 0)
		return (double)NAN;
	if (quantiles->centroid_count == 0) {
		sort_numbers(quantiles);
		return exact(quantiles->numbers, quantiles->number_count, q);
	}
	if (quantiles->number_count)
		merge_numbers(quantiles);
	centroids_t all = { quantiles->centroids, quantiles->centroid_count, quantiles->weight,
		            quantiles->least, quantiles->greatest };
	return at_or_end(&all, q);
}

static void put_f64(writer_t *w, double number)
{
	wr_u64_le(w, num_bits(number + 0.0));
}

void quantiles_put(quantiles_t *quantiles, writer_t *w)
{
	size_t count = mix(quantiles);
	count = thin(quantiles->scratch, count, quantiles_weight(quantiles), DIGEST_CENTROIDS);
	assert(count <= DIGEST_CENTROIDS);
	qsort(quantiles->scratch, count, sizeof(centroid_t), by_mean);
	wr_u8(w, DIGEST_VERSION);
	wr_u8(w, (uint8_t)count);
	if (count == 0)
		return;
	put_f64(w, quantiles->least);
	put_f64(w, quantiles->greatest);
	for (size_t i = 0; i < count; i++) {
		put_f64(w, quantiles->scratch[i].mean);
		wr_varint(w, (uint64_t)quantiles->scratch[i].weight);
	}
}

static double read_f64(reader_t *r)
{
	double number = num_of_bits(rd_u64_le(r));
	r->bad = r->bad || (number == 0 && signbit(number));
	return number;
}

/* Whole numbers, ascending, between the ends; each number itself when all are single. */
static bool is_sound(const digest_t *digest)
{
	const centroid_t *first = digest->centroids, *last = &first[digest->count - 1];
	bool is_ordered = digest->least <= first->mean && last->mean <= digest->greatest;
	for (size_t i = 1; i < digest->count; i++)
		is_ordered = is_ordered && stands_before(&first[i - 1], &first[i]);
	bool is_single = digest->weight == (double)digest->count;
	return is_ordered &&
	       (!is_single || (digest->least == first->mean && digest->greatest == last->mean));
}

err_t digest_read(slice_t bytes, digest_t *ret_digest)
{
	reader_t r = reader_of(bytes);
	uint8_t version = rd_u8(&r);
	if (!r.bad && version > DIGEST_VERSION)
		return ERR_NEWER_FORMAT;
	digest_t digest = { .count = rd_u8(&r) };
	if (r.bad || version != DIGEST_VERSION || digest.count > DIGEST_CENTROIDS)
		return ERR_MALFORMED;
	if (digest.count) {
		digest.least = read_f64(&r);
		digest.greatest = read_f64(&r);
	}
	uint64_t all = 0, most = (uint64_t)WEIGHT_MAX;
	for (size_t i = 0; i < digest.count; i++) {
		digest.centroids[i].mean = read_f64(&r);
		uint64_t weight = rd_varint(&r);
		if (weight == 0 || weight > most - all)
			return ERR_MALFORMED;
		digest.centroids[i].weight = (double)weight;
		all += weight;
	}
	digest.weight = (double)all;
	if (r.bad || r.in.len || (digest.count && !is_sound(&digest)))
		return ERR_MALFORMED;
	*ret_digest = digest;
	return ERR_OK;
}

double digest_at(const digest_t *digest, double q)
{
	if (digest->count == 0)
		return (double)NAN;
	centroids_t all = { digest->centroids, digest->count, digest->weight, digest->least,
		            digest->greatest };
	if (digest->weight > (double)digest->count)
		return at_or_end(&all, q);
	double numbers[DIGEST_CENTROIDS];
	for (size_t i = 0; i < digest->count; i++)
		numbers[i] = digest->centroids[i].mean;
	return exact(numbers, digest->count, q);
}
