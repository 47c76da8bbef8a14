/* SPDX-License-Identifier: Apache-2.0 */
/* The desk of a secondary node: what waits, applications and the decisions on them. */
#include "base/base64.h"
#include "api/body.h"
#include "api/handlers.h"
#include "api/office_json.h"
#include "api/state.h"
#include "base/num.h"
#include "env/pkey.h"
#include "model/industry.h"
#include "registry/identity/identity.h"

enum {
	STEP_ROOM = 8 * OFFICE_TEXT_MAX,
	FORM_ROOM = 40 * OFFICE_TEXT_MAX,
	PAGE_ROOM = 256,
	PAGE_MAX = 500,
};

static const err_text_t text_number = {
	{ "there is no application %1", "没有申请 %1" },
	{ "GET /api/v1/office/applications lists them",
	  "GET /api/v1/office/applications 可列出全部" },
};

static const err_text_t text_key = {
	{ "the public key cannot be read", "无法读取公钥" },
	{ "send {\"format\": \"pem\"} with an RSA or SM2 public key, or HS_PUBKEY data as "
	  "{\"format\": \"base64\"}",
	  "请提供 {\"format\": \"pem\"} 的 RSA 或 SM2 公钥，或 {\"format\": \"base64\"} 的 "
	  "HS_PUBKEY" },
};

/* What is shown. */

static void put_steps(exchange_t *x, const application_t *a)
{
	json_t *j = &x->reply.json;
	json_put_array(j, "steps");
	for (const application_step_t *step = a->first; step; step = step->next) {
		j = reply_json(&x->reply, STEP_ROOM);
		json_object(j);
		json_put_cstr(j, "step", office_step_name(step->step));
		json_put_str(j, "who", step->who);
		json_put_ms(j, "at_ms", step->utc_ns);
		json_put_str(j, "reason", step->reason);
		json_close(j);
	}
	json_close(j);
}

static void put_site(const application_form_t *form, json_t *j)
{
	char text[ADDR_TEXT_MAX];
	if (form->site.port)
		json_put_cstr(j, "site", addr_format(form->site, text));
	if (form->service.len)
		json_put_str(j, "service", form->service);
}

static void put_form(const exchange_t *x, const application_t *a, json_t *j)
{
	const application_form_t *form = &a->form;
	const char *industry = industry_name(form->industry, x->request.lang);
	json_put_str(j, "organisation", form->organisation);
	json_put_str(j, "credit_code", form->credit_code);
	/* Who to call is for those who work here. */
	if (x->request.caller.role >= ROLE_OPERATOR)
		json_put_str(j, "contact", form->contact);
	json_put_str(j, "industry", form->industry);
	json_put_cstr(j, "industry_name", industry ? industry : "");
	json_put_str(j, "purpose", form->purpose);
	json_put_str(j, "parent", form->parent);
	json_put_str(j, "wanted", form->wanted);
	json_put_bool(j, "has_key", form->public_key.len > 0);
	put_site(form, j);
}

static void put_application(exchange_t *x, const application_t *a, bool with_steps)
{
	const office_t *office = x->api->spec.office;
	json_t *j = reply_json(&x->reply, FORM_ROOM);
	json_object(j);
	json_put_u64(j, "number", a->number);
	json_put_cstr(j, "state", application_state_name(a->state));
	json_put_cstr(j, "prefix", a->prefix);
	json_put_bool(j, "made", a->is_made);
	json_put_bool(j, "waiting", office_waits(a));
	json_put_bool(j, "overdue", office_overdue(office, a));
	json_put_ms(j, "applied_ms", a->first->utc_ns);
	json_put_ms(j, "changed_ms", a->last->utc_ns);
	put_form(x, a, j);
	if (with_steps)
		put_steps(x, a);
	json_close(j);
}

/* Before a prefix is given an application is the office's and the applicant's alone. */
static bool may_see(const exchange_t *x, const application_t *a)
{
	return slice_eq(a->first->who, x->request.caller.subject) ||
	       office_may_see(x, slice_str(a->prefix));
}

/* Pages. */

bool office_page_begin(exchange_t *x, int64_t from_max, office_page_t *ret_page)
{
	const query_number_t from = { "from", 0, from_max, 0 };
	const query_number_t limit = { "limit", 1, PAGE_MAX, 100 };
	*ret_page = (office_page_t){ 0 };
	if (!exchange_number(x, &from, &ret_page->from) ||
	    !exchange_number(x, &limit, &ret_page->limit))
		return false;
	reply_items(&x->reply, PAGE_ROOM);
	return true;
}

bool office_page_takes(office_page_t *page)
{
	int64_t at = page->total++;
	return at >= page->from && at < page->from + page->limit;
}

verdict_t office_page_end(exchange_t *x, const office_page_t *page)
{
	json_t *j = reply_json(&x->reply, PAGE_ROOM);
	json_close(j);
	json_put_i64(j, "total", page->total);
	json_close(j);
	return EXCHANGE_ANSWERED;
}

/* Overview. */

static void put_states(const office_t *office, json_t *j)
{
	json_put_object(j, "states");
	for (application_state_t s = APPLICATION_APPLIED; s < APPLICATION_STATE_COUNT; s++)
		json_put_u64(j, application_state_name(s), office_count(office, s));
	json_close(j);
}

typedef struct {
	uint64_t waiting, overdue, unmade;
	int64_t oldest_ns;
} waiting_t;

static void count_application(const office_t *office, const application_t *a, waiting_t *sum)
{
	sum->unmade += a->prefix[0] && !a->is_made;
	sum->overdue += office_overdue(office, a);
	/* In the order of their making, so that the first is the oldest. */
	if (office_waits(a) && sum->waiting++ == 0)
		sum->oldest_ns = a->first->utc_ns;
}

static waiting_t count_waiting(const office_t *office)
{
	waiting_t sum = { 0 };
	const application_t *a;
	for (size_t i = 0; (a = office_application_at(office, i)) != NULL; i++)
		count_application(office, a, &sum);
	return sum;
}

static void put_waiting(const exchange_t *x, json_t *j)
{
	waiting_t sum = count_waiting(x->api->spec.office);
	json_put_object(j, "waiting");
	json_put_u64(j, "count", sum.waiting);
	json_put_u64(j, "overdue", sum.overdue);
	json_put_u64(j, "records_pending", sum.unmade);
	if (sum.waiting)
		json_put_ms(j, "oldest_ms", sum.oldest_ns);
	json_close(j);
}

verdict_t office_get(exchange_t *x)
{
	const office_t *office = x->api->spec.office;
	json_t *j = reply_json(&x->reply, FORM_ROOM);
	json_object(j);
	json_put_cstr(j, "prefix", x->api->spec.catalogue->node.prefix);
	put_states(office, j);
	put_waiting(x, j);
	office_sums_json(x, j);
	json_close(&x->reply.json);
	return EXCHANGE_ANSWERED;
}

/* Lists. */

static bool is_wanted(const exchange_t *x, const application_t *a)
{
	slice_t word;
	if (!may_see(x, a))
		return false;
	if (request_says(&x->request, "waiting") && !office_waits(a))
		return false;
	return !request_query(&x->request, "state", 0, &word) ||
	       slice_eq(word, slice_str(application_state_name(a->state)));
}

verdict_t applications_get(exchange_t *x)
{
	office_page_t page;
	const application_t *a;
	if (!office_page_begin(x, OFFICE_APPLICATIONS_MAX, &page))
		return EXCHANGE_ANSWERED;
	for (size_t i = 0; (a = office_application_at(x->api->spec.office, i)) != NULL; i++)
		if (is_wanted(x, a) && office_page_takes(&page))
			put_application(x, a, false);
	return office_page_end(x, &page);
}

/* NULL with the problem in the reply. */
static const application_t *find(exchange_t *x)
{
	uint64_t number = 0;
	slice_t text = x->request.param[0];
	const application_t *a = NULL;
	if (num_parse_u64(text, UINT64_MAX, &number) == ERR_OK)
		a = office_application(x->api->spec.office, number);
	if (a && may_see(x, a))
		return a;
	exchange_refuse(x, ERR_NOT_FOUND, &text_number, text);
	return NULL;
}

verdict_t application_get(exchange_t *x)
{
	const application_t *a = find(x);
	if (a)
		put_application(x, a, true);
	return EXCHANGE_ANSWERED;
}

/* Changes. */

static void application_done(void *ctx, err_t err, uint64_t number)
{
	exchange_t *x = ctx;
	if (err)
		exchange_refuse(x, err, NULL, (slice_t){ 0 });
	else
		put_application(x, office_application(x->api->spec.office, number), true);
	exchange_finish(x);
}

office_ask_t office_ask_of(exchange_t *x, void (*done)(void *ctx, err_t err, uint64_t number))
{
	return (office_ask_t){ .caller = x->request.caller, .done = done, .ctx = x };
}

verdict_t office_asked(exchange_t *x, err_t err, const err_detail_t *detail)
{
	return err ? exchange_tell(x, err, detail) : EXCHANGE_LATER;
}

static err_t read_pem(slice_t text, writer_t *w)
{
	env_pkey_t *key = NULL;
	err_t err = env_pkey_from_pem(text, &key);
	if (!err)
		err = registry_key_write(key, false, w);
	env_pkey_free(key);
	return err;
}

/* {"format": "pem" or "base64", "value": text} as HS_PUBKEY data. */
static bool read_key(exchange_t *x, const json_tree_t *item, writer_t *w)
{
	slice_t format = { 0 }, text = { 0 };
	err_t err = ERR_INVALID;
	if (!item || json_kind(item) == JSON_NULL_VALUE)
		return true;
	if (json_text(json_member(item, "format"), &format) &&
	    json_text(json_member(item, "value"), &text))
		err = slice_eq(format, SLICE("pem"))      ? read_pem(text, w)
		      : slice_eq(format, SLICE("base64")) ? base64_decode(text, w)
		                                          : ERR_INVALID;
	if (!err && !w->bad)
		return true;
	exchange_refuse(x, ERR_INVALID, &text_key, (slice_t){ 0 });
	return false;
}

/* The field that is wrong, or NULL. */
static const char *read_form(const json_tree_t *root, application_form_t *form)
{
	const struct {
		const char *name;
		slice_t *to;
		bool is_needed;
	} fields[] = { { "organisation", &form->organisation, true },
		       { "credit_code", &form->credit_code, true },
		       { "contact", &form->contact, true },
		       { "industry", &form->industry, true },
		       { "purpose", &form->purpose, true },
		       { "parent", &form->parent, false },
		       { "wanted", &form->wanted, false },
		       { "service", &form->service, false } };
	slice_t site;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const json_tree_t *item = json_member(root, fields[i].name);
		if (item || fields[i].is_needed)
			if (!json_text(item, fields[i].to))
				return fields[i].name;
	}
	const json_tree_t *item = json_member(root, "site");
	if (item && (!json_text(item, &site) || addr_parse(site, &form->site) || !form->site.port))
		return "site";
	return NULL;
}

verdict_t applications_post(exchange_t *x)
{
	uint8_t key[OFFICE_KEY_MAX];
	writer_t w = writer_of(key, sizeof(key));
	application_form_t form = { 0 };
	err_detail_t detail = { 0 };
	office_ask_t ask = office_ask_of(x, application_done);
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	verdict_t verdict = EXCHANGE_ANSWERED;
	const char *wrong = read_form(doc, &form);
	x->reply.status = 201;
	if (wrong) {
		verdict = body_refuse(x, wrong);
	} else if (read_key(x, json_member(doc, "public_key"), &w)) {
		form.public_key = writer_done(&w);
		err_t err = office_apply(x->api->spec.office, &form, &ask, &detail);
		verdict = office_asked(x, err, &detail);
	}
	json_free(doc);
	return verdict;
}

static verdict_t decide(exchange_t *x, const json_tree_t *root, office_decision_t *decision)
{
	err_detail_t detail = { 0 };
	office_ask_t ask = office_ask_of(x, application_done);
	const json_tree_t *reason = json_member(root, "reason");
	if (reason && !json_text(reason, &decision->reason))
		return body_refuse(x, "reason");
	if (!office_limits_read(x, json_member(root, "limits"), &decision->limits))
		return EXCHANGE_ANSWERED;
	err_t err = office_decide(x->api->spec.office, decision, &ask, &detail);
	return office_asked(x, err, &detail);
}

verdict_t application_step_post(exchange_t *x)
{
	static const err_text_t text_step = {
		{ "there is no step called %1", "没有名为 %1 的步骤" },
		{ "review, approve, refuse, suspend, resume or close",
		  "可用：review、approve、refuse、suspend、resume、close" },
	};
	const application_t *a = find(x);
	office_step_t step = office_step_parse(x->request.param[1]);
	if (!a)
		return EXCHANGE_ANSWERED;
	if (step == OFFICE_APPLY || step == OFFICE_STEP_COUNT)
		return exchange_refuse(x, ERR_NOT_FOUND, &text_step, x->request.param[1]);
	office_decision_t decision = { .number = a->number, .step = step };
	if (x->request.body.len == 0)
		return decide(x, NULL, &decision);
	json_tree_t *doc = body_read(x);
	if (!doc)
		return EXCHANGE_ANSWERED;
	verdict_t verdict = decide(x, doc, &decision);
	json_free(doc);
	return verdict;
}
