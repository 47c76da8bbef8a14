/* SPDX-License-Identifier: Apache-2.0 */
/* A bulk on its way: waits until nothing is in flight, is checked, appended as far as
 * the journal's buffer has room (the rest when that is synced), ended, and answered
 * when the view has passed its end. While it is on its way no other change is taken. */
#include "registry/bulk.h"

#include <stdlib.h>

#include "base/num.h"
#include "codec/handle/handle.h"
#include "journal/event_log.h"
#include "registry/lifecycle.h"
#include "registry/permit.h"
#include "registry/state.h"

enum { PART_BYTES = 256 << 10, KEY_NAME_MAX = 128 };

/* What becomes of a name. */
enum { DEED_NONE, DEED_CREATE, DEED_CHANGE };

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
	uint8_t *deeds; /* of each record, once it is checked */
	uint32_t code;  /* why the rights of an identity do not reach */
	uint32_t taken; /* of the first names, what the keeper of their prefix has given */
	quota_t quota;  /* why it gave no more */
	uint64_t seq;   /* of the end */
	size_t part_len;
	uint32_t part_changes;
	uint8_t part[PART_BYTES + RECORD_BYTES_MAX + 8192];
};

static void run_free(bulk_run_t *run)
{
	if (run)
		free(run->deeds);
	free(run);
}

err_t registry_bulk(registry_t *registry, const registry_bulk_t *bulk, env_mailbox_t *reply,
                    void *ctx)
{
	bool is_known = bulk->verb == REGISTRY_CREATE || bulk->verb == REGISTRY_REPLACE ||
	                bulk->verb == REGISTRY_MERGE;
	if ((bulk->key.len == 0 && !bulk->is_dry) || bulk->count == 0 || !is_known)
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
	run_free(run);
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
	for (uint32_t i = 0; i < run->taken && record_take(&in, &given); i++)
		if (run->deeds[i] == DEED_CREATE)
			r->meter.give_back(r->meter.ctx, given.handle);
	run->taken = 0;
}

static err_t take_quotas(const registry_t *r, bulk_run_t *run)
{
	reader_t in = reader_of(run->asked.records);
	handle_record_t given;
	if (!r->meter.take)
		return ERR_OK;
	while (run->taken < run->asked.count && record_take(&in, &given)) {
		uint8_t deed = run->deeds[run->taken];
		if (deed != DEED_NONE)
			run->quota = r->meter.take(r->meter.ctx, given.handle, deed == DEED_CREATE);
		if (run->quota)
			return ERR_LIMIT;
		run->taken++;
	}
	return ERR_OK;
}

static void count(registry_t *r, const bulk_run_t *run, const registry_bulk_result_t *result)
{
	bool is_done = !result->err && !result->repeated && !run->asked.is_dry;
	if (result->err)
		metric_add(&r->metrics, REGISTRY_METRIC_REFUSED, 1);
	else if (is_done)
		metric_add(&r->metrics, REGISTRY_METRIC_CHANGES,
		           (int64_t)result->created + result->changed);
}

static void answer(registry_t *r, const registry_bulk_result_t *result)
{
	bulk_run_t *run = r->bulk;
	registry_bulk_result_t reply = *result;
	reply.ctx = run->ctx;
	reply.code = run->quota ? registry_quota_code(run->quota) : run->code;
	if (reply.err)
		give_back(r, run);
	r->bulk = NULL;
	count(r, run, &reply);
	metric_add(&r->metrics, REGISTRY_METRIC_REPLIES_LOST, !env_mailbox_put(run->reply, &reply));
	run_free(run);
}

static registry_bulk_result_t result_of(const bulk_run_t *run)
{
	const registry_bulk_end_t *end = &run->end;
	return (registry_bulk_result_t){ .created = (uint32_t)end->created,
		                         .changed = (uint32_t)(end->names - end->created),
		                         .unchanged = run->asked.count - (uint32_t)end->names,
		                         .seq = run->seq };
}

static void refuse(registry_t *r, err_t err, uint32_t at)
{
	answer(r, &(registry_bulk_result_t){ .err = err, .at = at });
}

/* Keys that were used are records under a prefix that nobody can ask for. */

static slice_t key_name(const uint8_t key[SHA256_BYTES], char buf[KEY_NAME_MAX])
{
	static const char prefix[] = "0.BULK/";
	memcpy(buf, prefix, sizeof(prefix) - 1);
	num_to_hex(slice_of(key, SHA256_BYTES), &buf[sizeof(prefix) - 1]);
	return slice_str(buf);
}

err_t registry_bulk_key_put(registry_t *r, const registry_bulk_end_t *end, record_change_t at)
{
	char name[KEY_NAME_MAX];
	uint8_t buf[256], data_bytes[SHA256_BYTES + 8];
	writer_t w = writer_of(buf, sizeof(buf)), data = writer_of(data_bytes, sizeof(data_bytes));
	handle_value_t value = { .index = 1, .type = SLICE("BULK") };
	wr_bytes(&data, slice_of(end->content, sizeof(end->content)));
	wr_u32(&data, (uint32_t)end->names);
	wr_u32(&data, (uint32_t)end->created);
	value.data = writer_done(&data);
	handle_value_encode(&value, &w);
	record_t record = { .name = key_name(end->key, name),
		            .count = 1,
		            .values = writer_done(&w),
		            .last = at,
		            .changed_ns = end->utc_ns };
	return registry_store_put(r->store, &record);
}

/* ERR_NOT_FOUND: the key is new. ERR_CONFLICT: it was used for something else. Else what
 * was done by it is in the end. */
static err_t key_get(registry_t *r, bulk_run_t *run)
{
	char name[KEY_NAME_MAX];
	writer_t room = writer_of(r->room, sizeof(r->room));
	registry_bulk_end_t *end = &run->end;
	record_t record;
	err_t err = registry_store_get(r->store, key_name(end->key, name), &room, &record);
	registry_note_damage(r, err);
	if (err)
		return err;
	reader_t in = reader_of(record.values);
	reader_t data = reader_of(handle_value_read(&in).data);
	slice_t content = rd_take(&data, sizeof(end->content));
	if (!slice_eq(content, slice_of(end->content, sizeof(end->content))))
		return ERR_CONFLICT;
	/* Views of before bulks could replace have no counts: all were created. */
	bool has_counts = data.in.len > 0;
	end->names = has_counts ? rd_u32(&data) : run->asked.count;
	end->created = has_counts ? rd_u32(&data) : end->names;
	run->seq = record.last.seq;
	return data.bad || end->names > run->asked.count || end->created > end->names ? ERR_CORRUPT
	                                                                              : ERR_OK;
}

err_t registry_bulk_ended(registry_reader_t *reader, const registry_part_t *part,
                          registry_bulk_ended_t *ret_ended)
{
	char name[KEY_NAME_MAX];
	record_t record = { .count = 0 };
	journal_record_t at;
	registry_bulk_end_t end;
	journal_cursor_t *cursor = NULL;
	if (part->format < REGISTRY_PART_KEYED)
		return ERR_UNSUPPORTED;
	err_t err = registry_look_begin(reader->look);
	if (!err)
		err = registry_look_get(reader->look, key_name(part->key, name), &record);
	registry_look_end(reader->look);
	if (!err)
		err = journal_cursor_open(reader->registry->journal, 0, &cursor);
	if (!err)
		err = journal_cursor_jump(cursor, record.last.seq, record.last.at, &at);
	if (!err)
		err = registry_bulk_end_read(at.payload, &end);
	if (!err && (end.bulk != part->bulk || at.payload.len > sizeof(ret_ended->payload)))
		err = ERR_NOT_FOUND;
	if (!err) {
		ret_ended->seq = at.seq;
		ret_ended->len = at.payload.len;
		memcpy(ret_ended->payload, at.payload.ptr, at.payload.len);
	}
	journal_cursor_close(cursor);
	return err;
}

/* Checking. */

/* What one record comes to. */
typedef struct {
	record_t base; /* with its name; in the registry's room */
	bool is_new;
	registry_entry_t entry; /* its record borrows the composition */
} deed_t;

static registry_change_t change_of(const bulk_run_t *run, const handle_record_t *given, bool is_new)
{
	return (registry_change_t){ .verb = is_new ? REGISTRY_CREATE : run->asked.verb,
		                    .name = given->handle,
		                    .count = given->values.count,
		                    .values = given->values.bytes,
		                    .caller = run->asked.caller };
}

/* Nothing is in flight meanwhile, so it is the same each time. */
static err_t compose(registry_t *r, const bulk_run_t *run, const handle_record_t *given,
                     writer_t *room, deed_t *ret_deed)
{
	deed_t *deed = ret_deed;
	*deed = (deed_t){ .base = { .name = given->handle } };
	err_t err = registry_store_get(r->store, given->handle, room, &deed->base);
	registry_note_damage(r, err);
	if (err && err != ERR_NOT_FOUND)
		return err;
	deed->is_new = err == ERR_NOT_FOUND;
	record_t *record = &deed->entry.record;
	/* A name that is there is met as what was asked, not as what a new one would be. */
	registry_change_t change = change_of(run, given, deed->is_new);
	err = registry_state_after(&change, deed->is_new ? NULL : &deed->base, &record->state);
	if (err)
		return err == ERR_NOT_FOUND ? ERR_EXISTS : err; /* a tombstone */
	record_state_t state = record->state;
	r->compose.now_s = (uint32_t)(run->end.utc_ns / NS_PER_S);
	r->compose.keeps_times = run->asked.keeps_times;
	r->compose.needed = 0;
	r->compose.read_only = 0;
	bool merges = !deed->is_new && run->asked.verb == REGISTRY_MERGE;
	err = registry_compose(&r->compose, merges ? COMPOSE_MERGE : COMPOSE_ALL, &deed->base,
	                       &change, record);
	record->name = deed->base.name;
	record->state = state;
	deed->entry.verb = (uint8_t)change.verb;
	deed->entry.before = deed->base.last;
	return err;
}

static bool is_as_it_is(const deed_t *deed)
{
	const record_t *after = &deed->entry.record;
	return !deed->is_new && after->count == deed->base.count &&
	       slice_eq(after->values, deed->base.values);
}

static err_t check_rights(registry_t *r, bulk_run_t *run, const deed_t *deed, writer_t *room)
{
	registry_deed_t asked = { .verb = deed->entry.verb,
		                  .name = deed->entry.record.name,
		                  .base = deed->is_new ? NULL : &deed->base,
		                  .needed = r->compose.needed,
		                  .read_only = r->compose.read_only };
	return registry_check_identity(r, &run->asked.caller, &asked, room, &run->code);
}

static err_t check_one(registry_t *r, bulk_run_t *run, const handle_record_t *given)
{
	writer_t room = writer_of(r->room, sizeof(r->room));
	deed_t deed;
	err_t err = registry_check_caller(r, &run->asked.caller, given->handle);
	if (!err)
		err = compose(r, run, given, &room, &deed);
	if (err)
		return err;
	uint8_t done = deed.is_new ? DEED_CREATE : is_as_it_is(&deed) ? DEED_NONE : DEED_CHANGE;
	run->deeds[run->done] = done;
	run->end.names += done != DEED_NONE;
	run->end.created += done == DEED_CREATE;
	return done == DEED_NONE ? ERR_OK : check_rights(r, run, &deed, &room);
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
	run->deeds = calloc(run->asked.count, 1);
	err_t err = names && run->deeds ? check_all(r, run, names) : ERR_NO_MEMORY;
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
	memcpy(part.key, run->end.key, sizeof(part.key));
	registry_part_write(&part, &w);
	run->part_len = w.len;
	run->part_changes = 0;
}

static err_t part_add(registry_t *r, bulk_run_t *run, const handle_record_t *given, writer_t *w)
{
	writer_t room = writer_of(r->room, sizeof(r->room));
	writer_t scratch = writer_of(r->record, sizeof(r->record));
	deed_t deed;
	err_t err = compose(r, run, given, &room, &deed);
	if (err)
		return err;
	registry_part_add(&deed.entry, &scratch, w);
	run->part_changes++;
	return ERR_OK;
}

/* Fills the part that is begun. */
static err_t part_fill(registry_t *r, bulk_run_t *run)
{
	writer_t w = writer_of(run->part, sizeof(run->part));
	err_t err = ERR_OK;
	w.len = run->part_len;
	while (!err && run->done < run->asked.count && w.len < PART_BYTES) {
		handle_record_t given;
		if (!record_take(&run->left, &given))
			return ERR_MALFORMED;
		if (run->deeds[run->done++] != DEED_NONE)
			err = part_add(r, run, &given, &w);
	}
	run->part_len = w.len;
	return w.bad ? ERR_TOO_BIG : err;
}

static void tell(registry_t *r, const bulk_run_t *run, message_t message, uint64_t names)
{
	if (names == 0)
		return;
	event_t event = event_make(message, (node_time_t){ env_utc(r->env).ns });
	event_arg(&event, ARG_COUNT, value_u64(names));
	event_arg(&event, ARG_SUBJECT, value_text(run->asked.caller.subject));
	event_arg(&event, ARG_ROLE, value_text(slice_str(role_name(run->asked.caller.role))));
	metric_add(&r->metrics, REGISTRY_METRIC_EVENTS_LOST,
	           event_append(r->journal, &event) != ERR_OK);
}

static err_t end_append(registry_t *r, bulk_run_t *run)
{
	uint8_t buf[REGISTRY_BULK_END_MAX];
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
	uint64_t seq = 0;
	slice_t payload = slice_of(run->part, run->part_len);
	/* The last records may all be as they are. */
	err_t err = run->part_changes == 0
	                    ? ERR_OK
	                    : journal_append(r->journal, JOURNAL_REGISTRY_PART, &payload, 1, &seq);
	if (err)
		return err;
	if (seq)
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

/* What creates is named by its records alone, as it was before there was another verb. */
static void hash_content(const registry_bulk_t *asked, uint8_t ret_hash[SHA256_BYTES])
{
	uint8_t verb = (uint8_t)asked->verb;
	slice_t parts[] = { asked->records, slice_of(&verb, asked->verb != REGISTRY_CREATE),
		            slice_str(asked->keeps_times ? "times" : "") };
	env_sha256(parts, 3, ret_hash);
}

static void end_prepare(registry_t *r, bulk_run_t *run)
{
	const caller_t *caller = &run->asked.caller;
	registry_bulk_end_t *end = &run->end;
	env_random(r->env, &end->bulk, sizeof(end->bulk));
	env_sha256(&run->asked.key, 1, end->key);
	hash_content(&run->asked, end->content);
	end->role = caller->role;
	end->subject = caller->subject;
	end->request_id = caller->request_id;
	end->utc_ns = env_utc(r->env).ns;
}

/* All is checked before anything is taken or written. */
static err_t check_and_take(registry_t *r, bulk_run_t *run)
{
	err_t err = check(r, run);
	if (err || run->asked.is_dry)
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

static void answer_done(registry_t *r, const bulk_run_t *run, bool is_repeated)
{
	registry_bulk_result_t result = result_of(run);
	result.repeated = is_repeated;
	answer(r, &result);
}

static void begin(registry_t *r)
{
	bulk_run_t *run = r->bulk;
	end_prepare(r, run);
	err_t err = run->asked.is_dry ? ERR_NOT_FOUND : key_get(r, run);
	if (!err) {
		answer_done(r, run, true);
		return;
	}
	if (err == ERR_NOT_FOUND)
		err = check_and_take(r, run);
	if (err)
		refuse(r, err, run->done);
	else if (run->asked.is_dry)
		answer_done(r, run, false);
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
	tell(r, run, MSG_RECORDS_REGISTERED, run->end.created);
	tell(r, run, MSG_RECORDS_CHANGED, run->end.names - run->end.created);
}

static void answer_applied(registry_t *r, const bulk_run_t *run, err_t state)
{
	if (run->seq <= r->mark.at.seq)
		answer_done(r, run, false);
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
		run_free(r->bulk);
		r->bulk = NULL;
	} while (r->bulks && env_mailbox_take(r->bulks, &r->bulk));
}
