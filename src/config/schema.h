/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H
/* The schema: one table of fields for each section of the file. The reader, the
 * checker, config_dump and config_doc walk these rows and nothing else, so a
 * setting exists everywhere or nowhere.
 *
 * Files of other rooms that are written by hand (packs of indicators, insight/pack_schema.h) have
 * sections of their own, which are read and documented by the same walk.
 *
 * A field says its key, the kind of its value, whether it is one value, an array
 * inside the struct or a list of sections beside it, where in the section's
 * struct it lands, what stands there when it is absent, and what it means. */
#include "config/config.h"
#include "config/tree.h"

typedef enum {
	KIND_TEXT,
	KIND_NAME,
	KIND_PREFIX,
	KIND_CAPTURE,
	KIND_LABEL,
	KIND_WORD,
	KIND_U8,
	KIND_U16,
	KIND_U32,
	KIND_F64,
	KIND_SIZE,
	KIND_DURATION,
	KIND_ADDRESS,
	KIND_IP,
	KIND_FUNCTION,
	KIND_LIMITS,
	KIND_STATES,
	KIND_PAIRS,
	KIND_SECTION,
	KIND_COUNT
} kind_id_t;

typedef enum {
	FORM_ONE,
	FORM_ARRAY, /* up to `max` values inside the struct */
	FORM_LIST,  /* up to `max` sections in the pool, the struct holds a pointer */
} form_t;

typedef struct section section_t;

typedef struct {
	const char *key;
	kind_id_t kind;
	form_t form;
	bool optional;            /* absent: nothing is stored */
	bool is_fixed;            /* with all below it: a change needs a restart */
	const char *fallback;     /* when absent; NULL: required unless optional; arrays: "a, b" */
	size_t at;                /* offset in the section's struct */
	size_t count_at;          /* of the size_t count of an array or list */
	size_t present_at;        /* of the bool that says an optional field was given; 0: none */
	size_t max;               /* items of an array or list; bytes of one text, if not 256 */
	double low, high;         /* of numbers; both 0: the range of the type */
	const char *const *words; /* of KIND_WORD by number; NULL words are not offered */
	size_t word_count;
	const section_t *section; /* of KIND_SECTION */
	const char *meaning[LANG_COUNT];
} field_t;

enum { FIELDS_MAX = 24 };

/* What a build knows while it walks the tree. */
typedef struct {
	pool_t *pool; /* of the snapshot */
	err_detail_t *detail;
	size_t points; /* in all devices so far */
} build_t;

struct section {
	const char *path; /* as documentation names it: "devices[].points[]" */
	size_t size;      /* of its struct */
	const field_t *fields;
	size_t field_count;
	/* Rules that join several fields; after all were read. May be NULL. */
	err_t (*check)(build_t *b, const tree_node_t *node, void *item);
};

extern const section_t SECTION_ROOT, SECTION_LABEL, SECTION_GS1, SECTION_DNS, SECTION_SCHEMES,
	SECTION_UPLINK, SECTION_AUTHORITY;

/* Reads one mapping into the struct of its section. */
MUST_CHECK err_t build_section(build_t *b, const section_t *s, const tree_node_t *node, void *item);

/* The options of a section and of those inside it, as Markdown. */
void doc_section(const section_t *s, writer_t *w);

/* A kind of value. */
typedef struct {
	const char *name[LANG_COUNT];
	size_t size; /* in the struct */
	err_t (*read)(build_t *b, const field_t *f, const tree_node_t *node, void *value);
	/* As YAML in flow form. */
	void (*show)(const field_t *f, const void *value, writer_t *w);
	/* A bound of numbers as a person writes it; NULL for other kinds. */
	void (*bound)(double number, writer_t *w);
} kind_t;

const kind_t *kind_of(const field_t *f);
static inline void *field_in(const void *item, size_t at)
{
	uintptr_t address = (uintptr_t)item + at;
	return (void *)address;
}

/* Values of an array, sections of a list; else 1. */
static inline size_t field_count(const field_t *f, const void *item)
{
	return f->form == FORM_ONE ? 1 : *(const size_t *)field_in(item, f->count_at);
}
#endif
