/* SPDX-License-Identifier: Apache-2.0 */
/* One small function for each Modbus function, found by a table. Each is given a
 * response that already repeats the request, and a writer for its data. */
#include "sim/station.h"

#include <assert.h>
#include <stddef.h>

enum {
	LOG_RECEIVED = 0x80,
	LOG_SENT = 0x40,
	LOG_EXCEPTION = 0x41,
	LOG_LISTEN_ONLY = 0x04,
	SERVER_ID = 0x4C,
	RUNNING = 0xFF,
	CONFORMITY = 0x82, /* regular objects, by stream and one by one */
	DEVICE_ID_ONE = 4,
	IDENTITY_OBJECTS = 7,
};

typedef modbus_exception_t (*answer_fn)(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r,
                                        writer_t *w);

void station_init(station_t *s, const plant_machine_t *machine)
{
	*s = (station_t){ .machine = machine };
	registers_init(&s->registers, plant_model(machine));
}

static void log_event(station_t *s, uint8_t event)
{
	memmove(&s->log[1], s->log, STATION_LOG_BYTES - 1);
	s->log[0] = event;
	if (s->log_len < STATION_LOG_BYTES)
		s->log_len++;
}

/* Registers and bits. */

static modbus_exception_t read_range(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r,
                                     writer_t *w)
{
	(void)r;
	if (!registers_has(q->address, q->quantity))
		return MODBUS_ILLEGAL_DATA_ADDRESS;
	registers_read(&s->registers, modbus_function_info(q->function)->space, q->address,
	               q->quantity, w);
	return MODBUS_NO_EXCEPTION;
}

static modbus_exception_t put_range(station_t *s, modbus_space_t space, uint16_t address,
                                    slice_t data, uint16_t quantity)
{
	if (!registers_has(address, quantity))
		return MODBUS_ILLEGAL_DATA_ADDRESS;
	registers_write(&s->registers, space, address, quantity, data);
	memmove(&s->written[1], s->written, sizeof(s->written) - sizeof(s->written[0]));
	s->written[0] = address;
	if (s->written_count < MODBUS_FIFO_MAX)
		s->written_count++;
	return MODBUS_NO_EXCEPTION;
}

static modbus_exception_t write_coil(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r,
                                     writer_t *w)
{
	(void)r;
	(void)w;
	uint8_t bit = q->value == MODBUS_COIL_ON;
	return put_range(s, MODBUS_SPACE_COIL, q->address, slice_of(&bit, 1), 1);
}

static modbus_exception_t put_register(station_t *s, uint16_t address, uint16_t value)
{
	uint8_t data[2];
	modbus_register_put(data, 0, value);
	return put_range(s, MODBUS_SPACE_HOLDING, address, slice_of(data, 2), 1);
}

static modbus_exception_t write_register(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r,
                                         writer_t *w)
{
	(void)r;
	(void)w;
	return put_register(s, q->address, q->value);
}

static modbus_exception_t write_range(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r,
                                      writer_t *w)
{
	(void)w;
	r->data = (slice_t){ 0 };
	return put_range(s, modbus_function_info(q->function)->space, q->address, q->data,
	                 q->quantity);
}

static modbus_exception_t mask_write(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r,
                                     writer_t *w)
{
	(void)r;
	(void)w;
	if (!registers_has(q->address, 1))
		return MODBUS_ILLEGAL_DATA_ADDRESS;
	uint8_t old[2];
	writer_t copy = writer_of(old, sizeof(old));
	registers_read(&s->registers, MODBUS_SPACE_HOLDING, q->address, 1, &copy);
	unsigned is = modbus_register_get(writer_done(&copy), 0);
	unsigned value = (is & q->and_mask) | (q->or_mask & ~(unsigned)q->and_mask);
	return put_register(s, q->address, (uint16_t)value);
}

/* The write comes before the read (6.17). */
static modbus_exception_t read_write(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r,
                                     writer_t *w)
{
	if (!registers_has(q->address, q->quantity))
		return MODBUS_ILLEGAL_DATA_ADDRESS;
	modbus_exception_t exception = put_range(s, MODBUS_SPACE_HOLDING, q->write_address, q->data,
	                                         q->write_quantity);
	return exception ? exception : read_range(s, q, r, w);
}

static modbus_exception_t read_fifo(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r,
                                    writer_t *w)
{
	if (q->address != STATION_FIFO)
		return MODBUS_ILLEGAL_DATA_ADDRESS;
	for (size_t i = s->written_count; i > 0; i--)
		wr_u16(w, s->written[i - 1]);
	r->quantity = s->written_count;
	return MODBUS_NO_EXCEPTION;
}

/* Files. */

static bool file_has(const modbus_file_t *group)
{
	return group->file == STATION_FILE &&
	       (uint32_t)group->record + group->length <= STATION_FILE_REGISTERS;
}

static modbus_exception_t read_file(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r,
                                    writer_t *w)
{
	slice_t rest = q->data;
	modbus_file_t group;
	while (modbus_file_next(q, &rest, &group)) {
		if (!file_has(&group))
			return MODBUS_ILLEGAL_DATA_ADDRESS;
		group.data = slice_sub(slice_of(s->file, sizeof(s->file)), 2U * group.record,
		                       2U * group.length);
		modbus_file_put(r, w, &group);
	}
	return w->bad ? MODBUS_ILLEGAL_DATA_VALUE : MODBUS_NO_EXCEPTION;
}

static modbus_exception_t write_file(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r,
                                     writer_t *w)
{
	slice_t rest = q->data;
	modbus_file_t group;
	while (modbus_file_next(q, &rest, &group))
		if (!file_has(&group))
			return MODBUS_ILLEGAL_DATA_ADDRESS;
	rest = q->data;
	while (modbus_file_next(q, &rest, &group)) {
		memcpy(&s->file[2U * group.record], group.data.ptr, group.data.len);
		modbus_file_put(r, w, &group);
	}
	return MODBUS_NO_EXCEPTION;
}

/* Diagnosis. */

static modbus_exception_t read_status(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r,
                                      writer_t *w)
{
	(void)q;
	(void)w;
	r->status = s->is_listen_only;
	return MODBUS_NO_EXCEPTION;
}

static void counters_clear(station_t *s)
{
	s->messages = s->exceptions = s->events = s->silent = 0;
}

typedef enum { DIAGNOSE_ECHO, DIAGNOSE_COUNTER, DIAGNOSE_ACT } diagnose_kind_t;

static void restart(station_t *s)
{
	counters_clear(s);
	s->is_listen_only = false;
	s->log_len = 0;
}

static void listen_only(station_t *s)
{
	s->is_listen_only = true;
	log_event(s, LOG_LISTEN_ONLY);
}

/* Subfunctions of 08 (6.8.1). */
static const struct {
	uint16_t subfunction;
	diagnose_kind_t kind;
	size_t counter; /* offset in station_t */
	void (*act)(station_t *s);
} DIAGNOSES[] = {
	{ 0x00, DIAGNOSE_ECHO, 0, NULL },
	{ 0x01, DIAGNOSE_ACT, 0, restart },
	{ 0x04, DIAGNOSE_ACT, 0, listen_only },
	{ 0x0A, DIAGNOSE_ACT, 0, counters_clear },
	{ 0x0B, DIAGNOSE_COUNTER, offsetof(station_t, messages), NULL },
	{ 0x0D, DIAGNOSE_COUNTER, offsetof(station_t, exceptions), NULL },
	{ 0x0E, DIAGNOSE_COUNTER, offsetof(station_t, events), NULL },
	{ 0x0F, DIAGNOSE_COUNTER, offsetof(station_t, silent), NULL },
};

static modbus_exception_t diagnose(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r,
                                   writer_t *w)
{
	(void)r;
	size_t i = 0, count = sizeof(DIAGNOSES) / sizeof(DIAGNOSES[0]);
	while (i < count && DIAGNOSES[i].subfunction != q->subfunction)
		i++;
	if (i == count)
		return MODBUS_ILLEGAL_FUNCTION;
	uint16_t value = 0;
	if (DIAGNOSES[i].kind == DIAGNOSE_COUNTER) {
		memcpy(&value, (const char *)s + DIAGNOSES[i].counter, sizeof(value));
		wr_u16(w, value);
		return MODBUS_NO_EXCEPTION;
	}
	if (DIAGNOSES[i].kind == DIAGNOSE_ACT)
		DIAGNOSES[i].act(s);
	wr_bytes(w, q->data);
	return MODBUS_NO_EXCEPTION;
}

static modbus_exception_t event_counter(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r,
                                        writer_t *w)
{
	(void)q;
	(void)w;
	r->status = 0;
	r->event_count = s->events;
	return MODBUS_NO_EXCEPTION;
}

static modbus_exception_t event_log(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r,
                                    writer_t *w)
{
	(void)q;
	r->status = 0;
	r->event_count = s->events;
	r->message_count = s->messages;
	wr_bytes(w, slice_of(s->log, s->log_len));
	return MODBUS_NO_EXCEPTION;
}

/* Identity. The maker is invented. */

static modbus_exception_t server_id(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r,
                                    writer_t *w)
{
	(void)q;
	(void)r;
	wr_u8(w, SERVER_ID);
	wr_u8(w, RUNNING);
	wr_bytes(w, slice_str(plant_model(s->machine)->code));
	return MODBUS_NO_EXCEPTION;
}

static const char *identity_text(const station_t *s, size_t id)
{
	const plant_model_t *model = plant_model(s->machine);
	const char *const texts[IDENTITY_OBJECTS] = {
		"Lumen Works",
		model->code,
		"2.4",
		"https://lumen-works.example",
		model->product,
		model->code,
		s->machine->name,
	};
	return texts[id];
}

/* Read codes 1, 2 and 3 stream the basic (3) or all objects from the one asked for
 * on, and from the first when that one does not exist; code 4 gives one. */
static modbus_exception_t identify(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r,
                                   writer_t *w)
{
	if (q->mei != MODBUS_MEI_DEVICE_ID)
		return MODBUS_ILLEGAL_FUNCTION;
	size_t end = q->code == 1 ? 3 : IDENTITY_OBJECTS;
	size_t first = q->object < end ? q->object : 0;
	if (q->code == DEVICE_ID_ONE) {
		if (q->object >= IDENTITY_OBJECTS)
			return MODBUS_ILLEGAL_DATA_ADDRESS;
		end = first + 1;
	}
	for (size_t id = first; id < end; id++) {
		slice_t text = slice_str(identity_text(s, id));
		modbus_object_put(w, (modbus_object_t){ (uint8_t)id, text });
	}
	r->conformity = CONFORMITY;
	r->more = 0;
	r->object = 0;
	r->object_count = (uint16_t)(end - first);
	return MODBUS_NO_EXCEPTION;
}

static const answer_fn ANSWERS[MODBUS_FUNCTION_LIMIT] = {
	[MODBUS_READ_COILS] = read_range,
	[MODBUS_READ_DISCRETE_INPUTS] = read_range,
	[MODBUS_READ_HOLDING_REGISTERS] = read_range,
	[MODBUS_READ_INPUT_REGISTERS] = read_range,
	[MODBUS_WRITE_SINGLE_COIL] = write_coil,
	[MODBUS_WRITE_SINGLE_REGISTER] = write_register,
	[MODBUS_READ_EXCEPTION_STATUS] = read_status,
	[MODBUS_DIAGNOSTICS] = diagnose,
	[MODBUS_GET_COMM_EVENT_COUNTER] = event_counter,
	[MODBUS_GET_COMM_EVENT_LOG] = event_log,
	[MODBUS_WRITE_MULTIPLE_COILS] = write_range,
	[MODBUS_WRITE_MULTIPLE_REGISTERS] = write_range,
	[MODBUS_REPORT_SERVER_ID] = server_id,
	[MODBUS_READ_FILE_RECORD] = read_file,
	[MODBUS_WRITE_FILE_RECORD] = write_file,
	[MODBUS_MASK_WRITE_REGISTER] = mask_write,
	[MODBUS_READ_WRITE_MULTIPLE_REGISTERS] = read_write,
	[MODBUS_READ_FIFO_QUEUE] = read_fifo,
	[MODBUS_ENCAP_INTERFACE_TRANSPORT] = identify,
};

static modbus_exception_t answer(station_t *s, const modbus_pdu_t *q, modbus_pdu_t *r)
{
	modbus_exception_t exception = modbus_request_check(q);
	if (!exception && !ANSWERS[q->function])
		exception = MODBUS_ILLEGAL_FUNCTION;
	if (exception)
		return exception;
	*r = *q;
	r->is_response = true;
	writer_t w = writer_of(s->out, sizeof(s->out));
	exception = ANSWERS[q->function](s, q, r, &w);
	assert(exception || !w.bad);
	r->data = writer_done(&w);
	return exception;
}

bool station_answer(station_t *s, slice_t pdu, modbus_pdu_t *ret_response)
{
	modbus_pdu_t request = { .function = pdu.ptr[0] % MODBUS_FUNCTION_LIMIT };
	modbus_pdu_t response = { 0 };
	s->messages++;
	log_event(s, LOG_RECEIVED);
	modbus_exception_t exception = MODBUS_ILLEGAL_DATA_VALUE;
	bool was_silent = s->is_listen_only;
	if (modbus_request_decode(pdu, &request) == CODEC_OK)
		exception = answer(s, &request, &response);
	if (was_silent || s->is_listen_only) {
		s->silent++;
		return false;
	}
	if (exception) {
		response = modbus_exception_to(&request, exception);
		s->exceptions++;
	} else if (request.function != MODBUS_GET_COMM_EVENT_COUNTER) {
		s->events++;
	}
	log_event(s, exception ? LOG_EXCEPTION : LOG_SENT);
	*ret_response = response;
	return true;
}
