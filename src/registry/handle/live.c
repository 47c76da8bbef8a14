/* SPDX-License-Identifier: Apache-2.0 */
/* Live values have the highest indexes, so that the values stay in their order. */
#include "registry/handle/live.h"

#include "base/json.h"
#include "codec/handle/value.h"
#include "model/quality.h"

enum { DATA_ROOM = HANDLE_LIVE_ROOM / 2 };

static bool is_bound(const handle_value_t *value)
{
	return slice_eq_nocase(value->type, SLICE(RECORD_TYPE_POINT));
}

static bool is_copy(const handle_value_t *value)
{
	return value->index > HANDLE_LIVE_INDEX &&
	       slice_eq_nocase(value->type, SLICE("JIZHU.VALUE"));
}

static slice_t write_data(slice_t point, const live_value_t *live, uint8_t room[DATA_ROOM])
{
	json_t j = json_of(room, DATA_ROOM);
	json_object(&j);
	json_put_str(&j, "point", point);
	json_key(&j, "value");
	value_json(&live->sample.value, &j);
	json_put_cstr(&j, "unit", live->unit);
	json_key(&j, "quality");
	quality_json(live->sample.quality, &j);
	json_put_time(&j, "time", live->sample.source.ns);
	json_close(&j);
	return json_ok(&j) ? json_done(&j) : (slice_t){ 0 };
}

static bool write_live(const live_value_source_t *source, const handle_value_t *bound, writer_t *w)
{
	live_value_t live;
	uint8_t room[DATA_ROOM];
	if (bound->index >= HANDLE_LIVE_INDEX || !source->get(source->ctx, bound->data, &live))
		return false;
	slice_t data = write_data(bound->data, &live, room);
	int64_t life_s = (live.period_ns + NS_PER_S - 1) / NS_PER_S;
	handle_value_t value = {
		.index = bound->index + HANDLE_LIVE_INDEX,
		.timestamp_s = (uint32_t)(live.sample.source.ns / NS_PER_S),
		.ttl_type = HANDLE_TTL_RELATIVE,
		.ttl_s = life_s > 1 ? (uint32_t)life_s : 1,
		.perms = bound->perms,
		.type = SLICE("JIZHU.VALUE"),
		.data = data,
	};
	if (data.len == 0)
		return false;
	handle_value_encode(&value, w);
	return true;
}

size_t handle_live_room(const record_t *record)
{
	handle_value_t value;
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	size_t bound = 0;
	if (record->is_still)
		return 0;
	while (handle_value_next(&iter, &value))
		bound += is_bound(&value);
	return bound ? record->values.len + bound * HANDLE_LIVE_ROOM : 0;
}

/* What is stored, without copies of live values. */
static uint32_t write_stored(const record_t *record, writer_t *w)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value;
	uint32_t count = 0;
	while (handle_value_next(&iter, &value)) {
		if (is_copy(&value))
			continue;
		wr_bytes(w, value.bytes);
		count++;
	}
	return count;
}

bool handle_live_expand(const live_value_source_t *source, const record_t *record, writer_t *room,
                        record_t *ret_record)
{
	size_t start = room->len;
	handle_value_t value;
	if (!source || handle_live_room(record) == 0)
		return false;
	uint32_t count = write_stored(record, room);
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	while (handle_value_next(&iter, &value) && count < RECORD_VALUES_MAX)
		count += is_bound(&value) && write_live(source, &value, room);
	if (room->bad)
		return false;
	*ret_record = *record;
	ret_record->count = count;
	ret_record->values = slice_from(writer_done(room), start);
	return true;
}

static bool get_at(void *ctx, slice_t point, live_value_t *ret_value)
{
	const handle_live_at_t *at = ctx;
	return at->of && at->of->get_at &&
	       at->of->get_at(at->of->ctx, point, at->utc_ns, ret_value);
}

void handle_live_at(const live_value_source_t *source, int64_t utc_ns, handle_live_at_t *ret_at)
{
	*ret_at = (handle_live_at_t){ .of = source, .utc_ns = utc_ns };
	ret_at->source = (live_value_source_t){ .ctx = ret_at, .get = get_at };
}
