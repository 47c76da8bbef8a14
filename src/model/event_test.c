/* SPDX-License-Identifier: Apache-2.0 */
/* Events keep their meaning through the disk, and every message has a sentence
 * in both languages whose holes are known arguments. */
#include "model/text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/utf8.h"

static event_t write_incident(void)
{
	event_t event = event_make(MSG_INCIDENT_WRITE, (node_time_t){ 1700000000123456789 });
	event.source.ns = 1700000000000000000;
	event.device = 3;
	event.point = 12;
	event.incident = 5;
	event_arg(&event, ARG_CLIENT, value_text(SLICE("127.0.0.9")));
	event_arg(&event, ARG_POINT, value_text(SLICE("FRM1.V_SET")));
	event_arg(&event, ARG_OLD, value_f64(1.8));
	event_arg(&event, ARG_NEW, value_f64(9.5));
	return event;
}

static void assert_same_event(const event_t *a, const event_t *b)
{
	assert_int_equal(a->message, b->message);
	assert_int_equal(a->severity, b->severity);
	assert_int_equal(a->node.ns, b->node.ns);
	assert_int_equal(a->source.ns, b->source.ns);
	assert_int_equal(a->device, b->device);
	assert_int_equal(a->point, b->point);
	assert_int_equal(a->incident, b->incident);
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_int_equal(a->args[i].key, b->args[i].key);
		assert_true(value_eq(&a->args[i].value, &b->args[i].value));
	}
}

static void an_event_survives_its_disk_form(void **state)
{
	(void)state;
	uint8_t buf[EVENT_BYTES_MAX];
	event_t event = write_incident(), back;
	writer_t w = writer_of(buf, sizeof(buf));
	event_encode(&event, &w);
	assert_false(w.bad);
	assert_int_equal(event_decode(writer_done(&w), &back), ERR_OK);
	assert_same_event(&event, &back);
}

static void an_event_goes_among_nodes_with_who_saw_it_and_its_sequence_there(void **state)
{
	(void)state;
	uint8_t buf[EVENT_BYTES_MAX];
	slice_t node;
	event_t event = write_incident(), back;
	event.device = event.point = 0;
	event.seq = 300;
	writer_t w = writer_of(buf, sizeof(buf));
	event_item_put(SLICE("99.1000.1"), &event, &w);
	assert_false(w.bad);
	assert_int_equal(event_item_read(writer_done(&w), &node, &back), ERR_OK);
	assert_true(slice_eq(node, SLICE("99.1000.1")));
	assert_int_equal(back.seq, 300);
	assert_same_event(&event, &back);
	for (size_t cut = 0; cut < w.len; cut++)
		assert_int_equal(event_item_read(slice_of(buf, cut), &node, &back), ERR_MALFORMED);
	/* Ids of another node would be taken for one's own. */
	event.point = 12;
	w.len = 0;
	wr_string(&w, node);
	wr_varint(&w, 300);
	event_encode(&event, &w);
	assert_int_equal(event_item_read(writer_done(&w), &node, &back), ERR_MALFORMED);
}

static void an_event_cut_anywhere_is_malformed(void **state)
{
	(void)state;
	uint8_t buf[EVENT_BYTES_MAX];
	event_t event = write_incident(), back;
	writer_t w = writer_of(buf, sizeof(buf));
	event_encode(&event, &w);
	for (size_t len = 0; len < w.len; len++)
		assert_int_equal(event_decode(slice_of(buf, len), &back), ERR_MALFORMED);
	wr_u8(&w, 0);
	assert_int_equal(event_decode(writer_done(&w), &back), ERR_MALFORMED);
}

static err_t decode_changed(size_t at, uint8_t byte)
{
	uint8_t buf[EVENT_BYTES_MAX];
	event_t event = write_incident(), back;
	writer_t w = writer_of(buf, sizeof(buf));
	event_encode(&event, &w);
	buf[at] = byte;
	return event_decode(writer_done(&w), &back);
}

static void rows_of_a_newer_version_are_told_from_damage(void **state)
{
	(void)state;
	assert_int_equal(decode_changed(0, 2), ERR_NEWER_FORMAT);
	assert_int_equal(decode_changed(0, 0), ERR_MALFORMED);
	assert_int_equal(decode_changed(1, MESSAGE_COUNT), ERR_NEWER_FORMAT);
	assert_int_equal(decode_changed(3, SEVERITY_COUNT), ERR_MALFORMED);
}

static void assert_text(const event_t *event, lang_t lang, const char *expected)
{
	char buf[512] = "";
	writer_t w = writer_of(buf, sizeof(buf) - 1);
	event_text(event, lang, &w);
	assert_false(w.bad);
	assert_string_equal(buf, expected);
}

static void a_sentence_leaves_out_what_is_not_known(void **state)
{
	(void)state;
	event_t event = write_incident();
	assert_text(&event, LANG_EN, "127.0.0.9 wrote FRM1.V_SET: 1.8 -> 9.5.");
	event_arg(&event, ARG_UNIT, value_text(SLICE("m/min")));
	event_arg(&event, ARG_LIMIT_LOW, value_f64(0.5));
	event_arg(&event, ARG_LIMIT_HIGH, value_f64(2.5));
	assert_text(&event, LANG_EN,
	            "127.0.0.9 wrote FRM1.V_SET: 1.8 -> 9.5 m/min, outside its limits 0.5 to 2.5.");
	assert_text(&event, LANG_ZH,
	            "127.0.0.9 写入 FRM1.V_SET：1.8 -> 9.5 m/min，超出限值 0.5 至 2.5。");
}

static void not_a_number_counts_as_not_known(void **state)
{
	(void)state;
	event_t event = event_make(MSG_POINT_OUT_OF_LIMITS, (node_time_t){ 0 });
	event_arg(&event, ARG_POINT, value_text(SLICE("FRM1.V_SET")));
	event_arg(&event, ARG_LIMIT_LOW, value_f64(NAN));
	event_arg(&event, ARG_LIMIT_HIGH, value_f64(2.5));
	assert_text(&event, LANG_EN, "FRM1.V_SET is ?.");
}

static bool is_argument(slice_t name)
{
	for (event_arg_key_t key = 0; key < EVENT_ARG_COUNT; key++)
		if (slice_eq(name, slice_str(event_arg_name(key))))
			return true;
	return false;
}

/* Brackets come in pairs, braces in pairs inside them, and every hole is known. */
static void assert_template(slice_t text)
{
	char inside = 0;
	slice_t rest = text;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t byte = text.ptr[i];
		if (byte == '[' || byte == ']') {
			assert_int_equal(inside, byte == '[' ? 0 : '[');
			inside = byte == '[' ? '[' : 0;
		}
	}
	assert_int_equal(inside, 0);
	while (slice_find(rest, '{') < rest.len) {
		slice_cut(&rest, '{');
		assert_true(slice_find(rest, '}') < rest.len);
		assert_true(is_argument(slice_cut(&rest, '}')));
	}
	assert_int_equal(slice_find(rest, '}'), rest.len);
}

static void every_message_has_both_sentences_with_known_holes(void **state)
{
	(void)state;
	for (message_t m = 0; m < MESSAGE_COUNT; m++) {
		for (lang_t lang = LANG_EN; lang < LANG_COUNT; lang++) {
			slice_t text = slice_str(MESSAGE_TEXTS[m].text[lang]);
			if (text.len == 0)
				fail_msg("%s has no text", message_info(m)->name);
			assert_true(utf8_valid(text));
			assert_template(text);
		}
	}
}

static void json_holds_every_field_and_argument(void **state)
{
	(void)state;
	char buf[1024];
	event_t event = write_incident();
	event.seq = 77;
	json_t j = json_of(buf, sizeof(buf));
	event_json(&event, &j);
	assert_true(json_ok(&j));
	slice_t expected = SLICE("{\"seq\":77,\"message\":\"INCIDENT_WRITE\",\"class\":\"alert\","
	                         "\"severity\":\"critical\","
	                         "\"node_time\":\"2023-11-14T22:13:20.123Z\","
	                         "\"source_time\":\"2023-11-14T22:13:20.000Z\","
	                         "\"device\":3,\"point\":12,\"incident\":5,"
	                         "\"args\":{\"client\":\"127.0.0.9\",\"point\":\"FRM1.V_SET\","
	                         "\"old\":1.8,\"new\":9.5}}");
	assert_int_equal(json_done(&j).len, expected.len);
	assert_memory_equal(buf, expected.ptr, expected.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_survives_its_disk_form),
		cmocka_unit_test(an_event_goes_among_nodes_with_who_saw_it_and_its_sequence_there),
		cmocka_unit_test(an_event_cut_anywhere_is_malformed),
		cmocka_unit_test(rows_of_a_newer_version_are_told_from_damage),
		cmocka_unit_test(a_sentence_leaves_out_what_is_not_known),
		cmocka_unit_test(not_a_number_counts_as_not_known),
		cmocka_unit_test(every_message_has_both_sentences_with_known_holes),
		cmocka_unit_test(json_holds_every_field_and_argument),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
