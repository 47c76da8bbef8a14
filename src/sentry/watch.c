/* SPDX-License-Identifier: Apache-2.0 */
/* Messages: requests are held against the white-list at once and kept until their
 * response comes; responses teach what the registers hold and what devices are. */
#include "sentry/counters.h"
#include "sentry/sentry_impl.h"

#define UNANSWERED_NS (2 * NS_PER_S)

bool watch_is_port(const sentry_t *s, uint16_t port)
{
	return s->port_bits[port / 8] >> (port % 8) & 1;
}

bool watch_is_on(const sentry_t *s)
{
	return s->status.first_ns && s->now_ns >= s->status.learn_until_ns;
}

void watch_learn_from(sentry_t *s, int64_t first_ns)
{
	s->status.first_ns = first_ns;
	if (__builtin_add_overflow(first_ns, s->learn_ns, &s->status.learn_until_ns))
		s->status.learn_until_ns = INT64_MAX; /* learns for ever */
}

static conversation_t *talk_of(sentry_t *s)
{
	return s->flow->talk == KEYMAP_NONE ? NULL : &s->inventory.talks[s->flow->talk];
}

static device_id_t device_of(const sentry_t *s, const flow_t *flow)
{
	return flow->server_asset == KEYMAP_NONE ? 0
	                                         : s->inventory.assets[flow->server_asset].device;
}

static sighting_t sighting_of(const sentry_t *s, const flow_t *flow)
{
	return (sighting_t){ .utc_ns = s->now_ns,
		             .client = flow->client.ip,
		             .server = flow->server.ip,
		             .device = device_of(s, flow),
		             .packet = s->packet };
}

static sighting_t sighting_of_row(const sentry_t *s, const baseline_row_t *row)
{
	sighting_t sighting = sighting_of(s, s->flow);
	sighting.unit = row->unit;
	sighting.function = row->function;
	sighting.from = row->from;
	sighting.to = row->to;
	return sighting;
}

static bool is_approved(const sentry_t *s, const flow_t *flow)
{
	return flow->client_asset != KEYMAP_NONE &&
	       s->inventory.assets[flow->client_asset].approved;
}

void watch_contact(sentry_t *s, const flow_t *flow)
{
	if (!watch_is_on(s) || is_approved(s, flow) ||
	    baseline_knows_pair(&s->baseline, flow->client.ip, flow->server.ip))
		return;
	sighting_t sighting = sighting_of(s, flow);
	detect_contact(&s->detect, &sighting);
}

/* The addresses of one request as a row; 0 to 0 where it has none. */
static baseline_row_t row_of(const flow_t *flow, uint8_t unit, const modbus_pdu_t *pdu)
{
	baseline_row_t row = { .client = flow->client.ip,
		               .server = flow->server.ip,
		               .unit = unit,
		               .function = pdu->function };
	if (modbus_function_info(pdu->function)->space == MODBUS_SPACE_NONE)
		return row;
	bool is_both = pdu->function == MODBUS_READ_WRITE_MULTIPLE_REGISTERS;
	uint16_t quantity = is_both ? pdu->write_quantity : pdu->quantity;
	row.from = is_both ? pdu->write_address : pdu->address;
	uint32_t to = (uint32_t)row.from + (quantity ? quantity - 1u : 0u);
	row.to = to > UINT16_MAX ? UINT16_MAX : (uint16_t)to;
	return row;
}

static void learn(sentry_t *s, const baseline_row_t *row)
{
	learn_t learned = baseline_learn(&s->baseline, row, s->now_ns);
	if (learned == LEARN_KNOWN)
		return;
	if (learned == LEARN_FULL) {
		metric_add(&s->metrics, COUNT_ROWS_FULL, 1);
		return;
	}
	size_t at = 0;
	baseline_entry_t *entry;
	while ((entry = baseline_next(&s->baseline, &at)))
		if (entry->owed)
			save_row(s, entry);
	if (learned == LEARN_FRESH)
		say_learned(s, row);
}

/* What a request outside the white-list is, by its action. */
static void report(sentry_t *s, const sighting_t *sighting, action_t action)
{
	switch (action) {
	case ACTION_READ:
		detect_read(&s->detect, sighting);
		break;
	case ACTION_IDENTIFY:
		detect_identify(&s->detect, sighting);
		break;
	case ACTION_PROGRAM:
	case ACTION_FILE:
	case ACTION_START:
	case ACTION_STOP:
	case ACTION_UNKNOWN:
		detect_function(&s->detect, sighting);
		break;
	case ACTION_NONE:
	case ACTION_WRITE:
	case ACTION_DIAGNOSE:
	case ACTION_COUNT:
		break;
	}
}

static void novel(sentry_t *s, const baseline_row_t *row, action_t action)
{
	sighting_t sighting = sighting_of_row(s, row);
	metric_add(&s->metrics, COUNT_NOVELTIES, 1);
	if (!is_approved(s, s->flow) &&
	    !baseline_knows_unit(&s->baseline, row->client, row->server, row->unit))
		detect_contact(&s->detect, &sighting);
	report(s, &sighting, action);
}

/* Holds a request other than a write against the white-list. */
static void check_row(sentry_t *s, const baseline_row_t *row, action_t action)
{
	if (!watch_is_on(s))
		learn(s, row);
	else if (baseline_covers(&s->baseline, row, COVER_ANY))
		baseline_count(&s->baseline, row, s->now_ns);
	else
		novel(s, row, action);
}

static void raise_suspect(sentry_t *s, suspect_t *suspect)
{
	suspect->request->suspect = 0;
	suspect->used = false;
	s->suspect_count--;
	detect_write(&s->detect, &suspect->hit);
}

static void suspect_add(sentry_t *s, flow_request_t *request, const incident_t *hit)
{
	for (size_t i = 0; i < SUSPECTS_MAX; i++) {
		suspect_t *suspect = &s->suspects[i];
		if (suspect->used)
			continue;
		*suspect = (suspect_t){
			.used = true, .flow = s->flow, .request = request, .hit = *hit
		};
		request->suspect = (uint16_t)(i + 1);
		s->suspect_count++;
		return;
	}
	/* No room to wait for the answer: better a word too much. */
	detect_write(&s->detect, hit);
}

static suspect_t *suspect_of(sentry_t *s, const flow_request_t *request)
{
	return request->suspect ? &s->suspects[request->suspect - 1] : NULL;
}

static void check_write(sentry_t *s, const baseline_row_t *row, const modbus_pdu_t *pdu,
                        flow_request_t *request)
{
	incident_t hit;
	write_t write = { .flow = s->flow, .unit = row->unit, .pdu = pdu };
	if (!write_judge(s, &write, &hit)) {
		if (!watch_is_on(s))
			learn(s, row);
		else
			baseline_count(&s->baseline, row, s->now_ns);
		return;
	}
	metric_add(&s->metrics, COUNT_NOVELTIES, 1);
	if (watch_is_on(s) && !baseline_covers(&s->baseline, row, COVER_ANY))
		novel(s, row, ACTION_WRITE);
	suspect_add(s, request, &hit);
}

static void give_up_request(sentry_t *s, flow_request_t *request)
{
	suspect_t *suspect = suspect_of(s, request);
	metric_add(&s->metrics, COUNT_UNANSWERED, 1);
	if (suspect)
		raise_suspect(s, suspect);
}

static flow_request_t *keep_request(sentry_t *s, const modbus_adu_t *adu)
{
	flow_request_t *request = flow_request_find(s->flow, adu->transaction, adu->unit);
	bool is_lost = request != NULL;
	if (!request)
		request = flow_request_place(s->flow, &is_lost);
	if (is_lost)
		give_up_request(s, request);
	request->utc_ns = s->now_ns;
	request->transaction = adu->transaction;
	request->unit = adu->unit;
	request->suspect = 0;
	request->len = (uint8_t)adu->pdu.len;
	memcpy(request->pdu, adu->pdu.ptr, adu->pdu.len);
	return request;
}

static void tell(sentry_t *s, const modbus_adu_t *adu, const modbus_pdu_t *pdu, bool is_matched)
{
	s->status.messages++;
	metric_add(&s->metrics, COUNT_MESSAGES, 1);
	if (!s->on_message)
		return;
	bool writes_too = pdu->function == MODBUS_READ_WRITE_MULTIPLE_REGISTERS && !pdu->quantity;
	sentry_message_t message = {
		.utc_ns = s->now_ns,
		.packet = s->status.packets,
		.client = s->flow->client,
		.server = s->flow->server,
		.transaction = adu->transaction,
		.unit = adu->unit,
		.function = pdu->function,
		.is_response = s->side == FRAME_SERVER,
		.is_exception = pdu->is_exception,
		.matched = is_matched,
		.exception = (uint8_t)pdu->exception,
		.address = writes_too ? pdu->write_address : pdu->address,
		.quantity = writes_too ? pdu->write_quantity : pdu->quantity,
		.pdu = adu->pdu,
	};
	s->on_message(s->on_message_ctx, &message);
}

static void malformed(sentry_t *s)
{
	conversation_t *talk = talk_of(s);
	s->status.malformed++;
	metric_add(&s->metrics, COUNT_MALFORMED, 1);
	if (talk)
		talk->malformed++;
	/* A machine that answers badly is broken, not an attacker. */
	if (s->side == FRAME_SERVER || !watch_is_on(s))
		return;
	sighting_t sighting = sighting_of(s, s->flow);
	detect_malformed(&s->detect, &sighting);
}

/* What cannot be decoded is told with its bare codes: an exception followed by more
 * bytes than it should have still says what it is. */
static modbus_pdu_t bare_pdu(slice_t pdu)
{
	reader_t r = reader_of(pdu);
	uint8_t code = rd_u8(&r), exception = code & 0x80 ? rd_u8(&r) : 0;
	return (modbus_pdu_t){ .function = code & 0x7F,
		               .is_exception = code & 0x80,
		               .exception = exception };
}

static void on_request(sentry_t *s, const modbus_adu_t *adu)
{
	modbus_pdu_t pdu;
	conversation_t *talk = talk_of(s);
	if (talk)
		talk->requests++;
	if (modbus_request_decode(adu->pdu, &pdu) != CODEC_OK) {
		pdu = bare_pdu(adu->pdu);
		tell(s, adu, &pdu, false);
		malformed(s);
		return;
	}
	tell(s, adu, &pdu, false);
	flow_request_t *request = keep_request(s, adu);
	baseline_row_t row = row_of(s->flow, adu->unit, &pdu);
	action_t action = modbus_pdu_action(&pdu);
	if (action == ACTION_WRITE)
		check_write(s, &row, &pdu, request);
	else
		check_row(s, &row, action);
}

/* What a good read says of the registers. */
static void remember(sentry_t *s, const modbus_adu_t *adu, const modbus_pdu_t *request,
                     const modbus_pdu_t *pdu)
{
	uint16_t words[MODBUS_PDU_MAX * 8];
	const modbus_function_info_t *info = modbus_function_info(pdu->function);
	bool is_bits = info->space == MODBUS_SPACE_COIL;
	if (!is_bits && info->space != MODBUS_SPACE_HOLDING)
		return; /* nobody can write the others */
	if (request->function == MODBUS_READ_FIFO_QUEUE)
		return;
	size_t have = is_bits ? pdu->data.len * 8 : pdu->data.len / 2;
	size_t count = request->quantity < have ? request->quantity : have;
	for (size_t i = 0; i < count; i++)
		words[i] = is_bits ? modbus_bit_get(pdu->data, i)
		                   : modbus_register_get(pdu->data, i);
	image_at_t at = { s->flow->server.ip, adu->unit, info->space, request->address };
	image_put(&s->image, at, words, count);
}

static void identify(sentry_t *s, const modbus_pdu_t *pdu)
{
	if (inventory_identify(&s->inventory, s->flow->server_asset, pdu))
		save_asset(s, s->flow->server_asset);
}

static void on_accepted(sentry_t *s, const modbus_adu_t *adu, flow_request_t *kept,
                        const modbus_pdu_t *request, const modbus_pdu_t *pdu)
{
	suspect_t *suspect = suspect_of(s, kept);
	write_t write = { .flow = s->flow, .unit = adu->unit, .pdu = request };
	action_t action = modbus_function_info(pdu->function)->action;
	if (action == ACTION_WRITE)
		write_accepted(s, &write, !suspect);
	if (action == ACTION_READ || pdu->function == MODBUS_READ_WRITE_MULTIPLE_REGISTERS)
		remember(s, adu, request, pdu);
	if (action == ACTION_IDENTIFY)
		identify(s, pdu);
	if (suspect)
		raise_suspect(s, suspect);
}

static void on_refused(sentry_t *s, flow_request_t *kept, const modbus_pdu_t *request,
                       const modbus_pdu_t *pdu)
{
	suspect_t *suspect = suspect_of(s, kept);
	baseline_row_t row = row_of(s->flow, kept->unit, request);
	if (suspect) {
		suspect->used = false;
		s->suspect_count--;
	}
	bool is_read = modbus_pdu_action(request) == ACTION_READ;
	if (!is_read || pdu->exception != MODBUS_ILLEGAL_DATA_ADDRESS || !watch_is_on(s) ||
	    baseline_covers(&s->baseline, &row, COVER_ANY))
		return;
	sighting_t sighting = sighting_of_row(s, &row);
	detect_refused(&s->detect, &sighting);
}

static void count_reply(sentry_t *s, bool is_exception)
{
	conversation_t *talk = talk_of(s);
	if (!talk)
		return;
	talk->replies++;
	if (is_exception)
		talk->exceptions++;
}

static void on_answer(sentry_t *s, const modbus_adu_t *adu, flow_request_t *kept)
{
	modbus_pdu_t request, pdu;
	if (modbus_request_decode(flow_request_pdu(kept), &request) != CODEC_OK ||
	    modbus_response_decode(adu->pdu, &request, &pdu) != CODEC_OK) {
		pdu = bare_pdu(adu->pdu);
		tell(s, adu, &pdu, true);
		malformed(s);
		give_up_request(s, kept);
	} else {
		if (pdu.is_exception) {
			pdu.address = request.address;
			pdu.quantity = request.quantity;
		}
		tell(s, adu, &pdu, true);
		count_reply(s, pdu.is_exception);
		if (pdu.is_exception)
			on_refused(s, kept, &request, &pdu);
		else
			on_accepted(s, adu, kept, &request, &pdu);
	}
	flow_request_done(s->flow, kept);
}

static void on_response(sentry_t *s, const modbus_adu_t *adu)
{
	modbus_pdu_t pdu;
	flow_request_t *kept = flow_request_find(s->flow, adu->transaction, adu->unit);
	if (kept) {
		on_answer(s, adu, kept);
		return;
	}
	metric_add(&s->metrics, COUNT_UNMATCHED, 1);
	if (modbus_response_decode(adu->pdu, NULL, &pdu) != CODEC_OK)
		pdu = bare_pdu(adu->pdu);
	count_reply(s, pdu.is_exception);
	tell(s, adu, &pdu, false);
}

size_t watch_consume(void *ctx, slice_t bytes, bool *synced)
{
	sentry_t *s = ctx;
	slice_t rest = bytes;
	while (rest.len > 0) {
		modbus_adu_t adu;
		codec_t code = modbus_adu_decode(rest, &adu);
		if (code == CODEC_MORE)
			return bytes.len - rest.len;
		if (code != CODEC_OK) {
			/* Bytes that were never in step prove nothing. */
			if (*synced)
				malformed(s);
			*synced = false;
			return bytes.len;
		}
		*synced = true;
		if (s->side == FRAME_CLIENT)
			on_request(s, &adu);
		else
			on_response(s, &adu);
		rest = slice_from(rest, adu.used);
	}
	return bytes.len;
}

void watch_give_up(sentry_t *s, flow_t *flow)
{
	for (size_t i = 0; flow->pending > 0 && i < FLOW_PENDING_MAX; i++) {
		flow_request_t *request = &flow->requests[i];
		if (request->len == 0)
			continue;
		give_up_request(s, request);
		flow_request_done(flow, request);
	}
}

void watch_tick(sentry_t *s, int64_t utc_ns)
{
	for (size_t i = 0; s->suspect_count > 0 && i < SUSPECTS_MAX; i++) {
		suspect_t *suspect = &s->suspects[i];
		if (suspect->used && utc_ns - suspect->hit.first_ns >= UNANSWERED_NS)
			raise_suspect(s, suspect);
	}
}
