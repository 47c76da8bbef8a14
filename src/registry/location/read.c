/* SPDX-License-Identifier: Apache-2.0 */
/* XML into places and their attributes. */
#include <stdlib.h>

#include "env/xml.h"
#include "registry/location/impl.h"

enum { DEPTH_ROOT = 1, DEPTH_PLACE };

static const char too_many[] = "there are too many locations or attributes";

typedef struct {
	locations_t *all;
	size_t depth;
	bool is_full;
} build_t;

locations_t *locations_new(void)
{
	locations_t *all = calloc(1, sizeof(*all));
	if (all)
		all->texts = writer_of(all->bytes, sizeof(all->bytes));
	return all;
}

void locations_free(locations_t *all)
{
	free(all);
}

static slice_t keep(locations_t *all, slice_t text)
{
	size_t from = all->texts.len;
	wr_bytes(&all->texts, text);
	return slice_sub(writer_done(&all->texts), from, text.len);
}

static bool add_place(locations_t *all, bool is_url, bool is_sub)
{
	if (all->count == LOCATIONS_MAX)
		return false;
	all->places[all->count++] = (location_t){ all->attribute_count, 0, is_url, is_sub };
	return true;
}

/* To the last place. */
static bool add_attribute(locations_t *all, slice_t name, slice_t value)
{
	if (all->attribute_count == LOCATION_ATTRIBUTES_MAX)
		return false;
	all->attributes[all->attribute_count++] = (location_attribute_t){ keep(all, name),
		                                                          keep(all, value) };
	all->places[all->count - 1].count++;
	return !all->texts.bad;
}

static void take_settings(locations_t *all, const xml_element_t *element)
{
	location_settings_t *s = &all->settings;
	const struct {
		const char *name;
		slice_t *into;
	} rows[] = {
		{ "choose_by", &s->choose_by },  { "chooseby", &s->choose_by },
		{ "urlWeight", &s->url_weight }, { "urlSubtypeWeight", &s->url_sub_weight },
		{ "no_legacy", &s->no_legacy },
	};
	slice_t name, value;
	for (size_t row = 0; row < sizeof(rows) / sizeof(*rows); row++)
		for (size_t i = 0; xml_attribute(element, i, &name, &value); i++)
			if (rows[row].into->len == 0 && slice_eq(name, slice_str(rows[row].name)))
				*rows[row].into = keep(all, value);
}

static bool is_place(slice_t name)
{
	/* The second is what templates were called first. */
	return slice_eq_nocase(name, SLICE("location")) ||
	       slice_eq_nocase(name, SLICE("loc_template"));
}

static const char *on_open(void *ctx, const xml_element_t *element)
{
	build_t *build = ctx;
	slice_t name, value;
	build->depth++;
	if (build->depth == DEPTH_ROOT) {
		if (!slice_eq_nocase(element->name, SLICE("locations")))
			return "the root is not <locations>";
		take_settings(build->all, element);
	}
	/* Other elements are those of programs that know more. */
	if (build->depth != DEPTH_PLACE || !is_place(element->name))
		return NULL;
	build->is_full = !add_place(build->all, false, false);
	for (size_t i = 0; !build->is_full && xml_attribute(element, i, &name, &value); i++)
		build->is_full = !add_attribute(build->all, name, value);
	return build->is_full ? too_many : NULL;
}

static const char *on_close(void *ctx)
{
	((build_t *)ctx)->depth--;
	return NULL;
}

static const char *on_text(void *ctx, slice_t text)
{
	(void)ctx;
	(void)text;
	return NULL;
}

err_t locations_add(locations_t *all, slice_t xml, locations_fault_t *ret_fault)
{
	build_t build = { .all = all };
	const xml_taker_t taker = { on_open, on_close, on_text, &build };
	size_t places = all->count, attributes = all->attribute_count, bytes = all->texts.len;
	location_settings_t settings = all->settings;
	xml_fault_t fault;
	err_t err = xml_read(xml, &taker, &fault);
	if (!err && all->texts.bad) {
		err = ERR_LIMIT;
		fault = (xml_fault_t){ 1, too_many };
	}
	if (!err)
		return ERR_OK;
	*ret_fault = (locations_fault_t){ fault.line, fault.reason };
	all->count = places;
	all->attribute_count = attributes;
	all->texts = writer_of(all->bytes, sizeof(all->bytes));
	all->texts.len = bytes;
	all->settings = settings;
	return build.is_full ? ERR_LIMIT : err;
}

err_t locations_add_url(locations_t *all, slice_t type, slice_t url)
{
	size_t bytes = all->texts.len;
	if (slice_eq(all->settings.no_legacy, SLICE("true")))
		return ERR_OK;
	if (!add_place(all, true, !slice_eq_nocase(type, SLICE("URL"))))
		return ERR_LIMIT;
	if (add_attribute(all, SLICE("href"), url))
		return ERR_OK;
	/* An attribute that was put without its text goes with its place. */
	all->attribute_count = all->places[--all->count].first;
	all->texts = writer_of(all->bytes, sizeof(all->bytes));
	all->texts.len = bytes;
	return ERR_LIMIT;
}

size_t locations_count(const locations_t *all)
{
	return all->count;
}

slice_t location_attribute(const locations_t *all, size_t at, const char *name)
{
	const location_t *place = &all->places[at];
	for (size_t i = place->first; i < place->first + place->count; i++)
		if (slice_eq(all->attributes[i].name, slice_str(name)))
			return all->attributes[i].value;
	return (slice_t){ 0 };
}

/* A name in a URL: whole, or as a path whose slashes stay. */
static void put_name(writer_t *w, slice_t name, bool is_path)
{
	static const slice_t plain = { (const uint8_t *)"-._~", 4 };
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.ptr[i];
		bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
		if (is_letter || (c >= '0' && c <= '9') || slice_find(plain, c) < plain.len ||
		    (is_path && c == '/'))
			wr_u8(w, c);
		else
			wr_format(w, "%%%02X", c);
	}
}

static void put_template(writer_t *w, slice_t template, slice_t name)
{
	while (template.len) {
		bool is_path = slice_starts(template, SLICE("{hdl:path}"));
		bool is_whole = slice_starts(template, SLICE("{hdl}"));
		if (is_path || is_whole)
			put_name(w, name, is_path);
		else
			wr_u8(w, template.ptr[0]);
		template = slice_from(template, is_path ? 10 : is_whole ? 5 : 1);
	}
}

void location_put_url(const locations_t *all, size_t at, slice_t name, writer_t *w)
{
	slice_t href = location_attribute(all, at, "href");
	if (href.len)
		wr_bytes(w, href);
	else
		put_template(w, location_attribute(all, at, "href_template"), name);
}

int location_status(const locations_t *all, size_t at)
{
	static const struct {
		const char *word;
		int status;
	} rows[] = {
		{ "301", 301 },
		{ "303", 303 },
		{ "307", 307 },
		{ "308", 308 },
	};
	slice_t said = location_attribute(all, at, "http_sc");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (slice_eq(said, slice_str(rows[i].word)))
			return rows[i].status;
	return 302;
}
