/* SPDX-License-Identifier: Apache-2.0 */
/* Linksets (RFC 9264) in the form that GS1 gives them. */
#include "api/gs1_door.h"
#include "api/state.h"
#include "base/ascii.h"

enum { ESCAPED = 6, PIECE = 1024, ROOT_MAX = 512 };

#define CONTEXT "https://ref.gs1.org/standards/resolver/linkset-context"

static json_t *room(exchange_t *x, size_t text)
{
	return reply_json(&x->reply, ESCAPED * text + PIECE);
}

static bool is_host(slice_t host)
{
	return host.len > 0 && host.len < ROOT_MAX / 2 && ascii_is_word(host, SLICE("-._:[]"));
}

void gs1_root_put(const exchange_t *x, writer_t *w)
{
	slice_t host = x->request.header[HEADER_HOST];
	const char *root = x->api->spec.gs1.root;
	if (root && root[0]) {
		wr_bytes(w, slice_str(root));
		return;
	}
	wr_bytes(w, slice_str(x->request.is_secure ? "https://" : "http://"));
	wr_bytes(w, is_host(host) ? host : SLICE("localhost"));
}

/* Linksets of GS1 know tags of two letters, with a country or without; of others the
 * language stands for itself, if it has two letters. */
static void put_languages(const gs1_tags_t *tags, json_t *j)
{
	json_put_array(j, "hreflang");
	for (size_t i = 0; i < tags->count; i++) {
		slice_t tag = tags->list[i], rest = tag;
		slice_t language = slice_cut(&rest, '-');
		if (language.len == 2)
			json_str(j, rest.len == 2 ? tag : language);
	}
	json_close(j);
}

static void put_tags(const char *key, const gs1_tags_t *tags, json_t *j)
{
	json_put_array(j, key);
	for (size_t i = 0; i < tags->count; i++)
		json_str(j, tags->list[i]);
	json_close(j);
}

/* The default link stands there with its title alone. */
static void put_link(exchange_t *x, const gs1_link_t *link, bool is_bare)
{
	json_t *j = room(x, GS1_LINK_BYTES_MAX);
	json_object(j);
	json_put_str(j, "href", link->href);
	json_put_str(j, "title", link->title);
	if (!is_bare && link->media.len)
		json_put_str(j, "type", link->media);
	if (!is_bare && link->languages.count)
		put_languages(&link->languages, j);
	if (!is_bare && link->contexts.count)
		put_tags("context", &link->contexts, j);
	json_close(j);
}

static void put_type(exchange_t *x, slice_t type)
{
	uint8_t bytes[GS1_LINK_BYTES_MAX + sizeof(GS1_VOCABULARY)];
	writer_t w = writer_of(bytes, sizeof(bytes));
	gs1_link_type_uri(type, &w);
	json_key_slice(room(x, w.len), writer_done(&w));
	json_array(&x->reply.json);
}

static bool is_first_of_type(const gs1_choice_t *links, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (slice_eq(links->links[k]->type, links->links[i]->type))
			return false;
	return true;
}

static void put_by_type(exchange_t *x, const gs1_choice_t *links)
{
	for (size_t i = 0; i < links->count; i++) {
		if (!is_first_of_type(links, i))
			continue;
		put_type(x, links->links[i]->type);
		for (size_t k = i; k < links->count; k++)
			if (slice_eq(links->links[k]->type, links->links[i]->type))
				put_link(x, links->links[k], false);
		json_close(&x->reply.json);
	}
}

static void put_defaults(exchange_t *x, const gs1_links_t *links)
{
	size_t count = 0;
	const gs1_link_t *link = gs1_links_default(links);
	if (!link)
		return;
	put_type(x, SLICE("gs1:defaultLink"));
	put_link(x, link, true);
	json_close(&x->reply.json);
	for (size_t i = 0; i < links->count; i++)
		count += links->links[i].is_default;
	if (count < 2)
		return;
	put_type(x, SLICE("gs1:defaultLinkMulti"));
	for (size_t i = 0; i < links->count; i++)
		if (links->links[i].is_default)
			put_link(x, &links->links[i], false);
	json_close(&x->reply.json);
}

static void put_anchor(exchange_t *x, const gs1_level_t *level)
{
	uint8_t bytes[ROOT_MAX + GS1_PATH_MAX];
	writer_t w = writer_of(bytes, sizeof(bytes));
	gs1_root_put(x, &w);
	gs1_path_put(&level->part, level->part.levels, &w);
	json_put_str(room(x, w.len), "anchor", writer_done(&w));
}

static void put_description(exchange_t *x, const gs1_level_t *level)
{
	slice_t text = gs1_record_description(&level->record, x->request.lang);
	if (text.len)
		json_put_str(room(x, text.len), "description", text);
}

static void put_level(exchange_t *x, const gs1_level_t *level, const gs1_choice_t *only)
{
	gs1_choice_t all = { .count = 0 };
	for (size_t i = 0; i < level->links->count; i++)
		all.links[all.count++] = &level->links->links[i];
	json_object(room(x, 0));
	put_anchor(x, level);
	put_description(x, level);
	if (!only)
		put_defaults(x, level->links);
	put_by_type(x, only ? only : &all);
	json_close(room(x, 0));
}

void gs1_linkset_put(exchange_t *x, const gs1_ask_t *ask, const gs1_level_t *level,
                     const gs1_choice_t *choice)
{
	bool is_ld = slice_eq(slice_str(x->reply.content_type), SLICE("application/ld+json"));
	json_t *j = room(x, 0);
	json_object(j);
	if (is_ld)
		json_put_cstr(j, "@context", CONTEXT);
	json_put_array(j, "linkset");
	for (size_t i = ask->count; i-- > 0;) {
		const gs1_level_t *one = &ask->levels[i];
		if (level ? one == level : one->links && one->links->count)
			put_level(x, one, choice);
	}
	json_close(&x->reply.json);
	json_close(room(x, 0));
	reply_header(&x->reply, "Link",
	             "<" CONTEXT ">; rel=\"http://www.w3.org/ns/json-ld#context\"; "
	             "type=\"application/ld+json\"; title=\"JSON-LD context\"");
}
