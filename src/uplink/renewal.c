/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/renewal.h"

#include <stdlib.h>

#include "journal/event_log.h"
#include "base/text.h"

enum { PATH_ROOM = 1024 };

struct renewal {
	renewal_spec_t spec;
	char keys_dir[PATH_ROOM], name[MEMBERSHIP_NAME_MAX + 1];
	env_timer_t *timer;
	membership_t present, next;
	enrol_t *enrol; /* NULL: nothing is asked */
	bool has_failed;
};

static membership_place_t place_of(const renewal_t *renewal)
{
	return (membership_place_t){ renewal->keys_dir, renewal->name };
}

/* The first of several failures is told. */
static void failed(renewal_t *renewal, err_t err)
{
	char until[TIME_TEXT_MAX];
	bool is_first = !renewal->has_failed;
	renewal->has_failed = true;
	if (!is_first || !renewal->spec.events)
		return;
	env_t *env = env_loop_env(renewal->spec.loop);
	event_t event = event_make(MSG_RENEWAL_FAILED, (node_time_t){ env_utc(env).ns });
	event_arg(&event, ARG_NAME, value_text(slice_str(renewal->name)));
	event_arg(&event, ARG_REASON, value_text(slice_str(err_info(err)->name)));
	event_arg(&event, ARG_VALID_UNTIL,
	          value_text(slice_str(time_format(renewal->present.until_ns, until))));
	(void)!event_append(renewal->spec.events, &event);
}

static void end(renewal_t *renewal, err_t err)
{
	enrol_free(renewal->enrol);
	renewal->enrol = NULL;
	if (err)
		failed(renewal, err);
	else
		renewal->has_failed = false;
	membership_done(&renewal->present);
	membership_done(&renewal->next);
	env_timer_set(renewal->timer, RENEWAL_LOOK_NS);
}

static void on_done(void *ctx, err_t err, const err_detail_t *detail)
{
	renewal_t *renewal = ctx;
	membership_place_t place = place_of(renewal);
	env_t *env = env_loop_env(renewal->spec.loop);
	(void)detail;
	if (!err)
		err = membership_take(env, &place, &renewal->next, NULL);
	if (!err)
		err = tls_dialer_renew(renewal->spec.dialer, &renewal->next);
	end(renewal, err);
}

static err_t ask(renewal_t *renewal)
{
	membership_place_t place = place_of(renewal);
	env_t *env = env_loop_env(renewal->spec.loop);
	err_t err = membership_next(env, &place, slice_str(renewal->present.node), &renewal->next,
	                            NULL);
	if (err)
		return err;
	enrol_spec_t spec = { .remote = renewal->spec.remote,
		              .present = &renewal->present,
		              .next = &renewal->next,
		              .done = on_done,
		              .ctx = renewal };
	return enrol_start(renewal->spec.loop, &spec, &renewal->enrol);
}

static void on_look(void *ctx)
{
	renewal_t *renewal = ctx;
	membership_place_t place = place_of(renewal);
	env_t *env = env_loop_env(renewal->spec.loop);
	err_t err = membership_load(env, &place, &renewal->present, NULL);
	bool is_due = !err && membership_is_due(&renewal->present, env_utc(env).ns);
	if (is_due)
		err = ask(renewal);
	if (err || !is_due)
		end(renewal, err);
}

err_t renewal_new(const renewal_spec_t *spec, renewal_t **ret_renewal)
{
	renewal_t *renewal = calloc(1, sizeof(*renewal));
	if (!renewal)
		return ERR_NO_MEMORY;
	renewal->spec = *spec;
	err_t err = slice_to_cstr(slice_str(spec->keys_dir), renewal->keys_dir, PATH_ROOM) &&
	                            slice_to_cstr(slice_str(spec->name), renewal->name,
	                                          sizeof(renewal->name))
	                    ? ERR_OK
	                    : ERR_TOO_BIG;
	if (!err)
		err = env_timer_new(spec->loop, on_look, renewal, &renewal->timer);
	if (err) {
		renewal_free(renewal);
		return err;
	}
	env_timer_set(renewal->timer, RENEWAL_FIRST_NS);
	*ret_renewal = renewal;
	return ERR_OK;
}

void renewal_free(renewal_t *renewal)
{
	if (!renewal)
		return;
	enrol_free(renewal->enrol);
	membership_done(&renewal->present);
	membership_done(&renewal->next);
	env_timer_free(renewal->timer);
	free(renewal);
}
