/* SPDX-License-Identifier: Apache-2.0 */
#include "api/marks.h"

static bool is_of(const mark_t *mark, slice_t prefix)
{
	return mark->at && slice_eq_nocase(slice_of(mark->prefix, mark->prefix_len), prefix);
}

/* The one of this place, or the oldest, which a free one is too. */
static mark_t *slot_for(marks_t *marks, const place_in_list_t *place)
{
	mark_t *oldest = marks->marks;
	for (size_t i = 0; i < MARKS; i++) {
		mark_t *mark = &marks->marks[i];
		if (mark->at == place->at && is_of(mark, place->prefix))
			return mark;
		if (mark->made_ns < oldest->made_ns)
			oldest = mark;
	}
	return oldest;
}

void marks_put(marks_t *marks, const place_in_list_t *place, int64_t now_ns)
{
	if (place->at == 0 || place->prefix.len > MARK_BYTES || place->name.len > MARK_BYTES)
		return;
	mark_t *mark = slot_for(marks, place);
	mark->at = place->at;
	mark->made_ns = now_ns;
	mark->prefix_len = (uint16_t)place->prefix.len;
	mark->name_len = (uint16_t)place->name.len;
	memcpy(mark->prefix, place->prefix.ptr, place->prefix.len);
	memcpy(mark->name, place->name.ptr, place->name.len);
}

bool marks_find(const marks_t *marks, slice_t prefix, uint64_t at, int64_t now_ns,
                place_in_list_t *ret_place)
{
	const mark_t *best = NULL;
	for (size_t i = 0; i < MARKS; i++) {
		const mark_t *mark = &marks->marks[i];
		bool is_fit = mark->at <= at && now_ns - mark->made_ns < MARK_NS &&
		              is_of(mark, prefix);
		if (is_fit && (!best || mark->at > best->at))
			best = mark;
	}
	if (best)
		*ret_place = (place_in_list_t){ slice_of(best->prefix, best->prefix_len), best->at,
			                        slice_of(best->name, best->name_len) };
	return best != NULL;
}
