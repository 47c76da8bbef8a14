/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H
/* Events keep meaning, not sentences: a message id and typed arguments. The text
 * comes from packs/text at the edge, in the reader's language. The sequence of
 * an event is its sequence in the main journal, so order is total per node.
 *
 * Disk form (payload of a JOURNAL_EVENT record): version u8 = 1, message u16
 * little-endian, severity u8, node time and source time zig-zag, device, point, incident
 * varints, argument count u8, then key u8 and value each. */
#include "model/sample.h"

#define EVENT_CLASS_ROWS(X) \
	X(LIFE, "life") \
	X(ALARM, "alarm") \
	X(ALERT, "alert") \
	X(COMMAND, "command") \
	X(RECORD, "record") \
	X(ACCESS, "access")

#define X(name, text) EVENT_##name,
typedef enum { EVENT_CLASS_ROWS(X) EVENT_CLASS_COUNT } event_class_t;
#undef X

typedef enum {
	SEVERITY_INFO,
	SEVERITY_NOTICE,
	SEVERITY_WARNING,
	SEVERITY_ALARM,
	SEVERITY_CRITICAL,
	SEVERITY_COUNT
} severity_t;

/* Message ids are stored: append rows, never reorder. id, class, severity.
 * The text of each is a row in packs/text/messages.tsv with {argument} holes. */
#define MESSAGE_ROWS(X) \
	X(NODE_STARTED, LIFE, INFO) \
	X(NODE_STOPPED, LIFE, INFO) \
	X(JOURNAL_TAIL_CUT, LIFE, WARNING) \
	X(VIEW_REBUILT, LIFE, WARNING) \
	X(CONFIG_LOADED, LIFE, INFO) \
	X(CONFIG_REFUSED, LIFE, WARNING) \
	X(DISK_LOW, LIFE, ALARM) \
	X(SAMPLES_REDUCED, LIFE, ALARM) \
	X(CAPTURE_STARTED, LIFE, INFO) \
	X(CAPTURE_ENDED, LIFE, WARNING) \
	X(DEVICE_UP, LIFE, INFO) \
	X(DEVICE_DOWN, ALARM, WARNING) \
	X(POINT_OUT_OF_LIMITS, ALARM, WARNING) \
	X(POINT_BACK_IN_LIMITS, ALARM, INFO) \
	X(COMMAND_REQUESTED, COMMAND, NOTICE) \
	X(COMMAND_REFUSED, COMMAND, WARNING) \
	X(COMMAND_OPERATED, COMMAND, NOTICE) \
	X(COMMAND_VERIFIED, COMMAND, NOTICE) \
	X(COMMAND_FAILED, COMMAND, ALARM) \
	X(RECORD_CREATED, RECORD, INFO) \
	X(RECORD_CHANGED, RECORD, INFO) \
	X(RECORD_DELETED, RECORD, NOTICE) \
	X(LOGIN, ACCESS, INFO) \
	X(LOGIN_REFUSED, ACCESS, WARNING) \
	X(ASSET_SEEN, LIFE, INFO) \
	X(ASSET_APPROVED, ACCESS, NOTICE) \
	X(BASELINE_LEARNED, LIFE, INFO) \
	X(BASELINE_APPROVED, ACCESS, NOTICE) \
	X(INCIDENT_SWEEP, ALERT, ALARM) \
	X(INCIDENT_WALK, ALERT, ALARM) \
	X(INCIDENT_WRITE, ALERT, CRITICAL) \
	X(INCIDENT_TALKER, ALERT, WARNING) \
	X(INCIDENT_MALFORMED, ALERT, WARNING) \
	X(INCIDENT_UPDATED, ALERT, INFO) \
	X(INCIDENT_CLOSED, ALERT, NOTICE) \
	X(RECORD_STATE, RECORD, NOTICE) \
	X(RECORD_RESTORED, RECORD, NOTICE) \
	X(USER_ADDED, ACCESS, NOTICE) \
	X(USER_CHANGED, ACCESS, NOTICE) \
	X(USER_REMOVED, ACCESS, NOTICE) \
	X(PASSWORD_CHANGED, ACCESS, NOTICE) \
	X(TOKEN_ADDED, ACCESS, NOTICE) \
	X(TOKEN_REVOKED, ACCESS, NOTICE) \
	X(CERTIFICATE_LOADED, LIFE, INFO) \
	X(CERTIFICATE_REFUSED, LIFE, WARNING) \
	X(CERTIFICATE_ENDING, LIFE, WARNING) \
	X(PROOF_BROKEN, ALERT, CRITICAL) \
	X(NODE_RESTORED, LIFE, WARNING) \
	X(PREFIX_HOMED, RECORD, NOTICE) \
	X(PREFIX_UNHOMED, RECORD, NOTICE) \
	X(RECORDS_REGISTERED, RECORD, NOTICE) \
	X(APPLICATION_STEP, RECORD, NOTICE) \
	X(APPLICATIONS_WAIT, RECORD, WARNING) \
	X(PREFIX_LIMITED, RECORD, NOTICE) \
	X(TEMPLATE_CHANGED, RECORD, NOTICE) \
	X(RECORDS_CHANGED, RECORD, NOTICE) \
	X(LINE_OVERLOADED, ALARM, WARNING) \
	X(IDENTITY_GUESSED, ACCESS, WARNING) \
	X(SERIES_REFUSED, LIFE, WARNING) \
	X(HISTORY_EDITED, RECORD, NOTICE) \
	X(MEMBER_INVITED, ACCESS, NOTICE) \
	X(MEMBER_ENROLLED, ACCESS, NOTICE) \
	X(MEMBER_RENEWED, ACCESS, INFO) \
	X(MEMBER_REVOKED, ACCESS, NOTICE) \
	X(CODE_GUESSED, ACCESS, WARNING) \
	X(UPLINK_REFUSED, ALERT, WARNING) \
	X(UPLINK_STOPPED, ALARM, WARNING) \
	X(RENEWAL_FAILED, LIFE, WARNING) \
	X(FIGURE_REFUSED, LIFE, WARNING) \
	X(FIGURE_DECLARED, RECORD, NOTICE) \
	X(FIGURES_DECLARED, RECORD, NOTICE) \
	X(CASE_STEP, RECORD, NOTICE)

#define X(name, class, severity) MSG_##name,
typedef enum { MESSAGE_ROWS(X) MESSAGE_COUNT } message_t;
#undef X

/* Argument keys are stored: append rows, never reorder. id, name in texts and JSON. */
#define EVENT_ARG_ROWS(X) \
	X(SUBJECT, "subject") \
	X(ROLE, "role") \
	X(NAME, "name") \
	X(DEVICE, "device") \
	X(POINT, "point") \
	X(IDENT, "ident") \
	X(OLD, "old") \
	X(NEW, "new") \
	X(UNIT, "unit") \
	X(LIMIT_LOW, "limit_low") \
	X(LIMIT_HIGH, "limit_high") \
	X(CLIENT, "client") \
	X(SERVER, "server") \
	X(USUAL, "usual_client") \
	X(USUAL_COUNT, "usual_count") \
	X(FUNCTION, "function") \
	X(FROM, "from") \
	X(TO, "to") \
	X(COUNT, "count") \
	X(REASON, "reason") \
	X(REASONS, "reasons") \
	X(COMMAND, "command") \
	X(STATE, "state") \
	X(PACKET, "packet") \
	X(BYTES, "bytes") \
	X(PATH, "path") \
	X(SEQUENCE, "sequence") \
	X(MAC, "mac") \
	X(EXPIRES, "expires") \
	X(TOLERANCE, "tolerance") \
	X(READ_BACK, "read_back") \
	X(VERSION, "version") \
	X(BODY_HASH, "body_hash") \
	X(UNIT_ID, "unit_id") \
	X(SERVERS, "servers") \
	X(TOKEN, "token") \
	X(VALID_UNTIL, "valid_until") \
	X(FINGERPRINT, "fingerprint")

#define X(name, text) ARG_##name,
typedef enum { EVENT_ARG_ROWS(X) EVENT_ARG_COUNT } event_arg_key_t;
#undef X

enum { EVENT_ARGS_MAX = 20, EVENT_BYTES_MAX = 8192 };

typedef struct {
	event_arg_key_t key;
	value_t value;
} event_arg_t;

typedef struct {
	uint64_t seq; /* set by the journal; 0 before */
	message_t message;
	severity_t severity; /* event_make takes the row's */
	node_time_t node;
	source_time_t source; /* of the packet, sample or request */
	device_id_t device;   /* 0: none */
	point_id_t point;     /* 0: none */
	uint64_t incident;    /* 0: none; else the incident's number */
	size_t count;
	event_arg_t args[EVENT_ARGS_MAX];
} event_t;

typedef struct {
	const char *name; /* "INCIDENT_WRITE" */
	event_class_t class;
	severity_t severity;
} message_info_t;

const message_info_t *message_info(message_t message);
const char *event_class_name(event_class_t class);
const char *event_arg_name(event_arg_key_t key);
const char *severity_name(severity_t severity);

event_t event_make(message_t message, node_time_t node);
/* Adds an argument; past EVENT_ARGS_MAX it asserts. Text borrows. */
void event_arg(event_t *event, event_arg_key_t key, value_t value);
/* The argument's value, or NULL. */
const value_t *event_arg_get(const event_t *event, event_arg_key_t key);
void event_encode(const event_t *event, writer_t *w);
/* Text arguments borrow `in`. ERR_MALFORMED, ERR_NEWER_FORMAT. */
MUST_CHECK err_t event_decode(slice_t in, event_t *ret_event);
/* An event among nodes, the body of an item of the stream EVENTS: identifier of the node where
 * it happened (string), its sequence there (varint), the event as above. Ids of devices and
 * points mean something at that node alone, so they are 0 and the names are arguments. */
void event_item_put(slice_t node, const event_t *event, writer_t *w);
/* Sets seq. ERR_MALFORMED, ERR_NEWER_FORMAT. */
MUST_CHECK err_t event_item_read(slice_t body, slice_t *ret_node, event_t *ret_event);
/* All fields and arguments as one JSON object; texts are added at the edge. */
void event_json(const event_t *event, json_t *j);
#endif
