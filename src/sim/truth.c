/* SPDX-License-Identifier: Apache-2.0 */
/* The ground-truth file: one JSON object a line. Reading accepts what any JSON
 * tool would write of these flat objects (blanks, members in any order), and
 * nothing that is not complete. */
#include "base/json.h"
#include "base/num.h"
#include "sim/sim.h"

static const char *const KINDS[] = {
	[SIM_SWEEP] = "sweep",
	[SIM_WALK] = "walk",
	[SIM_WRITE] = "write",
};

enum { KIND_COUNT = sizeof(KINDS) / sizeof(KINDS[0]), LINE_MAX_BYTES = 512 };

void sim_truth_json(const sim_truth_t *truth, writer_t *w)
{
	char ip[IP_TEXT_MAX], buf[LINE_MAX_BYTES];
	json_t j = json_of(buf, sizeof(buf));
	json_object(&j);
	json_put_cstr(&j, "kind", KINDS[truth->kind]);
	json_put_i64(&j, "utc_ns", truth->utc_ns);
	json_put_i64(&j, "end_ns", truth->end_ns);
	json_put_cstr(&j, "client", ip_format(truth->client, ip));
	json_put_cstr(&j, "server", ip_format(truth->server, ip));
	json_put_cstr(&j, "point", truth->point);
	json_put_f64(&j, "old", truth->old_value);
	json_put_f64(&j, "new", truth->new_value);
	json_close(&j);
	if (!json_ok(&j)) {
		w->bad = true;
		return;
	}
	wr_bytes(w, json_done(&j));
	wr_u8(w, '\n');
}

/* Members: each reads its token (a string without quotes, or a number). */

static err_t read_kind(slice_t token, void *field)
{
	for (int i = 0; i < KIND_COUNT; i++) {
		if (slice_eq(token, slice_str(KINDS[i]))) {
			*(sim_truth_kind_t *)field = (sim_truth_kind_t)i;
			return ERR_OK;
		}
	}
	return ERR_INVALID;
}

static err_t read_time(slice_t token, void *field)
{
	return num_parse_i64(token, field);
}

static err_t read_ip(slice_t token, void *field)
{
	return ip_parse(token, field);
}

static err_t read_point(slice_t token, void *field)
{
	bool fits = slice_to_cstr(token, field, sizeof(((sim_truth_t *)0)->point));
	return fits ? ERR_OK : ERR_TOO_BIG;
}

static err_t read_number(slice_t token, void *field)
{
	return num_parse_f64(token, field);
}

static const struct {
	const char *key;
	bool is_text;
	size_t at;
	err_t (*read)(slice_t token, void *field);
} MEMBERS[] = {
	{ "kind", true, offsetof(sim_truth_t, kind), read_kind },
	{ "utc_ns", false, offsetof(sim_truth_t, utc_ns), read_time },
	{ "end_ns", false, offsetof(sim_truth_t, end_ns), read_time },
	{ "client", true, offsetof(sim_truth_t, client), read_ip },
	{ "server", true, offsetof(sim_truth_t, server), read_ip },
	{ "point", true, offsetof(sim_truth_t, point), read_point },
	{ "old", false, offsetof(sim_truth_t, old_value), read_number },
	{ "new", false, offsetof(sim_truth_t, new_value), read_number },
};

enum { MEMBER_COUNT = sizeof(MEMBERS) / sizeof(MEMBERS[0]) };

static bool expect(slice_t *in, uint8_t byte)
{
	*in = slice_trim(*in);
	if (!in->len || in->ptr[0] != byte)
		return false;
	*in = slice_trim(slice_from(*in, 1));
	return true;
}

/* A string; escapes do not occur in what is written here. */
static bool take_text(slice_t *in, slice_t *ret_text)
{
	if (!in->len || in->ptr[0] != '"')
		return false;
	slice_t rest = slice_from(*in, 1);
	size_t end = slice_find(rest, '"');
	slice_t text = slice_sub(rest, 0, end);
	if (end == rest.len || slice_find(text, '\\') != text.len)
		return false;
	*ret_text = text;
	*in = slice_from(rest, end + 1);
	return true;
}

static bool take_number(slice_t *in, slice_t *ret_number)
{
	size_t len = 0;
	while (len < in->len && memchr("+-.0123456789eE", in->ptr[len], 15))
		len++;
	*ret_number = slice_sub(*in, 0, len);
	*in = slice_from(*in, len);
	return len > 0;
}

static err_t take_member(slice_t *in, unsigned *seen, sim_truth_t *truth)
{
	slice_t key, token;
	*in = slice_trim(*in);
	if (!take_text(in, &key) || !expect(in, ':'))
		return ERR_MALFORMED;
	size_t i = 0;
	while (i < MEMBER_COUNT && !slice_eq(key, slice_str(MEMBERS[i].key)))
		i++;
	if (i == MEMBER_COUNT || (*seen & 1U << i))
		return ERR_MALFORMED;
	if (!(MEMBERS[i].is_text ? take_text : take_number)(in, &token))
		return ERR_MALFORMED;
	*seen |= 1U << i;
	return MEMBERS[i].read(token, (char *)truth + MEMBERS[i].at);
}

static err_t parse_line(slice_t line, sim_truth_t *ret)
{
	sim_truth_t truth = { 0 };
	unsigned seen = 0;
	if (!expect(&line, '{'))
		return ERR_MALFORMED;
	do {
		err_t err = take_member(&line, &seen, &truth);
		if (err)
			return err;
	} while (expect(&line, ','));
	if (!expect(&line, '}') || line.len || seen != (1U << MEMBER_COUNT) - 1)
		return ERR_MALFORMED;
	*ret = truth;
	return ERR_OK;
}

err_t sim_truth_parse(slice_t jsonl, sim_truth_t *ret, size_t cap, size_t *ret_count)
{
	size_t count = 0;
	while (jsonl.len) {
		slice_t line = slice_trim(slice_cut(&jsonl, '\n'));
		if (!line.len)
			continue;
		if (count == cap)
			return ERR_TOO_BIG;
		err_t err = parse_line(line, &ret[count]);
		if (err)
			return err;
		count++;
	}
	*ret_count = count;
	return ERR_OK;
}
