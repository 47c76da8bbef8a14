/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BATCH_SAMPLES_WORDS_H
#define BATCH_SAMPLES_WORDS_H
/* The words and numbers by which exports of history say what a column is, and how far a
 * value can be trusted. Pure. */
#include "model/quality.h"

typedef enum { ROLE_OF_POINT, ROLE_TIME, ROLE_NAME, ROLE_VALUE, ROLE_QUALITY } samples_role_t;

/* ROLE_OF_POINT: no name of another role. *ret_is_status: the quality is a status, of
 * which 0 is good. */
samples_role_t samples_role(slice_t head, bool *ret_is_status);
/* "Good", "stale", "192", "0x80000000": words, numbers of OPC DA and status codes of OPC
 * UA. False: none of them. An empty cell is good. */
bool samples_quality(slice_t cell, bool is_status, quality_t *ret_quality);
/* A word that stands where the value would, when there was none. */
bool samples_no_value(slice_t cell, quality_t *ret_quality);
#endif
