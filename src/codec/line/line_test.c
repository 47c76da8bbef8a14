/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/line/line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { NOW_NS = 4242, SHOWN_BYTES = 512 };

/* A line as text: head, fields with the letter of their type, time. */
static const char *show(const line_t *from, char buf[SHOWN_BYTES])
{
	writer_t w = writer_of(buf, SHOWN_BYTES);
	wr_format(&w, "%.*s", (int)from->head.len, (const char *)from->head.ptr);
	for (size_t i = 0; i < from->field_count; i++) {
		const line_field_t *f = &from->fields[i];
		wr_format(&w, " %.*s=", (int)f->key.len, (const char *)f->key.ptr);
		switch (f->type) {
		case LINE_F64:
			wr_format(&w, "f%.17g", f->as.f);
			break;
		case LINE_I64:
			wr_format(&w, "i%lld", (long long)f->as.i);
			break;
		case LINE_U64:
			wr_format(&w, "u%llu", (unsigned long long)f->as.u);
			break;
		case LINE_BOOL:
			wr_format(&w, "b%d", f->as.b);
			break;
		case LINE_TEXT:
			wr_format(&w, "'%.*s'", (int)f->as.text.len, (const char *)f->as.text.ptr);
			break;
		}
	}
	wr_format(&w, " @%lld", (long long)from->time_ns);
	return buf;
}

static line_result_t read_one(const char *text, line_t *ret_line, line_fault_t *ret_fault)
{
	line_reader_t reader = line_reader_of(slice_str(text), 1, NOW_NS);
	return line_next(&reader, ret_line, ret_fault);
}

static void good_lines_are_read_as_they_are_meant(void **state)
{
	static const char *const rows[][2] = {
		{ "m f=1", "m f=f1 @4242" },
		{ "m f=1 7", "m f=f1 @7" },
		{ "m f=1 -7\n", "m f=f1 @-7" },
		{ "m f=1 7\r\n", "m f=f1 @7" },
		{ "m f=1\r\n", "m f=f1 @4242" },
		{ "  m  f=1   7  ", "m f=f1 @7" },
		{ "m,a=b,c=d f=-1.5e3,g=2i,h=3u,i=t 9", "m,a=b,c=d f=f-1500 g=i2 h=u3 i=b1 @9" },
		{ "m f=-0", "m f=f-0 @4242" },
		{ "m f=0.1,g=.5,h=5.", "m f=f0.10000000000000001 g=f0.5 h=f5 @4242" },
		{ "m f=-9223372036854775808i", "m f=i-9223372036854775808 @4242" },
		{ "m f=18446744073709551615u", "m f=u18446744073709551615 @4242" },
		{ "m f=T,g=true,h=True,i=TRUE,j=t", "m f=b1 g=b1 h=b1 i=b1 j=b1 @4242" },
		{ "m f=F,g=false,h=False,i=FALSE,j=f", "m f=b0 g=b0 h=b0 i=b0 j=b0 @4242" },
		{ "m f=\"a b,c=d\" 7", "m f='a b,c=d' @7" },
		{ "m f=\"say \\\"hi\\\"\" 7", "m f='say \\\"hi\\\"' @7" },
		{ "m f=\"\",g=1", "m f='' g=f1 @4242" },
		{ "a\\ b\\,c,t\\ a=v\\=w k\\ 1=2", "a\\ b\\,c,t\\ a=v\\=w k\\ 1=f2 @4242" },
		{ "m,a=\\x f=1", "m,a=\\x f=f1 @4242" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char buf[SHOWN_BYTES];
		line_t line;
		line_fault_t fault;
		assert_int_equal(read_one(rows[i][0], &line, &fault), LINE_GOOD);
		assert_string_equal(show(&line, buf), rows[i][1]);
	}
}

static void a_faulty_line_says_why(void **state)
{
	static const struct {
		const char *text;
		line_fault_t fault;
	} rows[] = {
		{ ",a=b f=1", LINE_FAULT_NO_NAME },
		{ "m", LINE_FAULT_NO_FIELD },
		{ "m 7", LINE_FAULT_BAD_FIELD },
		{ "m,a=b", LINE_FAULT_NO_FIELD },
		{ "m =1", LINE_FAULT_NO_FIELD },
		{ "m f", LINE_FAULT_BAD_FIELD },
		{ "m f=", LINE_FAULT_BAD_VALUE },
		{ "m f=1,", LINE_FAULT_BAD_FIELD },
		{ "m f=1,=2", LINE_FAULT_BAD_FIELD },
		{ "m f=NaN", LINE_FAULT_BAD_VALUE },
		{ "m f=inf", LINE_FAULT_BAD_VALUE },
		{ "m f=1.5i", LINE_FAULT_BAD_VALUE },
		{ "m f=1x", LINE_FAULT_BAD_VALUE },
		{ "m f=1ii", LINE_FAULT_BAD_VALUE },
		{ "m f=i", LINE_FAULT_BAD_VALUE },
		{ "m f=-1u", LINE_FAULT_BAD_VALUE },
		{ "m f=yes", LINE_FAULT_BAD_VALUE },
		{ "m f=1e999", LINE_FAULT_OUT_OF_RANGE },
		{ "m f=9223372036854775808i", LINE_FAULT_OUT_OF_RANGE },
		{ "m f=18446744073709551616u", LINE_FAULT_OUT_OF_RANGE },
		{ "m f=\"open", LINE_FAULT_OPEN_TEXT },
		{ "m f=\"a\"b", LINE_FAULT_BAD_VALUE },
		{ "m f=1 x", LINE_FAULT_BAD_TIME },
		{ "m f=1 1.5", LINE_FAULT_BAD_TIME },
		{ "m f=1 7 8", LINE_FAULT_BAD_TIME },
		{ "m f=1 9223372036854775808", LINE_FAULT_TIME_RANGE },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		line_t line;
		line_fault_t fault = LINE_FAULT_NONE;
		assert_int_equal(read_one(rows[i].text, &line, &fault), LINE_FAULTY);
		if (fault != rows[i].fault)
			fail_msg("%s: %s", rows[i].text, line_fault_text(fault)[LANG_EN]);
	}
}

static void a_fault_spoils_its_line_alone(void **state)
{
	static const char text[] = "\n# note\nm f=1 1\nm f=? 2\n\nm f=\"a\nb\" 3\nm f=4 4";
	(void)state;
	line_t line;
	line_fault_t fault;
	line_reader_t reader = line_reader_of(slice_str(text), 1000, NOW_NS);
	assert_int_equal(line_next(&reader, &line, &fault), LINE_GOOD);
	assert_int_equal(line.number, 3);
	assert_int_equal(line.time_ns, 1000);
	assert_int_equal(line_next(&reader, &line, &fault), LINE_FAULTY);
	assert_int_equal(line.number, 4);
	assert_int_equal(line_next(&reader, &line, &fault), LINE_GOOD);
	assert_int_equal(line.number, 6);
	assert_int_equal(line_next(&reader, &line, &fault), LINE_GOOD);
	assert_int_equal(line.number, 8);
	assert_int_equal(line.time_ns, 4000);
	assert_int_equal(line_next(&reader, &line, &fault), LINE_END);
	assert_int_equal(line_next(&reader, &line, &fault), LINE_END);
}

static void a_body_cut_anywhere_is_read_without_a_step_beyond(void **state)
{
	static const char text[] = "m\\ x,a=b\\,c f=1.5e3,g=\"t\\\"\",h=-7i 1700000000\nn f=t\r\n";
	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		uint8_t *copy = malloc(len + 1);
		line_t line;
		line_fault_t fault;
		memcpy(copy, text, len);
		line_reader_t reader = line_reader_of(slice_of(copy, len), 1, NOW_NS);
		size_t results = 0;
		while (line_next(&reader, &line, &fault) != LINE_END)
			results++;
		assert_in_range(results, 0, 2);
		free(copy);
	}
}

static void a_line_takes_so_many_fields_and_no_more(void **state)
{
	static char text[8 * (LINE_FIELDS_MAX + 1) + 8];
	(void)state;
	for (size_t extra = 0; extra < 2; extra++) {
		line_t line;
		line_fault_t fault = LINE_FAULT_NONE;
		writer_t w = writer_of(text, sizeof(text));
		wr_format(&w, "m ");
		for (size_t i = 0; i < LINE_FIELDS_MAX + extra; i++)
			wr_format(&w, "%sf%zu=1", i ? "," : "", i);
		line_reader_t reader = line_reader_of(writer_done(&w), 1, NOW_NS);
		assert_int_equal(line_next(&reader, &line, &fault),
		                 extra ? LINE_FAULTY : LINE_GOOD);
		assert_int_equal(fault, extra ? LINE_FAULT_TOO_MANY : LINE_FAULT_NONE);
	}
}

static void assert_unescaped(void (*undo)(slice_t, writer_t *), const char *written,
                             const char *meant)
{
	uint8_t room[SHOWN_BYTES];
	writer_t w = writer_of(room, sizeof(room));
	undo(slice_str(written), &w);
	assert_true(slice_eq(writer_done(&w), slice_str(meant)));
}

static void a_head_comes_apart_into_measurement_and_tags(void **state)
{
	line_head_t head;
	(void)state;
	assert_int_equal(line_head_read(SLICE("a\\,b,t\\=1=x\\ y,u=\\z"), &head), LINE_FAULT_NONE);
	assert_int_equal(head.tag_count, 2);
	assert_true(slice_eq(head.measurement, SLICE("a\\,b")));
	assert_true(slice_eq(head.tags[0].key, SLICE("t\\=1")));
	assert_true(slice_eq(head.tags[0].value, SLICE("x\\ y")));
	assert_int_equal(line_head_read(SLICE("m,a"), &head), LINE_FAULT_BAD_TAG);
	assert_int_equal(line_head_read(SLICE("m,a="), &head), LINE_FAULT_BAD_TAG);
	assert_int_equal(line_head_read(SLICE("m,=b"), &head), LINE_FAULT_BAD_TAG);
	assert_int_equal(line_head_read(SLICE("m,a=b=c"), &head), LINE_FAULT_BAD_TAG);
	assert_int_equal(line_head_read(SLICE("m,,a=b"), &head), LINE_FAULT_BAD_TAG);
	assert_unescaped(line_unescape, "a\\,b\\ c\\=d\\e\\", "a,b c=d\\e\\");
	assert_unescaped(line_unescape_text, "\\\"a\\\\b\\n", "\"a\\b\\n");
}

static void units_have_the_words_of_both_versions(void **state)
{
	(void)state;
	assert_int_equal(line_unit_ns(SLICE("")), 1);
	assert_int_equal(line_unit_ns(SLICE("n")), 1);
	assert_int_equal(line_unit_ns(SLICE("us")), 1000);
	assert_int_equal(line_unit_ns(SLICE("ms")), 1000000);
	assert_int_equal(line_unit_ns(SLICE("h")), 3600000000000);
	assert_int_equal(line_unit_ns(SLICE("d")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lines_are_read_as_they_are_meant),
		cmocka_unit_test(a_faulty_line_says_why),
		cmocka_unit_test(a_fault_spoils_its_line_alone),
		cmocka_unit_test(a_body_cut_anywhere_is_read_without_a_step_beyond),
		cmocka_unit_test(a_line_takes_so_many_fields_and_no_more),
		cmocka_unit_test(a_head_comes_apart_into_measurement_and_tags),
		cmocka_unit_test(units_have_the_words_of_both_versions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
