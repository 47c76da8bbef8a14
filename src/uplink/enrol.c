/* SPDX-License-Identifier: Apache-2.0 */
#include "uplink/enrol.h"

#include <stdlib.h>

#include "codec/uplink/frame.h"
#include "env/x509.h"
#include "uplink/tls_channel.h"

enum { REQUEST_ROOM = ENV_CERTIFY_DER_MAX + 1024 };
#define ANSWER_NS (30 * NS_PER_S)

struct enrol {
	env_loop_t *loop;
	enrol_spec_t spec;
	bool is_joining; /* by the code; else to renew */
	code_t code;
	slice_t present_root;
	uint8_t root[ENV_CERTIFY_DER_MAX]; /* what the parent's chain led to */
	size_t root_len;
	env_tls_t *tls; /* NULL once it has ended */
	env_timer_t *timer;
	bool is_done;
};

static const err_text_t text_forged = {
	{ "who answers at %1 is not the parent of this code",
	  "%1 处的应答者不是签发此入网码的上级" },
	{ "nothing was told to it; check the address, and the code with the parent",
	  "未向其透露任何信息；请核对地址，并与上级核对入网码" },
};
static const err_text_t text_answer = {
	{ "the parent at %1 gave a certificate that is not for this node",
	  "%1 处的上级所发证书不属于本节点" },
	{ "tell the parent's operator", "请告知上级的管理员" },
};
static const err_text_t text_silent = {
	{ "the parent at %1 did not answer in time", "%1 处的上级未及时应答" },
	{ "try again; a code stays good for the same key", "请重试；同一密钥可再次使用入网码" },
};
static const err_text_t text_line = {
	{ "no connection to %1: %2", "无法连接 %1：%2" },
	{ "check the address, and that the parent listens there (uplink.listen)",
	  "请核对地址，并确认上级在此监听（uplink.listen）" },
};
static const err_text_t text_closed = {
	{ "the parent at %1 expects nobody", "%1 处的上级没有待入网的邀请" },
	{ "ask the parent for a code: jizhu member invite",
	  "请向上级索取入网码：jizhu member invite" },
};

/* What the parent's reasons mean to who wants to join. */
static const struct {
	uplink_reason_t reason;
	err_t err;
	err_text_t text;
} refusals[] = {
	{ UPLINK_REASON_CODE,
	  ERR_DENIED,
	  { { "the parent at %1 refused: the code is not good for this node, or was used",
	      "%1 处的上级拒绝：入网码不适用于本节点，或已被使用" },
	    { "check node.prefix, or ask for another code",
	      "请核对 node.prefix，或索取新的入网码" } } },
	{ UPLINK_REASON_EXPIRED,
	  ERR_EXPIRED,
	  { { "the parent at %1 refused: the code has expired", "%1 处的上级拒绝：入网码已过期" },
	    { "ask for another code", "请索取新的入网码" } } },
	{ UPLINK_REASON_BUSY,
	  ERR_BUSY,
	  { { "the parent at %1 is busy, or saw too many wrong codes from this address",
	      "%1 处的上级繁忙，或该地址的错误入网码过多" },
	    { "try again in a minute", "请一分钟后重试" } } },
	{ UPLINK_REASON_REQUEST,
	  ERR_INVALID,
	  { { "the parent at %1 cannot certify this node's identifier or key",
	      "%1 处的上级无法为本节点的标识或密钥签发证书" },
	    { "check node.prefix", "请核对 node.prefix" } } },
	{ UPLINK_REASON_FULL,
	  ERR_DISK_FULL,
	  { { "the parent at %1 cannot keep anything now", "%1 处的上级暂时无法存储" },
	    { "tell its operator, then try again", "请告知其管理员后重试" } } },
};

/* Ends. */

static void finish(enrol_t *enrol, const err_detail_t *detail)
{
	if (enrol->is_done)
		return;
	enrol->is_done = true;
	env_timer_clear(enrol->timer);
	env_tls_close(enrol->tls);
	enrol->tls = NULL;
	enrol->spec.done(enrol->spec.ctx, detail->err, detail);
}

static void fail(enrol_t *enrol, err_t err, const err_text_t *text, const char *arg)
{
	char address[ADDR_TEXT_MAX];
	err_detail_t detail = { 0 };
	(void)!err_raise(&detail, err, text, "", addr_format(enrol->spec.remote, address), arg,
	                 (char *)NULL);
	finish(enrol, &detail);
}

static void on_late(void *ctx)
{
	fail(ctx, ERR_TIMEOUT, &text_silent, NULL);
}

/* Whom we speak to. */

static bool is_root_meant(const enrol_t *enrol, slice_t root)
{
	uint8_t mark[CODE_MARK];
	if (!enrol->is_joining)
		return slice_eq(root, enrol->present_root);
	code_mark(root, mark);
	return memcmp(mark, enrol->code.mark, sizeof(mark)) == 0;
}

static env_trust_t judge(void *ctx, const slice_t *chain, size_t count)
{
	enrol_t *enrol = ctx;
	slice_t root = count > 0 ? chain[count - 1] : (slice_t){ 0 };
	if (count == 0 || root.len > sizeof(enrol->root) || !is_root_meant(enrol, root))
		return ENV_TRUST_UNKNOWN;
	memcpy(enrol->root, root.ptr, root.len);
	enrol->root_len = root.len;
	return env_certify_check(
		&(env_certify_check_t){ .chain = chain,
	                                .chain_count = count,
	                                .roots = &root,
	                                .root_count = 1,
	                                .purpose = ENV_CERTIFY_SERVER,
	                                .now_ns = env_utc(env_loop_env(enrol->loop)).ns });
}

/* Asking. */

static err_t ask(enrol_t *enrol)
{
	uint8_t request[ENV_CERTIFY_DER_MAX], bytes[REQUEST_ROOM];
	uint8_t key[SHA256_BYTES], proof[SHA256_BYTES];
	writer_t request_w = writer_of(request, sizeof(request));
	writer_t w = writer_of(bytes, sizeof(bytes));
	slice_t node = slice_str(enrol->spec.next->node);
	err_t err = env_certify_request(enrol->spec.next->key, node, &request_w);
	if (err)
		return err;
	code_key(&enrol->code, key);
	code_proof(key, enrol->code.mark, writer_done(&request_w), proof);
	uplink_frame_t frame = { .kind = UPLINK_KIND_ENROL,
		                 .enrol = { .request = writer_done(&request_w), .node = node } };
	if (enrol->is_joining)
		frame.enrol.code = slice_of(proof, sizeof(proof));
	uplink_frame_put(&frame, &w);
	env_wipe(key, sizeof(key));
	return w.bad ? ERR_TOO_BIG : env_tls_write(enrol->tls, writer_done(&w));
}

static void on_opened(void *ctx, env_tls_t *tls)
{
	enrol_t *enrol = ctx;
	(void)tls;
	err_t err = ask(enrol);
	if (err)
		fail(enrol, err, NULL, NULL);
}

/* What came. */

static bool is_ours(const enrol_t *enrol, slice_t certificate)
{
	uint8_t own[ENV_CERTIFY_KEY_MAX];
	writer_t own_w = writer_of(own, sizeof(own));
	env_certify_party_t party;
	slice_t root = slice_of(enrol->root, enrol->root_len);
	return env_certify_check(&(env_certify_check_t){
		       .chain = &certificate,
		       .chain_count = 1,
		       .roots = &root,
		       .root_count = 1,
		       .purpose = ENV_CERTIFY_CLIENT,
		       .now_ns = env_utc(env_loop_env(enrol->loop)).ns }) == ENV_TRUST_GOOD &&
	       env_certify_read(certificate, &party) == ERR_OK &&
	       strcmp(party.name, enrol->spec.next->node) == 0 &&
	       env_pkey_to_der(enrol->spec.next->key, &own_w) == ERR_OK &&
	       slice_eq(writer_done(&own_w), slice_of(party.key, party.key_len));
}

static void take(enrol_t *enrol, slice_t chain)
{
	membership_t *next = enrol->spec.next;
	reader_t r = reader_of(chain);
	slice_t certificate = rd_string(&r);
	env_x509_t found;
	if (r.bad || certificate.len > sizeof(next->certificate) || !is_ours(enrol, certificate) ||
	    env_x509_read(certificate, &found) != ERR_OK) {
		fail(enrol, ERR_PROTOCOL, &text_answer, NULL);
		return;
	}
	memcpy(next->certificate, certificate.ptr, certificate.len);
	next->certificate_len = certificate.len;
	memcpy(next->root, enrol->root, enrol->root_len);
	next->root_len = enrol->root_len;
	next->from_ns = found.not_before_ns;
	next->until_ns = found.not_after_ns;
	finish(enrol, &(err_detail_t){ .err = ERR_OK });
}

static void refused(enrol_t *enrol, uint8_t reason)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		if ((uint8_t)refusals[i].reason == reason) {
			fail(enrol, refusals[i].err, &refusals[i].text, NULL);
			return;
		}
	fail(enrol, ERR_PROTOCOL, NULL, NULL);
}

static size_t on_data(void *ctx, env_tls_t *tls, slice_t bytes)
{
	enrol_t *enrol = ctx;
	uplink_frame_t frame;
	size_t used = 0;
	(void)tls;
	codec_t codec = uplink_frame_read(bytes, &frame, &used);
	if (codec == CODEC_MORE)
		return 0;
	if (codec == CODEC_OK && frame.kind == UPLINK_KIND_ENROLLED)
		take(enrol, frame.enrolled.chain);
	else if (codec == CODEC_OK && frame.kind == UPLINK_KIND_REFUSAL)
		refused(enrol, frame.refusal.reason);
	else
		fail(enrol, ERR_PROTOCOL, NULL, NULL);
	return used;
}

static void on_closed(void *ctx, env_tls_t *tls, err_t why)
{
	enrol_t *enrol = ctx;
	env_trust_t trust = env_tls_trust(tls);
	bool is_by_peer = env_tls_is_refused_by_peer(tls);
	enrol->tls = NULL;
	if (why == ERR_DENIED && !is_by_peer && trust == ENV_TRUST_UNKNOWN)
		fail(enrol, ERR_DENIED, &text_forged, NULL);
	else if (why == ERR_DENIED && trust == ENV_TRUST_MISSING)
		fail(enrol, ERR_DENIED, &text_closed, NULL);
	else if (why == ERR_DENIED)
		fail(enrol, ERR_DENIED, env_trust_text(trust), NULL);
	else
		fail(enrol, why ? why : ERR_NETWORK, &text_line,
		     err_info(why ? why : ERR_NETWORK)->text[LANG_EN]);
}

static err_t dial(enrol_t *enrol)
{
	static const env_tls_events_t events = { on_opened, on_data, NULL, on_closed };
	uint8_t pem[MEMBERSHIP_PEM_MAX];
	writer_t w = writer_of(pem, sizeof(pem));
	const membership_t *present = enrol->spec.present;
	env_tls_dial_t to = { .remote = enrol->spec.remote,
		              .identity = { .alpn = ENROL_ALPN, .judge = { enrol, judge } } };
	err_t err = enrol->is_joining ? ERR_OK : membership_pem(present, &w);
	if (err)
		return err;
	if (!enrol->is_joining) {
		to.identity.certificate_pem = writer_done(&w);
		to.identity.key = present->key;
		enrol->present_root = slice_of(present->root, present->root_len);
	}
	env_tls_spec_t spec = { .events = &events, .ctx = enrol };
	return env_tls_dial(enrol->loop, &to, &spec, &enrol->tls);
}

err_t enrol_start(env_loop_t *loop, const enrol_spec_t *spec, enrol_t **ret_enrol)
{
	enrol_t *enrol = calloc(1, sizeof(*enrol));
	if (!enrol)
		return ERR_NO_MEMORY;
	enrol->loop = loop;
	enrol->spec = *spec;
	enrol->is_joining = spec->code != NULL;
	if (spec->code)
		enrol->code = *spec->code;
	err_t err = env_timer_new(loop, on_late, enrol, &enrol->timer);
	if (!err)
		err = dial(enrol);
	if (err) {
		enrol_free(enrol);
		return err;
	}
	env_timer_set(enrol->timer, ANSWER_NS);
	*ret_enrol = enrol;
	return ERR_OK;
}

void enrol_free(enrol_t *enrol)
{
	if (!enrol)
		return;
	env_tls_reset(enrol->tls);
	env_timer_free(enrol->timer);
	env_wipe(enrol, sizeof(*enrol));
	free(enrol);
}
