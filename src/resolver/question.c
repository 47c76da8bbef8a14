/* SPDX-License-Identifier: Apache-2.0 */
#include "resolver/question.h"

#include <assert.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "codec/handle/at.h"

typedef struct {
	question_t question;
	uint8_t room[];
} block_t;

/* A proof stands twice: in the request, and in the joining key. */
static err_t check_proof(const resolver_question_t *asked, size_t *bytes)
{
	const handle_verify_t *p = asked->proof;
	size_t len = p->user.handle.len + p->nonce.len + p->digest.len + p->answer.len;
	if (len > RESOLVER_PROOF_MAX || !slice_eq(p->user.handle, asked->name))
		return ERR_INVALID;
	*bytes += 2 * (len + 8 * sizeof(uint32_t));
	return ERR_OK;
}

static err_t check(const resolver_question_t *asked, size_t *ret_bytes)
{
	handle_name_t name;
	*ret_bytes = 0;
	if (asked->name.len == 0 || asked->name.len > HANDLE_NAME_MAX || !utf8_valid(asked->name))
		return ERR_INVALID;
	/* A name without a slash is one of the global service; all else must split. */
	if (slice_find(asked->name, '/') < asked->name.len &&
	    handle_name_split(asked->name, &name) != CODEC_OK)
		return ERR_INVALID;
	if (asked->type_count + asked->index_count > RESOLVER_FILTERS_MAX)
		return ERR_INVALID;
	if (asked->recursion > HANDLE_RECURSION_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < asked->type_count; i++) {
		if (asked->types[i].len == 0 || asked->types[i].len > RESOLVER_TYPE_MAX)
			return ERR_INVALID;
		*ret_bytes += 3 * (asked->types[i].len + sizeof(uint32_t));
	}
	*ret_bytes += sizeof(HANDLE_AT_TYPE) + 2 * asked->name.len +
	              2 * sizeof(uint32_t) * asked->index_count + 9 * sizeof(uint32_t);
	return asked->proof ? check_proof(asked, ret_bytes) : ERR_OK;
}

static slice_t since(const writer_t *w, size_t from)
{
	return slice_from(writer_done(w), from);
}

/* The folded name, then the filter with its types in capitals, each behind its
 * length, and whether it was signed; one byte more says which way it must come. */
static void write_key(const resolver_question_t *asked, question_t *q, writer_t *w)
{
	size_t from = w->len;
	wr_u32(w, (uint32_t)asked->name.len);
	uint8_t *folded = wr_reserve(w, asked->name.len);
	if (folded) {
		slice_fold_upper(asked->name, folded);
		q->folded = slice_of(folded, asked->name.len);
	}
	wr_u32(w, q->indexes.count);
	wr_bytes(w, q->indexes.bytes);
	for (size_t i = 0; i < asked->type_count; i++) {
		wr_u8(w, (uint8_t)(asked->types[i].len - 1));
		uint8_t *type = wr_reserve(w, asked->types[i].len);
		if (type)
			slice_fold_upper(asked->types[i], type);
	}
	wr_u8(w, asked->flags & RESOLVER_CERTIFIED);
	q->key = since(w, from);
	wr_u8(w, (uint8_t)asked->flags);
	wr_bytes(w, q->proof);
	q->joining = since(w, from);
}

static err_t keep_wanted(question_t *q, writer_t *w)
{
	handle_resolution_t asked = { .indexes = q->indexes, .types = q->types };
	slice_t time;
	return handle_at_split(&asked, w, &q->wanted, &time) == CODEC_OK ? ERR_OK : ERR_INVALID;
}

err_t question_new(const resolver_question_t *asked, question_t **ret_question)
{
	size_t bytes;
	err_t err = check(asked, &bytes);
	if (err)
		return err;
	block_t *block = calloc(1, sizeof(*block) + bytes);
	if (!block)
		return ERR_NO_MEMORY;
	question_t *q = &block->question;
	writer_t w = writer_of(block->room, bytes);
	wr_bytes(&w, asked->name);
	q->name = since(&w, 0);
	q->indexes = handle_list_of_indexes(asked->indexes, asked->index_count, &w);
	q->types = handle_list_of_strings(asked->types, asked->type_count, &w);
	size_t from = w.len;
	if (asked->proof)
		handle_verify_encode(asked->proof, &w);
	q->proof = since(&w, from);
	q->flags = asked->flags;
	q->recursion = asked->recursion;
	write_key(asked, q, &w);
	err = keep_wanted(q, &w);
	assert(!w.bad);
	if (err) {
		free(block);
		return err;
	}
	*ret_question = q;
	return ERR_OK;
}

err_t question_service_new(slice_t handle, unsigned flags, question_t **ret_question)
{
	/* One filter for every use, so that one entry of the cache serves them all. */
	const slice_t types[] = {
		SLICE("HS_SITE"),        SLICE("HS_SITE.6"),      SLICE("HS_SERV"),
		SLICE("HS_NAMESPACE"),   SLICE("HS_SITE.PREFIX"), SLICE("HS_SERV.PREFIX"),
		SLICE("HS_NA_DELEGATE"),
	};
	resolver_question_t asked = {
		.name = handle,
		.types = types,
		.type_count = sizeof(types) / sizeof(*types),
		.flags = flags,
	};
	return question_new(&asked, ret_question);
}
