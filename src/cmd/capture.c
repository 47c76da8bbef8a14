/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include "base/num.h"
#include "env/posix/posix.h"

/* The capture child: the only process with the right to read packets. It is also
 * useful by hand: jizhu capture eth0 502 | jizhu pcap - */

enum { PORTS_MAX = 16 };

int cmd_capture(int argc, char **argv)
{
	uint16_t ports[PORTS_MAX + 1] = { 0 };
	if (argc < 1 || argc > PORTS_MAX)
		return cmd_fail_plain(ERR_USAGE, "jizhu capture IFACE [PORT ...]");
	for (int i = 1; i < argc; i++) {
		uint64_t port;
		if (num_parse_u64(slice_str(argv[i]), UINT16_MAX, &port))
			return cmd_fail_plain(ERR_USAGE, argv[i]);
		ports[i - 1] = (uint16_t)port;
	}
	err_t err = posix_capture_child(argv[0], ports[0] ? ports : NULL);
	return err ? cmd_fail_plain(err, argv[0]) : 0;
}
