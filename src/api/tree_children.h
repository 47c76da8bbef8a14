/* SPDX-License-Identifier: Apache-2.0 */
#ifndef API_TREE_CHILDREN_H
#define API_TREE_CHILDREN_H
/* The children of this node, and the entities that report by them. Loop of the tree. */
#include "api/exchange.h"

/* The members "children" with a page of them, by identifier, "entities" and "next". A child
 * stands for the entity whose region its own devices bear in the register. */
verdict_t tree_put_children(exchange_t *x);
#endif
