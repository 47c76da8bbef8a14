/* SPDX-License-Identifier: Apache-2.0 */
#include "handling/form.h"

#include "base/html.h"
#include "base/num.h"
#include "base/text.h"

/* Nothing is fetched and nothing runs, whoever wrote the text. */
static const char HEAD[] =
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	"style-src 'unsafe-inline'\">\n"
	"<style>\n"
	"@page { size: A4; margin: 20mm }\n"
	"body { font: 11pt/1.5 \"Noto Sans CJK SC\", \"Noto Sans\", sans-serif; color: #000; "
	"background: #fff; max-width: 170mm; margin: 10mm auto }\n"
	"h1 { font-size: 17pt; text-align: center }\n"
	"h2 { font-size: 12pt }\n"
	"table { border-collapse: collapse; width: 100% }\n"
	"th, td { border: 1px solid #444; padding: 1.5mm 2mm; text-align: left; "
	"vertical-align: top; overflow-wrap: anywhere }\n"
	"th { width: 32mm; font-weight: 600; background: #f2f2f2 }\n"
	"thead th { width: auto }\n"
	"tr { break-inside: avoid }\n"
	"p.said { white-space: pre-wrap; margin: 0 }\n"
	"p.sign { display: flex; justify-content: space-between; margin-top: 14mm }\n"
	"</style>\n";

typedef enum {
	WORD_CASE,
	WORD_ORIGIN,
	WORD_STATE,
	WORD_SEVERITY,
	WORD_TECHNIQUE,
	WORD_SUBJECT,
	WORD_ENTITY,
	WORD_ISSUER,
	WORD_ISSUED,
	WORD_DUE,
	WORD_WAS_DUE,
	WORD_OVERDUE,
	WORD_SAID,
	WORD_COURSE,
	WORD_NUMBER,
	WORD_STEP,
	WORD_TIME,
	WORD_NODE,
	WORD_WHO,
	WORD_OUTCOME,
	WORD_FILES,
	WORD_SIGN,
	WORD_DATE,
	WORD_NONE,
	WORD_COUNT
} word_t;

static const char *const WORDS[WORD_COUNT][LANG_COUNT] = {
	[WORD_CASE] = { "Case", "事件编号" },
	[WORD_ORIGIN] = { "Enterprise node", "企业节点" },
	[WORD_STATE] = { "State", "状态" },
	[WORD_SEVERITY] = { "Severity", "级别" },
	[WORD_TECHNIQUE] = { "Technique", "攻击手法" },
	[WORD_SUBJECT] = { "Source", "来源" },
	[WORD_ENTITY] = { "Affected", "受影响对象" },
	[WORD_ISSUER] = { "Issued by", "签发单位" },
	[WORD_ISSUED] = { "Issued at", "签发时间" },
	[WORD_DUE] = { "Answer due by", "办理期限" },
	[WORD_WAS_DUE] = { "Was due by", "原定期限" },
	[WORD_OVERDUE] = { "overdue", "已逾期" },
	[WORD_SAID] = { "Content", "内容" },
	[WORD_COURSE] = { "Course of handling", "处置过程" },
	[WORD_NUMBER] = { "No.", "序号" },
	[WORD_STEP] = { "Step", "步骤" },
	[WORD_TIME] = { "Time", "时间" },
	[WORD_NODE] = { "Node", "节点" },
	[WORD_WHO] = { "By", "经办人" },
	[WORD_OUTCOME] = { "Outcome", "结果" },
	[WORD_FILES] = { "Attachments (SHA-256)", "附件（SHA-256）" },
	[WORD_SIGN] = { "Signature and seal:", "签字（盖章）：" },
	[WORD_DATE] = { "Date:", "日期：" },
	[WORD_NONE] = { "none", "无" },
};

static const char *const SEVERITIES[SEVERITY_COUNT] = { "信息", "提示", "警告", "报警", "严重" };

static const char *const TITLES[HANDLING_FORM_COUNT][LANG_COUNT] = {
#define X(name, en, zh) { en, zh },
	HANDLING_FORM_ROWS(X)
#undef X
};

/* The steps whose words make each sheet: the last of them that was applied. */
static const uint32_t SAID[HANDLING_FORM_COUNT] = {
	[HANDLING_FORM_NOTICE] = 1U << HANDLING_STEP_NOTIFY,
	[HANDLING_FORM_RECTIFICATION] = 1U << HANDLING_STEP_NOTIFY | 1U << HANDLING_STEP_RECTIFY |
	                                1U << HANDLING_STEP_RETURN,
	[HANDLING_FORM_FEEDBACK] = 1U << HANDLING_STEP_REPORT,
};

static void put(writer_t *w, const char *text)
{
	wr_bytes(w, slice_str(text));
}

static void put_word(const handling_sheet_t *sheet, word_t word, writer_t *w)
{
	put(w, WORDS[word][sheet->lang]);
}

/* "2026-11-27 16:05 +08:00" */
static void put_time(const handling_sheet_t *sheet, int64_t ns, writer_t *w)
{
	char text[TIME_TEXT_MAX];
	enum { DAY = 10, MINUTE = 5 };
	int64_t minutes = sheet->offset_ns / (60 * NS_PER_S);
	long away = (long)(minutes < 0 ? -minutes : minutes);
	slice_t all = slice_str(time_format(ns + sheet->offset_ns, text));
	wr_bytes(w, slice_sub(all, 0, DAY));
	wr_u8(w, ' ');
	wr_bytes(w, slice_sub(all, DAY + 1, MINUTE));
	wr_format(w, " %c%02ld:%02ld", minutes < 0 ? '-' : '+', away / 60, away % 60);
}

static void put_row(const handling_sheet_t *sheet, word_t word, slice_t text, writer_t *w)
{
	put(w, "<tr><th>");
	put_word(sheet, word, w);
	put(w, "</th><td>");
	if (text.len)
		html_text(w, text);
	else
		put_word(sheet, WORD_NONE, w);
	put(w, "</td></tr>\n");
}

/* NULL: no such step was taken. */
static const handling_step_t *said_of(const handling_sheet_t *sheet)
{
	const handling_step_t *said = NULL;
	for (size_t i = 0; i < sheet->shown->count; i++) {
		const handling_taken_t *taken = &sheet->shown->steps[i];
		if (taken->verdict == HANDLING_APPLIED &&
		    (SAID[sheet->form] & (1U << taken->step.step)))
			said = &taken->step;
	}
	return said;
}

static void put_when(const handling_sheet_t *sheet, word_t word, int64_t ns, writer_t *w)
{
	put(w, "<tr><th>");
	put_word(sheet, word, w);
	put(w, "</th><td>");
	if (ns == 0)
		put_word(sheet, WORD_NONE, w);
	else
		put_time(sheet, ns, w);
	if (word == WORD_DUE && sheet->shown->is_overdue) {
		put(w, " <strong>");
		put_word(sheet, WORD_OVERDUE, w);
		put(w, "</strong>");
	}
	put(w, "</td></tr>\n");
}

/* Who issued what the sheet says, when, and by when it is to be answered; a date that a
 * later step has settled is not printed as if it were still to be kept. */
static void put_issue(const handling_sheet_t *sheet, writer_t *w)
{
	static const handling_step_t none = { .number = 0 };
	const handling_step_t *said = said_of(sheet);
	said = said ? said : &none;
	bool is_last = said->number == sheet->shown->now.moved;
	put_row(sheet, WORD_ISSUER, said->node, w);
	put_when(sheet, WORD_ISSUED, said->when_ns, w);
	put_when(sheet, is_last ? WORD_DUE : WORD_WAS_DUE, said->due_ns, w);
}

static const char *severity_of(const handling_sheet_t *sheet)
{
	severity_t severity = sheet->shown->now.what.severity;
	return sheet->lang == LANG_ZH ? SEVERITIES[severity] : severity_name(severity);
}

static void put_case(const handling_sheet_t *sheet, writer_t *w)
{
	const handling_shown_t *shown = sheet->shown;
	char number[24];
	writer_t n = writer_of(number, sizeof(number));
	wr_format(&n, "%llu", (unsigned long long)shown->id.event);
	put(w, "<table>\n");
	put_row(sheet, WORD_CASE, writer_done(&n), w);
	put_row(sheet, WORD_ORIGIN, shown->id.origin, w);
	put_row(sheet, WORD_STATE, slice_str(handling_state_text(shown->now.state, sheet->lang)),
	        w);
	put_row(sheet, WORD_SEVERITY, slice_str(severity_of(sheet)), w);
	put_row(sheet, WORD_TECHNIQUE, shown->now.what.technique, w);
	put_row(sheet, WORD_SUBJECT, shown->now.what.subject, w);
	put_row(sheet, WORD_ENTITY, shown->now.what.entity, w);
	put_issue(sheet, w);
	put(w, "</table>\n");
}

static void put_files(const handling_sheet_t *sheet, const handling_step_t *step, writer_t *w)
{
	if (step->file_count == 0)
		return;
	put(w, "<h2>");
	put_word(sheet, WORD_FILES, w);
	put(w, "</h2>\n<ol>\n");
	for (size_t i = 0; i < step->file_count; i++) {
		char hex[2 * HANDLING_HASH_BYTES + 1];
		num_to_hex(step->files[i], hex);
		put(w, "<li><code>");
		put(w, hex);
		put(w, "</code></li>\n");
	}
	put(w, "</ol>\n");
}

static void put_said(const handling_sheet_t *sheet, writer_t *w)
{
	const handling_step_t *said = said_of(sheet);
	put(w, "<h2>");
	put_word(sheet, WORD_SAID, w);
	put(w, "</h2>\n<p class=\"said\">");
	if (said && said->text.len)
		html_text(w, said->text);
	else
		put_word(sheet, WORD_NONE, w);
	put(w, "</p>\n");
	if (said)
		put_files(sheet, said, w);
}

static void put_cell(writer_t *w, slice_t text)
{
	put(w, "<td>");
	html_text(w, text);
	put(w, "</td>");
}

static void put_step(const handling_sheet_t *sheet, const handling_taken_t *taken, writer_t *w)
{
	const char *name = handling_step_info(taken->step.step)->text[sheet->lang];
	wr_format(w, "<tr><td>%u</td>", taken->step.number);
	put_cell(w, slice_str(name));
	put(w, "<td>");
	put_time(sheet, taken->step.when_ns, w);
	put(w, "</td>");
	put_cell(w, taken->step.node);
	put_cell(w, taken->step.who);
	put_cell(w, slice_str(handling_verdict_text(taken->verdict, sheet->lang)));
	put(w, "</tr>\n");
}

static void put_course(const handling_sheet_t *sheet, writer_t *w)
{
	static const word_t columns[] = { WORD_NUMBER, WORD_STEP, WORD_TIME,
		                          WORD_NODE,   WORD_WHO,  WORD_OUTCOME };
	put(w, "<h2>");
	put_word(sheet, WORD_COURSE, w);
	put(w, "</h2>\n<table><thead><tr>");
	for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
		put(w, "<th>");
		put_word(sheet, columns[i], w);
		put(w, "</th>");
	}
	put(w, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < sheet->shown->count; i++)
		put_step(sheet, &sheet->shown->steps[i], w);
	put(w, "</tbody></table>\n");
}

void handling_form_put(const handling_sheet_t *sheet, writer_t *w)
{
	const char *title = TITLES[sheet->form][sheet->lang];
	put(w, sheet->lang == LANG_ZH ? "<!doctype html>\n<html lang=\"zh-CN\">\n"
	                              : "<!doctype html>\n<html lang=\"en\">\n");
	put(w, "<head><meta charset=\"utf-8\">\n<title>");
	put(w, title);
	put(w, "</title>\n");
	put(w, HEAD);
	put(w, "</head>\n<body>\n<h1>");
	put(w, title);
	put(w, "</h1>\n");
	put_case(sheet, w);
	put_said(sheet, w);
	put_course(sheet, w);
	put(w, "<p class=\"sign\"><span>");
	put_word(sheet, WORD_SIGN, w);
	put(w, "</span><span>");
	put_word(sheet, WORD_DATE, w);
	put(w, "</span></p>\n</body>\n</html>\n");
}
