/* SPDX-License-Identifier: Apache-2.0 */
/* One link out of its JSON, with what is wrong with it. */
#include "base/ascii.h"
#include "gs1/link.h"

enum { TITLE_MAX = 256, HREF_MAX = 1024, WORD_MAX = 64 };

static const err_text_t text_json = {
	{ "the data of GS1.LINK is not a JSON object", "GS1.LINK 的数据不是 JSON 对象" },
	{ "write {\"linkType\":..., \"href\":..., \"title\":...}",
	  "请写成 {\"linkType\":…, \"href\":…, \"title\":…}" },
};
static const err_text_t text_long = {
	{ "the data of GS1.LINK is longer than 4096 bytes", "GS1.LINK 的数据超过 4096 字节" },
	{ NULL, NULL },
};
static const err_text_t text_member = {
	{ "GS1.LINK has no member '%1'", "GS1.LINK 没有成员“%1”" },
	{ "known: linkType, href, title, type, hreflang, context, default",
	  "可用：linkType、href、title、type、hreflang、context、default" },
};
static const err_text_t text_missing = {
	{ "GS1.LINK needs '%1' as a text", "GS1.LINK 须有文本成员“%1”" },
	{ NULL, NULL },
};
static const err_text_t text_type = {
	{ "'%1' is no link type", "“%1”不是链接类型" },
	{ "write gs1: and a name, such as gs1:pip, or the URI of another vocabulary",
	  "请写 gs1: 加名称，例如 gs1:pip，或其他词汇表的 URI" },
};
static const err_text_t text_href = {
	{ "'%1' is no address of the web", "“%1”不是网址" },
	{ "write http:// or https:// and no blanks, at most 1024 bytes",
	  "请写 http:// 或 https:// 网址，不含空白，不超过 1024 字节" },
};
static const err_text_t text_title = {
	{ "the title is longer than 256 bytes", "标题超过 256 字节" },
	{ NULL, NULL },
};
static const err_text_t text_media = {
	{ "'%1' is no media type", "“%1”不是媒体类型" },
	{ "write such as text/html", "请写成 text/html 之类" },
};
static const err_text_t text_tags = {
	{ "'%1' must be a list of at most 8 good words", "“%1”必须是不超过 8 个有效词的列表" },
	{ "hreflang takes language tags such as en or zh-CN, context words of letters and digits",
	  "hreflang 用语言标签，如 en、zh-CN；context 用字母和数字组成的词" },
};
static const err_text_t text_default = {
	{ "'default' is true or false", "“default”只能是 true 或 false" },
	{ NULL, NULL },
};

static bool is_word(slice_t text, const char *more)
{
	return text.len > 0 && text.len <= WORD_MAX && ascii_is_word(text, slice_str(more));
}

static bool is_web(slice_t uri)
{
	size_t head = slice_starts(uri, SLICE("https://")) ? 8 : 7;
	bool good = (head == 8 || slice_starts(uri, SLICE("http://"))) && uri.len > head &&
	            uri.len <= HREF_MAX && ascii_is_alnum(uri.ptr[head]);
	static const slice_t odd = { (const uint8_t *)"\"<>\\^`{|}", 9 };
	for (size_t i = 0; i < uri.len; i++)
		good = good && uri.ptr[i] > 0x20 && uri.ptr[i] != 0x7F &&
		       slice_find(odd, uri.ptr[i]) == odd.len;
	return good;
}

/* The names of GS1 have one form only, so that two links of one type are known as such. */
static bool is_link_type(slice_t type)
{
	if (slice_starts(type, SLICE("gs1:")))
		return is_word(slice_from(type, 4), "");
	return is_web(type) && !slice_starts(type, SLICE(GS1_VOCABULARY));
}

static bool is_media(slice_t media)
{
	slice_t rest = media;
	slice_t head = slice_cut(&rest, '/');
	return is_word(head, "-") && is_word(rest, "-+._");
}

/* Letters first, as in BCP 47; the parts are of eight at most. */
static bool is_language(slice_t tag)
{
	slice_t rest = tag;
	bool good = tag.len >= 2 && slice_find(tag, '-') >= 2 && slice_find(tag, '-') <= 3 &&
	            (tag.ptr[0] | 0x20) >= 'a' && tag.ptr[tag.len - 1] != '-';
	while (good && rest.len) {
		slice_t part = slice_cut(&rest, '-');
		good = part.len <= 8 && is_word(part, "");
	}
	return good;
}

static bool is_context(slice_t word)
{
	return is_word(word, "-_");
}

static bool read_tags(const json_tree_t *list, bool (*good)(slice_t tag), gs1_tags_t *ret_tags)
{
	if (!list)
		return true;
	if (json_kind(list) != JSON_LIST_VALUE || json_count(list) > GS1_TAGS_MAX)
		return false;
	for (size_t i = 0; i < json_count(list); i++)
		if (!json_text(json_item(list, i), &ret_tags->list[i]) || !good(ret_tags->list[i]))
			return false;
	ret_tags->count = json_count(list);
	return true;
}

typedef struct {
	err_detail_t *detail;
	err_t err;
} judge_t;

static void blame(judge_t *j, const err_text_t *text, slice_t arg)
{
	char shown[ERR_ARG_MAX];
	(void)!slice_to_cstr(arg, shown, sizeof(shown));
	if (!j->err)
		j->err = err_raise(j->detail, ERR_INVALID, text, "", shown, (char *)NULL);
}

static bool on_member(void *ctx, slice_t key, const json_tree_t *value)
{
	static const char *const known[] = { "linkType", "href",    "title",  "type",
		                             "hreflang", "context", "default" };
	(void)value;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (slice_eq(slice_str(known[i]), key))
			return true;
	blame(ctx, &text_member, key);
	return false;
}

/* A text that must be there. */
static void read_text(judge_t *j, const json_tree_t *object, const char *key, slice_t *ret_text)
{
	if (!json_text(json_member(object, key), ret_text) || ret_text->len == 0)
		blame(j, &text_missing, slice_str(key));
}

static void judge(judge_t *j, const json_tree_t *object, const gs1_link_t *link)
{
	const json_tree_t *media = json_member(object, "type");
	if (!is_link_type(link->type))
		blame(j, &text_type, link->type);
	if (!is_web(link->href))
		blame(j, &text_href, link->href);
	if (link->title.len > TITLE_MAX)
		blame(j, &text_title, link->title);
	if (media && !is_media(link->media))
		blame(j, &text_media, link->media);
}

err_t gs1_link_read(const json_tree_t *object, gs1_link_t *ret_link, err_detail_t *ret_detail)
{
	judge_t j = { ret_detail, ERR_OK };
	const json_tree_t *is_default = json_member(object, "default");
	*ret_link = (gs1_link_t){ 0 };
	if (json_kind(object) != JSON_MEMBERS_VALUE)
		return err_raise(ret_detail, ERR_INVALID, &text_json, "", (char *)NULL);
	json_members(object, on_member, &j);
	read_text(&j, object, "linkType", &ret_link->type);
	read_text(&j, object, "href", &ret_link->href);
	read_text(&j, object, "title", &ret_link->title);
	(void)json_text(json_member(object, "type"), &ret_link->media);
	judge(&j, object, ret_link);
	if (!read_tags(json_member(object, "hreflang"), is_language, &ret_link->languages))
		blame(&j, &text_tags, SLICE("hreflang"));
	if (!read_tags(json_member(object, "context"), is_context, &ret_link->contexts))
		blame(&j, &text_tags, SLICE("context"));
	if (is_default && !json_flag(is_default, &ret_link->is_default))
		blame(&j, &text_default, (slice_t){ 0 });
	return j.err;
}

err_t gs1_link_check(slice_t data, err_detail_t *ret_detail)
{
	json_tree_t *tree = NULL;
	gs1_link_t link;
	if (data.len > GS1_LINK_BYTES_MAX)
		return err_raise(ret_detail, ERR_INVALID, &text_long, "", (char *)NULL);
	if (json_read(data, &tree, NULL))
		return err_raise(ret_detail, ERR_INVALID, &text_json, "", (char *)NULL);
	err_t err = gs1_link_read(tree, &link, ret_detail);
	json_free(tree);
	return err;
}
