/* SPDX-License-Identifier: Apache-2.0 */
#include "series/series.h"

#include <stdlib.h>

#include "journal/event_log.h"
#include "series/state.h"

enum { TICK_S = 60, TELL_S = 3600, SAVE_MIN = 1000 };

static const size_t BYTES_MAX = (size_t)1 << 30;

static const metric_row_t metric_rows[] = {
#define X(id, name, help, kind) { name, help, METRIC_##kind },
	SERIES_METRICS(X)
#undef X
};

static point_id_t id_of(uint32_t number)
{
	return SERIES_ID_FIRST + number;
}

static void count(series_t *s)
{
	metric_set(&s->metrics, METRIC_SERIES, label_index_count(s->index));
	metric_set(&s->metrics, METRIC_BYTES, (int64_t)label_index_bytes(s->index));
}

/* A file that is a little behind costs the next start little. */
static void on_timer(void *ctx)
{
	series_t *s = ctx;
	uint32_t known = label_index_count(s->index);
	count(s);
	/* A failure is counted and tried again. */
	if (known - s->saved > SAVE_MIN + known / 8)
		(void)!series_save(s);
	env_timer_set(s->timer, TICK_S * NS_PER_S);
}

static err_t open_all(series_t *s)
{
	writer_t w = writer_of(s->path, sizeof(s->path));
	wr_format(&w, "%s/series", s->spec.views_dir);
	wr_u8(&w, 0);
	err_t err = w.bad ? ERR_INVALID : env_mutex_new(s->env, &s->gate);
	if (!err)
		err = env_mutex_new(s->env, &s->mutex);
	if (!err)
		err = series_fill(s);
	if (!err)
		err = env_timer_new(s->spec.loop, on_timer, s, &s->timer);
	if (err)
		return err;
	count(s);
	env_timer_set(s->timer, TICK_S * NS_PER_S);
	return ERR_OK;
}

static void free_all(series_t *s)
{
	env_timer_free(s->timer);
	points_return(s, s->configured);
	label_index_free(s->index);
	env_mutex_free(s->mutex);
	env_mutex_free(s->gate);
	free(s);
}

err_t series_open(env_t *env, const series_spec_t *spec, series_t **ret_series)
{
	series_t *s = calloc(1, sizeof(*s));
	if (!s)
		return ERR_NO_MEMORY;
	s->env = env;
	s->spec = *spec;
	if (!s->spec.series_max)
		s->spec.series_max = SERIES_MAX_DEFAULT;
	if (!s->spec.bytes_max)
		s->spec.bytes_max = BYTES_MAX;
	metrics_init(&s->metrics, metric_rows, METRIC_COUNT);
	err_t err = open_all(s);
	if (err)
		free_all(s);
	else
		*ret_series = s;
	return err;
}

void series_close(series_t *series)
{
	if (!series)
		return;
	/* A view that could not be saved catches up at the next start. */
	if (!journal_flush(series->spec.journal) &&
	    label_index_count(series->index) != series->saved)
		(void)!series_save(series);
	free_all(series);
}

bool series_rebuilt(const series_t *series)
{
	return series->is_rebuilt;
}

const metrics_t *series_metrics(const series_t *series)
{
	return &series->metrics;
}

/* Ids. */

void series_record_put(point_id_t id, const labels_t *labels, writer_t *w)
{
	wr_u32_le(w, id);
	wr_varint(w, labels->count);
	for (size_t i = 0; i < labels->count; i++) {
		wr_string(w, labels->items[i].name);
		wr_string(w, labels->items[i].value);
	}
}

static bool find_configured(series_t *s, const labels_t *labels, point_id_t *ret_id)
{
	uint32_t number;
	series_points_t *configured = points_borrow(s);
	bool found = configured && label_index_find(configured->index, labels, &number);
	if (found)
		*ret_id = configured->ids[number];
	points_return(s, configured);
	return found;
}

static bool find_own(series_t *s, const labels_t *labels, point_id_t *ret_id)
{
	uint32_t number;
	bool found = label_index_find(s->index, labels, &number);
	if (found)
		*ret_id = id_of(number);
	return found;
}

bool series_find(series_t *series, const labels_t *labels, point_id_t *ret_id)
{
	return find_own(series, labels, ret_id) || find_configured(series, labels, ret_id);
}

/* Behind the gate. */
static err_t refuse(series_t *s)
{
	int64_t now_ns = env_now(s->env);
	metric_add(&s->metrics, METRIC_REFUSED, 1);
	if (s->told_ns && now_ns - s->told_ns < TELL_S * NS_PER_S)
		return ERR_LIMIT;
	event_t event = event_make(MSG_SERIES_REFUSED, (node_time_t){ env_utc(s->env).ns });
	event_arg(&event, ARG_COUNT, value_u64(label_index_count(s->index)));
	if (!event_append(s->spec.journal, &event))
		s->told_ns = now_ns;
	return ERR_LIMIT;
}

static bool is_full(series_t *s)
{
	return label_index_count(s->index) >= s->spec.series_max ||
	       label_index_bytes(s->index) >= s->spec.bytes_max;
}

/* In memory only when the journal has it. */
static err_t allocate(series_t *s, const labels_t *labels, point_id_t *ret_id)
{
	uint8_t buf[SERIES_RECORD_MAX];
	label_index_set_t set;
	uint64_t seq;
	writer_t w = writer_of(buf, sizeof(buf));
	series_record_put(id_of(label_index_count(s->index)), labels, &w);
	if (w.bad)
		return ERR_TOO_BIG;
	slice_t payload = writer_done(&w);
	err_t err = label_index_prepare(s->index, labels, &set);
	if (err)
		return err == ERR_LIMIT ? refuse(s) : err;
	err = journal_append(s->spec.journal, JOURNAL_SERIES, &payload, 1, &seq);
	if (err)
		return err == ERR_LIMIT ? ERR_BUSY : err;
	atomic_store(&s->last_seq, seq);
	*ret_id = id_of(label_index_commit(s->index, &set));
	count(s);
	return ERR_OK;
}

err_t series_get(series_t *series, const labels_t *labels, point_id_t *ret_id)
{
	point_id_t id;
	err_t err = ERR_OK;
	if (find_own(series, labels, ret_id))
		return ERR_OK;
	if (find_configured(series, labels, &id))
		return ERR_DENIED;
	env_lock(series->gate);
	if (find_own(series, labels, &id))
		err = ERR_OK; /* another thread was first */
	else if (is_full(series))
		err = refuse(series);
	else
		err = allocate(series, labels, &id);
	env_unlock(series->gate);
	if (!err)
		*ret_id = id;
	return err;
}

bool series_durable(const series_t *series)
{
	return journal_durable(series->spec.journal) >= atomic_load(&series->last_seq);
}

bool series_labels(series_t *series, point_id_t id, label_t room[LABELS_MAX], labels_t *ret_labels)
{
	if (id < SERIES_ID_FIRST || id - SERIES_ID_FIRST >= label_index_count(series->index))
		return false;
	label_index_labels(series->index, id - SERIES_ID_FIRST, room, ret_labels);
	return true;
}
