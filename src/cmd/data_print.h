/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_DATA_PRINT_H
#define CMD_DATA_PRINT_H
/* Foreign data on a terminal. */
#include "base/slice.h"

/* True for text that a terminal takes as nothing but text. */
bool data_is_text(slice_t data);
/* Text, shortened when it is long; anything else as the count and the first of its
 * bytes. */
void data_print(slice_t data);
#endif
