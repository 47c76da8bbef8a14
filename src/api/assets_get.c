/* SPDX-License-Identifier: Apache-2.0 */
/* What the sentry has seen: assets and conversations; a person's word on assets. */
#include "api/body.h"
#include "api/handlers.h"
#include "api/state.h"

enum { ROW_ROOM = 4096, BATCH = 32 };

static const err_text_t text_asset = {
	{ "no asset with the address %1 was seen", "未见过地址为 %1 的资产" },
	{ "GET /api/v1/assets lists them", "GET /api/v1/assets 可列出全部" },
};

static void put_asset(const catalogue_t *c, const asset_t *asset, json_t *j)
{
	const device_t *device = catalogue_device(c, asset->device);
	char mac[MAC_TEXT_MAX];
	json_object(j);
	json_put_ip(j, "ip", asset->ip);
	json_put_cstr(j, "mac", mac_format(asset->mac, mac));
	json_put_bool(j, "is_client", asset->is_client);
	json_put_bool(j, "is_server", asset->is_server);
	json_put_bool(j, "approved", asset->approved);
	if (device)
		json_put_cstr(j, "device", device->name);
	json_put_ms(j, "first_ms", asset->first_ns);
	json_put_ms(j, "last_ms", asset->last_ns);
	json_put_u64(j, "packets", asset->packets);
	json_put_u64(j, "bytes", asset->bytes);
	json_put_cstr(j, "vendor", asset->vendor);
	json_put_cstr(j, "product", asset->product);
	json_put_cstr(j, "revision", asset->revision);
	json_close(j);
}

verdict_t assets_get(exchange_t *x)
{
	asset_t batch[BATCH];
	size_t from = 0, n = 0;
	json_t *j = reply_items(&x->reply, ROW_ROOM);
	do {
		n = sentry_assets(x->api->spec.sentry, from, batch, BATCH);
		for (size_t i = 0; i < n; i++)
			put_asset(api_catalogue(x->api), &batch[i],
			          reply_json(&x->reply, ROW_ROOM));
		from += n;
	} while (n);
	json_close(j);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

static verdict_t approve(exchange_t *x, bool approved)
{
	slice_t name = x->request.param[0];
	ip_t ip;
	err_t err = ip_parse(name, &ip);
	if (!err)
		err = sentry_approve_asset(x->api->spec.sentry, &x->request.caller, ip, approved);
	if (err == ERR_INVALID || err == ERR_NOT_FOUND)
		return exchange_refuse(x, ERR_NOT_FOUND, &text_asset, name);
	if (err)
		return exchange_refuse(x, err, NULL, (slice_t){ 0 });
	json_t *j = reply_json(&x->reply, ROW_ROOM);
	json_object(j);
	json_put_ip(j, "ip", ip);
	json_put_bool(j, "approved", approved);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

verdict_t asset_approval_post(exchange_t *x)
{
	bool approved = false;
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	bool good = json_flag(json_member(doc, "approved"), &approved);
	json_free(doc);
	return good ? approve(x, approved) : body_refuse(x, "approved");
}

static void put_conversation(const conversation_t *c, json_t *j)
{
	json_object(j);
	json_put_ip(j, "client", c->client);
	json_put_ip(j, "server", c->server);
	json_put_u64(j, "port", c->port);
	json_put_u64(j, "requests", c->requests);
	json_put_u64(j, "replies", c->replies);
	json_put_u64(j, "exceptions", c->exceptions);
	json_put_u64(j, "malformed", c->malformed);
	json_put_u64(j, "bytes", c->bytes);
	json_put_ms(j, "first_ms", c->first_ns);
	json_put_ms(j, "last_ms", c->last_ns);
	json_close(j);
}

verdict_t conversations_get(exchange_t *x)
{
	conversation_t batch[BATCH];
	size_t from = 0, n = 0;
	json_t *j = reply_items(&x->reply, ROW_ROOM);
	do {
		n = sentry_conversations(x->api->spec.sentry, from, batch, BATCH);
		for (size_t i = 0; i < n; i++)
			put_conversation(&batch[i], reply_json(&x->reply, ROW_ROOM));
		from += n;
	} while (n);
	json_close(j);
	json_close(j);
	return EXCHANGE_ANSWERED;
}
