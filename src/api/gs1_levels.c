/* SPDX-License-Identifier: Apache-2.0 */
/* The records of a key, with each choice of its qualifiers, in one snapshot. */
#include "api/gs1_door.h"
#include "api/handlers.h"
#include "api/state.h"
#include "registry/registry.h"

enum { ALIASES_MAX = 8 };

/* The key and the qualifiers whose bit is set, in their order. */
static void take_part(const gs1_message_t *whole, size_t bits, gs1_message_t *ret_part)
{
	*ret_part = (gs1_message_t){ .elements = { whole->elements[0] }, .levels = 1 };
	for (size_t i = 1; i < whole->levels; i++)
		if (bits >> (i - 1) & 1)
			ret_part->elements[ret_part->levels++] = whole->elements[i];
	ret_part->count = ret_part->levels;
}

static void name_levels(const exchange_t *x, gs1_ask_t *ask)
{
	ask->count = (size_t)1 << (ask->message.levels - 1);
	for (size_t i = 0; i < ask->count; i++) {
		gs1_level_t *level = &ask->levels[i];
		writer_t w = writer_of(ask->names[i], sizeof(ask->names[i]));
		take_part(&ask->message, ask->count - 1 - i, &level->part);
		gs1_map_name(&x->api->spec.gs1, &level->part, level->part.levels, &w);
		level->name = writer_done(&w);
		level->by_alias = false;
		level->links = NULL;
	}
}

/* A name that only differs in case is another key. */
static void look_up(exchange_t *x, gs1_ask_t *ask)
{
	slice_t names[GS1_NAMES_MAX];
	record_t records[GS1_NAMES_MAX];
	err_t errs[GS1_NAMES_MAX];
	for (size_t i = 0; i < ask->count; i++)
		names[i] = ask->levels[i].name;
	registry_find_batch(x->api->reader, names, ask->count, records, errs);
	for (size_t i = 0; i < ask->count; i++) {
		gs1_level_t *level = &ask->levels[i];
		level->err = errs[i];
		level->record = records[i];
		if (!level->err && !level->by_alias && !gs1_map_is(level->name, level->record.name))
			level->err = ERR_NOT_FOUND;
	}
}

/* True when any level is another name now. */
static bool follow(gs1_ask_t *ask)
{
	bool any = false;
	for (size_t i = 0; i < ask->count; i++) {
		gs1_level_t *level = &ask->levels[i];
		slice_t alias = level->err ? (slice_t){ 0 } : handles_alias(&level->record);
		if (alias.len == 0)
			continue;
		memcpy(ask->names[i], alias.ptr, alias.len);
		level->name = slice_of(ask->names[i], alias.len);
		level->by_alias = any = true;
	}
	return any;
}

void gs1_levels_find(exchange_t *x, gs1_ask_t *ask)
{
	name_levels(x, ask);
	look_up(x, ask);
	for (unsigned steps = 0; steps < ALIASES_MAX && follow(ask); steps++) {
		registry_find_done(x->api->reader);
		look_up(x, ask);
	}
	for (size_t i = 0; i < ask->count; i++) {
		gs1_level_t *level = &ask->levels[i];
		if (level->err)
			continue;
		level->links = &ask->links[i];
		gs1_links_read(&level->record, x->request.lang, level->links);
	}
}

void gs1_levels_done(exchange_t *x, gs1_ask_t *ask)
{
	for (size_t i = 0; i < ask->count; i++)
		if (ask->levels[i].links)
			gs1_links_done(ask->levels[i].links);
	registry_find_done(x->api->reader);
}
