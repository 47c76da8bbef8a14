/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/uplink/frame.h"

static const slice_t MAGIC = { (const uint8_t *)"JZPARCEL", 8 };

void uplink_parcel_begin(writer_t *w)
{
	wr_bytes(w, MAGIC);
	wr_u8(w, UPLINK_VERSION);
}

static codec_t begin_of(slice_t bytes)
{
	slice_t magic = slice_sub(bytes, 0, MAGIC.len);
	if (!slice_starts(MAGIC, magic))
		return CODEC_MALFORMED;
	if (bytes.len < UPLINK_PARCEL_HEAD_BYTES)
		return CODEC_MORE;
	uint8_t version = bytes.ptr[MAGIC.len];
	if (version > UPLINK_VERSION)
		return CODEC_UNSUPPORTED;
	return version ? CODEC_OK : CODEC_MALFORMED;
}

static codec_t read_head(uplink_parcel_t *parcel, slice_t bytes, uplink_frame_t *ret_frame,
                         size_t *ret_used)
{
	uplink_frame_t frame;
	size_t used;
	codec_t read = begin_of(bytes);
	if (read == CODEC_OK)
		read = uplink_frame_read(slice_from(bytes, UPLINK_PARCEL_HEAD_BYTES), &frame,
		                         &used);
	if (read != CODEC_OK)
		return read;
	if (frame.kind != UPLINK_KIND_PARCEL)
		return CODEC_MALFORMED;
	*parcel = (uplink_parcel_t){ .has_begun = true, .kind = frame.parcel.kind };
	*ret_frame = frame;
	*ret_used = UPLINK_PARCEL_HEAD_BYTES + used;
	return CODEC_OK;
}

codec_t uplink_parcel_next(uplink_parcel_t *parcel, slice_t bytes, uplink_frame_t *ret_frame,
                           size_t *ret_used)
{
	uplink_frame_t frame;
	size_t used;
	if (!parcel->has_begun)
		return read_head(parcel, bytes, ret_frame, ret_used);
	if (parcel->has_ended)
		return bytes.len ? CODEC_MALFORMED : CODEC_MORE;
	codec_t read = uplink_frame_read(bytes, &frame, &used);
	if (read != CODEC_OK)
		return read;
	unsigned way = parcel->kind == UPLINK_PARCEL_OUT ? UPLINK_IN_OUT : UPLINK_IN_RETURN;
	bool is_end = frame.kind == UPLINK_KIND_END;
	if (!uplink_kind_goes(frame.kind, way) || (is_end && frame.end.count != parcel->count))
		return CODEC_MALFORMED;
	parcel->count += !is_end;
	parcel->has_ended = is_end;
	*ret_frame = frame;
	*ret_used = used;
	return CODEC_OK;
}
