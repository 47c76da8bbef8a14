/* SPDX-License-Identifier: Apache-2.0 */
/* The child's side: dials with what it holds of a parent, and believes who leads to the same
 * root. */
#include <stdlib.h>

#include "uplink/tls_channel.h"
#include "uplink/tls_link.h"

struct tls_dialer {
	env_loop_t *loop;
	env_pkey_t *key;
	uint8_t pem[MEMBERSHIP_PEM_MAX], root[ENV_CERTIFY_DER_MAX];
	size_t pem_len, root_len;
	env_trust_t trust;
};

/* A dial is the link it will become. */
struct channel_dial {
	tls_dialer_t *dialer;
	tls_link_t *link;
	const channel_dial_events_t *events;
	void *ctx;
};

static env_trust_t judge(void *ctx, const slice_t *chain, size_t count)
{
	const tls_dialer_t *dialer = ctx;
	slice_t root = slice_of(dialer->root, dialer->root_len);
	return env_certify_check(
		&(env_certify_check_t){ .chain = chain,
	                                .chain_count = count,
	                                .roots = &root,
	                                .root_count = 1,
	                                .purpose = ENV_CERTIFY_SERVER,
	                                .now_ns = env_utc(env_loop_env(dialer->loop)).ns });
}

static void link_opened(tls_link_t *link)
{
	channel_dial_t *dial = link->ctx;
	if (tls_link_identify(link) != ERR_OK) {
		tls_link_end(link, ERR_DENIED);
		return;
	}
	link->is_told = true;
	dial->events->opened(dial->ctx, &link->channel);
}

/* Before it was opened the dial has failed, behind that its channel ends. */
static void link_ended(tls_link_t *link, err_t why)
{
	channel_dial_t *dial = link->ctx;
	if (why == ERR_DENIED)
		dial->dialer->trust = env_tls_trust(link->tls);
	if (!link->is_told)
		dial->events->failed(dial->ctx, why);
	free(dial);
}

static const tls_link_owner_t owner = { link_opened, link_ended };

static err_t dial_tls(channel_dial_t *dial, addr_t remote)
{
	tls_dialer_t *dialer = dial->dialer;
	env_tls_spec_t spec = tls_link_spec(dial->link);
	env_tls_dial_t to = { .remote = remote,
		              .identity = {
				      .alpn = UPLINK_ALPN,
				      .certificate_pem = slice_of(dialer->pem, dialer->pem_len),
				      .key = dialer->key,
				      .judge = { dialer, judge } } };
	return env_tls_dial(dialer->loop, &to, &spec, &dial->link->tls);
}

static err_t seam_dial(void *ctx, addr_t remote, const channel_dial_events_t *events,
                       void *events_ctx, channel_dial_t **ret_dial)
{
	channel_dial_t *dial = calloc(1, sizeof(*dial));
	if (!dial)
		return ERR_NO_MEMORY;
	*dial = (channel_dial_t){ .dialer = ctx, .events = events, .ctx = events_ctx };
	err_t err = tls_link_new(&owner, dial, &dial->link);
	if (!err)
		err = dial_tls(dial, remote);
	if (err) {
		free(dial->link);
		free(dial);
		return err;
	}
	*ret_dial = dial;
	return ERR_OK;
}

static void seam_cancel(void *ctx, channel_dial_t *dial)
{
	(void)ctx;
	tls_link_drop(dial->link);
	free(dial);
}

err_t tls_dialer_renew(tls_dialer_t *dialer, const membership_t *membership)
{
	uint8_t key[ENV_PKEY_PEM_MAX];
	env_pkey_t *copy = NULL;
	writer_t pem = writer_of(dialer->pem, sizeof(dialer->pem));
	writer_t w = writer_of(key, sizeof(key));
	err_t err = env_pkey_to_pem(membership->key, true, &w);
	if (!err)
		err = env_pkey_from_pem(writer_done(&w), &copy);
	env_wipe(key, sizeof(key));
	if (!err)
		err = membership_pem(membership, &pem);
	if (err) {
		env_pkey_free(copy);
		return err;
	}
	env_pkey_free(dialer->key);
	dialer->key = copy;
	dialer->pem_len = pem.len;
	memcpy(dialer->root, membership->root, membership->root_len);
	dialer->root_len = membership->root_len;
	return ERR_OK;
}

err_t tls_dialer_new(env_loop_t *loop, const membership_t *membership, tls_dialer_t **ret_dialer)
{
	tls_dialer_t *dialer = calloc(1, sizeof(*dialer));
	if (!dialer)
		return ERR_NO_MEMORY;
	dialer->loop = loop;
	err_t err = tls_dialer_renew(dialer, membership);
	if (err)
		tls_dialer_free(dialer);
	else
		*ret_dialer = dialer;
	return err;
}

channel_dialer_t tls_dialer_seam(tls_dialer_t *dialer)
{
	return (channel_dialer_t){ .ctx = dialer, .dial = seam_dial, .cancel = seam_cancel };
}

env_trust_t tls_dialer_trust(const tls_dialer_t *dialer)
{
	return dialer->trust;
}

void tls_dialer_free(tls_dialer_t *dialer)
{
	if (!dialer)
		return;
	env_pkey_free(dialer->key);
	free(dialer);
}
