/* SPDX-License-Identifier: Apache-2.0 */
/* Where the log ends in its last segment: a torn write, or damage to what was once
 * acknowledged? A good record behind the bad place tells: it says how far the log
 * had been synced when it was written. */
#include "journal/segment.h"

/* Whether the record, found behind the end, shows that the one wanted there had
 * been synced. */
static bool is_proof(const record_t *record, uint64_t wanted)
{
	return record->seq > wanted && record->seq - record->unsynced >= wanted;
}

/* Whether it is worth to compute a checksum here. No more records than bytes can
 * lie between the end of the log and the place. */
static bool may_prove(slice_t bytes, uint64_t wanted, uint64_t end)
{
	reader_t r = reader_of(slice_sub(bytes, 0, RECORD_HEAD_BYTES));
	rd_take(&r, 8);
	record_t record = { .seq = rd_u64_le(&r) };
	record.unsynced = rd_u32_le(&r);
	return !r.bad && record.seq - wanted < end && is_proof(&record, wanted);
}

static err_t judge(segment_reader_t *r, const chain_t *chain, uint64_t end, bool *ret_found)
{
	slice_t bytes;
	record_t record;
	err_t err = log_segment_bytes(r, RECORD_HEAD_BYTES, &bytes);
	if (err || !may_prove(bytes, chain->next_seq, end))
		return err;
	err = log_segment_peek(r, chain, &record);
	*ret_found = !err;
	return err == ERR_NOT_FOUND || err == ERR_CORRUPT ? ERR_OK : err;
}

/* Looks for a proof at every place where a record may begin. */
static err_t seek_proof(segment_reader_t *r, const chain_t *chain, uint64_t end)
{
	uint64_t tail = r->at;
	err_t err = ERR_OK;
	bool found = false;
	for (; !err && !found && r->at < end; r->at += 8)
		err = judge(r, chain, end, &found);
	r->at = tail;
	return found ? ERR_CORRUPT : err;
}

err_t log_segment_end(segment_reader_t *r, const chain_t *chain, uint64_t *ret_used)
{
	uint64_t used = 0;
	err_t err = log_segment_used(r->in.file, r->at, &used);
	if (!err && used > r->at)
		err = seek_proof(r, chain, used);
	if (!err)
		*ret_used = used;
	return err;
}
