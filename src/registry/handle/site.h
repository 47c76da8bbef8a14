/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_HANDLE_SITE_H
#define REGISTRY_HANDLE_SITE_H
/* The HS_SITE data that describes one door: one primary site of one server.
 * Private to this folder. */
#include "registry/handle/door.h"

/* `at` is the address others reach. Sets w->bad when it does not fit. */
void site_write(const handle_door_spec_t *spec, addr_t at, writer_t *w);
#endif
