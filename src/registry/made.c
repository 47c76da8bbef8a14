/* SPDX-License-Identifier: Apache-2.0 */
/* Names that were never registered and answer all the same: those of a prefix whose
 * record, or that of their base, holds a template. What a reader has learnt it keeps:
 * which prefixes have none, for as long as no record of a prefix has changed, and
 * compiled templates, for as long as the record they stand in is the same. Nothing is
 * shared with other readers. */
#include "registry/state.h"

#include <stdlib.h>

#include "base/num.h"
#include "codec/handle/name.h"
#include "registry/lifecycle.h"
#include "registry/template/template.h"

enum { FLAGS = 64, PREFIX_MAX = 120, TEMPLATES = 16, REFERENCES_MAX = 4 };

/* What is known of a prefix since a generation of the records of prefixes. */
typedef struct {
	uint64_t generation;
	bool has;
	uint8_t len;
	uint8_t prefix[PREFIX_MAX]; /* folded */
} flag_t;

/* The template in a value of a record as one change made it; NULL: none, or no good one. */
typedef struct {
	uint64_t name_hash, seq;
	uint32_t index;
	name_template_t *template;
} cached_t;

struct registry_maker {
	flag_t flags[FLAGS];
	cached_t cached[TEMPLATES];
	size_t turn; /* which of them is the next to go */
	name_template_room_t room;
	writer_t made; /* records of the batch */
	uint8_t bytes[REGISTRY_BATCH * TEMPLATE_RECORD_MAX];
};

void registry_maker_free(registry_maker_t *maker)
{
	if (!maker)
		return;
	for (size_t i = 0; i < TEMPLATES; i++)
		name_template_free(maker->cached[i].template);
	free(maker);
}

/* Flags. */

static flag_t *flag_of(registry_maker_t *maker, slice_t prefix)
{
	return &maker->flags[num_hash(prefix, 0) % FLAGS];
}

static bool is_known_bare(registry_maker_t *maker, slice_t prefix, uint64_t generation)
{
	const flag_t *flag = flag_of(maker, prefix);
	return flag->generation == generation && !flag->has &&
	       slice_eq(slice_of(flag->prefix, flag->len), prefix);
}

static void note(registry_maker_t *maker, slice_t prefix, uint64_t generation, bool has)
{
	flag_t *flag = flag_of(maker, prefix);
	*flag = (flag_t){ .generation = generation, .has = has, .len = (uint8_t)prefix.len };
	memcpy(flag->prefix, prefix.ptr, prefix.len);
}

/* Templates. */

static void compile(registry_t *registry, slice_t xml, name_template_t **ret_template)
{
	name_template_fault_t fault;
	err_t err = name_template_new(xml, ret_template, &fault);
	if (err)
		*ret_template = NULL;
	metric_add(&registry->metrics, REGISTRY_METRIC_TEMPLATES_BAD,
	           err != ERR_OK && err != ERR_NOT_FOUND);
}

/* The template in this value, compiled once for each change of its record. */
static name_template_t *template_in(registry_reader_t *reader, const record_t *record,
                                    const handle_value_t *value)
{
	registry_maker_t *maker = reader->maker;
	uint64_t hash = num_hash(record->name, journal_epoch(reader->registry->journal));
	for (size_t i = 0; i < TEMPLATES; i++) {
		const cached_t *cached = &maker->cached[i];
		if (cached->name_hash == hash && cached->seq == record->last.seq &&
		    cached->index == value->index)
			return cached->template;
	}
	cached_t *cached = &maker->cached[maker->turn++ % TEMPLATES];
	name_template_free(cached->template);
	*cached = (cached_t){ hash, record->last.seq, value->index, NULL };
	compile(reader->registry, value->data, &cached->template);
	return cached->template;
}

/* The first template of a record; NULL: it has none. */
static name_template_t *template_of(registry_reader_t *reader, const record_t *record)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value;
	name_template_t *found = NULL;
	while (!found && handle_value_next(&iter, &value))
		if (slice_eq_nocase(value.type, SLICE("HS_NAMESPACE")))
			found = template_in(reader, record, &value);
	return found;
}

static err_t look(registry_reader_t *reader, slice_t name, record_t *ret_record)
{
	err_t err = registry_look_get(reader->look, name, ret_record);
	registry_note_damage(reader->registry, err);
	return !err && !registry_state_answers(ret_record->state) ? ERR_NOT_FOUND : err;
}

/* The template that this one says it is, by way of at most so many others. */
static err_t follow(registry_reader_t *reader, name_template_t **template)
{
	handle_reference_t at;
	record_t record;
	handle_value_t value;
	for (unsigned i = 0; name_template_reference(*template, &at); i++) {
		if (i == REFERENCES_MAX)
			return ERR_LIMIT;
		err_t err = look(reader, at.handle, &record);
		if (err)
			return err;
		*template = handle_value_find(handle_values_of(&record), at.index, &value)
		                    ? template_in(reader, &record, &value)
		                    : NULL;
		if (!*template)
			return ERR_NOT_FOUND;
	}
	return ERR_OK;
}

static err_t prefix_template(registry_reader_t *reader, slice_t name, uint64_t generation,
                             name_template_t **ret_template)
{
	uint8_t room[RECORD_NAME_MAX + 8], folded[PREFIX_MAX];
	writer_t w = writer_of(room, sizeof(room));
	slice_t prefix = slice_sub(name, 0, slice_find(name, '/'));
	record_t record;
	if (prefix.len > PREFIX_MAX)
		return ERR_NOT_FOUND;
	slice_fold_upper(prefix, folded);
	prefix = slice_of(folded, prefix.len);
	if (is_known_bare(reader->maker, prefix, generation))
		return ERR_NOT_FOUND;
	handle_prefix_record(prefix, &w);
	err_t err = look(reader, writer_done(&w), &record);
	if (err && err != ERR_NOT_FOUND)
		return err;
	*ret_template = err ? NULL : template_of(reader, &record);
	note(reader->maker, prefix, generation, *ret_template != NULL);
	return *ret_template ? ERR_OK : ERR_NOT_FOUND;
}

/* Making. */

static err_t make(registry_reader_t *reader, name_template_t *template, slice_t name,
                  record_t *ret_record)
{
	registry_maker_t *maker = reader->maker;
	name_template_question_t q = { .name = name };
	record_t base;
	err_t err = ERR_OK;
	if (!name_template_split(template, name, &q.base, &q.extension))
		return ERR_NOT_FOUND;
	if (slice_find(q.base, '/') < q.base.len) {
		err = look(reader, q.base, &base);
		q.record = &base;
	}
	if (err)
		return err;
	name_template_t *own = q.record ? template_of(reader, &base) : NULL;
	template = own ? own : template;
	err = follow(reader, &template);
	if (!err)
		err = name_template_make(template, &q, &maker->room, &maker->made, ret_record);
	if (!err)
		ret_record->name = name;
	return err;
}

static err_t make_up(registry_reader_t *reader, slice_t name, uint64_t generation,
                     record_t *ret_record)
{
	name_template_t *template = NULL;
	record_t record;
	size_t mark = registry_look_mark(reader->look);
	err_t err = prefix_template(reader, name, generation, &template);
	if (!err)
		err = make(reader, template, name, &record);
	/* What was looked at on the way is not part of what was made. */
	registry_look_rewind(reader->look, mark);
	metric_add(&reader->registry->metrics, REGISTRY_METRIC_MADE, !err);
	metric_add(&reader->registry->metrics, REGISTRY_METRIC_MADE_LIMITED, err == ERR_LIMIT);
	if (!err)
		*ret_record = record;
	return err;
}

static bool is_made(slice_t name)
{
	return handle_name_described_prefix(name).len == 0;
}

static err_t ready(registry_reader_t *reader)
{
	if (!reader->maker)
		reader->maker = calloc(1, sizeof(*reader->maker));
	return reader->maker ? ERR_OK : ERR_NO_MEMORY;
}

void registry_resolve_batch(registry_reader_t *reader, const slice_t *names, size_t count,
                            record_t *ret_records, err_t *ret_err)
{
	/* Of before the snapshot: what is learnt from it is at least as new. */
	uint64_t generation = atomic_load(&reader->registry->described);
	bool is_fresh = false;
	registry_find_batch(reader, names, count, ret_records, ret_err);
	for (size_t i = 0; i < count; i++) {
		/* A name that is there, be it a draft or deleted, is not made up. */
		if (ret_err[i] != ERR_NOT_FOUND || ret_records[i].name.len || !is_made(names[i]))
			continue;
		ret_err[i] = ready(reader);
		if (ret_err[i])
			continue;
		registry_maker_t *maker = reader->maker;
		if (!is_fresh)
			maker->made = writer_of(maker->bytes, sizeof(maker->bytes));
		is_fresh = true;
		ret_err[i] = make_up(reader, names[i], generation, &ret_records[i]);
	}
}
