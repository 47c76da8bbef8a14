/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_TREE_ROOM_TEST_H
#define API_TREE_ROOM_TEST_H
/* A room whose node is a province: it has a parent with a contract, children that send signed
 * batches, and the rooms of the tree on a journal of their own.
 *
 * Story: tree_room_open and tree_room_close are set-up and tear-down; tree_send lets a child
 * send an item; tree_settle makes all that was appended durable and followed. */
#include "api/room_test.h"
#include "env/pkey.h"
#include "release/release.h"
#include "uplink/seal.h"

enum { TREE_CHILDREN = 3, TREE_BATCH = 64 * 1024 };

static const char *const TREE_NAMES[TREE_CHILDREN] = { "99.100.2", "99.100.3", "99.100.4" };

typedef struct {
	env_pkey_t *key;      /* of what this node signs */
	seal_signer_t signer; /* of the children, who all have one */
	packs_t *packs;
	inbox_t *inbox;
	config_t config;
	uplink_held_t held[TREE_CHILDREN][UPLINK_STREAM_COUNT];
	uint8_t bytes[TREE_BATCH];
} tree_room_t;

static const config_point_t TREE_POINTS[] = {
	{ .name = "V", .label = { "Voltage", "电压" }, .unit = "V", .owner = "Workshop 1" },
	{ .name = "RECIPE",
	  .label = { "Recipe", "配方" },
	  .unit = "1",
	  .data_class = DATA_CORE,
	  .owner = "Process" },
	{ .name = "P", .label = { "Power", "功率" }, .unit = "kW", .data_class = DATA_IMPORTANT },
};
static const config_device_t TREE_DEVICES[] = {
	{ .name = "FRM1",
	  .label = { "Formation 1", "化成 1" },
	  .points = TREE_POINTS,
	  .point_count = 3 },
};
static const config_contract_t TREE_CONTRACTS[] = {
	{ .name = "monthly",
	  .streams = { UPLINK_EVENTS, UPLINK_INDICATORS },
	  .stream_count = 2,
	  .indicators = { "iso22400.*" },
	  .indicator_count = 1,
	  .points = { DATA_GENERAL },
	  .point_count = 1,
	  .events = { EVENT_ALARM },
	  .event_count = 1,
	  .every_ns = 3600 * NS_PER_S },
};
static const config_parent_t TREE_PARENTS[] = {
	{ .name = "nation",
	  .node = "99.100.0",
	  .addr = { { { 127, 0, 0, 9 }, 4 }, 4100 },
	  .contract = "monthly" },
};
static const config_pair_t TREE_INPUTS[] = { { "state", "FRM1.V", "" } };
static const config_indicator_t TREE_INDICATORS[] = {
	{ .definition = "iso22400.oee",
	  .entity = "",
	  .scope = "work-unit",
	  .inputs = { TREE_INPUTS, 1 } },
};

static inline const env_pkey_t *tree_key(void *ctx, slice_t parent)
{
	(void)parent;
	return ((tree_room_t *)ctx)->key;
}

static inline bool tree_bond(void *ctx, size_t i, api_bond_t *ret_bond)
{
	static const err_detail_t none = { 0 };
	(void)ctx;
	*ret_bond = (api_bond_t){ .config = TREE_PARENTS, .trouble = &none };
	return i == 0;
}

static inline void tree_room_configure(tree_room_t *own)
{
	own->config = (config_t){ .node = { .name = "province",
		                            .label = { "Province", "省级节点" },
		                            .prefix = "99.100.1",
		                            .level = "province",
		                            .region = "32",
		                            .industry = "",
		                            .parent = "" },
		                  .uplink = { .parents = TREE_PARENTS,
		                              .parent_count = 1,
		                              .contracts = TREE_CONTRACTS,
		                              .contract_count = 1 },
		                  .indicators = TREE_INDICATORS,
		                  .indicator_count = 1,
		                  .devices = TREE_DEVICES,
		                  .device_count = 1,
		                  .office_utc_offset_h = 8 };
}

static inline void tree_room_views(room_t *room, api_tree_t *tree)
{
	env_t *env = room->env;
	OK(census_open(env,
	               &(census_spec_t){ .views_dir = "data/views",
	                                 .journal = tree->journal,
	                                 .node = "99.100.1" },
	               &tree->census));
	OK(book_open(env, &(book_spec_t){ .views_dir = "data/views", .journal = tree->journal },
	             &tree->book));
	OK(board_open(env, &(board_spec_t){ .journal = tree->journal, .node = "99.100.1" },
	              &tree->board));
	OK(handling_open(env,
	                 &(handling_spec_t){ .journal = tree->journal,
	                                     .node = "99.100.1",
	                                     .offset_ns = 8 * 3600 * NS_PER_S },
	                 &tree->handling));
}

static inline void tree_room_lines(room_t *room, tree_room_t *own, api_tree_t *tree)
{
	err_detail_t detail;
	env_loop_t *loop = room->loops[LOOP_QUERY];
	authority_spec_t authority = { .keys_dir = "data/keys",
		                       .node = SLICE("99.100.1"),
		                       .journal = tree->journal,
		                       .events = room->journal,
		                       .loop = loop };
	OK(authority_open(room->env, &authority, &room->authority, &detail));
	OK(inbox_open(&(inbox_spec_t){ .loop = loop, .journal = tree->journal }, &own->inbox,
	              &detail));
	OK(parent_new(&(parent_spec_t){ .loop = loop,
	                                .inbox = own->inbox,
	                                .events = room->journal,
	                                .node = SLICE("99.100.1") },
	              &tree->parent));
	OK(outbox_open(&(outbox_spec_t){ .loop = loop,
	                                 .journal = tree->journal,
	                                 .node = SLICE("99.100.1"),
	                                 .key_of = tree_key,
	                                 .key_ctx = own },
	               &tree->outbox, &detail));
	tree->authority = room->authority;
}

static inline void tree_room_keys(tree_room_t *own)
{
	uint8_t der[128];
	writer_t w = writer_of(der, sizeof(der));
	OK(env_pkey_generate(ENV_PKEY_ED25519, &own->key));
	OK(env_pkey_to_der(own->key, &w));
	OK(env_pkey_from_der(writer_done(&w), &own->signer.key));
}

static inline void tree_room_close_own(room_t *room)
{
	tree_room_t *own = room->own;
	api_tree_t *tree = &room->tree;
	parent_free(tree->parent);
	outbox_close(tree->outbox);
	inbox_close(own->inbox);
	authority_close(room->authority);
	room->authority = NULL;
	handling_close(tree->handling);
	board_close(tree->board);
	book_close(tree->book);
	census_close(tree->census);
	packs_close(own->packs);
	journal_close(tree->journal);
	env_pkey_free(own->key);
	env_pkey_free(own->signer.key);
	free(own);
}

static inline void tree_room_adjust(room_t *room, api_spec_t *spec)
{
	err_detail_t detail;
	journal_recovery_t recovery;
	tree_room_t *own = calloc(1, sizeof(*own));
	assert_non_null(own);
	journal_spec_t journal = { .dir = "data/journal",
		                   .name = "tree",
		                   .chained = true,
		                   .commit_loop = room->loops[LOOP_COMMIT] };
	room->own = own;
	room->close_own = tree_room_close_own;
	tree_room_configure(own);
	tree_room_keys(own);
	room->tree = (api_tree_t){ .config = &own->config, .bond_at = tree_bond, .bonds = own };
	OK(journal_open(room->env, &journal, &room->tree.journal, &recovery, &detail));
	OK(packs_open(room->env, &(packs_spec_t){ 0 }, &own->packs, &detail));
	room->tree.packs = own->packs;
	tree_room_views(room, &room->tree);
	tree_room_lines(room, own, &room->tree);
	spec->tree = &room->tree;
}

static inline int tree_room_open(void **state)
{
	return room_open_with(state, tree_room_adjust);
}

static inline void tree_settle(room_t *room)
{
	pass(room, NS_PER_S);
	OK(census_follow(room->tree.census));
	OK(book_follow(room->tree.book));
	OK(board_follow(room->tree.board));
	OK(handling_follow(room->tree.handling));
}

/* The next batch of the child's stream, with this one item. */
static inline void tree_send(room_t *room, size_t child, uplink_stream_t stream, slice_t body)
{
	tree_room_t *own = room->own;
	uplink_held_t *held = &own->held[child][stream];
	inbox_child_t *of = NULL;
	inbox_answer_t answer;
	uplink_batch_t batch;
	uint8_t hash[UPLINK_HASH_BYTES];
	writer_t w = writer_of(own->bytes, sizeof(own->bytes));
	uplink_item_t item = { env_utc(room->env).ns, body };
	uplink_envelope_t envelope = { .stream = stream,
		                       .node = slice_str(TREE_NAMES[child]),
		                       .epoch = 1,
		                       .first = held->sequence + 1,
		                       .count = 1 };
	memcpy(envelope.before, held->hash, sizeof(envelope.before));
	uplink_batch_put(&envelope, &item, &w);
	seal_hash(UPLINK_TAG_BATCH, writer_done(&w), hash);
	OK(seal_sign(own->key, hash, &w));
	assert_false(w.bad);
	OK(uplink_batch_read(writer_done(&w), &batch));
	*held = seal_held(&batch);
	OK(inbox_child(own->inbox, slice_str(TREE_NAMES[child]), &of));
	OK(inbox_offer(own->inbox, of, &own->signer, writer_done(&w), &answer));
	assert_int_equal(answer.verdict, INBOX_TAKEN);
}
#endif
