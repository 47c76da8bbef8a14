/* SPDX-License-Identifier: Apache-2.0 */
/* Input: the text of a question. Whatever it is, it ends, changes nothing, and a plain
 * question is answered afterwards. */
#include "query/sql/plant_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void *plant;
	if (!plant)
		assert_int_equal(plant_open(&plant), 0);
	plant_t *p = plant;
	err_detail_t detail;
	sql_question_t question = { .text = slice_of(data, size),
		                    .samples_max = 2000,
		                    .memory_max = 16 << 20,
		                    .steps_max = 200000 };
	err_t err = plant_ask(p, &question, &detail);
	assert_int_not_equal(err, ERR_INTERNAL);
	sql_question_t plain = { .text = SLICE("SELECT count(*) FROM points") };
	assert_int_equal(plant_ask(p, &plain, NULL), ERR_OK);
	assert_string_equal(p->text, "7 \n");
	return 0;
}
