/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RETRIEVAL_STATUS_H
#define RETRIEVAL_STATUS_H
/* Status codes of results, as OPC 10000-4, 7.39 lays them out: the class and code in
 * the upper half, in the lower half what kind of value it is. The info bits are those of
 * OPC 10000-11, 6.8 and 10000-13, 5.3.3. */
#include "model/quality.h"

typedef uint32_t status_t;

/* name, code, word */
#define STATUS_ROWS(X) \
	X(GOOD, 0x00000000, "good") \
	X(UNCERTAIN_SUB_NORMAL, 0x40A40000, "uncertain_data_sub_normal") \
	X(BAD, 0x80000000, "bad") \
	X(BAD_NO_DATA, 0x809B0000, "bad_no_data") \
	X(BAD_TYPE_MISMATCH, 0x80740000, "bad_type_mismatch")

#define X(name, code, word) static const status_t STATUS_##name = code;
STATUS_ROWS(X)
#undef X

enum {
	STATUS_RAW = 0x0400, /* the kind of value is told: stored, calculated or interpolated */
	STATUS_CALCULATED = 0x0401,
	STATUS_INTERPOLATED = 0x0402,
	STATUS_PARTIAL = 0x0404,
	STATUS_MULTI = 0x0410,
};

static inline quality_class_t status_class(status_t status)
{
	return status >> 30 > 1 ? QUALITY_BAD : (quality_class_t)(status >> 30);
}
#endif
