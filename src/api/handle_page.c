/* SPDX-License-Identifier: Apache-2.0 */
#include "api/handle_page.h"

#include "api/handlers.h"
#include "base/html.h"
#include "api/state.h"
#include "base/base64.h"
#include "base/text.h"
#include "base/utf8.h"
#include "env/crypto.h"

enum { SHOWN_MAX = 4096, PIECE = 4096, NAME_ROOM = HTML_GROWTH * HANDLE_NAME_MAX + PIECE };

/* One accent, an 8 px grid, system fonts, as the console has them. */
static const char style[] =
	":root{--bg:#f3f5f7;--surface:#fff;--line:#dde3e8;--text:#17222b;--faint:#586773;"
	"--accent:#0f6b8a;--wash:#e2f0f5;--on:#fff;color-scheme:light dark}"
	"@media(prefers-color-scheme:dark){:root{--bg:#0f1519;--surface:#171f25;--line:#2a363f;"
	"--text:#e4ebf0;--faint:#98a8b4;--accent:#58bfdd;--wash:#17333e;--on:#06222c}}"
	"*{box-sizing:border-box}"
	"body{margin:0;background:var(--bg);color:var(--text);font:15px/24px system-ui,"
	"-apple-system,\"Segoe UI\",Roboto,\"PingFang SC\",\"Microsoft YaHei\","
	"\"Noto Sans CJK SC\",sans-serif}"
	"main,header,footer{max-width:760px;margin:0 auto;padding:0 16px}"
	"header{padding-top:24px;color:var(--faint);display:flex;gap:8px;align-items:center}"
	"header b{color:var(--text)}"
	"header svg rect{fill:var(--accent)}"
	"header svg path{fill:none;stroke:var(--on);stroke-width:2.4;stroke-linecap:round}"
	"h1{font:650 24px/32px ui-monospace,\"DejaVu Sans Mono\",\"Noto Sans Mono CJK SC\","
	"monospace;overflow-wrap:anywhere;margin:16px 0 8px}"
	"p{margin:0 0 8px}.faint,dt,footer{color:var(--faint)}"
	".chip{display:inline-block;padding:0 8px;border-radius:12px;background:var(--wash);"
	"color:var(--accent);font-size:13px}"
	"a{color:var(--accent);overflow-wrap:anywhere}"
	"nav{display:flex;flex-wrap:wrap;gap:8px;margin:16px 0 24px}"
	"nav a{padding:8px 16px;border:1px solid var(--line);border-radius:8px;"
	"background:var(--surface);text-decoration:none}"
	"article{background:var(--surface);border:1px solid var(--line);border-radius:8px;"
	"padding:16px;margin-bottom:16px}"
	"h2{font-size:15px;line-height:24px;margin:0 0 4px}"
	"h2 small{font-weight:400;color:var(--faint);margin-left:8px}"
	"pre{margin:8px 0;white-space:pre-wrap;overflow-wrap:anywhere;font:14px/22px ui-monospace,"
	"\"DejaVu Sans Mono\",\"Noto Sans Mono CJK SC\",monospace}"
	"dl{display:grid;grid-template-columns:max-content 1fr;gap:0 16px;margin:8px 0 0;"
	"font-size:13px}dd{margin:0}"
	"footer{padding-bottom:32px;font-size:13px}"
	"@media(max-width:480px){dl{grid-template-columns:1fr}dd{margin-bottom:4px}"
	"h1{font-size:20px;line-height:28px}}";

typedef const char *words_t[LANG_COUNT];

static const struct {
	const char *type; /* as handle_type_matches has it */
	words_t what;
} types[] = {
	{ "URL.", { "where the thing is described on the web", "该对象的网页地址" } },
	{ "EMAIL", { "whom to write to", "联系邮箱" } },
	{ "DESC.", { "what it is, in words", "文字说明" } },
	{ "HS_ADMIN", { "who may change this record, and how", "谁可以修改此记录、可做什么" } },
	{ "HS_VLIST", { "a group of identities", "一组身份" } },
	{ "HS_SITE.", { "the servers that answer for a prefix", "负责该前缀的服务器" } },
	{ "HS_SERV.",
	  { "the name that leads to the servers of a prefix", "指向前缀服务器的标识" } },
	{ "HS_PUBKEY", { "a public key: proves who an identity is", "公钥：用于证明身份" } },
	{ "HS_ALIAS", { "another name of the same thing", "同一对象的另一标识" } },
	{ "INET_HOST", { "a host on the internet", "互联网主机" } },
	{ RECORD_TYPE_POINT,
	  { "the point of a machine this name stands for", "所对应的设备测点" } },
	{ "GS1.LINK", { "a link of a GS1 key", "GS1 代码的链接" } },
	{ "10320/loc", { "several places, one of which is chosen", "多个地址，择一使用" } },
};

static const words_t text_other = { "a value of its own kind", "其他类型的值" };
static const words_t text_registry = { "identifier registry", "标识注册表" };

static slice_t say(const exchange_t *x, const words_t words)
{
	return slice_str(words[x->request.lang]);
}

static writer_t *page(exchange_t *x, size_t room)
{
	return reply_text(&x->reply, "text/html;charset=utf-8", room);
}

static void put(exchange_t *x, const char *markup)
{
	wr_bytes(page(x, PIECE), slice_str(markup));
}

static void put_text(exchange_t *x, slice_t text)
{
	html_text(page(x, HTML_GROWTH * text.len + PIECE), text);
}

static void put_words(exchange_t *x, const char *en, const char *zh)
{
	put_text(x, slice_str(x->request.lang == LANG_ZH ? zh : en));
}

/* The head of a page. */

static void put_policy(exchange_t *x)
{
	uint8_t hash[SHA256_BYTES];
	char text[256];
	writer_t w = writer_of(text, sizeof(text));
	slice_t css = slice_str(style);
	env_sha256(&css, 1, hash);
	wr_format(&w, "default-src 'none'; style-src 'sha256-");
	base64_encode(slice_of(hash, sizeof(hash)), BASE64_PLAIN, &w);
	wr_format(&w, "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
	wr_u8(&w, 0);
	reply_header(&x->reply, "Content-Security-Policy", text);
	reply_header(&x->reply, "Cache-Control", "no-cache");
	reply_header(&x->reply, "Referrer-Policy", "no-referrer");
	reply_header(&x->reply, "Vary", "Accept-Language");
}

static void begin(exchange_t *x, slice_t title)
{
	put_policy(x);
	put(x, x->request.lang == LANG_ZH ? "<!doctype html><html lang=\"zh-CN\">"
	                                  : "<!doctype html><html lang=\"en\">");
	put(x, "<meta charset=\"utf-8\"><meta name=\"viewport\" "
	       "content=\"width=device-width,initial-scale=1\"><title>");
	put_text(x, title);
	put(x, "</title><style>");
	wr_bytes(page(x, sizeof(style)), slice_str(style));
	put(x, "</style><header><svg width=\"24\" height=\"24\" viewBox=\"0 0 24 24\" "
	       "aria-hidden=\"true\"><rect width=\"24\" height=\"24\" rx=\"6\"/>"
	       "<path d=\"M6 8h12M6 12h12M6 16h12\"/></svg><b>");
	put_text(x, slice_str(api_catalogue(x->api)->node.label[x->request.lang]));
	put(x, "</b> <span>");
	put_text(x, say(x, text_registry));
	put(x, "</span></header><main><h1>");
}

static void end(exchange_t *x)
{
	put(x, "</main><footer><p>");
	put_words(x,
	          "An identifier is a name for good: what it leads to may change, the name does "
	          "not come to mean something else.",
	          "标识一经分配即长期有效：所指内容可以更新，名称不会另作他用。");
	put(x, "</p></footer></html>");
}

static void put_name_path(exchange_t *x, slice_t name)
{
	html_url(page(x, URL_GROWTH * name.len + PIECE), name);
}

static void put_link(exchange_t *x, const char *base, slice_t name, const words_t words)
{
	put(x, "<a href=\"");
	put(x, base);
	put_name_path(x, name);
	put(x, "\">");
	put_text(x, say(x, words));
	put(x, "</a>");
}

/* Values. */

static void put_reference(exchange_t *x, const handle_reference_t *reference)
{
	put(x, "<a href=\"/");
	put_name_path(x, reference->handle);
	put(x, "?noredirect\">");
	put_text(x, reference->handle);
	put(x, "</a>");
	if (reference->index)
		wr_format(page(x, PIECE), " : %u", reference->index);
}

/* What the rights are called, from the lowest bit on. */
static const words_t rights[] = {
	{ "register names", "注册标识" },
	{ "delete names", "删除标识" },
	{ "register prefixes", "注册子前缀" },
	{ "delete prefixes", "删除子前缀" },
	{ "change values", "修改值" },
	{ "remove values", "删除值" },
	{ "add values", "新增值" },
	{ "change administrators", "修改管理员" },
	{ "remove administrators", "删除管理员" },
	{ "add administrators", "新增管理员" },
	{ "read all values", "读取全部值" },
	{ "list names", "列出标识" },
	{ "list prefixes", "列出子前缀" },
};

static bool put_admin(exchange_t *x, slice_t data)
{
	handle_admin_t admin;
	if (handle_admin_decode(data, &admin) != CODEC_OK)
		return false;
	put(x, "<p>");
	put_reference(x, &admin.admin);
	put(x, "</p><p class=\"faint\">");
	bool is_first = true;
	for (size_t i = 0; i < sizeof(rights) / sizeof(*rights); i++) {
		if (!(admin.rights >> i & 1))
			continue;
		put(x, is_first ? "" : ", ");
		put_text(x, say(x, rights[i]));
		is_first = false;
	}
	put(x, "</p>");
	return true;
}

static bool put_group(exchange_t *x, slice_t data)
{
	handle_list_t members;
	handle_reference_t member;
	if (handle_vlist_decode(data, &members) != CODEC_OK)
		return false;
	handle_iter_t iter = handle_list_iter(members);
	while (handle_reference_next(&iter, &member)) {
		put(x, "<p>");
		put_reference(x, &member);
		put(x, "</p>");
	}
	return true;
}

static bool put_url(exchange_t *x, slice_t data)
{
	if (!handle_proxy_leads(data))
		return false;
	put(x, "<p><a rel=\"noreferrer nofollow\" href=\"");
	put_text(x, data);
	put(x, "\">");
	put_text(x, data);
	put(x, "</a></p>");
	return true;
}

static bool put_alias(exchange_t *x, slice_t data)
{
	handle_reference_t other = { .handle = data };
	if (!utf8_valid(data) || data.len > HANDLE_NAME_MAX)
		return false;
	put(x, "<p>");
	put_reference(x, &other);
	put(x, "</p>");
	return true;
}

static void put_plain(exchange_t *x, slice_t data)
{
	slice_t shown = slice_sub(data, 0, SHOWN_MAX);
	if (!utf8_valid(data)) {
		wr_format(page(x, PIECE), "<p class=\"faint\">%zu %s</p>", data.len,
		          x->request.lang == LANG_ZH ? "字节二进制数据" : "bytes of binary data");
		return;
	}
	put(x, "<pre>");
	put_text(x, shown);
	put(x, "</pre>");
	if (shown.len < data.len)
		wr_format(page(x, PIECE), "<p class=\"faint\">… %zu</p>", data.len - shown.len);
}

static void put_data(exchange_t *x, const handle_value_t *value)
{
	static const struct {
		const char *type;
		bool (*put)(exchange_t *x, slice_t data);
	} forms[] = {
		{ "HS_ADMIN", put_admin },
		{ "HS_VLIST", put_group },
		{ "URL.", put_url },
		{ "HS_ALIAS", put_alias },
	};
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++)
		if (handle_type_matches(value->type, slice_str(forms[i].type)) &&
		    forms[i].put(x, value->data))
			return;
	put_plain(x, value->data);
}

static void put_row(exchange_t *x, const char *en, const char *zh)
{
	put(x, "<dt>");
	put_words(x, en, zh);
	put(x, "</dt><dd>");
}

static void put_time(exchange_t *x, uint32_t seconds)
{
	char text[TIME_TEXT_MAX];
	time_format((int64_t)seconds * NS_PER_S, text);
	wr_format(page(x, PIECE), "%.10s %.8s UTC", text, &text[11]);
}

/* 86400 is "1 d". */
static void put_seconds(exchange_t *x, uint32_t seconds)
{
	static const struct {
		uint32_t s;
		words_t word;
	} units[] = {
		{ 86400, { "d", "天" } },
		{ 3600, { "h", "小时" } },
		{ 60, { "min", "分钟" } },
		{ 1, { "s", "秒" } },
	};
	size_t i = 0;
	while (i < 3 && (seconds == 0 || seconds % units[i].s))
		i++;
	wr_format(page(x, PIECE), "%u %s", seconds / units[i].s, units[i].word[x->request.lang]);
}

static void put_ttl(exchange_t *x, const handle_value_t *value)
{
	put_row(x, "may be kept", "可缓存");
	if (value->ttl_type == HANDLE_TTL_ABSOLUTE) {
		put_words(x, "until ", "至 ");
		put_time(x, value->ttl_s);
	} else {
		put_words(x, "for ", "");
		put_seconds(x, value->ttl_s);
	}
	put(x, "</dd>");
}

static void put_permissions(exchange_t *x, uint8_t perms)
{
	put_row(x, "who may change it", "谁可修改");
	if (perms & HANDLE_PERM_PUBLIC_WRITE)
		put_words(x, "anybody", "任何人");
	else if (perms & HANDLE_PERM_ADMIN_WRITE)
		put_words(x, "the administrators of this record", "此记录的管理员");
	else
		put_words(x, "nobody: it is fixed", "不可修改");
	put(x, "</dd>");
}

static void put_references(exchange_t *x, handle_list_t list)
{
	handle_iter_t iter = handle_list_iter(list);
	handle_reference_t reference;
	if (list.count == 0)
		return;
	put_row(x, "see also", "参见");
	while (handle_reference_next(&iter, &reference)) {
		put_reference(x, &reference);
		put(x, " ");
	}
	put(x, "</dd>");
}

static slice_t meaning(const exchange_t *x, slice_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (handle_type_matches(type, slice_str(types[i].type)))
			return say(x, types[i].what);
	return say(x, text_other);
}

static void put_value(exchange_t *x, const handle_value_t *value)
{
	put(x, "<article><h2>");
	put_text(x, value->type);
	wr_format(page(x, PIECE), "<small>%u</small></h2><p class=\"faint\">", value->index);
	put_text(x, meaning(x, value->type));
	put(x, "</p>");
	put_data(x, value);
	put(x, "<dl>");
	put_row(x, "set", "写入时间");
	put_time(x, value->timestamp_s);
	put(x, "</dd>");
	put_ttl(x, value);
	put_permissions(x, value->perms);
	put_references(x, value->references);
	put(x, "</dl></article>");
}

/* Where to go from here. */

static const point_t *point_of(const exchange_t *x, slice_t name)
{
	const catalogue_t *c = api_catalogue(x->api);
	for (size_t i = 0; i < c->point_count; i++)
		if (slice_eq_nocase(slice_str(c->points[i].ident), name))
			return &c->points[i];
	return NULL;
}

static void put_nav(exchange_t *x, slice_t name)
{
	static const words_t live = { "Live value", "实时值" }, history = { "History", "变更历史" },
			     json = { "As JSON", "JSON 数据" };
	const point_t *point = point_of(x, name);
	put(x, "<nav>");
	if (point)
		put_link(x, "/#/points/", slice_str(point->name), live);
	put_link(x, "/#/identifiers/", name, history);
	put_link(x, "/api/handles/", name, json);
	put(x, "</nav>");
}

static void put_state(exchange_t *x, const record_t *record)
{
	put(x, "<p><span class=\"chip\">");
	if (record->state == RECORD_RETIRED)
		put_words(x, "retired: it still answers, and no longer changes",
		          "已停用：仍可解析，不再变更");
	else
		put_words(x, "in use", "使用中");
	put(x, "</span> <span class=\"faint\">");
	if (record->changed_ns) {
		put_words(x, "last changed ", "最近变更 ");
		put_time(x, (uint32_t)(record->changed_ns / NS_PER_S));
	}
	put(x, "</span></p>");
}

void handle_page_record(exchange_t *x, slice_t name, const record_t *record)
{
	handle_value_t value;
	handle_iter_t iter = handle_list_iter(handle_values_of(record));
	size_t shown = 0;
	begin(x, name);
	put_text(x, record->name);
	put(x, "</h1>");
	put_state(x, record);
	put_nav(x, record->name);
	while (handle_value_next(&iter, &value)) {
		if (!(value.perms & HANDLE_PERM_PUBLIC_READ) ||
		    !handles_is_wanted(&x->request, &value))
			continue;
		put_value(x, &value);
		shown++;
	}
	if (shown == 0) {
		put(x, "<p>");
		put_words(x, "It has no values that anybody may read.", "没有可公开读取的值。");
		put(x, "</p>");
	}
	end(x);
}

static const struct {
	int status;
	words_t title, what, fix;
} without[HANDLE_PAGE_COUNT] = {
	[HANDLE_PAGE_MISSING] = { 404,
	                          { "This identifier is not registered here",
	                            "此标识未在本节点注册" },
	                          { "The prefix lives on this node, and no such name does.",
	                            "前缀由本节点负责，但没有这个名称。" },
	                          { "Look for a slip in the spelling or a part of the label that "
	                            "was not read; then "
	                            "ask whoever gave you the name.",
	                            "请检查拼写或标签是否读取完整；仍找不到时，请联系标识的提供方"
	                            "。" } },
	[HANDLE_PAGE_ELSEWHERE] = { 404,
	                            { "This identifier lives elsewhere", "此标识不在本节点" },
	                            { "Another server answers for its prefix.",
	                              "其前缀由其他服务器负责。" },
	                            { "Ask a resolver of the whole system, or the owner of the "
	                              "prefix.",
	                              "请使用全局解析服务，或联系前缀的所有者。" } },
	[HANDLE_PAGE_NO_NAME] = { 400,
	                          { "This is not an identifier", "这不是标识" },
	                          { "An identifier is a prefix, a slash, and a name: "
	                            "99.100.1/PUMP-7.",
	                            "标识由前缀、斜杠和名称组成，例如 99.100.1/PUMP-7。" },
	                          { "Look whether a part of it was lost on the way.",
	                            "请检查是否缺少了一部分。" } },
	[HANDLE_PAGE_LOOP] = { 508,
	                       { "This identifier leads back to itself", "此标识指回自身" },
	                       { "Its alias is a name whose alias is this one.",
	                         "其别名又以它为别名。" },
	                       { "Its administrators have to change one of them.",
	                         "需由管理员修改其中之一。" } },
	[HANDLE_PAGE_QUOTA] = { 429,
	                        { "This identifier has been asked for too often",
	                          "此标识的解析次数已达上限" },
	                        { "The prefix has used up what it was given for the day.",
	                          "其前缀当日的解析配额已用完。" },
	                        { "Try again tomorrow, or ask the owner of the prefix.",
	                          "请明日再试，或联系前缀的所有者。" } },
	[HANDLE_PAGE_BROKEN] = { 503,
	                         { "The registry cannot answer now", "注册表暂时无法应答" },
	                         { "It may be catching up.", "可能正在恢复数据。" },
	                         { "Try again in a minute.", "请稍后重试。" } },
};

void handle_page_without(exchange_t *x, slice_t name, handle_page_t why)
{
	static const words_t console = { "To the console", "前往控制台" };
	x->reply.status = without[why].status;
	begin(x, say(x, without[why].title));
	put_text(x, slice_sub(name, 0, SHOWN_MAX));
	put(x, "</h1><article><h2>");
	put_text(x, say(x, without[why].title));
	put(x, "</h2><p>");
	put_text(x, say(x, without[why].what));
	put(x, "</p><p>");
	put_text(x, say(x, without[why].fix));
	put(x, "</p></article><nav>");
	put_link(x, "/", (slice_t){ 0 }, console);
	put(x, "</nav>");
	end(x);
}
