/* SPDX-License-Identifier: Apache-2.0 */
/* The table of qualities, from the rows of the header. */
#include "model/quality.h"

#include <stddef.h>

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
