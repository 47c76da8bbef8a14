/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_PKEY_DSA_TEST_H
#define ENV_PKEY_DSA_TEST_H
/* Two DSA keys for tests and what the openssl command, release 3.0.19, signed with them:
 *
 *   openssl genpkey -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:1024
 *           -pkeyopt dsa_paramgen_q_bits:160 -out params
 *   openssl genpkey -paramfile params -out key
 *   openssl dgst -sha1 -sign key message
 *
 * and the same with 2048 and 256. The message is 16 bytes 11 and 20 bytes 22: the nonce and
 * the digest of a challenge. Signatures are hexadecimal. */

static const char DSA_1024_PEM[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIIBSgIBADCCASsGByqGSM44BAEwggEeAoGBANWrbrdrLAdmM85OOQoTOtS10Dwl\n"
	"kNzwv5W7qJheQyuwIwK7kbV3pv2bNvTDzD7EOuODmGuFnwusWUXqFPo4AuPGef2p\n"
	"Fd1V4Mht4HtGdLs9ruaWuLnXfW3FsRgZ9b39sQR+a0enWXAHSvQ8kQt6q+v5dbsQ\n"
	"Qadv3cfWCzC6PGZjAhUAslMhSBC8k3V9Cf1G+MNCABnPZcECgYAlZ8GOcnpTsFQG\n"
	"IDHI511EFIAoHmODvkzPQlIEqG2Yhp/CussTr1kmhlahx/rNsriluH3wCro5e+pF\n"
	"eYJ//4mVjLm+mIx7RoKqwpBasVIbtXwZipiC1WqQyrAkh71bhQ2yHOAgWQ96w7fG\n"
	"FweijcdixaoD9m+3i6n40u6aPAv4gwQWAhRDGlFnLtJDIZHNGvTq5Dm1t4YZfg==\n"
	"-----END PRIVATE KEY-----\n";

static const char DSA_2048_PEM[] =
	"-----BEGIN PRIVATE KEY-----\n"
	"MIICZQIBADCCAjkGByqGSM44BAEwggIsAoIBAQCWcE4mvCSar3xcqWPve6r24BdZ\n"
	"B+yh80e2727ln/TyjVBRx6qM9zuwhWlhlid/9DvmtDmwwRl8wvleKntxs0Se8dCA\n"
	"xbQUvxrq5Mk5d9VisFpeEQ0FsPWTnAPqHTlwXnnYsj9dNtHtiMc+kbsXI0XygJQK\n"
	"MhCQzSpASHkJiMFoTf+iCyFQFy/w3xYQBj0SyuqWvhEprZthhUfANx70I3mvpmie\n"
	"IewqOy7bIo+gXcVJ+lkKmAZTPU6YQz+Vsa2QRA/oNP2z6A04w3GXGqArnDZgm//Z\n"
	"D8mzz1EYUp0gNmghMbs0vYzzLQ56xUtNdeSpklxgihmM05gACa2b4NwggL/7AiEA\n"
	"nJ15I8c0rwE/ySqWKMsalPMTdZLaZo0aUcyZGwn7IscCggEAF3EUZt6Nsv5BZihm\n"
	"ZhGSPFJcEC/HekyaSIlKI+jyM3Pv5pPsmaWJV/FwUW5F8Fwa46CoxozM8oXireDA\n"
	"5v9OR6lBMaREJHeIYRITl+0bkcOzN/HhgRMaGBni42EUmYWiOcGxNFGTAtcIW9h6\n"
	"IGAwFCl/y/ZBU4Za6H02ugSDmk0Npk22rAXuC1SzHyv8wUMc9Asuxwc58ZcMtwI+\n"
	"lVWLjXNqknA8Exhf2vI1CuoRfHBau8eLgqTxbssQ5rXBnP73TPXPfmaaW/ckRILp\n"
	"bp6ZeVrvOHy4sIh4CwaGoXOWyoTGPGOhXnLiOnR8PS1qG9aR6nDITGYg9zb4dAj/\n"
	"D3536AQjAiEAlvWTYGBmFA3khKzgP5dnUmCQN0L3gfSvTJTafjg0mbg=\n"
	"-----END PRIVATE KEY-----\n";

static const struct {
	const char *pem, *algorithm, *signature;
} DSA_SIGNED[] = {
	{ DSA_1024_PEM, "SHA1",
	  "302d02150099e0069e6118e78848a6ce6209541399eae0d54502147811231311b99ec7c4cf17db14"
	  "6057f88cc900df" },
	{ DSA_1024_PEM, "SHA-256",
	  "302e02150094201a3a9dcc995686a1c8e26edf7e24f562c53f0215009d45ec2c665ac075d22b9989"
	  "37d9971a0d582c66" },
	{ DSA_2048_PEM, "SHA1",
	  "30440220726a47272c92da642e43d83bd91643a187bf92d4e216338e8a9f80f4327adfc902204286"
	  "2d82afdaa3af293c137d39e854a059420a4fbd58646e8da9050f32cda152" },
	{ DSA_2048_PEM, "SHA-256",
	  "3045022100896731e44bff3b991ecaced0925c16390b1a398e2672c59b538cbb8298a6fd3402201a"
	  "829784ffa145ceabae98950aaa99485e708aeb7259660193287806b6debab3" },
};
#endif
