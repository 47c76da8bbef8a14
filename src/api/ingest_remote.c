/* SPDX-License-Identifier: Apache-2.0 */
/* Prometheus remote write: series by series, each with the bytes of its labels in front. */
#include "api/ingest_forms.h"
#include "codec/remote/remote.h"

static const char *const text_damaged[LANG_COUNT] = { "the body is no WriteRequest from here on",
	                                              "请求体自此处起不是有效的 WriteRequest" };
static const char *const text_histogram[LANG_COUNT] = { "native histograms are not kept",
	                                                "不保存原生直方图" };
static const char *const text_time[LANG_COUNT] = { "a time is out of range", "时间超出范围" };

/* 0: refused, and noted. */
static err_t learn(intake_t *in, ingest_t *job, const remote_series_t *series, point_id_t *ret_id)
{
	label_t room[LABELS_MAX + 1];
	labels_t labels;
	remote_label_t label;
	size_t count = 0;
	reader_t r = reader_of(series->bytes);
	*ret_id = 0;
	while (count <= LABELS_MAX && remote_label_next(&r, &label))
		room[count++] = (label_t){ label.name, label.value };
	err_t err = r.bad ? ERR_MALFORMED : labels_make(room, count, &labels);
	if (!err)
		err = series_get(ingest_series(in), &labels, ret_id);
	return err ? ingest_refused(job, err) : ERR_OK;
}

static err_t find(intake_t *in, ingest_t *job, const remote_series_t *series, point_id_t *ret_id)
{
	series_cache_t *cache = ingest_cache(in);
	if (series->head.len == 0)
		return learn(in, job, series, ret_id);
	series_head_t *head = series_cache_head(cache, series->head);
	if (!head)
		return ERR_NO_MEMORY;
	*ret_id = series_cache_get(head, 0, (slice_t){ 0 });
	if (*ret_id)
		return ERR_OK;
	err_t err = learn(in, job, series, ret_id);
	if (!err && *ret_id)
		series_cache_put(cache, head, SLICE(""), *ret_id);
	return err;
}

static void add(intake_t *in, ingest_t *job, point_id_t id, const remote_sample_t *sample)
{
	ingest_row_t row = { .point = id, .type = VALUE_F64, .quality = QUALITY_OK };
	memcpy(&row.bits, &sample->value, sizeof(row.bits));
	if (__builtin_mul_overflow(sample->time_ms, NS_PER_MS, &row.source_ns))
		ingest_fault(job, text_time);
	else
		ingest_add(in, job, &row);
}

/* False: it goes on in the next batch. */
static bool add_samples(intake_t *in, ingest_t *job, point_id_t id, slice_t bytes)
{
	remote_sample_t sample;
	reader_t r = reader_of(bytes);
	uint64_t at = 0;
	for (; remote_sample_next(&r, &sample); at++) {
		if (at < job->at.row)
			continue;
		if (!ingest_room(in, 1, 0)) {
			job->at.row = at;
			return false;
		}
		add(in, job, id, &sample);
	}
	if (r.bad)
		ingest_fault(job, text_damaged);
	job->at.row = 0;
	return true;
}

static void begin(ingest_t *job, const remote_series_t *series)
{
	job->at.units++;
	if (series->histograms)
		ingest_fault(job, text_histogram);
}

err_t ingest_remote_fill(intake_t *in, ingest_t *job)
{
	remote_series_t series;
	reader_t r = reader_of(job->at.rest);
	while (ingest_room(in, 1, 0) && remote_next(&r, &series)) {
		point_id_t id = 0;
		if (job->at.row == 0)
			begin(job, &series);
		err_t err = series.samples ? find(in, job, &series, &id) : ERR_OK;
		if (err)
			return err;
		if (id && !add_samples(in, job, id, series.bytes))
			return ERR_OK;
		job->at.rest = r.in;
	}
	if (!ingest_room(in, 1, 0))
		return ERR_OK;
	if (r.bad) {
		job->at.units++;
		ingest_fault(job, text_damaged);
	}
	job->at.rest = (slice_t){ 0 };
	return ERR_OK;
}
