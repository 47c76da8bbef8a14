/* SPDX-License-Identifier: Apache-2.0 */
/* The chooser: a set of places that shrinks, one way of choosing after the other. */
#include "base/num.h"
#include "registry/location/impl.h"

/* Above it weights lose nothing that anybody would miss, and their sum stays a number. */
static const double WEIGHT_MAX = 1e9;

typedef struct {
	const locations_t *all;
	const location_client_t *client;
	uint8_t at[LOCATIONS_MAX]; /* the places that are left, in their order */
	size_t count;
} choice_t;

typedef bool (*suits_t)(const choice_t *choice, size_t at, const void *what);

/* Keeps what suits; keeps all when nothing does, and says so. */
static bool keep(choice_t *choice, suits_t suits, const void *what)
{
	size_t count = 0;
	uint8_t at[LOCATIONS_MAX];
	for (size_t i = 0; i < choice->count; i++)
		if (suits(choice, choice->at[i], what))
			at[count++] = choice->at[i];
	if (count == 0)
		return false;
	for (size_t i = 0; i < count; i++)
		choice->at[i] = at[i];
	choice->count = count;
	return true;
}

static slice_t attribute(const choice_t *choice, size_t at, const char *name)
{
	return location_attribute(choice->all, at, name);
}

static double number_of(slice_t text, double fallback)
{
	double number = fallback;
	if (num_parse_f64(slice_trim(text), &number))
		number = fallback;
	return number > WEIGHT_MAX ? WEIGHT_MAX : number;
}

/* locatt */

static bool suits_wish(const choice_t *choice, size_t at, const void *what)
{
	slice_t value = *(const slice_t *)what, key = slice_trim(slice_cut(&value, ':'));
	bool any = key.len == ((const slice_t *)what)->len;
	const location_t *place = &choice->all->places[at];
	for (size_t i = place->first; i < place->first + place->count; i++) {
		const location_attribute_t *own = &choice->all->attributes[i];
		if (slice_eq(own->name, key))
			return any || slice_eq(own->value, value);
	}
	return false;
}

static void by_wishes(choice_t *choice)
{
	for (size_t i = 0; i < choice->client->wish_count; i++)
		(void)keep(choice, suits_wish, &choice->client->wishes[i]);
}

/* address */

static bool holds(slice_t range, ip_t ip)
{
	ip_t net;
	slice_t bits_text = range, text = slice_trim(slice_cut(&bits_text, '/'));
	uint64_t most = ip.family == 4 ? 32 : 128, bits = most;
	if (ip_parse(text, &net) || net.family != ip.family)
		return false;
	if (bits_text.len && num_parse_u64(slice_trim(bits_text), most, &bits))
		return false;
	for (size_t i = 0; i < sizeof(ip.bytes); i++) {
		size_t left = bits > 8 * i ? (size_t)bits - 8 * i : 0;
		uint8_t mask = left >= 8 ? 0xFF : (uint8_t)(0xFF00u >> left);
		if ((net.bytes[i] ^ ip.bytes[i]) & mask)
			return false;
	}
	return true;
}

static bool suits_address(const choice_t *choice, size_t at, const void *what)
{
	slice_t list = attribute(choice, at, "addresses");
	while (list.len)
		if (holds(slice_trim(slice_cut(&list, ',')), *(const ip_t *)what))
			return true;
	return false;
}

static void by_address(choice_t *choice)
{
	if (choice->client->address.family)
		(void)keep(choice, suits_address, &choice->client->address);
}

/* country */

static bool suits_country(const choice_t *choice, size_t at, const void *what)
{
	slice_t country = slice_trim(attribute(choice, at, "country"));
	return slice_eq_nocase(country, *(const slice_t *)what);
}

static void by_country(choice_t *choice)
{
	static const slice_t none = { 0 };
	slice_t country = slice_trim(choice->client->country);
	if (country.len && !keep(choice, suits_country, &country))
		(void)keep(choice, suits_country, &none);
}

/* score */

static bool suits_score(const choice_t *choice, size_t at, const void *what)
{
	return number_of(attribute(choice, at, "score"), 0) >= *(const double *)what;
}

static void by_score(choice_t *choice)
{
	double best = number_of(attribute(choice, choice->at[0], "score"), 0);
	for (size_t i = 1; i < choice->count; i++) {
		double score = number_of(attribute(choice, choice->at[i], "score"), 0);
		best = score > best ? score : best;
	}
	(void)keep(choice, suits_score, &best);
}

/* weighted */

static double weight_of(const choice_t *choice, size_t at)
{
	const location_t *place = &choice->all->places[at];
	const location_settings_t *s = &choice->all->settings;
	double weight = place->is_url
	                        ? number_of(place->is_sub ? s->url_sub_weight : s->url_weight, 0)
	                        : number_of(attribute(choice, at, "weight"), 1);
	return weight > 0 ? weight : 0;
}

static void leave(choice_t *choice, size_t i)
{
	choice->at[0] = choice->at[i];
	choice->count = 1;
}

static void by_weight(choice_t *choice)
{
	/* The 53 bits that a double holds: in [0, 1). */
	double chance = (double)(choice->client->chance >> 11) / 9007199254740992.0;
	double total = 0, passed = 0;
	size_t last = 0;
	for (size_t i = 0; i < choice->count; i++)
		total += weight_of(choice, choice->at[i]);
	if (total <= 0) {
		leave(choice, (size_t)(chance * (double)choice->count));
		return;
	}
	for (size_t i = 0; i < choice->count; i++) {
		double weight = weight_of(choice, choice->at[i]);
		passed += weight;
		last = weight > 0 ? i : last;
		if (weight > 0 && chance * total < passed)
			break;
	}
	leave(choice, last);
}

/* All of it. */

static const struct {
	const char *word;
	void (*narrow)(choice_t *choice);
} ways[] = {
	{ "locatt", by_wishes }, { "address", by_address }, { "country", by_country },
	{ "score", by_score },   { "weighted", by_weight },
};

static void narrow(choice_t *choice, slice_t word)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (slice_eq_nocase(word, slice_str(ways[i].word)))
			ways[i].narrow(choice);
}

static bool has_role(const locations_t *all, size_t at)
{
	slice_t words = location_attribute(all, at, "http_role");
	while (words.len)
		if (slice_eq(slice_trim(slice_cut(&words, ' ')), SLICE("conneg")))
			return true;
	return false;
}

static bool suits_role(const choice_t *choice, size_t at, const void *what)
{
	return has_role(choice->all, at) == *(const bool *)what;
}

bool locations_vary(const locations_t *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (has_role(all, i))
			return true;
	return false;
}

bool locations_choose(const locations_t *all, const location_client_t *client, size_t *ret_at)
{
	choice_t choice = { .all = all, .client = client };
	slice_t order = all->settings.choose_by;
	if (order.len == 0)
		order = SLICE("locatt,address,country,score,weighted");
	for (size_t i = 0; i < all->count; i++)
		choice.at[choice.count++] = (uint8_t)i;
	if (choice.count == 0)
		return false;
	(void)keep(&choice, suits_role, &client->wants_data);
	while (order.len && choice.count > 1)
		narrow(&choice, slice_trim(slice_cut(&order, ',')));
	if (choice.count > 1)
		by_weight(&choice);
	*ret_at = choice.at[0];
	return true;
}
