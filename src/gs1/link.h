/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GS1_LINK_H
#define GS1_LINK_H
/* For the files of this room. */
#include "gs1/gs1_link.h"

/* The slices borrow the tree. ERR_INVALID with the detail. */
MUST_CHECK err_t gs1_link_read(const json_tree_t *object, gs1_link_t *ret_link,
                               err_detail_t *ret_detail);
#endif
