/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-16/MODBUS by a table whose entries the compiler works out from those of the
 * single bits (crc_table.c says why that holds), and the Internet checksum. */
#include "base/crc_impl.h"

/* Polynomial 0x8005, reflected 0xA001. */
#define CRC16(n) LINEAR(n, 0xC0C1u, 0xC181u, 0xC301u, 0xC601u, 0xCC01u, 0xD801u, 0xF001u, 0xA001u)

static const uint16_t CRC16_TABLE[256] = { ROWS_256(CRC16) };

uint16_t crc16_modbus(slice_t bytes)
{
	uint16_t crc = 0xFFFF;
	for (size_t i = 0; i < bytes.len; i++)
		crc = (uint16_t)(crc >> 8 ^ CRC16_TABLE[(crc ^ bytes.ptr[i]) & 0xFF]);
	return crc;
}

uint16_t inet_sum(uint16_t sum, slice_t bytes)
{
	uint64_t wide = sum;
	for (size_t i = 0; i + 1 < bytes.len; i += 2)
		wide += (uint64_t)bytes.ptr[i] << 8 | bytes.ptr[i + 1];
	if (bytes.len % 2)
		wide += (uint64_t)bytes.ptr[bytes.len - 1] << 8;
	while (wide >> 16)
		wide = (wide & 0xFFFF) + (wide >> 16);
	return (uint16_t)wide;
}
