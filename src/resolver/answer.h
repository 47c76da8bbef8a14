/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_ANSWER_H
#define RESOLVER_ANSWER_H
/* The body of an answer, counted by those who hold it, and the trace that a walk
 * writes until it ends.
 *
 * Threads: bodies are immutable and counted atomically, since the last to hold one
 * may be an asker on any loop. A trace is its walk's. */
#include "resolver/resolver.h"

enum { TRACE_STEPS = 32 };

typedef struct {
	resolver_step_t steps[TRACE_STEPS];
	size_t count, left_out;
} trace_t;

/* The step to fill in, its name cut to fit; a full trace counts it and gives the
 * caller a place nobody reads. */
resolver_step_t *trace_add(trace_t *trace, resolver_step_kind_t kind, slice_t name);
/* The steps of another walk behind those of this one, one deeper. */
void trace_append(trace_t *trace, const resolver_answer_t *answer, int64_t at_ns);

typedef struct {
	slice_t name, values, text;
	uint32_t count;
	addr_t server;
	const trace_t *trace; /* may be NULL */
} answer_parts_t;

/* Copies the parts; held once. NULL when memory is gone. */
const resolver_answer_t *answer_new(const answer_parts_t *parts);
const resolver_answer_t *answer_hold(const resolver_answer_t *answer);
/* Bytes it occupies. */
size_t answer_bytes(const resolver_answer_t *answer);
#endif
