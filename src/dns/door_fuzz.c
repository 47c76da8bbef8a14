/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a message to a door with records behind it. Whatever it is, the answer can be read
 * and is about the same question, and a plain question is answered afterwards. */
#include "dns/fixture_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(slice_t asked, slice_t reply)
{
	said_t said;
	dns_query_t query;
	said_read(reply, &said);
	codec_t got = dns_query_decode(asked, &query);
	assert_int_not_equal(got, CODEC_MORE);
	assert_int_equal(said.head.id, query.head.id);
	assert_int_equal(said.head.questions, query.question.name.len ? 1 : 0);
	assert_true(got == CODEC_OK || said.rc != DNS_RC_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static world_t w;
	static bool is_open;
	uint8_t out[DNS_MESSAGE_MAX];
	writer_t reply = writer_of(out, sizeof(out));
	slice_t asked = slice_of(data, size);
	if (!is_open)
		world_make(&w, NULL, 0);
	is_open = true;
	if (size <= DNS_MESSAGE_MAX && dns_door_answer(w.door, asked, &reply))
		check(asked, writer_done(&reply));
	said_t said = world_ask(
		&w, &(question_t){ .name = "7.1.99.2.oid-res.org", .type = DNS_TYPE_NAPTR });
	assert_int_equal(said.head.answers, 3);
	return 0;
}
