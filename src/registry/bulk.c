/* SPDX-License-Identifier: Apache-2.0 */
/* A bulk on its way: waits until nothing is in flight, is checked, appended as far as
 * the journal's buffer has room (the rest when that is synced), ended, and answered
 * when the view has passed its end. While it is on its way no other change is taken. */
#include "registry/bulk.h"

#include <stdlib.h>

#include "base/num.h"
#include "codec/handle/handle.h"
#include "journal/event_log.h"
#include "registry/state.h"

enum { PART_BYTES = 256 << 10, KEY_NAME_MAX = 128 };

typedef struct {
	uint64_t hash;
	size_t at; /* of the record among all */
} bulk_name_t;

typedef enum { BULK_WAIT, BULK_APPEND, BULK_APPLY } bulk_phase_t;

struct bulk_run {
	registry_bulk_t asked;
	env_mailbox_t *reply;
	void *ctx;
	bulk_phase_t phase;
	registry_bulk_end_t end;
	int64_t began_ns;
	reader_t left;  /* records not yet in a part */
	uint32_t done;  /* records in parts, or checked */
	uint32_t taken; /* of the first names, what the keeper of their prefix has given */
	quota_t quota;  /* why it gave no more */
	uint64_t seq;   /* of the end */
	size_t part_len;
	uint8_t part[PART_BYTES + RECORD_BYTES_MAX + 8192];
};

err_t registry_bulk(registry_t *registry, const registry_bulk_t *bulk, env_mailbox_t *reply,
                    void *ctx)
{
	if (bulk->key.len == 0 || bulk->count == 0)
		return ERR_INVALID;
	if (bulk->key.len > REGISTRY_BULK_KEY_MAX || bulk->count > REGISTRY_BULK_MAX ||
	    bulk->records.len > REGISTRY_BULK_BYTES_MAX)
		return ERR_TOO_BIG;
	bulk_run_t *run = calloc(1, sizeof(*run));
	if (!run)
		return ERR_NO_MEMORY;
	run->asked = *bulk;
	run->reply = reply;
	run->ctx = ctx;
	if (env_mailbox_put(registry->bulks, &run))
		return ERR_OK;
	free(run);
	return ERR_BUSY;
}

static bool record_take(reader_t *r, handle_record_t *ret_record)
{
	handle_record_t record = { .handle = rd_bytes32(r, HANDLE_NAME_MAX) };
	record.values = handle_list_read_values(r);
	*ret_record = record;
	return !r->bad;
}

/* Quotas: for all names or for none. */

static void give_back(const registry_t *r, bulk_run_t *run)
{
	reader_t in = reader_of(run->asked.records);
	handle_record_t given;
	for (; run->taken > 0 && record_take(&in, &given); run->taken--)
		r->meter.give_back(r->meter.ctx, given.handle);
}

static err_t take_quotas(const registry_t *r, bulk_run_t *run)
{
	reader_t in = reader_of(run->asked.records);
	handle_record_t given;
	while (r->meter.take && run->taken < run->asked.count && record_take(&in, &given)) {
		run->quota = r->meter.take(r->meter.ctx, given.handle, true);
		if (run->quota)
			return ERR_LIMIT;
		run->taken++;
	}
	return ERR_OK;
}

static void answer(registry_t *r, const registry_bulk_result_t *result)
{
	bulk_run_t *run = r->bulk;
	registry_bulk_result_t reply = *result;
	reply.ctx = run->ctx;
	reply.code = run->quota ? registry_quota_code(run->quota) : 0;
	if (reply.err)
		give_back(r, run);
	r->bulk = NULL;
	metric_add(&r->metrics, reply.err ? REGISTRY_METRIC_REFUSED : REGISTRY_METRIC_CHANGES,
	           reply.err || reply.repeated ? 1 : (int64_t)run->asked.count);
	metric_add(&r->metrics, REGISTRY_METRIC_REPLIES_LOST, !env_mailbox_put(run->reply, &reply));
	free(run);
}

static void refuse(registry_t *r, err_t err, uint32_t at)
{
	answer(r, &(registry_bulk_result_t){ .err = err, .at = at });
}

/* Keys that were used are records under a prefix that nobody can ask for. */

static slice_t key_name(const registry_bulk_end_t *end, char buf[KEY_NAME_MAX])
{
	static const char prefix[] = "0.BULK/";
	memcpy(buf, prefix, sizeof(prefix) - 1);
	num_to_hex(slice_of(end->key, sizeof(end->key)), &buf[sizeof(prefix) - 1]);
	return slice_str(buf);
}

err_t registry_bulk_key_put(registry_t *r, const registry_bulk_end_t *end, record_change_t at)
{
	char name[KEY_NAME_MAX];
	uint8_t buf[256];
	writer_t w = writer_of(buf, sizeof(buf));
	handle_value_t value = { .index = 1, .type = SLICE("BULK") };
	value.data = slice_of(end->content, sizeof(end->content));
	handle_value_encode(&value, &w);
	record_t record = { .name = key_name(end, name),
		            .count = 1,
		            .values = writer_done(&w),
		            .last = at,
		            .changed_ns = end->utc_ns };
	return registry_store_put(r->store, &record);
}

/* ERR_NOT_FOUND: the key is new. ERR_CONFLICT: it was used for something else. */
static err_t key_get(registry_t *r, const registry_bulk_end_t *end, uint64_t *ret_seq)
{
	char name[KEY_NAME_MAX];
	writer_t room = writer_of(r->room, sizeof(r->room));
	record_t record;
	err_t err = registry_store_get(r->store, key_name(end, name), &room, &record);
	registry_note_damage(r, err);
	if (err)
		return err;
	reader_t in = reader_of(record.values);
	handle_value_t value = handle_value_read(&in);
	if (!slice_eq(value.data, slice_of(end->content, sizeof(end->content))))
		return ERR_CONFLICT;
	*ret_seq = record.last.seq;
	return ERR_OK;
}

/* Checking. */

static err_t compose(registry_t *r, const bulk_run_t *run, const handle_record_t *given,
                     record_t *ret_record)
{
	record_t base = { .count = 0 };
	registry_change_t change = { .verb = REGISTRY_CREATE,
		                     .name = given->handle,
		                     .count = given->values.count,
		                     .values = given->values.bytes,
		                     .caller = run->asked.caller };
	r->compose.now_s = (uint32_t)(run->end.utc_ns / NS_PER_S);
	err_t err = registry_compose(&r->compose, COMPOSE_ALL, &base, &change, ret_record);
	ret_record->name = given->handle;
	return err;
}

static err_t check_one(registry_t *r, const bulk_run_t *run, const handle_record_t *given)
{
	writer_t room = writer_of(r->room, sizeof(r->room));
	record_t record = { .count = 0 };
	err_t err = registry_check_caller(r, &run->asked.caller, given->handle);
	if (!err)
		err = compose(r, run, given, &record);
	if (err)
		return err;
	err = registry_store_get(r->store, given->handle, &room, &record);
	registry_note_damage(r, err);
	return err == ERR_NOT_FOUND ? ERR_OK : err ? err : ERR_EXISTS;
}

static int by_hash(const void *a, const void *b)
{
	uint64_t left = ((const bulk_name_t *)a)->hash, right = ((const bulk_name_t *)b)->hash;
	return left < right ? -1 : left > right;
}

static slice_t name_at(const bulk_run_t *run, size_t at)
{
	reader_t r = reader_of(slice_from(run->asked.records, at));
	return rd_bytes32(&r, HANDLE_NAME_MAX);
}

/* Names that stand twice have one hash; so may, rarely, others. */
static err_t check_twice(const bulk_run_t *run, bulk_name_t *names)
{
	qsort(names, run->asked.count, sizeof(*names), by_hash);
	for (uint32_t i = 1; i < run->asked.count; i++)
		if (names[i].hash == names[i - 1].hash &&
		    slice_eq_nocase(name_at(run, names[i].at), name_at(run, names[i - 1].at)))
			return ERR_EXISTS;
	return ERR_OK;
}

static err_t check_all(registry_t *r, bulk_run_t *run, bulk_name_t *names)
{
	reader_t in = reader_of(run->asked.records);
	uint64_t seed = journal_epoch(r->journal);
	err_t err = ERR_OK;
	for (run->done = 0; !err && run->done < run->asked.count; run->done++) {
		uint8_t folded_bytes[RECORD_NAME_MAX];
		slice_t folded = { 0 };
		handle_record_t given;
		names[run->done].at = run->asked.records.len - in.in.len;
		if (!record_take(&in, &given) ||
		    handle_name_fold(given.handle, folded_bytes, &folded) != CODEC_OK)
			return ERR_MALFORMED;
		names[run->done].hash = num_hash(folded, seed);
		err = check_one(r, run, &given);
		if (err)
			return err;
	}
	return in.in.len > 0 ? ERR_MALFORMED : check_twice(run, names);
}

static err_t check(registry_t *r, bulk_run_t *run)
{
	bulk_name_t *names = calloc(run->asked.count, sizeof(*names));
	err_t err = names ? check_all(r, run, names) : ERR_NO_MEMORY;
	free(names);
	return err;
}

/* The journal. */

static void part_begin(bulk_run_t *run)
{
	registry_part_t part = { .bulk = run->end.bulk,
		                 .number = run->end.parts,
		                 .role = run->end.role,
		                 .subject = run->end.subject,
		                 .request_id = run->end.request_id,
		                 .utc_ns = run->end.utc_ns };
	writer_t w = writer_of(run->part, sizeof(run->part));
	registry_part_write(&part, &w);
	run->part_len = w.len;
}

/* Fills the part that is begun. */
static err_t part_fill(registry_t *r, bulk_run_t *run)
{
	writer_t w = writer_of(run->part, sizeof(run->part));
	err_t err = ERR_OK;
	w.len = run->part_len;
	while (!err && run->done < run->asked.count && w.len < PART_BYTES) {
		handle_record_t given;
		record_t record;
		if (!record_take(&run->left, &given))
			return ERR_MALFORMED;
		err = compose(r, run, &given, &record);
		if (!err)
			registry_record_write(&record, &w);
		run->done++;
	}
	run->part_len = w.len;
	return w.bad ? ERR_TOO_BIG : err;
}

static void tell(registry_t *r, const bulk_run_t *run)
{
	event_t event = event_make(MSG_RECORDS_REGISTERED, (node_time_t){ env_utc(r->env).ns });
	event_arg(&event, ARG_COUNT, value_u64(run->asked.count));
	event_arg(&event, ARG_SUBJECT, value_text(run->asked.caller.subject));
	event_arg(&event, ARG_ROLE, value_text(slice_str(role_name(run->asked.caller.role))));
	metric_add(&r->metrics, REGISTRY_METRIC_EVENTS_LOST,
	           event_append(r->journal, &event) != ERR_OK);
}

static err_t end_append(registry_t *r, bulk_run_t *run)
{
	uint8_t buf[4096 + 256];
	writer_t w = writer_of(buf, sizeof(buf));
	registry_bulk_end_write(&run->end, &w);
	slice_t payload = writer_done(&w);
	return w.bad ? ERR_TOO_BIG
	             : journal_append(r->journal, JOURNAL_REGISTRY_BULK, &payload, 1, &run->seq);
}

static err_t part_make(registry_t *r, bulk_run_t *run)
{
	part_begin(run);
	return part_fill(r, run);
}

static err_t part_append(registry_t *r, bulk_run_t *run)
{
	uint64_t seq;
	slice_t payload = slice_of(run->part, run->part_len);
	err_t err = journal_append(r->journal, JOURNAL_REGISTRY_PART, &payload, 1, &seq);
	if (err)
		return err;
	run->end.first_seq = run->end.parts++ ? run->end.first_seq : seq;
	run->part_len = 0;
	return ERR_OK;
}

/* ERR_LIMIT: the journal's buffer is full, go on when it is synced. */
static err_t append(registry_t *r, bulk_run_t *run)
{
	while (run->done < run->asked.count || run->part_len > 0) {
		err_t err = run->part_len == 0 ? part_make(r, run) : ERR_OK;
		if (!err)
			err = part_append(r, run);
		if (err)
			return err;
	}
	return end_append(r, run);
}

/* Steps. */

static void end_prepare(registry_t *r, bulk_run_t *run)
{
	const caller_t *caller = &run->asked.caller;
	registry_bulk_end_t *end = &run->end;
	env_random(r->env, &end->bulk, sizeof(end->bulk));
	env_sha256(&run->asked.key, 1, end->key);
	env_sha256(&run->asked.records, 1, end->content);
	end->names = run->asked.count;
	end->role = caller->role;
	end->subject = caller->subject;
	end->request_id = caller->request_id;
	end->utc_ns = env_utc(r->env).ns;
}

/* All is checked before anything is taken or written. */
static err_t check_and_take(registry_t *r, bulk_run_t *run)
{
	err_t err = check(r, run);
	if (err)
		return err;
	err = take_quotas(r, run);
	run->done = run->taken;
	return err;
}

static void append_from_start(bulk_run_t *run)
{
	run->done = 0;
	run->left = reader_of(run->asked.records);
	run->phase = BULK_APPEND;
}

static void begin(registry_t *r)
{
	bulk_run_t *run = r->bulk;
	uint64_t seq = 0;
	end_prepare(r, run);
	err_t err = key_get(r, &run->end, &seq);
	if (!err) {
		answer(r, &(registry_bulk_result_t){ .repeated = true, .seq = seq });
		return;
	}
	if (err == ERR_NOT_FOUND)
		err = check_and_take(r, run);
	if (err)
		refuse(r, err, run->done);
	else
		append_from_start(run);
}

/* `state`: of the journal; while it is well, a full buffer is waited for. */
static void append_more(registry_t *r, bulk_run_t *run, err_t state)
{
	err_t err = append(r, run);
	if (err == ERR_LIMIT && !state)
		return;
	if (err) {
		refuse(r, err, 0);
		return;
	}
	run->phase = BULK_APPLY;
	tell(r, run);
}

static void answer_applied(registry_t *r, const bulk_run_t *run, err_t state)
{
	if (run->seq <= r->mark.at.seq)
		answer(r, &(registry_bulk_result_t){ .seq = run->seq });
	else if (state)
		refuse(r, state, 0);
}

/* What can be done now for the bulk at hand; what is answered is at hand no more. */
static void advance(registry_t *r)
{
	bulk_run_t *run = r->bulk;
	err_t state = r->failed ? r->failed : journal_state(r->journal);
	if (run->phase == BULK_WAIT && !r->first)
		begin(r);
	if (r->bulk == run && run->phase == BULK_APPEND)
		append_more(r, run, state);
	if (r->bulk == run && run->phase == BULK_APPLY)
		answer_applied(r, run, state);
}

void registry_bulk_turn(registry_t *r)
{
	while (r->bulk || env_mailbox_take(r->bulks, &r->bulk)) {
		const bulk_run_t *before = r->bulk;
		advance(r);
		if (r->bulk == before)
			return; /* waits */
	}
}

void registry_take_bulks(void *ctx)
{
	registry_t *r = ctx;
	registry_bulk_turn(r);
	if (!r->bulk)
		registry_take_changes(r);
}

void registry_drop_bulks(registry_t *r)
{
	do {
		free(r->bulk);
		r->bulk = NULL;
	} while (r->bulks && env_mailbox_take(r->bulks, &r->bulk));
}
