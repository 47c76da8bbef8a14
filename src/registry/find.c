/* SPDX-License-Identifier: Apache-2.0 */
/* Asking. A batch is one snapshot of the view; what it returns points into it or into
 * the reader, and nothing is allocated. */
#include "registry/lifecycle.h"
#include "registry/state.h"

#include <assert.h>
#include <stdlib.h>

#include "codec/handle/name.h"

void registry_note_damage(registry_t *registry, err_t err)
{
	uint64_t nothing = 0;
	if (err == ERR_CORRUPT && !atomic_exchange(&registry->is_damaged, true) &&
	    registry->durable)
		(void)env_mailbox_put(registry->durable, &nothing);
}

/* The least number that no other reader has. */
static err_t number_take(registry_t *registry, unsigned *ret_number)
{
	uint32_t taken = atomic_load(&registry->readers);
	unsigned number;
	do {
		number = 0;
		while (number < HUB_LOOPS && taken >> number & 1)
			number++;
		if (number == HUB_LOOPS)
			return ERR_LIMIT;
	} while (!atomic_compare_exchange_weak(&registry->readers, &taken,
	                                       taken | UINT32_C(1) << number));
	*ret_number = number;
	return ERR_OK;
}

static void number_give(registry_t *registry, unsigned number)
{
	atomic_fetch_and(&registry->readers, ~(UINT32_C(1) << number));
}

err_t registry_reader_new(registry_t *registry, registry_reader_t **ret_reader)
{
	registry_reader_t *reader = calloc(1, sizeof(*reader));
	if (!reader)
		return ERR_NO_MEMORY;
	reader->registry = registry;
	err_t err = number_take(registry, &reader->number);
	if (err) {
		free(reader);
		return err;
	}
	err = registry_look_new(&registry->hub, reader->number, &reader->look);
	if (err)
		registry_reader_free(reader);
	else
		*ret_reader = reader;
	return err;
}

void registry_reader_free(registry_reader_t *reader)
{
	if (!reader)
		return;
	registry_look_free(reader->look);
	registry_maker_free(reader->maker);
	number_give(reader->registry, reader->number);
	free(reader);
}

static bool is_served(const registry_t *registry, slice_t prefix)
{
	return slice_eq_nocase(prefix, registry->prefix) || homed_has(&registry->homed, prefix) ||
	       registry_hosts(registry, prefix);
}

/* Names under the own, the homed and the hosted prefixes, the records that describe these, and
 * those of the prefixes below them. */
bool registry_serves(const registry_t *registry, slice_t name)
{
	slice_t described = handle_name_described_prefix(name);
	size_t slash = slice_find(name, '/');
	if (described.len == 0)
		return slash < name.len && is_served(registry, slice_sub(name, 0, slash));
	slice_t at = described;
	while (at.len > 0 && !is_served(registry, at))
		at = handle_prefix_above(at);
	return at.len > 0;
}

bool registry_served_prefix(const registry_t *registry, size_t i, slice_t *ret_prefix)
{
	if (i == 0) {
		*ret_prefix = registry->prefix;
		return true;
	}
	return homed_get(&registry->homed, i - 1, ret_prefix);
}

static err_t check_name(const registry_t *registry, slice_t name)
{
	handle_name_t parts;
	if (handle_name_split(name, &parts) != CODEC_OK)
		return ERR_INVALID;
	return registry_serves(registry, name) ? ERR_OK : ERR_UNAVAILABLE;
}

/* A record that does not answer is told of, but not found. */
static err_t answer_of(const record_t *record, err_t err)
{
	return !err && !registry_state_answers(record->state) ? ERR_NOT_FOUND : err;
}

/* Those of `names` that are served here, looked up and put back in their places. */
static void find_served(registry_reader_t *reader, const slice_t *names, size_t count,
                        record_t *ret_records, err_t *ret_err)
{
	slice_t served[REGISTRY_BATCH] = { { 0 } };
	record_t records[REGISTRY_BATCH];
	err_t errs[REGISTRY_BATCH];
	size_t wanted = 0, next = 0;
	for (size_t i = 0; i < count; i++) {
		ret_records[i] = (record_t){ 0 };
		ret_err[i] = check_name(reader->registry, names[i]);
		if (!ret_err[i])
			served[wanted++] = names[i];
	}
	registry_look_find(reader->look, served, wanted, records, errs);
	for (size_t i = 0; i < count; i++) {
		if (ret_err[i])
			continue;
		ret_err[i] = answer_of(&records[next], errs[next]);
		if (!errs[next])
			ret_records[i] = records[next];
		next++;
	}
}

void registry_find_batch(registry_reader_t *reader, const slice_t *names, size_t count,
                         record_t *ret_records, err_t *ret_err)
{
	registry_t *registry = reader->registry;
	int64_t found = 0;
	assert(count <= REGISTRY_BATCH);
	err_t broken = registry_look_begin(reader->look);
	if (!broken)
		find_served(reader, names, count, ret_records, ret_err);
	for (size_t i = 0; i < count; i++) {
		ret_err[i] = broken ? broken : ret_err[i];
		found += ret_err[i] == ERR_OK;
		registry_note_damage(registry, ret_err[i]);
	}
	metric_add(&registry->metrics, REGISTRY_METRIC_FINDS, (int64_t)count);
	metric_add(&registry->metrics, REGISTRY_METRIC_FOUND, found);
}

void registry_find_done(registry_reader_t *reader)
{
	registry_look_end(reader->look);
}

/* Some names behind `after`, which becomes the last of them. */
static err_t list_some(registry_reader_t *reader, slice_t prefix, slice_t *after,
                       bool (*row)(void *ctx, slice_t name), void *ctx)
{
	slice_t names[REGISTRY_LOOK_MAX];
	record_t records[REGISTRY_LOOK_MAX];
	err_t errs[REGISTRY_LOOK_MAX];
	size_t count = 0;
	bool more = true;
	err_t err = registry_look_list(reader->look, prefix, *after, names, &count);
	if (err)
		return err;
	registry_look_find(reader->look, names, count, records, errs);
	for (size_t i = 0; i < count && more; i++) {
		if (errs[i] && errs[i] != ERR_NOT_FOUND) /* listed just before it is put */
			return errs[i];
		if (!errs[i] && registry_state_answers(records[i].state))
			more = row(ctx, records[i].name);
	}
	if (count < REGISTRY_LOOK_MAX || !more)
		return ERR_NOT_FOUND;
	memcpy(reader->after, names[count - 1].ptr, names[count - 1].len);
	*after = slice_of(reader->after, names[count - 1].len);
	return ERR_OK;
}

/* A look for each part, so that a long listing holds nothing up. */
err_t registry_list(registry_reader_t *reader, slice_t prefix, slice_t after,
                    bool (*row)(void *ctx, slice_t name), void *ctx)
{
	err_t err = ERR_OK;
	while (!err) {
		err = registry_look_begin(reader->look);
		if (!err)
			err = list_some(reader, prefix, &after, row, ctx);
		registry_look_end(reader->look);
	}
	registry_note_damage(reader->registry, err);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}
