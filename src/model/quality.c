/* SPDX-License-Identifier: Apache-2.0 */
/* The table of qualities, from the rows of the header. */
#include "model/quality.h"

#include "base/ascii.h"

enum { QUALITY_WORD_MAX = 32 };

static const quality_info_t ROWS[] = {
#define X(name, class, opcua, en, zh) { #name, QUALITY_##class, opcua, { en, zh } },
	QUALITY_ROWS(X)
#undef X
};

const quality_info_t *quality_info(quality_t quality)
{
	size_t row = (size_t)quality;
	return &ROWS[row < QUALITY_COUNT ? row : QUALITY_CONFIG_ERROR];
}

void quality_json(quality_t quality, json_t *j)
{
	char word[QUALITY_WORD_MAX];
	writer_t w = writer_of(word, sizeof(word));
	const char *name = quality == QUALITY_OK ? "GOOD" : quality_info(quality)->name;
	for (slice_t rest = slice_str(name); rest.len > 0; rest = slice_from(rest, 1))
		wr_u8(&w, ascii_fold_lower(rest.ptr[0]));
	json_str(j, writer_done(&w));
}
