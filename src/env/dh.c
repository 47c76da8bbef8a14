/* SPDX-License-Identifier: Apache-2.0 */
/* Part of the adapter to OpenSSL's libcrypto. */
#include "env/dh.h"

#include <openssl/bn.h>
#include <stdlib.h>

#include "env/crypto_impl.h"

/* A number may come with a zero byte in front. */
enum { BITS_MIN = 512, NUMBER_MAX = ENV_DH_BYTES_MAX + 1 };

static BIGNUM *number_of(slice_t part)
{
	return part.len > NUMBER_MAX ? NULL : BN_bin2bn(part.ptr, (int)part.len, NULL);
}

struct env_dh {
	BIGNUM *p, *g, *x;
	BN_CTX *ctx;
};

void env_dh_free(env_dh_t *dh)
{
	if (!dh)
		return;
	BN_free(dh->p);
	BN_free(dh->g);
	BN_clear_free(dh->x);
	BN_CTX_free(dh->ctx);
	free(dh);
}

/* 1 < n < p - 1 */
static bool is_inside(const BIGNUM *n, const BIGNUM *p)
{
	BIGNUM *top = BN_dup(p);
	bool ok = top && BN_sub_word(top, 1) && BN_cmp(n, BN_value_one()) > 0 && BN_cmp(n, top) < 0;
	BN_free(top);
	return ok;
}

static err_t check_group(const env_dh_t *dh)
{
	if (!dh->p || !dh->g || !dh->x || !dh->ctx)
		return ERR_NO_MEMORY;
	int bits = BN_num_bits(dh->p);
	if (bits < BITS_MIN || bits > ENV_DH_BITS_MAX)
		return ERR_LIMIT;
	return BN_is_odd(dh->p) && is_inside(dh->g, dh->p) ? ERR_OK : ERR_MALFORMED;
}

/* Takes `x` over, also when it fails. */
static err_t make(slice_t p, slice_t g, BIGNUM *x, env_dh_t **ret_dh)
{
	env_dh_t *dh = calloc(1, sizeof(*dh));
	if (!dh) {
		BN_clear_free(x);
		return ERR_NO_MEMORY;
	}
	*dh = (env_dh_t){
		.p = number_of(p), .g = number_of(g), .x = x, .ctx = BN_CTX_secure_new()
	};
	err_t err = p.len > NUMBER_MAX || g.len > NUMBER_MAX ? ERR_LIMIT : check_group(dh);
	if (err)
		env_dh_free(dh);
	else
		*ret_dh = dh;
	return err;
}

err_t env_dh_of(slice_t p, slice_t g, slice_t x, env_dh_t **ret_dh)
{
	return x.len > NUMBER_MAX ? ERR_LIMIT : make(p, g, number_of(x), ret_dh);
}

static err_t draw(env_dh_t *dh)
{
	bool is_drawn = false;
	while (!is_drawn) {
		if (!BN_priv_rand_range(dh->x, dh->p))
			return crypto_refused(ERR_NO_MEMORY);
		is_drawn = is_inside(dh->x, dh->p);
	}
	return ERR_OK;
}

err_t env_dh_new(slice_t p, slice_t g, env_dh_t **ret_dh)
{
	env_dh_t *dh = NULL;
	err_t err = make(p, g, BN_secure_new(), &dh);
	if (!err)
		err = draw(dh);
	if (err)
		env_dh_free(dh);
	else
		*ret_dh = dh;
	return err;
}

uint32_t env_dh_bits(const env_dh_t *dh)
{
	return (uint32_t)BN_num_bits(dh->p);
}

/* base ^ x mod p, in a time that does not tell x. */
static err_t power(const env_dh_t *dh, const BIGNUM *base, writer_t *w)
{
	BIGNUM *result = BN_new();
	BN_set_flags(dh->x, BN_FLG_CONSTTIME);
	int ok = result ? BN_mod_exp(result, base, dh->x, dh->p, dh->ctx) : 0;
	uint8_t *room = ok ? wr_reserve(w, (size_t)BN_num_bytes(result)) : NULL;
	if (room)
		(void)BN_bn2bin(result, room);
	BN_clear_free(result);
	if (!ok)
		return crypto_refused(ERR_NO_MEMORY);
	return room ? ERR_OK : ERR_TOO_BIG;
}

err_t env_dh_public(const env_dh_t *dh, writer_t *w)
{
	return power(dh, dh->g, w);
}

err_t env_dh_shared(const env_dh_t *dh, slice_t peer, writer_t *w)
{
	BIGNUM *y = number_of(peer);
	err_t err = y && is_inside(y, dh->p) ? ERR_OK : ERR_MALFORMED;
	if (!err)
		err = power(dh, y, w);
	BN_free(y);
	return err;
}
