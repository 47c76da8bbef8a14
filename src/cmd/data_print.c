/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/data_print.h"

#include <stdio.h>

#include "base/num.h"
#include "base/utf8.h"

enum { SHOWN_BYTES = 200, HEX_BYTES = 32 };

static bool is_control(slice_t data, size_t at)
{
	uint8_t byte = data.ptr[at];
	/* C1 controls are 0xC2 0x80 to 0xC2 0x9F in UTF-8. */
	bool is_c1 = byte == 0xC2 && at + 1 < data.len && data.ptr[at + 1] < 0xA0;
	return byte < 0x20 || byte == 0x7F || is_c1;
}

bool data_is_text(slice_t data)
{
	if (!utf8_valid(data))
		return false;
	for (size_t i = 0; i < data.len; i++)
		if (is_control(data, i))
			return false;
	return true;
}

void data_print(slice_t data)
{
	char hex[2 * HEX_BYTES + 1];
	size_t len = utf8_cut(data, SHOWN_BYTES);
	if (data_is_text(data)) {
		printf("%.*s%s", (int)len, (const char *)data.ptr, len < data.len ? "..." : "");
		return;
	}
	num_to_hex(slice_sub(data, 0, HEX_BYTES), hex);
	printf("(%zu bytes) %s%s", data.len, hex, data.len > HEX_BYTES ? "..." : "");
}
