/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_SITE_H
#define REGISTRY_SITE_H
/* The HS_SITE data that describes one door: one primary site of one server.
 * Private to this folder. */
#include "registry/handle_door.h"

/* `at` is the address others reach. Sets w->bad when it does not fit. */
void site_write(const handle_door_spec_t *spec, addr_t at, writer_t *w);
#endif
