/* SPDX-License-Identifier: Apache-2.0 */
#include "node/state.h"

#include <stdlib.h>

#include "backup/backup.h"
#include "base/text.h"
#include "env/file.h"
#include "journal/event_log.h"
#include "node/catalogue_build.h"
#include "node/keeper.h"
#include "node/notes.h"
#include "node/series_wiring.h"
#include "registry/search/search.h"

/* Everything is opened bottom up by a table of steps and closed by one function
 * that accepts a half-opened node; so a failure at any step needs no unwinding of
 * its own. */

typedef err_t (*open_step_t)(node_t *node, err_detail_t *ret_detail);

static const struct {
	const char *name;
	env_loop_kind_t kind;
} threads[] = {
#define X(id, text, kind, duty) [THREAD_##id] = { text, ENV_LOOP_##kind },
	THREAD_ROWS(X)
#undef X
};

static const err_text_t text_data_dir = {
	{ "cannot use the data folder: %1", "无法使用数据目录：%1" },
	{ "check that it exists, is writable and is not used by another node",
	  "请确认目录存在、可写且未被其他节点占用" },
};

static const err_text_t text_step = {
	{ "cannot start %1: %2", "无法启动 %1：%2" },
	{ NULL, NULL },
};

static err_t open_folders(node_t *node, err_detail_t *ret_detail)
{
	const char *dir = node->spec.config->data_dir;
	err_t err = backup_check_data(node->env, dir, ret_detail);
	if (err)
		return err;
	err = folders_make(node->env, dir, "journal", node->journal_dir);
	if (!err)
		err = folders_make(node->env, dir, "history", node->history_dir);
	if (!err)
		err = folders_make(node->env, dir, "views", node->views_dir);
	if (!err)
		err = folders_make(node->env, dir, "keys", node->keys_dir);
	if (!err)
		err = env_dir_sync_up(node->env, dir);
	if (!err)
		err = folders_lock(node->env, dir, &node->lock);
	if (err)
		return err_raise(ret_detail, err, &text_data_dir, dir, err_info(err)->text[LANG_EN],
		                 (char *)NULL);
	return ERR_OK;
}

static err_t open_loops(node_t *node, err_detail_t *ret_detail)
{
	(void)ret_detail;
	for (size_t i = 0; i < THREAD_COUNT; i++) {
		err_t err = env_loop_new(node->env, threads[i].name, threads[i].kind,
		                         &node->loops[i]);
		if (err)
			return err;
	}
	return ERR_OK;
}

static err_t open_catalogue(node_t *node, err_detail_t *ret_detail)
{
	(void)ret_detail;
	ids_t *ids = NULL;
	err_t err = ids_open(node->env, node->views_dir, node->journals[NODE_JOURNAL_MAIN], &ids);
	if (!err)
		err = catalogue_build(node->spec.config, ids, 1, &node->catalogue);
	uint32_t points = err ? 0 : ids_max(ids, IDS_POINT);
	ids_close(ids);
	if (err)
		return err;
	node->points_max = (size_t)points + RELOAD_POINTS_MAX;
	node->last_values = last_value_new(node->points_max);
	if (!node->last_values)
		return ERR_NO_MEMORY;
	return live_points_new(node->env, node->catalogue, node->last_values, &node->live);
}

static err_t open_registry(node_t *node, err_detail_t *ret_detail)
{
	registry_spec_t spec = {
		.views_dir = node->views_dir,
		.prefix = node->spec.config->node.prefix,
		.journal = node->journals[NODE_JOURNAL_MAIN],
		.registry_loop = node->loops[THREAD_VIEW],
		.admins_home_only = !node->spec.config->handle_admin_rights,
		.admins = node->spec.config->handle_admins,
		.admin_count = node->spec.config->handle_admin_count,
	};
	return registry_open(node->env, &spec, &node->registry, ret_detail);
}

/* Names resolve while the other rooms still read the journal; what needs a desk or a
 * change waits in its mail. */
static err_t open_handle(node_t *node, err_detail_t *ret_detail)
{
	handle_wiring_t spec = {
		.config = node->spec.config,
		.keys_dir = node->keys_dir,
		.registry = node->registry,
		.env = node->env,
		.desk_loop = node->loops[THREAD_DESK],
		.walk_loop = node->loops[THREAD_WALK],
		.door_loop = node->loops[THREAD_RESOLVER],
		.query_loop = node->loops[THREAD_QUERY],
		.registry_loop = node->loops[THREAD_VIEW],
		.live = live_points_source(node->live),
	};
	return node->spec.handle ? handle_wiring_open(&spec, &node->handle, ret_detail) : ERR_OK;
}

/* The last door of its loop, which then runs. */
static err_t open_dns(node_t *node, err_detail_t *ret_detail)
{
	dns_wiring_t spec = { node->spec.config, node->registry, node->loops[THREAD_RESOLVER] };
	err_t err = node->spec.handle ? dns_wiring_open(&spec, &node->dns, ret_detail) : ERR_OK;
	return err ? err : env_loop_start(spec.loop);
}

static err_t open_events(node_t *node, err_detail_t *ret_detail)
{
	(void)ret_detail;
	events_spec_t spec = {
		.views_dir = node->views_dir,
		.journal = node->journals[NODE_JOURNAL_MAIN],
		.view_loop = node->loops[THREAD_VIEW],
	};
	return events_open(node->env, &spec, &node->events);
}

static err_t open_search(node_t *node, err_detail_t *ret_detail)
{
	(void)ret_detail;
	search_spec_t spec = {
		.views_dir = node->views_dir,
		.journal = node->journals[NODE_JOURNAL_MAIN],
		.loop = node->loops[THREAD_SEARCH],
	};
	return search_open(node->env, &spec, &node->search);
}

static err_t open_proof(node_t *node, err_detail_t *ret_detail)
{
	proof_spec_t spec = {
		.views_dir = node->views_dir,
		.keys_dir = node->keys_dir,
		.prefix = node->spec.config->node.prefix,
		.journal = node->journals[NODE_JOURNAL_MAIN],
		.loop = node->loops[THREAD_VIEW],
	};
	return proof_open(node->env, &spec, &node->proof, ret_detail);
}

static err_t open_office(node_t *node, err_detail_t *ret_detail)
{
	keeper_spec_t spec = { node->spec.config, node->views_dir,
		               node->journals[NODE_JOURNAL_MAIN], node->registry,
		               node->loops[THREAD_HTTP] };
	return keeper_open(node->env, &spec, &node->office, ret_detail);
}

static err_t open_historian(node_t *node, err_detail_t *ret_detail)
{
	historian_spec_t spec = { .dir = node->history_dir,
		                  .journal = node->journals[NODE_JOURNAL_HISTORY],
		                  .main_journal = node->journals[NODE_JOURNAL_MAIN],
		                  .history_loop = node->loops[THREAD_HISTORY] };
	node->history = (history_wiring_t){ node->catalogue, node->spec.config, NULL };
	err_t err = history_wire(node->env, &spec, &node->history, &node->historian, ret_detail);
	if (!err)
		live_points_history(node->live, historian_reader(node->historian));
	return err;
}

static err_t open_series(node_t *node, err_detail_t *ret_detail)
{
	(void)ret_detail;
	series_wiring_t spec = { node->views_dir, node->journals[NODE_JOURNAL_MAIN],
		                 node->catalogue, node->loops[THREAD_SEARCH],
		                 node->spec.config->series_max };
	err_t err = series_wire(node->env, &spec, &node->series);
	if (!err)
		node->history.series = node->series;
	return err;
}

static err_t open_fleet(node_t *node, err_detail_t *ret_detail)
{
	(void)ret_detail;
	static const catalogue_t nothing = { 0 };
	fleet_spec_t spec = {
		.catalogue = node->spec.is_still ? &nothing : node->catalogue,
		.device_loop = node->loops[THREAD_DEVICE],
		.journal = node->journals[NODE_JOURNAL_MAIN],
		.sink = historian_sink(node->historian),
		.last_values = node->last_values,
	};
	return fleet_open(node->env, &spec, &node->fleet);
}

static err_t open_watch(node_t *node, err_detail_t *ret_detail)
{
	(void)ret_detail;
	watch_spec_t spec = {
		.env = node->env,
		.config = node->spec.config,
		.catalogue = node->catalogue,
		.journal = node->journals[NODE_JOURNAL_MAIN],
		.last_values = node->last_values,
		.fleet = node->fleet,
		.loop = node->loops[THREAD_SENTRY],
	};
	return watch_open(&spec, &node->watch);
}

static err_t open_tree(node_t *node, err_detail_t *ret_detail)
{
	tree_spec_t spec = {
		.config = node->spec.config,
		.config_path = node->spec.config_path,
		.keys_dir = node->keys_dir,
		.views_dir = node->views_dir,
		.journal = node->journals[NODE_JOURNAL_TREE],
		.events = node->journals[NODE_JOURNAL_MAIN],
		.loop = node->loops[THREAD_TREE],
		.catalogue = node->catalogue,
		.reader = historian_reader(node->historian),
		.fleet = node->fleet,
		.sentry = watch_sentry(node->watch),
	};
	return tree_open(node->env, &spec, &node->tree, ret_detail);
}

static err_t open_access(node_t *node, err_detail_t *ret_detail)
{
	access_spec_t spec = {
		.keys_dir = node->keys_dir,
		.journal = node->journals[NODE_JOURNAL_MAIN],
		.loop = node->loops[THREAD_HTTP],
	};
	return access_open(node->env, &spec, &node->access, ret_detail);
}

/* The service manager says that files have changed. */
static void on_reload(void *ctx)
{
	node_t *node = ctx;
	doors_reload_tls(node);
	if (node->reload)
		reload_begin(node->reload);
}

static err_t open_registration(node_t *node, err_detail_t *ret_detail)
{
	(void)ret_detail;
	doors_name_http(node);
	registration_spec_t spec = {
		.catalogue = node->catalogue,
		.registry = node->registry,
		.loop = env_control_loop(node->env),
		.http_base = node->http_base,
	};
	return registration_start(&spec, &node->registration);
}

/* From here on the catalogue belongs to the reload. */
static err_t open_reload(node_t *node, err_detail_t *ret_detail)
{
	(void)ret_detail;
	if (!node->spec.config_path)
		return ERR_OK;
	reload_spec_t spec = {
		.env = node->env,
		.path = node->spec.config_path,
		.config = node->spec.config,
		.catalogue = node->catalogue,
		.views_dir = node->views_dir,
		.journal = node->journals[NODE_JOURNAL_MAIN],
		.loops = { [RELOAD_CONTROL] = env_control_loop(node->env),
		           [RELOAD_QUERY] = node->loops[THREAD_QUERY],
		           [RELOAD_DEVICE] = node->loops[THREAD_DEVICE],
		           [RELOAD_SENTRY] = node->loops[THREAD_SENTRY],
		           [RELOAD_HISTORY] = node->loops[THREAD_HISTORY],
		           [RELOAD_TREE] = node->loops[THREAD_TREE],
		           [RELOAD_HTTP] = node->loops[THREAD_HTTP] },
		.points_max = node->points_max,
		.fleet = node->fleet,
		.sentry = watch_sentry(node->watch),
		.historian = node->historian,
		.history = &node->history,
		.series = node->series,
		.tree = node->tree,
		.api = node->api,
		.registration = node->registration,
		.live = node->live,
		.reloaded = node->spec.reloaded,
		.reloaded_ctx = node->spec.reloaded_ctx,
	};
	err_t err = reload_new(&spec, &node->reload);
	if (err)
		return err;
	node->catalogue = NULL;
	return ERR_OK;
}

static const config_t *config_now(const node_t *node)
{
	return node->reload ? reload_config(node->reload) : node->spec.config;
}

static notes_t notes_of(const node_t *node)
{
	return (notes_t){ .env = node->env,
		          .journal = node->journals[NODE_JOURNAL_MAIN],
		          .config = config_now(node),
		          .last_seq = node->recovered[NODE_JOURNAL_MAIN].last_seq };
}

static err_t start_loops(node_t *node, err_detail_t *ret_detail)
{
	(void)ret_detail;
	notes_t notes = notes_of(node);
	err_t restored = notes_restored(&notes);
	if (restored)
		return restored;
	notes_life(&notes, MSG_NODE_STARTED);
	notes_recovery(&notes, "main", &node->recovered[NODE_JOURNAL_MAIN]);
	notes_recovery(&notes, "history", &node->recovered[NODE_JOURNAL_HISTORY]);
	notes_recovery(&notes, "tree", &node->recovered[NODE_JOURNAL_TREE]);
	notes_rebuilt(&notes, "events", events_rebuilt(node->events));
	notes_rebuilt(&notes, "registry", registry_rebuilt(node->registry));
	notes_rebuilt(&notes, "series", series_rebuilt(node->series));
	notes_rebuilt(&notes, "proof", proof_rebuilt(node->proof));
	notes_rebuilt(&notes, "tree", tree_rebuilt(node->tree));
	env_signal_on(node->env, ENV_SIGNAL_RELOAD, on_reload, node);
	/* Last row first: whoever writes starts before whoever asks. */
	for (size_t i = THREAD_COUNT; i-- > 0;) {
		err_t err = i == THREAD_RESOLVER ? ERR_OK : env_loop_start(node->loops[i]);
		if (err)
			return err;
	}
	return ERR_OK;
}

static const struct {
	const char *name;
	open_step_t open;
} steps[] = {
	{ "data folder", open_folders },
	{ "threads", open_loops },
	{ "journal", journals_open },
	{ "catalogue", open_catalogue },
	{ "registry", open_registry },
	{ "Handle door", open_handle },
	{ "DNS door", open_dns },
	{ "event view", open_events },
	{ "search view", open_search },
	{ "proofs", open_proof },
	{ "office", open_office },
	{ "historian", open_historian },
	{ "series", open_series },
	{ "fleet", open_fleet },
	{ "sentry", open_watch },
	{ "access", open_access },
	{ "tree", open_tree },
	{ "trust roots", doors_load_trust },
	{ "SQL", doors_open_sql },
	{ "HTTP door", doors_open_http },
	{ "registration", open_registration },
	{ "reload", open_reload },
	{ "threads", start_loops },
};

err_t node_open(env_t *env, const node_spec_t *spec, node_t **ret_node, err_detail_t *ret_detail)
{
	node_t *node = calloc(1, sizeof(*node));
	if (!node)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	node->env = env;
	node->spec = *spec;
	*ret_detail = (err_detail_t){ 0 };
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		err_t err = steps[i].open(node, ret_detail);
		if (!err)
			continue;
		if (ret_detail->err == ERR_OK)
			err = err_raise(ret_detail, err, &text_step, "", steps[i].name,
			                err_info(err)->text[LANG_EN], (char *)NULL);
		node_close(node);
		return err;
	}
	*ret_node = node;
	return ERR_OK;
}

/* Who asks stops before who writes, so that nothing is left unanswered. */
static void stop_loops(node_t *node)
{
	for (size_t i = 0; i < THREAD_COUNT; i++)
		env_loop_stop(node->loops[i]);
}

void node_close(node_t *node)
{
	if (!node)
		return;
	env_signal_on(node->env, ENV_SIGNAL_RELOAD, NULL, NULL);
	if (node->registration) {
		notes_t notes = notes_of(node);
		notes_life(&notes, MSG_NODE_STOPPED);
	}
	stop_loops(node);
	registration_free(node->registration);
	doors_close(node);
	tree_close(node->tree);
	dns_wiring_close(&node->dns);
	handle_wiring_close(&node->handle);
	access_close(node->access);
	watch_close(node->watch);
	fleet_close(node->fleet);
	historian_close(node->historian);
	series_close(node->series);
	search_close(node->search);
	proof_close(node->proof);
	office_close(node->office);
	registry_close(node->registry);
	events_close(node->events);
	live_points_free(node->live);
	last_value_free(node->last_values);
	reload_free(node->reload);
	catalogue_destroy(node->catalogue);
	journals_close(node);
	for (size_t i = 0; i < THREAD_COUNT; i++)
		env_loop_free(node->loops[i]);
	env_file_close(node->lock);
	free(node->gs1_companies);
	free(node);
}

addr_t node_http_addr(const node_t *node)
{
	return node->api ? api_addr(node->api) : (addr_t){ .port = 0 };
}

api_tls_t node_tls(const node_t *node)
{
	return node->api ? api_tls(node->api) : (api_tls_t){ .on = false };
}

void node_tap(node_t *node, slice_t pcap_bytes)
{
	watch_tap(node->watch, pcap_bytes);
}

const char *node_capture(const node_t *node)
{
	return watch_source(node->watch);
}

bool node_registered(const node_t *node)
{
	return node->registration && registration_done(node->registration);
}

sentry_t *node_sentry(node_t *node)
{
	return watch_sentry(node->watch);
}

historian_t *node_historian(node_t *node)
{
	return node->historian;
}

series_t *node_series(node_t *node)
{
	return node->series;
}

registry_t *node_registry(node_t *node)
{
	return node->registry;
}

const catalogue_t *node_catalogue(const node_t *node)
{
	return node->reload ? reload_catalogue(node->reload) : node->catalogue;
}
