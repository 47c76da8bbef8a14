/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/num.h"
#include "base/text.h"
#include "expr/fixture_test.h"

/* The independent evaluator: a random tree is said as text, with the brackets it needs and
 * some more, and is worth in base units what it says, by recursion over the tree. */
enum { KINDS = 3, TREE_MAX = 200 };

typedef enum { OF_NUMBER, OF_ENERGY, OF_MASS } of_t;

typedef struct {
	double value;  /* in base units; NAN absent */
	bool is_close; /* a comparison that rounding may turn */
} worth_t;

typedef struct {
	rng_t rng;
	text_t text;
	unsigned left; /* how many nodes may come yet */
} tree_t;

static worth_t grow(tree_t *t, of_t of, unsigned precedence);

static worth_t grow_leaf(tree_t *t, of_t of)
{
	static const struct {
		uint8_t name;
		double factor;
	} leaves[KINDS][5] = {
		{ { NAME_n, 1 },
		  { NAME_k, 1 },
		  { NAME_lost, 1 },
		  { NAME_share, 0.01 },
		  { NAME_one, 1 } },
		{ { NAME_energy, 3.6e6 },
		  { NAME_heat, 1e6 },
		  { NAME_silent, 3.6e6 },
		  { NAME_energy, 3.6e6 },
		  { NAME_heat, 1e6 } },
		{ { NAME_mass, 1000 },
		  { NAME_load, 1 },
		  { NAME_mass, 1000 },
		  { NAME_load, 1 },
		  { NAME_mass, 1000 } },
	};
	static const char *const units[KINDS][2] = { { "", "[%]" },
		                                     { "[MWh]", "[J]" },
		                                     { "[g]", "[t]" } };
	static const double factors[KINDS][2] = { { 1, 0.01 }, { 3.6e9, 1 }, { 1e-3, 1000 } };
	size_t pick = rng_below(&t->rng, 5), unit = rng_below(&t->rng, 2);
	if (rng_below(&t->rng, 3) == 0) {
		double number = (double)(1 + rng_below(&t->rng, 9)) / 4;
		text_addf(&t->text, "%g%s", number, units[of][unit]);
		return (worth_t){ number * factors[of][unit], false };
	}
	text_addf(&t->text, " %s ", known[leaves[of][pick].name].name);
	return (worth_t){ known[leaves[of][pick].name].number * leaves[of][pick].factor, false };
}

static worth_t worth(double value, worth_t a, worth_t b)
{
	return (worth_t){ isfinite(value) ? value : (double)NAN, a.is_close || b.is_close };
}

static worth_t grow_sum(tree_t *t, of_t of)
{
	worth_t a = grow(t, of, 4);
	bool adds = rng_below(&t->rng, 2);
	text_addf(&t->text, adds ? "+" : " - ");
	worth_t b = grow(t, of, 5);
	return worth(adds ? a.value + b.value : a.value - b.value, a, b);
}

static worth_t grow_product(tree_t *t, of_t of)
{
	bool is_ratio = of == OF_NUMBER && rng_below(&t->rng, 2);
	of_t inner = is_ratio ? (of_t)rng_below(&t->rng, KINDS) : of;
	bool divides = is_ratio || rng_below(&t->rng, 2);
	worth_t a = grow(t, inner, 5);
	text_addf(&t->text, divides ? "/" : "*");
	worth_t b = grow(t, is_ratio ? inner : OF_NUMBER, 6);
	return worth(divides ? a.value / b.value : a.value * b.value, a, b);
}

static worth_t grow_sign(tree_t *t, of_t of)
{
	text_addf(&t->text, "-");
	worth_t a = grow(t, of, 6);
	a.value = -a.value;
	return a;
}

static worth_t grow_choice(tree_t *t, of_t of)
{
	text_addf(&t->text, "if(");
	worth_t c = grow(t, OF_NUMBER, 0);
	text_addf(&t->text, ",");
	worth_t a = grow(t, of, 0);
	text_addf(&t->text, ",");
	worth_t b = grow(t, of, 0);
	text_addf(&t->text, ")");
	if (isnan(c.value))
		return worth(NAN, worth(0, a, b), c);
	return worth(c.value != 0 ? a.value : b.value, worth(0, a, b), c);
}

static worth_t grow_pair(tree_t *t, of_t of)
{
	static const char *const words[] = { "min(", "max(", "else(" };
	size_t pick = rng_below(&t->rng, 3);
	text_addf(&t->text, "%s", words[pick]);
	worth_t a = grow(t, of, 0);
	text_addf(&t->text, ", ");
	worth_t b = grow(t, of, 0);
	text_addf(&t->text, ")");
	if (pick == 2)
		return worth(isnan(a.value) ? b.value : a.value, a, b);
	if (isnan(a.value) || isnan(b.value))
		return worth(NAN, a, b);
	bool takes_a = pick == 0 ? a.value < b.value : a.value > b.value;
	return worth(takes_a ? a.value : b.value, a, b);
}

static worth_t grow_comparison(tree_t *t)
{
	static const char *const signs[] = { "<", "<=", ">", ">=", "==", "!=" };
	of_t of = (of_t)rng_below(&t->rng, KINDS);
	size_t pick = rng_below(&t->rng, 6);
	worth_t a = grow(t, of, 4);
	text_addf(&t->text, "%s", signs[pick]);
	worth_t b = grow(t, of, 4);
	const bool is[] = { a.value<b.value, a.value <= b.value, a.value> b.value,
		            a.value >= b.value, a.value == b.value, a.value != b.value };
	worth_t w = worth(isnan(a.value + b.value) ? (double)NAN : is[pick], a, b);
	w.is_close = w.is_close || fabs(a.value - b.value) <= 1e-9 * fabs(a.value);
	return w;
}

static worth_t grow_logic(tree_t *t)
{
	size_t pick = rng_below(&t->rng, 3);
	if (pick == 2) {
		text_addf(&t->text, "not ");
		worth_t a = grow(t, OF_NUMBER, 2);
		return worth(isnan(a.value) ? a.value : a.value == 0, a, a);
	}
	worth_t a = grow(t, OF_NUMBER, pick == 0 ? 0 : 1);
	text_addf(&t->text, pick == 0 ? " or " : " and ");
	worth_t b = grow(t, OF_NUMBER, pick == 0 ? 1 : 2);
	bool is = pick == 0 ? a.value != 0 || b.value != 0 : a.value != 0 && b.value != 0;
	return worth(isnan(a.value) || isnan(b.value) ? (double)NAN : is, a, b);
}

/* How tight each form binds; the last stands at its last operator: "not" and "or" are two. */
static worth_t grow_form(tree_t *t, of_t of, size_t form)
{
	switch (form) {
	case 0:
		return grow_sum(t, of);
	case 1:
		return grow_product(t, of);
	case 2:
		return grow_sign(t, of);
	case 3:
		return grow_choice(t, of);
	case 4:
		return grow_pair(t, of);
	case 5:
		return grow_comparison(t);
	case 6:
		return grow_logic(t);
	default:
		return grow_leaf(t, of);
	}
}

static worth_t grow(tree_t *t, of_t of, unsigned precedence)
{
	static const unsigned binds[] = { 4, 5, 6, 9, 9, 3, 0, 9 };
	size_t form = t->left ? rng_below(&t->rng, of == OF_NUMBER ? 8 : 5) : 7;
	t->left -= t->left > 0;
	bool has_brackets = binds[form] < precedence || rng_below(&t->rng, 6) == 0;
	text_addf(&t->text, has_brackets ? "(" : "");
	worth_t w = grow_form(t, of, form);
	text_addf(&t->text, has_brackets ? ")" : "");
	return w;
}

static bool agrees(const desk_t *d, worth_t want)
{
	expr_value_t got = desk_eval(d);
	double number = got.number * expr_unit(d->expr).factor;
	return got.is_there == !isnan(want.value) &&
	       (!got.is_there || fabs(number - want.value) <= 1e-9 * (fabs(want.value) + 1));
}

static void random_formulas_agree_with_a_tree_that_is_walked(void **state)
{
	(void)state;
	enum { TREES = 4000 };
	desk_t d;
	desk_init(&d);
	size_t compared = 0, there = 0;
	for (uint64_t seed = 1; seed <= TREES; seed++) {
		tree_t t = { .rng = rng_of(seed), .text = text_of(1 << 16), .left = 20 };
		worth_t want = grow(&t, (of_t)(seed % KINDS), 0);
		slice_t text = text_slice(&t.text);
		err_t err = desk_parse(&d, text, NULL);
		if (err == ERR_INVALID || (!err && !want.is_close && !agrees(&d, want)))
			fail_msg("seed %d: %.*s", (int)seed, (int)text.len, (const char *)text.ptr);
		compared += !err && !want.is_close;
		there += !err && !isnan(want.value);
		text_free(&t.text);
	}
	assert_true(compared > TREES * 8 / 10 && there > TREES / 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_formulas_agree_with_a_tree_that_is_walked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
