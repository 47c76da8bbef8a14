/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/progress.h"

#include <stdio.h>

static const int64_t EVERY_NS = 2 * NS_PER_S;

static void tell(void *ctx, const char *what, uint64_t bytes)
{
	progress_t *p = ctx;
	int64_t now = env_now(p->env);
	if (p->said_ns == 0)
		p->said_ns = now;
	if (!slice_eq(slice_str(what), slice_str(p->what)))
		p->bytes = 0;
	p->what = what;
	p->bytes += bytes;
	p->total += bytes;
	if (now - p->said_ns < EVERY_NS)
		return;
	p->said_ns = now;
	fprintf(stderr, "jizhu: %s, %.1f MiB (%.1f MiB in all)\n", what,
	        (double)p->bytes / (1 << 20), (double)p->total / (1 << 20));
}

backup_spec_t progress_of(env_t *env, const backup_spec_t *words, progress_t *ret_progress)
{
	backup_spec_t spec = *words;
	*ret_progress = (progress_t){ .env = env };
	spec.step = tell;
	spec.ctx = ret_progress;
	return spec;
}
