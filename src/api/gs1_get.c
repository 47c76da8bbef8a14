/* SPDX-License-Identifier: Apache-2.0 */
/* GET /01/... and every other primary key: where a Digital Link leads. */
#include "api/gs1_door.h"
#include "api/handle_page.h"
#include "api/handlers.h"
#include "api/state.h"

enum { TARGET_MAX = 2000, ROOT_MAX = 512, HEADER_MAX = 1600 };

static const err_text_t text_unknown = {
	{ "nothing is known here of (%1)", "此处没有 (%1) 的信息" },
	{ "see whether the code belongs to this resolver", "请确认该代码由本服务解析" },
};
static const err_text_t text_no_link = {
	{ "the record has no link", "该记录没有链接" },
	{ "add a value of the type GS1.LINK or URL, or open it in a browser",
	  "请添加 GS1.LINK 或 URL 类型的值，或用浏览器打开" },
};
static const err_text_t text_no_type = {
	{ "there is no link of the type %1", "没有类型为 %1 的链接" },
	{ "linkType=linkset lists those there are", "linkType=linkset 可列出已有链接" },
};
static const err_text_t text_long = {
	{ "the query is too long to be passed on", "查询串过长，无法随重定向传递" },
	{ "shorten it below 1000 bytes", "请缩短到 1000 字节以内" },
};

bool gs1_door_claims(slice_t path)
{
	slice_t rest = slice_from(path, 1);
	const gs1_ai_t *ai = gs1_ai_find(slice_cut(&rest, '/'));
	return ai && ai->flags & GS1_KEY;
}

void gs1_door_cors(exchange_t *x)
{
	reply_header(&x->reply, "Access-Control-Allow-Origin", "*");
	reply_header(&x->reply, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
	reply_header(&x->reply, "Access-Control-Allow-Headers", "Accept, Accept-Language");
	reply_header(&x->reply, "Access-Control-Expose-Headers", "Link, Location");
}

static verdict_t refuse(exchange_t *x, int status, const err_text_t *text, slice_t arg)
{
	err_t err = status == 404 ? ERR_NOT_FOUND : ERR_MALFORMED;
	return exchange_problem(
		x, &(problem_t){ .err = err, .status = status, .text = text, .arg = arg });
}

/* Path and query as they came, which the message borrows. */
static bool read_message(exchange_t *x, gs1_ask_t *ask)
{
	writer_t text = writer_of(ask->text, sizeof(ask->text));
	writer_t room = writer_of(ask->room, sizeof(ask->room));
	slice_t query = env_http_query(x->wire);
	wr_bytes(&text, x->request.path);
	if (query.len) {
		wr_u8(&text, '?');
		wr_bytes(&text, query);
	}
	if (text.bad) {
		refuse(x, 400, gs1_problem_text(GS1_INPUT_LONG), (slice_t){ 0 });
		return false;
	}
	bool good = gs1_decode(writer_done(&text), &room, &ask->message) == CODEC_OK;
	if (good && ask->message.stem.len == 0)
		return true;
	metric_add(&x->api->metrics, METRIC_GS1_REFUSED, 1);
	refuse(x, 400, gs1_problem_text(good ? GS1_NO_KEY : ask->message.problem),
	       ask->message.problem_ai);
	return false;
}

/* What is asked for. */

static void read_question(const exchange_t *x, gs1_question_t *ret_question, writer_t *room)
{
	slice_t type = { 0 };
	*ret_question = (gs1_question_t){ .type = { 0 } };
	gs1_wishes_read(x->request.header[HEADER_LANGUAGE], &ret_question->languages);
	gs1_wishes_read(x->request.header[HEADER_ACCEPT], &ret_question->media);
	request_query(&x->request, "context", 0, &ret_question->context);
	if (!request_query(&x->request, "linkType", 0, &type) || type.len == 0 || type.len > 512)
		return;
	type = gs1_link_type_short(type, room);
	if (slice_eq(type, SLICE("gs1:defaultLink")))
		ret_question->languages.count = ret_question->media.count = 0;
	else
		ret_question->type = type;
}

/* The media type of the linkset that is wanted; NULL: none is. */
static const char *wants_linkset(const gs1_question_t *question)
{
	static const char *const kinds[] = { "application/linkset+json", "application/json",
		                             "application/ld+json" };
	slice_t first = question->media.count ? question->media.list[0] : (slice_t){ 0 };
	bool asked = slice_eq(question->type, SLICE("gs1:linkset")) ||
	             slice_eq(question->type, SLICE("gs1:all"));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (slice_eq_nocase(first, slice_str(kinds[i])) &&
		    (i == 0 || asked || question->type.len == 0))
			return kinds[i];
	return asked ? kinds[0] : NULL;
}

static bool is_browser(const gs1_question_t *question)
{
	for (size_t i = 0; i < question->media.count; i++)
		if (slice_eq_nocase(question->media.list[i], SLICE("text/html")))
			return true;
	return false;
}

/* Answers. */

/* Bytes that could end the header they stand in are encoded. */
static void put_safe(writer_t *w, slice_t text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		if (c <= 0x20 || c >= 0x7F || c == '"' || c == '<' || c == '>')
			wr_format(w, "%%%02X", c);
		else
			wr_u8(w, c);
	}
}

/* The query goes in front of a fragment, behind a query that is there. */
static void put_target(writer_t *w, slice_t href, slice_t query)
{
	slice_t base = slice_sub(href, 0, slice_find(href, '#'));
	put_safe(w, base);
	if (query.len) {
		wr_u8(w, slice_find(base, '?') < base.len ? '&' : '?');
		put_safe(w, query);
	}
	put_safe(w, slice_from(href, base.len));
	wr_u8(w, 0);
}

static verdict_t redirect(exchange_t *x, slice_t href, slice_t query)
{
	char to[TARGET_MAX + 1];
	writer_t w = writer_of(to, sizeof(to));
	put_target(&w, href, query);
	if (w.bad)
		return refuse(x, 414, &text_long, (slice_t){ 0 });
	x->reply.status = 307;
	reply_header(&x->reply, "Location", to);
	reply_header(&x->reply, "Vary", "Accept, Accept-Language");
	return EXCHANGE_ANSWERED;
}

static void add_linkset_header(exchange_t *x, const gs1_message_t *message)
{
	char text[HEADER_MAX];
	writer_t w = writer_of(text, sizeof(text));
	wr_u8(&w, '<');
	gs1_root_put(x, &w);
	gs1_path_put(message, message->levels, &w);
	wr_bytes(&w, SLICE("?linkType=linkset>; rel=\"linkset\"; "
	                   "type=\"application/linkset+json\"; title=\"Linkset\""));
	wr_u8(&w, 0);
	if (!w.bad)
		reply_header(&x->reply, "Link", text);
}

/* Another resolver handles the company: the whole request goes there. */
static verdict_t hand_over(exchange_t *x, const gs1_message_t *message, const char *resolver)
{
	char href[ROOT_MAX + GS1_PATH_MAX], header[HEADER_MAX];
	writer_t to = writer_of(href, sizeof(href)), w = writer_of(header, sizeof(header));
	wr_bytes(&to, slice_str(resolver));
	gs1_path_put(message, message->levels, &to);
	wr_u8(&w, '<');
	wr_bytes(&w, writer_done(&to));
	wr_bytes(&w, SLICE(">; rel=\"" GS1_VOCABULARY "handledBy\"; title=\"Resolver\""));
	wr_u8(&w, 0);
	verdict_t verdict = redirect(x, writer_done(&to), message->query);
	if (!to.bad && !w.bad && x->reply.status == 307)
		reply_header(&x->reply, "Link", header);
	return verdict;
}

static verdict_t put_linkset(exchange_t *x, const gs1_ask_t *ask, const char *kind)
{
	x->reply.content_type = kind;
	reply_header(&x->reply, "Vary", "Accept, Accept-Language");
	gs1_linkset_put(x, ask, NULL, NULL);
	return EXCHANGE_ANSWERED;
}

/* Nothing tells these links apart: the client chooses. */
static verdict_t put_choices(exchange_t *x, const gs1_ask_t *ask, const gs1_level_t *level,
                             const gs1_choice_t *choice)
{
	x->reply.status = 300;
	x->reply.content_type = "application/linkset+json";
	reply_header(&x->reply, "Vary", "Accept, Accept-Language");
	gs1_linkset_put(x, ask, level, choice);
	return EXCHANGE_ANSWERED;
}

static const gs1_level_t *first_known(const gs1_ask_t *ask, bool with_links)
{
	for (size_t i = 0; i < ask->count; i++)
		if (ask->levels[i].links && (!with_links || ask->levels[i].links->count))
			return &ask->levels[i];
	return NULL;
}

static verdict_t without_link(exchange_t *x, const gs1_ask_t *ask, const gs1_question_t *question)
{
	const gs1_level_t *level = first_known(ask, false);
	if (question->type.len)
		return refuse(x, 404, &text_no_type, question->type);
	if (!is_browser(question))
		return refuse(x, 404, &text_no_link, (slice_t){ 0 });
	reply_clear(&x->reply);
	handle_page_live(x, level->name, &level->record);
	return EXCHANGE_ANSWERED;
}

static verdict_t choose(exchange_t *x, const gs1_ask_t *ask, const gs1_question_t *question)
{
	for (size_t i = 0; i < ask->count; i++) {
		const gs1_level_t *level = &ask->levels[i];
		gs1_choice_t choice;
		if (!level->links)
			continue;
		gs1_choose(level->links, question, &choice);
		if (choice.count > 1)
			return put_choices(x, ask, level, &choice);
		if (choice.count == 1)
			return redirect(x, choice.links[0]->href, ask->message.query);
	}
	return without_link(x, ask, question);
}

/* What kept the registry from saying; ERR_OK when it said, be it that there is nothing. */
static err_t trouble_of(const gs1_ask_t *ask)
{
	for (size_t i = 0; i < ask->count; i++) {
		err_t err = ask->levels[i].err;
		if (err && err != ERR_NOT_FOUND && err != ERR_UNAVAILABLE && err != ERR_INVALID)
			return err;
	}
	return ERR_OK;
}

static verdict_t answer(exchange_t *x, const gs1_ask_t *ask)
{
	err_t trouble = trouble_of(ask);
	uint8_t bytes[1024];
	writer_t room = writer_of(bytes, sizeof(bytes));
	gs1_question_t question;
	const gs1_level_t *known = first_known(ask, false);
	const gs1_level_t *counted = known ? known : &ask->levels[ask->count - 1];
	quota_t quota = registry_resolved(x->api->spec.registry, counted->name, counted->err);
	if (trouble)
		return exchange_refuse(x, trouble, NULL, (slice_t){ 0 });
	if (quota)
		return exchange_refuse(x, ERR_LIMIT, NULL, (slice_t){ 0 });
	if (!known)
		return refuse(x, 404, &text_unknown, ask->message.elements[0].code);
	read_question(x, &question, &room);
	const char *kind = wants_linkset(&question);
	if (kind && first_known(ask, true))
		return put_linkset(x, ask, kind);
	verdict_t verdict = kind ? refuse(x, 404, &text_no_link, (slice_t){ 0 })
	                         : choose(x, ask, &question);
	if (x->reply.status == 307)
		add_linkset_header(x, &ask->message);
	return verdict;
}

verdict_t gs1_get(exchange_t *x)
{
	gs1_ask_t *ask = x->api->gs1_ask;
	verdict_t verdict = EXCHANGE_ANSWERED;
	metric_add(&x->api->metrics, METRIC_GS1, 1);
	if (read_message(x, ask)) {
		const gs1_company_t *company = gs1_map_company(&x->api->spec.gs1, &ask->message);
		if (company && company->resolver) {
			verdict = hand_over(x, &ask->message, company->resolver);
		} else {
			gs1_levels_find(x, ask);
			verdict = answer(x, ask);
			gs1_levels_done(x, ask);
		}
	}
	gs1_door_cors(x);
	return verdict;
}
