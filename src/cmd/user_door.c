/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/user_door.h"

#include "cmd/lock.h"

err_t user_door_ask(const door_t *door, const user_order_t *order, text_t *ret_json,
                    err_detail_t *ret_detail)
{
	env_file_t *lock = NULL;
	err_t err = lock_take(door, &lock, ret_detail);
	if (err == ERR_BUSY)
		return user_there(door, order, ret_json, ret_detail);
	if (!err)
		err = user_here(door, order, ret_json, ret_detail);
	env_file_close(lock);
	return err;
}
