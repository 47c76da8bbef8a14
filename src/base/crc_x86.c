/* SPDX-License-Identifier: Apache-2.0 */
/* CRC32C by the instruction that x86 has for it since SSE 4.2, without the tables' 8 KB of
 * cache. Asked for at run time: the program also runs on machines that lack it.
 *
 * The instruction has a result every cycle, but each waits three cycles for the one before.
 * So long inputs are cut into three lanes that do not wait for one another. The sum of a
 * lane with n bits behind it counts as itself times x^n: a product without carries, which
 * the next instruction reduces if it is XORed to eight bytes of input. */
#include "base/crc_impl.h"

#define TARGET __attribute__((target("sse4.2,pclmul")))

enum { LANE = 256, WORD = 8 };

typedef long long pair_t __attribute__((vector_size(16)));

/* x^(n - 33) modulo the polynomial, the highest power in the lowest bit, for the n = 16 * LANE
 * and 8 * LANE bits behind the first and the second lane. The instruction multiplies eight
 * bytes by x^32, and a product of two sums is one place short of filling them. */
static const uint32_t BEHIND_FIRST = 0xDD7E3B0CU, BEHIND_SECOND = 0xB9E02B86U;

TARGET static uint64_t product(uint64_t a, uint32_t b)
{
	return (uint64_t)__builtin_ia32_pclmulqdq128((pair_t){ (long long)a, 0 },
	                                             (pair_t){ (long long)b, 0 }, 0)[0];
}

/* Over three lanes. */
TARGET static uint64_t by_lanes(uint64_t sum, const uint8_t bytes[3 * LANE])
{
	uint64_t second = 0, third = 0, last = load_u64_le(&bytes[3 * LANE - WORD]);
	for (size_t i = 0; i < LANE - WORD; i += WORD) {
		sum = __builtin_ia32_crc32di(sum, load_u64_le(&bytes[i]));
		second = __builtin_ia32_crc32di(second, load_u64_le(&bytes[LANE + i]));
		third = __builtin_ia32_crc32di(third, load_u64_le(&bytes[2 * LANE + i]));
	}
	sum = __builtin_ia32_crc32di(sum, load_u64_le(&bytes[LANE - WORD]));
	second = __builtin_ia32_crc32di(second, load_u64_le(&bytes[2 * LANE - WORD]));
	last ^= product(sum, BEHIND_FIRST) ^ product(second, BEHIND_SECOND);
	return __builtin_ia32_crc32di(third, last);
}

TARGET static uint32_t by_instruction(uint32_t crc, slice_t bytes)
{
	uint64_t sum = ~crc;
	size_t i = 0;
	for (; bytes.len - i >= (size_t)3 * LANE; i += (size_t)3 * LANE)
		sum = by_lanes(sum, &bytes.ptr[i]);
	for (; bytes.len - i >= WORD; i += WORD)
		sum = __builtin_ia32_crc32di(sum, load_u64_le(&bytes.ptr[i]));
	uint32_t low = (uint32_t)sum;
	for (; i < bytes.len; i++)
		low = __builtin_ia32_crc32qi(low, bytes.ptr[i]);
	return ~low;
}

uint32_t crc32c(uint32_t crc, slice_t bytes)
{
	if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"))
		return by_instruction(crc, bytes);
	return crc32c_by_table(crc, bytes);
}
