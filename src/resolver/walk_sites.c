/* SPDX-License-Identifier: Apache-2.0 */
/* Which site is asked, when the next one too, and what became of it. */
#include "resolver/walk_impl.h"

/* How long a server may be silent before another is asked as well. */
static const int64_t HEAD_START_NS = 300 * NS_PER_MS; /* of the other IP family */
static const int64_t PATIENCE_NS = 1500 * NS_PER_MS;  /* of the same */

static addr_t main_addr(const candidate_t *site)
{
	return site->udp.port ? site->udp : site->tcp;
}

static bool is_authoritative(const walk_t *walk)
{
	return walk->is_again || (walk->question->flags & RESOLVER_AUTHORITATIVE);
}

static bool is_certified(const walk_t *walk)
{
	return walk->question->flags & RESOLVER_CERTIFIED;
}

/* All doors of it were silent in this walk. */
static bool has_failed(const walk_t *walk, const candidate_t *site)
{
	for (size_t i = 0; i < walk->failed_count; i++)
		if (addr_eq(walk->failed[i], main_addr(site)))
			return true;
	return false;
}

/* The quickest site not yet tried, the first of equals; NULL: none is left. */
static candidate_t *best_site(walk_t *walk, size_t *ret_index)
{
	candidate_t *best = NULL;
	int64_t best_ns = 0;
	for (size_t i = 0; i < walk->service.count; i++) {
		candidate_t *site = &walk->service.sites[i];
		if (walk->tried[i] || has_failed(walk, site) ||
		    (is_authoritative(walk) && !site->is_primary) ||
		    (is_certified(walk) && site->key_len == 0))
			continue;
		int64_t ns = peers_expect_ns(walk->resolver->peers, main_addr(site),
		                             walk_now(walk));
		if (best && ns >= best_ns)
			continue;
		best = site;
		best_ns = ns;
		*ret_index = i;
	}
	return best;
}

static attempt_t *free_attempt(walk_t *walk)
{
	for (size_t i = 0; i < WALK_ATTEMPTS; i++)
		if (!walk->attempts[i].exchange)
			return &walk->attempts[i];
	return NULL;
}

static bool is_asking(const walk_t *walk)
{
	for (size_t i = 0; i < WALK_ATTEMPTS; i++)
		if (walk->attempts[i].exchange)
			return true;
	return false;
}

static const struct {
	uint32_t operation;
	resolver_step_kind_t step;
} asks[] = {
	[ASK_NAME] = { HANDLE_OP_RESOLVE, RESOLVER_STEP_ASKED },
	[ASK_SITE] = { HANDLE_OP_GET_SITE, RESOLVER_STEP_SITE },
	[ASK_PROOF] = { HANDLE_OP_VERIFY_ANSWER, RESOLVER_STEP_PROOF },
};

static resolver_step_t *note(walk_t *walk, const attempt_t *attempt, resolver_step_kind_t kind,
                             const exchange_result_t *result)
{
	resolver_step_t *step = walk_note(walk, kind, walk->question->name);
	step->server = result->server;
	step->by_tcp = result->by_tcp;
	step->tries = result->tries;
	step->ignored = result->ignored;
	step->took_ns = result->took_ns;
	step->at_ns = walk_now(walk) - result->took_ns - walk->begun_ns;
	step->err = result->err;
	if (kind == RESOLVER_STEP_ASKED)
		step->kind = asks[attempt->what].step;
	if (result->reply) {
		step->response = result->reply->response;
		step->values = result->reply->values.count;
	}
	return step;
}

void walk_leave(walk_t *walk, resolver_step_kind_t kind, err_t err)
{
	for (size_t i = 0; i < WALK_ATTEMPTS; i++) {
		attempt_t *attempt = &walk->attempts[i];
		if (!attempt->exchange)
			continue;
		exchange_result_t state = exchange_state(attempt->exchange);
		state.err = err;
		(void)note(walk, attempt, kind, &state);
		/* Who was still silent when another had its turn is not asked first next time. */
		if (state.took_ns >= HEAD_START_NS)
			peers_failed(walk->resolver->peers, main_addr(&attempt->site),
			             walk_now(walk));
		exchange_cancel(attempt->exchange);
		attempt->exchange = NULL;
	}
	if (walk->head_start)
		env_timer_clear(walk->head_start);
}

static void on_exchange(void *ctx, exchange_t *exchange, const exchange_result_t *result)
{
	attempt_t *attempt = ctx;
	walk_t *walk = attempt->walk;
	addr_t server = main_addr(&attempt->site);
	(void)exchange;
	attempt->exchange = NULL;
	(void)note(walk, attempt, RESOLVER_STEP_ASKED, result);
	if (!result->err) {
		peers_answered(walk->resolver->peers, server, result->took_ns);
		walk->last_server = result->server;
		walk_judge(walk, attempt, result->reply);
		return;
	}
	peers_failed(walk->resolver->peers, server, walk_now(walk));
	if (walk->failed_count < WALK_REQUESTS)
		walk->failed[walk->failed_count++] = server;
	walk->last_err = result->err;
	walk_launch(walk);
}

static uint32_t flags_of(const walk_t *walk)
{
	uint32_t flags = HANDLE_FLAGS_DEFAULT;
	if (is_authoritative(walk))
		flags = (flags & ~HANDLE_FLAG_CACR) | HANDLE_FLAG_AUTH;
	if (walk->question->flags & (RESOLVER_DIGEST | RESOLVER_CERTIFIED))
		flags |= HANDLE_FLAG_RRDG;
	if (is_certified(walk))
		flags |= HANDLE_FLAG_CERT;
	return flags;
}

static err_t ask(walk_t *walk, attempt_t *attempt)
{
	uint32_t recursion = walk->question->recursion + walk->hops - 1;
	exchange_spec_t spec = {
		.server = attempt->site,
		.tcp_first = walk->resolver->spec.prefer_tcp,
		.operation = asks[attempt->what].operation,
		.question = walk->question,
		.flags = flags_of(walk),
		.recursion = recursion < UINT8_MAX ? (uint8_t)recursion : UINT8_MAX,
		.done = on_exchange,
		.ctx = attempt,
	};
	attempt->walk = walk;
	walk->requests++;
	return handle_client_ask(walk->resolver->client, &spec, &attempt->exchange);
}

static void arm_head_start(walk_t *walk, const candidate_t *asked)
{
	size_t index;
	const candidate_t *next = best_site(walk, &index);
	if (!next || !free_attempt(walk))
		return;
	bool is_other = main_addr(next).ip.family != main_addr(asked).ip.family;
	env_timer_set(walk->head_start, is_other ? HEAD_START_NS : PATIENCE_NS);
}

static bool is_over_budget(walk_t *walk)
{
	if (walk->requests < WALK_REQUESTS)
		return false;
	(void)walk_note(walk, RESOLVER_STEP_TOO_DEEP, walk->question->name);
	metric_add(&walk->resolver->metrics, RESOLVER_METRIC_LOOPS, 1);
	return true;
}

void walk_launch(walk_t *walk)
{
	size_t index;
	candidate_t *site = best_site(walk, &index);
	attempt_t *attempt = free_attempt(walk);
	if (!site && !is_asking(walk)) {
		walk_settle_last(walk);
		return;
	}
	if (!site || !attempt)
		return;
	if (is_over_budget(walk)) {
		walk_give_up(walk, ERR_LIMIT);
		return;
	}
	walk->tried[index] = true;
	attempt->site = *site;
	attempt->what = ASK_NAME;
	err_t err = ask(walk, attempt);
	if (err)
		walk_give_up(walk, err);
	else
		arm_head_start(walk, &attempt->site);
}

void walk_on_head_start(void *ctx)
{
	walk_launch(ctx);
}

void walk_sites(walk_t *walk)
{
	size_t index;
	memset(walk->tried, 0, sizeof(walk->tried));
	walk->hops++;
	/* What was said on the way here is no word of these. */
	walk->last_response = 0;
	walk->last_text_len = 0;
	if (!best_site(walk, &index))
		(void)walk_note(walk, RESOLVER_STEP_NO_SITE, walk->question->name);
	walk_launch(walk);
}

void walk_ask_alone(walk_t *walk, const candidate_t *site, ask_for_t what)
{
	candidate_t asked = *site;
	attempt_t *attempt = &walk->attempts[0];
	walk_leave(walk, RESOLVER_STEP_OVERTAKEN, ERR_OK);
	if (is_over_budget(walk)) {
		walk_give_up(walk, ERR_LIMIT);
		return;
	}
	attempt->site = asked;
	attempt->what = what;
	err_t err = ask(walk, attempt);
	if (err)
		walk_give_up(walk, err);
}
