/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_REGISTRATION_H
#define NODE_REGISTRATION_H
/* Gives every device and point of the catalogue its record under the node's
 * prefix: a URL to the live value, descriptions in two languages, and the
 * administrator. The record of the prefix itself comes first.
 *
 * Story: node starts it on the control loop once the engines run; it compares each
 * record with what it should be and sends a change for those that differ, up to
 * REGISTRATION_AHEAD at a time. A second start with the same catalogue changes
 * nothing.
 *
 * Threads: control loop. */
#include "model/catalogue.h"
#include "registry/registry.h"

enum { REGISTRATION_AHEAD = 256 };

typedef struct registration registration_t;

typedef struct {
	const catalogue_t *catalogue;
	registry_t *registry;
	env_loop_t *loop;
	const char *http_base; /* what URLs begin with, "https://host:port"; "": no URL values */
} registration_spec_t;

MUST_CHECK err_t registration_start(const registration_spec_t *spec, registration_t **ret_reg);
/* Goes through another catalogue from its start. Records of what is gone stay: a name
 * that was given is not taken back by a change of configuration. The old catalogue may
 * go. */
void registration_reload(registration_t *registration, const catalogue_t *catalogue);
void registration_free(registration_t *registration);
/* All records are as they should be. */
bool registration_done(const registration_t *registration);
/* Changes that failed for good, and the last error. */
size_t registration_failed(const registration_t *registration, err_t *ret_last);
#endif
