/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the project's own recording, test/golden/handle, in the form of the shared one:
 * a client of its own talks to a door and a desk of this build. It proves itself by a
 * secret alone, since no private key belongs in a repository. */
#include "handle_replay.h"
#include "registry/handle/desk_fixture_test.h"

typedef struct {
	desk_world_t w;
	const char *folder, *label;
	unsigned number;
} recorder_t;

static void keep(void *ctx, bool is_request, slice_t bytes)
{
	enum { ROW = 64 };
	recorder_t *r = ctx;
	char path[2 * REPLAY_PATH], hex[2 * REPLAY_BYTES + 1];
	(void)snprintf(path, sizeof(path), "%s/%03u-%s-tcp-%s.hex", r->folder, ++r->number,
	               r->label, is_request ? "req" : "rsp");
	FILE *out = fopen(path, "wb");
	assert_non_null(out);
	assert_true(bytes.len <= REPLAY_BYTES);
	num_to_hex(bytes, hex);
	for (size_t at = 0; at < strlen(hex); at += ROW)
		assert_true(fprintf(out, "%.*s\n", ROW, &hex[at]) > 0);
	assert_int_equal(fclose(out), 0);
}

/* A story in one row: an operation, what it is about, and whether a proof follows. */
typedef struct {
	const char *label;
	uint32_t operation, flags;
	slice_t (*body)(void);
	bool is_proven, is_wrong;
} scene_t;

static slice_t all(void)
{
	return question_body(PRESS);
}
static slice_t prefix_record(void)
{
	return question_body(OWN);
}
static slice_t other_case(void)
{
	return question_body(SLICE("99.100.1/PRESS"));
}
static slice_t nothing(void)
{
	return question_body(SLICE("99.100.1/nothing"));
}
static slice_t no_such_type(void)
{
	static uint8_t buf[256];
	uint8_t room[64];
	writer_t w = writer_of(buf, sizeof(buf)), scratch = writer_of(room, sizeof(room));
	slice_t type = SLICE("NONE");
	handle_resolution_t q = { .handle = PRESS,
		                  .types = handle_list_of_strings(&type, 1, &scratch) };
	handle_resolution_encode(&q, &w);
	return writer_done(&w);
}
static slice_t elsewhere(void)
{
	return question_body(SLICE("99.900/x"));
}
static slice_t site(void)
{
	return name_body(SLICE("/"));
}
static slice_t fresh(void)
{
	uint8_t buf[512];
	writer_t values = writer_of(buf, sizeof(buf));
	value_add(&values, 1, "URL", SLICE("http://127.0.0.1/new"));
	admin_add(&values, 100, HANDLE_ADMIN_ALL, OWN, 200);
	return record_body(SLICE("99.100.1/new-1"), 2, &values);
}
static slice_t zero(void)
{
	return value_body(SLICE("99.100.1/new-2"), 0, "URL");
}
static slice_t minted(void)
{
	return value_body(SLICE("99.100.1/m-"), 1, "URL");
}
static slice_t two(void)
{
	return value_body(SLICE("99.100.1/new-1"), 2, "EMAIL");
}
static slice_t many(void)
{
	return value_body(SLICE("99.100.1/new-1"), 77, "EMAIL");
}
static slice_t without_two(void)
{
	return removal_body(SLICE("99.100.1/new-1"), 2);
}
static slice_t fresh_name(void)
{
	return name_body(SLICE("99.100.1/new-1"));
}
static slice_t prefix(void)
{
	return name_body(OWN);
}
static slice_t no_mode(void)
{
	static uint8_t buf[256];
	writer_t w = writer_of(buf, sizeof(buf));
	handle_session_t s = { .mode = HANDLE_SESSION_CLIENT_KEY,
		               .timeout_s = 60,
		               .identity = { OWN, 300 },
		               .key = SLICE("key") };
	handle_session_encode(&s, &w);
	return writer_done(&w);
}

#define CERTIFIED (UINT32_C(0x40800000)) /* CERT and RRDG */
#define PUBLIC    (UINT32_C(0x19000000))
#define OVERWRITE (UINT32_C(0x00400000))
#define MINT      (UINT32_C(0x00200000))

static const scene_t scenes[] = {
	{ "resolve-all", HANDLE_OP_RESOLVE, PUBLIC, all, false, false },
	{ "resolve-prefix-record", HANDLE_OP_RESOLVE, PUBLIC, prefix_record, false, false },
	{ "resolve-case", HANDLE_OP_RESOLVE, PUBLIC, other_case, false, false },
	{ "resolve-notfound", HANDLE_OP_RESOLVE, PUBLIC, nothing, false, false },
	{ "resolve-values-notfound", HANDLE_OP_RESOLVE, PUBLIC, no_such_type, false, false },
	{ "resolve-wrong-prefix", HANDLE_OP_RESOLVE, PUBLIC, elsewhere, false, false },
	{ "resolve-certified", HANDLE_OP_RESOLVE, PUBLIC | CERTIFIED, all, false, false },
	{ "resolve-secret", HANDLE_OP_RESOLVE, 0, all, true, false },
	{ "create-overwrite", HANDLE_OP_CREATE, PUBLIC | OVERWRITE, fresh, true, false },
	{ "create-exists", HANDLE_OP_CREATE, PUBLIC, fresh, false, false },
	{ "create-badindex", HANDLE_OP_CREATE, PUBLIC, zero, false, false },
	{ "create-mint", HANDLE_OP_CREATE, PUBLIC | MINT, minted, true, false },
	{ "add-value", HANDLE_OP_ADD_VALUE, PUBLIC, two, true, false },
	{ "add-value-exists", HANDLE_OP_ADD_VALUE, PUBLIC, two, true, false },
	{ "modify-value", HANDLE_OP_MODIFY_VALUE, PUBLIC, two, true, false },
	{ "modify-value-missing", HANDLE_OP_MODIFY_VALUE, PUBLIC, many, false, false },
	{ "remove-value", HANDLE_OP_REMOVE_VALUE, PUBLIC, without_two, true, false },
	{ "remove-value-missing", HANDLE_OP_REMOVE_VALUE, PUBLIC, without_two, true, false },
	{ "delete-wrong-secret", HANDLE_OP_DELETE, PUBLIC, fresh_name, true, true },
	{ "delete", HANDLE_OP_DELETE, PUBLIC, fresh_name, true, false },
	{ "delete-missing", HANDLE_OP_DELETE, PUBLIC, fresh_name, true, false },
	{ "list-handles", HANDLE_OP_LIST_HANDLES, PUBLIC, prefix, true, false },
	{ "session-mode1", HANDLE_OP_SESSION_SETUP, PUBLIC | CERTIFIED, no_mode, false, false },
	{ "raw-opcode0", HANDLE_OP_NONE, PUBLIC, site, false, false },
};

void handle_record(const char *folder)
{
	static recorder_t r;
	r = (recorder_t){ .folder = folder };
	desk_world_make(&r.w);
	r.w.spec.key_path = "data/keys/handle.key";
	desk_world_start(&r.w);
	r.w.tap = keep;
	r.w.tap_ctx = &r;
	for (size_t i = 0; i < sizeof(scenes) / sizeof(*scenes); i++) {
		desk_who_t who = by_secret();
		desk_request_t q = { .operation = scenes[i].operation,
			             .flags = scenes[i].flags,
			             .body = scenes[i].body() };
		who.code = HANDLE_MAC_PBKDF2;
		who.secret = scenes[i].is_wrong ? SLICE("guess") : who.secret;
		r.label = scenes[i].label;
		if (scenes[i].is_proven)
			(void)desk_do(&r.w, &q, &who);
		else
			(void)desk_ask(&r.w, &q);
	}
	desk_world_free(&r.w);
}
