/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP door of a node and what it asks: the API with all the rooms behind it, questions in
 * SQL, certificates that are trusted, and the metrics of every room. */
#include "node/state.h"

#include "node/scheme_wiring.h"
#include "node/series_wiring.h"
#include "registry/search/search.h"

static bool is_ready(void *ctx, const char **ret_reason)
{
	node_t *node = ctx;
	*ret_reason = NULL;
	for (size_t i = 0; i < JOURNALS; i++)
		if (journal_state(node->journals[i]))
			*ret_reason = "a journal takes no more";
	return *ret_reason == NULL;
}

static err_t start_attack(void *ctx)
{
	node_t *node = ctx;
	return node->spec.attack(node->spec.attack_ctx);
}

static void list_metrics(node_t *node)
{
	const api_metrics_t own[OWN_METRICS] = {
		{ "jizhu_journal_main_", journal_metrics(node->journals[NODE_JOURNAL_MAIN]) },
		{ "jizhu_journal_history_", journal_metrics(node->journals[NODE_JOURNAL_HISTORY]) },
		{ "jizhu_journal_tree_", journal_metrics(node->journals[NODE_JOURNAL_TREE]) },
		{ "jizhu_registry_", registry_metrics(node->registry) },
		{ "jizhu_search_", search_metrics(node->search) },
		{ "jizhu_proof_", proof_metrics(node->proof) },
		{ "jizhu_office_", office_metrics(node->office) },
		{ "jizhu_historian_", historian_metrics(node->historian) },
		{ "jizhu_series_", series_metrics(node->series) },
		{ "jizhu_fleet_", fleet_metrics(node->fleet) },
		{ "jizhu_sentry_", sentry_metrics(watch_sentry(node->watch)) },
	};
	memcpy(node->metrics, own, sizeof(own));
	size_t count = OWN_METRICS;
	count += tree_metrics(node->tree, &node->metrics[count]);
	if (node->dns.door)
		node->metrics[count++] = (api_metrics_t){ "jizhu_dns_",
			                                  dns_door_metrics(node->dns.door) };
	handle_wiring_metrics(&node->handle, &node->metrics[count]);
}

static api_tls_spec_t tls_of(const node_t *node)
{
	const config_t *config = node->spec.config;
	return (api_tls_spec_t){
		.on = config_is_secure(config),
		.certificate = config->tls.certificate,
		.key = config->tls.key,
		.clients = config->tls.clients == TLS_CLIENTS_OPTIONAL ? HTTP_CLIENTS_OPTIONAL
		                                                       : HTTP_CLIENTS_NONE,
		.keys_dir = node->keys_dir,
	};
}

err_t doors_load_trust(node_t *node, err_detail_t *ret_detail)
{
	const config_t *config = node->spec.config;
	if (!node->spec.http || config->trust_root_count == 0)
		return ERR_OK;
	return trust_roots_load(node->env, config->trust_roots, config->trust_root_count,
	                        &node->trust_roots, ret_detail);
}

static ingest_host_t ingest_of(const node_t *node)
{
	return ingest_wire(&(ingest_wiring_t){ node->historian,
	                                       node->journals[NODE_JOURNAL_HISTORY],
	                                       node->loops[THREAD_INGEST] });
}

static api_host_t host_of(node_t *node)
{
	return (api_host_t){ .ctx = node,
		             .ready = is_ready,
		             .attack = node->spec.attack ? start_attack : NULL,
		             .capture = watch_source(node->watch),
		             .version = JIZHU_VERSION };
}

static api_loops_t loops_of(const node_t *node)
{
	return (api_loops_t){ .http = node->loops[THREAD_HTTP],
		              .query = node->loops[THREAD_QUERY],
		              .tree = node->loops[THREAD_TREE],
		              .password = node->loops[THREAD_PASSWORD] };
}

err_t doors_open_sql(node_t *node, err_detail_t *ret_detail)
{
	(void)ret_detail;
	sql_wiring_t rooms = {
		.historian = node->historian,
		.index = series_index(node->series),
		.search = node->search,
		.events = node->events,
		.sentry = watch_sentry(node->watch),
	};
	return node->spec.http ? sql_wiring_open(node->env, &rooms, &node->sql) : ERR_OK;
}

err_t doors_open_http(node_t *node, err_detail_t *ret_detail)
{
	if (!node->spec.http)
		return ERR_OK;
	list_metrics(node);
	registry_elsewhere_t identities = elsewhere_identities(node->handle.elsewhere,
	                                                       ELSEWHERE_HTTP);
	api_spec_t spec = {
		.tree = tree_rooms(node->tree),
		.addr = node->spec.config->http,
		.tls = tls_of(node),
		.loops = loops_of(node),
		.catalogue = node->catalogue,
		.points_max = node->points_max,
		.access = node->access,
		.journal = node->journals[NODE_JOURNAL_MAIN],
		.events = node->events,
		.registry = node->registry,
		.handle = node->spec.handle ? &node->handle.spec : NULL,
		.search = node->search,
		.proof = node->proof,
		.office = node->office,
		.resolver = node->handle.resolver,
		.elsewhere = node->handle.elsewhere ? &identities : NULL,
		.trust = node->trust_roots,
		.historian = node->historian,
		.series = node->series,
		.slow_query_ns = node->spec.config->slow_query_ns,
		.ingest = ingest_of(node),
		.fleet = node->fleet,
		.sentry = watch_sentry(node->watch),
		.sql = node->sql.sql,
		.last_values = node->last_values,
		.live = live_points_source(node->live),
		.country = node->spec.config->handle_country,
		.host = host_of(node),
		.metrics = node->metrics,
	};
	err_t err = gs1_wire(node->spec.config, &node->gs1_companies, &spec.gs1);
	if (err)
		return err;
	scheme_wire(node->spec.config, spec.scheme_prefixes);
	return api_open(node->env, &spec, &node->api, ret_detail);
}

/* An address that stands for all leads nowhere, so there the machine's name does. */
void doors_name_http(node_t *node)
{
	char host[ENV_HOST_MAX], addr[ADDR_TEXT_MAX];
	addr_t door = node_http_addr(node);
	const char *scheme = node_tls(node).on ? "https" : "http";
	writer_t w = writer_of(node->http_base, sizeof(node->http_base) - 1);
	env_host_name(node->env, host);
	if (door.port == 0)
		return;
	if (ip_is_any(door.ip) && host[0])
		wr_format(&w, "%s://%s:%u", scheme, host, door.port);
	else
		wr_format(&w, "%s://%s", scheme, addr_format(door, addr));
}

void doors_close(node_t *node)
{
	api_close(node->api);
	sql_wiring_close(&node->sql);
	trust_roots_free(node->trust_roots);
}

void doors_reload_tls(node_t *node)
{
	api_tls_spec_t tls = tls_of(node);
	if (tls.on && node->api)
		api_reload_tls(node->api, &tls);
}
