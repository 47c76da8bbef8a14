/* SPDX-License-Identifier: Apache-2.0 */
/* The links of a record. */
#include "codec/handle/value.h"
#include "gs1/link.h"

static bool is_public(const handle_value_t *value)
{
	return (value->perms & HANDLE_PERM_PUBLIC_READ) != 0;
}

static void read_link(gs1_links_t *links, slice_t data)
{
	json_tree_t *tree = NULL;
	gs1_link_t *link = &links->links[links->count];
	if (links->count == GS1_LINKS_MAX || data.len > GS1_LINK_BYTES_MAX ||
	    json_read(data, &tree, NULL))
		return;
	if (gs1_link_read(tree, link, NULL)) {
		json_free(tree);
		return;
	}
	links->trees[links->count++] = tree;
}

/* The first value of a type that anybody may read; empty when there is none. */
static slice_t first_public(const record_t *record, const char *type)
{
	handle_value_t value;
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	while (handle_value_next(&iter, &value))
		if (is_public(&value) && slice_eq_nocase(value.type, slice_str(type)))
			return value.data;
	return (slice_t){ 0 };
}

slice_t gs1_record_description(const record_t *record, lang_t lang)
{
	slice_t chinese = first_public(record, "DESC.zh"), plain = first_public(record, "DESC");
	if (lang == LANG_ZH && chinese.len)
		return chinese;
	return plain.len ? plain : chinese;
}

/* A URL that a browser may be sent to. */
static void read_url(const record_t *record, lang_t lang, gs1_links_t *links)
{
	slice_t title = gs1_record_description(record, lang), url = first_public(record, "URL");
	bool is_web = slice_starts(url, SLICE("https://")) || slice_starts(url, SLICE("http://"));
	for (size_t i = 0; i < url.len; i++)
		is_web = is_web && url.ptr[i] > 0x20 && url.ptr[i] != 0x7F && url.ptr[i] != '\\';
	if (!is_web)
		return;
	links->links[links->count++] = (gs1_link_t){
		.type = SLICE("gs1:pip"),
		.href = url,
		.title = title.len ? title : record->name,
		.is_default = true,
	};
}

void gs1_links_read(const record_t *record, lang_t lang, gs1_links_t *ret_links)
{
	handle_value_t value;
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	ret_links->count = 0;
	memset(ret_links->trees, 0, sizeof(ret_links->trees));
	while (handle_value_next(&iter, &value))
		if (is_public(&value) && slice_eq_nocase(value.type, SLICE(GS1_LINK_VALUE)))
			read_link(ret_links, value.data);
	if (ret_links->count == 0)
		read_url(record, lang, ret_links);
}

void gs1_links_done(gs1_links_t *links)
{
	for (size_t i = 0; i < links->count; i++)
		json_free(links->trees[i]);
	links->count = 0;
}

const gs1_link_t *gs1_links_default(const gs1_links_t *links)
{
	for (size_t i = 0; i < links->count; i++)
		if (links->links[i].is_default)
			return &links->links[i];
	return links->count ? &links->links[0] : NULL;
}

slice_t gs1_link_type_short(slice_t type, writer_t *room)
{
	static const char *const heads[] = {
		GS1_VOCABULARY,        "http://ref.gs1.org/voc/",  "https://gs1.org/voc/",
		"http://gs1.org/voc/", "https://www.gs1.org/voc/", "gs1:"
	};
	size_t from = room->len;
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		if (slice_starts(type, slice_str(heads[i]))) {
			type = slice_from(type, strlen(heads[i]));
			break;
		}
	if (slice_find(type, ':') < type.len)
		return type;
	wr_bytes(room, SLICE("gs1:"));
	wr_bytes(room, type);
	return slice_from(writer_done(room), from);
}

void gs1_link_type_uri(slice_t type, writer_t *w)
{
	bool is_short = slice_starts(type, SLICE("gs1:"));
	if (is_short)
		wr_bytes(w, SLICE(GS1_VOCABULARY));
	wr_bytes(w, is_short ? slice_from(type, 4) : type);
}
