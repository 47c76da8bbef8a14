/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handle_login.h"

#include "base/num.h"
#include "env/crypto.h"
#include "model/time.h"

static const int64_t UNPROVEN_NS = 60 * NS_PER_S;
static const int64_t IDLE_NS = 30 * 60 * NS_PER_S;
static const int64_t LIFE_NS = 12 * 3600 * NS_PER_S;

static bool is_over(const handle_login_t *session, int64_t now_ns)
{
	int64_t idle = session->who[0] ? IDLE_NS : UNPROVEN_NS;
	return !session->id[0] || now_ns - session->used_ns > idle ||
	       now_ns - session->made_ns > LIFE_NS;
}

/* Whether `a` should go before `b`. */
static bool is_lesser(const handle_login_t *a, const handle_login_t *b)
{
	if ((a->who[0] != 0) != (b->who[0] != 0))
		return a->who[0] == 0;
	return a->used_ns < b->used_ns;
}

/* A free row, unless the source has too many, else the least of those that compete. */
static handle_login_t *row_for(handle_logins_t *sessions, ip_t source, int64_t now_ns)
{
	handle_login_t *spare = NULL, *own = NULL, *least = &sessions->rows[0];
	size_t owned = 0;
	for (size_t i = 0; i < HANDLE_LOGINS; i++) {
		handle_login_t *row = &sessions->rows[i];
		if (is_over(row, now_ns)) {
			spare = row;
			continue;
		}
		if (is_lesser(row, least))
			least = row;
		if (!ip_eq(row->source, source))
			continue;
		owned++;
		own = !own || is_lesser(row, own) ? row : own;
	}
	if (owned >= HANDLE_LOGINS_SOURCE)
		return own;
	return spare ? spare : least;
}

void handle_login_renew(handle_logins_t *sessions, handle_login_t *session)
{
	env_random(sessions->env, session->nonce, sizeof(session->nonce));
}

handle_login_t *handle_login_open(handle_logins_t *sessions, ip_t source)
{
	uint8_t id[(HANDLE_LOGIN_ID - 1) / 2];
	int64_t now_ns = env_now(sessions->env);
	handle_login_t *session = row_for(sessions, source, now_ns);
	*session = (handle_login_t){ .source = source, .made_ns = now_ns, .used_ns = now_ns };
	env_random(sessions->env, id, sizeof(id));
	num_to_hex(slice_of(id, sizeof(id)), session->id);
	handle_login_renew(sessions, session);
	return session;
}

handle_login_t *handle_login_find(handle_logins_t *sessions, slice_t id)
{
	int64_t now_ns = env_now(sessions->env);
	for (size_t i = 0; id.len && i < HANDLE_LOGINS; i++) {
		handle_login_t *row = &sessions->rows[i];
		if (is_over(row, now_ns) || !env_secret_eq(id, slice_str(row->id)))
			continue;
		row->used_ns = now_ns;
		return row;
	}
	return NULL;
}

err_t handle_login_prove(handle_logins_t *sessions, handle_login_t *session, slice_t who)
{
	handle_login_renew(sessions, session);
	if (who.len > HANDLE_LOGIN_WHO)
		return ERR_TOO_BIG;
	(void)slice_to_cstr(who, session->who, sizeof(session->who));
	return ERR_OK;
}

void handle_login_close(handle_login_t *session)
{
	env_wipe(session, sizeof(*session));
}

size_t handle_login_count(handle_logins_t *sessions)
{
	int64_t now_ns = env_now(sessions->env);
	size_t count = 0;
	for (size_t i = 0; i < HANDLE_LOGINS; i++)
		count += !is_over(&sessions->rows[i], now_ns);
	return count;
}
