/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CRC_H
#define BASE_CRC_H
/* Checksums. CRC32C (Castagnoli, reflected, init and xor 0xFFFFFFFF) guards the
 * disk formats; CRC-16/MODBUS guards RTU frames; the Internet checksum fills
 * the frames we render. */
#include "base/slice.h"

/* Continues from `crc` (0 at the start), so pieces may be fed one by one. */
uint32_t crc32c(uint32_t crc, slice_t bytes);
uint16_t crc16_modbus(slice_t bytes);
/* RFC 1071 sum of `bytes` added to `sum`, folded but not complemented. */
uint16_t inet_sum(uint16_t sum, slice_t bytes);
#endif
