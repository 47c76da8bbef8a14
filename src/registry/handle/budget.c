/* SPDX-License-Identifier: Apache-2.0 */
/* What a source may cost. Each source has a purse of CPU time that fills at a steady
 * rate and holds two seconds' worth; what an operation costs is known before it is
 * done, from measurement. A source may overdraw once, so that one dear operation is
 * never refused for ever. */
#include "registry/handle/desk_state.h"

desk_source_t desk_source(ip_t ip)
{
	desk_source_t source = { .family = ip.family };
	memcpy(source.bytes, ip.bytes, ip.family == 4 ? 4 : sizeof(source.bytes));
	return source;
}

bool desk_source_eq(const desk_source_t *a, const desk_source_t *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* The purse of the source: its own, or one that nobody has used for longest. */
static desk_purse_t *purse_of(handle_desk_t *desk, const desk_source_t *source, int64_t now)
{
	desk_purse_t *oldest = desk->purses;
	for (size_t i = 0; i < DESK_SOURCES; i++) {
		desk_purse_t *p = &desk->purses[i];
		if (p->at_ns != 0 && desk_source_eq(&p->source, source))
			return p;
		if (p->at_ns < oldest->at_ns)
			oldest = p;
	}
	desk_count(desk, DESK_METRIC_SOURCES_FULL, oldest->at_ns != 0);
	*oldest = (desk_purse_t){ .source = *source, .at_ns = now, .left_us = 2 * desk->source_us };
	return oldest;
}

bool desk_pay(handle_desk_t *desk, const desk_source_t *source, uint32_t us)
{
	int64_t now = env_now(desk->env) + 1;
	desk_purse_t *p = purse_of(desk, source, now);
	double filled = (double)(now - p->at_ns) / (double)NS_PER_S * (double)desk->source_us;
	int64_t most = 2 * desk->source_us;
	p->left_us = filled >= (double)(most - p->left_us) ? most : p->left_us + (int64_t)filled;
	p->at_ns = now;
	bool can_pay = p->left_us > 0;
	if (can_pay)
		p->left_us -= us;
	desk_count(desk, DESK_METRIC_BUDGET, !can_pay);
	return can_pay;
}
