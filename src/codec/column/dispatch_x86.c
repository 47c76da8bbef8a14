/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/column/kernel.h"

const column_kernel_t *column_kernel(isa_t isa)
{
	static const column_kernel_t *const kernels[ISA_COUNT] = { [ISA_PLAIN] = &column_plain,
		                                                   [ISA_AVX2] = &column_avx2,
		                                                   [ISA_AVX512] = &column_avx512 };
	return kernels[isa < ISA_COUNT ? isa : ISA_PLAIN];
}
