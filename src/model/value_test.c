/* SPDX-License-Identifier: Apache-2.0 */
/* Values, samples in batches, qualities, callers: what is read back is what was
 * written, and what cannot be is refused. */
#include "model/action.h"
#include "model/caller.h"
#include "model/sample.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_value_survives(value_t value, size_t bytes)
{
	uint8_t buf[64];
	writer_t w = writer_of(buf, sizeof(buf));
	value_encode(&value, &w);
	assert_false(w.bad);
	assert_int_equal(w.len, bytes);
	reader_t r = reader_of(writer_done(&w));
	value_t back = value_decode(&r);
	assert_false(r.bad);
	assert_int_equal(r.in.len, 0);
	assert_true(value_eq(&value, &back));
}

static void every_kind_of_value_survives_its_disk_form(void **state)
{
	(void)state;
	assert_value_survives((value_t){ 0 }, 1);
	assert_value_survives(value_bool(true), 2);
	assert_value_survives(value_i64(INT64_MIN), 11);
	assert_value_survives(value_u64(UINT64_MAX), 11);
	assert_value_survives(value_f64(-0.0), 9);
	assert_value_survives(value_f64(NAN), 9);
	assert_value_survives(value_text(SLICE("m/min")), 7);
	assert_value_survives(value_f32(-0.0F), 5);
	assert_value_survives(value_enum(0), 2);
	assert_value_survives(value_enum(UINT32_MAX), 6);
}

static void values_of_different_types_differ(void **state)
{
	(void)state;
	value_t one = value_i64(1), other = value_u64(1);
	assert_false(value_eq(&one, &other));
	value_t zero = value_f64(0.0), minus = value_f64(-0.0);
	assert_false(value_eq(&zero, &minus));
	value_t single = value_f32(0.0F), state_0 = value_enum(0), unsigned_0 = value_u64(0);
	assert_false(value_eq(&zero, &single));
	assert_false(value_eq(&state_0, &unsigned_0));
}

/* Signalling NaNs too, which arithmetic would make quiet. */
static void every_float32_keeps_its_32_bits(void **state)
{
	(void)state;
	static const uint32_t patterns[] = { 0,          0x80000000, 1,          0x807FFFFF,
		                             0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001,
		                             0xFFBFFFFF, 0x7FFFFFFF, 0x3DCCCCCD, 0x7F7FFFFF };
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		value_t value = value_from_bits(VALUE_F32, patterns[i]);
		assert_int_equal(value_bits(&value), patterns[i]);
		assert_value_survives(value, 5);
	}
}

static void narrow_types_have_no_upper_half(void **state)
{
	(void)state;
	assert_true(value_has_bits(VALUE_F32, UINT32_MAX));
	assert_false(value_has_bits(VALUE_F32, UINT64_C(1) << 32));
	assert_false(value_has_bits(VALUE_ENUM, UINT64_C(1) << 32));
	assert_true(value_has_bits(VALUE_F64, UINT64_MAX));
}

static void assert_decode_is_bad(slice_t in)
{
	reader_t r = reader_of(in);
	value_t value = value_decode(&r);
	assert_true(r.bad);
	assert_true(value.type < VALUE_TYPE_COUNT);
}

static void decode_rejects_unknown_types_and_short_input(void **state)
{
	(void)state;
	assert_decode_is_bad(SLICE("\x08"));
	assert_decode_is_bad(SLICE("\x06\x00\x00\x80"));
	assert_decode_is_bad(SLICE("\x07\x80\x80\x80\x80\x10"));
	assert_decode_is_bad(SLICE("\x01\x02"));
	assert_decode_is_bad(SLICE("\x04\x00\x00"));
	assert_decode_is_bad(SLICE("\x05\x03xy"));
	assert_decode_is_bad((slice_t){ 0 });
}

static void numbers_format_in_their_shortest_form(void **state)
{
	(void)state;
	char buf[32];
	value_t values[] = { value_f64(1.8), value_i64(-5), value_bool(false),
		             value_text(SLICE("on")) };
	const char *texts[] = { "1.8", "-5", "false", "on" };
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(value_format(&values[i], buf, sizeof(buf)), texts[i]);
	assert_string_equal(value_format(&values[0], buf, 3), "1.");
}

static void a_float32_is_written_as_the_float(void **state)
{
	(void)state;
	char buf[32];
	value_t values[] = { value_f64((double)4.15f), value_f64((double)-0.1f),
		             value_f64(4.15),          value_f64((double)16777217.0f),
		             value_f32(0.1F),          value_f32(1e-45F),
		             value_f32(-0.0F),         value_f32(NAN) };
	const char *texts[] = { "4.15", "-0.1", "4.15", "16777216", "0.1", "1e-45", "-0", "nan" };
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		assert_string_equal(value_format(&values[i], buf, sizeof(buf)), texts[i]);
}

static void json_tells_a_float32_shortly_and_an_enum_by_its_ordinal(void **state)
{
	(void)state;
	char buf[64];
	json_t j = json_of(buf, sizeof(buf));
	value_t values[] = { value_f32(0.1F), value_f32(INFINITY), value_enum(7) };
	json_array(&j);
	for (size_t i = 0; i < 3; i++)
		value_json(&values[i], &j);
	json_close(&j);
	assert_true(slice_eq(writer_done(&j.w), SLICE("[0.1,null,7]")));
}

static void text_is_no_number(void **state)
{
	(void)state;
	double number = 7;
	value_t text = value_text(SLICE("3")), yes = value_bool(true);
	assert_false(value_number(&text, &number));
	assert_true(number == 7);
	assert_true(value_number(&yes, &number));
	assert_true(number == 1);
	value_t half = value_f32(0.5F), third = value_enum(3);
	assert_true(value_number(&half, &number) && number == 0.5);
	assert_true(value_number(&third, &number) && number == 3);
}

static sample_rows_t *rows_new(size_t count)
{
	sample_rows_t *rows = calloc(1, sizeof(*rows));
	assert_non_null(rows);
	for (size_t i = 0; i < count; i++) {
		sample_t s = {
			.point = (point_id_t)(1 + i % 7),
			.source = { INT64_C(1700000000000000000) + (int64_t)i * NS_PER_MS },
			.node = { i % 2 ? INT64_MAX : INT64_MIN },
			.value = i % 3 ? value_f64((double)i) : value_bool(i & 1),
			.quality = i % 5 ? QUALITY_OK : QUALITY_STALE,
		};
		assert_true(sample_rows_add(rows, &s));
	}
	return rows;
}

static void assert_same_sample(const sample_t *a, const sample_t *b)
{
	assert_int_equal(a->point, b->point);
	assert_int_equal(a->source.ns, b->source.ns);
	assert_int_equal(a->node.ns, b->node.ns);
	assert_int_equal(a->quality, b->quality);
	assert_true(value_eq(&a->value, &b->value));
}

static void a_full_batch_survives_its_compact_form(void **state)
{
	(void)state;
	sample_rows_t *rows = rows_new(SAMPLE_ROWS_MAX), *back = rows_new(0);
	sample_batch_t batch = sample_rows_batch(rows);
	static const size_t cap = 40 * SAMPLE_ROWS_MAX;
	uint8_t *buf = malloc(cap);
	assert_non_null(buf);
	writer_t w = writer_of(buf, cap);
	sample_batch_encode(&batch, &w);
	assert_false(w.bad);
	assert_int_equal(sample_batch_decode(writer_done(&w), back), ERR_OK);
	sample_batch_t decoded = sample_rows_batch(back);
	assert_int_equal(decoded.count, SAMPLE_ROWS_MAX);
	for (size_t i = 0; i < decoded.count; i++) {
		sample_t a = sample_batch_get(&batch, i), b = sample_batch_get(&decoded, i);
		assert_same_sample(&a, &b);
	}
	sample_t more = sample_batch_get(&batch, 0);
	assert_false(sample_rows_add(back, &more));
	assert_int_equal(sample_batch_decode(writer_done(&w), back), ERR_TOO_BIG);
	assert_int_equal(back->count, SAMPLE_ROWS_MAX);
	free(buf);
	free(rows);
	free(back);
}

static void a_batch_cut_anywhere_is_malformed_and_adds_nothing(void **state)
{
	(void)state;
	sample_rows_t *rows = rows_new(9), *back = rows_new(2);
	sample_batch_t batch = sample_rows_batch(rows);
	uint8_t buf[512];
	writer_t w = writer_of(buf, sizeof(buf));
	sample_batch_encode(&batch, &w);
	for (size_t len = 0; len < w.len; len++)
		assert_int_equal(sample_batch_decode(slice_of(buf, len), back), ERR_MALFORMED);
	wr_u8(&w, 0);
	assert_int_equal(sample_batch_decode(writer_done(&w), back), ERR_MALFORMED);
	assert_int_equal(back->count, 2);
	free(rows);
	free(back);
}

static void names_of_roles_parse_back(void **state)
{
	(void)state;
	for (role_t role = ROLE_PUBLIC; role < ROLE_COUNT; role++)
		assert_int_equal(role_parse(slice_str(role_name(role))), role);
	assert_int_equal(role_parse(SLICE("owner")), ROLE_COUNT);
	assert_int_equal(caller_node().role, ROLE_ADMIN);
	assert_string_equal(action_name(ACTION_WRITE), "write");
}

static void qualities_are_ordered_by_trust(void **state)
{
	(void)state;
	for (quality_t q = QUALITY_OK; q + 1 < QUALITY_COUNT; q++)
		assert_true(quality_info(q)->class <= quality_info(q + 1)->class);
	assert_string_equal(quality_info((quality_t)200)->name, "CONFIG_ERROR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_value_survives_its_disk_form),
		cmocka_unit_test(values_of_different_types_differ),
		cmocka_unit_test(every_float32_keeps_its_32_bits),
		cmocka_unit_test(narrow_types_have_no_upper_half),
		cmocka_unit_test(json_tells_a_float32_shortly_and_an_enum_by_its_ordinal),
		cmocka_unit_test(decode_rejects_unknown_types_and_short_input),
		cmocka_unit_test(numbers_format_in_their_shortest_form),
		cmocka_unit_test(a_float32_is_written_as_the_float),
		cmocka_unit_test(text_is_no_number),
		cmocka_unit_test(a_full_batch_survives_its_compact_form),
		cmocka_unit_test(a_batch_cut_anywhere_is_malformed_and_adds_nothing),
		cmocka_unit_test(names_of_roles_parse_back),
		cmocka_unit_test(qualities_are_ordered_by_trust),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
