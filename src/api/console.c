/* SPDX-License-Identifier: Apache-2.0 */
/* The web console's files. Names below /assets hold the hash of what is in them and
 * may be kept for ever; every other path is a page of the console, which its own
 * script tells apart, so all of them are index.html. */
#include "api/assets.h"
#include "api/handlers.h"

static const err_text_t text_asset = {
	{ "there is no file %1", "没有文件 %1" },
	{ "load the page again", "请重新加载页面" },
};

static const char policy[] =
	"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
	"object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

static const console_asset_t *find(slice_t path)
{
	size_t low = 0, high = console_asset_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = slice_cmp(path, slice_str(console_assets[middle].path));
		if (order == 0)
			return &console_assets[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool is_held(slice_t if_none_match, const char *etag)
{
	while (if_none_match.len) {
		slice_t tag = slice_trim(slice_cut(&if_none_match, ','));
		if (slice_eq(tag, slice_str(etag)))
			return true;
	}
	return false;
}

static bool is_hashed(slice_t path)
{
	return slice_starts(path, SLICE("/assets/"));
}

static const console_asset_t *asset_of(slice_t path)
{
	const console_asset_t *asset = find(path);
	return asset || is_hashed(path) ? asset : find(SLICE("/index.html"));
}

static void put_headers(reply_t *reply, const console_asset_t *asset, bool hashed)
{
	reply_header(reply, "ETag", asset->etag);
	reply_header(reply, "Cache-Control",
	             hashed ? "public, max-age=31536000, immutable" : "no-cache");
	reply_header(reply, "Content-Security-Policy", policy);
	reply_header(reply, "Referrer-Policy", "no-referrer");
}

static void give(reply_t *reply, const console_asset_t *asset)
{
	reply_header(reply, "Content-Encoding", "gzip");
	reply->content_type = asset->content_type;
	reply->fixed = slice_of(asset->bytes, asset->len);
}

verdict_t console_get(exchange_t *x)
{
	slice_t path = x->request.path;
	const console_asset_t *asset = asset_of(path);
	if (!asset)
		return exchange_refuse(x, ERR_NOT_FOUND, &text_asset, path);
	put_headers(&x->reply, asset, is_hashed(path));
	if (is_held(x->request.header[HEADER_IF_NONE_MATCH], asset->etag))
		x->reply.status = 304;
	else
		give(&x->reply, asset);
	return EXCHANGE_ANSWERED;
}
