/* SPDX-License-Identifier: Apache-2.0 */
#include "sketch/hyperloglog.h"

#include <math.h>

enum {
	INDEX_BITS = 12,
	RANK_MAX = 64 - INDEX_BITS + 1,
	RANK_BITS = 6,
	FORM_SPARSE = 0,
	FORM_DENSE = 1,
	DENSE_BYTES = HYPERLOGLOG_REGISTERS / 4 * 3,
};

void hyperloglog_clear(hyperloglog_t *set)
{
	*set = (hyperloglog_t){ 0 };
}

void hyperloglog_add(hyperloglog_t *set, uint64_t hash)
{
	uint64_t rest = hash << INDEX_BITS;
	uint8_t rank = rest ? (uint8_t)(__builtin_clzll(rest) + 1) : RANK_MAX;
	uint8_t *old = &set->ranks[hash >> (64 - INDEX_BITS)];
	*old = rank > *old ? rank : *old;
}

void hyperloglog_merge(hyperloglog_t *set, const hyperloglog_t *with)
{
	for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i++)
		set->ranks[i] = with->ranks[i] > set->ranks[i] ? with->ranks[i] : set->ranks[i];
}

/* Ertl's sigma: what the share of registers that are 0 adds. */
static double share_of_zeros(double x)
{
	double y = 1, z = x, before = -1;
	if (x >= 1)
		return (double)INFINITY;
	while (z != before) {
		before = z;
		x *= x;
		z += x * y;
		y += y;
	}
	return z;
}

/* Ertl's tau: what the share of registers that are not full adds. */
static double share_of_full(double x)
{
	double y = 1, z = 1 - x, before = -1;
	if (x <= 0 || x >= 1)
		return 0;
	while (z != before) {
		before = z;
		x = sqrt(x);
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	}
	return z / 3;
}

double hyperloglog_count(const hyperloglog_t *set)
{
	static const double M = HYPERLOGLOG_REGISTERS, HALF_LOG2E = 0.7213475204444817;
	unsigned of_rank[RANK_MAX + 1] = { 0 };
	for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i++)
		of_rank[set->ranks[i]]++;
	double z = M * share_of_full(1 - of_rank[RANK_MAX] / M);
	for (size_t rank = RANK_MAX - 1; rank > 0; rank--)
		z = 0.5 * (z + of_rank[rank]);
	z += M * share_of_zeros(of_rank[0] / M);
	return HALF_LOG2E * M * M / z;
}

static size_t put_sparse(const hyperloglog_t *set, writer_t *w)
{
	size_t count = 0, next = 0;
	for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i++)
		count += set->ranks[i] > 0;
	wr_varint(w, count);
	for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i++) {
		if (set->ranks[i] == 0)
			continue;
		wr_varint(w, i - next);
		wr_u8(w, set->ranks[i]);
		next = i + 1;
	}
	return w->len;
}

/* Whether what is sparse is shorter than what is dense. */
static bool is_sparse(const hyperloglog_t *set)
{
	uint8_t room[DENSE_BYTES - 1];
	writer_t w = writer_of(room, sizeof(room));
	return put_sparse(set, &w) && !w.bad;
}

static void put_dense(const hyperloglog_t *set, writer_t *w)
{
	for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i += 4) {
		uint32_t four = 0;
		for (size_t k = 0; k < 4; k++)
			four |= (uint32_t)set->ranks[i + k] << RANK_BITS * k;
		for (unsigned k = 0; k < 3; k++)
			wr_u8(w, (uint8_t)(four >> 8 * k));
	}
}

void hyperloglog_put(const hyperloglog_t *set, writer_t *w)
{
	bool sparse = is_sparse(set);
	wr_u8(w, HYPERLOGLOG_VERSION);
	wr_u8(w, sparse ? FORM_SPARSE : FORM_DENSE);
	if (sparse)
		put_sparse(set, w);
	else
		put_dense(set, w);
}

static bool read_sparse(reader_t *r, hyperloglog_t *set)
{
	uint64_t count = rd_varint(r), at = 0;
	for (uint64_t i = 0; i < count && !r->bad; i++) {
		uint64_t skipped = rd_varint(r);
		uint8_t rank = rd_u8(r);
		if (at >= HYPERLOGLOG_REGISTERS || skipped >= HYPERLOGLOG_REGISTERS - at ||
		    rank == 0 || rank > RANK_MAX)
			return false;
		at += skipped;
		set->ranks[at++] = rank;
	}
	return true;
}

static bool take_four(hyperloglog_t *set, size_t at, uint32_t four)
{
	for (size_t k = 0; k < 4; k++) {
		set->ranks[at + k] = four >> RANK_BITS * k & ((1U << RANK_BITS) - 1);
		if (set->ranks[at + k] > RANK_MAX)
			return false;
	}
	return true;
}

static bool read_dense(reader_t *r, hyperloglog_t *set)
{
	for (size_t i = 0; i < HYPERLOGLOG_REGISTERS; i += 4) {
		uint32_t four = 0;
		for (unsigned k = 0; k < 3; k++)
			four |= (uint32_t)rd_u8(r) << 8 * k;
		if (!take_four(set, i, four))
			return false;
	}
	return true;
}

err_t hyperloglog_read(slice_t bytes, hyperloglog_t *ret_set)
{
	hyperloglog_t set = { 0 };
	reader_t r = reader_of(bytes);
	uint8_t version = rd_u8(&r);
	if (!r.bad && version > HYPERLOGLOG_VERSION)
		return ERR_NEWER_FORMAT;
	uint8_t form = rd_u8(&r);
	if (version != HYPERLOGLOG_VERSION || form > FORM_DENSE)
		return ERR_MALFORMED;
	bool is_read = form == FORM_SPARSE ? read_sparse(&r, &set) : read_dense(&r, &set);
	if (!is_read || r.bad || r.in.len || is_sparse(&set) != (form == FORM_SPARSE))
		return ERR_MALFORMED;
	*ret_set = set;
	return ERR_OK;
}
