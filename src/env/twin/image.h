/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_TWIN_IMAGE_H
#define ENV_TWIN_IMAGE_H
/* The bytes of one simulated file, sparse: a journal reserves megabytes of zeros
 * that hundreds of simulated disks must not pay for. */
#include "base/slice.h"

typedef struct {
	uint8_t **chunks; /* NULL: zeros */
	size_t count;
	uint64_t size;
} image_t;

/* Copies [at, at+len) out, which must lie within the size. */
void image_read(const image_t *image, uint64_t at, uint8_t *buf, size_t len);
/* Writes, growing the image when needed. */
void image_write(image_t *image, uint64_t at, slice_t bytes);
/* Cuts, or grows with zeros. */
void image_resize(image_t *image, uint64_t size);
void image_free(image_t *image);
/* Makes `to` equal to `from`. */
void image_copy(image_t *to, const image_t *from);
#endif
