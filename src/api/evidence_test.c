/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence over HTTP: FRM1.V is read once a second and is 3.6. */
#include "api/room_test.h"

#include "evidence/evidence.h"

#define EVIDENCE "/api/v1/points/FRM1.V/evidence"
#define AT       "?at_ns=1700000005500000000"

static void seal(room_t *room)
{
	pass(room, 10 * NS_PER_S);
	OK(historian_merge(room->historian));
	pass(room, NS_PER_S);
}

static void a_sample_and_the_aggregate_of_its_block_prove_themselves(void **state)
{
	static uint8_t scratch[256 << 10];
	room_t *room = *state;
	evidence_seen_t seen;
	seal(room);
	assert_int_equal(get(room, EVIDENCE AT), 200);
	writer_t w = writer_of(scratch, sizeof(scratch));
	OK(evidence_check(room->answer.body, (slice_t){ 0 }, &w, &seen));
	assert_true(slice_eq(seen.name, SLICE("FRM1.V")));
	assert_true(seen.sample.value.as.f == 3.6);
	assert_int_equal(seen.sample.source.ns / NS_PER_MS, 1700000005110);
	assert_int_equal(seen.edits, 0);
	assert_int_equal(get(room, EVIDENCE AT "&aggregate=true&withheld=true"), 200);
	w = writer_of(scratch, sizeof(scratch));
	OK(evidence_check(room->answer.body, (slice_t){ 0 }, &w, &seen));
	assert_true(seen.is_aggregate && !seen.has_parts);
	assert_true(seen.summary.min == 3.6 && seen.summary.count >= 9);
}

static void edits_are_said_and_change_no_record(void **state)
{
	static uint8_t scratch[256 << 10];
	room_t *room = *state;
	evidence_seen_t seen;
	pass(room, 10 * NS_PER_S);
	assert_int_equal(ask(room, HTTP_POST, "/api/v1/points/FRM1.V/edits",
	                     "{\"kind\":\"delete\",\"from_ms\":1700000004000,"
	                     "\"to_ms\":1700000006000,\"reason\":\"sensor was out\"}"),
	                 201);
	seal(room);
	assert_int_equal(get(room, EVIDENCE AT), 200);
	assert_true(has(room, "\"edits\":[{\"kind\":\"delete\",\"undone\":false,"));
	assert_true(has(room, "\"reason\":\"sensor was out\""));
	writer_t w = writer_of(scratch, sizeof(scratch));
	OK(evidence_check(room->answer.body, (slice_t){ 0 }, &w, &seen));
	assert_true(seen.sample.value.as.f == 3.6);
	assert_int_equal(seen.edits, 1);
}

static void what_cannot_be_proven_is_said(void **state)
{
	room_t *room = *state;
	pass(room, 10 * NS_PER_S);
	assert_int_equal(get(room, EVIDENCE AT), 503);
	assert_true(has(room, "not sealed"));
	assert_int_equal(get(room, EVIDENCE "?at_ns=5"), 404);
	assert_int_equal(get(room, EVIDENCE), 422);
	assert_int_equal(get(room, EVIDENCE AT "&withheld=true"), 422);
	assert_int_equal(get(room, "/api/v1/points/FRM9.V/evidence" AT), 404);
	OK(historian_seal(room->historian));
	pass(room, NS_PER_S);
	assert_int_equal(get(room, EVIDENCE AT "&aggregate=true"), 409);
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, room_open, room_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_ROOM(a_sample_and_the_aggregate_of_its_block_prove_themselves),
		IN_ROOM(edits_are_said_and_change_no_record),
		IN_ROOM(what_cannot_be_proven_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
