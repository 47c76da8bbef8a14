/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes either are refused with a sentence, or give a snapshot whose dump is a
 * configuration again and says the same. */
#include "config/config.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DUMP_MAX = 8 << 20, FILE_MAX = 4 << 20 };

static void check_dump_reads_back(const config_t *config)
{
	err_detail_t detail;
	config_t *again = NULL;
	writer_t first = writer_of(malloc(DUMP_MAX), DUMP_MAX);
	writer_t second = writer_of(malloc(DUMP_MAX), DUMP_MAX);
	assert(first.buf && second.buf);
	config_dump(config, &first);
	if (!first.bad && first.len <= FILE_MAX) {
		err_t err = config_parse(writer_done(&first), "dump", &again, &detail);
		assert(!err);
		config_dump(again, &second);
		assert(slice_eq(writer_done(&first), writer_done(&second)));
	}
	config_free(again);
	free(first.buf);
	free(second.buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	err_detail_t detail;
	config_t *config = NULL;
	if (config_parse(slice_of(data, size), "fuzz", &config, &detail)) {
		char text[1024];
		assert(*err_render(&detail, LANG_ZH, text, sizeof(text)));
		return 0;
	}
	check_dump_reads_back(config);
	config_free(config);
	return 0;
}
