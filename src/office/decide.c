/* SPDX-License-Identifier: Apache-2.0 */
/* What an application must be, and which step may follow which. Everything is checked
 * here, before anything is logged; applying an entry cannot refuse any more. */
#include <stdio.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "codec/handle/handle.h"
#include "office/credit_code.h"
#include "model/industry.h"
#include "office/state.h"

enum { LABEL_MAX = 32, SCAN_MAX = 100000, CREDIT_RULES = 4 };

static const err_text_t text_field = {
	{ "the field %1 is missing, too long or not text", "字段 %1 缺失、过长或不是文本" },
	{ "fill it in; texts are UTF-8 of at most 512 bytes",
	  "请填写；文本为 UTF-8，最长 512 字节" },
};
static const err_text_t text_credit[CREDIT_RULES] = {
	[CREDIT_CODE_LENGTH] = { { "the unified social credit code has not 18 characters",
	                           "统一社会信用代码不是 18 位" },
	                         { "copy it from the business licence", "请按营业执照填写" } },
	[CREDIT_CODE_CHARACTER] = { { "the unified social credit code has a character that never "
	                              "occurs in one",
	                              "统一社会信用代码含有不允许的字符" },
	                            { "it is of digits and capital letters without I, O, S, V, Z",
	                              "只能使用数字和大写字母（不含 I、O、S、V、Z）" } },
	[CREDIT_CODE_CHECK] = { { "the check character of the unified social credit code does not "
	                          "fit",
	                          "统一社会信用代码的校验码不正确" },
	                        { "look for a slip: compare it with the business licence",
	                          "可能有笔误，请与营业执照核对" } },
};
static const err_text_t text_industry = {
	{ "%1 is no industry code of GB/T 4754", "%1 不是 GB/T 4754 行业代码" },
	{ "write a letter and two to four digits, such as C3841",
	  "请填写字母加两到四位数字，如 C3841" },
};
static const err_text_t text_form = {
	{ "%1 is no prefix below %2", "%1 不是 %2 之下的前缀" },
	{ "one more part of 1 to 32 letters, digits or hyphens after a dot",
	  "应为上级前缀加点号和一段 1 至 32 个字母、数字或连字符" },
};
static const err_text_t text_given = {
	{ "the prefix %1 is given to somebody already", "前缀 %1 已被分配" },
	{ "want another one, or leave it to the office", "请改用其他前缀，或留空由系统分配" },
};
static const err_text_t text_parent = {
	{ "the prefix %1 is not in use by the same organisation", "前缀 %1 不属于该单位或未启用" },
	{ "a derived prefix is for who has the one above it",
	  "派生前缀只分配给上级前缀的持有单位" },
};
static const err_text_t text_key = {
	{ "the public key is none that the Handle wire knows", "公钥不是标识协议支持的公钥" },
	{ "send an RSA or SM2 public key as HS_PUBKEY has it",
	  "请提供 HS_PUBKEY 形式的 RSA 或 SM2 公钥" },
};
static const err_text_t text_role = {
	{ "this is for the office: %1 may not do it", "此操作由受理人员执行，%1 无权执行" },
	{ "ask an engineer of this node", "请联系本节点的工程师" },
};
static const err_text_t text_step = {
	{ "an application that is %1 cannot be taken to %2", "状态为 %1 的申请不能执行 %2" },
	{ "look at its state first", "请先查看申请状态" },
};
static const err_text_t text_reason = {
	{ "the step %1 needs a reason", "%1 需要填写原因" },
	{ "say in a sentence why", "请用一句话说明" },
};
static const err_text_t text_none = {
	{ "there is no such application or prefix: %1", "没有此申请或前缀：%1" },
	{ "list them first", "请先查看列表" },
};
static const err_text_t text_pending = {
	{ "the record of the prefix %1 is not made yet", "前缀 %1 的记录尚未建立" },
	{ "it is tried again by itself; wait until it is made", "系统会自动重试，请稍候" },
};

static const struct {
	unsigned from;
	bool needs_reason;
} RULES[] = {
#define X(name, word, from, to, reason) { from, reason },
	OFFICE_STEP_ROWS(X)
#undef X
};

/* Forms. */

static bool is_text(slice_t text, size_t min)
{
	if (text.len < min || text.len > OFFICE_TEXT_MAX || !utf8_valid(text))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < ' ' && text.ptr[i] != '\n')
			return false;
	return true;
}

static err_t say(err_detail_t *ret_detail, err_t err, const err_text_t *text, slice_t a, slice_t b)
{
	char first[ERR_ARG_MAX], second[ERR_ARG_MAX];
	slice_to_cstr(a, first, sizeof(first));
	slice_to_cstr(b, second, sizeof(second));
	return err_raise(ret_detail, err, text, "", first, second, (char *)NULL);
}

static err_t check_texts(const application_form_t *form, err_detail_t *ret_detail)
{
	const struct {
		const char *name;
		slice_t text;
		size_t min;
	} rows[] = { { "organisation", form->organisation, 1 },
		     { "contact", form->contact, 1 },
		     { "purpose", form->purpose, 1 },
		     { "service", form->service, 0 } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!is_text(rows[i].text, rows[i].min))
			return say(ret_detail, ERR_INVALID, &text_field, slice_str(rows[i].name),
			           (slice_t){ 0 });
	credit_code_t credit = credit_code_check(form->credit_code);
	if (credit != CREDIT_CODE_GOOD)
		return say(ret_detail, ERR_INVALID, &text_credit[credit], form->credit_code,
		           (slice_t){ 0 });
	if (form->industry.len < 3 || !industry_good(form->industry))
		return say(ret_detail, ERR_INVALID, &text_industry, form->industry, (slice_t){ 0 });
	return ERR_OK;
}

static err_t check_key(const application_form_t *form, err_detail_t *ret_detail)
{
	handle_key_t key;
	if (form->public_key.len == 0)
		return ERR_OK;
	if (form->public_key.len > OFFICE_KEY_MAX ||
	    handle_key_decode(form->public_key, &key) != CODEC_OK ||
	    (key.kind != HANDLE_KEY_RSA_PUBLIC && key.kind != HANDLE_KEY_SM2_PUBLIC &&
	     key.kind != HANDLE_KEY_DSA_PUBLIC))
		return say(ret_detail, ERR_INVALID, &text_key, (slice_t){ 0 }, (slice_t){ 0 });
	return ERR_OK;
}

/* Prefixes. */

static slice_t parent_of(const office_t *office, const application_form_t *form)
{
	return form->parent.len ? form->parent : office->own;
}

static bool is_label(slice_t label)
{
	return label.len > 0 && label.len <= LABEL_MAX && ascii_is_word(label, SLICE("-"));
}

/* No record describes it, and none did: a deleted one is never given again. */
static bool was_never_described(office_t *office, slice_t prefix)
{
	char name[METER_PREFIX_BYTES + 8];
	record_t record;
	err_t err = ERR_OK;
	writer_t w = writer_of(name, sizeof(name));
	handle_prefix_record(prefix, &w);
	if (w.bad)
		return false;
	slice_t asked = writer_done(&w);
	registry_find_batch(office->reader, &asked, 1, &record, &err);
	bool never = err == ERR_NOT_FOUND && record.name.len == 0;
	registry_find_done(office->reader);
	return never;
}

/* Nobody has it here. */
static bool is_free(office_t *office, slice_t prefix)
{
	return !meter_find(office->meter, prefix) && was_never_described(office, prefix);
}

static err_t check_parent(office_t *office, const application_form_t *form,
                          err_detail_t *ret_detail)
{
	slice_t parent = parent_of(office, form);
	if (slice_eq_nocase(parent, office->own))
		return ERR_OK;
	const application_t *holder = office_holder(office, parent);
	if (holder && holder->state == APPLICATION_APPROVED &&
	    slice_eq(holder->form.credit_code, form->credit_code))
		return ERR_OK;
	return say(ret_detail, ERR_CONFLICT, &text_parent, parent, (slice_t){ 0 });
}

static err_t check_wanted(office_t *office, const application_form_t *form,
                          err_detail_t *ret_detail)
{
	slice_t parent = parent_of(office, form), wanted = form->wanted;
	err_t err = check_parent(office, form, ret_detail);
	if (err || wanted.len == 0)
		return err;
	if (wanted.len > METER_PREFIX_BYTES || wanted.len <= parent.len ||
	    !slice_eq_nocase(slice_sub(wanted, 0, parent.len), parent) ||
	    wanted.ptr[parent.len] != '.' || !is_label(slice_from(wanted, parent.len + 1)))
		return say(ret_detail, ERR_INVALID, &text_form, wanted, parent);
	if (!is_free(office, wanted))
		return say(ret_detail, ERR_EXISTS, &text_given, wanted, (slice_t){ 0 });
	return ERR_OK;
}

/* The prefix of an approval: as wanted, or the least number that is free. */
static err_t choose_prefix(office_t *office, const application_form_t *form, writer_t *w,
                           err_detail_t *ret_detail)
{
	err_t err = check_wanted(office, form, ret_detail);
	if (err)
		return err;
	wr_bytes(w, form->wanted);
	for (unsigned n = 1; form->wanted.len == 0 && n <= SCAN_MAX; n++) {
		w->len = 0;
		wr_bytes(w, parent_of(office, form));
		wr_format(w, ".%u", n);
		if (w->bad || is_free(office, writer_done(w)))
			break;
	}
	bool is_full = meter_at(office->meter, METER_PREFIXES_MAX - 1) != NULL;
	if (w->bad || is_full || !is_free(office, writer_done(w)))
		return err_raise(ret_detail, ERR_LIMIT, NULL, "", (char *)NULL);
	return ERR_OK;
}

/* Operations. */

static void tell_step(office_t *office, const application_t *a, const caller_t *caller)
{
	event_t event = event_make(MSG_APPLICATION_STEP, (node_time_t){ env_utc(office->env).ns });
	event_arg(&event, ARG_NAME, value_text(a->form.organisation));
	event_arg(&event, ARG_STATE, value_text(slice_str(application_state_name(a->state))));
	event_arg(&event, ARG_SUBJECT, value_text(caller->subject));
	if (a->prefix[0])
		event_arg(&event, ARG_IDENT, value_text(slice_str(a->prefix)));
	if (a->last->reason.len)
		event_arg(&event, ARG_REASON, value_text(a->last->reason));
	office_tell(office, &event);
}

static err_t may_apply(office_t *office, const caller_t *caller)
{
	err_t err = caller->role < ROLE_OPERATOR ? ERR_DENIED : office_may(office);
	return !err && office->application_count == OFFICE_APPLICATIONS_MAX ? ERR_LIMIT : err;
}

static err_t check_form(office_t *office, const application_form_t *form, err_detail_t *ret_detail)
{
	err_t err = check_texts(form, ret_detail);
	if (!err)
		err = check_key(form, ret_detail);
	return err ? err : check_wanted(office, form, ret_detail);
}

static entry_t entry_of_form(office_t *office, const application_form_t *form,
                             const caller_t *caller)
{
	entry_t entry = office_entry(office, ENTRY_APPLICATION, caller);
	entry.number = office->application_count + 1;
	entry.form = *form;
	return entry;
}

err_t office_apply(office_t *office, const application_form_t *form, const office_ask_t *ask,
                   err_detail_t *ret_detail)
{
	err_t err = may_apply(office, &ask->caller);
	if (err)
		return err_raise(ret_detail, err, NULL, "", (char *)NULL);
	err = check_form(office, form, ret_detail);
	if (err)
		return err;
	entry_t entry = entry_of_form(office, form, &ask->caller);
	err = office_do(office, &entry, ask, NULL);
	if (err)
		return err_raise(ret_detail, err, NULL, "", (char *)NULL);
	tell_step(office, application_of(office, entry.number), &ask->caller);
	return ERR_OK;
}

bool office_may_decide(const office_t *office, const caller_t *caller)
{
	return caller->role >= ROLE_ENGINEER &&
	       (caller->scope.len == 0 || slice_eq_nocase(caller->scope, office->own));
}

/* Whether the step may follow. */
static err_t check_step(office_t *office, const application_t *a, const office_decision_t *d,
                        const office_ask_t *ask, err_detail_t *ret_detail)
{
	slice_t word = slice_str(office_step_name(d->step));
	if (!office_may_decide(office, &ask->caller))
		return say(ret_detail, ERR_DENIED, &text_role, ask->caller.subject, (slice_t){ 0 });
	if (!(RULES[d->step].from & 1u << a->state))
		return say(ret_detail, ERR_CONFLICT, &text_step,
		           slice_str(application_state_name(a->state)), word);
	if (!is_text(d->reason, RULES[d->step].needs_reason ? 1 : 0))
		return say(ret_detail, ERR_INVALID, &text_reason, word, (slice_t){ 0 });
	if (a->prefix[0] && !a->is_made)
		return say(ret_detail, ERR_CONFLICT, &text_pending, slice_str(a->prefix),
		           (slice_t){ 0 });
	err_t err = a->step_count == OFFICE_STEPS_MAX ? ERR_LIMIT : office_may(office);
	return err ? err_raise(ret_detail, err, NULL, "", (char *)NULL) : ERR_OK;
}

static err_t say_no_application(uint64_t number, err_detail_t *ret_detail)
{
	char text[24];
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	return say(ret_detail, ERR_NOT_FOUND, &text_none, slice_str(text), (slice_t){ 0 });
}

static err_t take_step(office_t *office, application_t *a, const entry_t *entry,
                       const office_ask_t *ask, err_detail_t *ret_detail)
{
	err_t err = office_do(office, entry, ask, entry->step == OFFICE_APPROVE ? a : NULL);
	if (err)
		return err_raise(ret_detail, err, NULL, "", (char *)NULL);
	tell_step(office, a, &ask->caller);
	return ERR_OK;
}

static entry_t entry_of_step(office_t *office, const office_decision_t *decision, slice_t prefix,
                             const caller_t *caller)
{
	entry_t entry = office_entry(office, ENTRY_STEP, caller);
	entry.number = decision->number;
	entry.step = decision->step;
	entry.reason = decision->reason;
	entry.prefix = prefix;
	entry.limits = decision->limits;
	return entry;
}

err_t office_decide(office_t *office, const office_decision_t *decision, const office_ask_t *ask,
                    err_detail_t *ret_detail)
{
	char prefix[METER_PREFIX_BYTES + 1];
	writer_t w = writer_of(prefix, sizeof(prefix));
	application_t *a = application_of(office, decision->number);
	if (!a)
		return say_no_application(decision->number, ret_detail);
	err_t err = check_step(office, a, decision, ask, ret_detail);
	if (!err && decision->step == OFFICE_APPROVE)
		err = choose_prefix(office, &a->form, &w, ret_detail);
	if (err)
		return err;
	entry_t entry = entry_of_step(office, decision, writer_done(&w), &ask->caller);
	return take_step(office, a, &entry, ask, ret_detail);
}

static err_t may_limit(const office_t *office, slice_t prefix, const caller_t *caller,
                       err_detail_t *ret_detail)
{
	if (!office_may_decide(office, caller))
		return say(ret_detail, ERR_DENIED, &text_role, caller->subject, (slice_t){ 0 });
	if (!office_holder(office, prefix))
		return say(ret_detail, ERR_NOT_FOUND, &text_none, prefix, (slice_t){ 0 });
	return ERR_OK;
}

static void tell_limits(office_t *office, const entry_t *entry, const caller_t *caller)
{
	event_t event = event_make(MSG_PREFIX_LIMITED, (node_time_t){ entry->utc_ns });
	event_arg(&event, ARG_IDENT, value_text(entry->prefix));
	event_arg(&event, ARG_COUNT, value_u64(entry->limits.names));
	event_arg(&event, ARG_SUBJECT, value_text(caller->subject));
	office_tell(office, &event);
}

err_t office_limit(office_t *office, slice_t prefix, const meter_limits_t *limits,
                   const office_ask_t *ask, err_detail_t *ret_detail)
{
	err_t err = may_limit(office, prefix, &ask->caller, ret_detail);
	if (err)
		return err;
	entry_t entry = office_entry(office, ENTRY_LIMITS, &ask->caller);
	entry.prefix = prefix;
	entry.limits = *limits;
	err = office_may(office);
	if (!err)
		err = office_do(office, &entry, ask, NULL);
	if (err)
		return err_raise(ret_detail, err, NULL, "", (char *)NULL);
	tell_limits(office, &entry, &ask->caller);
	return ERR_OK;
}
