/* SPDX-License-Identifier: Apache-2.0 */
#include "model/handling.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/num.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { WHEN_S = 1796000000 };

static const uint8_t HASH[HANDLING_HASH_BYTES] = { 1, 2, 3 };

static handling_step_t opening(void)
{
	return (handling_step_t){ .node = SLICE("99.100.7"),
		                  .id = { SLICE("99.100.7"), 4711 },
		                  .step = HANDLING_STEP_OPEN,
		                  .number = 1,
		                  .when_ns = WHEN_S * NS_PER_S,
		                  .due_ns = (WHEN_S + 86400) * NS_PER_S,
		                  .who = SLICE("user:li"),
		                  .text = SLICE("写保护寄存器被改写"),
		                  .file_count = 1,
		                  .files = { { HASH, sizeof(HASH) } },
		                  .what = { SLICE("198.51.100.6"), SLICE("T0836"),
		                            SLICE("99.100.7/FRM1"), SEVERITY_CRITICAL, true } };
}

static void assert_step(const handling_step_t *a, const handling_step_t *b)
{
	assert_true(slice_eq(a->node, b->node) && slice_eq(a->id.origin, b->id.origin));
	assert_true(a->id.event == b->id.event && a->when_ns == b->when_ns &&
	            a->due_ns == b->due_ns);
	assert_int_equal(a->step, b->step);
	assert_int_equal(a->number, b->number);
	assert_true(slice_eq(a->who, b->who) && slice_eq(a->text, b->text));
	assert_int_equal(a->file_count, b->file_count);
	for (size_t i = 0; i < a->file_count; i++)
		assert_true(slice_eq(a->files[i], b->files[i]));
	assert_true(slice_eq(a->what.subject, b->what.subject));
	assert_true(slice_eq(a->what.technique, b->what.technique));
	assert_true(slice_eq(a->what.entity, b->what.entity));
	assert_int_equal(a->what.severity, b->what.severity);
	assert_true(a->what.is_overseen == b->what.is_overseen);
}

static slice_t put(const handling_step_t *step, uint8_t room[HANDLING_ITEM_MAX])
{
	writer_t w = writer_of(room, HANDLING_ITEM_MAX);
	handling_step_put(step, &w);
	assert_false(w.bad);
	return writer_done(&w);
}

static void a_step_of_every_kind_reads_back(void **state)
{
	(void)state;
	uint8_t room[HANDLING_ITEM_MAX];
	for (unsigned kind = 0; kind < HANDLING_STEP_COUNT; kind++) {
		handling_step_t step = opening();
		handling_item_t item;
		step.step = (handling_step_kind_t)kind;
		if (kind != HANDLING_STEP_OPEN) {
			step.number = 1 + kind;
			step.what = (handling_case_t){ .is_overseen = false };
		}
		OK(handling_item_read(put(&step, room), &item));
		assert_false(item.is_funnel);
		assert_step(&item.step, &step);
	}
}

/* An opening and a funnel, written from the form in the header by a program in Python. */
static const char *const GOLDEN[] = {
	"0839392e3130302e3701000839392e3130302e37e72400018080d089809fd6ec31808084d6d4"
	"fe9cf03107757365723a6c6903e5869901000000000000000000000000000000000000000000"
	"00000000000000000000000c3139382e35312e3130302e360554303833360d39392e3130302e"
	"372f46524d310401",
	"0839392e3130302e3701018080d089809fd6ec318080c89e92c4fdec318080d089809fd6ec31"
	"c0843de807640a0101",
};

static void the_forms_on_disk_and_wire_stay_as_they_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		uint8_t room[HANDLING_ITEM_MAX], golden[256];
		size_t len = 0;
		handling_item_t item;
		writer_t w = writer_of(room, sizeof(room));
		OK(num_from_hex(slice_str(GOLDEN[i]), golden, sizeof(golden), &len));
		OK(handling_item_read(slice_of(golden, len), &item));
		assert_true(item.is_funnel == (i == 1));
		if (item.is_funnel)
			funnel_put(&item.funnel, &w);
		else
			handling_step_put(&item.step, &w);
		assert_true(slice_eq(writer_done(&w), slice_of(golden, len)));
		if (i == 1)
			assert_true(item.funnel.counts[FUNNEL_RAW] == 1000000);
		else
			assert_true(slice_eq(item.step.what.technique, SLICE("T0836")) &&
			            item.step.id.event == 4711);
	}
}

static void a_step_cut_anywhere_or_followed_by_more_is_refused(void **state)
{
	(void)state;
	uint8_t room[HANDLING_ITEM_MAX];
	handling_step_t step = opening();
	handling_item_t item;
	slice_t body = put(&step, room);
	for (size_t len = 0; len < body.len; len++)
		assert_int_equal(handling_item_read(slice_sub(body, 0, len), &item), ERR_MALFORMED);
	room[body.len] = 0;
	assert_int_equal(handling_item_read(slice_of(room, body.len + 1), &item), ERR_MALFORMED);
}

/* Bytes of the opening at fixed places behind the node: version, kind; origin, event (two
 * bytes), step, number. */
static void a_step_that_says_what_cannot_be_is_refused(void **state)
{
	(void)state;
	enum { VERSION = 9, KIND = 10, STEP = 22, NUMBER = 23 };
	static const struct {
		size_t at;
		uint8_t value;
		err_t err;
	} rows[] = {
		{ VERSION, 2, ERR_NEWER_FORMAT },
		{ VERSION, 0, ERR_MALFORMED },
		{ KIND, 2, ERR_MALFORMED },
		{ STEP, HANDLING_STEP_COUNT, ERR_MALFORMED },
		{ STEP, HANDLING_STEP_VERIFY, ERR_MALFORMED }, /* the first is the opening */
		{ NUMBER, 0, ERR_MALFORMED },
		{ NUMBER, 2, ERR_MALFORMED },
		{ 1, 0xFF, ERR_MALFORMED }, /* no UTF-8 */
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t room[HANDLING_ITEM_MAX];
		handling_step_t step = opening();
		handling_item_t item;
		slice_t body = put(&step, room);
		OK(handling_item_read(body, &item));
		room[rows[i].at] = rows[i].value;
		assert_int_equal(handling_item_read(body, &item), rows[i].err);
	}
}

static void a_funnel_reads_back_and_has_a_period(void **state)
{
	(void)state;
	uint8_t room[256];
	handling_item_t item;
	funnel_t funnel = {
		SLICE("99.100.7"), 5, 9, 10, { 1000000, 1000, 100, 10, 1, UINT64_MAX }
	};
	writer_t w = writer_of(room, sizeof(room));
	funnel_put(&funnel, &w);
	OK(handling_item_read(writer_done(&w), &item));
	assert_true(item.is_funnel && slice_eq(item.funnel.node, funnel.node));
	assert_true(item.funnel.from_ns == 5 && item.funnel.to_ns == 9 &&
	            item.funnel.told_ns == 10);
	assert_memory_equal(item.funnel.counts, funnel.counts, sizeof(funnel.counts));
	for (size_t len = 0; len < w.len; len++)
		assert_int_equal(handling_item_read(slice_of(room, len), &item), ERR_MALFORMED);
	funnel.to_ns = 5;
	w = writer_of(room, sizeof(room));
	funnel_put(&funnel, &w);
	assert_int_equal(handling_item_read(writer_done(&w), &item), ERR_MALFORMED);
}

static void steps_are_found_by_their_words(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < HANDLING_STEP_COUNT; kind++) {
		const handling_step_info_t *info = handling_step_info((handling_step_kind_t)kind);
		assert_int_equal(handling_step_parse(slice_str(info->text[LANG_EN])), kind);
		assert_true(info->text[LANG_ZH][0]);
	}
	assert_int_equal(handling_step_parse(SLICE("forget")), HANDLING_STEP_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_of_every_kind_reads_back),
		cmocka_unit_test(the_forms_on_disk_and_wire_stay_as_they_are),
		cmocka_unit_test(a_step_cut_anywhere_or_followed_by_more_is_refused),
		cmocka_unit_test(a_step_that_says_what_cannot_be_is_refused),
		cmocka_unit_test(a_funnel_reads_back_and_has_a_period),
		cmocka_unit_test(steps_are_found_by_their_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
