/* SPDX-License-Identifier: Apache-2.0 */
/* Input: which form, then its bytes. What is read is written back to the same bytes, and
 * joined with itself it is what its law says. */
#include "sketch/classes.h"
#include "sketch/hyperloglog.h"
#include "sketch/quantiles.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 4096 };

static void check_set(slice_t in, writer_t *w)
{
	hyperloglog_t set, twice;
	if (hyperloglog_read(in, &set))
		return;
	hyperloglog_put(&set, w);
	assert(slice_eq(writer_done(w), in) && hyperloglog_count(&set) >= 0);
	twice = set;
	hyperloglog_merge(&twice, &set);
	assert(memcmp(&twice, &set, sizeof(set)) == 0);
}

static void check_classes(slice_t in, writer_t *w)
{
	classes_t classes, twice;
	if (classes_read(in, &classes))
		return;
	classes_put(&classes, w);
	assert(slice_eq(writer_done(w), in));
	twice = classes;
	if (classes_merge(&twice, &classes))
		return;
	for (size_t i = 0; i < classes.count; i++)
		assert(twice.counts[i] == 2 * classes.counts[i]);
}

static void check_digest(slice_t in, writer_t *w)
{
	static _Thread_local quantiles_t quantiles;
	static _Thread_local uint8_t room[ROOM];
	digest_t digest, merged;
	if (digest_read(in, &digest))
		return;
	quantiles_clear(&quantiles);
	assert(quantiles_merge(&quantiles, &digest) == ERR_OK);
	quantiles_put(&quantiles, w);
	assert(slice_eq(writer_done(w), in));
	double before = digest.least;
	for (int step = 0; step <= 20 && digest.count; step++) {
		double at = digest_at(&digest, step / 20.0);
		assert(at >= before && at <= digest.greatest);
		before = at;
	}
	if (quantiles_merge(&quantiles, &digest))
		return;
	writer_t again = writer_of(room, sizeof(room));
	quantiles_put(&quantiles, &again);
	assert(!again.bad && digest_read(writer_done(&again), &merged) == ERR_OK);
	assert(merged.weight == 2 * digest.weight);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const checks[])(slice_t in, writer_t * w) = { check_set, check_classes,
		                                                    check_digest };
	uint8_t room[ROOM];
	writer_t w = writer_of(room, sizeof(room));
	if (size)
		checks[data[0] % 3](slice_of(data + 1, size - 1), &w);
	return 0;
}
