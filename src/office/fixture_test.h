/* SPDX-License-Identifier: Apache-2.0 */
#ifndef OFFICE_FIXTURE_TEST_H
#define OFFICE_FIXTURE_TEST_H
/* An office with its registry and journal in a simulated machine, for tests: apply,
 * decide, wait, register, resolve, pull the plug, open again. */
#include "registry/fixture_test.h"
#include "office/office.h"

#define CREDIT_CODE SLICE("9199000000TE0T0019")
#define OWN         SLICE("99.100.1")

typedef struct {
	fixture_t f;
	office_t *office;
	env_loop_t *desk; /* the office's loop */
	int64_t offset_ns;
	bool is_done;
	err_t err;
	uint64_t number;
	err_detail_t detail;
} desk_t;

static const caller_t desk_clerk = { .subject = { (const uint8_t *)"user:li", 7 },
	                             .role = ROLE_ENGINEER };

MUST_CHECK static inline err_t desk_open(desk_t *d)
{
	fixture_make_loops(&d->f);
	err_t err = env_loop_new(d->f.env, "desk", ENV_LOOP_EVENTS, &d->desk);
	if (!err)
		err = fixture_open(&d->f);
	office_spec_t spec = { .prefix = "99.100.1",
		               .views_dir = "data/views",
		               .journal = d->f.journal,
		               .registry = d->f.registry,
		               .loop = d->desk,
		               .offset_ns = d->offset_ns,
		               .keep_after = 1 };
	d->office = NULL;
	if (!err)
		err = office_open(d->f.env, &spec, &d->office, &d->detail);
	if (err)
		return err;
	prefix_meter_t meter = office_meter(d->office);
	registry_meter_set(d->f.registry, &meter);
	return env_loop_start(d->desk);
}

static inline desk_t desk_make(uint64_t seed)
{
	return (desk_t){ .f = fixture_make(seed), .offset_ns = 8 * 3600 * NS_PER_S };
}

static inline void desk_halt(desk_t *d)
{
	env_loop_stop(d->desk);
	office_close(d->office);
	d->office = NULL;
	env_loop_free(d->desk);
	d->desk = NULL;
	fixture_halt(&d->f);
}

static inline void desk_free(desk_t *d)
{
	if (d->f.env)
		desk_halt(d);
	fixture_free(&d->f);
}

static inline void desk_restart(desk_t *d)
{
	desk_halt(d);
	assert_int_equal(desk_open(d), ERR_OK);
}

static inline void desk_told(void *ctx, err_t err, uint64_t number)
{
	desk_t *d = ctx;
	d->is_done = true;
	d->err = err;
	d->number = number;
}

static inline office_ask_t desk_ask(desk_t *d)
{
	d->is_done = false;
	return (office_ask_t){ .caller = desk_clerk, .done = desk_told, .ctx = d };
}

/* False when the world stopped before. */
static inline bool desk_wait(desk_t *d)
{
	while (!d->is_done)
		if (twin_crashed(d->f.env) || !twin_step(d->f.twin))
			return false;
	return true;
}

static inline application_form_t desk_form(slice_t wanted)
{
	return (application_form_t){ .organisation = SLICE("测试企业 Test Works"),
		                     .credit_code = CREDIT_CODE,
		                     .contact = SLICE("Li, +86 000 0000"),
		                     .purpose = SLICE("cells and packs"),
		                     .industry = SLICE("C3841"),
		                     .wanted = wanted };
}

/* What asking gave at once, or what was told in the end. */
MUST_CHECK static inline err_t desk_settle(desk_t *d, err_t err)
{
	if (err)
		return err;
	return desk_wait(d) ? d->err : ERR_CANCELLED;
}

MUST_CHECK static inline err_t desk_apply(desk_t *d, const application_form_t *form)
{
	office_ask_t ask = desk_ask(d);
	return desk_settle(d, office_apply(d->office, form, &ask, &d->detail));
}

MUST_CHECK static inline err_t desk_step(desk_t *d, uint64_t number, office_step_t step,
                                         const char *reason, meter_limits_t limits)
{
	office_ask_t ask = desk_ask(d);
	office_decision_t decision = { number, step, slice_str(reason), limits };
	return desk_settle(d, office_decide(d->office, &decision, &ask, &d->detail));
}

/* Applies for it and has it approved; the number. */
static inline uint64_t desk_give(desk_t *d, slice_t wanted, meter_limits_t limits)
{
	application_form_t form = desk_form(wanted);
	assert_int_equal(desk_apply(d, &form), ERR_OK);
	uint64_t number = d->number;
	assert_int_equal(desk_step(d, number, OFFICE_REVIEW, "", limits), ERR_OK);
	assert_int_equal(desk_step(d, number, OFFICE_APPROVE, "", limits), ERR_OK);
	return number;
}

static inline usage_t *desk_usage(const desk_t *d, const char *prefix)
{
	return meter_find(office_usage(d->office), slice_str(prefix));
}

/* As a door does it. */
static inline quota_t desk_resolve(desk_t *d, const char *name)
{
	err_t err = fixture_find(&d->f, name);
	return registry_resolved(d->f.registry, slice_str(name), err);
}
#endif
