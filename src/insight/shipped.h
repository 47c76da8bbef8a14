/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INSIGHT_SHIPPED_H
#define INSIGHT_SHIPPED_H
/* The packs that are built in, made by tools/embed_packs.py. Ends with a row of NULL. */
#include <stddef.h>
#include <stdint.h>

typedef struct {
	const char *file; /* "packs/iso/iso22400.yaml" */
	const uint8_t *bytes;
	size_t len;
} shipped_pack_t;

extern const shipped_pack_t SHIPPED_PACKS[];
#endif
