/* SPDX-License-Identifier: Apache-2.0 */
/* Failures are told apart by a hash with a seed of this run: two identities that share
 * one would be counted together, which nobody can bring about. */
#include "registry/guesses.h"

#include "base/num.h"
#include "journal/event_log.h"
#include "registry/state.h"

static const int64_t MINUTE_NS = 60 * NS_PER_S;

err_t guesses_open(env_t *env, guesses_t *guesses)
{
	env_random(env, &guesses->seed, sizeof(guesses->seed));
	return env_mutex_new(env, &guesses->mutex);
}

void guesses_close(guesses_t *guesses)
{
	env_mutex_free(guesses->mutex);
}

static uint64_t hash_of(const guesses_t *g, const registry_identity_t *who)
{
	uint8_t room[RECORD_NAME_MAX];
	slice_t handle = slice_sub(who->handle, 0, sizeof(room));
	slice_fold_upper(handle, room);
	return num_hash(slice_of(room, handle.len), g->seed ^ who->index);
}

/* The identity's own row while its minute lasts, else the one that began first. */
static guess_t *row_for(guesses_t *g, uint64_t who, int64_t now)
{
	guess_t *oldest = &g->rows[0];
	for (size_t i = 0; i < GUESSES_MAX; i++) {
		guess_t *row = &g->rows[i];
		if (row->who == who && row->begin_ns != 0 && now - row->begin_ns < MINUTE_NS)
			return row;
		if (row->begin_ns < oldest->begin_ns)
			oldest = row;
	}
	*oldest = (guess_t){ .who = who, .begin_ns = now };
	return oldest;
}

static bool may_tell(guesses_t *g, int64_t now)
{
	if (now - g->minute_ns >= MINUTE_NS) {
		g->minute_ns = now;
		g->told = 0;
	}
	return g->told++ < GUESSES_EVENTS;
}

static void tell(registry_t *r, const registry_identity_t *who, ip_t source)
{
	uint8_t subject[REGISTRY_SUBJECT_MAX];
	char client[IP_TEXT_MAX];
	writer_t w = writer_of(subject, sizeof(subject));
	event_t event = event_make(MSG_IDENTITY_GUESSED, (node_time_t){ env_utc(r->env).ns });
	registry_identity_subject(who, &w);
	event_arg(&event, ARG_SUBJECT, value_text(writer_done(&w)));
	event_arg(&event, ARG_COUNT, value_i64(GUESSES_ALARM));
	event_arg(&event, ARG_CLIENT, value_text(slice_str(ip_format(source, client))));
	metric_add(&r->metrics, REGISTRY_METRIC_EVENTS_LOST,
	           event_append(r->journal, &event) != ERR_OK);
}

void registry_note_guess(registry_t *registry, const registry_identity_t *who, ip_t source)
{
	guesses_t *g = &registry->guesses;
	int64_t now = env_now(registry->env) + 1;
	env_lock(g->mutex);
	bool is_alarm = ++row_for(g, hash_of(g, who), now)->count == GUESSES_ALARM;
	bool is_told = is_alarm && may_tell(g, now);
	env_unlock(g->mutex);
	metric_add(&registry->metrics, REGISTRY_METRIC_GUESSES_UNTOLD, is_alarm && !is_told);
	if (is_told)
		tell(registry, who, source);
}
