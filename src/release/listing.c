/* SPDX-License-Identifier: Apache-2.0 */
#include "release/listing.h"

#include <stdio.h>

static bool has_point(const config_class_t *class, slice_t name)
{
	for (size_t k = 0; k < class->point_count; k++)
		if (slice_is_named(name, slice_str(class->points[k])))
			return true;
	return false;
}

static int64_t keep_of(const config_t *config, slice_t name)
{
	for (size_t i = 0; i < config->class_count; i++) {
		const config_class_t *class = &config->classes[i];
		if (has_point(class, name))
			return class->keep_ns ? class->keep_ns : config->retain_raw_ns;
	}
	return config->retain_raw_ns;
}

bool release_listing_next(release_listing_t *listing, release_datum_t *ret_datum)
{
	const config_t *config = listing->config;
	while (listing->device < config->device_count &&
	       listing->point == config->devices[listing->device].point_count) {
		listing->device++;
		listing->point = 0;
	}
	if (listing->device == config->device_count)
		return false;
	const config_device_t *device = &config->devices[listing->device];
	ret_datum->point = &device->points[listing->point++];
	snprintf(ret_datum->name, sizeof(ret_datum->name), "%s.%s", device->name,
	         ret_datum->point->name);
	ret_datum->keep_ns = keep_of(config, slice_str(ret_datum->name));
	return true;
}

release_reach_t release_reach(const config_contract_t *contract, data_class_t class)
{
	if (!release_class_goes(contract, class))
		return (release_reach_t){ 0 };
	bool events = release_stream_goes(contract, UPLINK_EVENTS) && contract->event_count > 0;
	return (release_reach_t){
		.events = events,
		.values = events && contract->values,
		.figures = release_stream_goes(contract, UPLINK_INDICATORS) &&
		           contract->indicator_count > 0,
	};
}

void release_datum_json(const release_datum_t *datum, const config_t *config, json_t *j)
{
	const config_point_t *point = datum->point;
	json_object(j);
	json_put_cstr(j, "point", datum->name);
	json_key(j, "label");
	json_object(j);
	json_put_cstr(j, "en", point->label[LANG_EN]);
	json_put_cstr(j, "zh", point->label[LANG_ZH]);
	json_close(j);
	json_put_cstr(j, "class", DATA_CLASS_NAMES[point->data_class]);
	json_put_cstr(j, "owner", point->owner);
	json_put_i64(j, "keep_s", datum->keep_ns / NS_PER_S);
	json_key(j, "releases");
	json_array(j);
	for (size_t i = 0; i < config->uplink.contract_count; i++) {
		const config_contract_t *contract = &config->uplink.contracts[i];
		release_reach_t reach = release_reach(contract, point->data_class);
		json_object(j);
		json_put_cstr(j, "contract", contract->name);
		json_put_bool(j, "events", reach.events);
		json_put_bool(j, "values", reach.values);
		json_put_bool(j, "figures", reach.figures);
		json_close(j);
	}
	json_close(j);
	json_close(j);
}

static void put_parents(const config_uplink_t *uplink, const char *contract, json_t *j)
{
	json_key(j, "parents");
	json_array(j);
	for (size_t i = 0; i < uplink->parent_count; i++)
		if (slice_eq(slice_str(uplink->parents[i].contract), slice_str(contract)))
			json_str(j, slice_str(uplink->parents[i].name));
	json_close(j);
}

static void put_words(const config_contract_t *contract, json_t *j)
{
	json_key(j, "streams");
	json_array(j);
	for (size_t i = 0; i < contract->stream_count; i++)
		json_str(j, slice_str(uplink_stream_name((uplink_stream_t)contract->streams[i])));
	json_close(j);
	json_key(j, "indicators");
	json_array(j);
	for (size_t i = 0; i < contract->indicator_count; i++)
		json_str(j, slice_str(contract->indicators[i]));
	json_close(j);
	json_key(j, "points");
	json_array(j);
	for (size_t i = 0; i < contract->point_count; i++)
		json_str(j, slice_str(DATA_CLASS_NAMES[contract->points[i]]));
	json_close(j);
	json_key(j, "events");
	json_array(j);
	for (size_t i = 0; i < contract->event_count; i++)
		json_str(j, slice_str(event_class_name((event_class_t)contract->events[i])));
	json_close(j);
}

void release_contract_json(const config_t *config, const config_contract_t *contract, json_t *j)
{
	json_object(j);
	json_put_cstr(j, "contract", contract->name);
	put_parents(&config->uplink, contract->name, j);
	put_words(contract, j);
	json_put_cstr(j, "severity", severity_name((severity_t)contract->severity));
	json_put_i64(j, "every_s", contract->every_ns / NS_PER_S);
	json_put_u64(j, "cell", contract->cell);
	json_put_bool(j, "values", contract->values);
	json_put_cstr(j, "open", contract_open_name(contract->open));
	json_close(j);
}
