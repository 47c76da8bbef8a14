/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of records: questions, answers, changes, errors and referrals. Those
 * of authentication and sessions are in auth.c. */
#include "codec/handle/body.h"

#include "codec/handle/handle.h"

codec_t handle_name_body_decode(slice_t in, slice_t *ret_handle)
{
	reader_t r = reader_of(in);
	slice_t handle = rd_bytes32(&r, HANDLE_NAME_MAX);
	if (r.bad)
		return CODEC_MALFORMED;
	*ret_handle = handle;
	return CODEC_OK;
}

void handle_name_body_encode(slice_t handle, writer_t *w)
{
	wr_bytes32(w, handle);
}

codec_t handle_names_body_decode(slice_t in, handle_list_t *ret_names)
{
	reader_t r = reader_of(in);
	handle_list_t names = handle_list_read_names(&r);
	if (r.bad)
		return CODEC_MALFORMED;
	*ret_names = names;
	return CODEC_OK;
}

codec_t handle_resolution_decode(slice_t in, handle_resolution_t *ret_resolution)
{
	reader_t r = reader_of(in);
	handle_resolution_t q = { 0 };
	q.handle = rd_bytes32(&r, HANDLE_NAME_MAX);
	q.indexes = handle_list_read_indexes(&r);
	q.types = handle_list_read_strings(&r);
	if (r.bad)
		return CODEC_MALFORMED;
	q.rest = r.in;
	*ret_resolution = q;
	return CODEC_OK;
}

void handle_resolution_encode(const handle_resolution_t *resolution, writer_t *w)
{
	wr_bytes32(w, resolution->handle);
	handle_list_encode(resolution->indexes, w);
	handle_list_encode(resolution->types, w);
	wr_bytes(w, resolution->rest);
}

bool handle_resolution_wants(const handle_resolution_t *resolution, uint32_t index, slice_t type)
{
	if (resolution->indexes.count == 0 && resolution->types.count == 0)
		return true;
	handle_iter_t indexes = handle_list_iter(resolution->indexes);
	for (uint32_t wanted; handle_index_next(&indexes, &wanted);)
		if (wanted == index)
			return true;
	handle_iter_t types = handle_list_iter(resolution->types);
	for (slice_t wanted; handle_string_next(&types, &wanted);)
		if (handle_type_matches(type, wanted))
			return true;
	return false;
}

codec_t handle_record_decode(slice_t in, handle_record_t *ret_record)
{
	reader_t r = reader_of(in);
	handle_record_t record = { 0 };
	record.handle = rd_bytes32(&r, HANDLE_NAME_MAX);
	record.values = handle_list_read_values(&r);
	if (r.bad)
		return CODEC_MALFORMED;
	*ret_record = record;
	return CODEC_OK;
}

void handle_record_encode(const handle_record_t *record, writer_t *w)
{
	wr_bytes32(w, record->handle);
	handle_list_encode(record->values, w);
}

codec_t handle_removal_decode(slice_t in, handle_removal_t *ret_removal)
{
	reader_t r = reader_of(in);
	handle_removal_t removal = { 0 };
	removal.handle = rd_bytes32(&r, HANDLE_NAME_MAX);
	removal.indexes = handle_list_read_indexes(&r);
	if (r.bad)
		return CODEC_MALFORMED;
	*ret_removal = removal;
	return CODEC_OK;
}

void handle_removal_encode(const handle_removal_t *removal, writer_t *w)
{
	wr_bytes32(w, removal->handle);
	handle_list_encode(removal->indexes, w);
}

codec_t handle_failure_decode(slice_t in, handle_failure_t *ret_failure)
{
	handle_failure_t failure = { 0 };
	if (in.len > 0) {
		reader_t r = reader_of(in);
		failure.text = rd_bytes32(&r, HANDLE_BYTES_MAX);
		if (r.bad)
			return CODEC_MALFORMED;
		failure.indexes = handle_list_read_indexes(&r);
		failure.has_indexes = !r.bad;
	}
	*ret_failure = failure;
	return CODEC_OK;
}

void handle_failure_encode(const handle_failure_t *failure, writer_t *w)
{
	wr_bytes32(w, failure->text);
	if (failure->has_indexes)
		handle_list_encode(failure->indexes, w);
}

codec_t handle_referral_decode(slice_t in, handle_referral_t *ret_referral)
{
	reader_t r = reader_of(in);
	handle_referral_t referral = { 0 };
	referral.handle = rd_bytes32(&r, HANDLE_NAME_MAX);
	referral.has_values = r.in.len > 0;
	if (referral.has_values)
		referral.values = handle_list_read_values(&r);
	if (r.bad)
		return CODEC_MALFORMED;
	*ret_referral = referral;
	return CODEC_OK;
}

void handle_referral_encode(const handle_referral_t *referral, writer_t *w)
{
	wr_bytes32(w, referral->handle);
	if (referral->has_values)
		handle_list_encode(referral->values, w);
}
