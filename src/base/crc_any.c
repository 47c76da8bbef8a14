/* SPDX-License-Identifier: Apache-2.0 */
/* CRC32C on machines for which there is no kernel of their own. */
#include "base/crc_impl.h"

uint32_t crc32c(uint32_t crc, slice_t bytes)
{
	return crc32c_by_table(crc, bytes);
}
