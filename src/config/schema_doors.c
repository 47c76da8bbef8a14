/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of listen, resolver and handle: where the node answers and where it asks. */
#include "config/check.h"
#include "config/schema_rows.h"

_Static_assert(sizeof(tls_mode_t) == sizeof(unsigned), "words are stored as unsigned");

static const char *const TLS_MODES[TLS_MODE_COUNT] = {
	[TLS_AUTO] = "auto",
	[TLS_ALWAYS] = "always",
	[TLS_NEVER] = "never",
};
static const char *const TLS_CLIENTS[TLS_CLIENTS_COUNT] = {
	[TLS_CLIENTS_NONE] = "none",
	[TLS_CLIENTS_OPTIONAL] = "optional",
};
static const char *const TRANSPORTS[CONFIG_TRANSPORT_COUNT] = {
	[CONFIG_BY_ANY] = "any",
	[CONFIG_BY_UDP] = "udp",
	[CONFIG_BY_TCP] = "tcp",
};
static const char *const PREFERENCES[CONFIG_TRANSPORT_COUNT] = {
	[CONFIG_BY_UDP] = "udp",
	[CONFIG_BY_TCP] = "tcp",
};

static const field_t TLS_FIELDS[] = {
	{ .key = "mode",
	  .kind = KIND_WORD,
	  .fallback = "auto",
	  WORDS(TLS_MODES),
	  .at = offsetof(config_tls_t, mode),
	  .meaning = { "When pages and the API go by TLS; auto: beyond loopback; never: "
	               "refused beyond loopback",
	               "网页和接口何时使用 TLS；auto 表示非环回地址时使用；never "
	               "不能用于非环回地址" } },
	{ .key = "certificate",
	  .kind = KIND_TEXT,
	  .fallback = "",
	  .at = offsetof(config_tls_t, certificate),
	  .meaning = { "PEM file of the certificate and what leads to its root; with key; empty: "
	               "the node makes both in DATA/keys",
	               "证书链的 PEM 文件，须与 key 同时给出；空表示节点在 DATA/keys "
	               "中自行生成" } },
	{ .key = "key",
	  .kind = KIND_TEXT,
	  .fallback = "",
	  .at = offsetof(config_tls_t, key),
	  .meaning = { "PEM file of its private key, without password, readable by the node's user",
	               "证书私钥的 PEM 文件，无密码，节点用户可读" } },
	{ .key = "clients",
	  .kind = KIND_WORD,
	  .fallback = "none",
	  WORDS(TLS_CLIENTS),
	  .at = offsetof(config_tls_t, clients),
	  .meaning = { "Whether clients are asked for a certificate, which none must have",
	               "是否向客户端索取证书；客户端可以不提供" } },
};
static const section_t SECTION_TLS = {
	.path = "listen.tls",
	.size = sizeof(config_tls_t),
	ROWS(TLS_FIELDS),
	.check = check_tls,
};

static const field_t LISTEN_FIELDS[] = {
	{ .key = "http",
	  .kind = KIND_ADDRESS,
	  .fallback = "127.0.0.1:8080",
	  .at = offsetof(config_t, http),
	  .meaning = { "Address of the pages and the API; beyond loopback by TLS; port 0 takes a "
	               "free one",
	               "网页和接口地址；非环回地址使用 TLS；端口 0 表示任取空闲端口" } },
	{ .key = "tls",
	  .kind = KIND_SECTION,
	  .fallback = "{}",
	  .section = &SECTION_TLS,
	  .at = offsetof(config_t, tls),
	  .meaning = { "How the pages and the API are encrypted", "网页和接口的加密" } },
	{ .key = "handle",
	  .kind = KIND_ADDRESS,
	  .form = FORM_ARRAY,
	  .fallback = "127.0.0.1:2641, [::1]:2641",
	  .at = offsetof(config_t, handle),
	  .count_at = offsetof(config_t, handle_count),
	  .max = CONFIG_LISTEN_MAX,
	  .meaning = { "Addresses of identifier resolution, each by UDP and TCP",
	               "标识解析地址，均同时使用 UDP 和 TCP" } },
};
const section_t SECTION_LISTEN = {
	.path = "listen",
	.size = sizeof(config_t),
	ROWS(LISTEN_FIELDS),
	.check = check_listen,
};

static const field_t PIN_FIELDS[] = {
	{ .key = "prefix",
	  .kind = KIND_PREFIX,
	  .optional = true,
	  .at = offsetof(config_pin_t, prefix),
	  .present_at = offsetof(config_pin_t, has_prefix),
	  .meaning = { "It and all prefixes below it; every name when absent",
	               "该前缀及其下级前缀；缺省为所有标识" } },
	{ .key = "address",
	  .kind = KIND_ADDRESS,
	  .at = offsetof(config_pin_t, addr),
	  .meaning = { "Where the server answers", "服务器地址" } },
	{ .key = "transport",
	  .kind = KIND_WORD,
	  .fallback = "any",
	  WORDS(TRANSPORTS),
	  .at = offsetof(config_pin_t, transport),
	  .meaning = { "What it is asked over", "询问所用的传输方式" } },
};
static const section_t SECTION_PIN = {
	.path = "resolver.sites[]",
	.size = sizeof(config_pin_t),
	ROWS(PIN_FIELDS),
	.check = check_pin,
};

static const field_t RESOLVER_FIELDS[] = {
	{ .key = "roots",
	  .kind = KIND_TEXT,
	  .form = FORM_ARRAY,
	  .optional = true,
	  .at = offsetof(config_t, resolver.roots),
	  .count_at = offsetof(config_t, resolver.root_count),
	  .max = CONFIG_ROOTS_MAX,
	  .meaning = { "Files that name the root servers: root_info or bootstrap_handles",
	               "给出根服务器的文件：root_info 或 bootstrap_handles" } },
	{ .key = "sites",
	  .kind = KIND_SECTION,
	  .form = FORM_LIST,
	  .optional = true,
	  .at = offsetof(config_t, resolver.pins),
	  .count_at = offsetof(config_t, resolver.pin_count),
	  .max = CONFIG_PINS_MAX,
	  .section = &SECTION_PIN,
	  .meaning = { "Servers asked before all others; the longest prefix wins",
	               "优先询问的服务器；最长前缀优先" } },
	{ .key = "prefer",
	  .kind = KIND_WORD,
	  .fallback = "udp",
	  WORDS(PREFERENCES),
	  .at = offsetof(config_t, resolver.prefer),
	  .meaning = { "What a server is asked over first", "首选的传输方式" } },
	{ .key = "deadline",
	  .kind = KIND_DURATION,
	  .fallback = "15s",
	  .low = 500 * MS,
	  .high = 120 * SECOND,
	  .at = offsetof(config_t, resolver.deadline_ns),
	  .meaning = { "How long one question may take", "单次解析的时限" } },
	{ .key = "walks",
	  .kind = KIND_U16,
	  .fallback = "128",
	  .low = 1,
	  .high = 1024,
	  .at = offsetof(config_t, resolver.walks_max),
	  .meaning = { "Questions looked for at once", "同时进行的解析数" } },
	{ .key = "cache",
	  .kind = KIND_SIZE,
	  .fallback = "16M",
	  .low = MIB / 16,
	  .high = 65536 * MIB,
	  .at = offsetof(config_t, resolver.cache_bytes),
	  .meaning = { "Memory of answers", "解析缓存的内存" } },
	{ .key = "negative",
	  .kind = KIND_DURATION,
	  .fallback = "10s",
	  .high = 3600 * SECOND,
	  .at = offsetof(config_t, resolver.negative_ns),
	  .meaning = { "How long 'not found' is kept", "“未找到”的缓存时长" } },
	{ .key = "stale",
	  .kind = KIND_DURATION,
	  .fallback = "1d",
	  .high = 30 * DAY,
	  .at = offsetof(config_t, resolver.stale_ns),
	  .meaning = { "How long an expired answer is given when no server can be reached",
	               "无法连接服务器时，过期结果仍可使用的时长" } },
};
const section_t SECTION_RESOLVER = {
	.path = "resolver",
	.size = sizeof(config_t),
	ROWS(RESOLVER_FIELDS),
};

static const char *const YES_NO[] = { "no", "yes" };
static const char *const ADMIN_RIGHTS[] = { "homing", "all" };

static const field_t HANDLE_FIELDS[] = {
	{ .key = "admins",
	  .kind = KIND_TEXT,
	  .form = FORM_ARRAY,
	  .fallback = "",
	  .at = offsetof(config_t, handle_admins),
	  .count_at = offsetof(config_t, handle_admin_count),
	  .max = CONFIG_ADMINS_MAX,
	  .meaning = { "Handle identities that administer the server, as INDEX:HANDLE",
	               "服务器的标识管理员，写作 索引:标识" } },
	{ .key = "admin_rights",
	  .kind = KIND_WORD,
	  .fallback = "all",
	  WORDS(ADMIN_RIGHTS),
	  .at = offsetof(config_t, handle_admin_rights),
	  .meaning = { "What those may do: all, or homing: which prefixes are served, and no more",
	               "其权限：all 为全部；homing 仅限增减所服务的前缀" } },
	{ .key = "list",
	  .kind = KIND_WORD,
	  .fallback = "yes",
	  WORDS(YES_NO),
	  .at = offsetof(config_t, handle_list),
	  .meaning = { "Whether administrators may list the names of a prefix",
	               "是否允许管理员列出前缀下的标识" } },
	{ .key = "legacy",
	  .kind = KIND_WORD,
	  .fallback = "no",
	  WORDS(YES_NO),
	  .at = offsetof(config_t, handle_legacy),
	  .meaning = { "Whether MD5 and DSA count as proof of an identity, and DSA as the "
	               "signature of a site",
	               "是否接受以 MD5 和 DSA 证明身份，以及站点的 DSA 签名" } },
	{ .key = "dh_bits",
	  .kind = KIND_U16,
	  .fallback = "1024",
	  .low = 1024,
	  .high = 4096,
	  .at = offsetof(config_t, handle_dh_bits),
	  .meaning = { "Least size of the group a session may be keyed in",
	               "会话密钥协商所用群的最小位数" } },
	{ .key = "source_cpu",
	  .kind = KIND_U8,
	  .fallback = "25",
	  .low = 1,
	  .high = 100,
	  .at = offsetof(config_t, handle_source_cpu),
	  .meaning = { "Percent of a core one address may use for proofs and signatures",
	               "单个来源地址用于验证和签名的处理器占比（%）" } },
};
const section_t SECTION_HANDLE = {
	.path = "handle",
	.size = sizeof(config_t),
	ROWS(HANDLE_FIELDS),
};
