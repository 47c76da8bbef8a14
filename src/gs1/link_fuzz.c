/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a line of Accept-Language, a line of Accept, then the data of a link. */
#include "codec/handle/value.h"
#include "gs1/gs1_choose.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t bytes[GS1_LINK_BYTES_MAX + 64];
	writer_t w = writer_of(bytes, sizeof bytes);
	slice_t rest = slice_of(data, size);
	gs1_question_t question = { .type = SLICE("gs1:pip") };
	gs1_wishes_read(slice_cut(&rest, '\n'), &question.languages);
	gs1_wishes_read(slice_cut(&rest, '\n'), &question.media);
	handle_value_t value = { .index = 1,
		                 .perms = HANDLE_PERMS_DEFAULT,
		                 .type = SLICE(GS1_LINK_VALUE),
		                 .data = slice_sub(rest, 0, GS1_LINK_BYTES_MAX) };
	handle_value_encode(&value, &w);
	record_t record = { .name = SLICE("99.1/X"), .count = 1, .values = writer_done(&w) };
	gs1_links_t links;
	gs1_choice_t choice;
	gs1_links_read(&record, LANG_EN, &links);
	bool good = gs1_link_check(value.data, NULL) == ERR_OK;
	assert(good == (links.count == 1));
	gs1_choose(&links, &question, &choice);
	assert(choice.count <= links.count);
	assert((gs1_links_default(&links) != NULL) == good);
	gs1_links_done(&links);
	return 0;
}
