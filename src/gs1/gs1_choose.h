/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GS1_GS1_CHOOSE_H
#define GS1_GS1_CHOOSE_H
/* Which link a request means (GS1-Conformant Resolver, section 2.6). Without a link type
 * it is the default link, or that of its variants which fits better. With one, the links
 * of that type are narrowed step by step - by context, language, media type, and which
 * says "default" - and a step that would leave none is passed over.
 *
 * Languages are looked for exactly first, all of them in the order the reader prefers;
 * only when none fits are they shortened (RFC 4647, 3.4): "zh-CN" finds "zh". A link that
 * names no language is preferred to one in a wrong language. */
#include "gs1/gs1_link.h"

enum { GS1_WISHES_MAX = 16 };

/* The words of a header or the query, most wanted first. */
typedef struct {
	slice_t list[GS1_WISHES_MAX];
	size_t count;
} gs1_wishes_t;

/* "text/html;q=0.5, application/json" in the order of q, 0 left out; also for
 * Accept-Language. What is not well formed is passed over. */
void gs1_wishes_read(slice_t header, gs1_wishes_t *ret_wishes);

typedef struct {
	slice_t type; /* short form; "" when none is asked for */
	gs1_wishes_t languages, media;
	slice_t context; /* "" */
} gs1_question_t;

typedef struct {
	const gs1_link_t *links[GS1_LINKS_MAX];
	size_t count; /* 0: none of that type; 2 and more: nothing tells them apart */
} gs1_choice_t;

void gs1_choose(const gs1_links_t *links, const gs1_question_t *question, gs1_choice_t *ret_choice);
#endif
