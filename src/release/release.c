/* SPDX-License-Identifier: Apache-2.0 */
#include "release/release.h"

#include "base/ascii.h"
#include "release/address.h"

#include <assert.h>

/* What becomes of an argument. A key that has no row is kept back, so that one that is added
 * elsewhere does not leave before somebody has thought of it. */
typedef enum {
	TREAT_NEVER,
	TREAT_PLAIN,    /* numbers as they are, texts unless an address is in them */
	TREAT_ADDRESS,  /* a pseudonym unless it is an outer one */
	TREAT_PERSON,   /* a pseudonym */
	TREAT_MEASURED, /* when the contract lets values go */
} treat_t;

static const treat_t TREATS[EVENT_ARG_COUNT] = {
	[ARG_SUBJECT] = TREAT_PERSON,      [ARG_ROLE] = TREAT_PLAIN,
	[ARG_NAME] = TREAT_PLAIN,          [ARG_DEVICE] = TREAT_PLAIN,
	[ARG_POINT] = TREAT_PLAIN,         [ARG_IDENT] = TREAT_PLAIN,
	[ARG_OLD] = TREAT_MEASURED,        [ARG_NEW] = TREAT_MEASURED,
	[ARG_UNIT] = TREAT_PLAIN,          [ARG_LIMIT_LOW] = TREAT_MEASURED,
	[ARG_LIMIT_HIGH] = TREAT_MEASURED, [ARG_CLIENT] = TREAT_ADDRESS,
	[ARG_SERVER] = TREAT_ADDRESS,      [ARG_USUAL] = TREAT_ADDRESS,
	[ARG_USUAL_COUNT] = TREAT_PLAIN,   [ARG_FUNCTION] = TREAT_PLAIN,
	[ARG_FROM] = TREAT_PLAIN,          [ARG_TO] = TREAT_PLAIN,
	[ARG_COUNT] = TREAT_PLAIN,         [ARG_REASON] = TREAT_PLAIN,
	[ARG_REASONS] = TREAT_PLAIN,       [ARG_COMMAND] = TREAT_PLAIN,
	[ARG_STATE] = TREAT_PLAIN,         [ARG_PACKET] = TREAT_NEVER,
	[ARG_BYTES] = TREAT_PLAIN,         [ARG_PATH] = TREAT_NEVER,
	[ARG_SEQUENCE] = TREAT_PLAIN,      [ARG_MAC] = TREAT_ADDRESS,
	[ARG_EXPIRES] = TREAT_PLAIN,       [ARG_TOLERANCE] = TREAT_MEASURED,
	[ARG_READ_BACK] = TREAT_MEASURED,  [ARG_VERSION] = TREAT_PLAIN,
	[ARG_BODY_HASH] = TREAT_PLAIN,     [ARG_UNIT_ID] = TREAT_PLAIN,
	[ARG_SERVERS] = TREAT_PLAIN,       [ARG_TOKEN] = TREAT_NEVER,
	[ARG_VALID_UNTIL] = TREAT_PLAIN,   [ARG_FINGERPRINT] = TREAT_PLAIN,
};

static release_verdict_t stays(uplink_class_t class)
{
	return (release_verdict_t){ .class = class };
}

static bool has_word(const unsigned *words, size_t count, unsigned word)
{
	for (size_t i = 0; i < count; i++)
		if (words[i] == word)
			return true;
	return false;
}

bool release_stream_goes(const config_contract_t *contract, uplink_stream_t stream)
{
	return contract && has_word(contract->streams, contract->stream_count, stream);
}

bool release_class_goes(const config_contract_t *contract, data_class_t class)
{
	return class != DATA_CORE && contract &&
	       has_word(contract->points, contract->point_count, class);
}

/* ---- what it stems from */

/* The gravest class that was met, and whether all of it is known. */
typedef struct {
	data_class_t class;
	bool is_unknown;
} stem_t;

static void stem_add(stem_t *stem, const point_t *point)
{
	if (!point)
		stem->is_unknown = true;
	else if (point->data_class > stem->class)
		stem->class = point->data_class;
}

/* Whatever case its ASCII letters have. */
static bool contains(slice_t text, slice_t name)
{
	for (size_t i = 0; name.len && i + name.len <= text.len; i++)
		if (ascii_fold_lower(text.ptr[i]) == ascii_fold_lower(name.ptr[0]) &&
		    slice_eq_nocase(slice_sub(text, i, name.len), name))
			return true;
	return false;
}

static void stem_of_points(const catalogue_t *catalogue, device_id_t device, slice_t text,
                           stem_t *stem)
{
	for (size_t i = 0; i < catalogue->point_count; i++) {
		const point_t *p = &catalogue->points[i];
		if (p->device == device && p->data_class > stem->class &&
		    contains(text, slice_str(p->name)))
			stem->class = p->data_class;
	}
}

/* The name of a point, which its identifier ends in, begins with that of its device: most texts
 * are done with after the devices, of which there are few. */
static void stem_of_text(const catalogue_t *catalogue, slice_t text, stem_t *stem)
{
	for (size_t i = 0; i < catalogue->device_count; i++)
		if (contains(text, slice_str(catalogue->devices[i].name)))
			stem_of_points(catalogue, catalogue->devices[i].id, text, stem);
}

/* A range of registers that was written or asked for. */
typedef struct {
	device_id_t device; /* or whatever answers at `server` */
	ip_t server;
	uint64_t from, to;
} range_t;

static bool number_arg(const event_t *event, event_arg_key_t key, uint64_t *ret_number)
{
	const value_t *value = event_arg_get(event, key);
	double number;
	if (!value || !value_number(value, &number) || !(number >= 0 && number <= UINT32_MAX))
		return false;
	*ret_number = (uint64_t)number;
	return true;
}

static bool range_of(const event_t *event, range_t *ret_range)
{
	range_t range = { .device = event->device };
	const value_t *server = event_arg_get(event, ARG_SERVER);
	addr_t addr;
	if (!number_arg(event, ARG_FROM, &range.from))
		return false;
	if (!number_arg(event, ARG_TO, &range.to))
		range.to = range.from;
	if (server && server->type == VALUE_TEXT && addr_parse(server->as.text, &addr) == ERR_OK)
		range.server = addr.ip;
	else if (server && server->type == VALUE_TEXT &&
	         ip_parse(server->as.text, &addr.ip) == ERR_OK)
		range.server = addr.ip;
	*ret_range = range;
	return true;
}

static bool is_touched(const point_t *point, const range_t *range)
{
	uint32_t first = point->address.address;
	uint32_t last = first + (point->address.words ? point->address.words - 1U : 0);
	return first <= range->to && last >= range->from;
}

static void stem_of_registers(const catalogue_t *catalogue, device_id_t device,
                              const range_t *range, stem_t *stem)
{
	for (size_t i = 0; i < catalogue->point_count; i++) {
		const point_t *p = &catalogue->points[i];
		if (p->device == device && is_touched(p, range))
			stem_add(stem, p);
	}
}

static bool is_meant(const device_t *device, const range_t *range)
{
	if (range->device)
		return device->id == range->device;
	return range->server.family && ip_eq(device->addr.ip, range->server);
}

static void stem_of_range(const catalogue_t *catalogue, const event_t *event, stem_t *stem)
{
	range_t range;
	if (!range_of(event, &range))
		return;
	for (size_t i = 0; i < catalogue->device_count; i++) {
		const device_t *d = &catalogue->devices[i];
		if (is_meant(d, &range))
			stem_of_registers(catalogue, d->id, &range, stem);
	}
}

static stem_t stem_of_event(const catalogue_t *catalogue, const event_t *event)
{
	stem_t stem = { DATA_GENERAL, false };
	if (event->point)
		stem_add(&stem, catalogue_point(catalogue, event->point));
	stem_of_range(catalogue, event, &stem);
	for (size_t i = 0; i < event->count; i++)
		if (event->args[i].value.type == VALUE_TEXT)
			stem_of_text(catalogue, event->args[i].value.as.text, &stem);
	return stem;
}

/* Goes as far as what it stems from is concerned. */
static release_verdict_t judge_stem(const config_contract_t *contract, const stem_t *stem)
{
	if (stem->class == DATA_CORE)
		return stays(UPLINK_CLASS_CORE);
	if (stem->is_unknown)
		return stays(UPLINK_CLASS_UNNAMED);
	if (contract && !release_class_goes(contract, stem->class))
		return stays(UPLINK_CLASS_FORBIDDEN);
	return (release_verdict_t){ .goes = true };
}

/* ---- events */

/* Where the words of an event that goes are kept until it is encoded. */
typedef struct {
	const release_judge_t *judge;
	event_t event;
	char words[EVENT_ARGS_MAX][RELEASE_PSEUDONYM_MAX];
} leaving_t;

static void leave_with(leaving_t *l, event_arg_key_t key, value_t value)
{
	if (l->event.count < EVENT_ARGS_MAX)
		event_arg(&l->event, key, value);
}

static void leave_hidden(leaving_t *l, event_arg_key_t key, slice_t text)
{
	if (l->event.count == EVENT_ARGS_MAX)
		return;
	char *word = l->words[l->event.count];
	leave_with(l, key, value_text(slice_str(release_pseudonym(l->judge->key, text, word))));
}

static bool is_outer(const catalogue_t *catalogue, slice_t text)
{
	addr_t addr;
	bool is_address = ip_parse(text, &addr.ip) == ERR_OK || addr_parse(text, &addr) == ERR_OK;
	return is_address && !release_is_inner(catalogue, addr.ip);
}

static void leave_address(leaving_t *l, event_arg_key_t key, const value_t *value)
{
	if (value->type != VALUE_TEXT)
		return;
	if (is_outer(l->judge->catalogue, value->as.text))
		leave_with(l, key, *value);
	else
		leave_hidden(l, key, value->as.text);
}

static void leave_plain(leaving_t *l, event_arg_key_t key, const value_t *value)
{
	if (value->type != VALUE_TEXT || !address_in_text(l->judge->catalogue, value->as.text))
		leave_with(l, key, *value);
}

static void leave_arg(leaving_t *l, event_arg_key_t key, const value_t *value)
{
	switch (TREATS[key]) {
	case TREAT_NEVER:
		break;
	case TREAT_PLAIN:
		leave_plain(l, key, value);
		break;
	case TREAT_ADDRESS:
		leave_address(l, key, value);
		break;
	case TREAT_PERSON:
		if (value->type == VALUE_TEXT)
			leave_hidden(l, key, value->as.text);
		break;
	case TREAT_MEASURED:
		if (l->judge->contract->values)
			leave_plain(l, key, value);
	}
}

/* Names for ids, unless an argument says them already. */
static void leave_names(leaving_t *l, const event_t *event)
{
	const catalogue_t *c = l->judge->catalogue;
	const device_t *device = event->device ? catalogue_device(c, event->device) : NULL;
	const point_t *point = event->point ? catalogue_point(c, event->point) : NULL;
	if (device && !event_arg_get(event, ARG_DEVICE))
		leave_with(l, ARG_DEVICE, value_text(slice_str(device->name)));
	if (point && !event_arg_get(event, ARG_POINT))
		leave_with(l, ARG_POINT, value_text(slice_str(point->name)));
}

static void put_event(const release_judge_t *judge, const event_t *event, writer_t *w)
{
	leaving_t l = { .judge = judge, .event = *event };
	l.event.device = 0;
	l.event.point = 0;
	l.event.count = 0;
	leave_names(&l, event);
	for (size_t i = 0; i < event->count; i++)
		leave_arg(&l, event->args[i].key, &event->args[i].value);
	event_item_put(judge->node, &l.event, w);
}

release_verdict_t release_event_passes(const config_contract_t *contract, const event_t *event)
{
	event_class_t class = message_info(event->message)->class;
	if (!release_stream_goes(contract, UPLINK_EVENTS) ||
	    !has_word(contract->events, contract->event_count, class))
		return stays(UPLINK_CLASS_UNASKED);
	if (event->severity < contract->severity)
		return stays(UPLINK_CLASS_MINOR);
	return (release_verdict_t){ .goes = true };
}

release_verdict_t release_event(const release_judge_t *judge, const event_t *event, writer_t *w)
{
	stem_t stem = stem_of_event(judge->catalogue, event);
	release_verdict_t verdict = judge_stem(judge->contract, &stem);
	if (verdict.goes)
		verdict = release_event_passes(judge->contract, event);
	if (verdict.goes)
		put_event(judge, event, w);
	return verdict;
}

/* ---- figures */

static stem_t stem_of_figure(const catalogue_t *catalogue, const figure_t *figure,
                             const release_lineage_t *lineage)
{
	stem_t stem = { DATA_GENERAL, !lineage->is_known };
	for (size_t i = 0; i < lineage->count; i++)
		stem_add(&stem, catalogue_point(catalogue, lineage->points[i]));
	const slice_t texts[] = { figure->entity, figure->key.definition, figure->key.scope,
		                  figure->lack };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		stem_of_text(catalogue, texts[i], &stem);
	return stem;
}

static bool is_asked(const config_contract_t *contract, slice_t definition)
{
	for (size_t i = 0; i < contract->indicator_count; i++)
		if (slice_is_named(definition, slice_str(contract->indicators[i])))
			return true;
	return false;
}

/* Who reports is the cell of a figure that others' figures went into. */
static bool is_small(const config_contract_t *contract, const figure_t *figure)
{
	return figure->origin == FIGURE_ROLLED && figure->reporting > 0 &&
	       figure->reporting < contract->cell;
}

static bool is_frequent(const config_contract_t *contract, const figure_key_t *key)
{
	return key->to_ns - key->from_ns < contract->every_ns;
}

release_verdict_t release_figure(const release_judge_t *judge, const figure_t *figure,
                                 const release_lineage_t *lineage, writer_t *w)
{
	const config_contract_t *contract = judge->contract;
	stem_t stem = stem_of_figure(judge->catalogue, figure, lineage);
	release_verdict_t verdict = judge_stem(contract, &stem);
	if (!verdict.goes)
		return verdict;
	if (!release_stream_goes(contract, UPLINK_INDICATORS) ||
	    !is_asked(contract, figure->key.definition))
		return stays(UPLINK_CLASS_UNASKED);
	if (is_frequent(contract, &figure->key))
		return stays(UPLINK_CLASS_FREQUENT);
	if (is_small(contract, figure))
		return stays(UPLINK_CLASS_CELL);
	/* Of whom it was made is for those to be told who ask for it. */
	figure_t leaving = *figure;
	leaving.sources = (slice_t){ 0 };
	wr_string(w, judge->node);
	if (figure_encode(&leaving, w))
		w->bad = true;
	return verdict;
}
