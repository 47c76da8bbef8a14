/* SPDX-License-Identifier: Apache-2.0 */
/* A write in the terms of the process: which points it touches, from what to what,
 * within which limits, allowed or ordered by whom.
 *
 * The judgement falls when the request is seen, since a poll in between may
 * already show the fresh value; it takes effect when the machine has accepted. */
#include <assert.h>
#include <math.h>

#include "codec/modbus/modbus_value.h"
#include "sentry/record.h"
#include "sentry/sentry_impl.h"

/* model/point.h repeats these two enums so that model needs no codec. */
static_assert((int)WIRE_COUNT == (int)MODBUS_TYPE_COUNT && (int)WIRE_F64 == (int)MODBUS_F64,
              "wire_type_t follows modbus_type_t");
static_assert((int)ORDER_COUNT == (int)MODBUS_ORDER_COUNT && (int)ORDER_DCBA == (int)MODBUS_DCBA,
              "byte_order_t follows modbus_order_t");

enum { WRITE_WORDS_MAX = MODBUS_PDU_MAX * 8, POINT_WORDS_MAX = 4 };

/* The words a request writes. Mask writes of an unseen register have none. */
typedef struct {
	modbus_space_t space;
	uint16_t address, quantity;
	size_t count; /* of words; 0: unknown */
	uint16_t words[WRITE_WORDS_MAX];
} write_words_t;

static image_at_t image_at(const write_t *write, modbus_space_t space, uint16_t address)
{
	return (image_at_t){ write->flow->server.ip, write->unit, space, address };
}

static void take_single(const modbus_pdu_t *pdu, write_words_t *ret)
{
	ret->count = ret->quantity = 1;
	ret->words[0] = pdu->value;
	if (pdu->function == MODBUS_WRITE_SINGLE_COIL)
		ret->words[0] = pdu->value == MODBUS_COIL_ON;
}

static void take_bits(slice_t data, uint16_t quantity, write_words_t *ret)
{
	ret->quantity = quantity;
	ret->count = quantity < data.len * 8 ? quantity : data.len * 8;
	if (ret->count > WRITE_WORDS_MAX)
		ret->count = WRITE_WORDS_MAX;
	for (size_t i = 0; i < ret->count; i++)
		ret->words[i] = modbus_bit_get(data, i);
}

static void take_registers(slice_t data, uint16_t quantity, write_words_t *ret)
{
	ret->quantity = quantity;
	ret->count = quantity < data.len / 2 ? quantity : data.len / 2;
	for (size_t i = 0; i < ret->count; i++)
		ret->words[i] = modbus_register_get(data, i);
}

static void take_mask(const sentry_t *s, const write_t *write, write_words_t *ret)
{
	const modbus_pdu_t *pdu = write->pdu;
	uint16_t old;
	ret->quantity = 1;
	if (!image_get(&s->image, image_at(write, ret->space, pdu->address), &old))
		return;
	ret->count = 1;
	ret->words[0] = (uint16_t)((old & pdu->and_mask) | (pdu->or_mask & ~pdu->and_mask));
}

static void words_of(const sentry_t *s, const write_t *write, write_words_t *ret)
{
	const modbus_pdu_t *pdu = write->pdu;
	ret->space = modbus_function_info(pdu->function)->space;
	ret->address = pdu->address;
	ret->count = 0;
	switch (pdu->function) {
	case MODBUS_WRITE_MULTIPLE_COILS:
		take_bits(pdu->data, pdu->quantity, ret);
		break;
	case MODBUS_WRITE_MULTIPLE_REGISTERS:
		take_registers(pdu->data, pdu->quantity, ret);
		break;
	case MODBUS_READ_WRITE_MULTIPLE_REGISTERS:
		ret->address = pdu->write_address;
		take_registers(pdu->data, pdu->write_quantity, ret);
		break;
	case MODBUS_MASK_WRITE_REGISTER:
		take_mask(s, write, ret);
		break;
	default:
		take_single(pdu, ret);
		break;
	}
}

/* The last address written. */
static uint16_t last_of(const write_words_t *words)
{
	uint32_t last = (uint32_t)words->address + (words->quantity ? words->quantity - 1u : 0u);
	return last > UINT16_MAX ? UINT16_MAX : (uint16_t)last;
}

static baseline_row_t row_of(const write_t *write, const write_words_t *words)
{
	return (baseline_row_t){ .client = write->flow->client.ip,
		                 .server = write->flow->server.ip,
		                 .unit = write->unit,
		                 .function = write->pdu->function,
		                 .from = words->address,
		                 .to = last_of(words) };
}

const device_t *write_device(const sentry_t *s, addr_t server, uint8_t unit)
{
	const catalogue_t *c = s->catalogue;
	const device_t *device = c ? catalogue_device_at(c, server.ip, server.port, unit) : NULL;
	bool is_any_unit = unit == 0 || unit == 255; /* what clients of a lone device send */
	for (size_t i = 0; c && !device && is_any_unit && i < c->device_count; i++)
		if (addr_eq(c->devices[i].addr, server))
			device = &c->devices[i];
	return device;
}

/* Whether the words in `have` (those known, by bit of `known`) make up the point's
 * value. */
static value_t point_value(const point_t *p, const uint16_t *have, uint32_t known)
{
	uint8_t bytes[POINT_WORDS_MAX * 2];
	modbus_value_t value;
	size_t words = p->address.words;
	if (words == 0 || words > POINT_WORDS_MAX || known != (UINT32_C(1) << words) - 1)
		return (value_t){ 0 };
	if (p->address.table == POINT_COIL)
		return value_bool(have[0] != 0);
	for (size_t i = 0; i < words; i++)
		modbus_register_put(bytes, i, have[i]);
	if (modbus_value_get((modbus_type_t)p->address.wire, (modbus_order_t)p->address.order,
	                     slice_of(bytes, words * 2), &value))
		return (value_t){ 0 };
	if (value.type == MODBUS_BOOL)
		return value_bool(value.b);
	return value_f64(modbus_value_f64(&value) * p->scale + p->offset);
}

/* The value before, from the wire or else from our own poll. */
static value_t old_value(const sentry_t *s, const point_t *p, const uint16_t *have, uint32_t known)
{
	sample_t sample;
	value_t value = point_value(p, have, known);
	if (value.type == VALUE_NONE && s->last_values &&
	    last_value_get(s->last_values, p->id, &sample))
		value = sample.value;
	return value;
}

static void values_of(const sentry_t *s, const write_t *write, const write_words_t *words,
                      const point_t *p, incident_t *ret)
{
	uint16_t have[POINT_WORDS_MAX] = { 0 };
	uint32_t known = 0;
	size_t count = p->address.words < POINT_WORDS_MAX ? p->address.words : POINT_WORDS_MAX;
	for (size_t i = 0; i < count; i++) {
		uint16_t at = (uint16_t)(p->address.address + i);
		if (image_get(&s->image, image_at(write, words->space, at), &have[i]))
			known |= UINT32_C(1) << i;
	}
	ret->old_value = old_value(s, p, have, known);
	for (size_t i = 0; i < count; i++) {
		size_t at = p->address.address + i;
		if (at >= words->address && at - words->address < words->count) {
			have[i] = words->words[at - words->address];
			known |= UINT32_C(1) << i;
		}
	}
	ret->new_value = point_value(p, have, known);
}

/* Values of a register no point is mapped to. */
static void raw_values(const sentry_t *s, const write_t *write, const write_words_t *words,
                       incident_t *ret)
{
	uint16_t old;
	if (image_get(&s->image, image_at(write, words->space, words->address), &old))
		ret->old_value = value_u64(old);
	if (words->count > 0)
		ret->new_value = value_u64(words->words[0]);
}

static void usual_writer(const sentry_t *s, const write_t *write, const write_words_t *words,
                         incident_t *ret)
{
	const point_t *p = ret->point ? catalogue_point(s->catalogue, ret->point) : NULL;
	uint16_t address = p ? p->address.address : words->address;
	baseline_row_t where = row_of(write, words);
	where.from = where.to = address;
	if (!image_writer(&s->image, image_at(write, words->space, address), &ret->usual_client,
	                  &ret->usual_count))
		(void)baseline_writer(&s->baseline, &where, &ret->usual_client, &ret->usual_count);
}

/* What is held against every point of one write. */
typedef struct {
	sentry_t *s;
	const write_t *write;
	const write_words_t *words;
	bool approved, learned;
	incident_t hit; /* as it stands */
	bool is_bad;
} judgement_t;

static uint32_t unapproved_reasons(const judgement_t *j)
{
	if (j->approved)
		return 0;
	return UINT32_C(1) << REASON_NO_ORDER | (j->learned ? 0 : UINT32_C(1) << REASON_NEW_WRITER);
}

static bool is_outside(const incident_t *hit)
{
	double value;
	return value_number(&hit->new_value, &value) &&
	       (value < hit->limit_low || value > hit->limit_high);
}

static bool is_ordered(const sentry_t *s, const incident_t *hit)
{
	double value;
	return s->ledger.ordered && hit->point && value_number(&hit->new_value, &value) &&
	       s->ledger.ordered(s->ledger.ctx, hit->point, value, s->now_ns);
}

/* Keeps the worst of the points: outside its limits before merely not approved. */
static void weigh(judgement_t *j, incident_t *hit)
{
	bool outside = is_outside(hit);
	if (is_ordered(j->s, hit))
		return;
	if (!outside && (j->approved || !watch_is_on(j->s)))
		return;
	hit->reasons = unapproved_reasons(j);
	if (outside)
		hit->reasons |= UINT32_C(1) << REASON_OUT_OF_LIMITS;
	bool is_worse = outside && !(j->hit.reasons >> REASON_OUT_OF_LIMITS & 1);
	if (!j->is_bad || is_worse)
		j->hit = *hit;
	j->is_bad = true;
}

static incident_t hit_of(const judgement_t *j)
{
	const sentry_t *s = j->s;
	return (incident_t){ .kind = INCIDENT_WRITE,
		             .client = j->write->flow->client.ip,
		             .server = j->write->flow->server.ip,
		             .unit = j->write->unit,
		             .function = j->write->pdu->function,
		             .from = j->words->address,
		             .to = last_of(j->words),
		             .limit_low = NAN,
		             .limit_high = NAN,
		             .first_ns = s->now_ns,
		             .last_ns = s->now_ns,
		             .count = 1,
		             .servers = 1 };
}

static void weigh_point(void *ctx, const point_t *p)
{
	judgement_t *j = ctx;
	incident_t hit = hit_of(j);
	hit.device = p->device;
	hit.point = p->id;
	record_limits(p, &hit.limit_low, &hit.limit_high);
	values_of(j->s, j->write, j->words, p, &hit);
	weigh(j, &hit);
}

static void weigh_raw(judgement_t *j)
{
	const device_t *device = write_device(j->s, j->write->flow->server, j->write->unit);
	incident_t hit = hit_of(j);
	hit.device = device ? device->id : 0;
	raw_values(j->s, j->write, j->words, &hit);
	weigh(j, &hit);
}

static const point_t *point_at(const sentry_t *s, const device_t *device, modbus_space_t space,
                               uint16_t address)
{
	point_table_t table = space == MODBUS_SPACE_COIL ? POINT_COIL : POINT_HOLDING_REGISTER;
	return device ? catalogue_point_at(s->catalogue, device->id, table, address) : NULL;
}

/* Calls fn for each point the words touch; false when there is none. */
static bool each_point(const sentry_t *s, const write_t *write, const write_words_t *words,
                       void (*fn)(void *ctx, const point_t *p), void *ctx)
{
	const device_t *device = write_device(s, write->flow->server, write->unit);
	bool any = false;
	uint32_t last = last_of(words);
	for (uint32_t at = words->address; device && at <= last;) {
		const point_t *p = point_at(s, device, words->space, (uint16_t)at);
		if (p)
			fn(ctx, p);
		any |= p != NULL;
		at = p ? (uint32_t)p->address.address + p->address.words : at + 1;
	}
	return any;
}

bool write_judge(sentry_t *s, const write_t *write, incident_t *ret_hit)
{
	write_words_t words;
	words_of(s, write, &words);
	baseline_row_t row = row_of(write, &words);
	judgement_t j = { .s = s, .write = write, .words = &words };
	j.approved = baseline_covers(&s->baseline, &row, COVER_APPROVED);
	j.learned = baseline_covers(&s->baseline, &row, COVER_ANY);
	if (!each_point(s, write, &words, weigh_point, &j))
		weigh_raw(&j);
	if (!j.is_bad)
		return false;
	*ret_hit = j.hit;
	usual_writer(s, write, &words, ret_hit);
	ret_hit->packet_len = s->packet.len < INCIDENT_PACKET_MAX ? s->packet.len
	                                                          : INCIDENT_PACKET_MAX;
	if (ret_hit->packet_len)
		memcpy(ret_hit->packet, s->packet.ptr, ret_hit->packet_len);
	return true;
}

typedef struct {
	sentry_t *s;
	const write_t *write;
	modbus_space_t space;
} credit_t;

static void credit_point(void *ctx, const point_t *p)
{
	credit_t *c = ctx;
	image_wrote(&c->s->image, image_at(c->write, c->space, p->address.address),
	            c->write->flow->client.ip);
}

void write_accepted(sentry_t *s, const write_t *write, bool is_fine)
{
	write_words_t words;
	words_of(s, write, &words);
	image_at_t at = image_at(write, words.space, words.address);
	credit_t credit = { .s = s, .write = write, .space = words.space };
	image_put(&s->image, at, words.words, words.count);
	if (is_fine && !each_point(s, write, &words, credit_point, &credit))
		image_wrote(&s->image, at, write->flow->client.ip);
}
