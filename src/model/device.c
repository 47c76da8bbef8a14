/* SPDX-License-Identifier: Apache-2.0 */
#include "model/device.h"

const char *device_place(const device_t *device, char buf[ADDR_TEXT_MAX])
{
	return device->port ? device->port->path : addr_format(device->addr, buf);
}
