/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing: view first, then the mailboxes that keep it up to date. */
#include "registry/identity/identity.h"
#include "registry/bulk.h"
#include "registry/state.h"

#include <assert.h>
#include <stdlib.h>

enum { DURABLE_MAIL = 4 };
static const uint64_t VIEW_BYTES = UINT64_C(1) << 42;
static const uint64_t OVERLAY_SEED = 0x9E3779B97F4A7C15;

static const metric_row_t metric_rows[] = {
#define X(id, kind, name, help) [REGISTRY_METRIC_##id] = { name, help, METRIC_##kind },
	REGISTRY_METRIC_ROWS(X)
#undef X
};

static err_t take_prefix(registry_t *r, slice_t prefix)
{
	if (prefix.len == 0 || prefix.len > sizeof(r->prefix_bytes) ||
	    slice_find(prefix, '/') < prefix.len)
		return ERR_CONFIG;
	slice_fold_upper(prefix, r->prefix_bytes);
	r->prefix = slice_of(r->prefix_bytes, prefix.len);
	return ERR_OK;
}

static err_t take_path(registry_t *r, const char *views_dir)
{
	writer_t path = writer_of(r->path, sizeof(r->path));
	wr_format(&path, "%s/registry", views_dir);
	wr_u8(&path, 0);
	return path.bad ? ERR_CONFIG : ERR_OK;
}

static void take_partners(registry_t *r, env_t *env, const registry_spec_t *spec)
{
	r->env = env;
	r->journal = spec->journal;
	r->loop = spec->registry_loop;
	r->view_bytes_max = spec->view_bytes_max ? spec->view_bytes_max : VIEW_BYTES;
}

static err_t init(registry_t *r, env_t *env, const registry_spec_t *spec)
{
	metrics_init(&r->metrics, metric_rows, REGISTRY_METRIC_COUNT);
	registry_hub_init(&r->hub);
	take_partners(r, env, spec);
	r->last = &r->first;
	r->into = &r->counts;
	err_t err = take_path(r, spec->views_dir);
	if (!err)
		err = take_prefix(r, slice_str(spec->prefix));
	if (!err)
		err = env_mutex_new(env, &r->counts_mutex);
	if (err)
		return err;
	r->overlay = table_new(sizeof(pending_t *), REGISTRY_IN_FLIGHT, OVERLAY_SEED);
	return r->overlay ? guesses_open(env, &r->guesses) : ERR_NO_MEMORY;
}

static const err_text_t text_admin = {
	{ "'%1' is no Handle identity", "“%1”不是标识身份" },
	{ "write INDEX:HANDLE, such as 300:0.NA/99.100.1",
	  "请写作 索引:标识，例如 300:0.NA/99.100.1" },
};

static size_t admin_bytes(const registry_spec_t *spec)
{
	size_t bytes = 0;
	for (size_t i = 0; i < spec->admin_count; i++)
		bytes += slice_str(spec->admins[i]).len;
	return bytes;
}

static err_t take_admin(const char *text, writer_t *w, handle_reference_t *ret_admin)
{
	size_t from = w->len;
	wr_bytes(w, slice_str(text));
	return registry_identity_parse(slice_from(writer_done(w), from), ret_admin);
}

static err_t take_admins(registry_t *r, const registry_spec_t *spec, err_detail_t *ret_detail)
{
	size_t bytes = admin_bytes(spec) + 1;
	assert(spec->admin_count <= REGISTRY_ADMINS_MAX);
	r->admin_memory = malloc(bytes);
	if (!r->admin_memory)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	writer_t w = writer_of(r->admin_memory, bytes);
	for (size_t i = 0; i < spec->admin_count; i++)
		if (take_admin(spec->admins[i], &w, &r->admins[i]))
			return err_raise(ret_detail, ERR_CONFIG, &text_admin, "handle.admins",
			                 spec->admins[i], (char *)NULL);
	r->admin_count = spec->admin_count;
	r->admins_do_all = !spec->admins_home_only;
	return ERR_OK;
}

static err_t load_homed(registry_t *r)
{
	record_t record = { .count = 0 };
	writer_t room = writer_of(r->room, sizeof(r->room));
	err_t err = registry_store_get(r->store, homed_record_name(), &room, &record);
	if (!err)
		err = homed_load(&r->homed, &record);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static const env_mailbox_spec_t changes_spec = {
	.name = "registry changes",
	.item_size = sizeof(pending_t *),
	.capacity = REGISTRY_IN_FLIGHT,
	.policy = ENV_FULL_REFUSE,
	.ready = registry_take_changes,
};

static const env_mailbox_spec_t bulks_spec = {
	.name = "registry bulks",
	.item_size = sizeof(bulk_run_t *),
	.capacity = REGISTRY_BULKS_WAITING,
	.policy = ENV_FULL_REFUSE,
	.ready = registry_take_bulks,
};

static const env_mailbox_spec_t durable_spec = {
	.name = "registry durable",
	.item_size = sizeof(uint64_t),
	.capacity = DURABLE_MAIL,
	.policy = ENV_FULL_DROP,
	.ready = registry_take_durable,
};

static err_t open_box(registry_t *r, env_mailbox_spec_t spec, env_mailbox_t **ret_box)
{
	spec.reader = r->loop;
	spec.ctx = r;
	return env_mailbox_new(&spec, ret_box);
}

static err_t follow_journal(registry_t *r)
{
	err_t err = open_box(r, durable_spec, &r->durable);
	return err ? err : journal_subscribe(r->journal, r->durable);
}

static err_t open_groups(registry_t *r)
{
	env_mailbox_spec_t spec = { .name = "registry groups",
		                    .reader = r->loop,
		                    .ready = registry_take_groups,
		                    .ctx = r };
	err_t err = groups_open(&r->groups, r->env, &spec);
	return err ? err : env_timer_new(r->loop, registry_on_parked, r, &r->parked_timer);
}

static err_t open_mail(registry_t *r)
{
	err_t err = open_box(r, changes_spec, &r->inbox);
	if (!err)
		err = open_box(r, bulks_spec, &r->bulks);
	if (!err)
		err = open_groups(r);
	return err ? err : follow_journal(r);
}

/* What goes wrong here has no more to be said of it. */
static err_t start(registry_t *r, err_detail_t *ret_detail)
{
	err_t err = load_homed(r);
	if (!err)
		err = open_mail(r);
	return err ? err_raise(ret_detail, err, NULL, "", (char *)NULL) : ERR_OK;
}

static err_t set_up(registry_t *r, env_t *env, const registry_spec_t *spec,
                    err_detail_t *ret_detail)
{
	err_t err = init(r, env, spec);
	if (err)
		return err_raise(ret_detail, err, NULL, spec->prefix, (char *)NULL);
	err = take_admins(r, spec, ret_detail);
	if (!err)
		err = registry_view_open(r, ret_detail);
	return err ? err : start(r, ret_detail);
}

err_t registry_open(env_t *env, const registry_spec_t *spec, registry_t **ret_registry,
                    err_detail_t *ret_detail)
{
	registry_t *r = calloc(1, sizeof(*r));
	if (!r)
		return err_raise(ret_detail, ERR_NO_MEMORY, NULL, "", (char *)NULL);
	err_t err = set_up(r, env, spec, ret_detail);
	if (err) {
		registry_close(r);
		return err;
	}
	*ret_registry = r;
	return ERR_OK;
}

static void close_mail(registry_t *r)
{
	env_mailbox_free(r->inbox);
	env_mailbox_free(r->bulks);
	env_mailbox_free(r->durable);
}

void registry_close(registry_t *registry)
{
	if (!registry)
		return;
	if (registry->overlay)
		registry_drop_changes(registry);
	registry_view_close(registry);
	hub_done(&registry->hub);
	registry_drop_bulks(registry);
	close_mail(registry);
	guesses_close(&registry->guesses);
	env_timer_free(registry->parked_timer);
	groups_close(&registry->groups);
	table_free(registry->overlay);
	homed_done(&registry->homed);
	counts_done(&registry->counts);
	counts_done(&registry->turn);
	counts_done(&registry->now);
	env_mutex_free(registry->counts_mutex);
	free(registry->notes);
	free(registry->admin_memory);
	free(registry);
}

bool registry_rebuilt(const registry_t *registry)
{
	return registry->rebuilt;
}

uint64_t registry_names(const registry_t *registry, slice_t prefix)
{
	env_lock(registry->counts_mutex);
	uint64_t names = counts_of(&registry->counts, prefix);
	env_unlock(registry->counts_mutex);
	return names;
}

uint64_t registry_count(const registry_t *registry)
{
	return atomic_load(&registry->count);
}

const metrics_t *registry_metrics(const registry_t *registry)
{
	return &registry->metrics;
}
