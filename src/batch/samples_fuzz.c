/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes are samples with a point, a time and a known quality, or are refused with file
 * and line. The first byte chooses the form, the second how times are written. */
#include "batch/samples.h"

#include <assert.h>

#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static err_t on_row(void *ctx, const samples_row_t *row, err_detail_t *ret_detail)
{
	(void)ctx;
	(void)ret_detail;
	assert(row->point.len > 0 && utf8_valid(row->point));
	assert(row->ns < INT64_MAX && row->quality < QUALITY_COUNT && row->line > 1);
	assert(row->value.type != VALUE_NONE || quality_info(row->quality)->class == QUALITY_BAD);
	return ERR_OK;
}

static err_t on_refused(void *ctx, err_t err, const err_detail_t *detail)
{
	(void)ctx;
	assert(err && slice_starts(slice_str(detail->where), SLICE("f:")));
	return ERR_OK;
}

static samples_clock_t to_utc(void *ctx, int64_t local_s, int64_t *ret_utc_s)
{
	(void)ctx;
	*ret_utc_s = local_s - 3600;
	return (samples_clock_t)((uint64_t)local_s % 3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t rest = slice_from(slice_of(data, size), 2);
	samples_spec_t spec = { .file = "f",
		                .form = size ? (samples_form_t)(data[0] % 5) : SAMPLES_BY_NAMES,
		                .time = size > 1 ? (samples_time_t)(data[1] % 7) : SAMPLES_TIME_ANY,
		                .has_decimal_comma = size && data[0] & 0x80,
		                .to_utc = size > 1 && data[1] & 0x80 ? to_utc : NULL,
		                .row = on_row,
		                .refused = on_refused };
	samples_t *samples = NULL;
	err_detail_t detail;
	if (samples_new(&spec, &samples))
		return 0;
	err_t err = ERR_OK;
	while (!err && rest.len)
		err = samples_line(samples, slice_cut(&rest, '\n'), &detail);
	if (!err)
		err = samples_end(samples, &detail);
	assert(!err || slice_starts(slice_str(detail.where), SLICE("f")));
	samples_free(samples);
	return 0;
}
