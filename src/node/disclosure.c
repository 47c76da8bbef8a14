/* SPDX-License-Identifier: Apache-2.0 */
#include "node/disclosure.h"

#define COUNTERS_NS (60 * NS_PER_S)

static void make_judges(const disclosure_spec_t *spec, disclosure_t *d)
{
	const config_uplink_t *uplink = &spec->config->uplink;
	d->count = uplink->parent_count;
	for (size_t i = 0; i < d->count; i++) {
		d->judges[i] = (release_judge_t){
			.contract = config_contract(uplink, uplink->parents[i].contract),
			.catalogue = spec->catalogue,
			.key = &d->key,
			.node = slice_str(spec->config->node.prefix),
		};
		d->figures[i] = (release_figures_t){ d->judges[i], indicators_lineage,
			                             spec->indicators };
	}
}

/* The risk inputs of this node and all below, as of now. */
static bool make_counters(void *ctx, int64_t from_ns, int64_t to_ns, writer_t *body)
{
	(void)from_ns;
	(void)to_ns;
	err_t err = board_put(ctx, body);
	body->bad |= err && err != ERR_NOT_FOUND;
	return err != ERR_NOT_FOUND;
}

static err_t open_feeder(const disclosure_spec_t *spec, disclosure_t *d, err_detail_t *ret_detail)
{
	relay_parent_t parents[CONFIG_PARENTS_MAX];
	for (size_t i = 0; i < d->count; i++)
		parents[i] = (relay_parent_t){ slice_str(spec->config->uplink.parents[i].node),
			                       &d->judges[i], &d->figures[i] };
	relay_spec_t relay = { .loop = spec->loop,
		               .outbox = spec->outbox,
		               .main = spec->events,
		               .tree = spec->journal,
		               .parents = parents,
		               .parent_count = d->count };
	relay.makers[UPLINK_COUNTERS] = (release_maker_t){ .period_ns = COUNTERS_NS,
		                                           .only_changes = true,
		                                           .make = make_counters,
		                                           .ctx = spec->board };
	return relay_open(&relay, &d->feeder, ret_detail);
}

err_t disclosure_open(env_t *env, const disclosure_spec_t *spec, disclosure_t *ret_disclosure,
                      err_detail_t *ret_detail)
{
	*ret_disclosure = (disclosure_t){ .count = 0 };
	if (spec->config->uplink.parent_count == 0)
		return ERR_OK;
	err_t err = release_key_open(env, spec->keys_dir, &ret_disclosure->key, ret_detail);
	if (err)
		return err;
	make_judges(spec, ret_disclosure);
	return open_feeder(spec, ret_disclosure, ret_detail);
}

void disclosure_reload(disclosure_t *d, const catalogue_t *catalogue)
{
	for (size_t i = 0; i < d->count; i++) {
		d->judges[i].catalogue = catalogue;
		d->figures[i].judge.catalogue = catalogue;
	}
}

void disclosure_close(disclosure_t *d)
{
	release_feeder_close(d->feeder);
}
