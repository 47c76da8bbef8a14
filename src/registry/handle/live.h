/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_HANDLE_LIVE_H
#define REGISTRY_HANDLE_LIVE_H
/* Values that live. A value of type JIZHU.POINT names a point of this node; who
 * resolves the record gets, beside it, a value of type JIZHU.VALUE with the point's
 * sample as JSON text:
 *
 *   {"point":"FRM1.V","value":3.6,"unit":"V","quality":"good","time":"2026-..."}
 *
 * Its index is that of the JIZHU.POINT value plus HANDLE_LIVE_INDEX, its life the
 * point's period, its timestamp the sample's, its permissions those of the other. It
 * is made when it is asked for and never stored: a client that writes back what it
 * read stores a copy, which is not shown.
 *
 * Story: whoever answers calls handle_live_expand between the look-up and the
 * filter, with room of its own. */
#include "base/cursor.h"
#include "model/live_value.h"
#include "model/record.h"

enum { HANDLE_LIVE_INDEX = 1 << 30, HANDLE_LIVE_ROOM = 1024 };

/* Bytes of room that the record may need; 0: no value of it is bound to a point. */
size_t handle_live_room(const record_t *record);
/* True, and *ret_record is the record with its live values, in `room`; false when it
 * has none to show, or the room is too small. `source` may be NULL. */
bool handle_live_expand(const live_value_source_t *source, const record_t *record, writer_t *room,
                        record_t *ret_record);
/* A source of the samples of that time, to be used as `at->source`; borrows `source`,
 * which may be NULL. */
typedef struct {
	live_value_source_t source;
	const live_value_source_t *of;
	int64_t utc_ns;
} handle_live_at_t;
void handle_live_at(const live_value_source_t *source, int64_t utc_ns, handle_live_at_t *ret_at);
#endif
