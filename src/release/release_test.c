/* SPDX-License-Identifier: Apache-2.0 */
#include "base/num.h"
#include "env/file.h"
#include "release/address.h"
#include "release/fixture_test.h"
#include "release/listing.h"

enum { ROUNDS = 3000, SMALL = 8192 };

/* ---- events */

static release_verdict_t judge_event(const release_judge_t *judge, const event_t *event,
                                     uint8_t body[SMALL], event_t *ret_event)
{
	slice_t node;
	writer_t w = writer_of(body, SMALL);
	release_verdict_t verdict = release_event(judge, event, &w);
	assert_false(w.bad);
	if (verdict.goes) {
		assert_int_equal(event_item_read(writer_done(&w), &node, ret_event), ERR_OK);
		assert_true(slice_eq(node, judge->node));
	} else {
		assert_int_equal(w.len, 0);
	}
	return verdict;
}

static bool arg_is(const event_t *event, event_arg_key_t key, const char *text)
{
	const value_t *value = event_arg_get(event, key);
	return value && value->type == VALUE_TEXT && slice_eq(value->as.text, slice_str(text));
}

static bool arg_starts(const event_t *event, event_arg_key_t key, const char *text)
{
	const value_t *value = event_arg_get(event, key);
	return value && value->type == VALUE_TEXT && slice_starts(value->as.text, slice_str(text));
}

static event_t alarm(void)
{
	event_t event = event_of(MSG_POINT_OUT_OF_LIMITS);
	event.device = 1;
	event.point = 1;
	event_arg(&event, ARG_NEW, value_f64(4711.5));
	event_arg(&event, ARG_CLIENT, value_text(SLICE("10.0.0.5:1502")));
	event_arg(&event, ARG_USUAL, value_text(SLICE("198.51.100.7")));
	event_arg(&event, ARG_SERVER, value_text(SLICE("203.0.113.10")));
	event_arg(&event, ARG_MAC, value_text(SLICE("02:00:00:00:00:01")));
	event_arg(&event, ARG_SUBJECT, value_text(SLICE("wang")));
	event_arg(&event, ARG_PATH, value_text(SLICE("/srv/x")));
	event_arg(&event, ARG_PACKET, value_text(SLICE("4500003956eb40004006db830a000005")));
	event_arg(&event, ARG_REASON, value_text(SLICE("seen by 192.168.7.7 twice")));
	return event;
}

static void an_event_that_goes_has_names_for_ids_and_pseudonyms_for_whom_it_is_of(void **state)
{
	uint8_t body[SMALL];
	plant_t plant;
	event_t out;
	(void)state;
	plant_make(&plant);
	config_contract_t contract = full_contract();
	release_judge_t judge = judge_of(&plant, &contract);
	event_t event = alarm();
	assert_true(judge_event(&judge, &event, body, &out).goes);
	assert_int_equal(out.seq, 77);
	assert_true(arg_is(&out, ARG_DEVICE, "FRM1") && arg_is(&out, ARG_POINT, "FRM1.P0"));
	assert_true(arg_starts(&out, ARG_CLIENT, "inner-"));
	assert_true(arg_starts(&out, ARG_SERVER, "inner-"));  /* outer by number, but a device */
	assert_true(arg_is(&out, ARG_USUAL, "198.51.100.7")); /* who attacks from outside */
	assert_true(arg_starts(&out, ARG_MAC, "inner-") && arg_starts(&out, ARG_SUBJECT, "inner-"));
	assert_null(event_arg_get(&out, ARG_PATH));
	assert_null(event_arg_get(&out, ARG_PACKET)); /* the address of a client is in it */
	assert_null(event_arg_get(&out, ARG_REASON)); /* an address is in it */
	assert_true(event_arg_get(&out, ARG_NEW)->as.f == 4711.5);
	contract.values = 0;
	assert_true(judge_event(&judge, &event, body, &out).goes);
	assert_null(event_arg_get(&out, ARG_NEW));
}

static uplink_class_t withheld_as(const release_judge_t *judge, const event_t *event)
{
	uint8_t body[SMALL];
	event_t out;
	release_verdict_t verdict = judge_event(judge, event, body, &out);
	return verdict.goes ? UPLINK_CLASS_COUNT : verdict.class;
}

static void an_event_stays_by_the_first_rule_that_holds_it(void **state)
{
	plant_t plant;
	(void)state;
	plant_make(&plant);
	config_contract_t contract = full_contract();
	release_judge_t judge = judge_of(&plant, &contract);
	event_t event = alarm();
	event.point = 3;
	assert_int_equal(withheld_as(&judge, &event), UPLINK_CLASS_CORE);
	event.point = 99;
	assert_int_equal(withheld_as(&judge, &event), UPLINK_CLASS_UNNAMED);
	event.point = 2;
	assert_int_equal(withheld_as(&judge, &event), UPLINK_CLASS_COUNT);
	contract.point_count = 1;
	assert_int_equal(withheld_as(&judge, &event), UPLINK_CLASS_FORBIDDEN);
	event.point = 1;
	assert_int_equal(withheld_as(&judge, &event), UPLINK_CLASS_COUNT);
	contract.severity = SEVERITY_ALARM;
	assert_int_equal(withheld_as(&judge, &event), UPLINK_CLASS_MINOR);
	contract.severity = SEVERITY_WARNING;
	assert_int_equal(withheld_as(&judge, &event), UPLINK_CLASS_COUNT);
	contract.events[1] = EVENT_LIFE;
	assert_int_equal(withheld_as(&judge, &event), UPLINK_CLASS_UNASKED);
	contract.events[1] = EVENT_ALARM;
	contract.streams[0] = UPLINK_HEALTH;
	assert_int_equal(withheld_as(&judge, &event), UPLINK_CLASS_UNASKED);
	/* Core is counted as such without any contract. */
	judge.contract = NULL;
	assert_int_equal(withheld_as(&judge, &event), UPLINK_CLASS_UNASKED);
	event.point = 3;
	assert_int_equal(withheld_as(&judge, &event), UPLINK_CLASS_CORE);
}

static void what_names_or_covers_a_core_point_stems_from_it(void **state)
{
	plant_t plant;
	(void)state;
	plant_make(&plant);
	config_contract_t contract = full_contract();
	release_judge_t judge = judge_of(&plant, &contract);
	event_t event = event_of(MSG_RECORD_CHANGED);
	event_arg(&event, ARG_IDENT, value_text(SLICE("99.1000.1/frm1.Secret2")));
	assert_int_equal(withheld_as(&judge, &event), UPLINK_CLASS_CORE);
	event_t write = event_of(MSG_INCIDENT_WRITE);
	event_arg(&write, ARG_SERVER, value_text(SLICE("203.0.113.11")));
	event_arg(&write, ARG_FROM, value_u64(2));
	event_arg(&write, ARG_TO, value_u64(19));
	assert_int_equal(withheld_as(&judge, &write), UPLINK_CLASS_COUNT);
	/* The last register of the range is the first of the core point at 20. */
	write.args[2].value = value_u64(20);
	assert_int_equal(withheld_as(&judge, &write), UPLINK_CLASS_CORE);
	write.args[0].value = value_text(SLICE("203.0.113.99"));
	assert_int_equal(withheld_as(&judge, &write), UPLINK_CLASS_COUNT);
	write.device = 3;
	assert_int_equal(withheld_as(&judge, &write), UPLINK_CLASS_CORE);
}

/* ---- no byte of it leaves */

static const char *const INNER[] = { "10.11.12.13",       "172.31.250.9", "192.168.44.55",
	                             "100.64.3.2",        "127.8.9.10",   "fd12:3456::99",
	                             "02:00:00:ab:cd:ef", "203.0.113.11" };
static const char *const OPEN[] = {
	"stopped", "198.51.100.7", "FRM1", "by wish of wang", "2026-11-27T08:00:00.000Z",
	"省",      "MIX2.P3"
};
static const double CORE_VALUE = 9173.0625e10;

#define PICK(list, rng) (list)[rng_below(rng, sizeof(list) / sizeof((list)[0]))]

static slice_t random_text(rng_t *rng, const plant_t *plant, char buf[128])
{
	char at[96];
	unsigned core = (unsigned)(3 * rng_below(rng, DEVICES) + DATA_CORE);
	const char *what = PICK(OPEN, rng);
	uint64_t dice = rng_below(rng, 10);
	if (dice == 0)
		what = rng_below(rng, 2) ? plant->names[core] : plant->idents[core];
	else if (dice < 5)
		what = PICK(INNER, rng);
	snprintf(at, sizeof(at), rng_below(rng, 4) ? "%s" : "x %s:", what);
	snprintf(buf, 128, rng_below(rng, 3) ? "%s" : "(%s, then)", at);
	return slice_str(buf);
}

typedef struct {
	char texts[EVENT_ARGS_MAX][128];
	event_t event;
} random_event_t;

static void random_event(rng_t *rng, const plant_t *plant, random_event_t *r)
{
	r->event = event_of((message_t)rng_below(rng, MESSAGE_COUNT));
	r->event.severity = (severity_t)rng_below(rng, SEVERITY_COUNT);
	r->event.device = (device_id_t)rng_below(rng, DEVICES + 2);
	r->event.point = (point_id_t)(rng_below(rng, 2) ? rng_below(rng, POINTS + 2) : 0);
	bool is_core = r->event.point % 3 == 0 && r->event.point;
	size_t count = rng_below(rng, 6);
	for (size_t i = 0; i < count; i++) {
		event_arg_key_t key = (event_arg_key_t)rng_below(rng, EVENT_ARG_COUNT);
		value_t value = value_u64(rng_below(rng, 100));
		if (rng_below(rng, 4))
			value = value_text(random_text(rng, plant, r->texts[i]));
		else if (is_core)
			value = value_f64(CORE_VALUE);
		event_arg(&r->event, key, value);
	}
}

static bool has_bytes(slice_t in, slice_t what)
{
	return memmem(in.ptr, in.len, what.ptr, what.len) != NULL;
}

/* Core names, identifiers and values, and inner addresses as text or as four bytes. */
static void assert_clean(slice_t body, const plant_t *plant)
{
	uint8_t value[16];
	ip_t ip;
	for (size_t i = 0; i < POINTS; i++)
		if (i % 3 == DATA_CORE) {
			assert_false(has_bytes(body, slice_str(plant->names[i])));
			assert_false(has_bytes(body, slice_str(plant->idents[i])));
		}
	writer_t w = writer_of(value, sizeof(value));
	wr_u64_le(&w, num_bits(CORE_VALUE));
	assert_false(has_bytes(body, writer_done(&w)));
	for (size_t i = 0; i < sizeof(INNER) / sizeof(INNER[0]); i++) {
		assert_false(has_bytes(body, slice_str(INNER[i])));
		if (ip_parse(slice_str(INNER[i]), &ip) == ERR_OK && ip.family == 4)
			assert_false(has_bytes(body, slice_of(ip.bytes, 4)));
	}
}

static void no_byte_of_a_core_point_or_an_inner_address_leaves(void **state)
{
	uint8_t body[SMALL];
	plant_t plant;
	random_event_t random;
	uint64_t counts[UPLINK_CLASS_COUNT + 1] = { 0 }, sum = 0;
	(void)state;
	plant_make(&plant);
	rng_t rng = rng_of(41);
	config_contract_t contract = full_contract();
	release_judge_t judge = judge_of(&plant, &contract);
	for (size_t i = 0; i < ROUNDS; i++) {
		random_event(&rng, &plant, &random);
		contract.severity = (severity_t)rng_below(&rng, SEVERITY_COUNT);
		contract.point_count = 1 + rng_below(&rng, 2);
		contract.values = (unsigned)rng_below(&rng, 2);
		writer_t w = writer_of(body, sizeof(body));
		release_verdict_t verdict = release_event(&judge, &random.event, &w);
		assert_false(w.bad);
		assert_clean(writer_done(&w), &plant);
		assert_true(verdict.goes == (w.len > 0));
		counts[verdict.goes ? UPLINK_CLASS_COUNT : verdict.class]++;
	}
	/* Every rule was met, and what is counted is all there was. */
	for (size_t i = 0; i <= UPLINK_CLASS_COUNT; i++)
		sum += counts[i];
	assert_int_equal(sum, ROUNDS);
	assert_true(counts[UPLINK_CLASS_COUNT] > 100 && counts[UPLINK_CLASS_CORE] > 100);
	assert_true(counts[UPLINK_CLASS_MINOR] > 100 && counts[UPLINK_CLASS_FORBIDDEN] > 30);
	assert_true(counts[UPLINK_CLASS_UNNAMED] > 30);
}

/* ---- figures */

static figure_t oee(void)
{
	return (figure_t){ .key = { SLICE("iso22400.oee"), 1, SLICE("work-unit"), 0,
		                    3600 * NS_PER_S },
		           .entity = SLICE("99.1000.1"),
		           .origin = FIGURE_MEASURED,
		           .parts = { { .kind = PART_SUM, .is_there = true, .sum = 5 } },
		           .part_count = 1,
		           .has_value = true,
		           .value = 0.5,
		           .expected = 1,
		           .reporting = 1,
		           .coverage = 1,
		           .revision = 1 };
}

static uplink_class_t figure_as(const release_judge_t *judge, const figure_t *figure,
                                const release_lineage_t *lineage)
{
	uint8_t body[SMALL];
	slice_t node;
	figure_t out;
	writer_t w = writer_of(body, sizeof(body));
	release_verdict_t verdict = release_figure(judge, figure, lineage, &w);
	assert_false(w.bad);
	if (!verdict.goes) {
		assert_int_equal(w.len, 0);
		return verdict.class;
	}
	assert_int_equal(figure_item_decode(writer_done(&w), &node, &out), ERR_OK);
	assert_true(slice_eq(node, judge->node) && slice_eq(out.entity, figure->entity));
	assert_int_equal(out.sources.len, 0);
	return UPLINK_CLASS_COUNT;
}

static void a_figure_stays_when_it_stems_from_what_stays(void **state)
{
	static const point_id_t GENERAL[] = { 1, 4 }, MIXED[] = { 1, 4, 9 }, SOME[] = { 2 },
				STRANGE[] = { 1, 99 };
	plant_t plant;
	(void)state;
	plant_make(&plant);
	config_contract_t contract = full_contract();
	release_judge_t judge = judge_of(&plant, &contract);
	figure_t figure = oee();
	release_lineage_t lineage = { GENERAL, 2, true };
	assert_int_equal(figure_as(&judge, &figure, &lineage), UPLINK_CLASS_COUNT);
	assert_int_equal(figure_as(&judge, &figure, &(release_lineage_t){ MIXED, 3, true }),
	                 UPLINK_CLASS_CORE);
	assert_int_equal(figure_as(&judge, &figure, &(release_lineage_t){ STRANGE, 2, true }),
	                 UPLINK_CLASS_UNNAMED);
	assert_int_equal(figure_as(&judge, &figure, &(release_lineage_t){ 0 }),
	                 UPLINK_CLASS_UNNAMED);
	contract.point_count = 1;
	assert_int_equal(figure_as(&judge, &figure, &(release_lineage_t){ SOME, 1, true }),
	                 UPLINK_CLASS_FORBIDDEN);
	figure.has_value = false;
	figure.lack = SLICE("no sample of FRM1.SECRET2");
	assert_int_equal(figure_as(&judge, &figure, &lineage), UPLINK_CLASS_CORE);
}

static void a_figure_goes_as_often_as_the_contract_says_and_of_as_many(void **state)
{
	plant_t plant;
	(void)state;
	plant_make(&plant);
	config_contract_t contract = full_contract();
	release_judge_t judge = judge_of(&plant, &contract);
	figure_t figure = oee();
	release_lineage_t lineage = { .is_known = true };
	contract.every_ns = 3600 * NS_PER_S;
	assert_int_equal(figure_as(&judge, &figure, &lineage), UPLINK_CLASS_COUNT);
	contract.every_ns++;
	assert_int_equal(figure_as(&judge, &figure, &lineage), UPLINK_CLASS_FREQUENT);
	contract.every_ns = 0;
	figure.key.definition = SLICE("iso22400x");
	assert_int_equal(figure_as(&judge, &figure, &lineage), UPLINK_CLASS_UNASKED);
	figure = oee();
	figure.origin = FIGURE_ROLLED;
	figure.expected = 5;
	figure.reporting = 2;
	assert_int_equal(figure_as(&judge, &figure, &lineage), UPLINK_CLASS_CELL);
	figure.reporting = 3;
	assert_int_equal(figure_as(&judge, &figure, &lineage), UPLINK_CLASS_COUNT);
	/* That nobody reports tells of nobody. */
	figure.reporting = 0;
	figure.has_value = false;
	figure.parts[0].is_there = false;
	figure.coverage = 0;
	assert_int_equal(figure_as(&judge, &figure, &lineage), UPLINK_CLASS_COUNT);
}

/* ---- cells */

static void small_cells_are_joined_until_none_is_small(void **state)
{
	uint64_t joined;
	(void)state;
	release_cell_t cells[] = { { 1, 10 }, { 2, 1 }, { 3, 0 }, { 4, 4 }, { 5, 1 } };
	assert_int_equal(release_cells(cells, 5, 3, &joined), 2);
	assert_true(cells[0].label == 1 && cells[1].label == 3);
	assert_int_equal(joined, 6); /* 1 and 1 are too few, so 4 goes with them */
	release_cell_t good[] = { { 1, 3 }, { 2, 0 }, { 3, 9 } };
	assert_int_equal(release_cells(good, 3, 3, &joined), 3);
	assert_int_equal(joined, 0);
	release_cell_t few[] = { { 1, 1 }, { 2, 1 } };
	assert_int_equal(release_cells(few, 2, 3, &joined), 0);
	assert_int_equal(joined, 0);
}

static void no_cell_that_goes_is_small_and_sums_are_kept_or_nothing_goes(void **state)
{
	(void)state;
	rng_t rng = rng_of(5);
	for (size_t round = 0; round < ROUNDS; round++) {
		release_cell_t cells[8];
		uint64_t sum = 0, out = 0, joined;
		size_t count = rng_below(&rng, 9), least = 1 + rng_below(&rng, 6);
		for (uint32_t i = 0; i < count; i++) {
			cells[i] = (release_cell_t){ i, rng_below(&rng, 8) };
			sum += cells[i].count;
		}
		size_t kept = release_cells(cells, count, least, &joined);
		for (size_t i = 0; i < kept; i++) {
			assert_true(cells[i].count == 0 || cells[i].count >= least);
			assert_true(i == 0 || cells[i].label > cells[i - 1].label);
			out += cells[i].count;
		}
		assert_true(joined == 0 || joined >= least);
		assert_true(out + joined == sum || (out + joined == 0 && sum < least));
	}
}

/* ---- pseudonyms */

static void a_pseudonym_is_stable_and_needs_the_key(void **state)
{
	char a[RELEASE_PSEUDONYM_MAX], b[RELEASE_PSEUDONYM_MAX];
	release_key_t other = { { 1, 2, 4 } };
	(void)state;
	release_pseudonym(&KEY, SLICE("10.0.0.5"), a);
	assert_string_equal(release_pseudonym(&KEY, SLICE("::ffff:10.0.0.5"), b), a);
	release_pseudonym(&KEY, SLICE("10.0.0.5:502"), b);
	assert_true(slice_starts(slice_str(b), slice_str(a)) &&
	            slice_ends(slice_str(b), SLICE(":502")));
	assert_string_not_equal(release_pseudonym(&KEY, SLICE("10.0.0.6"), b), a);
	/* Whoever tries all addresses through needs the key for it. */
	assert_string_not_equal(release_pseudonym(&other, SLICE("10.0.0.5"), b), a);
	assert_false(address_in_text(&(catalogue_t){ 0 }, slice_str(a)));
}

static void the_key_is_made_once_and_kept(void **state)
{
	(void)state;
	world_t world = world_seeded(3);
	release_key_t first, again;
	err_detail_t detail;
	OK(release_key_open(world.env, "keys", &first, &detail));
	OK(release_key_open(world.env, "keys", &again, &detail));
	assert_memory_equal(&first, &again, sizeof(first));
	OK(env_file_save(world.env, "keys/pseudonym.key", SLICE("jizhu-pseudonym-key 1\nabcd\n")));
	assert_int_equal(release_key_open(world.env, "keys", &again, &detail), ERR_CORRUPT);
	OK(env_file_save(world.env, "keys/pseudonym.key", SLICE("jizhu-pseudonym-key 2\nabcd\n")));
	assert_int_equal(release_key_open(world.env, "keys", &again, &detail), ERR_NEWER_FORMAT);
	world_done(&world);
}

static void addresses_are_inner_by_number_or_by_what_is_configured(void **state)
{
	static const struct {
		const char *text;
		bool inner;
	} CASES[] = { { "10.255.0.1", true },
		      { "11.0.0.1", false },
		      { "172.16.0.1", true },
		      { "172.32.0.1", false },
		      { "192.168.0.1", true },
		      { "192.169.0.1", false },
		      { "100.64.0.1", true },
		      { "100.128.0.1", false },
		      { "169.254.1.1", true },
		      { "127.0.0.1", true },
		      { "::1", true },
		      { "fe80::1", true },
		      { "febf::1", true },
		      { "fec0::1", false },
		      { "fdff::1", true },
		      { "2001:db8::1", false },
		      { "::ffff:10.0.0.1", true },
		      { "203.0.113.12", true },
		      { "203.0.113.13", false },
		      { "0.0.0.0", true } };
	plant_t plant;
	ip_t ip;
	(void)state;
	plant_make(&plant);
	for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
		OK(ip_parse(slice_str(CASES[i].text), &ip));
		if (release_is_inner(&plant.catalogue, ip) != CASES[i].inner)
			fail_msg("%s", CASES[i].text);
	}
}

/* ---- the catalogue of data */

static const char CONFIG[] =
	"node: {name: n, prefix: 99.1000.1}\n"
	"retention: {raw: 30d, classes: [{number: 1, points: [FRM1.*], keep: 2d}]}\n"
	"uplink:\n"
	"  parents: [{name: up, node: 99.1000, address: 127.0.0.9:1, contract: full}]\n"
	"  contracts:\n"
	"    - {name: full, streams: [events, indicators], indicators: [a.*], events: [alarm],\n"
	"       points: [general, important], values: true}\n"
	"    - {name: least, streams: [indicators], indicators: [a.*]}\n"
	"devices:\n"
	"  - {name: EMPTY, address: 127.0.0.1:2}\n"
	"  - name: FRM1\n"
	"    address: 127.0.0.1:1\n"
	"    points:\n"
	"      - {name: A, address: 1, type: u16, owner: Works}\n"
	"      - {name: B, address: 2, type: u16, class: important}\n"
	"  - name: OVEN\n"
	"    address: 127.0.0.1:3\n"
	"    points: [{name: C, address: 1, type: u16, class: core}]\n";

static void the_listing_says_of_each_point_how_far_each_contract_reaches(void **state)
{
	static const struct {
		const char *name;
		int64_t keep_days;
		release_reach_t full, least;
	} EXPECTED[] = { { "FRM1.A", 2, { true, true, true }, { false, false, true } },
		         { "FRM1.B", 2, { true, true, true }, { false, false, false } },
		         { "OVEN.C", 30, { false, false, false }, { false, false, false } } };
	config_t *config;
	err_detail_t detail;
	release_datum_t datum;
	char text[2048];
	size_t count = 0;
	(void)state;
	OK(config_parse(slice_str(CONFIG), "t.yaml", &config, &detail));
	release_listing_t listing = { .config = config };
	const config_contract_t *contracts = config->uplink.contracts;
	for (; release_listing_next(&listing, &datum); count++) {
		assert_string_equal(datum.name, EXPECTED[count].name);
		assert_int_equal(datum.keep_ns, EXPECTED[count].keep_days * 86400 * NS_PER_S);
		release_reach_t full = release_reach(&contracts[0], datum.point->data_class);
		release_reach_t least = release_reach(&contracts[1], datum.point->data_class);
		assert_memory_equal(&full, &EXPECTED[count].full, sizeof(full));
		assert_memory_equal(&least, &EXPECTED[count].least, sizeof(least));
	}
	assert_int_equal(count, 3);
	json_t j = json_of(text, sizeof(text));
	release_contract_json(config, &contracts[0], &j);
	assert_true(json_ok(&j));
	assert_true(has_bytes(json_done(&j), SLICE("\"parents\":[\"up\"]")));
	assert_true(has_bytes(json_done(&j), SLICE("\"events\":[\"alarm\"]")));
	j = json_of(text, sizeof(text));
	release_datum_json(&datum, config, &j);
	assert_true(json_ok(&j));
	assert_true(has_bytes(json_done(&j), SLICE("\"class\":\"core\"")));
	assert_false(has_bytes(json_done(&j), SLICE("true")));
	config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_event_that_goes_has_names_for_ids_and_pseudonyms_for_whom_it_is_of),
		cmocka_unit_test(an_event_stays_by_the_first_rule_that_holds_it),
		cmocka_unit_test(what_names_or_covers_a_core_point_stems_from_it),
		cmocka_unit_test(no_byte_of_a_core_point_or_an_inner_address_leaves),
		cmocka_unit_test(a_figure_stays_when_it_stems_from_what_stays),
		cmocka_unit_test(a_figure_goes_as_often_as_the_contract_says_and_of_as_many),
		cmocka_unit_test(small_cells_are_joined_until_none_is_small),
		cmocka_unit_test(no_cell_that_goes_is_small_and_sums_are_kept_or_nothing_goes),
		cmocka_unit_test(a_pseudonym_is_stable_and_needs_the_key),
		cmocka_unit_test(the_key_is_made_once_and_kept),
		cmocka_unit_test(the_listing_says_of_each_point_how_far_each_contract_reaches),
		cmocka_unit_test(addresses_are_inner_by_number_or_by_what_is_configured),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
