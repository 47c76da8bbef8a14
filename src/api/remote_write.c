/* SPDX-License-Identifier: Apache-2.0 */
/* Prometheus remote write 1.0. A status of 400 is never tried again by the sender, 5xx and
 * 429 are. */
#include "api/handlers.h"
#include "api/ingest_forms.h"

static const ingest_form_t form = {
	.packing = INGEST_SNAPPY,
	.unit = { "series", "序列" },
	.fill = ingest_remote_fill,
	.answer = ingest_answer,
};

verdict_t remote_write_post(exchange_t *x)
{
	return ingest_begin(x, &form, 0);
}
