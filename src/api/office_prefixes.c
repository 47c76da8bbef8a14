/* SPDX-License-Identifier: Apache-2.0 */
/* Prefixes with their counts, limits and days. */
#include "api/body.h"
#include "api/handlers.h"
#include "api/office_json.h"
#include "api/state.h"
#include "base/text.h"

enum { ROW_ROOM = 8 * 1024, DAYS_ROOM = 160 * METER_DAYS, SUM_DAYS = 31 };

static const err_text_t text_prefix = {
	{ "no prefix %1 is kept here", "此处没有前缀 %1" },
	{ "GET /api/v1/office/prefixes lists them", "GET /api/v1/office/prefixes 可列出全部" },
};

bool office_may_see(const exchange_t *x, slice_t prefix)
{
	slice_t scope = x->request.caller.scope;
	slice_t own = slice_str(x->api->spec.catalogue->node.prefix);
	return scope.len == 0 || slice_eq_nocase(scope, own) ||
	       (prefix.len && slice_eq_nocase(scope, prefix));
}

static void put_day(const meter_day_t *day, json_t *j)
{
	char text[TIME_TEXT_MAX];
	time_format(day->day * NS_PER_DAY, text);
	json_object(j);
	json_put_str(j, "day", slice_sub(slice_str(text), 0, 10));
	json_put_u64(j, "registered", day->made);
	json_put_u64(j, "resolved", day->resolved);
	json_put_u64(j, "requests", day->requests);
	json_close(j);
}

/* The share of names that were resolved at least once; null without names. */
static void put_ratio(uint64_t distinct, uint64_t resolved, uint64_t made, json_t *j)
{
	double all = (double)made;
	json_put_u64(j, "distinct", distinct < made ? distinct : made);
	json_key(j, "ratio");
	if (made)
		json_f64(j, distinct < made ? (double)distinct / all : 1);
	else
		json_null(j);
	json_key(j, "resolutions_per_name");
	if (made)
		json_f64(j, (double)resolved / all);
	else
		json_null(j);
}

static void put_limits(const usage_t *usage, json_t *j)
{
	meter_limits_t limits = usage_limits(usage);
	json_put_object(j, "limits");
	json_put_u64(j, "names", limits.names);
	json_put_u64(j, "names_per_day", limits.names_day);
	json_put_u64(j, "requests_per_day", limits.requests_day);
	json_close(j);
}

static void put_holder(const exchange_t *x, const usage_t *usage, json_t *j)
{
	const application_t *a = office_holder(x->api->spec.office,
	                                       slice_of(usage->name, usage->name_len));
	json_put_str(j, "prefix",
	             a ? slice_str(a->prefix) : slice_of(usage->name, usage->name_len));
	if (!a)
		return;
	json_put_u64(j, "application", a->number);
	json_put_str(j, "organisation", a->form.organisation);
	json_put_str(j, "industry", a->form.industry);
	json_put_cstr(j, "state", application_state_name(a->state));
	json_put_bool(j, "made", a->is_made);
	json_put_bool(j, "delegated", a->form.site.port || a->form.service.len);
}

static void put_days(exchange_t *x, const usage_t *usage)
{
	json_t *j = reply_json(&x->reply, DAYS_ROOM);
	json_put_array(j, "days");
	for (size_t i = 0; i < usage->day_count; i++)
		put_day(&usage->days[i], j);
	json_close(j);
}

static void put_prefix(exchange_t *x, const usage_t *usage, bool with_days)
{
	json_t *j = reply_json(&x->reply, ROW_ROOM);
	meter_day_t today = usage_today(office_usage(x->api->spec.office), usage);
	uint64_t made = atomic_load(&usage->made), resolved = usage_resolved(usage);
	json_object(j);
	put_holder(x, usage, j);
	json_put_u64(j, "registered", atomic_load(&usage->names));
	json_put_u64(j, "registered_ever", made);
	json_put_u64(j, "resolved", resolved);
	put_ratio(usage_distinct(usage), resolved, made, j);
	put_limits(usage, j);
	json_key(j, "today");
	put_day(&today, j);
	if (with_days)
		put_days(x, usage);
	json_close(j);
}

static bool is_seen(const exchange_t *x, const usage_t *usage)
{
	return office_may_see(x, slice_of(usage->name, usage->name_len));
}

verdict_t prefixes_get(exchange_t *x)
{
	office_page_t page;
	const usage_t *usage;
	if (!office_page_begin(x, METER_PREFIXES_MAX, &page))
		return EXCHANGE_ANSWERED;
	for (size_t i = 0; (usage = meter_at(office_usage(x->api->spec.office), i)) != NULL; i++)
		if (is_seen(x, usage) && office_page_takes(&page))
			put_prefix(x, usage, false);
	return office_page_end(x, &page);
}

static const usage_t *find(exchange_t *x)
{
	const usage_t *usage = meter_find(office_usage(x->api->spec.office), x->request.param[0]);
	if (usage && is_seen(x, usage))
		return usage;
	exchange_refuse(x, ERR_NOT_FOUND, &text_prefix, x->request.param[0]);
	return NULL;
}

verdict_t prefix_get(exchange_t *x)
{
	const usage_t *usage = find(x);
	if (usage)
		put_prefix(x, usage, true);
	return EXCHANGE_ANSWERED;
}

/* Sums. */

typedef struct {
	uint64_t prefixes, names, made, resolved, distinct;
	meter_day_t days[SUM_DAYS]; /* the last is today */
} sums_t;

static void add_day(sums_t *sums, const meter_day_t *day)
{
	int64_t at = SUM_DAYS - 1 - (sums->days[SUM_DAYS - 1].day - day->day);
	if (at < 0 || at >= SUM_DAYS)
		return;
	sums->days[at].made += day->made;
	sums->days[at].resolved += day->resolved;
	sums->days[at].requests += day->requests;
}

static void add_usage(sums_t *sums, const meter_t *meter, const usage_t *usage)
{
	uint64_t distinct = usage_distinct(usage), made = atomic_load(&usage->made);
	meter_day_t today = usage_today(meter, usage);
	sums->prefixes++;
	sums->names += atomic_load(&usage->names);
	sums->made += made;
	sums->resolved += usage_resolved(usage);
	sums->distinct += distinct < made ? distinct : made;
	for (size_t i = 0; i < usage->day_count; i++)
		add_day(sums, &usage->days[i]);
	add_day(sums, &today);
}

void office_sums_json(exchange_t *x, json_t *j)
{
	const meter_t *meter = office_usage(x->api->spec.office);
	sums_t sums = { .prefixes = 0 };
	const usage_t *usage;
	for (int64_t i = 0; i < SUM_DAYS; i++)
		sums.days[i].day = meter_today(meter) - (SUM_DAYS - 1) + i;
	for (size_t i = 0; (usage = meter_at(meter, i)) != NULL; i++)
		if (is_seen(x, usage))
			add_usage(&sums, meter, usage);
	json_put_u64(j, "prefixes", sums.prefixes);
	json_put_u64(j, "registered", sums.names);
	json_put_u64(j, "registered_ever", sums.made);
	json_put_u64(j, "resolved", sums.resolved);
	put_ratio(sums.distinct, sums.resolved, sums.made, j);
	j = reply_json(&x->reply, DAYS_ROOM);
	json_put_array(j, "days");
	for (size_t i = 0; i < SUM_DAYS; i++)
		put_day(&sums.days[i], j);
	json_close(j);
}

/* Changes. */

bool office_limits_read(exchange_t *x, const json_tree_t *root, meter_limits_t *ret_limits)
{
	const struct {
		const char *name;
		uint64_t *to;
	} fields[] = { { "names", &ret_limits->names },
		       { "names_per_day", &ret_limits->names_day },
		       { "requests_per_day", &ret_limits->requests_day } };
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const json_tree_t *item = json_member(root, fields[i].name);
		int64_t number = 0;
		if (item && !json_whole(item, 0, INT64_MAX, &number)) {
			body_refuse(x, fields[i].name);
			return false;
		}
		*fields[i].to = (uint64_t)number;
	}
	return true;
}

static void limits_done(void *ctx, err_t err, uint64_t number)
{
	exchange_t *x = ctx;
	const usage_t *usage = err ? NULL : find(x);
	(void)number;
	if (err)
		exchange_refuse(x, err, NULL, (slice_t){ 0 });
	else if (usage)
		put_prefix(x, usage, true);
	exchange_finish(x);
}

verdict_t prefix_limits_put(exchange_t *x)
{
	meter_limits_t limits = { 0 };
	err_detail_t detail = { 0 };
	office_ask_t ask = office_ask_of(x, limits_done);
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	bool good = office_limits_read(x, doc, &limits);
	json_free(doc);
	if (!good)
		return EXCHANGE_ANSWERED;
	err_t err = office_limit(x->api->spec.office, x->request.param[0], &limits, &ask, &detail);
	return office_asked(x, err, &detail);
}

/* The answer is there already and goes out when the secret is durable. */
static void secret_done(void *ctx, err_t err, uint64_t number)
{
	(void)number;
	if (err)
		exchange_refuse(ctx, err, NULL, (slice_t){ 0 });
	exchange_finish(ctx);
}

verdict_t prefix_secret_post(exchange_t *x)
{
	char secret[OFFICE_SECRET_TEXT];
	err_detail_t detail = { 0 };
	slice_t prefix = x->request.param[0];
	office_ask_t ask = office_ask_of(x, secret_done);
	err_t err = office_secret(x->api->spec.office, prefix, &ask, secret, &detail);
	if (err)
		return exchange_tell(x, err, &detail);
	json_t *j = reply_json(&x->reply, ROW_ROOM);
	x->reply.status = 201;
	json_object(j);
	json_put_str(j, "prefix", prefix);
	json_put_u64(j, "index", 301);
	json_put_cstr(j, "secret", secret);
	json_close(j);
	return EXCHANGE_LATER;
}
