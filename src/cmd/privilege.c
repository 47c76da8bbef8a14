/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/privilege.h"

#include "env/file.h"
#include "env/posix/posix.h"

static const err_text_t text_drop = {
	{ "cannot become user %1: %2", "无法切换到用户 %1：%2" },
	{ "make the user, name another one in the configuration (user:), or start as one",
	  "请创建该用户、在配置中改用其他用户（user:），或直接以普通用户启动" },
};

err_t privilege_drop(env_t *env, const config_t *config, bool *ret_live, err_detail_t *ret_detail)
{
	slice_t source = slice_str(config->capture), iface = SLICE("iface:");
	uint16_t ports[CONFIG_PORTS_MAX + 1] = { 0 };
	memcpy(ports, config->capture_ports, config->capture_port_count * sizeof(*ports));
	*ret_live = slice_starts(source, iface) &&
	            posix_capture_spawn(env, config->capture + iface.len, ports) == ERR_OK;
	err_t err = env_dir_make(env, config->data_dir);
	if (!err)
		err = posix_drop_privileges(env, config->user, config->data_dir);
	if (err)
		return err_raise(ret_detail, err, &text_drop, "", config->user,
		                 err_info(err)->text[LANG_EN], (char *)NULL);
	return ERR_OK;
}
