/* SPDX-License-Identifier: Apache-2.0 */
/* The kinds of values: how each is read from a scalar, shown again, and what a
 * person is told when it is not one. */
#include <stdio.h>

#include "base/ascii.h"
#include "base/json.h"
#include "base/num.h"
#include "config/schema.h"
#include "config/suggest.h"

enum { TEXT_MAX = 256, NAME_MAX_BYTES = 64, SHOWN_MAX = 64 };

static err_t fail(const build_t *b, const field_t *f, const tree_node_t *n, fault_t fault)
{
	const char *given = (const char *)n->text.ptr;
	return fault_raise(b->detail, n->at, fault, FAULT_ARGS(f->key, given));
}

static err_t need_scalar(const build_t *b, const field_t *f, const tree_node_t *n)
{
	return n->kind == TREE_SCALAR ? ERR_OK : fail(b, f, n, FAULT_NOT_SCALAR);
}

/* Text and its stricter relatives. */

static err_t text_keep(const build_t *b, slice_t text, void *value)
{
	const char *kept = pool_cstr(b->pool, text);
	if (!kept)
		return ERR_NO_MEMORY;
	memcpy(value, &kept, sizeof(kept));
	return ERR_OK;
}

static bool has_control(slice_t text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < 0x20 || text.ptr[i] == 0x7F)
			return true;
	return false;
}

static err_t read_text(build_t *b, const field_t *f, const tree_node_t *n, void *value)
{
	err_t err = need_scalar(b, f, n);
	if (err)
		return err;
	bool may_be_empty = f->fallback && !f->fallback[0];
	size_t most = f->form == FORM_ONE && f->max ? f->max : TEXT_MAX;
	if ((!n->text.len && !may_be_empty) || n->text.len > most || has_control(n->text)) {
		char max[24];
		snprintf(max, sizeof(max), "%zu", most);
		return fault_raise(b->detail, n->at, FAULT_NOT_TEXT, FAULT_ARGS(f->key, max));
	}
	return text_keep(b, n->text, value);
}

static bool is_name(slice_t text)
{
	return text.len > 0 && text.len <= NAME_MAX_BYTES && ascii_is_word(text, SLICE("_.-"));
}

/* Segments of letters and digits, joined by single dots. */
static bool is_prefix(slice_t text)
{
	if (text.len == 0 || text.len > NAME_MAX_BYTES || text.ptr[text.len - 1] == '.')
		return false;
	while (text.len) {
		slice_t segment = slice_cut(&text, '.');
		if (!segment.len || !ascii_all(segment, ascii_is_alnum))
			return false;
	}
	return true;
}

static bool is_capture(slice_t text)
{
	if (text.len > TEXT_MAX || has_control(text))
		return false;
	slice_t rest = text;
	slice_t source = slice_cut(&rest, ':');
	if (slice_eq(source, SLICE("iface")) || slice_eq(source, SLICE("pipe")))
		return rest.len > 0;
	return slice_eq(text, SLICE("tap")) || slice_eq(text, SLICE("none"));
}

static err_t read_checked(build_t *b, const field_t *f, const tree_node_t *n, void *value)
{
	static const struct {
		bool (*is_valid)(slice_t text);
		fault_t fault;
	} RULES[KIND_COUNT] = {
		[KIND_NAME] = { is_name, FAULT_NOT_NAME },
		[KIND_PREFIX] = { is_prefix, FAULT_NOT_PREFIX },
		[KIND_CAPTURE] = { is_capture, FAULT_NOT_CAPTURE },
	};
	err_t err = need_scalar(b, f, n);
	if (err)
		return err;
	if (!RULES[f->kind].is_valid(n->text))
		return fail(b, f, n, RULES[f->kind].fault);
	return text_keep(b, n->text, value);
}

static void show_quoted(const char *text, writer_t *w)
{
	json_t j = json_of(NULL, 0);
	j.w = *w;
	json_str(&j, slice_str(text));
	*w = j.w;
}

static void show_text(const field_t *f, const void *value, writer_t *w)
{
	(void)f;
	show_quoted(*(const char *const *)value, w);
}

/* A label is one text for both languages, or a mapping with one or both. */
static err_t read_label(build_t *b, const field_t *f, const tree_node_t *n, void *value)
{
	const char **label = value;
	err_t err = ERR_OK;
	if (n->kind == TREE_MAPPING)
		err = build_section(b, &SECTION_LABEL, n, value);
	else
		err = read_text(b, f, n, &label[LANG_EN]);
	if (err)
		return err;
	if (!label[LANG_EN])
		label[LANG_EN] = label[LANG_ZH];
	if (!label[LANG_ZH])
		label[LANG_ZH] = label[LANG_EN];
	return ERR_OK;
}

static void show_label(const field_t *f, const void *value, writer_t *w)
{
	(void)f;
	const char *const *label = value;
	wr_bytes(w, SLICE("{en: "));
	show_quoted(label[LANG_EN], w);
	wr_bytes(w, SLICE(", zh: "));
	show_quoted(label[LANG_ZH], w);
	wr_bytes(w, SLICE("}"));
}

static err_t fail_word(const build_t *b, const field_t *f, const tree_node_t *n)
{
	suggest_t near = suggest_of(n->text);
	char known[ERR_ARG_MAX];
	writer_t w = writer_of(known, sizeof(known));
	for (size_t i = 0; i < f->word_count; i++) {
		if (!f->words[i])
			continue;
		suggest_offer(&near, f->words[i]);
		wr_format(&w, "%s%s", w.len ? ", " : "", f->words[i]);
	}
	known[w.len] = '\0';
	const char *given = (const char *)n->text.ptr;
	fault_t fault = near.best ? FAULT_UNKNOWN_WORD_NEAR : FAULT_UNKNOWN_WORD;
	return fault_raise(b->detail, n->at, fault,
	                   FAULT_ARGS(f->key, given, near.best ? near.best : known));
}

static err_t read_word(build_t *b, const field_t *f, const tree_node_t *n, void *value)
{
	err_t err = need_scalar(b, f, n);
	if (err)
		return err;
	for (unsigned i = 0; i < f->word_count; i++) {
		if (f->words[i] && slice_eq(n->text, slice_str(f->words[i]))) {
			memcpy(value, &i, sizeof(i));
			return ERR_OK;
		}
	}
	return fail_word(b, f, n);
}

static void show_word(const field_t *f, const void *value, writer_t *w)
{
	unsigned i;
	memcpy(&i, value, sizeof(i));
	wr_bytes(w, slice_str(f->words[i]));
}

/* Numbers. Ranges and what is shown pass through double: every whole number a
 * field can hold is below 2^53, or a multiple of a millisecond. */

static void bound_number(double number, writer_t *w)
{
	char text[32];
	wr_bytes(w, slice_str(num_format_f64(number, text)));
}

typedef struct {
	double size;
	const char *text;
} unit_t;

/* The largest unit that leaves a whole number; the last row always does. */
static void bound_in_units(const unit_t *units, double number, writer_t *w)
{
	while (units->size > 1 && (number < units->size ||
	                           (double)(int64_t)(number / units->size) * units->size != number))
		units++;
	wr_format(w, "%lld%s", (long long)(number / units->size), units->text);
}

static void bound_size(double number, writer_t *w)
{
	static const unit_t UNITS[] = {
		{ 1073741824, "G" }, { 1048576, "M" }, { 1024, "K" }, { 1, "" }
	};
	bound_in_units(UNITS, number, w);
}

static void bound_duration(double number, writer_t *w)
{
	static const unit_t UNITS[] = { { 86400, "d" }, { 3600, "h" }, { 60, "m" }, { 1, "s" } };
	static const unit_t PARTS[] = { { 1, "ms" } };
	double seconds = number / 1e9;
	bool whole = (double)(int64_t)seconds == seconds;
	bound_in_units(whole ? UNITS : PARTS, whole ? seconds : number / 1e6, w);
}

static err_t check_range(const build_t *b, const field_t *f, const tree_node_t *n, double number)
{
	bool is_free = f->low == 0 && f->high == 0;
	if (is_free || (number >= f->low && number <= f->high))
		return ERR_OK;
	char range[SHOWN_MAX];
	writer_t w = writer_of(range, sizeof(range));
	kind_of(f)->bound(f->low, &w);
	wr_bytes(&w, SLICE(" - "));
	kind_of(f)->bound(f->high, &w);
	wr_u8(&w, '\0');
	const char *given = (const char *)n->text.ptr;
	return fault_raise(b->detail, n->at, FAULT_RANGE, FAULT_ARGS(f->key, given, range));
}

static err_t read_whole(build_t *b, const field_t *f, const tree_node_t *n, uint64_t max,
                        uint64_t *ret_value)
{
	err_t err = need_scalar(b, f, n);
	if (err)
		return err;
	field_t bounded = *f;
	if (f->low == 0 && f->high == 0)
		bounded.high = (double)max;
	uint64_t value = 0;
	err = num_parse_u64(n->text, UINT64_MAX, &value);
	if (err == ERR_INVALID)
		value = UINT64_MAX;
	else if (err)
		return fail(b, f, n, FAULT_NOT_WHOLE);
	err = check_range(b, &bounded, n, (double)value);
	if (!err)
		*ret_value = value;
	return err;
}

static err_t read_u8(build_t *b, const field_t *f, const tree_node_t *n, void *value)
{
	uint64_t number = 0;
	err_t err = read_whole(b, f, n, UINT8_MAX, &number);
	if (!err)
		*(uint8_t *)value = (uint8_t)number;
	return err;
}

static err_t read_u16(build_t *b, const field_t *f, const tree_node_t *n, void *value)
{
	uint64_t number = 0;
	err_t err = read_whole(b, f, n, UINT16_MAX, &number);
	if (!err)
		*(uint16_t *)value = (uint16_t)number;
	return err;
}

static err_t read_u32(build_t *b, const field_t *f, const tree_node_t *n, void *value)
{
	uint64_t number = 0;
	err_t err = read_whole(b, f, n, UINT32_MAX, &number);
	if (!err)
		*(uint32_t *)value = (uint32_t)number;
	return err;
}

static err_t read_f64(build_t *b, const field_t *f, const tree_node_t *n, void *value)
{
	double number = 0;
	err_t err = need_scalar(b, f, n);
	if (err)
		return err;
	if (num_parse_f64(n->text, &number))
		return fail(b, f, n, FAULT_NOT_NUMBER);
	err = check_range(b, f, n, number);
	if (!err)
		*(double *)value = number;
	return err;
}

static err_t read_size(build_t *b, const field_t *f, const tree_node_t *n, void *value)
{
	uint64_t bytes = 0;
	err_t err = need_scalar(b, f, n);
	if (err)
		return err;
	if (num_parse_size(n->text, &bytes))
		return fail(b, f, n, FAULT_NOT_SIZE);
	err = check_range(b, f, n, (double)bytes);
	if (!err)
		*(uint64_t *)value = bytes;
	return err;
}

static err_t read_duration(build_t *b, const field_t *f, const tree_node_t *n, void *value)
{
	int64_t ns = 0;
	err_t err = need_scalar(b, f, n);
	if (err)
		return err;
	if (num_parse_duration(n->text, &ns))
		return fail(b, f, n, FAULT_NOT_DURATION);
	err = check_range(b, f, n, (double)ns);
	if (!err)
		*(int64_t *)value = ns;
	return err;
}

static void show_u8(const field_t *f, const void *value, writer_t *w)
{
	(void)f;
	bound_number(*(const uint8_t *)value, w);
}

static void show_u16(const field_t *f, const void *value, writer_t *w)
{
	(void)f;
	bound_number(*(const uint16_t *)value, w);
}

static void show_u32(const field_t *f, const void *value, writer_t *w)
{
	(void)f;
	bound_number(*(const uint32_t *)value, w);
}

static void show_f64(const field_t *f, const void *value, writer_t *w)
{
	(void)f;
	bound_number(*(const double *)value, w);
}

static void show_size(const field_t *f, const void *value, writer_t *w)
{
	(void)f;
	bound_size((double)*(const uint64_t *)value, w);
}

static void show_duration(const field_t *f, const void *value, writer_t *w)
{
	(void)f;
	bound_duration((double)*(const int64_t *)value, w);
}

/* Addresses. */

static err_t read_address(build_t *b, const field_t *f, const tree_node_t *n, void *value)
{
	addr_t addr = { 0 };
	err_t err = need_scalar(b, f, n);
	if (err)
		return err;
	if (addr_parse(n->text, &addr))
		return fail(b, f, n, FAULT_NOT_ADDRESS);
	*(addr_t *)value = addr;
	return ERR_OK;
}

static err_t read_ip(build_t *b, const field_t *f, const tree_node_t *n, void *value)
{
	ip_t ip = { 0 };
	err_t err = need_scalar(b, f, n);
	if (err)
		return err;
	if (ip_parse(n->text, &ip))
		return fail(b, f, n, FAULT_NOT_IP);
	*(ip_t *)value = ip;
	return ERR_OK;
}

static void show_address(const field_t *f, const void *value, writer_t *w)
{
	(void)f;
	char text[ADDR_TEXT_MAX];
	show_quoted(addr_format(*(const addr_t *)value, text), w);
}

static void show_ip(const field_t *f, const void *value, writer_t *w)
{
	(void)f;
	char text[IP_TEXT_MAX];
	show_quoted(ip_format(*(const ip_t *)value, text), w);
}

/* Values only Modbus and points know. */

enum { FUNCTION_MAX = 127 };

static err_t read_function(build_t *b, const field_t *f, const tree_node_t *n, void *value)
{
	err_t err = need_scalar(b, f, n);
	if (err)
		return err;
	uint64_t code = 0;
	bool is_write = slice_eq(n->text, SLICE("write"));
	if (!is_write && (num_parse_u64(n->text, FUNCTION_MAX, &code) || code == 0))
		return fail(b, f, n, FAULT_NOT_FUNCTION);
	*(uint8_t *)value = (uint8_t)code;
	return ERR_OK;
}

static void show_function(const field_t *f, const void *value, writer_t *w)
{
	uint8_t code = *(const uint8_t *)value;
	if (code)
		show_u8(f, value, w);
	else
		wr_bytes(w, SLICE("write"));
}

static err_t read_limits(build_t *b, const field_t *f, const tree_node_t *n, void *value)
{
	double bounds[2] = { 0 };
	if (n->kind != TREE_LIST || n->count != 2)
		return fail(b, f, n, FAULT_NOT_LIMITS);
	err_t err = read_f64(b, f, n->first, &bounds[0]);
	if (!err)
		err = read_f64(b, f, n->first->next, &bounds[1]);
	if (err)
		return err;
	if (bounds[0] >= bounds[1]) {
		const char *low = (const char *)n->first->text.ptr;
		const char *high = (const char *)n->first->next->text.ptr;
		return fault_raise(b->detail, n->at, FAULT_LIMIT_ORDER, FAULT_ARGS(low, high));
	}
	*(point_limits_t *)value = (point_limits_t){ .low = bounds[0],
		                                     .high = bounds[1],
		                                     .set = true };
	return ERR_OK;
}

static void show_limits(const field_t *f, const void *value, writer_t *w)
{
	(void)f;
	const point_limits_t *limits = value;
	wr_bytes(w, SLICE("["));
	bound_number(limits->low, w);
	wr_bytes(w, SLICE(", "));
	bound_number(limits->high, w);
	wr_bytes(w, SLICE("]"));
}

/* Puts the name of a state among those before it, in order. */
static err_t read_state(build_t *b, const field_t *f, const tree_node_t *n, point_state_t *rows,
                        size_t count)
{
	point_state_t state = { 0 };
	uint64_t ordinal = 0;
	if (num_parse_u64(n->key, UINT32_MAX, &ordinal))
		return fault_raise(b->detail, n->key_at, FAULT_NOT_STATES, FAULT_ARGS(f->key));
	err_t err = read_label(b, f, n, state.name);
	size_t at = count;
	for (; at > 0 && rows[at - 1].ordinal > ordinal; at--)
		rows[at] = rows[at - 1];
	state.ordinal = (uint32_t)ordinal;
	rows[at] = state;
	if (err || at == 0 || rows[at - 1].ordinal < ordinal)
		return err;
	return fault_raise(b->detail, n->key_at, FAULT_STATE_TWICE,
	                   FAULT_ARGS((const char *)n->key.ptr));
}

static err_t read_states(build_t *b, const field_t *f, const tree_node_t *n, void *value)
{
	char max[16];
	if (n->kind != TREE_MAPPING || n->count == 0)
		return fail(b, f, n, FAULT_NOT_STATES);
	snprintf(max, sizeof(max), "%d", POINT_STATES_MAX);
	if (n->count > POINT_STATES_MAX)
		return fault_raise(b->detail, n->at, FAULT_TOO_MANY, FAULT_ARGS(f->key, max));
	point_state_t *rows = pool_alloc(b->pool, n->count, sizeof(*rows));
	if (!rows)
		return ERR_NO_MEMORY;
	err_t err = ERR_OK;
	size_t count = 0;
	for (const tree_node_t *each = n->first; !err && each; each = each->next)
		err = read_state(b, f, each, rows, count++);
	*(point_states_t *)value = (point_states_t){ rows, count, true };
	return err;
}

static void show_states(const field_t *f, const void *value, writer_t *w)
{
	const point_states_t *states = value;
	for (size_t i = 0; i < states->count; i++) {
		wr_format(w, "%s%lu: ", i ? ", " : "{", (unsigned long)states->rows[i].ordinal);
		show_label(f, states->rows[i].name, w);
	}
	wr_u8(w, '}');
}

/* One value of a name; its place is kept for who knows what it means. */
static err_t read_pair(const build_t *b, const field_t *f, const tree_node_t *named,
                       const tree_node_t *n, config_pair_t *pair)
{
	char where[MARK_TEXT_MAX];
	slice_t name = named->key;
	mark_format(n->at, where);
	if (!name.len || !ascii_is_word(name, SLICE("_.-")) || name.len > NAME_MAX_BYTES)
		return fault_raise(b->detail, named->key_at, FAULT_NOT_NAME,
		                   FAULT_ARGS(f->key, (const char *)name.ptr));
	if (n->kind != TREE_SCALAR || !n->text.len || n->text.len > TEXT_MAX ||
	    has_control(n->text))
		return fault_raise(b->detail, n->at, FAULT_NOT_SCALAR,
		                   FAULT_ARGS((const char *)name.ptr));
	pair->name = pool_cstr(b->pool, name);
	pair->text = pool_cstr(b->pool, n->text);
	pair->where = pool_cstr(b->pool, slice_str(where));
	return pair->name && pair->text && pair->where ? ERR_OK : ERR_NO_MEMORY;
}

static size_t pairs_in(const tree_node_t *n)
{
	size_t count = 0;
	for (const tree_node_t *each = n->first; each; each = each->next)
		count += each->kind == TREE_LIST ? each->count : 1;
	return count;
}

/* What a name has: a value, or each of a list. */
static err_t read_named(const build_t *b, const field_t *f, const tree_node_t *named,
                        config_pair_t *rows, config_pairs_t *pairs)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (slice_eq(slice_str(rows[i].name), named->key))
			return fault_raise(b->detail, named->key_at, FAULT_TWICE,
			                   FAULT_ARGS(rows[i].name, rows[i].where));
	if (named->kind != TREE_LIST)
		return read_pair(b, f, named, named, &rows[pairs->count++]);
	err_t err = ERR_OK;
	for (const tree_node_t *n = named->first; n && !err; n = n->next)
		err = read_pair(b, f, named, n, &rows[pairs->count++]);
	return err;
}

static err_t read_pairs(build_t *b, const field_t *f, const tree_node_t *n, void *value)
{
	char max[24];
	bool is_fallback = n->kind == TREE_SCALAR && !n->text.len;
	if (n->kind != TREE_MAPPING && !is_fallback)
		return fail(b, f, n, FAULT_NOT_MAPPING);
	snprintf(max, sizeof(max), "%zu", f->max);
	if (pairs_in(n) > f->max)
		return fault_raise(b->detail, n->at, FAULT_TOO_MANY, FAULT_ARGS(f->key, max));
	config_pair_t *rows = pool_alloc(b->pool, pairs_in(n) + 1, sizeof(*rows));
	if (!rows)
		return ERR_NO_MEMORY;
	config_pairs_t pairs = { rows, 0 };
	err_t err = ERR_OK;
	for (const tree_node_t *each = n->first; each && !err; each = each->next)
		err = read_named(b, f, each, rows, &pairs);
	memcpy(value, &pairs, sizeof(pairs));
	return err;
}

/* A name with several values stands once, with a list. */
static void show_pairs(const field_t *f, const void *value, writer_t *w)
{
	(void)f;
	const config_pairs_t *pairs = value;
	wr_u8(w, '{');
	for (size_t i = 0; i < pairs->count; i++) {
		const char *name = pairs->rows[i].name;
		bool is_next = i && strcmp(name, pairs->rows[i - 1].name) == 0;
		bool is_last = i + 1 == pairs->count || strcmp(name, pairs->rows[i + 1].name) != 0;
		wr_bytes(w, i ? SLICE(", ") : SLICE(""));
		if (!is_next)
			wr_format(w, "%s: %s", name, is_last ? "" : "[");
		show_quoted(pairs->rows[i].text, w);
		wr_bytes(w, is_next && is_last ? SLICE("]") : SLICE(""));
	}
	wr_u8(w, '}');
}

static const kind_t KINDS[KIND_COUNT] = {
	[KIND_TEXT] = { { "text", "文本" }, sizeof(char *), read_text, show_text, NULL },
	[KIND_NAME] = { { "name", "名称" }, sizeof(char *), read_checked, show_text, NULL },
	[KIND_PREFIX] = { { "prefix", "前缀" }, sizeof(char *), read_checked, show_text, NULL },
	[KIND_CAPTURE] = { { "packet source", "抓包来源" },
	                   sizeof(char *),
	                   read_checked,
	                   show_text,
	                   NULL },
	[KIND_LABEL] = { { "text, or {en, zh}", "文本或 {en, zh}" },
	                 LANG_COUNT * sizeof(char *),
	                 read_label,
	                 show_label,
	                 NULL },
	[KIND_WORD] = { { "word", "单词" }, sizeof(unsigned), read_word, show_word, NULL },
	[KIND_U8] = { { "number", "整数" }, 1, read_u8, show_u8, bound_number },
	[KIND_U16] = { { "number", "整数" }, 2, read_u16, show_u16, bound_number },
	[KIND_U32] = { { "number", "整数" }, 4, read_u32, show_u32, bound_number },
	[KIND_F64] = { { "decimal", "小数" }, sizeof(double), read_f64, show_f64, bound_number },
	[KIND_SIZE] = { { "size", "容量" }, sizeof(uint64_t), read_size, show_size, bound_size },
	[KIND_DURATION] = { { "duration", "时长" },
	                    sizeof(int64_t),
	                    read_duration,
	                    show_duration,
	                    bound_duration },
	[KIND_ADDRESS] = { { "IP:port", "IP:端口" },
	                   sizeof(addr_t),
	                   read_address,
	                   show_address,
	                   NULL },
	[KIND_IP] = { { "IP address", "IP 地址" }, sizeof(ip_t), read_ip, show_ip, NULL },
	[KIND_FUNCTION] = { { "write, or 1 - 127", "write 或 1 - 127" },
	                    1,
	                    read_function,
	                    show_function,
	                    NULL },
	[KIND_LIMITS] = { { "[low, high]", "[下限, 上限]" },
	                  sizeof(point_limits_t),
	                  read_limits,
	                  show_limits,
	                  NULL },
	[KIND_STATES] = { { "{number: text or {en, zh}}", "{整数: 文本或 {en, zh}}" },
	                  sizeof(point_states_t),
	                  read_states,
	                  show_states,
	                  NULL },
	[KIND_PAIRS] = { { "{name: value or list}", "{名称: 值或列表}" },
	                 sizeof(config_pairs_t),
	                 read_pairs,
	                 show_pairs,
	                 NULL },
	[KIND_SECTION] = { { "mapping", "映射" }, 0, NULL, NULL, NULL },
};

const kind_t *kind_of(const field_t *f)
{
	return &KINDS[f->kind];
}
