/* SPDX-License-Identifier: Apache-2.0 */
/* Names that a template made up at a time: the template as it was then, over the base as
 * it was then. Nothing is kept between questions. */
#include <stdlib.h>

#include "codec/handle/name.h"
#include "registry/state.h"
#include "registry/template/template.h"

enum { REFERENCES_MAX = 4 };

typedef struct {
	registry_reader_t *reader;
	int64_t utc_ns;
	uint64_t seq; /* the last of the changes that count */
	int64_t changed_ns;
	name_template_t *template;
} past_t;

static err_t stored(past_t *past, slice_t name, registry_walk_t **ret_walk,
                    registry_version_t *ret_version)
{
	registry_moment_t moment = { .name = name, .utc_ns = past->utc_ns };
	bool is_absent;
	err_t err = registry_stored_at(past->reader, &moment, ret_walk, ret_version, &is_absent);
	if (!err && ret_version->seq > past->seq) {
		past->seq = ret_version->seq;
		past->changed_ns = ret_version->entry.utc_ns;
	}
	return err;
}

/* The first good template of the record, or the one at this index, takes the place of
 * the one before. */
static void take_template(past_t *past, const record_t *record, uint32_t index)
{
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	handle_value_t value;
	name_template_t *found = NULL;
	name_template_fault_t fault;
	while (!found && handle_value_next(&iter, &value)) {
		bool is_it = index ? value.index == index
		                   : slice_eq_nocase(value.type, SLICE("HS_NAMESPACE"));
		if (is_it && name_template_new(value.data, &found, &fault))
			found = NULL;
	}
	if (!found)
		return;
	name_template_free(past->template);
	past->template = found;
}

static err_t prefix_template(past_t *past, slice_t name)
{
	uint8_t room[RECORD_NAME_MAX + 8];
	writer_t w = writer_of(room, sizeof(room));
	registry_walk_t *walk;
	registry_version_t version;
	handle_name_prefix_record(name, &w);
	err_t err = stored(past, writer_done(&w), &walk, &version);
	if (!err)
		take_template(past, &version.entry.record, 0);
	registry_walk_close(walk);
	return err ? err : past->template ? ERR_OK : ERR_NOT_FOUND;
}

static err_t follow(past_t *past)
{
	handle_reference_t at;
	for (unsigned i = 0; name_template_reference(past->template, &at); i++) {
		registry_walk_t *walk;
		registry_version_t version;
		const name_template_t *before = past->template;
		if (i == REFERENCES_MAX)
			return ERR_LIMIT;
		err_t err = stored(past, at.handle, &walk, &version);
		if (!err)
			take_template(past, &version.entry.record, at.index);
		registry_walk_close(walk);
		if (err || past->template == before)
			return err ? err : ERR_NOT_FOUND;
	}
	return ERR_OK;
}

typedef struct {
	name_template_room_t room;
	uint8_t bytes[TEMPLATE_RECORD_MAX];
} made_t;

/* The version of the base with what was made of its record. */
static err_t make(past_t *past, const name_template_question_t *q, registry_walk_t *walk,
                  registry_version_t *version)
{
	made_t *made = malloc(sizeof(*made));
	record_t record;
	if (!made)
		return ERR_NO_MEMORY;
	registry_walk_keep(walk, (uint8_t *)made);
	writer_t w = writer_of(made->bytes, sizeof(made->bytes));
	err_t err = name_template_make(past->template, q, &made->room, &w, &record);
	if (err)
		return err;
	record.name = q->name;
	version->seq = past->seq;
	version->entry.utc_ns = past->changed_ns;
	version->entry.record = record;
	return ERR_OK;
}

static err_t make_at(past_t *past, slice_t name, registry_walk_t **ret_walk,
                     registry_version_t *ret_version)
{
	name_template_question_t q = { .name = name };
	record_t base;
	if (!name_template_split(past->template, name, &q.base, &q.extension))
		return ERR_NOT_FOUND;
	bool has_base = slice_find(q.base, '/') < q.base.len;
	uint8_t room[RECORD_NAME_MAX + 8];
	writer_t w = writer_of(room, sizeof(room));
	handle_name_prefix_record(name, &w);
	/* A prefix that is a base as a whole is at least described. */
	err_t err = stored(past, has_base ? q.base : writer_done(&w), ret_walk, ret_version);
	if (err)
		return err;
	base = ret_version->entry.record;
	if (has_base)
		take_template(past, &base, 0);
	q.record = has_base ? &base : NULL;
	err = follow(past);
	return err ? err : make(past, &q, *ret_walk, ret_version);
}

err_t registry_made_at(registry_reader_t *reader, const registry_moment_t *moment,
                       registry_walk_t **ret_walk, registry_version_t *ret_version)
{
	past_t past = { .reader = reader, .utc_ns = moment->utc_ns };
	*ret_walk = NULL;
	if (handle_name_described_prefix(moment->name).len)
		return ERR_NOT_FOUND;
	err_t err = prefix_template(&past, moment->name);
	if (!err)
		err = make_at(&past, moment->name, ret_walk, ret_version);
	name_template_free(past.template);
	if (err) {
		registry_walk_close(*ret_walk);
		*ret_walk = NULL;
	}
	return err;
}
