/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the main journal from its oldest record to what was durable when the
 * question came. The cursor checks every checksum, every sequence and the hash
 * chain; the first that does not fit ends the walk. Query loop. */
#include "api/handlers.h"
#include "api/state.h"

enum { AUDIT_ROOM = 512, DEADLINE_S = 60 };

static const err_text_t text_late = {
	{ "the journal is too long to be walked within a minute", "日志过长，无法在一分钟内核验" },
	{ "run jizhu verify on the data folder", "请对数据目录运行 jizhu verify" },
};

static err_t walk(api_t *api, uint64_t *ret_records)
{
	int64_t deadline_ns = env_now(api->env) + DEADLINE_S * NS_PER_S;
	uint64_t seq = journal_first(api->spec.journal);
	uint64_t last = journal_durable(api->spec.journal);
	journal_cursor_t *cursor = NULL;
	uint64_t records = 0;
	err_t err = journal_cursor_open(api->spec.journal, seq, &cursor);
	for (; !err && seq <= last; seq++) {
		journal_record_t record;
		err = journal_cursor_next(cursor, &record);
		if (!err && record.seq != seq)
			err = ERR_CORRUPT;
		if (!err && env_now(api->env) > deadline_ns)
			err = ERR_TIMEOUT;
		records += !err;
	}
	journal_cursor_close(cursor);
	*ret_records = records;
	return err;
}

verdict_t audit_verify_get(exchange_t *x)
{
	uint64_t records = 0;
	err_t err = walk(x->api, &records);
	if (err && err != ERR_CORRUPT)
		return exchange_refuse(x, err, err == ERR_TIMEOUT ? &text_late : NULL,
		                       (slice_t){ 0 });
	json_t *j = reply_json(&x->reply, AUDIT_ROOM);
	json_object(j);
	json_put_u64(j, "records", records);
	json_put_bool(j, "ok", !err);
	if (err)
		json_put_cstr(j, "detail", err_info(err)->text[x->request.lang]);
	json_close(j);
	return EXCHANGE_ANSWERED;
}
