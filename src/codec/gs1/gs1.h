/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CODEC_GS1_GS1_H
#define CODEC_GS1_GS1_H
/* What a GS1 barcode says: a Digital Link URI, an element string with its application
 * identifiers (AI) in brackets, the same as a scanner gives it, or a bare GTIN. One
 * decoder for the HTTP door, the command line, the console's scan page and the fuzzer.
 *
 * Story: gs1_decode() reads any of the four into a message: elements with the row of
 * their AI, the primary key first, its qualifiers behind it in order, then the rest as it
 * came. The writers put the same message as a path, a whole URI or an element string.
 * The table of AIs is packs/gs1/ai.tsv, made into C when the program is built.
 *
 * Standards: GS1 General Specifications; GS1 Digital Link: URI Syntax, sections 4 and 5;
 * the facts of each AI are those of the GS1 Barcode Syntax Dictionary GS1_RELEASE names.
 *
 * Caveats: a message that is not good is still filled as far as it was read, each element
 * with its own problem, so that a person sees what is right and what is not. Which AIs must
 * accompany one another over all carriers of an item is not judged. Compressed URIs are not
 * read: they have no primary key in the path. Slices borrow the input, or the room when an escape
 * was undone. */
#include "base/codec.h"
#include "base/cursor.h"

enum {
	GS1_AI_MAX = 4,
	GS1_PARTS_MAX = 5,
	GS1_CHECKS_MAX = 3,
	GS1_SEQUENCES_MAX = 2,
	GS1_QUALIFIERS_MAX = 3,
	GS1_VALUE_MAX = 90,
	GS1_ELEMENTS_MAX = 32,
	GS1_LEVELS_MAX = 1 + GS1_QUALIFIERS_MAX, /* a primary key and its qualifiers */
	GS1_TEXT_MAX = 4096,                     /* of any input */
	/* The longest path: each level an AI and a value, every byte escaped. */
	GS1_PATH_MAX = GS1_LEVELS_MAX * (2 + GS1_AI_MAX + 3 * GS1_VALUE_MAX),
	GS1_FNC1 = 0x1D,
};

/* What a part of a value is held to beyond its characters; the rows are named as the
 * dictionary names its linters. */
#define GS1_CHECK_ROWS(X) \
	X(CSUM, csum) \
	X(CSUMALPHA, csumalpha) \
	X(KEY, key) \
	X(KEYOFF1, keyoff1) \
	X(YYMMD0, yymmd0) \
	X(YYMMDD, yymmdd) \
	X(YYYYMMDD, yyyymmdd) \
	X(HH, hh) \
	X(MI, mi) \
	X(SS, ss) \
	X(HHMI, hhmi) \
	X(ISO3166, iso3166) \
	X(ISO3166999, iso3166999) \
	X(ISO3166ALPHA2, iso3166alpha2) \
	X(ISO4217, iso4217) \
	X(ISO5218, iso5218) \
	X(PCENC, pcenc) \
	X(YESNO, yesno) \
	X(ZERO, zero) \
	X(NONZERO, nonzero) \
	X(NOZEROPREFIX, nozeroprefix) \
	X(HASNONDIGIT, hasnondigit) \
	X(WINDING, winding) \
	X(PIECEOFTOTAL, pieceoftotal) \
	X(IMPORTERIDX, importeridx) \
	X(LATITUDE, latitude) \
	X(LONGITUDE, longitude) \
	X(HYPHEN, hyphen) \
	X(MEDIATYPE, mediatype) \
	X(POSINSEQSLASH, posinseqslash) \
	X(IBAN, iban)

#define X(name, function) GS1_CHECK_##name,
typedef enum { GS1_CHECK_NONE, GS1_CHECK_ROWS(X) GS1_CHECK_COUNT } gs1_check_t;
#undef X

/* A run of characters of one kind; only the last part of a value varies in length. */
typedef struct {
	char kind; /* N digits, X of 82 characters, Y of 39, Z base64url */
	uint8_t min, max;
	bool optional;
	gs1_check_t checks[GS1_CHECKS_MAX];
} gs1_part_t;

/* bits of gs1_ai_t.flags */
enum {
	GS1_FIXED = 1, /* needs no FNC1 behind it */
	GS1_QUERY = 2, /* may be a data attribute of a Digital Link */
	GS1_KEY = 4,   /* a primary key */
	GS1_NEEDS_QUALIFIER = 8,
};

/* One AI, or a range of them that differ in the last digit only. */
typedef struct {
	char first[GS1_AI_MAX + 1], last[GS1_AI_MAX + 1];
	uint8_t flags;
	uint8_t part_count;
	gs1_part_t parts[GS1_PARTS_MAX];
	const char *excludes;                                          /* "255,37", "310n"; NULL */
	const char *qualifiers[GS1_SEQUENCES_MAX][GS1_QUALIFIERS_MAX]; /* in order; NULL ends */
	const char *title[LANG_COUNT];
} gs1_ai_t;

/* The release of the dictionary that the table follows. */
extern const char GS1_RELEASE[];

/* The row of an AI, or NULL. */
const gs1_ai_t *gs1_ai_find(slice_t ai);
/* The i-th row in the order of the dictionary; NULL behind the last. */
const gs1_ai_t *gs1_ai_at(size_t i);

/* What can be wrong; the text of each is gs1_problem_text(). */
#define GS1_PROBLEM_ROWS(X) \
	X(GOOD) \
	X(NOT_GS1) \
	X(INPUT_LONG) \
	X(NO_KEY) \
	X(UNKNOWN_AI) \
	X(NOT_QUALIFIER) \
	X(ORDER) \
	X(NOT_ATTRIBUTE) \
	X(TWICE) \
	X(TOO_MANY) \
	X(ESCAPE) \
	X(EXCLUDED) \
	X(INCOMPLETE) \
	X(SHORT) \
	X(LONG) \
	X(DIGITS) \
	X(CHARACTER) \
	X(CHECK_DIGIT) \
	X(CHECK_PAIR) \
	X(COMPANY) \
	X(DATE) \
	X(TIME) \
	X(COUNTRY) \
	X(CURRENCY) \
	X(OUT_OF_LIST) \
	X(PIECE) \
	X(ACCOUNT)

#define X(name) GS1_##name,
typedef enum { GS1_PROBLEM_ROWS(X) GS1_PROBLEM_COUNT } gs1_problem_t;
#undef X

/* What is wrong, with the AI as %1, and what to do; never NULL. */
const err_text_t *gs1_problem_text(gs1_problem_t problem);

typedef struct {
	const gs1_ai_t *ai; /* NULL: not known */
	slice_t code;       /* the AI as it stands there */
	slice_t value;      /* without escapes */
	size_t at;          /* of the value in the input, in bytes */
	gs1_problem_t problem;
} gs1_element_t;

typedef enum { GS1_URI, GS1_BRACKETS, GS1_PLAIN, GS1_GTIN, GS1_FORM_COUNT } gs1_form_t;
/* "digital-link", "element-string-brackets", "element-string", "gtin". */
const char *gs1_form_name(gs1_form_t form);

typedef struct {
	gs1_form_t form;
	slice_t stem;  /* of a URI: what stands before "/" and the primary key */
	slice_t query; /* of a URI: behind "?", as it came */
	gs1_element_t elements[GS1_ELEMENTS_MAX];
	size_t count;
	size_t levels; /* the first so many: the primary key and its qualifiers; 0: no key */
	gs1_problem_t problem; /* the first, or GS1_GOOD */
	slice_t problem_ai;    /* "" when it is of the whole */
	size_t problem_at;     /* in the input, in bytes */
} gs1_message_t;

/* Reads a text: "http://", "https://" or a path is a Digital Link, "(" an element string
 * in brackets, "]" or FNC1 (also written "^") or a digit a plain one, with or without the
 * symbology identifier; 8, 12, 13 or 14 digits with a good check digit a GTIN. Escapes are
 * undone into `room`, which needs no more than the length of the text, at least 14 bytes.
 * CODEC_MALFORMED: `ret` says what and where. A slash behind the path is tolerated; keys
 * of the query that are not digits alone are others' and no elements. */
MUST_CHECK
codec_t gs1_decode(slice_t text, writer_t *room, gs1_message_t *ret_message);

/* Whether the value is one of this AI, character by character. */
gs1_problem_t gs1_value_check(const gs1_ai_t *ai, slice_t value);

/* The value from where the company prefix begins: the digits a delegation is decided by.
 * Empty for keys that have none. */
slice_t gs1_company(const gs1_element_t *key);

/* "/01/09521234543213/21/123" of the first `levels` elements; all but letters, digits
 * and "-._~" is percent-encoded. At most GS1_PATH_MAX bytes. */
void gs1_path_put(const gs1_message_t *message, size_t levels, writer_t *w);
/* The canonical URI: stem, path, data attributes in the order of their AIs. What may not
 * be one is left out. */
void gs1_uri_put(const gs1_message_t *message, slice_t stem, writer_t *w);
/* "(01)09521234543213(21)123"; a bracket in a value gets a backslash. */
void gs1_brackets_put(const gs1_message_t *message, writer_t *w);
/* As a scanner gives it: FNC1 (0x1D) behind what has no fixed length. */
void gs1_plain_put(const gs1_message_t *message, writer_t *w);
#endif
