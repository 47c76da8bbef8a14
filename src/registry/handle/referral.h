/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_HANDLE_REFERRAL_H
#define REGISTRY_HANDLE_REFERRAL_H
/* Names that somebody else answers for, as far as the records here tell. Private to
 * this folder.
 *
 * A name under a prefix that is not served, but whose record is here, is referred to
 * the HS_SITE and HS_SERV values of that record (302). A prefix whose record is not
 * here is referred to the HS_SITE.PREFIX and HS_SERV.PREFIX values of the nearest
 * prefix above it that has any (303). Public values only; a site that is this server's
 * own is no referral. */
#include "codec/handle/handle.h"
#include "registry/registry.h"

/* Appends the body and says REFERRAL or PREFIX_REFERRAL; OK, with nothing appended,
 * when the records here refer to nobody. */
handle_response_t referral_write(registry_reader_t *reader, slice_t name, slice_t own_site,
                                 writer_t *body);
#endif
