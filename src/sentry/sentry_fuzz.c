/* SPDX-License-Identifier: Apache-2.0 */
/* Input: a capture stream, fed in two pieces. Whatever comes, the tables keep
 * their limits and the lists can be read. */
#include <assert.h>

#include "codec/frame/pcap.h"
#include "env/twin/twin.h"
#include "sentry/sentry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIST_MAX = 8, FLOWS = 4, ASSETS = 6 };

static env_t *world(void)
{
	static const twin_spec_t spec = { .seed = 1 };
	static env_t *env;
	twin_t *twin;
	err_t err = ERR_OK;
	if (!env)
		err = twin_new(&spec, &twin);
	if (!env && !err)
		err = twin_host_open(twin, "node", &env);
	assert(!err);
	return env;
}

static void lists_check(sentry_t *s)
{
	asset_t assets[LIST_MAX];
	conversation_t talks[LIST_MAX];
	baseline_row_t rows[LIST_MAX];
	incident_t incidents[LIST_MAX];
	size_t count = sentry_assets(s, 0, assets, LIST_MAX);
	assert(count <= ASSETS);
	(void)sentry_conversations(s, 0, talks, LIST_MAX);
	count = sentry_baseline(s, 0, rows, LIST_MAX);
	for (size_t i = 0; i < count; i++)
		assert(rows[i].from <= rows[i].to);
	count = sentry_incidents(s, 0, incidents, LIST_MAX);
	for (size_t i = 0; i < count; i++) {
		assert(incidents[i].count > 0 && incidents[i].reasons != 0);
		assert(incidents[i].packet_len <= INCIDENT_PACKET_MAX);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	sentry_spec_t spec = { .flows_max = FLOWS, .assets_max = ASSETS, .learn_ns = NS_PER_S };
	sentry_t *s = NULL;
	slice_t in = slice_of(data, size);
	err_t err = sentry_open(world(), &spec, &s);
	assert(!err);
	size_t used = sentry_feed(s, slice_sub(in, 0, size / 2));
	assert(used <= size / 2);
	used = sentry_feed(s, slice_from(in, used));
	assert(used <= size);
	sentry_tick(s, sentry_status(s).last_ns + 20 * NS_PER_S);
	lists_check(s);
	sentry_close(s);
	return 0;
}
