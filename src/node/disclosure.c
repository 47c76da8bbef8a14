/* SPDX-License-Identifier: Apache-2.0 */
#include "node/disclosure.h"

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

static err_t open_feeders(const disclosure_spec_t *spec, disclosure_t *d, err_detail_t *ret_detail)
{
	release_lane_t events[CONFIG_PARENTS_MAX], figures[CONFIG_PARENTS_MAX];
	for (size_t i = 0; i < d->count; i++) {
		slice_t parent = slice_str(spec->config->uplink.parents[i].node);
		events[i] = (release_lane_t){ parent, release_take_event, &d->judges[i] };
		figures[i] = (release_lane_t){ parent, release_take_figure, &d->figures[i] };
	}
	release_feeder_spec_t feeder = { .loop = spec->loop,
		                         .outbox = spec->outbox,
		                         .source = spec->events,
		                         .type = JOURNAL_EVENT,
		                         .stream = UPLINK_EVENTS,
		                         .lanes = events,
		                         .lane_count = d->count };
	err_t err = release_feeder_open(&feeder, &d->events, ret_detail);
	if (err)
		return err;
	feeder.source = spec->journal;
	feeder.type = JOURNAL_FIGURE;
	feeder.stream = UPLINK_INDICATORS;
	feeder.lanes = figures;
	return release_feeder_open(&feeder, &d->issued, ret_detail);
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
	return open_feeders(spec, ret_disclosure, ret_detail);
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
	release_feeder_close(d->events);
	release_feeder_close(d->issued);
}
