/* SPDX-License-Identifier: Apache-2.0 */
/* The two intakes, what waits at them, and what answers come of it. */
#include "api/ingest.h"

#include <stdlib.h>

#include "api/state.h"
#include "env/gzip.h"
#include "env/snappy.h"

enum { QUEUE_MAX = 256, CACHE_BYTES = 64 << 20, ANSWER_TEXT = 160 };

static const int64_t AGAIN_NS = 2 * NS_PER_MS;

struct intake {
	api_t *api;
	env_loop_t *loop;
	bool is_inline; /* the HTTP loop's */
	series_cache_t *cache;
	env_mailbox_t *durable; /* uint64_t: more samples are */
	atomic_bool is_waiting; /* somebody may be, for that; the journal looks */
	env_timer_t *again;     /* for those that wait for room or series */
	ingest_t *waiting;
	sample_rows_t rows;
	_Alignas(max_align_t) uint8_t scratch[INGEST_SCRATCH_BYTES];
};

struct intakes {
	intake_t *small, *large;
	env_mailbox_t *work; /* exchange_t *, to the ingest loop */
	env_mailbox_t *done; /* exchange_t *, back from it */
	size_t queued;       /* of the HTTP loop: at the ingest loop or on the way */
};

static const err_text_t text_level = {
	{ "%1 is no level of durability", "%1 不是有效的持久化级别" },
	{ "local (on stable storage here; the default), memory or parent",
	  "可用 local（本机持久存储，默认）、memory 或 parent" },
};
static const err_text_t text_parent = {
	{ "there is no parent that could confirm", "没有可确认的上级节点" },
	{ "leave level away, or use local", "请去掉 level 参数，或使用 local" },
};
static const err_text_t text_busy = {
	{ "too many bodies are under way", "正在处理的请求体过多" },
	{ "try again in a moment", "请稍后重试" },
};
static const err_text_t text_packed = {
	{ "the body is not compressed as it says", "请求体与其声明的压缩方式不符" },
	{ "send gzip, or Snappy blocks for remote write",
	  "请使用 gzip；remote write 使用 Snappy 块" },
};
static const err_text_t text_plain = {
	{ "the body holds more than 32 MiB", "请求体解压后超过 32 MiB" },
	{ "send it in several requests", "请分多个请求发送" },
};
static const err_text_t text_partial = {
	{ "partial write: %1: %2. %3", "部分写入：%1：%2。%3" },
	{ "what was good is kept; mend the rest and send that alone",
	  "正确的部分已保存；请修正其余部分后单独发送" },
};
static const err_text_t text_ended = {
	{ "not all was written: %1. %2", "未全部写入：%1。%2" },
	{ "what was written stays; send the rest again", "已写入的部分保留；请重新发送其余部分" },
};

/* Rows. */

bool ingest_room(const intake_t *in, size_t rows, size_t text_bytes)
{
	return in->rows.count + rows <= SAMPLE_ROWS_MAX &&
	       in->rows.text_len + text_bytes <= SAMPLE_TEXT_MAX;
}

void ingest_add(intake_t *in, ingest_t *job, const ingest_row_t *row)
{
	sample_rows_t *rows = &in->rows;
	size_t at = rows->count++;
	rows->point[at] = row->point;
	rows->source_ns[at] = row->source_ns;
	rows->node_ns[at] = job->now_ns;
	rows->type[at] = (uint8_t)row->type;
	rows->bits[at] = row->bits;
	rows->quality[at] = (uint8_t)row->quality;
	job->at.values++;
}

void ingest_add_text(intake_t *in, ingest_t *job, const ingest_row_t *row, slice_t text)
{
	sample_rows_t *rows = &in->rows;
	ingest_row_t with = *row;
	if (text.len)
		memcpy(&rows->text[rows->text_len], text.ptr, text.len);
	with.type = VALUE_TEXT;
	with.bits = sample_text_bits((uint32_t)rows->text_len, (uint32_t)text.len);
	rows->text_len += text.len;
	ingest_add(in, job, &with);
}

size_t ingest_add_column(intake_t *in, ingest_t *job, const ingest_column_t *column)
{
	sample_rows_t *rows = &in->rows;
	size_t room = SAMPLE_ROWS_MAX - rows->count, at = rows->count;
	size_t count = column->count < room ? column->count : room;
	sample_t common = { .point = column->point,
		            .node = { job->now_ns },
		            .value = { .type = column->type } };
	sample_rows_fill(rows, count, &common);
	load_words_le(column->times, count, (uint64_t *)&rows->source_ns[at]);
	if (column->width == sizeof(uint64_t))
		load_words_le(column->bits, count, &rows->bits[at]);
	for (size_t i = 0; i < count && column->width != sizeof(uint64_t); i++)
		rows->bits[at + i] = load_u32_le(&column->bits[i * sizeof(uint32_t)]);
	if (column->quality)
		memcpy(&rows->quality[at], column->quality, count);
	rows->count += count;
	job->at.values += count;
	return count;
}

void ingest_fault(ingest_t *job, const char *const *text)
{
	ingest_place_t *at = &job->at;
	if (at->faults++)
		return;
	at->fault = text;
	at->fault_at = at->units;
}

err_t ingest_refused(ingest_t *job, err_t err)
{
	static const struct {
		err_t err;
		const char *text[LANG_COUNT];
	} rows[] = {
		{ ERR_LIMIT,
		  { "no new series: as many are known as may be", "时间序列数量已达上限" } },
		{ ERR_DENIED,
		  { "the series is a point of the configuration, which needs the role engineer",
		    "该序列是配置中的测点，需要 engineer 角色" } },
		{ ERR_INVALID,
		  { "the name or the labels are not well formed", "名称或标签格式错误" } },
		{ ERR_MALFORMED,
		  { "the name or the labels are not well formed", "名称或标签格式错误" } },
		{ ERR_TOO_BIG, { "the labels are too many or too long", "标签过多或过长" } },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].err == err) {
			ingest_fault(job, rows[i].text);
			return ERR_OK;
		}
	return err;
}

series_t *ingest_series(const intake_t *in)
{
	return in->api->spec.series;
}

series_cache_t *ingest_cache(const intake_t *in)
{
	return in->cache;
}

bool ingest_takes_text(const intake_t *in)
{
	return in->api->spec.ingest.takes_text;
}

void *ingest_scratch(intake_t *in)
{
	return in->scratch;
}

/* Machines write their points by the fleet; by hand one only puts right what is past. */
err_t ingest_point(intake_t *in, const ingest_t *job, slice_t name, point_id_t *ret_id)
{
	uint8_t plain[LABELS_BYTES_MAX];
	label_t room[LABELS_MAX];
	labels_t labels;
	writer_t w = writer_of(plain, sizeof(plain));
	series_t *series = ingest_series(in);
	if (series_named(series, name, ret_id))
		return job->x->request.caller.role >= ROLE_ENGINEER ? ERR_OK : ERR_DENIED;
	err_t err = labels_parse(name, room, &w, &labels);
	return err ? err : series_get(series, &labels, ret_id);
}

/* A job. */

static err_t append(intake_t *in, ingest_t *job)
{
	const ingest_host_t *host = &in->api->spec.ingest;
	sample_batch_t batch = sample_rows_batch(&in->rows);
	if (!series_durable(in->api->spec.series))
		return ERR_BUSY;
	return host->sink.append(host->sink.ctx, &batch, job->level, &job->seq);
}

static void end(ingest_t *job, err_t err)
{
	job->err = err;
	job->is_read = true;
	text_free(&job->plain);
}

/* Whether it may go on waiting for room or for series. */
static bool may_wait(intake_t *in, ingest_t *job)
{
	int64_t now_ns = env_now(in->api->env);
	err_t state = journal_state(in->api->spec.journal);
	if (!state)
		state = journal_state(in->api->spec.ingest.history);
	if (job->since_ns == 0)
		job->since_ns = now_ns;
	if (!state && now_ns - job->since_ns < INGEST_WAIT_S * NS_PER_S)
		return true;
	end(job, state ? state : ERR_LIMIT);
	return false;
}

/* False: it must wait. */
static bool step(intake_t *in, ingest_t *job)
{
	ingest_place_t before = job->at;
	in->rows.count = 0;
	in->rows.text_len = 0;
	err_t err = job->form->fill(in, job);
	if (!err && in->rows.count == 0) {
		end(job, ERR_OK);
		return true;
	}
	if (!err)
		err = append(in, job);
	if (!err) {
		job->since_ns = 0;
		return true;
	}
	job->at = before;
	if (err == ERR_BUSY || err == ERR_LIMIT)
		return !may_wait(in, job);
	end(job, err);
	return true;
}

static bool is_durable(intake_t *in, ingest_t *job)
{
	const ingest_host_t *host = &in->api->spec.ingest;
	if (job->level == DURABLE_MEMORY || job->seq == 0 ||
	    host->sink.durable(host->sink.ctx) >= job->seq)
		return true;
	err_t state = journal_state(host->history);
	if (state)
		job->err = state;
	return state != ERR_OK;
}

/* True when its answer is in the reply; else it is among those that wait. */
static bool run(intake_t *in, ingest_t *job)
{
	bool goes_on = true;
	atomic_store(&in->is_waiting, true);
	while (goes_on && !job->is_read)
		goes_on = step(in, job);
	if (job->is_read && is_durable(in, job)) {
		job->form->answer(job->x, job);
		return true;
	}
	if (!goes_on)
		env_timer_set(in->again, AGAIN_NS);
	job->next = in->waiting;
	in->waiting = job;
	return false;
}

static void give_back(intake_t *in, exchange_t *x)
{
	if (in->is_inline)
		exchange_finish(x);
	else /* it has room for all that may be queued */
		(void)env_mailbox_put(in->api->intakes->done, &x);
}

static void run_waiting(intake_t *in)
{
	ingest_t *job = in->waiting;
	in->waiting = NULL;
	atomic_store(&in->is_waiting, false);
	while (job) {
		ingest_t *next = job->next;
		exchange_t *x = job->x;
		if (run(in, job))
			give_back(in, x);
		job = next;
	}
}

static void on_durable(void *ctx)
{
	intake_t *in = ctx;
	uint64_t seq;
	while (env_mailbox_take(in->durable, &seq))
		;
	run_waiting(in);
}

static void on_again(void *ctx)
{
	run_waiting(ctx);
}

/* Large and compressed bodies. */

static err_t unsnap(ingest_t *job)
{
	size_t size;
	err_t err = env_snappy_size(job->body, &size);
	if (err || size > INGEST_PLAIN_MAX)
		return err ? err : ERR_TOO_BIG;
	job->plain.ptr = malloc(size ? size : 1);
	if (!job->plain.ptr)
		return ERR_NO_MEMORY;
	job->plain.cap = size;
	writer_t w = writer_of(job->plain.ptr, size);
	err = env_snappy_decompress(job->body, &w);
	job->plain.len = w.len;
	return err;
}

static err_t unpack(ingest_t *job)
{
	job->plain = text_of(INGEST_PLAIN_MAX);
	if (job->form->packing == INGEST_SNAPPY)
		return unsnap(job);
	return env_gunzip(job->body, &job->plain);
}

static bool is_packed(const exchange_t *x, const ingest_form_t *form)
{
	slice_t coding = slice_trim(x->request.header[HEADER_ENCODING]);
	return form->packing != INGEST_PLAIN || slice_eq_nocase(coding, SLICE("gzip")) ||
	       slice_eq_nocase(coding, SLICE("deflate"));
}

static void count(ingest_t *job, int64_t bytes)
{
	metric_add(&job->x->api->metrics, METRIC_INGEST_BYTES, bytes);
	job->counted += bytes;
}

static verdict_t refuse_packed(exchange_t *x, err_t err)
{
	if (err == ERR_TOO_BIG)
		return exchange_refuse(x, err, &text_plain, (slice_t){ 0 });
	return exchange_problem(x,
	                        &(problem_t){ .err = err,
	                                      .status = err == ERR_CORRUPT ? 400 : 0,
	                                      .text = err == ERR_CORRUPT ? &text_packed : NULL });
}

/* True when its answer is in the reply. */
static bool start_large(intake_t *in, ingest_t *job)
{
	exchange_t *x = job->x;
	job->intake = in;
	if (is_packed(x, job->form)) {
		err_t err = unpack(job);
		if (err) {
			text_free(&job->plain);
			refuse_packed(x, err);
			return true;
		}
		count(job, (int64_t)job->plain.cap);
		job->at.rest = text_slice(&job->plain);
	}
	return run(in, job);
}

static void on_work(void *ctx)
{
	struct intakes *all = ctx;
	exchange_t *x = NULL;
	while (env_mailbox_take(all->work, &x))
		if (start_large(all->large, x->ingest))
			give_back(all->large, x);
}

static void on_done(void *ctx)
{
	struct intakes *all = ctx;
	exchange_t *x = NULL;
	while (env_mailbox_take(all->done, &x)) {
		all->queued--;
		exchange_finish(x);
	}
}

/* The request. */

static verdict_t refuse_busy(exchange_t *x)
{
	metric_add(&x->api->metrics, METRIC_INGEST_FULL, 1);
	return exchange_refuse(x, ERR_BUSY, &text_busy, (slice_t){ 0 });
}

static bool read_level(exchange_t *x, durability_t *ret_level)
{
	static const struct {
		const char *word;
		durability_t level;
	} rows[] = { { "local", DURABLE_LOCAL }, { "memory", DURABLE_MEMORY } };
	slice_t word = SLICE("local");
	(void)request_query(&x->request, "level", 0, &word);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (slice_eq(word, slice_str(rows[i].word))) {
			*ret_level = rows[i].level;
			return true;
		}
	bool is_parent = slice_eq(word, SLICE("parent"));
	exchange_problem(x, &(problem_t){ .err = is_parent ? ERR_UNSUPPORTED : ERR_INVALID,
	                                  .status = is_parent ? 0 : 400,
	                                  .text = is_parent ? &text_parent : &text_level,
	                                  .arg = word });
	return false;
}

static verdict_t send_large(exchange_t *x)
{
	struct intakes *all = x->api->intakes;
	if (all->queued == QUEUE_MAX || !env_mailbox_put(all->work, &x))
		return refuse_busy(x);
	all->queued++;
	return EXCHANGE_LATER;
}

/* Of what arrived together in whole microseconds: nobody knows it better, and what is finer
 * would take a byte more wherever rows come late. */
static int64_t arrival_ns(env_t *env)
{
	int64_t now_ns = env_utc(env).ns;
	return now_ns - now_ns % NS_PER_US;
}

verdict_t ingest_begin(exchange_t *x, const ingest_form_t *form, int64_t unit_ns)
{
	api_t *api = x->api;
	slice_t body = x->request.body;
	durability_t level;
	if (!read_level(x, &level))
		return EXCHANGE_ANSWERED;
	if (!api->intakes)
		return exchange_refuse(x, ERR_UNAVAILABLE, NULL, (slice_t){ 0 });
	if (metric_get(&api->metrics, METRIC_INGEST_BYTES) + (int64_t)body.len > INGEST_BYTES_MAX)
		return refuse_busy(x);
	ingest_t *job = calloc(1, sizeof(*job));
	if (!job)
		return exchange_refuse(x, ERR_NO_MEMORY, NULL, (slice_t){ 0 });
	*job = (ingest_t){ .form = form,
		           .x = x,
		           .body = body,
		           .at.rest = body,
		           .unit_ns = unit_ns,
		           .now_ns = arrival_ns(api->env),
		           .level = level };
	x->ingest = job;
	count(job, (int64_t)body.len);
	metric_add(&api->metrics, METRIC_INGESTS, 1);
	if (is_packed(x, form) || body.len > INGEST_INLINE_MAX)
		return send_large(x);
	job->intake = api->intakes->small;
	return run(job->intake, job) ? EXCHANGE_ANSWERED : EXCHANGE_LATER;
}

void ingest_drop(exchange_t *x)
{
	if (!x->ingest)
		return;
	count(x->ingest, -x->ingest->counted);
	text_free(&x->ingest->plain);
	free(x->ingest);
	x->ingest = NULL;
}

/* The answer. */

static const char *say_counts(const exchange_t *x, const ingest_t *job, char buf[ANSWER_TEXT])
{
	writer_t w = writer_of(buf, ANSWER_TEXT);
	unsigned long long values = job->at.values, faults = job->at.faults;
	if (x->request.lang == LANG_ZH)
		wr_format(&w, "已写入 %llu 个值，拒绝 %llu 项", values, faults);
	else
		wr_format(&w, "Values written: %llu, refused: %llu", values, faults);
	wr_u8(&w, 0);
	return buf;
}

static void refuse_some(exchange_t *x, const ingest_t *job)
{
	char at[ERR_ARG_MAX], counts[ANSWER_TEXT];
	err_detail_t detail;
	writer_t w = writer_of(at, sizeof(at));
	lang_t lang = x->request.lang;
	wr_format(&w, "%s %llu", job->form->unit[lang], (unsigned long long)job->at.fault_at);
	wr_u8(&w, 0);
	err_raise(&detail, ERR_INVALID, &text_partial, "", at, job->at.fault[lang],
	          say_counts(x, job, counts), (char *)NULL);
	exchange_problem(x, &(problem_t){ .err = ERR_INVALID, .status = 400, .detail = &detail });
}

static void refuse_rest(exchange_t *x, const ingest_t *job)
{
	char counts[ANSWER_TEXT];
	err_detail_t detail;
	err_raise(&detail, job->err, &text_ended, "", err_info(job->err)->text[x->request.lang],
	          say_counts(x, job, counts), (char *)NULL);
	exchange_tell(x, job->err, &detail);
}

void ingest_answer(exchange_t *x, const ingest_t *job)
{
	char seq[32];
	writer_t w = writer_of(seq, sizeof(seq));
	x->reply.status = 204;
	if (job->err)
		refuse_rest(x, job);
	else if (job->at.faults)
		refuse_some(x, job);
	metric_add(&x->api->metrics, METRIC_INGEST_VALUES, (int64_t)job->at.values);
	metric_add(&x->api->metrics, METRIC_INGEST_FAULTS, (int64_t)job->at.faults);
	if (job->seq == 0)
		return;
	wr_format(&w, "%llu", (unsigned long long)job->seq);
	wr_u8(&w, 0);
	reply_header(&x->reply, "Jizhu-Sequence", seq);
}

/* Opening and closing. */

static err_t intake_new(api_t *api, env_loop_t *loop, intake_t **ret_intake)
{
	uint64_t seed;
	intake_t *in = calloc(1, sizeof(*in));
	if (!in)
		return ERR_NO_MEMORY;
	*ret_intake = in;
	env_random(api->env, &seed, sizeof(seed));
	in->api = api;
	in->loop = loop;
	in->is_inline = loop == api->spec.loops.http;
	in->cache = series_cache_new(CACHE_BYTES, seed);
	env_mailbox_spec_t mail = { "ingest durable", loop, sizeof(uint64_t), 4, ENV_FULL_DROP,
		                    on_durable,       in };
	err_t err = in->cache ? env_mailbox_new(&mail, &in->durable) : ERR_NO_MEMORY;
	if (!err)
		err = env_timer_new(loop, on_again, in, &in->again);
	return err ? err
	           : journal_subscribe_when(api->spec.ingest.history, in->durable, &in->is_waiting);
}

static void intake_free(intake_t *in)
{
	if (!in)
		return;
	if (in->durable)
		journal_unsubscribe(in->api->spec.ingest.history, in->durable);
	env_mailbox_free(in->durable);
	env_timer_free(in->again);
	series_cache_free(in->cache);
	free(in);
}

err_t ingest_open(api_t *api, struct intakes **ret_intakes)
{
	env_loop_t *http = api->spec.loops.http, *loop = api->spec.ingest.loop;
	if (!api->spec.ingest.history)
		return ERR_OK;
	struct intakes *all = calloc(1, sizeof(*all));
	if (!all)
		return ERR_NO_MEMORY;
	*ret_intakes = all;
	env_mailbox_spec_t work = {
		"ingest work", loop, sizeof(exchange_t *), QUEUE_MAX, ENV_FULL_REFUSE, on_work, all
	};
	env_mailbox_spec_t done = {
		"ingest done", http, sizeof(exchange_t *), QUEUE_MAX, ENV_FULL_REFUSE, on_done, all
	};
	err_t err = env_mailbox_new(&work, &all->work);
	if (!err)
		err = env_mailbox_new(&done, &all->done);
	if (!err)
		err = intake_new(api, http, &all->small);
	return err ? err : intake_new(api, loop, &all->large);
}

void ingest_close(struct intakes *intakes)
{
	if (!intakes)
		return;
	intake_free(intakes->small);
	intake_free(intakes->large);
	env_mailbox_free(intakes->work);
	env_mailbox_free(intakes->done);
	free(intakes);
}
