/* SPDX-License-Identifier: Apache-2.0 */
#include "node/tree.h"

#include <stdlib.h>

#include "insight/roller.h"
#include "node/bonds.h"
#include "node/disclosure.h"
#include "node/folders.h"
#include "node/own_devices.h"
#include "node/own_posture.h"
#include "node/steps_down.h"

enum { DURABLE_MAIL = 4, CHILDREN_MAX = 4096 };

#define SAVE_NS (5 * 60 * NS_PER_S)
#define TELL_NS (60 * NS_PER_S)

struct tree {
	env_t *env;
	tree_spec_t spec;
	env_timer_t *timer;
	env_mailbox_t *durable; /* uint64_t, of the journal; NULL: not subscribed */
	bool is_behind;         /* a view could not follow; the timer tries again */
	bool is_untold;         /* nor could the devices be told, as they are in `news` */
	tree_news_t news;
	metrics_t metrics;
	int64_t saved_ns;
	packs_t *packs;
	authority_t *authority; /* NULL: nobody may come from below */
	inbox_t *inbox;
	char inbox_view[FOLDER_PATH_MAX];
	parent_t *parent;
	tls_door_t *door;
	roller_t *roller;
	outbox_t *outbox;
	bonds_t bonds;
	census_t *census;
	book_t *book;
	board_t *board;
	handling_t *handling;
	steps_down_t steps_down;
	own_devices_t devices;
	own_posture_t posture;
	int64_t told_ns;
	indicators_t indicators;
	disclosure_t disclosure;
	api_tree_t rooms;
};

#define METRIC_ROWS(X) \
	X(BEHIND, "tree_behind", "1 while a view cannot follow what was received or released", \
	  GAUGE) \
	X(FAILURES, "tree_failures_total", "Turns in which a view could not follow or be kept", \
	  COUNTER)

#define X(id, name, help, kind) METRIC_##id,
enum { METRIC_ROWS(X) METRIC_ROW_COUNT };
#undef X

static const metric_row_t METRICS[] = {
#define X(id, name, help, kind) { name, help, METRIC_##kind },
	METRIC_ROWS(X)
#undef X
};

static slice_t own_node(const tree_t *tree)
{
	return slice_str(tree->spec.config->node.prefix);
}

static bool has_children(const tree_t *tree)
{
	return tree->spec.config->uplink.listen_count > 0;
}

static int64_t offset_ns(const tree_t *tree)
{
	return (int64_t)(tree->spec.config->office_utc_offset_h * (double)NS_PER_HOUR);
}

/* Views: each follows the journal by itself. */

static err_t open_views(tree_t *tree, err_detail_t *ret_detail)
{
	(void)ret_detail;
	const char *node = tree->spec.config->node.prefix;
	journal_t *journal = tree->spec.journal;
	census_spec_t census = { .views_dir = tree->spec.views_dir,
		                 .journal = journal,
		                 .node = node };
	book_spec_t book = { .views_dir = tree->spec.views_dir, .journal = journal };
	board_spec_t board = { .journal = journal, .node = node };
	handling_spec_t handling = { .journal = journal,
		                     .node = node,
		                     .is_overseen = tree->spec.config->uplink.parent_count > 0,
		                     .offset_ns = offset_ns(tree) };
	err_t err = census_open(tree->env, &census, &tree->census);
	if (!err)
		err = book_open(tree->env, &book, &tree->book);
	if (!err)
		err = board_open(tree->env, &board, &tree->board);
	return err ? err : handling_open(tree->env, &handling, &tree->handling);
}

static void note_behind(tree_t *tree)
{
	metric_set(&tree->metrics, METRIC_BEHIND, tree->is_behind);
	metric_add(&tree->metrics, METRIC_FAILURES, tree->is_behind);
}

static void follow(tree_t *tree)
{
	const err_t errs[] = { census_follow(tree->census), book_follow(tree->book),
		               board_follow(tree->board), handling_follow(tree->handling) };
	tree->is_behind = steps_down_follow(&tree->steps_down) != ERR_OK;
	for (size_t i = 0; i < sizeof(errs) / sizeof(*errs); i++)
		tree->is_behind |= errs[i] != ERR_OK;
	note_behind(tree);
}

static void on_durable(void *ctx)
{
	tree_t *tree = ctx;
	uint64_t seq = 0;
	while (env_mailbox_take(tree->durable, &seq))
		;
	follow(tree);
}

/* Views that are not saved are made again from where they were. */
static void save(tree_t *tree)
{
	int64_t now_ns = env_now(tree->env);
	if (now_ns - tree->saved_ns < SAVE_NS)
		return;
	tree->saved_ns = now_ns;
	tree->is_behind |= census_save(tree->census) || book_save(tree->book) ||
	                   (tree->roller && roller_save(tree->roller));
}

static void tell_minute(tree_t *tree)
{
	int64_t now_ns = env_now(tree->env);
	if (tree->told_ns && now_ns - tree->told_ns < TELL_NS)
		return;
	tree->told_ns = now_ns;
	tree->is_behind |= own_posture_tell(&tree->posture) != ERR_OK;
	indicators_count(&tree->indicators);
}

static void tell_devices(tree_t *tree)
{
	err_detail_t detail;
	tree->is_untold = own_devices_tell(&tree->devices, tree->news.config, tree->news.catalogue,
	                                   &detail) != ERR_OK;
	tree->is_behind |= tree->is_untold;
}

static void on_tick(void *ctx)
{
	tree_t *tree = ctx;
	if (tree->is_behind)
		follow(tree);
	if (tree->is_untold)
		tell_devices(tree);
	own_devices_beat(&tree->devices);
	tree->is_behind |= census_tick(tree->census) != ERR_OK;
	tree->is_behind |= board_prune(tree->board) != ERR_OK;
	tell_minute(tree);
	bonds_look(&tree->bonds);
	save(tree);
	note_behind(tree);
	env_timer_set(tree->timer, TREE_LOOK_NS);
}

static err_t open_bells(tree_t *tree, err_detail_t *ret_detail)
{
	(void)ret_detail;
	env_mailbox_spec_t mail = { "tree durable",
		                    tree->spec.loop,
		                    sizeof(uint64_t),
		                    DURABLE_MAIL,
		                    ENV_FULL_DROP,
		                    on_durable,
		                    tree };
	err_t err = env_timer_new(tree->spec.loop, on_tick, tree, &tree->timer);
	if (!err)
		err = env_mailbox_new(&mail, &tree->durable);
	if (!err)
		err = journal_subscribe(tree->spec.journal, tree->durable);
	if (!err)
		env_timer_set(tree->timer, TREE_LOOK_NS);
	return err;
}

/* From below. */

static void on_channel(void *ctx, channel_t *channel)
{
	tree_t *tree = ctx;
	parent_accept(tree->parent, channel);
}

static void on_revoked(void *ctx, slice_t node)
{
	tree_t *tree = ctx;
	parent_end(tree->parent, node, UPLINK_REASON_REVOKED);
}

static slice_t key_of(void *ctx, slice_t node, size_t i)
{
	const tree_t *tree = ctx;
	const authority_key_t *key = authority_key_of(tree->authority, node, i);
	return key ? slice_of(key->der, sizeof(key->der)) : (slice_t){ 0 };
}

static err_t open_inbox(tree_t *tree, err_detail_t *ret_detail)
{
	const config_authority_t *config = &tree->spec.config->authority;
	authority_spec_t authority = { .keys_dir = tree->spec.keys_dir,
		                       .certificate = config->certificate[0] ? config->certificate
		                                                             : NULL,
		                       .key = config->key[0] ? config->key : NULL,
		                       .member_ns = config->lasts_ns,
		                       .node = own_node(tree),
		                       .journal = tree->spec.journal,
		                       .events = tree->spec.events,
		                       .loop = tree->spec.loop };
	inbox_spec_t inbox = { .loop = tree->spec.loop,
		               .journal = tree->spec.journal,
		               .view = tree->inbox_view };
	err_t err = authority_open(tree->env, &authority, &tree->authority, ret_detail);
	if (!err)
		err = env_path_join(tree->spec.views_dir, "inbox", tree->inbox_view,
		                    sizeof(tree->inbox_view));
	return err ? err : inbox_open(&inbox, &tree->inbox, ret_detail);
}

static err_t open_door(tree_t *tree, err_detail_t *ret_detail)
{
	const config_uplink_t *uplink = &tree->spec.config->uplink;
	char text[ADDR_TEXT_MAX];
	tls_door_spec_t spec = { .loop = tree->spec.loop,
		                 .addrs = uplink->listen,
		                 .addr_count = uplink->listen_count,
		                 .authority = tree->authority,
		                 .connections_max = CHILDREN_MAX,
		                 .opened = on_channel,
		                 .revoked = on_revoked,
		                 .ctx = tree };
	err_t err = tls_door_open(&spec, &tree->door);
	if (err)
		err_raise(ret_detail, err, NULL, addr_format(uplink->listen[0], text),
		          (char *)NULL);
	return err;
}

/* Who has been certified reports from then on, until he is revoked. */
static bool child_at(void *ctx, size_t i, roller_child_t *ret_child)
{
	const tree_t *tree = ctx;
	const authority_member_t *member = authority_member_at(tree->authority, i);
	if (!member)
		return false;
	bool is_over = member->state == AUTHORITY_REVOKED;
	*ret_child = (roller_child_t){ .entity = slice_str(member->node),
		                       .since_ns = member->key_count ? member->keys[0].from_ns
		                                                     : INT64_MAX,
		                       .until_ns = is_over ? member->changed_ns : 0 };
	return true;
}

static err_t open_roller(tree_t *tree)
{
	roller_spec_t spec = { .loop = tree->spec.loop,
		               .views_dir = tree->spec.views_dir,
		               .journal = tree->spec.journal,
		               .events = tree->spec.events,
		               .book = tree->book,
		               .definitions = tree->packs->definitions,
		               .node = own_node(tree),
		               .child_at = child_at,
		               .ctx = tree };
	return roller_open(&spec, &tree->roller);
}

static err_t open_below(tree_t *tree, err_detail_t *ret_detail)
{
	if (!has_children(tree))
		return ERR_OK;
	err_t err = open_inbox(tree, ret_detail);
	if (err)
		return err;
	parent_spec_t spec = { .loop = tree->spec.loop,
		               .inbox = tree->inbox,
		               .events = tree->spec.events,
		               .node = own_node(tree),
		               .key_of = key_of,
		               .key_ctx = tree };
	err = parent_new(&spec, &tree->parent);
	tree->steps_down = (steps_down_t){ .journal = tree->spec.journal,
		                           .node = own_node(tree),
		                           .authority = tree->authority,
		                           .parent = tree->parent,
		                           .handling = tree->handling };
	if (!err)
		err = open_roller(tree);
	return err ? err : open_door(tree, ret_detail);
}

/* Upward. */

static err_t on_down(void *ctx, const uplink_down_t *down)
{
	tree_t *tree = ctx;
	uint64_t seq = 0;
	if (down->kind == UPLINK_DOWN_HANDLING)
		return handling_hear(tree->handling, down->body, &seq);
	return ERR_UNSUPPORTED;
}

static err_t open_above(tree_t *tree, err_detail_t *ret_detail)
{
	bonds_spec_t bonds = { .config = &tree->spec.config->uplink,
		               .keys_dir = tree->spec.keys_dir,
		               .loop = tree->spec.loop,
		               .events = tree->spec.events,
		               .desk = { tree, on_down } };
	outbox_spec_t outbox = { .loop = tree->spec.loop,
		                 .journal = tree->spec.journal,
		                 .node = own_node(tree),
		                 .key_of = bonds_key,
		                 .key_ctx = &tree->bonds };
	bonds_open(tree->env, &bonds, &tree->bonds);
	err_t err = outbox_open(&outbox, &tree->outbox, ret_detail);
	if (!err)
		bonds_begin(&tree->bonds, tree->outbox);
	return err;
}

static err_t open_packs(tree_t *tree, err_detail_t *ret_detail)
{
	packs_spec_t spec = { .config = tree->spec.config_path };
	return packs_open(tree->env, &spec, &tree->packs, ret_detail);
}

static err_t open_devices(tree_t *tree, err_detail_t *ret_detail)
{
	const config_t *config = tree->spec.config;
	err_t err = own_devices_open(tree->env, config, tree->spec.keys_dir, &tree->devices,
	                             ret_detail);
	tree->devices.census = tree->census;
	tree->devices.fleet = tree->spec.fleet;
	return err ? err
	           : own_devices_tell(&tree->devices, config, tree->spec.catalogue, ret_detail);
}

static err_t open_posture(tree_t *tree, err_detail_t *ret_detail)
{
	(void)ret_detail;
	own_posture_spec_t spec = { tree->spec.events, tree->board, tree->spec.sentry,
		                    own_node(tree) };
	return own_posture_open(tree->env, &spec, &tree->posture);
}

static err_t open_indicators(tree_t *tree, err_detail_t *ret_detail)
{
	indicators_plan_t plan;
	indicators_source_t source = { tree->spec.config, tree->packs, tree->spec.catalogue };
	err_t err = indicators_bind(&source, &plan, ret_detail);
	if (err)
		return err;
	indicators_spec_t spec = { .loop = tree->spec.loop,
		                   .reader = tree->spec.reader,
		                   .book = tree->book,
		                   .census = tree->census,
		                   .plan = plan };
	return indicators_open(&spec, &tree->indicators);
}

static err_t open_disclosure(tree_t *tree, err_detail_t *ret_detail)
{
	disclosure_spec_t spec = { .config = tree->spec.config,
		                   .catalogue = tree->spec.catalogue,
		                   .keys_dir = tree->spec.keys_dir,
		                   .loop = tree->spec.loop,
		                   .outbox = tree->outbox,
		                   .events = tree->spec.events,
		                   .journal = tree->spec.journal,
		                   .indicators = &tree->indicators,
		                   .board = tree->board };
	return disclosure_open(tree->env, &spec, &tree->disclosure, ret_detail);
}

static bool bond_at(void *ctx, size_t i, api_bond_t *ret_bond)
{
	const bonds_t *bonds = ctx;
	if (i >= bonds->spec.config->parent_count)
		return false;
	const bond_t *bond = &bonds->rows[i];
	*ret_bond = (api_bond_t){ bond->config, bond->child, &bond->trouble };
	return true;
}

static void list_rooms(tree_t *tree)
{
	tree->rooms = (api_tree_t){ .journal = tree->spec.journal,
		                    .config = tree->spec.config,
		                    .bond_at = bond_at,
		                    .bonds = &tree->bonds,
		                    .packs = tree->packs,
		                    .authority = tree->authority,
		                    .parent = tree->parent,
		                    .outbox = tree->outbox,
		                    .census = tree->census,
		                    .book = tree->book,
		                    .board = tree->board,
		                    .handling = tree->handling };
}

typedef err_t (*step_t)(tree_t *tree, err_detail_t *ret_detail);

err_t tree_open(env_t *env, const tree_spec_t *spec, tree_t **ret_tree, err_detail_t *ret_detail)
{
	static const step_t steps[] = { open_packs,      open_views,      open_below,
		                        open_above,      open_devices,    open_posture,
		                        open_indicators, open_disclosure, open_bells };
	tree_t *tree = calloc(1, sizeof(*tree));
	err_t err = tree ? ERR_OK : ERR_NO_MEMORY;
	if (err)
		return err;
	tree->env = env;
	tree->spec = *spec;
	metrics_init(&tree->metrics, METRICS, METRIC_ROW_COUNT);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps) && !err; i++)
		err = steps[i](tree, ret_detail);
	if (err) {
		tree_close(tree);
		return err;
	}
	list_rooms(tree);
	*ret_tree = tree;
	return ERR_OK;
}

static void close_sessions(tree_t *tree)
{
	if (tree->durable)
		journal_unsubscribe(tree->spec.journal, tree->durable);
	env_mailbox_free(tree->durable);
	env_timer_free(tree->timer);
	bonds_close(&tree->bonds);
	roller_close(tree->roller);
	parent_free(tree->parent);
	tls_door_close(tree->door);
}

void tree_close(tree_t *tree)
{
	if (!tree)
		return;
	close_sessions(tree);
	disclosure_close(&tree->disclosure);
	indicators_close(&tree->indicators);
	own_posture_close(&tree->posture);
	own_devices_close(&tree->devices);
	outbox_close(tree->outbox);
	inbox_close(tree->inbox);
	authority_close(tree->authority);
	handling_close(tree->handling);
	board_close(tree->board);
	book_close(tree->book);
	census_close(tree->census);
	packs_close(tree->packs);
	free(tree);
}

err_t tree_bind(const tree_t *tree, const config_t *config, const catalogue_t *catalogue,
                indicators_plan_t *ret_plan, err_detail_t *ret_detail)
{
	indicators_source_t source = { config, tree->packs, catalogue };
	err_t err = own_devices_check(config, ret_detail);
	return err ? err : indicators_bind(&source, ret_plan, ret_detail);
}

void tree_reload(tree_t *tree, const tree_news_t *news, indicators_plan_t *plan)
{
	indicators_rebind(&tree->indicators, plan);
	disclosure_reload(&tree->disclosure, news->catalogue);
	tree->news = *news;
	tell_devices(tree);
	note_behind(tree);
}

const api_tree_t *tree_rooms(const tree_t *tree)
{
	return &tree->rooms;
}

size_t tree_metrics(const tree_t *tree, api_metrics_t rows[TREE_METRICS])
{
	const disclosure_t *gone = &tree->disclosure;
	const api_metrics_t all[TREE_METRICS] = {
		{ "jizhu_", &tree->metrics },
		{ "jizhu_", census_metrics(tree->census) },
		{ "jizhu_", book_metrics(tree->book) },
		{ "jizhu_", board_metrics(tree->board) },
		{ "jizhu_", handling_metrics(tree->handling) },
		{ "jizhu_", clerk_metrics(tree->indicators.clerk) },
		{ "jizhu_children_", tree->parent ? parent_metrics(tree->parent) : NULL },
		{ "jizhu_", tree->roller ? roller_metrics(tree->roller) : NULL },
		{ "jizhu_released_", gone->feeder ? release_feeder_metrics(gone->feeder) : NULL },
	};
	size_t count = 0;
	for (size_t i = 0; i < TREE_METRICS; i++)
		if (all[i].metrics)
			rows[count++] = all[i];
	return count;
}

bool tree_rebuilt(const tree_t *tree)
{
	return census_rebuilt(tree->census) || book_rebuilt(tree->book);
}
