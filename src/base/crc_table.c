/* SPDX-License-Identifier: Apache-2.0 */
/* CRC32C by table, for machines without an instruction for it. A CRC is linear
 * over XOR: the entry of a byte is the XOR of the entries of its set bits. So the
 * tables are spelled here by the eight entries of the single bits, and the
 * compiler works out the other 248; nothing is generated, nothing is filled at run
 * time, and a reader can check each number by eight shifts of the polynomial.
 * Eight bytes a step with eight tables, where table k answers for a byte followed
 * by k others. */
#include "base/crc_impl.h"

/* Polynomial 0x1EDC6F41, reflected 0x82F63B78. */
#define CRC32C_0(n) \
	LINEAR(n, 0xF26B8303u, 0xE13B70F7u, 0xC79A971Fu, 0x8AD958CFu, 0x105EC76Fu, 0x20BD8EDEu, \
	       0x417B1DBCu, 0x82F63B78u)
#define CRC32C_1(n) \
	LINEAR(n, 0x13A29877u, 0x274530EEu, 0x4E8A61DCu, 0x9D14C3B8u, 0x3FC5F181u, 0x7F8BE302u, \
	       0xFF17C604u, 0xFBC3FAF9u)
#define CRC32C_2(n) \
	LINEAR(n, 0xA541927Eu, 0x4F6F520Du, 0x9EDEA41Au, 0x38513EC5u, 0x70A27D8Au, 0xE144FB14u, \
	       0xC76580D9u, 0x8B277743u)
#define CRC32C_3(n) \
	LINEAR(n, 0xDD45AAB8u, 0xBF672381u, 0x7B2231F3u, 0xF64463E6u, 0xE964B13Du, 0xD725148Bu, \
	       0xABA65FE7u, 0x52A0C93Fu)
#define CRC32C_4(n) \
	LINEAR(n, 0x38116FACu, 0x7022DF58u, 0xE045BEB0u, 0xC5670B91u, 0x8F2261D3u, 0x1BA8B557u, \
	       0x37516AAEu, 0x6EA2D55Cu)
#define CRC32C_5(n) \
	LINEAR(n, 0xEF306B19u, 0xDB8CA0C3u, 0xB2F53777u, 0x6006181Fu, 0xC00C303Eu, 0x85F4168Du, \
	       0x0E045BEBu, 0x1C08B7D6u)
#define CRC32C_6(n) \
	LINEAR(n, 0x68032CC8u, 0xD0065990u, 0xA5E0C5D1u, 0x4E2DFD53u, 0x9C5BFAA6u, 0x3D5B83BDu, \
	       0x7AB7077Au, 0xF56E0EF4u)
#define CRC32C_7(n) \
	LINEAR(n, 0x493C7D27u, 0x9278FA4Eu, 0x211D826Du, 0x423B04DAu, 0x847609B4u, 0x0D006599u, \
	       0x1A00CB32u, 0x34019664u)

static const uint32_t CRC32C_TABLES[8][256] = {
	{ ROWS_256(CRC32C_0) }, { ROWS_256(CRC32C_1) }, { ROWS_256(CRC32C_2) },
	{ ROWS_256(CRC32C_3) }, { ROWS_256(CRC32C_4) }, { ROWS_256(CRC32C_5) },
	{ ROWS_256(CRC32C_6) }, { ROWS_256(CRC32C_7) },
};

static uint32_t step_8(uint32_t crc, const uint8_t bytes[8])
{
	uint64_t word = load_u64_le(bytes) ^ crc;
	crc = 0;
	for (unsigned i = 0; i < 8; i++)
		crc ^= CRC32C_TABLES[7 - i][word >> (8 * i) & 0xFF];
	return crc;
}

uint32_t crc32c_by_table(uint32_t crc, slice_t bytes)
{
	size_t i = 0;
	crc = ~crc;
	for (; bytes.len - i >= 8; i += 8)
		crc = step_8(crc, &bytes.ptr[i]);
	for (; i < bytes.len; i++)
		crc = crc >> 8 ^ CRC32C_TABLES[0][(crc ^ bytes.ptr[i]) & 0xFF];
	return ~crc;
}
