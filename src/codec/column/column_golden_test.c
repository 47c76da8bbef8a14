/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes on disks: columns of the first format, which every later program reads. They do not
 * change when the encoder learns to choose better. */
#include "codec/column/column_fixture_test.h"

#include "base/num.h"

typedef struct {
	const char *what;
	sort_t sort; /* filled with seed 5 */
	column_kind_t kind;
	size_t n;
	const char *hex;
} golden_t;

static const golden_t golden[] = {
	{ "noise, split", SORT_NOISE, COLUMN_REAL, 10,
	  "135405050217000700D662292EA78AFA0F2D351FBB9A71BF78AE66DA601AFD2DACFE43AD3CCE"
	  "5F5411C6ADEAECFC577E21623A09F08F024C7FCC189F7FA25BB2D68879FBB830402AA76FFE9F"
	  "79F8F126B9C83ED80000" },
	{ "flat", SORT_SMALL, COLUMN_UINT, 20, "120B00030052D05241AA244A02" },
	{ "ramp", SORT_RAMP, COLUMN_INT, 20, "110A01020AA20F1A9A915656" },
	{ "differences and outliers", SORT_JUMPS, COLUMN_INT, 40,
	  "11188202D00FDA0F980F53FE7661DF39E37C0107001F288C3577" },
	{ "differences of differences", SORT_SQUARES, COLUMN_INT, 50,
	  "1119030310008101C0C06403134661A46C91A410C40646D9406C18" },
	{ "steps", SORT_STEPS, COLUMN_INT, 400,
	  "1120043F0003A94CF518000000000000000000000000008014200000000000400E10" },
	{ "raw", SORT_RANDOM, COLUMN_INT, 3,
	  "111F03009E8BE0CFBAA782F19D01CBB4C7E980D0DA8240E4ABA482E3BC97A7FF01" },
	{ "times with jitter", SORT_RAMP, COLUMN_TIME, 12, "100B000E02010203A20F1A9A91" },
	{ "regular times", SORT_CONSTANT, COLUMN_TIME, 9, "100C80808080808080C0B5800100" },
	{ "quotients", SORT_TENTHS, COLUMN_REAL, 20, "131302010000050B059C408C3B6DCEC93785533D07" },
	{ "products", SORT_PRODUCT, COLUMN_REAL, 20,
	  "13140103000000050B059C408C3B6DCEC93785533D07" },
	{ "multiples", SORT_COUNTS, COLUMN_REAL, 20,
	  "132303427B09ED25B4373F0000000000000000000005F47C059C408C3B6DCEC93785533D07" },
	{ "floats", SORT_FLOAT, COLUMN_REAL, 12,
	  "132C04000017E48299840800CA87FB55CF110325CF0D39920BCC6666A10923C1A487000000DE"
	  "295822BF87609C06" },
	{ "quotients rounded to floats", SORT_FLOAT_TENTHS, COLUMN_REAL, 20,
	  "131382010000050B059C408C3B6DCEC93785533D07" },
	{ "nearly multiples, rounded to floats", SORT_OTHERWISE_FLOAT, COLUMN_REAL, 20,
	  "132BC3427B09ED25B4373F0000000000000000000005F47C059C408C3B6DCEC93785533D0700"
	  "02016585541519" },
	{ "doubles listed", SORT_RARE, COLUMN_REAL, 30,
	  "13240201010500000000000000F87F01051902CCB072CC3B2CC2776B430A10A1208D75BA8214" },
	{ "lanes that end within a word", SORT_SMALL, COLUMN_BYTE, 130,
	  "1543000300D23886028AB42C0089222200C8A0A2001D558C005530140044531400CA16460009"
	  "A1A00098928600698348000D9262006A5A150001052A0019D4B100C1121100" },
	{ "coded", SORT_SQUARES, COLUMN_INT, 200,
	  "114A43031000810144FDFF0D0E01001E1900BDFD0B1EE656FBE50DBF6F9610DEE088F3A6CBB7"
	  "61286DE64199038C92C0DDB3486FCFC777944435C000A8EA3A8B8CDF304B7F079FB24DEBB03F" },
	{ "coded, lead of three bits", SORT_COUNTER, COLUMN_REAL, 240,
	  "13400202004102BE9A0C0622FC0D1A13005E0F0017B70030BF0018B133FD6923FA234419FD05"
	  "16B609EA7F1B949FCE652AE5018CCD8490108D340CFD92CF4CA2E8ED" },
	{ "floats of their own", SORT_FLOAT, COLUMN_F32, 5,
	  "141F04000420818080800404000830000101000060010000400100008000000000" },
};

static void columns_of_the_first_format_are_read_by_every_kernel(void **state)
{
	uint64_t rows[COLUMN_ROWS], back[COLUMN_ROWS] = { 0 };
	uint8_t bytes[COLUMN_BYTES_MAX];
	(void)state;
	for (size_t i = 0; i < sizeof(golden) / sizeof(golden[0]); i++) {
		const golden_t *g = &golden[i];
		size_t len = 0;
		assert_int_equal(num_from_hex(slice_str(g->hex), bytes, sizeof(bytes), &len),
		                 ERR_OK);
		fill_sort(g->sort, 5, rows, g->n);
		for (isa_t isa = ISA_PLAIN; isa <= isa_of_machine(NULL); isa++) {
			way_t way = { column_kernel(isa), g->kind, g->n, NULL };
			reader_t r = reader_of(slice_of(bytes, len));
			if (get_rows(&way, &r, back) || r.in.len)
				fail_msg("%s: not read", g->what);
			for (size_t row = 0; row < g->n; row++)
				if (back[row] != kept(g->kind, rows[row]))
					fail_msg("%s: row %zu is another", g->what, row);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns_of_the_first_format_are_read_by_every_kernel),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
