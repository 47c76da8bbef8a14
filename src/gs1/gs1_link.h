/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GS1_GS1_LINK_H
#define GS1_GS1_LINK_H
/* Links of a record: values of the type GS1.LINK, whose data is compact JSON:
 *
 *   {"linkType":"gs1:pip","href":"https://example.com/p","title":"Product",
 *    "type":"text/html","hreflang":["en"],"context":["CN"],"default":true}
 *
 * linkType, href and title must be there. The first link that says "default" is the
 * default link of its record, of none the first at all; several that say so are variants
 * of it. A record without such values has its first URL as the default link.
 *
 * Story: the REST door checks values before they are written (gs1_link_check); whoever
 * resolves collects what anybody may read of a record (gs1_links_read), chooses
 * (gs1_choose.h) and lets go (gs1_links_done).
 *
 * Limits: 4 KiB of data, 64 links a record, 8 languages and 8 contexts a link; what is
 * beyond or not well formed, because another door wrote it, is passed over. */
#include "base/cursor.h"
#include "env/json_read.h"
#include "model/record.h"

enum { GS1_LINKS_MAX = 64, GS1_TAGS_MAX = 8, GS1_LINK_BYTES_MAX = 4096 };

#define GS1_LINK_VALUE "GS1.LINK"
#define GS1_VOCABULARY "https://ref.gs1.org/voc/"

typedef struct {
	slice_t list[GS1_TAGS_MAX];
	size_t count;
} gs1_tags_t;

typedef struct {
	slice_t type; /* "gs1:pip", or a URI of another vocabulary */
	slice_t href, title;
	slice_t media; /* "" when not said */
	gs1_tags_t languages, contexts;
	bool is_default;
} gs1_link_t;

/* What is wrong with the data of a value, if anything: ERR_INVALID with the detail. */
MUST_CHECK err_t gs1_link_check(slice_t data, err_detail_t *ret_detail);

typedef struct {
	gs1_link_t links[GS1_LINKS_MAX];
	json_tree_t *trees[GS1_LINKS_MAX]; /* what the slices borrow; NULL: the record */
	size_t count;
} gs1_links_t;

/* The links of a record that anybody may read. The slices borrow the record too. `lang`
 * is that of the title where only a URL is there, whose title is the record's description
 * or else its name. */
void gs1_links_read(const record_t *record, lang_t lang, gs1_links_t *ret_links);
/* The record in words, of DESC and DESC.zh; empty when it has none. */
slice_t gs1_record_description(const record_t *record, lang_t lang);
void gs1_links_done(gs1_links_t *links);
/* Of these links, the default one; NULL when there are none. */
const gs1_link_t *gs1_links_default(const gs1_links_t *links);

/* One form of all ways to write a link type: "gs1:pip" for "https://ref.gs1.org/voc/pip",
 * "https://gs1.org/voc/pip" and "pip"; other URIs as they are. Into `room`. */
slice_t gs1_link_type_short(slice_t type, writer_t *room);
/* The URI of a short form, a key of linksets. */
void gs1_link_type_uri(slice_t type, writer_t *w);

/* A row of packs/gs1/linktypes.tsv. */
typedef struct {
	const char *name; /* "pip"; NULL ends */
	const char *title[LANG_COUNT];
} gs1_link_type_t;
extern const gs1_link_type_t GS1_LINK_TYPES[];
#endif
