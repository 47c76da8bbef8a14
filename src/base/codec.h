/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CODEC_H
#define BASE_CODEC_H
/* What every decoder of every protocol answers. A decoder is one pure function
 * from bytes to a struct; it never blocks, logs, allocates or keeps state. */
#include "base/err.h"

typedef enum {
	CODEC_OK,          /* `ret` is filled */
	CODEC_MORE,        /* a good beginning; call again with more bytes */
	CODEC_MALFORMED,   /* no further byte can make this right */
	CODEC_UNSUPPORTED, /* well known, but not read here */
} codec_t;
#endif
