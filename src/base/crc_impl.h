/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CRC_IMPL_H
#define BASE_CRC_IMPL_H
/* CRC32C as any machine can do it; crc32c() is this where the machine has no
 * instruction of its own (the build chooses crc_x86.c or crc_any.c). */
#include "base/crc.h"

/* An entry from those of the eight single bits, and rows of entries. */
#define BIT(n, bit, entry) (((n) >> (bit)&1u) * (entry))
#define LINEAR(n, e0, e1, e2, e3, e4, e5, e6, e7) \
	(BIT(n, 0, e0) ^ BIT(n, 1, e1) ^ BIT(n, 2, e2) ^ BIT(n, 3, e3) ^ BIT(n, 4, e4) ^ \
	 BIT(n, 5, e5) ^ BIT(n, 6, e6) ^ BIT(n, 7, e7))
#define ROWS_4(E, n)  E((n)), E((n) + 1u), E((n) + 2u), E((n) + 3u)
#define ROWS_16(E, n) ROWS_4(E, n), ROWS_4(E, (n) + 4u), ROWS_4(E, (n) + 8u), ROWS_4(E, (n) + 12u)
#define ROWS_64(E, n) \
	ROWS_16(E, n), ROWS_16(E, (n) + 16u), ROWS_16(E, (n) + 32u), ROWS_16(E, (n) + 48u)
#define ROWS_256(E) ROWS_64(E, 0u), ROWS_64(E, 64u), ROWS_64(E, 128u), ROWS_64(E, 192u)

uint32_t crc32c_by_table(uint32_t crc, slice_t bytes);
#endif
