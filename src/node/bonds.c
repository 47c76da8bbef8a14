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

static membership_place_t place_of(const bond_t *bond)
{
	return (membership_place_t){ bond->bonds->spec.keys_dir, bond->config->name };
}

static void look(bond_t *bond)
{
	const bonds_t *bonds = bond->bonds;
	membership_t found = { 0 };
	bond->trouble = (err_detail_t){ 0 };
	membership_place_t place = place_of(bond);
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
	err = child_new(&spec, &bond->child);
	if (err) {
		tls_dialer_free(bond->dialer);
		bond->dialer = NULL;
	}
	return err;
}

static void begin(bond_t *bond)
{
	if (!bond->membership.key || bond->child)
		return;
	err_t err = dial(bond);
	if (err)
		err_raise(&bond->trouble, err, NULL, bond->config->name, (char *)NULL);
}

static void on_answer(void *ctx, err_t err, const err_detail_t *detail)
{
	bond_t *bond = ctx;
	bond->is_answered = true;
	bond->answer = err;
	if (err)
		bond->trouble = *detail;
}

static err_t ask_to_renew(bond_t *bond)
{
	const bonds_t *bonds = bond->bonds;
	membership_place_t place = place_of(bond);
	err_t err = membership_next(bonds->env, &place, slice_str(bond->membership.node),
	                            &bond->next, &bond->trouble);
	if (err)
		return err;
	enrol_spec_t spec = { .remote = bond->config->addr,
		              .present = &bond->membership,
		              .next = &bond->next,
		              .done = on_answer,
		              .ctx = bond };
	return enrol_start(bonds->spec.loop, &spec, &bond->enrol);
}

static void end_renewal(bond_t *bond)
{
	membership_place_t place = place_of(bond);
	if (bond->is_answered && !bond->answer)
		bond->answer = membership_take(bond->bonds->env, &place, &bond->next,
		                               &bond->trouble);
	enrol_free(bond->enrol);
	membership_done(&bond->next);
	bond->enrol = NULL;
	bond->next = (membership_t){ 0 };
	bond->is_answered = false;
}

/* Asked again at the next look when it fails: there is a third of the time for that. */
static void renew(bond_t *bond)
{
	const bonds_t *bonds = bond->bonds;
	if (bond->is_answered)
		end_renewal(bond);
	if (bond->enrol || !bond->child ||
	    !membership_is_due(&bond->membership, env_utc(bonds->env).ns))
		return;
	err_t err = ask_to_renew(bond);
	if (err) {
		end_renewal(bond);
		err_raise(&bond->trouble, err, NULL, bond->config->name, (char *)NULL);
	}
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
		renew(&bonds->rows[i]);
		/* Not while the present one is asked for another. */
		if (!bonds->rows[i].enrol)
			look(&bonds->rows[i]);
		begin(&bonds->rows[i]);
	}
}

void bonds_close(bonds_t *bonds)
{
	for (size_t i = 0; bonds->spec.config && i < bonds->spec.config->parent_count; i++) {
		end_renewal(&bonds->rows[i]);
		child_free(bonds->rows[i].child);
		tls_dialer_free(bonds->rows[i].dialer);
		membership_done(&bonds->rows[i].membership);
	}
}
