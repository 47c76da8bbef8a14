/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a point's address, from the rows of the header. */
#include "model/point.h"

#define X(name, text) [POINT_##name] = text,
const char *const POINT_TABLE_NAMES[POINT_TABLE_COUNT] = { POINT_TABLE_ROWS(X) };
#undef X

#define X(name, text) [WIRE_##name] = text,
const char *const WIRE_NAMES[WIRE_COUNT] = { WIRE_ROWS(X) };
#undef X

#define X(name) [ORDER_##name] = #name,
const char *const ORDER_NAMES[ORDER_COUNT] = { ORDER_ROWS(X) };
#undef X
