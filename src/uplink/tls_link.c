/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/tls_link.h"

#include <stdlib.h>

static void on_opened(void *ctx, env_tls_t *tls)
{
	tls_link_t *link = ctx;
	(void)tls;
	link->owner->opened(link);
}

static size_t on_data(void *ctx, env_tls_t *tls, slice_t bytes)
{
	const tls_link_t *link = ctx;
	(void)tls;
	return link->channel.events->data(link->channel.events_ctx, bytes);
}

static void on_drained(void *ctx, env_tls_t *tls)
{
	const tls_link_t *link = ctx;
	(void)tls;
	if (link->channel.events->drained)
		link->channel.events->drained(link->channel.events_ctx);
}

static void on_closed(void *ctx, env_tls_t *tls, err_t why)
{
	tls_link_t *link = ctx;
	(void)tls;
	link->owner->ended(link, why);
	if (link->is_told)
		link->channel.events->closed(link->channel.events_ctx, why);
	free(link);
}

static const env_tls_events_t tls_events = { on_opened, on_data, on_drained, on_closed };

static err_t link_write(void *ctx, slice_t bytes)
{
	return env_tls_write(((tls_link_t *)ctx)->tls, bytes);
}

static size_t link_unsent(void *ctx)
{
	return env_tls_unsent(((const tls_link_t *)ctx)->tls);
}

static void link_close(void *ctx)
{
	tls_link_t *link = ctx;
	link->owner->ended(link, ERR_OK);
	env_tls_close(link->tls);
	free(link);
}

err_t tls_link_new(const tls_link_owner_t *owner, void *ctx, tls_link_t **ret_link)
{
	tls_link_t *link = calloc(1, sizeof(*link));
	if (!link)
		return ERR_NO_MEMORY;
	link->owner = owner;
	link->ctx = ctx;
	link->channel = (channel_t){
		.ctx = link, .write = link_write, .unsent = link_unsent, .close = link_close
	};
	*ret_link = link;
	return ERR_OK;
}

env_tls_spec_t tls_link_spec(tls_link_t *link)
{
	return (env_tls_spec_t){ .events = &tls_events,
		                 .ctx = link,
		                 .input_max = CHANNEL_INPUT,
		                 .output_max = CHANNEL_OUTPUT };
}

err_t tls_link_identify(tls_link_t *link)
{
	slice_t certificate = env_tls_peer_certificate(link->tls);
	link->channel.addr = env_tls_peer(link->tls);
	if (certificate.len == 0)
		return ERR_OK;
	err_t err = env_certify_read(certificate, &link->peer);
	link->channel.peer = slice_str(link->peer.name);
	link->channel.peer_key = slice_of(link->peer.key, link->peer.key_len);
	return err;
}

void tls_link_drop(tls_link_t *link)
{
	env_tls_reset(link->tls);
	free(link);
}

void tls_link_end(tls_link_t *link, err_t why)
{
	link->owner->ended(link, why);
	env_tls_close(link->tls);
	if (link->is_told)
		link->channel.events->closed(link->channel.events_ctx, why);
	free(link);
}
