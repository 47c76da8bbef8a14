/* SPDX-License-Identifier: Apache-2.0 */
/* An open table of pointers to rows: a row is filled before its pointer is published,
 * and neither ever goes, so that readers need no more than an acquire. */
#include "office/meter.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/num.h"
#include "codec/handle/handle.h"

enum { SLOTS = 2 * METER_PREFIXES_MAX, INDEX_BITS = 12, NEW = 0x80, VALUE = 0x7F };

static_assert(1 << INDEX_BITS == METER_REGISTERS, "an index addresses every register");

/* Part of the disk form: the registers are only right for this seed. */
static const uint64_t NAME_SEED = UINT64_C(0x6F66666963653031);
static const uint64_t PREFIX_SEED = 7;

struct meter {
	int64_t offset_ns;
	_Atomic int64_t today;
	_Atomic size_t count;
	usage_t *rows[METER_PREFIXES_MAX];
	_Atomic(usage_t *) slots[SLOTS];
};

static uint64_t get(const _Atomic uint64_t *n)
{
	return atomic_load_explicit(n, memory_order_relaxed);
}

static uint64_t add(_Atomic uint64_t *n)
{
	return atomic_fetch_add_explicit(n, 1, memory_order_relaxed);
}

/* Never below none: the day may have ended meanwhile. */
static void take_one(_Atomic uint64_t *n)
{
	uint64_t old = get(n);
	while (old && !atomic_compare_exchange_weak_explicit(n, &old, old - 1, memory_order_relaxed,
	                                                     memory_order_relaxed))
		;
}

static slice_t prefix_of(slice_t name)
{
	return slice_sub(name, 0, slice_find(name, '/'));
}

/* Eight bytes with a-z of ASCII made upper case: a byte's top bit in `is` is set where it
 * is from 'a' to 'z', and moved down it is the bit by which the cases differ. */
static uint64_t fold_word(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t low = word & ~tops;
	uint64_t is = (low + ones * (0x80 - 'a')) & ~(low + ones * (0x7F - 'z')) & ~word & tops;
	return word ^ is >> 2;
}

/* Of the folded bytes, without folding them anywhere. */
static uint64_t hash_folded(slice_t text, uint64_t seed)
{
	uint64_t h = seed ^ text.len * UINT64_C(0x9E3779B97F4A7C15);
	uint8_t tail[8] = { 0 };
	size_t i = 0;
	for (; text.len - i >= 8; i += 8) {
		h = (h ^ fold_word(load_u64_le(&text.ptr[i]))) * UINT64_C(0xD6E8FEB86659FD93);
		h ^= h >> 32;
	}
	for (size_t k = 0; i < text.len; i++, k++)
		tail[k] = text.ptr[i];
	h = (h ^ fold_word(load_u64_le(tail))) * UINT64_C(0xD6E8FEB86659FD93);
	h = (h ^ h >> 32) * UINT64_C(0xD6E8FEB86659FD93);
	return h ^ h >> 29;
}

/* Most prefixes have no letters. */
static bool is_named(const usage_t *row, slice_t prefix)
{
	slice_t name = slice_of(row->name, row->name_len);
	return slice_eq(name, prefix) || slice_eq_nocase(name, prefix);
}

usage_t *meter_find(const meter_t *meter, slice_t prefix)
{
	if (prefix.len == 0 || prefix.len > METER_PREFIX_BYTES)
		return NULL;
	uint64_t hash = hash_folded(prefix, PREFIX_SEED);
	for (size_t i = hash % SLOTS;; i = (i + 1) % SLOTS) {
		usage_t *row = atomic_load_explicit(&meter->slots[i], memory_order_acquire);
		if (!row || (row->hash == hash && is_named(row, prefix)))
			return row;
	}
}

/* The place of the lowest set bit above the index, kept as the greatest seen. */
static void note_name(usage_t *row, slice_t name)
{
	uint64_t hash = hash_folded(name, NAME_SEED);
	uint64_t rest = hash >> INDEX_BITS | UINT64_C(1) << (64 - INDEX_BITS);
	uint8_t rank = 1;
	for (; !(rest & 1); rest >>= 1)
		rank++;
	_Atomic uint8_t *at = &row->registers[hash % METER_REGISTERS];
	uint8_t old = atomic_load_explicit(at, memory_order_relaxed);
	while ((old & VALUE) < rank &&
	       !atomic_compare_exchange_weak_explicit(at, &old, (uint8_t)(rank | NEW),
	                                              memory_order_relaxed, memory_order_relaxed))
		;
}

static bool ask_hosts(void *ctx, slice_t prefix)
{
	const usage_t *row = meter_find(ctx, prefix);
	return row && atomic_load_explicit(&row->is_hosted, memory_order_relaxed);
}

static uint64_t requests_of(const usage_t *row)
{
	return get(&row->resolved_today) + get(&row->missed_today);
}

static quota_t ask_resolve(void *ctx, slice_t name, bool is_found)
{
	usage_t *row = meter_find(ctx, prefix_of(name));
	if (!row)
		return QUOTA_OK;
	uint64_t max = get(&row->requests_day_max);
	bool is_over = max && requests_of(row) >= max;
	if (is_over || !is_found) {
		add(&row->missed_today);
		return is_over ? QUOTA_REQUESTS : QUOTA_OK;
	}
	add(&row->resolved_today);
	note_name(row, name);
	return QUOTA_OK;
}

static bool is_full(const _Atomic uint64_t *count, const _Atomic uint64_t *most)
{
	uint64_t max = get(most);
	return max && get(count) >= max;
}

static void count_name(usage_t *row)
{
	add(&row->names);
	add(&row->made);
	add(&row->made_today);
}

static quota_t take_name(usage_t *row)
{
	if (is_full(&row->names, &row->names_max) || is_full(&row->made_today, &row->names_day_max))
		return QUOTA_NAMES;
	count_name(row);
	return QUOTA_OK;
}

static quota_t ask_take(void *ctx, slice_t name, bool is_new)
{
	usage_t *row = meter_find(ctx, prefix_of(name));
	if (!row)
		return QUOTA_OK;
	if (atomic_load_explicit(&row->is_barred, memory_order_relaxed))
		return QUOTA_PREFIX;
	return is_new ? take_name(row) : QUOTA_OK;
}

static void tell_back(void *ctx, slice_t name)
{
	usage_t *row = meter_find(ctx, prefix_of(name));
	if (!row)
		return;
	take_one(&row->names);
	take_one(&row->made);
	take_one(&row->made_today);
}

static void tell_removed(void *ctx, slice_t name)
{
	usage_t *row = meter_find(ctx, prefix_of(name));
	if (row)
		take_one(&row->names);
}

prefix_meter_t meter_of(meter_t *meter)
{
	return (prefix_meter_t){ .ctx = meter,
		                 .hosts = ask_hosts,
		                 .resolve = ask_resolve,
		                 .take = ask_take,
		                 .give_back = tell_back,
		                 .removed = tell_removed };
}

/* Rows. */

meter_t *meter_new(int64_t offset_ns, int64_t now_ns)
{
	meter_t *meter = calloc(1, sizeof(*meter));
	if (!meter)
		return NULL;
	meter->offset_ns = offset_ns;
	atomic_store(&meter->today, meter_day(meter, now_ns));
	return meter;
}

void meter_free(meter_t *meter)
{
	if (!meter)
		return;
	for (size_t i = 0; i < meter->count; i++)
		free(meter->rows[i]);
	free(meter);
}

static void publish(meter_t *meter, usage_t *row)
{
	size_t i = row->hash % SLOTS;
	while (atomic_load_explicit(&meter->slots[i], memory_order_relaxed))
		i = (i + 1) % SLOTS;
	size_t count = atomic_load(&meter->count);
	meter->rows[count] = row;
	atomic_store(&meter->count, count + 1);
	atomic_store_explicit(&meter->slots[i], row, memory_order_release);
}

static usage_t *row_new(const meter_t *meter, slice_t prefix)
{
	usage_t *row = calloc(1, sizeof(*row));
	if (!row)
		return NULL;
	slice_fold_upper(prefix, (uint8_t *)row->name);
	row->name_len = prefix.len;
	row->hash = hash_folded(prefix, PREFIX_SEED);
	row->saved_day = meter_today(meter);
	return row;
}

static err_t add_row(meter_t *meter, slice_t prefix, usage_t **ret_usage)
{
	if (prefix.len == 0 || prefix.len > METER_PREFIX_BYTES)
		return ERR_INVALID;
	if (atomic_load(&meter->count) == METER_PREFIXES_MAX)
		return ERR_LIMIT;
	usage_t *row = row_new(meter, prefix);
	if (!row)
		return ERR_NO_MEMORY;
	publish(meter, row);
	*ret_usage = row;
	return ERR_OK;
}

err_t meter_put(meter_t *meter, slice_t prefix, usage_t **ret_usage)
{
	usage_t *row = meter_find(meter, prefix);
	if (!row)
		return add_row(meter, prefix, ret_usage);
	*ret_usage = row;
	return ERR_OK;
}

usage_t *meter_at(const meter_t *meter, size_t i)
{
	return i < atomic_load(&meter->count) ? meter->rows[i] : NULL;
}

void usage_limit(usage_t *usage, const meter_limits_t *limits)
{
	atomic_store(&usage->names_max, limits->names);
	atomic_store(&usage->names_day_max, limits->names_day);
	atomic_store(&usage->requests_day_max, limits->requests_day);
}

meter_limits_t usage_limits(const usage_t *usage)
{
	return (meter_limits_t){ .names = get(&usage->names_max),
		                 .names_day = get(&usage->names_day_max),
		                 .requests_day = get(&usage->requests_day_max) };
}

/* Days. */

int64_t meter_day(const meter_t *meter, int64_t utc_ns)
{
	int64_t local = utc_ns + meter->offset_ns;
	return local / NS_PER_DAY - (local % NS_PER_DAY < 0);
}

int64_t meter_today(const meter_t *meter)
{
	return atomic_load_explicit(&meter->today, memory_order_relaxed);
}

int64_t meter_midnight_ns(const meter_t *meter)
{
	return (meter_today(meter) + 1) * NS_PER_DAY - meter->offset_ns;
}

/* The row of a day in the series, made when it is the newest; NULL when too old. */
static meter_day_t *day_row(usage_t *row, int64_t day)
{
	for (size_t i = row->day_count; i-- > 0;)
		if (row->days[i].day == day)
			return &row->days[i];
	if (row->day_count && row->days[row->day_count - 1].day > day)
		return NULL;
	if (row->day_count == METER_DAYS) {
		memmove(&row->days[0], &row->days[1], (METER_DAYS - 1) * sizeof(row->days[0]));
		row->day_count--;
	}
	row->days[row->day_count] = (meter_day_t){ .day = day };
	return &row->days[row->day_count++];
}

static uint32_t narrow(uint64_t n)
{
	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static void roll_row(usage_t *row, int64_t day)
{
	uint64_t resolved = atomic_exchange(&row->resolved_today, 0);
	uint64_t missed = atomic_exchange(&row->missed_today, 0);
	meter_day_t past = { .day = day,
		             .made = narrow(atomic_exchange(&row->made_today, 0)),
		             .requests = narrow(resolved + missed),
		             .resolved = narrow(resolved) };
	atomic_fetch_add(&row->resolved_before, resolved);
	if (!past.made && !past.requests)
		return;
	meter_day_t *kept = day_row(row, day);
	if (kept)
		*kept = past;
}

bool meter_roll(meter_t *meter, int64_t now_ns)
{
	int64_t day = meter_day(meter, now_ns), today = meter_today(meter);
	if (day <= today)
		return false;
	for (size_t i = 0; i < meter->count; i++)
		roll_row(meter->rows[i], today);
	atomic_store(&meter->today, day);
	return true;
}

static void replay_past(usage_t *row, int64_t day)
{
	meter_day_t *kept = day_row(row, day);
	if (kept)
		kept->made++;
}

static void replay_made(const meter_t *meter, usage_t *row, int64_t day)
{
	add(&row->names);
	add(&row->made);
	if (day >= meter_today(meter))
		add(&row->made_today);
	else
		replay_past(row, day);
}

void meter_replay(meter_t *meter, slice_t name, int made, int64_t utc_ns)
{
	usage_t *row = meter_find(meter, prefix_of(name));
	if (row && made < 0)
		tell_removed(meter, name);
	else if (row && made > 0)
		replay_made(meter, row, meter_day(meter, utc_ns));
}

void usage_tally(const meter_t *meter, const usage_t *usage, writer_t *w)
{
	wr_string(w, slice_of(usage->name, usage->name_len));
	wr_varint(w, get(&usage->names));
	wr_varint(w, get(&usage->made));
	wr_varint(w, usage->day_count + 1);
	for (size_t i = 0; i < usage->day_count; i++) {
		wr_zigzag(w, usage->days[i].day);
		wr_varint(w, usage->days[i].made);
	}
	wr_zigzag(w, meter_today(meter));
	wr_varint(w, narrow(get(&usage->made_today)));
}

/* The row of a day in its place in the series; NULL when it is full of newer ones. */
static meter_day_t *day_insert(usage_t *row, int64_t day)
{
	size_t i = row->day_count;
	while (i > 0 && row->days[i - 1].day > day)
		i--;
	if (i > 0 && row->days[i - 1].day == day)
		return &row->days[i - 1];
	if (row->day_count == METER_DAYS && i == 0)
		return NULL;
	if (row->day_count == METER_DAYS) {
		i--;
		memmove(&row->days[0], &row->days[1], i * sizeof(row->days[0]));
	} else {
		memmove(&row->days[i + 1], &row->days[i],
		        (row->day_count - i) * sizeof(row->days[0]));
		row->day_count++;
	}
	row->days[i] = (meter_day_t){ .day = day };
	return &row->days[i];
}

static void untally_day(const meter_t *meter, usage_t *row, int64_t day, uint64_t made)
{
	meter_day_t *kept = made && day < meter_today(meter) ? day_insert(row, day) : NULL;
	if (kept)
		kept->made = narrow(made);
	if (day >= meter_today(meter))
		atomic_fetch_add(&row->made_today, made);
}

err_t meter_untally(meter_t *meter, reader_t *r)
{
	usage_t *row = NULL;
	slice_t prefix = rd_string(r);
	uint64_t names = rd_varint(r), made = rd_varint(r), count = rd_varint(r);
	err_t err = r->bad || count > METER_DAYS + 1 ? ERR_CORRUPT : meter_put(meter, prefix, &row);
	if (err)
		return err;
	atomic_store(&row->names, names);
	atomic_store(&row->made, made);
	for (uint64_t i = 0; i < count; i++) {
		int64_t day = rd_zigzag(r);
		uint64_t made_then = rd_varint(r);
		if (r->bad)
			return ERR_CORRUPT;
		untally_day(meter, row, day, made_then);
	}
	return ERR_OK;
}

meter_day_t usage_today(const meter_t *meter, const usage_t *usage)
{
	return (meter_day_t){ .day = meter_today(meter),
		              .made = narrow(get(&usage->made_today)),
		              .requests = narrow(requests_of(usage)),
		              .resolved = narrow(get(&usage->resolved_today)) };
}

uint64_t usage_resolved(const usage_t *usage)
{
	return get(&usage->resolved_before) + get(&usage->resolved_today);
}

/* Distinct names. */

uint64_t usage_distinct(const usage_t *usage)
{
	static const double M = METER_REGISTERS;
	size_t of_value[VALUE + 1] = { 0 };
	double sum = 0;
	for (size_t i = 0; i < METER_REGISTERS; i++)
		of_value[atomic_load_explicit(&usage->registers[i], memory_order_relaxed) &
		         VALUE]++;
	for (int value = 0; value <= VALUE; value++)
		sum += ldexp((double)of_value[value], -value);
	size_t zeros = of_value[0];
	double estimate = 0.7213 / (1 + 1.079 / M) * M * M / sum;
	if (zeros > 0 && estimate <= 2.5 * M)
		estimate = M * log(M / (double)zeros);
	return (uint64_t)llround(estimate);
}

/* Marks. */

static uint32_t mark_registers(usage_t *usage, writer_t *w)
{
	uint32_t count = 0;
	for (size_t i = 0; i < METER_REGISTERS; i++) {
		uint8_t value = atomic_load_explicit(&usage->registers[i], memory_order_relaxed);
		if (!(value & NEW))
			continue;
		/* One that grows meanwhile says so again and comes with the next mark. */
		value = atomic_fetch_and_explicit(&usage->registers[i], VALUE,
		                                  memory_order_relaxed);
		wr_u16_le(w, (uint16_t)i);
		wr_u8(w, value & VALUE);
		count++;
	}
	return count;
}

bool usage_mark(const meter_t *meter, usage_t *usage, writer_t *w)
{
	uint8_t registers[3 * METER_REGISTERS];
	writer_t r = writer_of(registers, sizeof(registers));
	uint64_t resolved = usage_resolved(usage), requests = requests_of(usage);
	int64_t today = meter_today(meter);
	uint64_t known = usage->saved_day == today ? usage->saved_requests : 0;
	if (resolved == usage->saved_resolved && requests == known)
		return false;
	wr_string(w, slice_of(usage->name, usage->name_len));
	wr_zigzag(w, today);
	wr_varint(w, resolved);
	wr_varint(w, get(&usage->resolved_today));
	wr_varint(w, requests);
	wr_varint(w, mark_registers(usage, &r));
	wr_bytes(w, writer_done(&r));
	usage->saved_resolved = resolved;
	usage->saved_requests = requests;
	usage->saved_day = today;
	return true;
}

void usage_mark_undo(usage_t *usage)
{
	usage->saved_resolved = UINT64_MAX;
	for (size_t i = 0; i < METER_REGISTERS; i++)
		if (atomic_load_explicit(&usage->registers[i], memory_order_relaxed))
			atomic_fetch_or_explicit(&usage->registers[i], NEW, memory_order_relaxed);
}

static void unmark_day(const meter_t *meter, usage_t *row, const meter_day_t *day)
{
	bool is_today = day->day >= meter_today(meter);
	meter_day_t *kept = is_today ? NULL : day_row(row, day->day);
	atomic_store(&row->resolved_today, is_today ? day->resolved : 0);
	atomic_store(&row->missed_today, is_today ? day->requests - day->resolved : 0);
	atomic_store(&row->resolved_before, row->saved_resolved - (is_today ? day->resolved : 0));
	row->saved_requests = is_today ? day->requests : 0;
	row->saved_day = meter_today(meter);
	if (kept) {
		kept->resolved = day->resolved;
		kept->requests = day->requests;
	}
}

static err_t unmark_registers(usage_t *row, uint64_t count, reader_t *r)
{
	for (uint64_t i = 0; i < count; i++) {
		uint16_t at = rd_u16_le(r);
		uint8_t value = rd_u8(r);
		if (r->bad || at >= METER_REGISTERS || value > VALUE)
			return ERR_CORRUPT;
		atomic_store(&row->registers[at], value);
	}
	return ERR_OK;
}

typedef struct {
	slice_t prefix;
	meter_day_t day;
	uint64_t resolved, register_count;
} mark_t;

static mark_t read_mark(reader_t *r)
{
	mark_t mark = { .prefix = rd_string(r) };
	mark.day.day = rd_zigzag(r);
	mark.resolved = rd_varint(r);
	mark.day.resolved = narrow(rd_varint(r));
	mark.day.requests = narrow(rd_varint(r));
	mark.register_count = rd_varint(r);
	return mark;
}

static bool is_possible(const mark_t *mark)
{
	return mark->register_count <= METER_REGISTERS && mark->resolved >= mark->day.resolved &&
	       mark->day.resolved <= mark->day.requests;
}

err_t meter_unmark(meter_t *meter, reader_t *r)
{
	usage_t *row = NULL;
	mark_t mark = read_mark(r);
	err_t err = r->bad || !is_possible(&mark) ? ERR_CORRUPT
	                                          : meter_put(meter, mark.prefix, &row);
	if (!err)
		err = unmark_registers(row, mark.register_count, r);
	if (err)
		return err;
	row->saved_resolved = mark.resolved;
	unmark_day(meter, row, &mark.day);
	return ERR_OK;
}
