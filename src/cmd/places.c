/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/places.h"

#include <stdio.h>

#include "cmd/data_print.h"
#include "codec/handle/handle.h"
#include "registry/location/location.h"

static bool split(const char *text, slice_t wishes[PLACES_WISHES], size_t *ret_count)
{
	slice_t rest = slice_str(text);
	size_t count = 0;
	while (rest.len && count < PLACES_WISHES)
		wishes[count++] = slice_cut(&rest, ',');
	*ret_count = count;
	return rest.len == 0;
}

bool places_are_wishes(const char *wishes)
{
	slice_t room[PLACES_WISHES];
	size_t count = 0;
	return split(wishes, room, &count);
}

static void gather_type(const resolver_answer_t *answer, const char *type, bool is_url,
                        locations_t *all)
{
	reader_t r = reader_of(answer->values);
	for (uint32_t i = 0; i < answer->count; i++) {
		handle_value_t value = handle_value_read(&r);
		locations_fault_t fault;
		if (!handle_type_matches(value.type, slice_str(type)))
			continue;
		/* One that cannot be read stands among the values as it is. */
		if (is_url)
			(void)!locations_add_url(all, value.type, value.data);
		else
			(void)!locations_add(all, value.data, &fault);
	}
}

/* NULL: there is no place. */
static locations_t *gather(const resolver_answer_t *answer)
{
	locations_t *all = locations_new();
	if (!all)
		return NULL;
	gather_type(answer, "10320/loc.", false, all);
	if (locations_count(all) == 0) {
		locations_free(all);
		return NULL;
	}
	gather_type(answer, "URL.", true, all);
	return all;
}

static size_t choose(const locations_t *all, const places_client_t *client)
{
	slice_t wishes[PLACES_WISHES];
	location_client_t asked = { .wishes = wishes,
		                    .country = slice_str(client->country),
		                    .chance = client->chance };
	size_t at = 0;
	(void)split(client->wishes, wishes, &asked.wish_count);
	(void)locations_choose(all, &asked, &at);
	return at;
}

static slice_t url_of(const locations_t *all, size_t at, const char *name,
                      char room[PLACES_URL_MAX])
{
	writer_t w = writer_of(room, PLACES_URL_MAX);
	location_put_url(all, at, slice_str(name), &w);
	return writer_done(&w);
}

static void print_attribute(const char *name, slice_t value)
{
	if (value.len == 0)
		return;
	printf("  %s=", name);
	data_print(value);
}

static void print_place(const locations_t *all, size_t at, slice_t url)
{
	static const char *const shown[] = { "id", "country", "weight", "http_role" };
	data_print(url);
	for (size_t i = 0; i < sizeof(shown) / sizeof(*shown); i++)
		print_attribute(shown[i], location_attribute(all, at, shown[i]));
	printf("\n");
}

void places_print(const resolver_answer_t *answer, const char *name, const places_client_t *client)
{
	char room[PLACES_URL_MAX];
	locations_t *all = gather(answer);
	if (!all)
		return;
	size_t chosen = choose(all, client);
	for (size_t at = 0; at < locations_count(all); at++) {
		printf("%6s  ", at == chosen ? "->" : "");
		print_place(all, at, url_of(all, at, name, room));
	}
	locations_free(all);
}

void places_put(const resolver_answer_t *answer, const char *name, const places_client_t *client,
                json_t *j)
{
	char room[PLACES_URL_MAX];
	locations_t *all = gather(answer);
	if (all)
		json_put_str(j, "location", url_of(all, choose(all, client), name, room));
	locations_free(all);
}
