/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ascii.h"
#include "gs1/gs1_choose.h"

typedef struct {
	slice_t word;
	unsigned weight; /* thousandths */
} wish_t;

/* "0.5" or "1.0" in thousandths; what is not well formed counts in full. */
static unsigned read_weight(slice_t text)
{
	unsigned weight = 0, unit = 1000;
	bool point = false;
	for (size_t i = 0; i < text.len && i < 5; i++) {
		uint8_t c = text.ptr[i];
		if (c == '.' && !point) {
			point = true;
			continue;
		}
		if (!ascii_is_digit(c))
			return 1000;
		unit = point ? unit / 10 : unit;
		weight += (unsigned)(c - '0') * unit;
	}
	return weight > 1000 ? 1000 : weight;
}

/* "text/html;level=1;q=0.5" */
static wish_t read_wish(slice_t item)
{
	wish_t wish = { slice_trim(slice_cut(&item, ';')), 1000 };
	while (item.len) {
		slice_t parameter = slice_trim(slice_cut(&item, ';'));
		if (slice_starts(parameter, SLICE("q=")))
			wish.weight = read_weight(slice_from(parameter, 2));
	}
	return wish;
}

/* Behind those of the same weight, before the lesser ones. */
static void insert(wish_t *wishes, size_t *count, wish_t wish)
{
	size_t at = *count;
	while (at > 0 && wishes[at - 1].weight < wish.weight) {
		wishes[at] = wishes[at - 1];
		at--;
	}
	wishes[at] = wish;
	++*count;
}

void gs1_wishes_read(slice_t header, gs1_wishes_t *ret_wishes)
{
	wish_t wishes[GS1_WISHES_MAX];
	size_t count = 0;
	while (header.len && count < GS1_WISHES_MAX) {
		wish_t wish = read_wish(slice_cut(&header, ','));
		if (wish.word.len && wish.weight)
			insert(wishes, &count, wish);
	}
	ret_wishes->count = count;
	for (size_t i = 0; i < count; i++)
		ret_wishes->list[i] = wishes[i].word;
}

/* Whether a link is kept, given a word of the request. */
typedef bool keep_t(const gs1_link_t *link, slice_t word);

/* Keeps those that fit; when there are none, all stay, and false. */
static bool narrow(gs1_choice_t *choice, keep_t *keep, slice_t word)
{
	gs1_choice_t kept = { .count = 0 };
	for (size_t i = 0; i < choice->count; i++)
		if (keep(choice->links[i], word))
			kept.links[kept.count++] = choice->links[i];
	if (kept.count)
		*choice = kept;
	return kept.count > 0;
}

static bool has_tag(const gs1_tags_t *tags, slice_t word)
{
	for (size_t i = 0; i < tags->count; i++)
		if (slice_eq_nocase(tags->list[i], word))
			return true;
	return false;
}

static bool in_context(const gs1_link_t *link, slice_t word)
{
	return word.len ? has_tag(&link->contexts, word) : link->contexts.count == 0;
}

static bool in_language(const gs1_link_t *link, slice_t word)
{
	return word.len ? has_tag(&link->languages, word) : link->languages.count == 0;
}

/* "text/" and a star is any text. */
static bool of_media(const gs1_link_t *link, slice_t word)
{
	slice_t head = slice_sub(word, 0, word.len ? word.len - 1 : 0);
	if (word.len > 2 && word.ptr[word.len - 1] == '*')
		return slice_eq_nocase(slice_sub(link->media, 0, head.len), head);
	return slice_eq_nocase(link->media, word);
}

static bool says_default(const gs1_link_t *link, slice_t word)
{
	(void)word;
	return link->is_default;
}

static bool narrow_any(gs1_choice_t *choice, keep_t *keep, const gs1_wishes_t *wishes)
{
	for (size_t i = 0; i < wishes->count; i++)
		if (narrow(choice, keep, wishes->list[i]))
			return true;
	return false;
}

/* Without its last part; empty in the end. */
static slice_t shorter(slice_t tag)
{
	while (tag.len && tag.ptr[tag.len - 1] != '-')
		tag.len--;
	return slice_sub(tag, 0, tag.len ? tag.len - 1 : 0);
}

static bool narrow_shortened(gs1_choice_t *choice, const gs1_wishes_t *wishes)
{
	for (size_t i = 0; i < wishes->count; i++)
		for (slice_t tag = shorter(wishes->list[i]); tag.len; tag = shorter(tag))
			if (narrow(choice, in_language, tag))
				return true;
	return false;
}

static bool narrow_language(gs1_choice_t *choice, const gs1_wishes_t *languages)
{
	if (narrow_any(choice, in_language, languages) || narrow_shortened(choice, languages))
		return true;
	(void)narrow(choice, in_language, (slice_t){ 0 });
	return false;
}

/* Each step in turn; true when the request told links apart. */
static bool narrow_all(gs1_choice_t *choice, const gs1_question_t *question)
{
	bool told = question->context.len && narrow(choice, in_context, question->context);
	if (!told)
		(void)narrow(choice, in_context, (slice_t){ 0 });
	told = narrow_language(choice, &question->languages) || told;
	return narrow_any(choice, of_media, &question->media) || told;
}

void gs1_choose(const gs1_links_t *links, const gs1_question_t *question, gs1_choice_t *ret_choice)
{
	const gs1_link_t *first = gs1_links_default(links);
	ret_choice->count = 0;
	for (size_t i = 0; i < links->count; i++) {
		const gs1_link_t *link = &links->links[i];
		if (question->type.len ? slice_eq(link->type, question->type) : link->is_default)
			ret_choice->links[ret_choice->count++] = link;
	}
	bool told = narrow_all(ret_choice, question);
	if (ret_choice->count > 1 && question->type.len)
		(void)narrow(ret_choice, says_default, (slice_t){ 0 });
	if (!question->type.len && first && (ret_choice->count != 1 || !told)) {
		ret_choice->links[0] = first;
		ret_choice->count = 1;
	}
}
