/* SPDX-License-Identifier: Apache-2.0 */
#include "node/bonds.h"

static bool is_same_key(const membership_t *a, const membership_t *b)
{
	return a->key && env_pkey_same(a->key, b->key) && a->until_ns == b->until_ns;
}

/* Puts what was found in force. */
static err_t take(bond_t *bond, membership_t *found)
{
	err_t err = ERR_OK;
	if (is_same_key(&bond->membership, found)) {
		membership_done(found);
		return ERR_OK;
	}
	if (bond->dialer)
		err = tls_dialer_renew(bond->dialer, found);
	if (err) {
		membership_done(found);
		return err;
	}
	membership_done(&bond->membership);
	bond->membership = *found;
	return ERR_OK;
}

static void look(bond_t *bond)
{
	const bonds_t *bonds = bond->bonds;
	membership_t found = { 0 };
	bond->trouble = (err_detail_t){ 0 };
	membership_place_t place = { bonds->spec.keys_dir, bond->config->name };
	err_t err = membership_load(bonds->env, &place, &found, &bond->trouble);
	if (err == ERR_NOT_FOUND)
		bond->trouble = (err_detail_t){ 0 };
	if (!err)
		err = take(bond, &found);
	if (err && err != ERR_NOT_FOUND && !bond->trouble.err)
		err_raise(&bond->trouble, err, NULL, bond->config->name, (char *)NULL);
}

static err_t dial(bond_t *bond)
{
	const bonds_t *bonds = bond->bonds;
	err_t err = tls_dialer_new(bonds->spec.loop, &bond->membership, &bond->dialer);
	if (err)
		return err;
	child_spec_t spec = { .loop = bonds->spec.loop,
		              .outbox = bonds->outbox,
		              .events = bonds->spec.events,
		              .parent = slice_str(bond->config->node),
		              .addrs = { bond->config->addr },
		              .addr_count = 1,
		              .dialer = tls_dialer_seam(bond->dialer),
		              .desk = bonds->spec.desk };
	renewal_spec_t renewal = { .loop = bonds->spec.loop,
		                   .keys_dir = bonds->spec.keys_dir,
		                   .name = bond->config->name,
		                   .remote = bond->config->addr,
		                   .dialer = bond->dialer,
		                   .events = bonds->spec.events };
	err = child_new(&spec, &bond->child);
	return err ? err : renewal_new(&renewal, &bond->renewal);
}

static void end(bond_t *bond)
{
	renewal_free(bond->renewal);
	child_free(bond->child);
	tls_dialer_free(bond->dialer);
	bond->renewal = NULL;
	bond->child = NULL;
	bond->dialer = NULL;
}

static void begin(bond_t *bond)
{
	if (!bond->membership.key || bond->child)
		return;
	err_t err = dial(bond);
	if (!err)
		return;
	end(bond);
	err_raise(&bond->trouble, err, NULL, bond->config->name, (char *)NULL);
}

void bonds_open(env_t *env, const bonds_spec_t *spec, bonds_t *bonds)
{
	*bonds = (bonds_t){ .env = env, .spec = *spec };
	for (size_t i = 0; i < spec->config->parent_count; i++) {
		bonds->rows[i] = (bond_t){ .bonds = bonds, .config = &spec->config->parents[i] };
		look(&bonds->rows[i]);
	}
}

const env_pkey_t *bonds_key(void *ctx, slice_t parent)
{
	const bonds_t *bonds = ctx;
	for (size_t i = 0; i < bonds->spec.config->parent_count; i++)
		if (slice_eq(parent, slice_str(bonds->rows[i].config->node)))
			return bonds->rows[i].membership.key;
	return NULL;
}

void bonds_begin(bonds_t *bonds, outbox_t *outbox)
{
	bonds->outbox = outbox;
	for (size_t i = 0; i < bonds->spec.config->parent_count; i++)
		begin(&bonds->rows[i]);
}

void bonds_look(bonds_t *bonds)
{
	for (size_t i = 0; i < bonds->spec.config->parent_count; i++) {
		look(&bonds->rows[i]);
		begin(&bonds->rows[i]);
	}
}

void bonds_close(bonds_t *bonds)
{
	for (size_t i = 0; bonds->spec.config && i < bonds->spec.config->parent_count; i++) {
		end(&bonds->rows[i]);
		membership_done(&bonds->rows[i].membership);
	}
}
