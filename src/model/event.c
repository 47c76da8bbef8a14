/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of messages and arguments, and the disk form of an event. */
#include "model/event.h"

#include <assert.h>

enum { EVENT_VERSION = 1 };

static const message_info_t MESSAGES[] = {
#define X(name, class, severity) { #name, EVENT_##class, SEVERITY_##severity },
	MESSAGE_ROWS(X)
#undef X
};

static const char *const CLASS_NAMES[] = {
#define X(name, text) text,
	EVENT_CLASS_ROWS(X)
#undef X
};

static const char *const ARG_NAMES[] = {
#define X(name, text) text,
	EVENT_ARG_ROWS(X)
#undef X
};

static const char *const SEVERITY_NAMES[] = { "info", "notice", "warning", "alarm", "critical" };

static_assert(sizeof(SEVERITY_NAMES) / sizeof(SEVERITY_NAMES[0]) == SEVERITY_COUNT,
              "a name for every severity");

const message_info_t *message_info(message_t message)
{
	assert(message < MESSAGE_COUNT);
	return &MESSAGES[message];
}

const char *event_class_name(event_class_t class)
{
	assert(class < EVENT_CLASS_COUNT);
	return CLASS_NAMES[class];
}

const char *event_arg_name(event_arg_key_t key)
{
	assert(key < EVENT_ARG_COUNT);
	return ARG_NAMES[key];
}

const char *severity_name(severity_t severity)
{
	assert(severity < SEVERITY_COUNT);
	return SEVERITY_NAMES[severity];
}

event_t event_make(message_t message, node_time_t node)
{
	return (event_t){
		.message = message,
		.severity = message_info(message)->severity,
		.node = node,
		.source = { node.ns },
	};
}

void event_arg(event_t *event, event_arg_key_t key, value_t value)
{
	assert(event->count < EVENT_ARGS_MAX && key < EVENT_ARG_COUNT);
	event->args[event->count++] = (event_arg_t){ key, value };
}

const value_t *event_arg_get(const event_t *event, event_arg_key_t key)
{
	for (size_t i = 0; i < event->count; i++)
		if (event->args[i].key == key)
			return &event->args[i].value;
	return NULL;
}

void event_encode(const event_t *event, writer_t *w)
{
	wr_u8(w, EVENT_VERSION);
	wr_u16_le(w, (uint16_t)event->message);
	wr_u8(w, (uint8_t)event->severity);
	wr_zigzag(w, event->node.ns);
	wr_zigzag(w, event->source.ns);
	wr_varint(w, event->device);
	wr_varint(w, event->point);
	wr_varint(w, event->incident);
	wr_u8(w, (uint8_t)event->count);
	for (size_t i = 0; i < event->count; i++) {
		wr_u8(w, (uint8_t)event->args[i].key);
		value_encode(&event->args[i].value, w);
	}
}

static uint32_t read_id(reader_t *r)
{
	uint64_t id = rd_varint(r);
	if (id > UINT32_MAX)
		r->bad = true;
	return (uint32_t)id;
}

/* Rows are only ever appended, so a number past the last one comes from a newer
 * version and not from damage. */
static err_t read_head(reader_t *r, event_t *event)
{
	uint8_t version = rd_u8(r);
	if (version > EVENT_VERSION)
		return ERR_NEWER_FORMAT;
	uint16_t message = rd_u16_le(r);
	uint8_t severity = rd_u8(r);
	event->node.ns = rd_zigzag(r);
	event->source.ns = rd_zigzag(r);
	event->device = read_id(r);
	event->point = read_id(r);
	event->incident = rd_varint(r);
	event->count = rd_u8(r);
	bool bad = version == 0 || severity >= SEVERITY_COUNT || event->count > EVENT_ARGS_MAX;
	if (r->bad || bad)
		return ERR_MALFORMED;
	event->message = (message_t)message;
	event->severity = (severity_t)severity;
	return message < MESSAGE_COUNT ? ERR_OK : ERR_NEWER_FORMAT;
}

static err_t read_args(reader_t *r, event_t *event)
{
	bool newer = false;
	for (size_t i = 0; i < event->count; i++) {
		uint8_t key = rd_u8(r);
		event->args[i] = (event_arg_t){ (event_arg_key_t)key, value_decode(r) };
		newer |= key >= EVENT_ARG_COUNT;
	}
	if (r->bad || r->in.len)
		return ERR_MALFORMED;
	return newer ? ERR_NEWER_FORMAT : ERR_OK;
}

err_t event_decode(slice_t in, event_t *ret_event)
{
	reader_t r = reader_of(in);
	event_t event = { 0 };
	err_t err = read_head(&r, &event);
	if (!err)
		err = read_args(&r, &event);
	if (!err)
		*ret_event = event;
	return err;
}

void event_item_put(slice_t node, const event_t *event, writer_t *w)
{
	assert(node.len && event->seq && event->device == 0 && event->point == 0);
	wr_string(w, node);
	wr_varint(w, event->seq);
	event_encode(event, w);
}

err_t event_item_read(slice_t body, slice_t *ret_node, event_t *ret_event)
{
	event_t event;
	reader_t r = reader_of(body);
	slice_t node = rd_string(&r);
	uint64_t seq = rd_varint(&r);
	if (r.bad || node.len == 0 || seq == 0)
		return ERR_MALFORMED;
	err_t err = event_decode(r.in, &event);
	if (err)
		return err;
	if (event.device || event.point)
		return ERR_MALFORMED;
	event.seq = seq;
	*ret_event = event;
	*ret_node = node;
	return ERR_OK;
}

void event_json(const event_t *event, json_t *j)
{
	const message_info_t *info = message_info(event->message);
	json_object(j);
	json_put_u64(j, "seq", event->seq);
	json_put_cstr(j, "message", info->name);
	json_put_cstr(j, "class", event_class_name(info->class));
	json_put_cstr(j, "severity", severity_name(event->severity));
	json_put_time(j, "node_time", event->node.ns);
	json_put_time(j, "source_time", event->source.ns);
	json_put_u64(j, "device", event->device);
	json_put_u64(j, "point", event->point);
	json_put_u64(j, "incident", event->incident);
	json_key(j, "args");
	json_object(j);
	for (size_t i = 0; i < event->count; i++) {
		json_key(j, event_arg_name(event->args[i].key));
		value_json(&event->args[i].value, j);
	}
	json_close(j);
	json_close(j);
}
