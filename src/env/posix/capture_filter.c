/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel filter of the capture child, in classic BPF over an Ethernet frame
 * whose outer VLAN tag the kernel has taken off. It is written with two named
 * targets and patched at the end, when their places are known. */
#include "env/posix/capture_impl.h"

#include <assert.h>
#include <netinet/in.h>

/* Jump targets while building; no real distance is so long. */
enum { TO_ACCEPT = 255, TO_REJECT = 254, SNAP_BYTES = 262144 };

enum {
	ETHER_TYPE_AT = 12,
	ETHER_ARP = 0x0806,
	ETHER_VLAN = 0x8100,
	ETHER_VLAN_OUTER = 0x88a8,
	ETHER_IP4 = 0x0800,
	ETHER_IP6 = 0x86dd,
	IP_AT = 14,
	IP4_FRAGMENT_AT = IP_AT + 6,
	IP4_PROTOCOL_AT = IP_AT + 9,
	IP6_NEXT_AT = IP_AT + 6,
	IP6_PAYLOAD_AT = IP_AT + 40,
	IP4_OFFSET_MASK = 0x1fff,
	IP_PROTO_TCP = 6,
	IP_PROTO_UDP = 17,
	IP6_FRAGMENT = 44,
};

typedef struct {
	struct sock_filter *code;
	unsigned short len;
} filter_t;

static void put(filter_t *f, unsigned op, uint32_t k, unsigned yes, unsigned no)
{
	assert(f->len < FILTER_MAX);
	f->code[f->len++] = (struct sock_filter){ (uint16_t)op, (uint8_t)yes, (uint8_t)no, k };
}

static void put_load(filter_t *f, unsigned size_and_mode, uint32_t at)
{
	put(f, BPF_LD | size_and_mode, at, 0, 0);
}

/* Goes on behind when the loaded value differs. */
static void put_if(filter_t *f, uint32_t value, unsigned target)
{
	put(f, BPF_JMP | BPF_JEQ | BPF_K, value, target, 0);
}

/* TCP or UDP goes on behind, all else is rejected. */
static void put_transport(filter_t *f)
{
	put(f, BPF_JMP | BPF_JEQ | BPF_K, IP_PROTO_TCP, 1, 0);
	put(f, BPF_JMP | BPF_JEQ | BPF_K, IP_PROTO_UDP, 0, TO_REJECT);
}

static void put_ports(filter_t *f, const uint16_t *ports, unsigned mode, uint32_t at)
{
	for (uint32_t end = 0; end < 2; end++) {
		put_load(f, BPF_H | mode, at + 2 * end);
		for (size_t i = 0; ports[i]; i++)
			put_if(f, ports[i], TO_ACCEPT);
	}
	put(f, BPF_JMP | BPF_JA, TO_REJECT, 0, 0);
}

static void put_ip4(filter_t *f, const uint16_t *ports)
{
	put_load(f, BPF_B | BPF_ABS, IP4_PROTOCOL_AT);
	put_transport(f);
	put_load(f, BPF_H | BPF_ABS, IP4_FRAGMENT_AT);
	put(f, BPF_JMP | BPF_JSET | BPF_K, IP4_OFFSET_MASK, TO_ACCEPT, 0);
	put(f, BPF_LDX | BPF_B | BPF_MSH, IP_AT, 0, 0);
	put_ports(f, ports, BPF_IND, IP_AT);
}

static void put_ip6(filter_t *f, const uint16_t *ports)
{
	put_load(f, BPF_B | BPF_ABS, IP6_NEXT_AT);
	put_if(f, IP6_FRAGMENT, TO_ACCEPT);
	put_transport(f);
	put_ports(f, ports, BPF_ABS, IP6_PAYLOAD_AT);
}

static uint8_t resolve(uint8_t target, unsigned at, unsigned accept)
{
	if (target < TO_REJECT)
		return target;
	unsigned to = target == TO_ACCEPT ? accept : accept + 1;
	assert(to - at - 1 < TO_REJECT);
	return (uint8_t)(to - at - 1);
}

static void patch(filter_t *f, unsigned accept)
{
	for (unsigned at = 0; at < accept; at++) {
		struct sock_filter *op = &f->code[at];
		if (BPF_CLASS(op->code) != BPF_JMP)
			continue;
		if (BPF_OP(op->code) == BPF_JA) {
			op->k = resolve((uint8_t)op->k, at, accept);
		} else {
			op->jt = resolve(op->jt, at, accept);
			op->jf = resolve(op->jf, at, accept);
		}
	}
}

err_t posix_filter_build(const uint16_t *ports, struct sock_filter ret_code[FILTER_MAX],
                         unsigned short *ret_len)
{
	static const uint32_t always[] = { ETHER_ARP, ETHER_VLAN, ETHER_VLAN_OUTER };
	size_t count = 0;
	while (ports[count])
		count++;
	if (count > FILTER_PORTS_MAX)
		return ERR_LIMIT;
	filter_t f = { .code = ret_code };
	put_load(&f, BPF_H | BPF_ABS, ETHER_TYPE_AT);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		put_if(&f, always[i], TO_ACCEPT);
	put_if(&f, ETHER_IP4, 1);
	put(&f, BPF_JMP | BPF_JA, 0, 0, 0); /* over the IPv4 part; its length follows */
	unsigned skip = f.len - 1U;
	put_ip4(&f, ports);
	f.code[skip].k = f.len - skip - 1;
	put(&f, BPF_JMP | BPF_JEQ | BPF_K, ETHER_IP6, 0, TO_REJECT);
	put_ip6(&f, ports);
	unsigned accept = f.len;
	put(&f, BPF_RET | BPF_K, SNAP_BYTES, 0, 0);
	put(&f, BPF_RET | BPF_K, 0, 0, 0);
	patch(&f, accept);
	*ret_len = f.len;
	return ERR_OK;
}
