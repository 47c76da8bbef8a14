/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes, as DER and as PEM: what is read once is read alike from its own DER, and
 * has a public key or says why not; nothing is believed by another root, and a request that
 * is read names somebody. */
#include "env/certify.h"
#include "env/x509.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_der(slice_t der)
{
	static const uint8_t address[] = { 192, 0, 2, 1 };
	env_x509_t first = { 0 };
	uint8_t *room = malloc(ENV_X509_PEM_MAX);
	assert(room);
	writer_t key = writer_of(room, ENV_X509_PEM_MAX);
	ip_t ip = { .family = 4 };
	memcpy(ip.bytes, address, sizeof(address));
	if (env_x509_read(der, &first) == ERR_OK) {
		err_t err = env_x509_public_key(der, &key);
		assert(err != ERR_MALFORMED);
	} else {
		assert(first.not_after_ns == 0);
	}
	(void)env_x509_covers(der, ip);
	key.len = 0;
	(void)!env_x509_common_name(der, &key);
	free(room);
}

static void judge(slice_t der)
{
	char node[ENV_CERTIFY_NAME_MAX + 1];
	env_certify_party_t request;
	env_certify_check_t check = { .chain = &der,
		                      .chain_count = 1,
		                      .purpose = ENV_CERTIFY_CLIENT };
	assert(env_certify_check(&check) != ENV_TRUST_GOOD);
	if (env_certify_node(der, node) == ERR_OK)
		assert(node[0]);
	if (env_certify_request_read(der, &request) == ERR_OK)
		assert(request.name[0] && request.key_len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	slice_t in = slice_of(data, size);
	uint8_t *der = malloc(ENV_X509_PEM_MAX);
	assert(der);
	writer_t w = writer_of(der, ENV_X509_PEM_MAX);
	read_der(in);
	judge(in);
	if (env_x509_der(in, &w) == ERR_OK)
		read_der(writer_done(&w));
	(void)!env_x509_check_pair(in, in);
	free(der);
	return 0;
}
