/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_REGISTRY_RECORDS_H
#define BENCH_REGISTRY_RECORDS_H
/* The record of this bench: five values (URL, URL.MIRROR, EMAIL, DESC.zh, HS_ADMIN), some
 * 120 bytes of data. */
#include "bench.h"

#include "codec/handle/handle.h"

static inline void value_add(writer_t *w, uint32_t index, slice_t type, slice_t data)
{
	handle_value_t value = { .index = index,
		                 .timestamp_s = 1767225600,
		                 .ttl_s = HANDLE_TTL_DEFAULT_S,
		                 .perms = HANDLE_PERMS_DEFAULT,
		                 .type = type,
		                 .data = data };
	handle_value_encode(&value, w);
}

static inline slice_t text_of(char buf[128], const char *format, unsigned long i)
{
	(void)snprintf(buf, 128, format, i);
	return slice_str(buf);
}

static inline void values_write(unsigned long i, writer_t *w)
{
	char buf[128];
	uint8_t admin[64];
	writer_t a = writer_of(admin, sizeof(admin));
	value_add(w, 1, SLICE("URL"), text_of(buf, "http://plant.example/p/%lu", i));
	value_add(w, 2, SLICE("URL.MIRROR"), text_of(buf, "http://mirror.example/p/%lu", i));
	value_add(w, 3, SLICE("EMAIL"), SLICE("quality@plant.example"));
	value_add(w, 4, SLICE("DESC.zh"),
	          SLICE("\xe6\x9c\xba\xe6\xa2\xb0\xe9\x9b\xb6\xe4\xbb\xb6"));
	wr_u16(&a, 0x0ff3);
	wr_bytes32(&a, SLICE("0.NA/99.100.1"));
	wr_u32(&a, 200);
	value_add(w, 100, SLICE("HS_ADMIN"), writer_done(&a));
}
#endif
