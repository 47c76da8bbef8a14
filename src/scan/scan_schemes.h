/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SCAN_SCAN_SCHEMES_H
#define SCAN_SCAN_SCHEMES_H
#include "codec/scheme/scheme.h"
#include "scan/scan.h"

/* The text as one of the scheme, whatever it looks like. */
void scan_scheme_fill(scheme_id_t id, slice_t text, writer_t *room, scan_t *ret_scan);
#endif
