/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/column/kernel.h"

const column_kernel_t *column_kernel(isa_t isa)
{
	(void)isa;
	return &column_plain[0];
}

const column_kernel_t *column_kernel_coding(isa_t isa)
{
	(void)isa;
	return &column_plain[1];
}
