/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/data_print.h"

#include <stdio.h>

#include "base/num.h"
#include "base/utf8.h"

enum { SHOWN_BYTES = 200, HEX_BYTES = 32 };

bool data_is_text(slice_t data)
{
	if (!utf8_valid(data))
		return false;
	for (size_t i = 0; i < data.len; i++) {
		/* C1 controls are 0xC2 0x80 to 0xC2 0x9F in UTF-8. */
		bool is_c1 = data.ptr[i] == 0xC2 && i + 1 < data.len && data.ptr[i + 1] < 0xA0;
		if (data.ptr[i] < 0x20 || data.ptr[i] == 0x7F || is_c1)
			return false;
	}
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
