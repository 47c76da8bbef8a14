/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/trail.h"

#include <stdlib.h>

#include "base/grow.h"

static err_t keep(trail_t *p, const place_t *place)
{
	place_t *rows = grow_for(p->rows, p->count + 1, &p->cap, sizeof(*rows));
	if (!rows)
		return ERR_NO_MEMORY;
	p->rows = rows;
	p->rows[p->count++] = *place;
	return ERR_OK;
}

static void thin(trail_t *p)
{
	for (size_t i = 0; i < p->count / 2; i++)
		p->rows[i] = p->rows[2 * i];
	p->count /= 2;
	p->stride *= 2;
}

err_t trail_add(trail_t *p, const place_t *place)
{
	if (p->stride == 0)
		p->stride = 1;
	if (p->count == TRAIL_MAX)
		thin(p);
	if (p->seen % p->stride == 0) {
		err_t err = keep(p, place);
		if (err)
			return err;
	}
	p->seen++;
	return ERR_OK;
}

static bool is_behind(const place_t *place, uint64_t epoch, uint64_t first)
{
	return place->epoch != epoch ? place->epoch > epoch : place->first > first;
}

const place_t *trail_find(const trail_t *p, uint64_t epoch, uint64_t first)
{
	size_t low = 0, high = p->count; /* the first that is behind it is in [low, high] */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (is_behind(&p->rows[middle], epoch, first))
			high = middle;
		else
			low = middle + 1;
	}
	return low ? &p->rows[low - 1] : NULL;
}

void trail_free(trail_t *p)
{
	free(p->rows);
	*p = (trail_t){ 0 };
}
