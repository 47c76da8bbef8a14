/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_INGEST_FORMS_H
#define API_INGEST_FORMS_H
/* What each kind of body is read by; fill functions of ingest_form_t. */
#include "api/ingest.h"

/* ingest_line.c */
MUST_CHECK err_t ingest_line_fill(intake_t *in, ingest_t *job);
/* ingest_remote.c */
MUST_CHECK err_t ingest_remote_fill(intake_t *in, ingest_t *job);
/* ingest_sheet.c */
MUST_CHECK err_t ingest_sheet_fill(intake_t *in, ingest_t *job);
/* ingest_table.c */
MUST_CHECK err_t ingest_table_fill(intake_t *in, ingest_t *job);
/* ingest_json.c */
MUST_CHECK err_t ingest_json_fill(intake_t *in, ingest_t *job);
#endif
