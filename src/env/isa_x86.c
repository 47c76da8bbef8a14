/* SPDX-License-Identifier: Apache-2.0 */
/* What an x86 processor can do, and the system with it: the compiler's own look-up asks
 * both, so wide registers that nobody saves at a task switch are not counted. */
#include "env/ops.h"

#include <stdbool.h>

static bool has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("bmi2");
}

static bool has_avx512(void)
{
	return has_avx2() && __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
	       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

isa_t isa_of_machine(env_t *env)
{
	(void)env;
	return has_avx512() ? ISA_AVX512 : has_avx2() ? ISA_AVX2 : ISA_PLAIN;
}
