/* SPDX-License-Identifier: Apache-2.0 */
#include "resolver/answer.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "codec/handle/handle.h"
#include "model/time.h"

typedef struct {
	resolver_answer_t answer; /* first: the rest is found from it */
	_Atomic size_t holders;
	size_t bytes;
	resolver_step_t steps[];
} body_t;

static body_t *body_of(const resolver_answer_t *answer)
{
	return (body_t *)(uintptr_t)answer;
}

resolver_step_t *trace_add(trace_t *trace, resolver_step_kind_t kind, slice_t name)
{
	enum { DOTS = 3 };
	/* The last place is sacrificed rather than written by chance. */
	if (trace->count == TRACE_STEPS)
		trace->left_out++;
	else
		trace->count++;
	resolver_step_t *step = &trace->steps[trace->count - 1];
	*step = (resolver_step_t){ .kind = kind };
	size_t room = sizeof(step->name) - 1;
	bool is_cut = name.len > room;
	size_t len = is_cut ? utf8_cut(name, room - DOTS) : name.len;
	memcpy(step->name, name.ptr, len);
	if (is_cut)
		memcpy(&step->name[len], "...", DOTS);
	return step;
}

void trace_append(trace_t *trace, const resolver_answer_t *answer, int64_t at_ns)
{
	for (size_t i = 0; i < answer->step_count; i++) {
		if (trace->count == TRACE_STEPS) {
			trace->left_out += answer->step_count - i;
			break;
		}
		resolver_step_t *step = &trace->steps[trace->count++];
		*step = answer->steps[i];
		step->depth++;
		/* A walk that was joined began before this one. */
		step->at_ns = step->at_ns + at_ns > 0 ? step->at_ns + at_ns : 0;
	}
	trace->left_out += answer->steps_left_out;
}

static slice_t copy(writer_t *w, slice_t from)
{
	size_t at = w->len;
	wr_bytes(w, from);
	return slice_from(writer_done(w), at);
}

const resolver_answer_t *answer_new(const answer_parts_t *parts)
{
	size_t steps = parts->trace ? parts->trace->count : 0;
	size_t head = sizeof(body_t) + steps * sizeof(resolver_step_t);
	size_t bytes = head + parts->name.len + parts->values.len + parts->text.len;
	body_t *body = calloc(1, bytes);
	if (!body)
		return NULL;
	body->bytes = bytes;
	atomic_init(&body->holders, 1);
	resolver_answer_t *answer = &body->answer;
	if (steps)
		memcpy(body->steps, parts->trace->steps, steps * sizeof(resolver_step_t));
	writer_t w = writer_of(&body->steps[steps], bytes - head);
	answer->name = copy(&w, parts->name);
	answer->values = copy(&w, parts->values);
	answer->text = copy(&w, parts->text);
	answer->count = parts->count;
	answer->server = parts->server;
	answer->steps = body->steps;
	answer->step_count = steps;
	answer->steps_left_out = parts->trace ? parts->trace->left_out : 0;
	return answer;
}

const resolver_answer_t *answer_hold(const resolver_answer_t *answer)
{
	if (answer)
		atomic_fetch_add_explicit(&body_of(answer)->holders, 1, memory_order_relaxed);
	return answer;
}

void resolver_answer_release(const resolver_answer_t *answer)
{
	if (answer &&
	    atomic_fetch_sub_explicit(&body_of(answer)->holders, 1, memory_order_acq_rel) == 1)
		free(body_of(answer));
}

size_t answer_bytes(const resolver_answer_t *answer)
{
	return body_of(answer)->bytes;
}

typedef struct {
	const char *word, *text[LANG_COUNT];
} step_row_t;

static const step_row_t rows[RESOLVER_STEP_COUNT] = {
#define X(name, word, en, zh) [RESOLVER_STEP_##name] = { word, { en, zh } },
	RESOLVER_STEPS(X)
#undef X
};

const char *resolver_step_text(resolver_step_kind_t kind, lang_t lang)
{
	return rows[kind].text[lang];
}

static void put_exchange(const resolver_step_t *step, json_t *j)
{
	char text[ADDR_TEXT_MAX];
	const handle_code_t *response = handle_response_info(step->response);
	json_put_cstr(j, "server", addr_format(step->server, text));
	json_put_cstr(j, "transport", step->by_tcp ? "tcp" : "udp");
	json_put_u64(j, "tries", step->tries);
	if (step->ignored)
		json_put_u64(j, "ignored", step->ignored);
	json_put_f64(j, "took_ms", (double)step->took_ns / (double)NS_PER_MS);
	if (step->err) {
		json_put_cstr(j, "error", err_info(step->err)->name);
		return;
	}
	if (!step->response)
		return;
	json_put_u64(j, "responseCode", step->response);
	json_put_cstr(j, "said", response ? response->text : "unknown response");
	json_put_u64(j, "values", step->values);
}

void resolver_trace_put(const resolver_answer_t *answer, json_t *j)
{
	json_array(j);
	for (size_t i = 0; i < answer->step_count; i++) {
		const resolver_step_t *step = &answer->steps[i];
		json_object(j);
		json_put_cstr(j, "step", rows[step->kind].word);
		json_put_u64(j, "depth", step->depth);
		json_put_cstr(j, "handle", step->name);
		json_put_f64(j, "at_ms", (double)step->at_ns / (double)NS_PER_MS);
		if (step->server.ip.family)
			put_exchange(step, j);
		json_close(j);
	}
	json_close(j);
}
