/* SPDX-License-Identifier: Apache-2.0 */
#include "node/reload.h"

#include <stdlib.h>

#include "journal/event_log.h"
#include "node/catalogue_build.h"
#include "node/ids.h"
#include "node/policies.h"

static const int64_t WAIT_NS = 5 * NS_PER_MS;

/* ERR_BUSY: come again soon. Any other error refuses the configuration. */
typedef err_t (*visit_t)(reload_t *reload);

typedef struct {
	reload_t *reload;
	size_t number;
	env_mailbox_t *mail;
} stop_t;

enum {
	STOP_READ,
	STOP_WAIT,
	STOP_ALLOW,
	STOP_DEVICE,
	STOP_SENTRY,
	STOP_HISTORY,
	STOP_TREE,
	STOP_HTTP,
	STOP_TURN,
	STOP_END,
	STOP_TOLD,
	STOP_COUNT
};

struct reload {
	reload_spec_t spec;
	stop_t stops[STOP_COUNT];
	env_timer_t *again; /* control loop */
	bool is_running, is_wanted;

	/* Of whoever holds the baton. */
	err_t err; /* why it is refused */
	err_detail_t detail;
	uint64_t ids_seq, note_seq;      /* must be durable before it goes on */
	size_t waits_at;                 /* the stop that does */
	config_t *config, *fresh_config; /* owned; config NULL: the first */
	catalogue_t *catalogue, *fresh_catalogue;
	live_rows_t *fresh_live;
	series_points_t *fresh_points;
	indicators_plan_t indicators;            /* behind the tree's stop: the old ones */
	baseline_row_t *policies, *old_policies; /* while the baton is under way */
	size_t policy_count, old_policy_count;
	api_config_t told;
};

static const err_text_t text_restart = {
	{ "%1 cannot change while the node runs", "节点运行时不能更改 %1" },
	{ "put it back, or restart the node: systemctl restart jizhu",
	  "请改回原值，或重启节点：systemctl restart jizhu" },
};

static const err_text_t text_points = {
	{ "more than %1 new points since the start", "启动以来新增测点超过 %1 个" },
	{ "restart the node: systemctl restart jizhu", "请重启节点：systemctl restart jizhu" },
};

const config_t *reload_config(const reload_t *reload)
{
	return reload->config ? reload->config : reload->spec.config;
}

const catalogue_t *reload_catalogue(const reload_t *reload)
{
	return reload->catalogue;
}

static err_t build(reload_t *r)
{
	ids_t *ids = NULL;
	err_t err = ids_open(r->spec.env, r->spec.views_dir, r->spec.journal, &ids);
	if (!err)
		err = catalogue_build(r->fresh_config, ids, r->catalogue->generation + 1,
		                      &r->fresh_catalogue);
	bool is_over = !err && ids_max(ids, IDS_POINT) > r->spec.points_max;
	ids_drop(ids);
	r->ids_seq = journal_last(r->spec.journal);
	if (is_over)
		return err_raise(&r->detail, ERR_LIMIT, &text_points, "", "4096", (char *)NULL);
	if (!err)
		err = series_points_new(r->spec.env, r->fresh_catalogue, &r->fresh_points);
	if (!err)
		err = tree_bind(r->spec.tree, r->fresh_config, r->fresh_catalogue, &r->indicators,
		                &r->detail);
	return err ? err : live_rows_new(r->fresh_catalogue, &r->fresh_live);
}

static err_t check(reload_t *r)
{
	char option[CONFIG_OPTION_MAX];
	if (config_fits(reload_config(r), r->fresh_config, option))
		return ERR_OK;
	return err_raise(&r->detail, ERR_CONFIG, &text_restart, "", option, (char *)NULL);
}

static err_t visit_read(reload_t *r)
{
	r->ids_seq = 0;
	err_t err = policies_of(reload_config(r), &r->old_policies, &r->old_policy_count);
	if (!err)
		err = config_load(r->spec.env, r->spec.path, &r->fresh_config, &r->detail);
	if (!err)
		err = check(r);
	if (!err)
		err = policies_of(r->fresh_config, &r->policies, &r->policy_count);
	return err ? err : build(r);
}

/* Also of a refusal: the next reload must see the ids that this one gave. */
static err_t visit_wait(reload_t *r)
{
	err_t state = journal_state(r->spec.journal);
	if (state)
		return state;
	return journal_durable(r->spec.journal) < r->ids_seq ? ERR_BUSY : ERR_OK;
}

static err_t visit_device(reload_t *r)
{
	return fleet_reload(r->spec.fleet, r->fresh_catalogue);
}

static err_t visit_allow(reload_t *r)
{
	return sentry_allow(r->spec.sentry, r->policies, r->policy_count);
}

static err_t visit_tree(reload_t *r)
{
	tree_news_t news = { r->fresh_config, r->fresh_catalogue };
	tree_reload(r->spec.tree, &news, &r->indicators);
	return ERR_OK;
}

/* A refusal withdraws again what it had allowed. */
static err_t visit_sentry(reload_t *r)
{
	if (r->err) {
		sentry_withdraw(r->spec.sentry, r->old_policies, r->old_policy_count);
		return ERR_OK;
	}
	sentry_reload(r->spec.sentry, r->fresh_catalogue);
	sentry_withdraw(r->spec.sentry, r->policies, r->policy_count);
	return ERR_OK;
}

static err_t visit_history(reload_t *r)
{
	history_wiring_keep(r->spec.historian, r->fresh_config);
	r->spec.history->catalogue = r->fresh_catalogue;
	r->spec.history->config = r->fresh_config;
	return ERR_OK;
}

static err_t visit_http(reload_t *r)
{
	int64_t now_ns = env_utc(r->spec.env).ns;
	if (r->err) {
		r->told.refused_ns = now_ns;
		(void)err_render(&r->detail, LANG_EN, r->told.reason, sizeof(r->told.reason));
	} else {
		r->told = (api_config_t){ .generation = r->fresh_catalogue->generation,
			                  .loaded_ns = now_ns };
	}
	if (r->spec.api)
		api_reload(r->spec.api, r->err ? NULL : r->fresh_catalogue, &r->told);
	return ERR_OK;
}

/* That the query loop comes here shows that it has ended whatever it did. */
static err_t visit_turn(reload_t *r)
{
	(void)r;
	return ERR_OK;
}

static void note(reload_t *r)
{
	event_t event = event_make(r->err ? MSG_CONFIG_REFUSED : MSG_CONFIG_LOADED,
	                           (node_time_t){ env_utc(r->spec.env).ns });
	event_arg(&event, ARG_PATH, value_text(slice_str(r->spec.path)));
	if (r->err)
		event_arg(&event, ARG_REASON, value_text(slice_str(r->told.reason)));
	else
		event_arg(&event, ARG_VERSION, value_u64(r->told.generation));
	/* A full or broken journal already shows on /readyz. */
	(void)!event_append(r->spec.journal, &event);
	r->note_seq = journal_last(r->spec.journal);
}

static void drop_fresh(reload_t *r)
{
	catalogue_destroy(r->fresh_catalogue);
	config_free(r->fresh_config);
	live_rows_free(r->fresh_live);
	series_points_free(r->fresh_points);
	indicators_plan_done(&r->indicators);
	free(r->policies);
	free(r->old_policies);
	r->policies = NULL;
	r->old_policies = NULL;
	r->policy_count = 0;
	r->old_policy_count = 0;
	r->fresh_catalogue = NULL;
	r->fresh_config = NULL;
	r->fresh_live = NULL;
	r->fresh_points = NULL;
}

/* The rooms have the new ones; what is freed is the old ones. */
static void exchange(reload_t *r)
{
	catalogue_t *catalogue = r->catalogue;
	config_t *config = r->config;
	r->catalogue = r->fresh_catalogue;
	r->config = r->fresh_config;
	r->fresh_catalogue = catalogue;
	r->fresh_config = config;
}

static err_t visit_end(reload_t *r)
{
	if (!r->err) {
		registration_reload(r->spec.registration, r->fresh_catalogue);
		live_points_renew(r->spec.live, r->fresh_live);
		r->fresh_live = NULL;
		series_configure(r->spec.series, r->fresh_points);
		r->fresh_points = NULL;
		exchange(r);
	}
	note(r);
	drop_fresh(r);
	if (r->spec.reloaded)
		r->spec.reloaded(r->spec.reloaded_ctx, &r->told);
	return ERR_OK;
}

/* Who waits for the end of the reload, `systemctl reload` say, finds its event. */
static err_t visit_told(reload_t *r)
{
	if (!journal_state(r->spec.journal) && journal_durable(r->spec.journal) < r->note_seq)
		return ERR_BUSY;
	env_notify(r->spec.env, ENV_READY);
	r->is_running = false;
	if (r->is_wanted)
		reload_begin(r);
	return ERR_OK;
}

static const struct {
	reload_loop_t loop;
	visit_t visit;
	bool is_of_refusal; /* visited by a refusal too */
	bool is_wait;       /* ERR_BUSY: again a little later */
} table[STOP_COUNT] = {
	[STOP_READ] = { RELOAD_QUERY, visit_read, false, false },
	[STOP_WAIT] = { RELOAD_CONTROL, visit_wait, true, true },
	[STOP_ALLOW] = { RELOAD_SENTRY, visit_allow, false, false },
	[STOP_DEVICE] = { RELOAD_DEVICE, visit_device, false, false },
	[STOP_SENTRY] = { RELOAD_SENTRY, visit_sentry, true, false },
	[STOP_HISTORY] = { RELOAD_HISTORY, visit_history, false, false },
	[STOP_TREE] = { RELOAD_TREE, visit_tree, false, false },
	[STOP_HTTP] = { RELOAD_HTTP, visit_http, true, false },
	[STOP_TURN] = { RELOAD_QUERY, visit_turn, false, false },
	[STOP_END] = { RELOAD_CONTROL, visit_end, true, false },
	[STOP_TOLD] = { RELOAD_CONTROL, visit_told, true, true },
};

static void go_to(reload_t *r, size_t number)
{
	/* False only when that loop has stopped, and with it the node. */
	(void)env_mailbox_put(r->stops[number].mail, &(uint8_t){ 0 });
}

static void refuse(reload_t *r, err_t err)
{
	if (r->err)
		return;
	r->err = err;
	if (!r->detail.err)
		err_raise(&r->detail, err, NULL, r->spec.path, (char *)NULL);
}

static void visit(reload_t *r, size_t number)
{
	err_t err = table[number].visit(r);
	if (err == ERR_BUSY && table[number].is_wait) {
		r->waits_at = number;
		env_timer_set(r->again, WAIT_NS);
		return;
	}
	if (err)
		refuse(r, err);
	size_t next = number + 1;
	while (next < STOP_COUNT && r->err && !table[next].is_of_refusal)
		next++;
	if (next < STOP_COUNT)
		go_to(r, next);
}

static void on_mail(void *ctx)
{
	stop_t *stop = ctx;
	uint8_t baton;
	if (env_mailbox_take(stop->mail, &baton))
		visit(stop->reload, stop->number);
}

static void on_again(void *ctx)
{
	reload_t *r = ctx;
	visit(r, r->waits_at);
}

void reload_begin(void *ctx)
{
	reload_t *r = ctx;
	r->is_wanted = r->is_running;
	if (r->is_running)
		return;
	r->is_running = true;
	r->err = ERR_OK;
	r->detail = (err_detail_t){ 0 };
	env_notify(r->spec.env, ENV_RELOADING);
	go_to(r, STOP_READ);
}

static err_t open_stops(reload_t *r)
{
	err_t err = env_timer_new(r->spec.loops[RELOAD_CONTROL], on_again, r, &r->again);
	for (size_t i = 0; !err && i < STOP_COUNT; i++) {
		r->stops[i] = (stop_t){ .reload = r, .number = i };
		env_mailbox_spec_t mail = { .name = "reload",
			                    .reader = r->spec.loops[table[i].loop],
			                    .item_size = sizeof(uint8_t),
			                    .capacity = 2,
			                    .policy = ENV_FULL_REFUSE,
			                    .ready = on_mail,
			                    .ctx = &r->stops[i] };
		err = env_mailbox_new(&mail, &r->stops[i].mail);
	}
	return err;
}

err_t reload_new(const reload_spec_t *spec, reload_t **ret_reload)
{
	reload_t *r = calloc(1, sizeof(*r));
	if (!r)
		return ERR_NO_MEMORY;
	r->spec = *spec;
	r->told = (api_config_t){ .generation = spec->catalogue->generation,
		                  .loaded_ns = env_utc(spec->env).ns };
	err_t err = open_stops(r);
	if (err) {
		reload_free(r);
		return err;
	}
	r->catalogue = spec->catalogue;
	*ret_reload = r;
	return ERR_OK;
}

void reload_free(reload_t *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < STOP_COUNT; i++)
		env_mailbox_free(r->stops[i].mail);
	env_timer_free(r->again);
	drop_fresh(r);
	catalogue_destroy(r->catalogue);
	config_free(r->config);
	free(r);
}
