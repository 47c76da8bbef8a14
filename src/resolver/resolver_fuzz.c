/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes, as the reply to a question and to a request for a site, and as a roots
 * file. The first byte says what was asked; what is believed must hold what the
 * headers promise. */
#include <assert.h>

#include "resolver/reply.h"
#include "resolver/roots.h"
#include "resolver/service.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use_values(handle_list_t values, bool is_parent)
{
	service_t service;
	service_ask_t ask = { .values = values, .name = SLICE("99.200/a"), .is_parent = is_parent };
	service_read(&ask, &service);
	assert(service.count <= SERVICE_SITES && service.serv_len <= sizeof(service.serv));
	for (size_t i = 0; i < service.count; i++) {
		const candidate_t *site = &service.sites[i];
		assert(site->udp.port || site->tcp.port);
		assert(!ip_is_loopback(site->udp.ip));
		assert(site->version.major == HANDLE_MAJOR && site->version.minor <= HANDLE_MINOR);
	}
}

static void fuzz_reply(slice_t in, uint8_t kind)
{
	expect_t expect = { .operation = kind & 1 ? HANDLE_OP_GET_SITE : HANDLE_OP_RESOLVE,
		            .name = SLICE("99.200/a"),
		            .covered = SLICE("request"),
		            .needs_digest = kind & 2,
		            .needs_signature = kind & 8,
		            .legacy = kind & 16 };
	handle_envelope_t envelope;
	slice_t message;
	reply_t reply;
	/* With a signature wanted, the key comes from outside as well: length, key, reply. */
	if (expect.needs_signature) {
		reader_t r = reader_of(in);
		expect.key = rd_bytes32(&r, SERVICE_KEY_MAX);
		in = r.in;
	}
	if (handle_frame_next(in, &envelope, &message) != CODEC_OK ||
	    reply_read(&expect, &envelope, message, &reply))
		return;
	assert(reply.response != HANDLE_RC_RESERVED && reply.text.len <= 200);
	assert(reply.name.len == 0 || slice_eq_nocase(reply.name, expect.name));
	candidate_t candidate;
	if (reply.site.len)
		(void)service_site(reply.site, expect.name, false, &candidate);
	use_values(reply.values, kind & 4);
}

static void fuzz_roots(slice_t in)
{
	roots_t *roots;
	err_detail_t detail;
	if (roots_new(&roots))
		return;
	if (roots_read(in, "fuzz", roots, &detail) == ERR_OK)
		use_values(roots_find(roots, SLICE("0.NA/0.NA")), false);
	roots_free(roots);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t in = slice_of(data, size);
	if (size == 0)
		return 0;
	if (in.ptr[0] & 0x80)
		fuzz_roots(slice_from(in, 1));
	else
		fuzz_reply(slice_from(in, 1), in.ptr[0]);
	return 0;
}
