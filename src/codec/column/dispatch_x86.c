/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/column/kernel.h"

static const column_kernel_t *const kernels[ISA_COUNT] = {
	[ISA_PLAIN] = column_plain, [ISA_AVX2] = column_avx2, [ISA_AVX512] = column_avx512
};

const column_kernel_t *column_kernel(isa_t isa)
{
	return &kernels[isa < ISA_COUNT ? isa : ISA_PLAIN][0];
}

const column_kernel_t *column_kernel_coding(isa_t isa)
{
	return &kernels[isa < ISA_COUNT ? isa : ISA_PLAIN][1];
}
