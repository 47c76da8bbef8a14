/* SPDX-License-Identifier: Apache-2.0 */
#include "node/own_devices.h"

#include <stdlib.h>

#include "census/key.h"
#include "env/crypto.h"

static const err_text_t text_key = {
	{ "cannot use the key of the register of devices %1: %2", "无法使用设备登记密钥 %1：%2" },
	{ "copy the file DATA/keys/register.key of the parent, or leave the option out to have "
	  "one made",
	  "请复制上级的 DATA/keys/register.key，或不设该选项由节点自行生成" },
};

static const err_text_t text_name = {
	{ "maker or serial of device %1 cannot be registered",
	  "设备 %1 的制造商或出厂编号无法登记" },
	{ "give both as plain text, or leave out serial", "请以普通文本填写两者，或不填 serial" },
};

err_t own_devices_open(env_t *env, const config_t *config, const char *keys_dir,
                       own_devices_t *ret_devices, err_detail_t *ret_detail)
{
	const char *path = config->uplink.register_key;
	key_file_t own = { keys_dir, "register.key", "jizhu-register-key" };
	*ret_devices = (own_devices_t){ .env = env };
	err_t err = path[0] ? key_file_load(env, path, own.head, ret_devices->secret)
	                    : key_file_open(env, &own, ret_devices->secret);
	if (err)
		err_raise(ret_detail, err, &text_key, "", path[0] ? path : own.name,
		          err_info(err)->text[LANG_EN], (char *)NULL);
	return err;
}

static err_t make_row(slice_t secret, const config_device_t *device, const config_t *config,
                      census_row_t *ret_row, err_detail_t *ret_detail)
{
	const slice_t name[2] = { slice_str(device->maker), slice_str(device->serial) };
	*ret_row = (census_row_t){ .kind = slice_str(device->kind),
		                   .industry = slice_str(config->node.industry),
		                   .region = slice_str(config->node.region),
		                   .state = CENSUS_UNKNOWN };
	err_t err = census_key(secret, name, ret_row->kind, &ret_row->key);
	return err ? err_raise(ret_detail, err, &text_name, "", device->name, (char *)NULL)
	           : ERR_OK;
}

err_t own_devices_check(const config_t *config, err_detail_t *ret_detail)
{
	static const uint8_t any[KEY_FILE_BYTES] = { 0 };
	census_row_t row;
	err_t err = ERR_OK;
	for (size_t i = 0; i < config->device_count && !err; i++)
		if (config->devices[i].serial[0])
			err = make_row(slice_of(any, sizeof(any)), &config->devices[i], config,
			               &row, ret_detail);
	return err;
}

static device_id_t id_of(const catalogue_t *catalogue, const char *name)
{
	for (size_t i = 0; i < catalogue->device_count; i++)
		if (strcmp(catalogue->devices[i].name, name) == 0)
			return catalogue->devices[i].id;
	return 0;
}

/* Those with a serial, in the room for all. */
static err_t collect(own_devices_t *devices, const config_t *config, const catalogue_t *catalogue,
                     census_row_t *rows, err_detail_t *ret_detail)
{
	devices->count = 0;
	for (size_t i = 0; i < config->device_count; i++) {
		const config_device_t *device = &config->devices[i];
		if (!device->serial[0])
			continue;
		census_row_t *row = &rows[devices->count];
		err_t err = make_row(slice_of(devices->secret, sizeof(devices->secret)), device,
		                     config, row, ret_detail);
		if (err)
			return err;
		devices->rows[devices->count++] = (own_device_t){ row->key,
			                                          id_of(catalogue, device->name) };
	}
	return ERR_OK;
}

err_t own_devices_tell(own_devices_t *devices, const config_t *config, const catalogue_t *catalogue,
                       err_detail_t *ret_detail)
{
	census_row_t *rows = calloc(config->device_count + 1, sizeof(*rows));
	own_device_t *own = realloc(devices->rows, (config->device_count + 1) * sizeof(*own));
	err_t err = rows && own ? ERR_OK : ERR_NO_MEMORY;
	if (own)
		devices->rows = own;
	if (!err)
		err = collect(devices, config, catalogue, rows, ret_detail);
	if (!err && devices->count)
		err = census_tell(devices->census, rows, devices->count, 0);
	free(rows);
	return err;
}

void own_devices_beat(own_devices_t *devices)
{
	for (size_t i = 0; i < devices->count; i++)
		if (fleet_device_status(devices->fleet, devices->rows[i].device).state == LINK_UP)
			(void)census_beat(devices->census, &devices->rows[i].key);
}

void own_devices_close(own_devices_t *devices)
{
	env_wipe(devices->secret, sizeof(devices->secret));
	free(devices->rows);
}
