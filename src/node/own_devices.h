/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_OWN_DEVICES_H
#define NODE_OWN_DEVICES_H
/* The machines of the configuration in the register of devices: those with a serial are told
 * under their keyed hash, and heard as their links are up.
 *
 * Story: own_devices_open at set-up; own_devices_tell with each configuration; own_devices_beat
 * now and then. What is no longer in the configuration is not heard any more, so it is offline:
 * that a machine is retired for good is a person's word. Threads: the loop of the tree, or
 * set-up. */
#include "census/census.h"
#include "config/config.h"
#include "env/key_file.h"
#include "fleet/fleet.h"
#include "model/catalogue.h"

/* One of them. */
typedef struct {
	census_key_t key;
	device_id_t device;
} own_device_t;

typedef struct {
	env_t *env;
	census_t *census;
	const fleet_t *fleet;
	uint8_t secret[KEY_FILE_BYTES];
	own_device_t *rows;
	size_t count;
} own_devices_t;

/* Reads or makes the key. Fills *ret_devices. */
MUST_CHECK err_t own_devices_open(env_t *env, const config_t *config, const char *keys_dir,
                                  own_devices_t *ret_devices, err_detail_t *ret_detail);
/* Whether all can be told: ERR_INVALID with the device that has a maker or serial that is none.
 * Any thread. */
MUST_CHECK err_t own_devices_check(const config_t *config, err_detail_t *ret_detail);
/* As the check; what census_tell gives. */
MUST_CHECK err_t own_devices_tell(own_devices_t *devices, const config_t *config,
                                  const catalogue_t *catalogue, err_detail_t *ret_detail);
void own_devices_beat(own_devices_t *devices);
void own_devices_close(own_devices_t *devices);
#endif
