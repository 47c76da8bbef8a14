/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RELEASE_ADDRESS_H
#define RELEASE_ADDRESS_H
/* Addresses within texts that people or other programs wrote. */
#include "model/catalogue.h"

/* ::ffff:127.0.0.1 is 127.0.0.1. */
ip_t address_unmapped(ip_t ip);
/* Whether an inner IPv4 address stands anywhere in the text, also within other digits, or
 * something with as many colons or hyphens as an IPv6 or MAC address. */
bool address_in_text(const catalogue_t *catalogue, slice_t text);
#endif
