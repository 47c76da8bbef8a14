/* SPDX-License-Identifier: Apache-2.0 */
/* GET /{handle}: a link that goes where the record says. A place of its 10320/loc, else
 * its first URL, is a redirect, an alias another name, and what cannot be followed is a
 * page. A record is foreign
 * text, so a redirect leads to the web and FTP alone, and nothing in it can end the
 * header it stands in. */
#include <stdlib.h>

#include "api/handle_location.h"
#include "api/handle_page.h"
#include "api/handlers.h"
#include "base/html.h"
#include "api/state.h"
#include "base/ascii.h"
#include "base/text.h"
#include "registry/handle/live.h"

enum { TARGET_MAX = 2000, ALIASES_MAX = 8, DATE_MAX = 32 };

/* A prefix begins with a digit and has a dot, or is one that lives here; pages of the
 * console begin with a letter. */
bool handle_proxy_claims(const exchange_t *x)
{
	slice_t rest = slice_from(x->request.path, 1), served;
	slice_t prefix = slice_sub(rest, 0, slice_find(rest, '/'));
	if (prefix.len == rest.len || prefix.len == 0)
		return false;
	if (ascii_is_digit(prefix.ptr[0]) && slice_find(prefix, '.') < prefix.len)
		return true;
	for (size_t i = 0; registry_served_prefix(x->api->spec.registry, i, &served); i++)
		if (slice_eq_nocase(prefix, served))
			return true;
	return false;
}

bool handle_proxy_leads(slice_t url)
{
	static const char *const schemes[] = { "http://", "https://", "ftp://", "ftps://" };
	bool good = false;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		slice_t scheme = slice_str(schemes[i]);
		good = good || (url.len > scheme.len &&
		                slice_eq_nocase(slice_sub(url, 0, scheme.len), scheme));
	}
	for (size_t i = 0; i < url.len; i++)
		good = good && url.ptr[i] >= 0x20 && url.ptr[i] != 0x7F && url.ptr[i] != '\\';
	return good;
}

/* What may not stand in a URL as it is gets encoded, and nothing else is touched. */
static void put_target(writer_t *w, slice_t text)
{
	static const slice_t odd = { (const uint8_t *)" \"<>^`{|}", 9 };
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		if (c <= 0x20 || c >= 0x7F || slice_find(odd, c) < odd.len)
			wr_format(w, "%%%02X", c);
		else
			wr_u8(w, c);
	}
}

/* What is appended must not become a part of the host. */
static bool may_append(slice_t url, slice_t tail)
{
	slice_t rest = url;
	uint8_t first = tail.ptr[0];
	(void)slice_cut(&rest, '/');
	(void)slice_cut(&rest, '/');
	bool has_path = slice_find(rest, '/') < rest.len || slice_find(rest, '?') < rest.len ||
	                slice_find(rest, '#') < rest.len;
	return has_path || first == '/' || first == '?' || first == '#';
}

static bool make_target(const exchange_t *x, slice_t url, writer_t *w)
{
	slice_t tail = { 0 };
	request_query(&x->request, "urlappend", 0, &tail);
	if (!handle_proxy_leads(url) || (tail.len && !may_append(url, tail)))
		return false;
	put_target(w, url);
	put_target(w, tail);
	wr_u8(w, 0);
	return !w->bad;
}

/* RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT". */
static void put_date(uint32_t seconds, char text[DATE_MAX])
{
	static const char days[] = "ThuFriSatSunMonTueWed";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char iso[TIME_TEXT_MAX];
	writer_t w = writer_of(text, DATE_MAX);
	time_format((int64_t)seconds * NS_PER_S, iso);
	unsigned month = (unsigned)(iso[5] - '0') * 10 + (unsigned)(iso[6] - '0');
	wr_format(&w, "%.3s, %.2s %.3s %.4s %.8s GMT", &days[seconds / 86400 % 7 * 3], &iso[8],
	          &months[(month - 1) * 3], iso, &iso[11]);
	wr_u8(&w, 0);
}

static verdict_t redirect(exchange_t *x, int status, const char *to, const handle_value_t *value)
{
	char date[DATE_MAX];
	uint32_t now_s = (uint32_t)(env_utc(x->api->env).ns / NS_PER_S);
	put_date(now_s + handle_value_ttl(value, now_s, now_s), date);
	x->reply.status = status;
	reply_header(&x->reply, "Location", to);
	reply_header(&x->reply, "Expires", date);
	reply_header(&x->reply, "Referrer-Policy", "no-referrer");
	reply_header(&x->reply, "Content-Security-Policy", "default-src 'none'");
	writer_t *w = reply_text(&x->reply, "text/html;charset=utf-8",
	                         2 * HTML_GROWTH * TARGET_MAX + 256);
	wr_bytes(w, SLICE("<!doctype html><title>Redirect</title><p><a href=\""));
	html_text(w, slice_str(to));
	wr_bytes(w, SLICE("\">"));
	html_text(w, slice_str(to));
	wr_bytes(w, SLICE("</a>"));
	return EXCHANGE_ANSWERED;
}

/* The first value of the type that anybody may read and the query wants. */
static bool first_of(const exchange_t *x, const record_t *record, const char *type,
                     handle_value_t *ret_value)
{
	handle_value_t value;
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	while (handle_value_next(&iter, &value)) {
		if (!(value.perms & HANDLE_PERM_PUBLIC_READ) ||
		    !handle_type_matches(value.type, slice_str(type)) ||
		    !handles_is_wanted(&x->request, &value))
			continue;
		*ret_value = value;
		return true;
	}
	return false;
}

/* Follows the aliases that are here; false when they do not end. */
static bool alias_ends(exchange_t *x, slice_t name, slice_t next)
{
	uint8_t at[HANDLE_NAME_MAX];
	for (unsigned steps = 0; steps < ALIASES_MAX; steps++) {
		record_t record;
		handle_value_t value;
		err_t err = ERR_OK;
		if (slice_eq_nocase(name, next) || next.len > sizeof(at))
			return false;
		memcpy(at, next.ptr, next.len);
		slice_t asked = slice_of(at, next.len);
		registry_resolve_batch(x->api->reader, &asked, 1, &record, &err);
		bool goes_on = !err && first_of(x, &record, "HS_ALIAS", &value) &&
		               value.data.len <= sizeof(at);
		size_t len = goes_on ? value.data.len : 0;
		if (goes_on)
			memcpy(at, value.data.ptr, len);
		registry_find_done(x->api->reader);
		if (!goes_on)
			return true;
		next = slice_of(at, len);
	}
	return false;
}

/* Copied out of the snapshot, which the walk along the aliases takes for itself. */
static verdict_t follow_alias(exchange_t *x, slice_t name, const handle_value_t *value)
{
	char to[URL_GROWTH * HANDLE_NAME_MAX + 2];
	uint8_t other[HANDLE_NAME_MAX];
	writer_t w = writer_of(to, TARGET_MAX);
	handle_value_t alias = { .ttl_type = value->ttl_type, .ttl_s = value->ttl_s };
	size_t len = value->data.len > sizeof(other) ? 0 : value->data.len;
	memcpy(other, value->data.ptr, len);
	registry_find_done(x->api->reader);
	wr_u8(&w, '/');
	html_url(&w, slice_of(other, len));
	wr_u8(&w, 0);
	if (len == 0 || w.bad || !alias_ends(x, name, slice_of(other, len))) {
		handle_page_without(x, name, HANDLE_PAGE_LOOP);
		return EXCHANGE_ANSWERED;
	}
	return redirect(x, 301, to, &alias);
}

void handle_page_live(exchange_t *x, slice_t name, const record_t *record)
{
	size_t len = x->api->spec.live ? handle_live_room(record) : 0;
	uint8_t *room = len ? malloc(len) : NULL;
	writer_t w = writer_of(room, room ? len : 0);
	record_t shown = *record;
	if (room)
		(void)handle_live_expand(x->api->spec.live, record, &w, &shown);
	handle_page_record(x, name, &shown);
	free(room);
}

static verdict_t answer(exchange_t *x, slice_t name, const record_t *record)
{
	char to[TARGET_MAX + 1];
	writer_t w = writer_of(to, sizeof(to));
	handle_value_t value;
	handle_location_t place;
	slice_t word;
	bool stays = request_query(&x->request, "noredirect", 0, &word);
	bool keeps = request_query(&x->request, "ignore_aliases", 0, &word);
	if (!stays && !keeps && first_of(x, record, "HS_ALIAS", &value))
		return follow_alias(x, name, &value);
	bool is_place = !stays && handle_location_find(x, name, record, &place);
	if (is_place && place.varies)
		reply_header(&x->reply, "Vary", "Accept");
	if (is_place && make_target(x, place.url, &w))
		return redirect(x, place.status, to, &place.until);
	if (!stays && !is_place && first_of(x, record, "URL.", &value) &&
	    make_target(x, value.data, &w))
		return redirect(x, 302, to, &value);
	handle_page_live(x, name, record);
	return EXCHANGE_ANSWERED;
}

static handle_page_t page_of(err_t err)
{
	switch ((int)err) {
	case ERR_NOT_FOUND:
		return HANDLE_PAGE_MISSING;
	case ERR_UNAVAILABLE:
		return HANDLE_PAGE_ELSEWHERE;
	case ERR_INVALID:
		return HANDLE_PAGE_NO_NAME;
	default:
		return HANDLE_PAGE_BROKEN;
	}
}

verdict_t handle_proxy_get(exchange_t *x)
{
	slice_t name = { 0 };
	record_t record;
	err_t err = ERR_INVALID;
	if (request_path_text(&x->request, &name)) {
		handle_page_without(x, SLICE("?"), HANDLE_PAGE_NO_NAME);
		return EXCHANGE_ANSWERED;
	}
	registry_resolve_batch(x->api->reader, &name, 1, &record, &err);
	bool is_over = registry_resolved(x->api->spec.registry, name, err) != QUOTA_OK;
	if (!err && !is_over) {
		verdict_t verdict = answer(x, name, &record);
		registry_find_done(x->api->reader);
		return verdict;
	}
	registry_find_done(x->api->reader);
	handle_page_without(x, name, is_over ? HANDLE_PAGE_QUOTA : page_of(err));
	return EXCHANGE_ANSWERED;
}
