/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_QUESTION_H
#define RESOLVER_QUESTION_H
/* A question with memory of its own, and the key it is cached and joined by: the
 * folded name and the folded filter. The order of a filter counts, so that the same
 * question asked in two orders is looked for twice. A proof is part of the joining key. */
#include "codec/handle/handle.h"
#include "resolver/resolver.h"

typedef struct {
	slice_t name;    /* as asked */
	slice_t folded;  /* ASCII in capitals */
	slice_t key;     /* of the cache */
	slice_t joining; /* the key of walks: of questions that want the same way too */
	handle_list_t indexes, types; /* as they are sent */
	handle_resolution_t wanted;   /* what of an answer is kept (codec/handle/at.h) */
	slice_t proof;                /* body of operation 201; empty: none */
	unsigned flags;
	uint8_t recursion;
} question_t;

/* One allocation; free() it. ERR_INVALID, ERR_LIMIT, ERR_NO_MEMORY. */
MUST_CHECK err_t question_new(const resolver_question_t *asked, question_t **ret_question);
/* What is asked about the record of a prefix or of a service. */
MUST_CHECK err_t question_service_new(slice_t handle, unsigned flags, question_t **ret_question);
#endif
