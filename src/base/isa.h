/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ISA_H
#define BASE_ISA_H
/* Kinds of processor for which a kernel may be compiled more than once. env tells
 * which one the machine is; a room that has kernels picks by it and by nothing else, so
 * that a test or a bench can ask for each. In order: a machine of a kind runs the code of
 * those before it. */
typedef enum {
	ISA_PLAIN,  /* what every machine of the family has */
	ISA_AVX2,   /* x86: AVX2, BMI1, BMI2 */
	ISA_AVX512, /* x86: those, and AVX-512 F, BW, CD, DQ, VL */
	ISA_COUNT,
} isa_t;

/* "plain", "avx2", "avx512"; for people, metrics and tests. */
static inline const char *isa_name(isa_t isa)
{
	static const char *const names[ISA_COUNT] = { "plain", "avx2", "avx512" };
	return isa < ISA_COUNT ? names[isa] : "unknown";
}
#endif
