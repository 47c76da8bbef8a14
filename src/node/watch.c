/* SPDX-License-Identifier: Apache-2.0 */
#include "node/watch.h"

#include <assert.h>
#include <stdlib.h>

#include "node/notes.h"
#include "node/policies.h"

struct watch {
	watch_spec_t spec;
	sentry_t *sentry;
	env_timer_t *tick;
	env_capture_t *capture;
	const char *source;
};

static bool was_ordered(void *ctx, point_id_t point, double value, int64_t utc_ns)
{
	return fleet_ordered(ctx, point, value, utc_ns);
}

static err_t open_sentry(watch_t *watch)
{
	const config_t *config = watch->spec.config;
	baseline_row_t *rows = NULL;
	size_t count = 0;
	err_t err = policies_of(config, &rows, &count);
	if (err)
		return err;
	sentry_spec_t spec = {
		.catalogue = watch->spec.catalogue,
		.journal = watch->spec.journal,
		.last_values = watch->spec.last_values,
		.ledger = { .ctx = watch->spec.fleet, .ordered = was_ordered },
		.policies = rows,
		.policy_count = count,
		.learn_ns = config->learn_ns,
	};
	static_assert(sizeof(spec.ports) == sizeof(config->capture_ports), "as many ports");
	memcpy(spec.ports, config->capture_ports, sizeof(spec.ports));
	err = sentry_open(watch->spec.env, &spec, &watch->sentry);
	free(rows);
	return err;
}

static void on_tick(void *ctx)
{
	watch_t *watch = ctx;
	sentry_tick(watch->sentry, env_utc(watch->spec.env).ns);
	env_timer_set(watch->tick, NS_PER_S);
}

static err_t open_tick(watch_t *watch)
{
	err_t err = env_timer_new(watch->spec.loop, on_tick, watch, &watch->tick);
	if (!err)
		env_timer_set(watch->tick, NS_PER_S);
	return err;
}

static size_t on_data(void *ctx, slice_t bytes)
{
	watch_t *watch = ctx;
	return sentry_feed(watch->sentry, bytes);
}

static void on_closed(void *ctx, err_t why)
{
	watch_t *watch = ctx;
	notes_capture(watch->spec.env, watch->spec.journal, MSG_CAPTURE_ENDED,
	              err_info(why)->text[LANG_EN]);
	sentry_feed_end(watch->sentry);
}

static err_t open_capture(watch_t *watch)
{
	env_capture_spec_t spec = { .data = on_data, .closed = on_closed, .ctx = watch };
	watch->source = watch->spec.config->capture;
	if (slice_eq(slice_str(watch->source), SLICE("none"))) {
		watch->source = "off";
		return ERR_OK;
	}
	err_t err = env_capture_open(watch->spec.loop, watch->source, &spec, &watch->capture);
	if (err == ERR_DENIED || err == ERR_UNAVAILABLE) {
		watch->source = "tap (no right to capture on the network)";
		err = env_capture_open(watch->spec.loop, "tap", &spec, &watch->capture);
	}
	if (!err)
		notes_capture(watch->spec.env, watch->spec.journal, MSG_CAPTURE_STARTED,
		              watch->source);
	return err;
}

err_t watch_open(const watch_spec_t *spec, watch_t **ret_watch)
{
	watch_t *watch = calloc(1, sizeof(*watch));
	if (!watch)
		return ERR_NO_MEMORY;
	watch->spec = *spec;
	err_t err = open_sentry(watch);
	if (!err)
		err = open_tick(watch);
	if (!err)
		err = open_capture(watch);
	if (err) {
		watch_close(watch);
		return err;
	}
	*ret_watch = watch;
	return ERR_OK;
}

void watch_close(watch_t *watch)
{
	if (!watch)
		return;
	env_capture_close(watch->capture);
	env_timer_free(watch->tick);
	sentry_close(watch->sentry);
	free(watch);
}

sentry_t *watch_sentry(watch_t *watch)
{
	return watch->sentry;
}

void watch_tap(watch_t *watch, slice_t pcap_bytes)
{
	if (watch->capture)
		env_capture_feed(watch->capture, pcap_bytes);
}

const char *watch_source(const watch_t *watch)
{
	return watch->source;
}
