/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/column/coded.h"

#include "codec/column/stream.h"

enum {
	SLOT_BITS = 8,
	SLOTS = 1 << SLOT_BITS,
	OFTEN_BITS = SLOT_BITS + 1,
	STATES = 4, /* that take turns, so that one does not wait for another */
	UNIT_BITS = 16,
	UNIT_BYTES = UNIT_BITS / 8,
	STATE_BITS = SLOT_BITS + UNIT_BITS,
	LEVEL_BITS = 4,
	LEVEL_MAX = (1 << LEVEL_BITS) - 1,
	HEAD_BITS = 8 + STATES * STATE_BITS,
	PARTS = 256, /* of a bit, in which costs are counted */
};

/* Powers of two and the halves between them. */
static uint64_t weight_of(uint64_t level)
{
	return level ? (2 | (level & 1)) << (level >> 1) : 0;
}

/* The level that is nearest, by ratio, when the most frequent has the highest. */
static uint64_t level_of(uint64_t count, uint64_t most)
{
	uint64_t weight = count * weight_of(LEVEL_MAX) / most, level = 1;
	while (level < LEVEL_MAX && weight_of(level) * weight_of(level + 1) <= weight * weight)
		level++;
	return count ? level : 0;
}

/* Slots by levels: one for each symbol that comes, the others by weight, and what division
 * leaves to the first of those that have most. False when none comes. */
static bool share_out(coded_t *c)
{
	uint64_t used = 0, weights = 0;
	for (size_t i = 0; i < c->symbols; i++) {
		used += c->level[i] != 0;
		weights += weight_of(c->level[i]);
	}
	size_t first = 0;
	uint32_t given = 0, at = 0;
	for (size_t i = 0; used && i < c->symbols; i++) {
		uint64_t more = weight_of(c->level[i]) * (SLOTS - used) / weights;
		c->often[i] = c->level[i] ? (uint32_t)more + 1 : 0;
		given += c->often[i];
		first = c->often[i] > c->often[first] ? i : first;
	}
	c->often[first] += SLOTS - given;
	for (size_t i = 0; i < c->symbols; i++) {
		c->below[i] = at;
		at += c->often[i];
	}
	return used != 0;
}

/* What a symbol of so many slots takes: the logarithm of their share, digit by digit. */
static size_t cost_of(uint32_t often)
{
	unsigned whole = width_of(often) - 1;
	uint64_t x = (uint64_t)often << (31 - whole);
	size_t cost = (SLOT_BITS - whole) * (size_t)PARTS;
	for (size_t part = PARTS / 2; part > 0; part /= 2) {
		x = x * x >> 31;
		cost -= x >> 32 ? part : 0;
		x >>= x >> 32;
	}
	return cost;
}

static void weigh(const uint32_t *count, size_t n, coded_t *c)
{
	uint64_t most = 0;
	size_t cost = 0;
	c->symbols = 0;
	for (size_t i = 0; i < (size_t)1 << c->lead; i++) {
		most = count[i] > most ? count[i] : most;
		c->symbols = count[i] ? i + 1 : c->symbols;
	}
	for (size_t i = 0; i < c->symbols; i++)
		c->level[i] = level_of(count[i], most);
	(void)share_out(c);
	for (size_t i = 0; i < c->symbols; i++)
		cost += count[i] ? count[i] * cost_of(c->often[i]) : 0;
	c->bits = HEAD_BITS + c->symbols * LEVEL_BITS + n * (c->width - c->lead) + cost / PARTS;
}

void coded_plan(const uint64_t *x, size_t n, unsigned width, coded_t *ret_coded)
{
	uint32_t count[CODED_SYMBOLS] = { 0 };
	coded_t c = { .width = width, .lead = width < CODED_LEAD_MAX ? width : CODED_LEAD_MAX };
	for (size_t i = 0; i < n; i++)
		count[x[i] >> (width - c.lead)]++;
	weigh(count, n, &c);
	*ret_coded = c;
	while (--c.lead > 0) {
		for (size_t i = 0; i < CODED_SYMBOLS / 2; i++)
			count[i] = count[2 * i] + count[2 * i + 1];
		weigh(count, n, &c);
		if (c.bits < ret_coded->bits)
			*ret_coded = c;
	}
}

/* From the last number to the first, since they are read the other way round. Units are
 * written from the end, too; returns where they begin. */
static size_t encode(const uint64_t *x, size_t n, const coded_t *c, uint16_t *units,
                     uint64_t *ret_states)
{
	size_t at = n;
	for (size_t i = 0; i < STATES; i++)
		ret_states[i] = SLOTS;
	for (size_t i = n; i-- > 0;) {
		uint64_t s = ret_states[i % STATES], symbol = x[i] >> (c->width - c->lead);
		uint32_t often = c->often[symbol];
		if (s >> UNIT_BITS >= often) {
			units[--at] = (uint16_t)s;
			s >>= UNIT_BITS;
		}
		ret_states[i % STATES] = s / often * SLOTS + s % often + c->below[symbol];
	}
	return at;
}

void coded_put(const column_kernel_t *kernel, const uint64_t *x, size_t n, const coded_t *coded,
               writer_t *w)
{
	uint16_t units[COLUMN_ROWS];
	uint64_t states[STATES], rest[COLUMN_ROWS];
	unsigned rest_bits = coded->width - coded->lead;
	size_t at = encode(x, n, coded, units, states);
	for (size_t i = 0; i < n; i++)
		rest[i] = x[i] & ((UINT64_C(1) << rest_bits) - 1);
	wr_u8(w, (uint8_t)((coded->lead - 1) << CODED_LEAD_MAX | (coded->symbols - 1)));
	stream_put(w, coded->level, coded->symbols, LEVEL_BITS);
	stream_put(w, states, STATES, STATE_BITS);
	for (; at < n; at++)
		wr_u16_le(w, units[at]);
	small_put(kernel, rest, n, rest_bits, w);
}

static void get_table(reader_t *r, coded_t *c)
{
	uint8_t first = rd_u8(r);
	c->lead = (unsigned)(first >> CODED_LEAD_MAX) + 1;
	c->symbols = first % CODED_SYMBOLS + (size_t)1;
	if (c->lead > CODED_LEAD_MAX || c->lead > c->width || c->symbols > (size_t)1 << c->lead)
		r->bad = true;
	stream_get(r, c->symbols, LEVEL_BITS, c->level);
	if (!r->bad && !share_out(c))
		r->bad = true;
}

/* What a state is told by its slot: the symbol, how often it comes, which of its slots. */
static void fill_slots(const coded_t *c, uint32_t ret_slots[SLOTS])
{
	for (size_t i = 0; i < c->symbols; i++)
		for (uint32_t k = 0; k < c->often[i]; k++)
			ret_slots[c->below[i] + k] = ((uint32_t)i << OFTEN_BITS | c->often[i])
			                                     << SLOT_BITS |
			                             k;
}

typedef struct {
	uint32_t slots[SLOTS];
	/* Those that are not there are zeros, which the last states betray. */
	uint8_t units[UNIT_BYTES * (COLUMN_ROWS + 1)];
	size_t at;
} decoder_t;

/* One symbol of a state, which takes a unit when it has become short. */
static inline uint8_t next(decoder_t *d, uint32_t *state)
{
	uint32_t is = d->slots[*state % SLOTS];
	uint32_t often = is >> SLOT_BITS & ((1U << OFTEN_BITS) - 1);
	uint32_t s = often * (*state >> SLOT_BITS) + is % SLOTS;
	uint32_t unit = d->units[d->at] | (uint32_t)d->units[d->at + 1] << 8;
	bool is_short = s < SLOTS;
	*state = is_short ? s << UNIT_BITS | unit : s;
	d->at += is_short ? UNIT_BYTES : 0;
	return (uint8_t)(is >> (SLOT_BITS + OFTEN_BITS));
}

static bool decode(decoder_t *d, const uint64_t *from, size_t n, uint8_t *ret)
{
	uint32_t s[STATES] = { (uint32_t)from[0], (uint32_t)from[1], (uint32_t)from[2],
		               (uint32_t)from[3] };
	size_t i = 0;
	for (; i + STATES <= n; i += STATES) {
		ret[i] = next(d, &s[0]);
		ret[i + 1] = next(d, &s[1]);
		ret[i + 2] = next(d, &s[2]);
		ret[i + 3] = next(d, &s[3]);
	}
	for (; i < n; i++)
		ret[i] = next(d, &s[i % STATES]);
	return s[0] == SLOTS && s[1] == SLOTS && s[2] == SLOTS && s[3] == SLOTS;
}

void coded_get(const column_kernel_t *kernel, reader_t *r, size_t n, unsigned width, word_t *ret)
{
	coded_t c = { .width = width };
	decoder_t d;
	uint64_t states[STATES];
	uint8_t lead[COLUMN_ROWS];
	get_table(r, &c);
	stream_get(r, STATES, STATE_BITS, states);
	if (r->bad)
		return;
	size_t most = r->in.len < UNIT_BYTES * n ? r->in.len : UNIT_BYTES * n;
	fill_slots(&c, d.slots);
	memset(d.units, 0, sizeof(d.units));
	memcpy(d.units, r->in.ptr, most);
	d.at = 0;
	if (!decode(&d, states, n, lead))
		r->bad = true;
	(void)rd_take(r, d.at);
	small_get(kernel, r, n, width - c.lead, ret);
	for (size_t i = 0; !r->bad && i < n; i++)
		ret[i] |= (uint64_t)lead[i] << (width - c.lead);
}
