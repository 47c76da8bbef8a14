/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REGISTRY_LOCATION_IMPL_H
#define REGISTRY_LOCATION_IMPL_H
/* What reading and choosing share. Private to this folder. */
#include "registry/location/location.h"

typedef struct {
	slice_t name, value;
} location_attribute_t;

typedef struct {
	size_t first, count; /* of its attributes */
	bool is_url;         /* a value of the record, below the type URL when is_sub */
	bool is_sub;
} location_t;

/* Said by the <locations> of the first value that says it; len 0: nobody does. */
typedef struct {
	slice_t choose_by, url_weight, url_sub_weight, no_legacy;
} location_settings_t;

struct locations {
	location_t places[LOCATIONS_MAX];
	size_t count;
	location_attribute_t attributes[LOCATION_ATTRIBUTES_MAX];
	size_t attribute_count;
	location_settings_t settings;
	writer_t texts;
	uint8_t bytes[LOCATIONS_BYTES];
};
#endif
