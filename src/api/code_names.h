/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_CODE_NAMES_H
#define API_CODE_NAMES_H
/* Codes and the identifiers that stand for them: a code of a scheme is the identifier
 * PREFIX/SUFFIX, its prefix as configured; and other names of a record are records of their
 * own with an HS_ALIAS to it.
 *
 * Any loop, but where it says so. */
#include "api/exchange.h"
#include "scan/scan.h"

enum { CODE_NAMES_MAX = 100 };

/* The identifier of what was scanned, into `w`; nothing when it is no name. */
slice_t code_name(const api_t *api, const scan_t *scan, writer_t *w);
/* The member "also": the active and retired names with an alias to this one, at most
 * CODE_NAMES_MAX. Search tells them, so a name made a moment ago may be missing, and
 * all are when the search is being made again. Query loop. */
void code_names_put(exchange_t *x, slice_t name);
/* Before a name is removed or its state changes: notes the same names for the answer, which
 * code_names_tell puts. Query loop; any. */
void code_names_note(exchange_t *x, slice_t name);
void code_names_tell(exchange_t *x);
#endif
