/* SPDX-License-Identifier: Apache-2.0 */
/* Object identifiers: dotted, "urn:oid:" (RFC 3061) or "oid:". */
#include "codec/scheme/table.h"

enum {
	ARCS_MAX = 64,
	ARCS_TELLING = 3,    /* fewer alone could be any number */
	ARC_DIGITS_MAX = 39, /* a UUID below 2.25 */
	SECOND_MAX = 39,
};

static const char *const heads[] = { "urn:oid:", "oid:" };

static size_t head_len(slice_t text)
{
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		slice_t head = slice_str(heads[i]);
		if (slice_eq_nocase(slice_sub(text, 0, head.len), head))
			return head.len;
	}
	return 0;
}

static bool is_dotted(slice_t text)
{
	size_t dots = 0;
	for (size_t i = 0; i < text.len; i++) {
		dots += text.ptr[i] == '.';
		if (text.ptr[i] != '.' && !ascii_is_digit(text.ptr[i]))
			return false;
	}
	return dots >= ARCS_TELLING - 1;
}

bool oid_claims(slice_t text)
{
	static const slice_t roots = { (const uint8_t *)"012", 3 };
	return head_len(text) > 0 ||
	       (text.len > 1 && text.ptr[1] == '.' && slice_find(roots, text.ptr[0]) < roots.len &&
	        is_dotted(text));
}

static bool is_arc(slice_t arc)
{
	return arc.len > 0 && arc.len <= ARC_DIGITS_MAX && ascii_is_digits(arc) &&
	       (arc.len == 1 || arc.ptr[0] != '0');
}

/* Of the first two, which ASN.1 packs into one number. */
static bool is_root(slice_t first, slice_t second)
{
	bool is_wide = slice_eq(first, SLICE("2"));
	bool small = second.len == 1 || (second.len == 2 && second.ptr[0] <= '3');
	return is_wide || (first.len == 1 && first.ptr[0] < '2' && small);
}
_Static_assert(SECOND_MAX == 39, "what is_root tells by the first digit");

static scheme_problem_t check(slice_t dotted)
{
	slice_t rest = dotted, first = { 0 };
	size_t count = 0;
	bool more = true;
	while (more) {
		more = slice_find(rest, '.') < rest.len;
		slice_t arc = slice_cut(&rest, '.');
		if (++count > ARCS_MAX)
			return SCHEME_ARCS_MANY;
		if (!is_arc(arc))
			return SCHEME_ARC;
		if (count == 2 && !is_root(first, arc))
			return SCHEME_ARC_ROOT;
		if (count == 1)
			first = arc;
	}
	return count > 1 ? SCHEME_GOOD : SCHEME_SHORT;
}

/* The longest tree that has a name, in whole arcs. */
static const scheme_word_t *tree_of(slice_t dotted)
{
	const scheme_word_t *best = NULL;
	for (const scheme_word_t *word = SCHEME_WORDS; word->code; word++) {
		slice_t code = slice_str(word->code);
		bool whole = dotted.len == code.len ||
		             (dotted.len > code.len && dotted.ptr[code.len] == '.');
		if (word->kind == SCHEME_OID_TREE && whole && slice_starts(dotted, code) &&
		    (!best || code.len > strlen(best->code)))
			best = word;
	}
	return best;
}

static void add_tree(scheme_read_t *r, const scheme_word_t *tree, size_t at)
{
	scheme_field_t field = { .code = "tree",
		                 .name = { "tree", "所属树" },
		                 .value = slice_str(tree->code),
		                 .at = at };
	(void)scheme_mean(SCHEME_OID_TREE, &field);
	scheme_add(r, &field);
}

void oid_read(scheme_read_t *r)
{
	size_t head = head_len(r->text), from = r->room->len;
	slice_t dotted = slice_from(r->text, head);
	scheme_problem_t problem = check(dotted);
	const scheme_word_t *tree = tree_of(dotted);
	size_t skip = 0;
	r->m->form = head == 0 ? "dotted" : head == strlen(heads[0]) ? "urn" : "oid";
	if (tree) {
		add_tree(r, tree, head);
		skip = strlen(tree->code) + (dotted.len > strlen(tree->code));
	}
	scheme_add(r, &(scheme_field_t){ .code = "arcs",
	                                 .name = { "arcs below it", "其下各弧" },
	                                 .value = slice_from(dotted, skip),
	                                 .at = head + skip,
	                                 .problem = problem });
	wr_bytes(r->room, SLICE("urn:oid:"));
	wr_bytes(r->room, dotted);
	r->m->canonical = scheme_since(r, from);
	r->m->suffix = dotted;
}
