/* SPDX-License-Identifier: Apache-2.0 */
#include "api/tls.h"

#include <stdlib.h>

#include "api/state.h"
#include "base/text.h"
#include "journal/event_log.h"
#include "model/time.h"

enum { JOBS_MAX = 4, REASON_MAX = 512 };
#define LOOK_NS (86400 * NS_PER_S)

/* A reload on its way. */
typedef struct {
	char certificate[CERTIFICATE_PATH_MAX], key[CERTIFICATE_PATH_MAX];
	http_clients_t clients;
	certificate_t *loaded; /* by the query loop */
} job_t;

struct tls {
	api_t *api;
	job_t shown; /* the files in use; loaded: until the door stands */
	env_x509_t info;
	bool is_own;
	env_timer_t *timer;
	env_mailbox_t *asked;  /* job_t *, to the query loop */
	env_mailbox_t *loaded; /* job_t *, to the HTTP loop */
};

static const err_text_t text_restart = {
	{ "TLS is turned on or off only by a restart", "TLS 的启用或停用需重启后生效" },
	{ NULL, NULL },
};

static const err_text_t text_busy = {
	{ "too many reloads at once", "同时进行的重新加载过多" },
	{ NULL, NULL },
};

static const err_text_t text_unusable = {
	{ "TLS cannot use the key %1", "TLS 无法使用密钥 %1" },
	{ "use an ECDSA key on P-256, or RSA of 2048 bits or more",
	  "请使用 P-256 的 ECDSA 密钥，或 2048 位及以上的 RSA 密钥" },
};

/* Events. */

static void note(api_t *api, event_t *event)
{
	/* A journal that takes no more already shows on /readyz. */
	(void)!event_append(api->spec.journal, event);
}

static void note_refused(api_t *api, const err_detail_t *why)
{
	char reason[REASON_MAX];
	event_t event = event_make(MSG_CERTIFICATE_REFUSED, (node_time_t){ env_utc(api->env).ns });
	err_render(why, LANG_EN, reason, sizeof(reason));
	event_arg(&event, ARG_REASON, value_text(slice_str(reason)));
	note(api, &event);
}

static void refuse(api_t *api, err_t err, const err_text_t *text, const char *path)
{
	err_detail_t why;
	(void)!err_raise(&why, err, text, "", path, (char *)NULL);
	note_refused(api, &why);
}

static void note_shown(const tls_t *tls, message_t message)
{
	char until[TIME_TEXT_MAX];
	api_tls_t state = tls_state(tls);
	event_t event = event_make(message, (node_time_t){ env_utc(tls->api->env).ns });
	event_arg(&event, ARG_PATH, value_text(slice_str(tls->shown.certificate)));
	event_arg(&event, ARG_VALID_UNTIL,
	          value_text(slice_str(time_format(state.not_after_ns, until))));
	event_arg(&event, ARG_FINGERPRINT, value_text(slice_str(state.fingerprint)));
	note(tls->api, &event);
}

/* Jobs. */

static void job_free(job_t *job)
{
	if (job)
		certificate_free(job->loaded);
	free(job);
}

static bool job_fill(job_t *job, const api_tls_spec_t *spec)
{
	job->clients = spec->clients;
	return slice_to_cstr(slice_str(spec->certificate), job->certificate,
	                     sizeof(job->certificate)) &&
	       slice_to_cstr(slice_str(spec->key), job->key, sizeof(job->key));
}

static err_t job_load(const tls_t *tls, job_t *job, err_detail_t *ret_detail)
{
	certificate_files_t files = {
		.certificate = job->certificate,
		.key = job->key,
		.keys_dir = tls->api->spec.tls.keys_dir,
		.ip = tls->api->spec.addr.ip,
	};
	return certificate_load(tls->api->env, &files, &job->loaded, ret_detail);
}

static env_http_tls_t wire_of(const job_t *job)
{
	const certificate_t *c = job->loaded;
	return (env_http_tls_t){
		.certificate = slice_of(c->certificate, c->certificate_len),
		.key = slice_of(c->key, c->key_len),
		.clients = job->clients,
	};
}

static void show(tls_t *tls, const job_t *job)
{
	tls->shown = *job;
	tls->shown.loaded = NULL;
	tls->info = job->loaded->info;
	tls->is_own = job->loaded->is_own;
	note_shown(tls, MSG_CERTIFICATE_LOADED);
}

static void ask(tls_t *tls, const job_t *wanted)
{
	job_t *job = malloc(sizeof(*job));
	if (job)
		*job = *wanted;
	if (job && env_mailbox_put(tls->asked, &job))
		return;
	refuse(tls->api, job ? ERR_BUSY : ERR_NO_MEMORY, job ? &text_busy : NULL, "");
	free(job);
}

static void on_asked(void *ctx)
{
	tls_t *tls = ctx;
	err_detail_t why;
	job_t *job = NULL;
	while (env_mailbox_take(tls->asked, &job)) {
		if (job_load(tls, job, &why))
			note_refused(tls->api, &why);
		else if (env_mailbox_put(tls->loaded, &job))
			continue;
		job_free(job);
	}
}

static void on_loaded(void *ctx)
{
	tls_t *tls = ctx;
	job_t *job = NULL;
	while (env_mailbox_take(tls->loaded, &job)) {
		env_http_tls_t wire = wire_of(job);
		err_t err = env_http_set_tls(tls->api->http, &wire);
		if (err)
			refuse(tls->api, err, &text_unusable, job->loaded->key_path);
		else
			show(tls, job);
		job_free(job);
	}
}

/* Once a day. */

static void look(void *ctx)
{
	tls_t *tls = ctx;
	certificate_age_t age = certificate_age(&tls->info, env_utc(tls->api->env).ns);
	bool ends = age == CERTIFICATE_ENDING || age == CERTIFICATE_ENDED;
	if (ends && tls->is_own)
		ask(tls, &tls->shown);
	else if (ends)
		note_shown(tls, MSG_CERTIFICATE_ENDING);
	env_timer_set(tls->timer, LOOK_NS);
}

/* Open. */

static err_t open_parts(tls_t *tls)
{
	const api_spec_t *spec = &tls->api->spec;
	env_mailbox_spec_t asked = { "tls asked", spec->loops.query, sizeof(job_t *),
		                     JOBS_MAX,    ENV_FULL_REFUSE,   on_asked,
		                     tls };
	env_mailbox_spec_t loaded = { "tls loaded", spec->loops.http, sizeof(job_t *),
		                      JOBS_MAX,     ENV_FULL_REFUSE,  on_loaded,
		                      tls };
	err_t err = env_mailbox_new(&asked, &tls->asked);
	if (!err)
		err = env_mailbox_new(&loaded, &tls->loaded);
	return err ? err : env_timer_new(spec->loops.http, look, tls, &tls->timer);
}

err_t tls_open(api_t *api, tls_t **ret_tls, env_http_tls_t *ret_wire, err_detail_t *ret_detail)
{
	tls_t *tls = calloc(1, sizeof(*tls));
	if (!tls)
		return ERR_NO_MEMORY;
	tls->api = api;
	err_t err = job_fill(&tls->shown, &api->spec.tls) ? open_parts(tls) : ERR_TOO_BIG;
	if (!err)
		err = job_load(tls, &tls->shown, ret_detail);
	if (err) {
		tls_free(tls);
		return err;
	}
	*ret_wire = wire_of(&tls->shown);
	*ret_tls = tls;
	return ERR_OK;
}

void tls_opened(tls_t *tls)
{
	job_t job = tls->shown;
	show(tls, &job);
	certificate_free(job.loaded);
	look(tls);
}

static void drain(env_mailbox_t *mailbox)
{
	job_t *job = NULL;
	while (mailbox && env_mailbox_take(mailbox, &job))
		job_free(job);
	env_mailbox_free(mailbox);
}

void tls_free(tls_t *tls)
{
	if (!tls)
		return;
	certificate_free(tls->shown.loaded);
	env_timer_free(tls->timer);
	drain(tls->asked);
	drain(tls->loaded);
	free(tls);
}

api_tls_t tls_state(const tls_t *tls)
{
	api_tls_t state = { .on = tls != NULL };
	if (!tls)
		return state;
	state.own = tls->is_own;
	state.not_after_ns = tls->info.not_after_ns;
	writer_t w = writer_of(state.fingerprint, sizeof(state.fingerprint));
	for (size_t i = 0; i < SHA256_BYTES; i++)
		wr_format(&w, "%s%02X", i ? ":" : "", tls->info.fingerprint[i]);
	return state;
}

void api_reload_tls(api_t *api, const api_tls_spec_t *spec)
{
	job_t job = { 0 };
	if (spec->on != (api->tls != NULL))
		refuse(api, ERR_UNSUPPORTED, &text_restart, "");
	else if (api->tls && !job_fill(&job, spec))
		refuse(api, ERR_TOO_BIG, NULL, "");
	else if (api->tls)
		ask(api->tls, &job);
}
