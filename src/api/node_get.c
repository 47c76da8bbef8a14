/* SPDX-License-Identifier: Apache-2.0 */
/* The node about itself: names, counts, state of the engines. */
#include <math.h>

#include "api/handlers.h"
#include "api/state.h"

enum { NODE_ROOM = 16 * 1024 };

static uint64_t devices_up(const api_t *api)
{
	const catalogue_t *c = api_catalogue(api);
	uint64_t up = 0;
	for (size_t i = 0; i < c->device_count; i++)
		up += fleet_device_status(api->spec.fleet, c->devices[i].id).state == LINK_UP;
	return up;
}

static uint64_t points_good(const api_t *api)
{
	const catalogue_t *c = api_catalogue(api);
	uint64_t good = 0;
	for (size_t i = 0; i < c->point_count; i++) {
		sample_t sample;
		good += last_value_get(api->spec.last_values, c->points[i].id, &sample) &&
		        quality_info(sample.quality)->class == QUALITY_GOOD;
	}
	return good;
}

static void put_counts(const api_t *api, size_t incidents, json_t *j)
{
	const api_spec_t *spec = &api->spec;
	json_put_object(j, "counts");
	json_put_u64(j, "devices", api_catalogue(api)->device_count);
	json_put_u64(j, "devices_up", devices_up(api));
	json_put_u64(j, "points", api_catalogue(api)->point_count);
	json_put_u64(j, "points_good", points_good(api));
	json_put_u64(j, "identifiers", registry_count(spec->registry));
	json_put_u64(j, "events", api->tally.events);
	json_put_i64(j, "incidents_open", api_metric(api, "jizhu_sentry_", "incidents_open"));
	json_put_u64(j, "incidents", incidents);
	json_put_i64(j, "samples", api_metric(api, "jizhu_historian_", "samples_total"));
	json_put_f64(j, "samples_per_s", rate_per_s(&api->rate));
	json_put_u64(j, "writes_verified", api->tally.writes_verified);
	json_close(j);
}

static void put_sentry(const sentry_status_t *status, json_t *j)
{
	static const char *const modes[] = {
		[SENTRY_WAITING] = "waiting",
		[SENTRY_LEARNING] = "learning",
		[SENTRY_WATCHING] = "watching",
	};
	json_put_object(j, "sentry");
	json_put_cstr(j, "mode", modes[status->mode]);
	json_put_ms(j, "learn_until_ms", status->learn_until_ns);
	json_put_u64(j, "packets", status->packets);
	json_put_u64(j, "messages", status->messages);
	json_put_u64(j, "malformed", status->malformed);
	json_put_u64(j, "assets", status->assets);
	json_put_u64(j, "rows", status->rows);
	json_close(j);
}

static void put_journal(const api_t *api, json_t *j)
{
	err_t state = journal_state(api->spec.journal);
	json_put_object(j, "journal");
	json_put_u64(j, "durable", journal_durable(api->spec.journal));
	json_put_i64(j, "bytes", api_metric(api, "jizhu_journal_main_", "bytes_total"));
	json_put_cstr(j, "state", err_info(state)->text[LANG_EN]);
	json_close(j);
}

static void put_usage(env_t *env, json_t *j)
{
	env_usage_t usage = env_usage(env);
	json_put_object(j, "usage");
	json_put_f64(j, "anon_mb", round((double)usage.anon_bytes / 104857.6) / 10);
	json_put_f64(j, "cpu_s", round((double)usage.cpu_ns / 1e6) / 1e3);
	json_close(j);
}

static void put_tls(const api_t *api, json_t *j)
{
	api_tls_t tls = api_tls(api);
	json_put_object(j, "tls");
	json_put_bool(j, "on", tls.on);
	if (tls.on) {
		json_put_bool(j, "own", tls.own);
		json_put_time(j, "expires", tls.not_after_ns);
		json_put_cstr(j, "fingerprint", tls.fingerprint);
	}
	json_close(j);
}

static void put_names(const api_t *api, json_t *j)
{
	const node_info_t *node = &api_catalogue(api)->node;
	json_put_cstr(j, "name", node->name);
	json_put_label(j, node->label);
	json_put_cstr(j, "prefix", node->prefix);
	json_put_cstr(j, "level", node->level);
	json_put_cstr(j, "region", node->region);
	json_put_cstr(j, "industry", node->industry);
}

static void put_refused(const api_config_t *config, json_t *j)
{
	json_key(j, "refused");
	if (!config->refused_ns) {
		json_null(j);
		return;
	}
	json_object(j);
	json_put_ms(j, "time_ms", config->refused_ns);
	json_put_cstr(j, "reason", config->reason);
	json_close(j);
}

static void put_config(const api_config_t *config, json_t *j)
{
	json_put_object(j, "config");
	json_put_u64(j, "generation", config->generation);
	json_put_ms(j, "loaded_ms", config->loaded_ns);
	put_refused(config, j);
	json_close(j);
}

/* A capture of an interface hears the real wire; all others are fed. */
static bool is_live(const char *capture)
{
	return slice_starts(slice_str(capture), SLICE("iface:")) ||
	       slice_starts(slice_str(capture), SLICE("live"));
}

void node_json(api_t *api, json_t *j)
{
	const api_host_t *host = &api->spec.host;
	sentry_status_t sentry = sentry_status(api->spec.sentry);
	json_object(j);
	put_names(api, j);
	json_put_cstr(j, "version", host->version);
	json_put_time(j, "started", api->started_ns);
	json_put_ms(j, "time_ms", env_utc(api->env).ns);
	json_put_cstr(j, "capture", host->capture);
	json_put_bool(j, "capture_live", is_live(host->capture));
	json_put_bool(j, "demo", host->attack != NULL);
	put_tls(api, j);
	put_config(&api->config, j);
	put_counts(api, sentry.incidents, j);
	put_sentry(&sentry, j);
	put_journal(api, j);
	put_usage(api->env, j);
	json_close(j);
}

verdict_t node_get(exchange_t *x)
{
	node_json(x->api, reply_json(&x->reply, NODE_ROOM));
	return EXCHANGE_ANSWERED;
}
