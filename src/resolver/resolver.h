/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RESOLVER_RESOLVER_H
#define RESOLVER_RESOLVER_H
/* Any identifier to its record, wherever it lives: the client side of the Handle
 * system (RFC 3650, 3652) and the recursive resolver above it.
 *
 * Story: node opens one resolver on a loop of kind EVENTS. Any loop asks with
 * resolver_ask; the reply comes into the asker's own mailbox. Between the two the
 * question is looked up in the cache, joined to a walk that already looks for the
 * same, or walked: which record describes the prefix (0.NA/PREFIX), which sites that
 * record names, which server of the site the name hashes to, what that server says,
 * and where it refers to. Each step is in the answer's trace.
 *
 * Where a walk begins: a pinned site whose prefix covers the name (the longest wins;
 * an empty prefix covers all), else a record of the roots files (root_info or
 * bootstrap_handles, as Handle clients keep them), else the root service, which is
 * the record 0.NA/0.NA of those files. A prefix the root does not know is looked for
 * at its parent prefix, by HS_SITE.PREFIX and HS_SERV.PREFIX or else by the parent's
 * own sites, so that a prefix delegates without telling the root.
 *
 * Files: question (key and filter), reply (what a server said, checked), service
 * (HS_SITE values to servers), roots (files), peers (how fast who answers), client
 * (one exchange by UDP or TCP), walk (the state machine), cache, answer (body and
 * trace), resolver (asks, joining, delivery).
 *
 * Limits, each with a metric: `asks_max` questions unanswered (ERR_BUSY), `walks_max`
 * walks under way for askers, twice that with those for service records (ERR_BUSY),
 * `cache_bytes` (the least recently used goes), 24 requests a walk (of about 25 KiB) and 8 walks
 * deep (ERR_LIMIT), 16 sites a service, 32 steps a trace (the rest is counted), 64 KiB a reply over
 * UDP (then TCP), 128 connections, `deadline_ns` a question (ERR_TIMEOUT).
 *
 * What is cached: public answers by the least TTL of their values, at most two days;
 * "not found" and "values not found" for `negative_ns`; never an answer that holds a
 * value not everybody may read, never anything under another name than the one asked.
 * An expired answer is kept `stale_ns` longer and given, marked stale with its age,
 * when no server can be reached; for 30 s after that it is given at once.
 *
 * Caveats: values are given with the TTL they came with; a door that hands them on
 * subtracts `age_s`. A site at a loopback address is believed only from a file or
 * from a server on loopback. Sites that give a DNS name in place of an address are
 * passed over. Challenges are not answered (ERR_UNAUTHENTICATED). Pinned sites have no key,
 * so nothing certified comes of them.
 *
 * A proof (`proof` of a question) is shown to no server on the way: to the one alone that
 * has just answered for the name of the identity. It is asked whether the proof is right
 * (operation 201): ERR_OK, or ERR_DENIED. Nothing of that is cached. */
#include "base/json.h"
#include "base/metrics.h"
#include "base/net.h"
#include "codec/handle/handle.h"
#include "config/config.h"
#include "env/loop.h"

typedef struct resolver resolver_t;

typedef enum {
	RESOLVER_BY_ANY, /* UDP first, then TCP; the other way with `prefer_tcp` */
	RESOLVER_BY_UDP,
	RESOLVER_BY_TCP,
} resolver_transport_t;

/* A server that answers for a prefix, whatever the prefix's record says. */
typedef struct {
	slice_t prefix; /* "99.200": it and all below it; empty: every name */
	addr_t addr;
	resolver_transport_t transport;
} resolver_pin_t;

typedef struct {
	env_loop_t *loop; /* EVENTS; the resolver's own thread */
	const char *const *roots;
	size_t root_count;
	const resolver_pin_t *pins; /* copied */
	size_t pin_count;
	bool prefer_tcp;
	bool legacy;          /* a certified answer may be signed by DSA */
	int64_t negative_ns;  /* 0: "not found" is not kept */
	int64_t stale_ns;     /* 0: nothing expired is given */
	int64_t deadline_ns;  /* 0: 15 s */
	uint64_t cache_bytes; /* 0: 16 MiB */
	size_t walks_max;     /* 0: 128 */
	size_t asks_max;      /* 0: 4,096 */
} resolver_spec_t;

/* What a configuration asks for. `pins` holds config->pin_count rows and, like the
 * configuration, must live until resolver_open has returned. */
void resolver_spec_from(const config_resolver_t *config, env_loop_t *loop, resolver_pin_t *pins,
                        resolver_spec_t *ret_spec);

/* Reads the roots files (set-up time). ERR_NOT_FOUND, ERR_MALFORMED, ERR_INVALID with
 * the detail. Without roots and pins every question ends with ERR_UNAVAILABLE. */
MUST_CHECK err_t resolver_open(env_t *env, const resolver_spec_t *spec, resolver_t **ret_resolver,
                               err_detail_t *ret_detail);
/* After the loop was stopped. Questions not answered by then stay unanswered. */
void resolver_close(resolver_t *resolver);
const metrics_t *resolver_metrics(const resolver_t *resolver);

/* bits of resolver_question_t.flags */
enum {
	RESOLVER_AUTHORITATIVE = 1, /* from a primary, not from a cache */
	RESOLVER_DIGEST = 2,        /* the server repeats the digest of the request */
	/* Every server on the way signs what it says, with the key its HS_SITE gave; the
	 * first key comes from a roots file. Sites without a key are passed over. */
	RESOLVER_CERTIFIED = 4,
};

enum { RESOLVER_FILTERS_MAX = 64, RESOLVER_TYPE_MAX = 256, RESOLVER_PROOF_MAX = 4096 };

/* Both lists empty: all values. A type that ends in "." means its sub-types too. */
typedef struct {
	slice_t name;
	const slice_t *types;
	size_t type_count;
	const uint32_t *indexes;
	size_t index_count;
	unsigned flags;
	uint8_t recursion; /* hops the question has made before it came here */
	/* NULL, or the proof to be judged where `name`, its user's handle, lives. */
	const handle_verify_t *proof;
} resolver_question_t;

typedef enum {
	RESOLVER_FROM_SERVER,
	RESOLVER_FROM_CACHE,
	RESOLVER_FROM_STALE, /* expired, and no server can be reached */
} resolver_source_t;

/* name, JSON word, English, Chinese */
#define RESOLVER_STEPS(X) \
	X(ASKED, "asked", "asked", "询问") \
	X(SITE, "site", "asked for its site", "询问站点信息") \
	X(PROOF, "proof", "asked to judge a proof", "请求验证证明") \
	X(OVERTAKEN, "overtaken", "was overtaken", "已被其他服务器抢先") \
	X(CACHED, "cached", "from the cache", "来自缓存") \
	X(STALE, "stale", "from the cache, expired", "来自缓存（已过期）") \
	X(JOINED, "joined", "joined a walk under way", "并入进行中的解析") \
	X(PINNED, "pinned", "goes to a pinned server", "转向指定的服务器") \
	X(ROOTS, "roots", "from the roots file", "来自根文件") \
	X(NO_ROOT, "no_root", "no root is configured", "未配置根") \
	X(NO_SITE, "no_site", "names no site that can be asked", "没有可询问的站点") \
	X(PARENT, "parent", "unknown to the root: asking the parent prefix", \
	  "根不识：改问上级前缀") \
	X(AGAIN, "again", "asking anew, past the cache and of primaries", \
	  "绕过缓存，向主站点重问") \
	X(LOOP, "loop", "leads back to where the walk has been", "解析回到原处") \
	X(TOO_DEEP, "too_deep", "too many hops", "跳数过多") \
	X(BUSY, "busy", "too many walks under way", "进行中的解析过多") \
	X(DEADLINE, "deadline", "the time is up", "时限已到")

#define X(name, word, en, zh) RESOLVER_STEP_##name,
typedef enum { RESOLVER_STEPS(X) RESOLVER_STEP_COUNT } resolver_step_kind_t;
#undef X

enum { RESOLVER_STEP_NAME = 80 };

typedef struct {
	resolver_step_kind_t kind;
	uint8_t depth;                 /* 0: the name itself, above: a record on its way */
	char name[RESOLVER_STEP_NAME]; /* what was asked for; cut, and then ends in "..." */
	/* Of ASKED, SITE, PROOF and OVERTAKEN: */
	addr_t server;
	bool by_tcp;
	unsigned tries;         /* datagrams or connections */
	unsigned ignored;       /* replies that were none */
	int64_t at_ns, took_ns; /* after the walk began; how long */
	err_t err;              /* no answer: why */
	uint32_t response;      /* the answer's code, handle_response_t */
	uint32_t values;        /* in the answer */
} resolver_step_t;

/* What was found, shared by all who asked for it: immutable. */
typedef struct {
	slice_t name;   /* as the server spelled it */
	uint32_t count; /* values */
	slice_t values; /* one after another, codec/handle/value.h */
	slice_t text;   /* what a server said about its refusal; UTF-8 */
	addr_t server;  /* who answered; family 0: nobody */
	const resolver_step_t *steps;
	size_t step_count, steps_left_out;
} resolver_answer_t;

/* The item of the asker's mailbox. */
typedef struct {
	void *ctx;
	err_t err;         /* ERR_OK: values are there; else the class of `response`, or why
	                    * nobody answered */
	uint32_t response; /* handle_response_t of the last server; 0: nobody answered */
	resolver_source_t source;
	uint32_t age_s; /* since a server said it */
	/* NULL when memory is gone (ERR_NO_MEMORY); the reader gives it back. */
	const resolver_answer_t *answer;
} resolver_reply_t;

/* Copies the question; the reply (item resolver_reply_t) arrives in `reply`. Any
 * loop. ERR_BUSY, ERR_INVALID (not a name, a type too long, too many filters),
 * ERR_LIMIT (recursion above 10), ERR_NO_MEMORY at once; all else in the reply.
 *
 * Give the mailbox room for all you ask at once: a reply that finds it full
 * (ENV_FULL_REFUSE) is dropped and counted. Never use ENV_FULL_BLOCK or DROP. */
MUST_CHECK err_t resolver_ask(resolver_t *resolver, const resolver_question_t *question,
                              env_mailbox_t *reply, void *ctx);
/* Any thread; NULL is fine. */
void resolver_answer_release(const resolver_answer_t *answer);

/* What a step did, in words. */
const char *resolver_step_text(resolver_step_kind_t kind, lang_t lang);
/* The steps as a JSON array. */
void resolver_trace_put(const resolver_answer_t *answer, json_t *j);
#endif
