/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_TEMPLATE_TEMPLATE_H
#define REGISTRY_TEMPLATE_TEMPLATE_H
/* Records that are made up: an HS_NAMESPACE value may hold a template that says what a
 * name answers of which only the part in front of a delimiter was registered, the base
 * (Handle.Net technical manual, chapter 11). Pure: a template, a base record and the rest
 * of the name, the extension, give a record.
 *
 *   <namespace>
 *     <template delimiter="@">
 *       <foreach>
 *         <if value="type" test="equals" expression="URL">
 *           <value data="${data}#${extension}"/>
 *         </if>
 *       </foreach>
 *     </template>
 *   </namespace>
 *
 * Story: name_template_new compiles the XML once; name_template_split cuts a name;
 * name_template_make is called for each name. A template may be a reference to the value that holds
 * it (name_template_reference). What the elements mean is doc/templates.md's.
 *
 * Limits: TEMPLATE_NODES elements, a nesting of TEMPLATE_DEPTH, TEMPLATE_VALUES values,
 * TEMPLATE_BYTES of data in a record, TEMPLATE_STEPS steps to make one, and those of
 * env/xml.h and env/regex.h: a record that would take more is not made (ERR_LIMIT).
 *
 * Threads: one template and one room are used by one thread at a time.
 *
 * Caveats: only values that everybody may read are there for a template, and what it
 * makes is for everybody. Expressions match without regard to case, as names do;
 * `equals` does not. */
#include "codec/handle/value.h"

enum {
	TEMPLATE_NODES = 512,
	TEMPLATE_DEPTH = 16,
	TEMPLATE_VALUES = 128,
	TEMPLATE_BYTES = 16 * 1024,
	TEMPLATE_STEPS = 4096,
	TEMPLATE_RECORD_MAX = 2 * TEMPLATE_BYTES, /* bytes that a made record takes at most */
	TEMPLATE_REASON = 128,
};

typedef struct name_template name_template_t;

/* What is wrong with a template, for who writes it: "line 3: ..." */
typedef struct {
	unsigned line;
	char reason[TEMPLATE_REASON];
} name_template_fault_t;

/* Of the data of an HS_NAMESPACE value. ERR_NOT_FOUND: a good namespace without a template.
 * ERR_INVALID with the fault; ERR_NO_MEMORY. */
MUST_CHECK err_t name_template_new(slice_t xml, name_template_t **ret_template,
                                   name_template_fault_t *ret_fault);
void name_template_free(name_template_t *template);
/* Where the real template is; false: here. */
bool name_template_reference(const name_template_t *template, handle_reference_t *ret_reference);
/* The base of a name and its extension: what is left and right of the first delimiter in
 * the suffix. The delimiter "/" makes the whole prefix a base without values. False: the
 * name has no delimiter, or nothing on its left. */
bool name_template_split(const name_template_t *template, slice_t name, slice_t *ret_base,
                         slice_t *ret_extension);

typedef struct {
	slice_t name, base, extension;
	const record_t *record; /* of the base; NULL: it has no values */
} name_template_question_t;

/* Scratch memory for making a record. */
typedef struct {
	uint8_t bytes[TEMPLATE_BYTES];
	handle_value_t values[TEMPLATE_VALUES];
} name_template_room_t;

/* Appends the record's values; it has no name. ERR_NOT_FOUND: the template says so, or
 * makes no value. ERR_LIMIT. */
MUST_CHECK err_t name_template_make(name_template_t *template,
                                    const name_template_question_t *question,
                                    name_template_room_t *room, writer_t *w, record_t *ret_record);
#endif
