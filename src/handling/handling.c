/* SPDX-License-Identifier: Apache-2.0 */
#include "handling/handling.h"

#include <assert.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "codec/uplink/uplink.h"
#include "handling/state.h"
#include "model/received.h"

#define X(id, name, help, kind) { "handling_" name, help, METRIC_##kind },
static const metric_row_t METRICS[] = { HANDLING_METRICS(X) };
#undef X

static const err_text_t ROLE_TOO_LOW = {
	{ "the step \"%1\" needs the role %2", "步骤“%1”需要角色 %2" }, { NULL, NULL }
};
static const err_text_t OUT_OF_SCOPE = {
	{ "the case of %1 is outside your scope", "%1 的事件不在您的权限范围内" }, { NULL, NULL }
};
static const err_text_t OTHER_SIDE = { { "the step \"%1\" is not this node's to take",
	                                 "步骤“%1”不应由本节点执行" },
	                               { "It is taken at the other end; it will come from there.",
	                                 "该步骤由对方节点执行，执行后会自动同步。" } };
static const err_text_t NO_CASE = { { "there is no case %2 of %1", "%1 没有编号为 %2 的事件" },
	                            { NULL, NULL } };
static const err_text_t IS_OPEN = {
	{ "the case %2 of %1 is open already", "%1 的事件 %2 已经立案" }, { NULL, NULL }
};
static const err_text_t WRONG_STATE = { { "a case that is %2 cannot take the step \"%1\"",
	                                  "处于“%2”状态的事件不能执行步骤“%1”" },
	                                { NULL, NULL } };
static const err_text_t BAD_WORDS = {
	{ "what the step says is too long, no UTF-8, or not of this step",
	  "步骤内容过长、不是 UTF-8 文本或与步骤不符" },
	{ NULL, NULL }
};
static const err_text_t PAST_DUE = { { "the due time has passed already, or is out of reach",
	                               "期限已过或超出范围" },
	                             { NULL, NULL } };

const metrics_t *handling_metrics(const handling_t *handling)
{
	return &handling->metrics;
}

/* Taking. */

/* A limit is counted and no failure: the journal has been written. */
static err_t keep(err_t err)
{
	return err == ERR_LIMIT ? ERR_OK : err;
}

/* Steps of the own node are in its own journal, and those of its own cases come from above. */
static bool is_forged(const handling_t *handling, const handling_taken_t *taken)
{
	return (slice_eq(taken->step.node, handling->node) ||
	        slice_eq(taken->step.id.origin, handling->node)) &&
	       !cases_has(handling, taken);
}

static err_t take_item(handling_t *handling, slice_t body, const slice_t *child)
{
	handling_item_t item;
	if (handling_item_read(body, &item) != ERR_OK) {
		metric_add(&handling->metrics, METRIC_MALFORMED, 1);
		return ERR_OK;
	}
	env_lock(handling->mutex);
	handling_taken_t taken = { .step = item.step, .bytes = body };
	err_t err = ERR_OK;
	if (item.is_funnel && !(child && slice_eq(item.funnel.node, handling->node)))
		err = funnel_take(handling, &item.funnel);
	else if (item.is_funnel || (child && is_forged(handling, &taken)))
		metric_add(&handling->metrics, METRIC_FORGED, 1);
	else
		err = cases_take(handling, &taken, child ? *child : (slice_t){ 0 });
	env_unlock(handling->mutex);
	return keep(err);
}

/* What a child says cannot stop the register: it is counted and left. */
static err_t take_received(handling_t *handling, slice_t payload)
{
	received_t received;
	uplink_batch_t batch;
	uplink_item_t item;
	err_t err = received_read(payload, &received);
	if (!err)
		err = uplink_batch_read(received.batch, &batch);
	if (err) {
		metric_add(&handling->metrics, METRIC_MALFORMED, 1);
		return ERR_OK;
	}
	if (batch.envelope.stream != UPLINK_HANDLING)
		return ERR_OK;
	uplink_items_t items = uplink_items_of(&batch);
	while (!err && uplink_item_next(&items, &item))
		err = take_item(handling, item.body, &received.child);
	return err;
}

static err_t take_record(void *ctx, const journal_record_t *record)
{
	handling_t *handling = ctx;
	if (record->type == JOURNAL_HANDLING)
		return take_item(handling, record->payload, NULL);
	return take_received(handling, record->payload);
}

err_t handling_follow(handling_t *handling)
{
	journal_follower_t follower = { .journal = handling->spec.journal,
		                        .types = JOURNAL_TYPE_BIT(JOURNAL_HANDLING) |
		                                 JOURNAL_TYPE_BIT(JOURNAL_RECEIVED),
		                        .take = take_record,
		                        .ctx = handling };
	return journal_follow(&follower, &handling->mark);
}

/* Opening. */

static err_t set_up(handling_t *handling)
{
	handling_spec_t *spec = &handling->spec;
	uint64_t seed = 0;
	if (!spec->workdays)
		spec->workdays = &WORKDAYS_CN;
	if (!spec->deadlines)
		spec->deadlines = DEADLINES_CN;
	if (spec->cases_max == 0)
		spec->cases_max = HANDLING_CASES_DEFAULT;
	if (spec->bytes_max == 0)
		spec->bytes_max = HANDLING_BYTES_DEFAULT;
	handling->node = slice_str(spec->node);
	if (handling->node.len == 0 || handling->node.len > HANDLING_NODE_MAX)
		return ERR_INVALID;
	env_random(handling->env, &seed, sizeof(seed));
	handling->numbers = table_new(sizeof(uint32_t), spec->cases_max, seed);
	handling->funnels = table_new(sizeof(told_t), HANDLING_FUNNELS, seed);
	if (!handling->numbers || !handling->funnels)
		return ERR_NO_MEMORY;
	err_t err = env_mutex_new(handling->env, &handling->mutex);
	return err ? err : handling_follow(handling);
}

err_t handling_open(env_t *env, const handling_spec_t *spec, handling_t **ret_handling)
{
	handling_t *handling = calloc(1, sizeof(*handling));
	if (!handling)
		return ERR_NO_MEMORY;
	handling->env = env;
	handling->spec = *spec;
	metrics_init(&handling->metrics, METRICS, METRIC_COUNT);
	err_t err = set_up(handling);
	if (err)
		handling_close(handling);
	else
		*ret_handling = handling;
	return err;
}

void handling_close(handling_t *handling)
{
	if (!handling)
		return;
	cases_free(handling);
	table_free(handling->funnels);
	env_mutex_free(handling->mutex);
	free(handling);
}

/* Orders. */

static err_t append(handling_t *handling, slice_t body, uint64_t *ret_seq)
{
	return journal_append(handling->spec.journal, JOURNAL_HANDLING, &body, 1, ret_seq);
}

/* As a detail names it. */
static void name_case(const handling_id_t *id, char origin[ERR_ARG_MAX], char event[24])
{
	writer_t w = writer_of(event, 24);
	(void)slice_to_cstr(id->origin, origin, ERR_ARG_MAX);
	wr_format(&w, "%llu", (unsigned long long)id->event);
	wr_u8(&w, 0);
}

static err_t check_who(const handling_t *handling, const caller_t *caller,
                       const handling_order_t *order, err_detail_t *detail)
{
	const handling_step_info_t *info = handling_step_info(order->step);
	char origin[ERR_ARG_MAX], event[24];
	name_case(&order->id, origin, event);
	const case_t *c = cases_find(handling, &order->id);
	bool is_origin = slice_eq(order->id.origin, handling->node);
	bool is_overseen = c ? c->now.what.is_overseen : handling->spec.is_overseen;
	if (caller->role < info->role)
		return err_raise(detail, ERR_DENIED, &ROLE_TOO_LOW, "", info->text[LANG_EN],
		                 role_name(info->role), NULL);
	if (!caller_holds(caller, order->id.origin))
		return err_raise(detail, ERR_DENIED, &OUT_OF_SCOPE, "", origin, NULL);
	if ((c || order->step == HANDLING_STEP_OPEN) &&
	    !handling_is_side(info, is_origin, is_overseen))
		return err_raise(detail, ERR_DENIED, &OTHER_SIDE, "", info->text[LANG_EN], NULL);
	return ERR_OK;
}

static err_t check_case(const handling_t *handling, const handling_order_t *order,
                        err_detail_t *detail)
{
	const handling_step_info_t *info = handling_step_info(order->step);
	char origin[ERR_ARG_MAX], event[24];
	name_case(&order->id, origin, event);
	const case_t *c = cases_find(handling, &order->id);
	handling_state_t state = c ? c->now.state : HANDLING_NONE;
	if (order->step == HANDLING_STEP_OPEN && state != HANDLING_NONE)
		return err_raise(detail, ERR_EXISTS, &IS_OPEN, "", origin, event, NULL);
	if (order->step != HANDLING_STEP_OPEN && state == HANDLING_NONE)
		return err_raise(detail, ERR_NOT_FOUND, &NO_CASE, "", origin, event, NULL);
	if (!(info->from & (1U << state)))
		return err_raise(detail, ERR_CONFLICT, &WRONG_STATE, "", info->text[LANG_EN],
		                 handling_state_text(state, LANG_EN), NULL);
	return c && c->now.number >= HANDLING_STEPS_MAX ? ERR_LIMIT : ERR_OK;
}

static bool fits(slice_t text, size_t max)
{
	return text.len <= max && utf8_valid(text);
}

static bool is_case_good(const handling_case_t *what)
{
	return fits(what->subject, HANDLING_WORD_MAX) && fits(what->technique, HANDLING_WORD_MAX) &&
	       fits(what->entity, HANDLING_WORD_MAX) && what->severity < SEVERITY_COUNT;
}

static bool are_files_good(const handling_order_t *order)
{
	bool is_good = order->file_count <= HANDLING_FILES_MAX;
	for (size_t i = 0; i < order->file_count && is_good; i++)
		is_good = order->files[i].len == HANDLING_HASH_BYTES;
	return is_good;
}

static err_t check_words(const handling_t *handling, const caller_t *caller,
                         const handling_order_t *order, err_detail_t *detail)
{
	bool is_open = order->step == HANDLING_STEP_OPEN, has_case = order->what != NULL;
	bool is_good = fits(order->text, HANDLING_TEXT_MAX) &&
	               fits(caller->subject, HANDLING_WORD_MAX) && are_files_good(order) &&
	               is_open == has_case && (!has_case || is_case_good(order->what));
	if (!is_good)
		return err_raise(detail, ERR_INVALID, &BAD_WORDS, "", NULL);
	if (order->due_ns != 0 &&
	    (order->due_ns <= env_utc(handling->env).ns || order->due_ns > HANDLING_TIME_MAX))
		return err_raise(detail, ERR_INVALID, &PAST_DUE, "", NULL);
	return ERR_OK;
}

/* When the step after this one is due. */
static int64_t due_of(const handling_t *handling, const handling_order_t *order,
                      severity_t severity, int64_t now_ns)
{
	bool is_certain;
	handling_state_t to = handling_step_info(order->step)->to;
	workdays_term_t term = { .from_ns = now_ns,
		                 .offset_ns = handling->spec.offset_ns,
		                 .days = deadline_days(handling->spec.deadlines, to, severity) };
	if (order->due_ns != 0 || term.days == 0)
		return order->due_ns;
	return workdays_due(handling->spec.workdays, &term, &is_certain);
}

static handling_step_t step_of(const handling_t *handling, const caller_t *caller,
                               const handling_order_t *order)
{
	const case_t *c = cases_find(handling, &order->id);
	handling_step_t step = { .node = handling->node,
		                 .id = order->id,
		                 .step = order->step,
		                 .number = c ? c->now.number + 1 : 1,
		                 .when_ns = env_utc(handling->env).ns,
		                 .who = caller->subject,
		                 .text = order->text,
		                 .file_count = order->file_count };
	for (size_t i = 0; i < order->file_count; i++)
		step.files[i] = order->files[i];
	if (order->what) {
		step.what = *order->what;
		step.what.is_overseen = handling->spec.is_overseen;
	}
	severity_t severity = order->what ? order->what->severity : c->now.what.severity;
	step.due_ns = due_of(handling, order, severity, step.when_ns);
	return step;
}

/* Room in the register first: what is journalled is to be there. */
static err_t journal_step(handling_t *handling, const handling_step_t *step, uint64_t *ret_seq)
{
	uint8_t room[HANDLING_ITEM_MAX];
	writer_t w = writer_of(room, sizeof(room));
	handling_step_put(step, &w);
	assert(!w.bad);
	handling_taken_t taken = { .step = *step, .bytes = writer_done(&w) };
	if (!cases_fits(handling, &taken))
		return ERR_LIMIT;
	err_t err = append(handling, taken.bytes, ret_seq);
	return err ? err : cases_take(handling, &taken, (slice_t){ 0 });
}

err_t handling_order(handling_t *handling, const caller_t *caller, const handling_order_t *order,
                     uint64_t *ret_seq, err_detail_t *ret_detail)
{
	if (order->step >= HANDLING_STEP_COUNT || order->id.origin.len == 0 ||
	    order->id.origin.len > HANDLING_NODE_MAX)
		return ERR_INVALID;
	env_lock(handling->mutex);
	err_t err = check_who(handling, caller, order, ret_detail);
	if (!err)
		err = check_case(handling, order, ret_detail);
	if (!err)
		err = check_words(handling, caller, order, ret_detail);
	if (!err) {
		handling_step_t step = step_of(handling, caller, order);
		err = journal_step(handling, &step, ret_seq);
	}
	env_unlock(handling->mutex);
	return err;
}

static err_t hear(handling_t *handling, const handling_taken_t *taken, uint64_t *ret_seq)
{
	if (cases_has(handling, taken)) {
		*ret_seq = 0;
		return ERR_OK;
	}
	if (slice_eq(taken->step.node, handling->node)) {
		metric_add(&handling->metrics, METRIC_FORGED, 1);
		return ERR_DENIED;
	}
	if (!cases_find(handling, &taken->step.id))
		return ERR_NOT_FOUND;
	if (!cases_fits(handling, taken))
		return ERR_LIMIT;
	err_t err = append(handling, taken->bytes, ret_seq);
	return err ? err : cases_take(handling, taken, (slice_t){ 0 });
}

err_t handling_hear(handling_t *handling, slice_t body, uint64_t *ret_seq)
{
	handling_item_t item;
	err_t err = handling_item_read(body, &item);
	if (err)
		return err;
	if (item.is_funnel)
		return ERR_MALFORMED;
	handling_taken_t taken = { .step = item.step, .bytes = body };
	env_lock(handling->mutex);
	err = hear(handling, &taken, ret_seq);
	env_unlock(handling->mutex);
	return err;
}
