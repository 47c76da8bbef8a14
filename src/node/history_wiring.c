/* SPDX-License-Identifier: Apache-2.0 */
#include "node/history_wiring.h"

_Static_assert((int)CONFIG_CLASSES_MAX < (int)HISTORIAN_CLASSES, "0 is the class of all others");

uint8_t history_wiring_class(const config_t *config, slice_t name)
{
	for (size_t i = 0; i < config->class_count; i++)
		for (size_t k = 0; k < config->classes[i].point_count; k++)
			if (slice_is_named(name, slice_str(config->classes[i].points[k])))
				return config->classes[i].number;
	return 0;
}

/* Of a series that came through a door. */
static uint8_t class_of_series(const history_wiring_t *wiring, point_id_t id)
{
	char text[2 * LABELS_BYTES_MAX];
	label_t room[LABELS_MAX];
	labels_t labels;
	writer_t w = writer_of(text, sizeof(text));
	if (!wiring->series || !series_labels(wiring->series, id, room, &labels))
		return 0;
	labels_text(&labels, &w);
	return w.bad ? 0 : history_wiring_class(wiring->config, writer_done(&w));
}

point_traits_t history_wiring_traits(void *ctx, point_id_t point)
{
	const history_wiring_t *wiring = ctx;
	const point_t *found = catalogue_point(wiring->catalogue, point);
	point_traits_t traits = { 0 };
	bool has_classes = wiring->config->class_count > 0;
	if (!found) {
		traits.class = has_classes ? class_of_series(wiring, point) : 0;
		return traits;
	}
	traits.group = found->device;
	traits.scale = found->scale;
	traits.offset = found->offset;
	if (found->compress.enabled) {
		traits.deviation = found->compress.deviation;
		traits.max_gap_ns = found->compress.max_gap_ns;
	}
	if (has_classes)
		traits.class = history_wiring_class(wiring->config, slice_str(found->name));
	return traits;
}

static bool has_compression(const config_t *config)
{
	for (size_t d = 0; d < config->device_count; d++)
		for (size_t p = 0; p < config->devices[d].point_count; p++)
			if (config->devices[d].points[p].compress.enabled)
				return true;
	return false;
}

void history_wiring_keep(historian_t *historian, const config_t *config)
{
	int64_t keep_ns[HISTORIAN_CLASSES] = { 0 };
	for (size_t i = 0; i < config->class_count; i++)
		keep_ns[config->classes[i].number] = config->classes[i].keep_ns;
	historian_keep(historian, config->retain_raw_ns);
	for (unsigned number = 1; number < HISTORIAN_CLASSES; number++)
		historian_keep_class(historian, (uint8_t)number, keep_ns[number]);
	historian_thin(historian, has_compression(config));
}

err_t history_wire(env_t *env, const historian_spec_t *spec, history_wiring_t *wiring,
                   historian_t **ret_historian, err_detail_t *ret_detail)
{
	historian_spec_t whole = *spec;
	whole.retain_ns = wiring->config->retain_raw_ns;
	whole.pack_after_ns = wiring->config->pack_after_ns;
	whole.traits = history_wiring_traits;
	whole.traits_ctx = wiring;
	err_t err = historian_open(env, &whole, ret_historian, ret_detail);
	if (!err)
		history_wiring_keep(*ret_historian, wiring->config);
	return err;
}
