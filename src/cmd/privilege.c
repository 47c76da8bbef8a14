/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/privilege.h"

#include <stdio.h>

#include "env/file.h"
#include "env/posix/posix.h"

static const err_text_t text_drop = {
	{ "cannot become user %1: %2", "无法切换到用户 %1：%2" },
	{ "make the user, name another one in the configuration (user:), or start as one",
	  "请创建该用户、在配置中改用其他用户（user:），或直接以普通用户启动" },
};

static bool spawn_capture(env_t *env, const config_t *config)
{
	slice_t source = slice_str(config->capture), iface = SLICE("iface:");
	uint16_t ports[CONFIG_PORTS_MAX + 1] = { 0 };
	memcpy(ports, config->capture_ports, config->capture_port_count * sizeof(*ports));
	return slice_starts(source, iface) &&
	       posix_capture_spawn(env, config->capture + iface.len, ports) == ERR_OK;
}

static err_t raise_drop(const config_t *config, err_t err, err_detail_t *ret_detail)
{
	return err_raise(ret_detail, err, &text_drop, "", config->user,
	                 err_info(err)->text[LANG_EN], (char *)NULL);
}

err_t privilege_drop(env_t *env, const config_t *config, bool *ret_live, err_detail_t *ret_detail)
{
	bool live = spawn_capture(env, config);
	err_t err = env_dir_make(env, config->data_dir);
	if (!err)
		err = posix_drop_privileges(env, config->user, config->data_dir);
	if (err)
		return raise_drop(config, err, ret_detail);
	*ret_live = live;
	return ERR_OK;
}

err_t privilege_drop_demo(env_t *env, const config_t *config, bool *ret_live,
                          err_detail_t *ret_detail)
{
	bool live = spawn_capture(env, config);
	err_t err = posix_drop_privileges(env, config->user, config->data_dir);
	if (err == ERR_DENIED || err == ERR_NOT_FOUND) {
		fprintf(stderr,
		        "jizhu: %s cannot be used by user %s; giving up capabilities only\n",
		        config->data_dir, config->user);
		err = posix_drop_privileges(env, "", config->data_dir);
	}
	if (err)
		return raise_drop(config, err, ret_detail);
	*ret_live = live;
	return ERR_OK;
}
