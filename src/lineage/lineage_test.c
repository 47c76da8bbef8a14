/* SPDX-License-Identifier: Apache-2.0 */
/* A figure of the nation, followed down to the meter of a plant. */
#include "lineage/tree_fixture_test.h"

static void a_figure_is_added_again_down_to_what_was_measured(void **state)
{
	(void)state;
	realm_t *realm = realm_filled();
	lineage_input_t input;
	realm_audit(realm, 3);
	assert_found(realm, NATION, LINEAGE_IS_EQUAL);
	assert_found(realm, PROVINCE, LINEAGE_IS_EQUAL);
	assert_found(realm, PLANT_A, LINEAGE_IS_EQUAL);
	assert_found(realm, PLANT_B, LINEAGE_IS_ATTESTED);
	assert_int_equal(realm->found_count, NODES);
	assert_true(realm->tally.is_whole && !realm->tally.is_red && !realm->tally.unread);
	const lineage_finding_t *leaf = found_of(realm, PLANT_A);
	reader_t inputs = reader_of(leaf->inputs);
	assert_true(lineage_input_next(&inputs, &input));
	assert_true(slice_eq(input.name, SLICE("x")) && slice_eq(input.point, SLICE("M.E")));
	assert_true(leaf->level == 2 && slice_eq(leaf->above, SLICE("99.100")));
	realm_close(realm);
}

static void a_level_alone_stands_by_the_signatures_it_came_with(void **state)
{
	(void)state;
	realm_t *realm = realm_filled();
	realm_audit(realm, 1);
	assert_found(realm, NATION, LINEAGE_IS_EQUAL);
	assert_found(realm, PROVINCE, LINEAGE_IS_SIGNED);
	assert_int_equal(found_of(realm, PROVINCE)->reason, LINEAGE_NONE);
	assert_int_equal(realm->found_count, 2);
	assert_false(realm->tally.is_whole || realm->tally.is_red);
	realm_close(realm);
}

static void a_sample_that_was_altered_turns_its_leaf_red(void **state)
{
	(void)state;
	realm_t *realm = realm_filled();
	fake_t *meter = realm->plant->series[0];
	meter->rows[meter->count / 2].value = value_f64(5);
	realm_audit(realm, 3);
	assert_found(realm, PLANT_A, LINEAGE_IS_DIFFERS);
	assert_int_equal(found_of(realm, PLANT_A)->by, LINEAGE_BY_PART);
	assert_true(found_of(realm, PLANT_A)->wanted != found_of(realm, PLANT_A)->found);
	assert_found(realm, PROVINCE, LINEAGE_IS_EQUAL);
	assert_true(realm->tally.is_red);
	realm_close(realm);
}

static void damage_at_a_leaf_names_its_place(void **state)
{
	(void)state;
	realm_t *realm = realm_filled();
	realm->plant->damage = ERR_CORRUPT;
	realm_audit(realm, 3);
	assert_found(realm, PLANT_A, LINEAGE_IS_DAMAGED);
	assert_true(slice_starts(found_of(realm, PLANT_A)->place, slice_str(realm->damage)));
	assert_true(realm->tally.is_red);
	realm_close(realm);
}

static void sums_that_a_middle_altered_are_red_there_and_not_above(void **state)
{
	(void)state;
	realm_t *realm = realm_open();
	measure(realm);
	declare(realm, 7);
	send_as(realm, PLANT_A, 0);
	send_as(realm, PLANT_B, 0);
	roll_as(realm, PROVINCE, 1000);
	send_as(realm, PROVINCE, 0);
	roll_as(realm, NATION, 0);
	realm_audit(realm, 3);
	const lineage_finding_t *f = found_of(realm, PROVINCE);
	assert_found(realm, NATION, LINEAGE_IS_EQUAL);
	assert_found(realm, PROVINCE, LINEAGE_IS_DIFFERS);
	assert_true(f->by == LINEAGE_BY_PART && f->part == 0 && f->found == f->wanted + 1000);
	assert_found(realm, PLANT_A, LINEAGE_IS_EQUAL);
	realm_close(realm);
}

static void a_child_that_signs_two_figures_is_told_by_both(void **state)
{
	(void)state;
	realm_t *realm = realm_open();
	measure(realm);
	declare(realm, 7);
	send_as(realm, PLANT_A, 0);
	send_as(realm, PLANT_B, 1);
	roll_as(realm, PROVINCE, 0);
	send_as(realm, PROVINCE, 0);
	roll_as(realm, NATION, 0);
	realm_audit(realm, 3);
	assert_found(realm, PROVINCE, LINEAGE_IS_EQUAL);
	assert_found(realm, PLANT_B, LINEAGE_IS_DIFFERS);
	assert_int_equal(found_of(realm, PLANT_B)->by, LINEAGE_BY_FIGURE);
	assert_true(found_of(realm, PLANT_B)->is_signed);
	realm_close(realm);
}

static void a_silent_child_stands_by_its_batch_or_not_at_all(void **state)
{
	(void)state;
	realm_t *realm = realm_filled();
	realm->at[PLANT_A].is_silent = true;
	realm_audit(realm, 3);
	assert_found(realm, PLANT_A, LINEAGE_IS_SIGNED);
	assert_int_equal(found_of(realm, PLANT_A)->reason, LINEAGE_SILENT);
	realm->at[PROVINCE].hides_batches = true;
	realm_audit(realm, 3);
	assert_found(realm, PLANT_A, LINEAGE_IS_UNANSWERED);
	assert_found(realm, PLANT_B, LINEAGE_IS_ATTESTED);
	assert_false(realm->tally.is_red || realm->tally.is_whole);
	realm_close(realm);
}

static void a_batch_that_its_child_did_not_sign_proves_nothing(void **state)
{
	(void)state;
	realm_t *realm = realm_filled();
	realm->at[PLANT_A].is_silent = true;
	lineage_question_t question = nation_question(realm, 3);
	realm_ask(realm, &question);
	for (size_t i = 0; i < realm->part_count; i++)
		if (realm->parts[i].ptr[0] == LINEAGE_PART_BATCH) {
			uint8_t *end = realm->room + (realm->parts[i].ptr - realm->room) +
			               realm->parts[i].len - 1;
			*end ^= 1;
		}
	realm_check(realm, &question);
	assert_found(realm, PLANT_A, LINEAGE_IS_UNPROVED);
	assert_found(realm, PROVINCE, LINEAGE_IS_EQUAL);
	assert_true(realm->tally.is_red);
	realm_close(realm);
}

static void what_a_contract_withholds_is_told_with_its_reason(void **state)
{
	(void)state;
	realm_t *realm = realm_filled();
	realm->at[PLANT_A].contract.open = CONTRACT_OPENS_FIGURES;
	realm_audit(realm, 3);
	assert_found(realm, PLANT_A, LINEAGE_IS_EQUAL);
	assert_int_equal(found_of(realm, PLANT_A)->inputs.len, 0);
	realm->plant->points[0].data_class = DATA_CORE;
	realm_audit(realm, 3);
	assert_found(realm, PLANT_A, LINEAGE_IS_UNANSWERED);
	assert_int_equal(found_of(realm, PLANT_A)->reason, LINEAGE_CONTRACT);
	realm->at[PROVINCE].contract.open = CONTRACT_OPENS_NOTHING;
	realm_audit(realm, 3);
	assert_found(realm, NATION, LINEAGE_IS_EQUAL);
	assert_found(realm, PROVINCE, LINEAGE_IS_UNANSWERED);
	assert_int_equal(found_of(realm, PROVINCE)->reason, LINEAGE_CONTRACT);
	assert_int_equal(realm->found_count, 2);
	assert_false(realm->tally.is_red || realm->tally.is_whole);
	realm_close(realm);
}

static void a_figure_that_changed_since_is_checked_as_it_went_in(void **state)
{
	(void)state;
	realm_t *realm = realm_filled();
	declare(realm, 70);
	realm_audit(realm, 3);
	const lineage_finding_t *f = found_of(realm, PLANT_B);
	assert_found(realm, PLANT_B, LINEAGE_IS_ATTESTED);
	assert_true(f->revision == 1 && f->latest == 2);
	assert_found(realm, PROVINCE, LINEAGE_IS_EQUAL);
	send_as(realm, PLANT_B, 0);
	roll_as(realm, PROVINCE, 0);
	realm_audit(realm, 3);
	assert_int_equal(found_of(realm, PROVINCE)->latest, 2);
	assert_found(realm, PROVINCE, LINEAGE_IS_EQUAL);
	realm_close(realm);
}

static void an_answer_to_another_question_is_none(void **state)
{
	(void)state;
	realm_t *realm = realm_filled();
	lineage_question_t question = nation_question(realm, 3);
	realm_ask(realm, &question);
	question.mark[0]++;
	realm_check(realm, &question);
	assert_int_equal(realm->found_count, 1);
	assert_found(realm, NATION, LINEAGE_IS_UNANSWERED);
	assert_true(realm->tally.unread > 0);
	question = nation_question(realm, 3);
	question.revision = 9;
	realm_ask(realm, &question);
	realm_check(realm, &question);
	assert_found(realm, NATION, LINEAGE_IS_UNANSWERED);
	assert_int_equal(found_of(realm, NATION)->reason, LINEAGE_UNKNOWN);
	realm_close(realm);
}

enum { CROWD = 1500, CROWD_NAME = 16 };

/* Figures of so many plants that their rows need more than one sheet. */
static void receive_crowd(place_t *nation, char names[CROWD][CROWD_NAME])
{
	figure_t figure = { .key = day_key(),
		            .origin = FIGURE_DECLARED,
		            .part_count = 8,
		            .has_value = true,
		            .expected = 1,
		            .reporting = 1,
		            .declared = 1,
		            .coverage = 1,
		            .revision = 1,
		            .attested_by = SLICE("user:li") };
	for (size_t i = 0; i < CROWD; i++) {
		uint8_t body[1024], batch[2048], head[RECEIVED_HEAD_MAX];
		writer_t b = writer_of(body, sizeof(body)), w = writer_of(batch, sizeof(batch));
		writer_t h = writer_of(head, sizeof(head));
		place_t plant = { .name = names[i], .key = nation->key };
		uint64_t seq = 0;
		snprintf(names[i], CROWD_NAME, "99.2.%04zu", i);
		for (size_t n = 0; n < 8; n++)
			figure.parts[n] = (part_t){ PART_SUM, true, (double)(i + n) / 3, { 0 } };
		figure.entity = slice_str(names[i]);
		wr_string(&b, figure.entity);
		OK(figure_encode(&figure, &b));
		put_batch(&plant, writer_done(&b), 1, &w);
		received_put(&(received_t){ .child = figure.entity, .at = { 5 } }, &h);
		slice_t parts[] = { writer_done(&h), writer_done(&w) };
		OK(journal_append(nation->journal, JOURNAL_RECEIVED, parts, 2, &seq));
	}
	place_settle(nation);
}

static void a_figure_of_many_children_has_several_sheets(void **state)
{
	(void)state;
	char(*names)[CROWD_NAME] = test_calloc(CROWD, sizeof(*names));
	rollup_child_t *children = test_calloc(CROWD, sizeof(*children));
	realm_t *realm = realm_open();
	receive_crowd(&realm->at[NATION], names);
	for (size_t i = 0; i < CROWD; i++)
		children[i].entity = slice_str(names[i]);
	roll_children(realm, NATION, children, CROWD, 0);
	realm->at[NATION].hides_batches = true;
	realm_audit(realm, 1);
	assert_int_equal(realm->part_count, 2);
	assert_found(realm, NATION, LINEAGE_IS_EQUAL);
	assert_int_equal(realm->found_count, 1 + CROWD);
	realm->part_count--;
	lineage_question_t question = nation_question(realm, 1);
	realm_check(realm, &question);
	assert_found(realm, NATION, LINEAGE_IS_DIFFERS);
	assert_int_equal(found_of(realm, NATION)->by, LINEAGE_BY_ROWS);
	realm_close(realm);
	test_free(children);
	test_free(names);
}

/* Whoever passes an answer on can only leave out. */
static void no_byte_of_what_another_signed_can_be_altered_unseen(void **state)
{
	(void)state;
	realm_t *realm = realm_filled();
	lineage_question_t question = nation_question(realm, 3);
	size_t tried = 0;
	realm_ask(realm, &question);
	for (size_t i = 1; i < realm->part_count; i++) {
		uint8_t *bytes = realm->room + (realm->parts[i].ptr - realm->room);
		for (size_t at = i % 5; at < realm->parts[i].len && bytes[0] == LINEAGE_PART_SHEET;
		     at += 5, tried++) {
			bytes[at] ^= 0x10;
			realm_check(realm, &question);
			assert_false(realm->tally.is_whole);
			bytes[at] ^= 0x10;
		}
	}
	assert_true(tried > 100);
	realm_close(realm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_figure_is_added_again_down_to_what_was_measured),
		cmocka_unit_test(a_level_alone_stands_by_the_signatures_it_came_with),
		cmocka_unit_test(a_sample_that_was_altered_turns_its_leaf_red),
		cmocka_unit_test(damage_at_a_leaf_names_its_place),
		cmocka_unit_test(sums_that_a_middle_altered_are_red_there_and_not_above),
		cmocka_unit_test(a_child_that_signs_two_figures_is_told_by_both),
		cmocka_unit_test(a_silent_child_stands_by_its_batch_or_not_at_all),
		cmocka_unit_test(a_batch_that_its_child_did_not_sign_proves_nothing),
		cmocka_unit_test(what_a_contract_withholds_is_told_with_its_reason),
		cmocka_unit_test(a_figure_that_changed_since_is_checked_as_it_went_in),
		cmocka_unit_test(an_answer_to_another_question_is_none),
		cmocka_unit_test(a_figure_of_many_children_has_several_sheets),
		cmocka_unit_test(no_byte_of_what_another_signed_can_be_altered_unseen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
