/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H
/* The configuration as one immutable snapshot, parsed from YAML (jizhu.yaml and
 * the files of conf.d beside it) by one schema table, from which parser, checker and
 * documentation come. Errors name file:line:column, what is wrong and the fix;
 * a misspelt key suggests the nearest known one.
 *
 * Story: config_load at start and at every reload; node builds the catalogue from
 * it. A snapshot that does not check is never used.
 *
 * Absent settings hold their defaults: labels are never NULL (the name stands in),
 * texts are "" where doc/configuration.md says so, limits say by `set` whether they
 * were given. Words of an address (point_address_t.words) follow from its type.
 *
 * Ownership: one config_free frees the snapshot and every string in it.
 * Threads: immutable once loaded. Loading reads files: set-up or a FILES loop.
 *
 * Caveats: the first fault ends the reading, so a file with several is corrected
 * one by one. `data_dir` is relative to the working folder, not to the file. */
#include "base/net.h"
#include "codec/uplink/uplink.h"
#include "env/env.h"
#include "model/point.h"
#include "model/device.h"
#include "model/node.h"

typedef struct {
	const char *name;
	const char *label[2];
	const char *unit;
	point_address_t address;
	double scale, offset;
	point_states_t states;
	point_limits_t limits;
	point_write_t write;
	point_compress_t compress;
	data_class_t data_class;
	const char *owner; /* of the data; "" */
} config_point_t;

typedef struct {
	const char *name;
	const char *label[2];
	protocol_t protocol;
	addr_t addr; /* unless it is on a line */
	bool has_addr;
	const char *line; /* its name; "" with an address */
	uint8_t unit;
	int64_t period_ns, timeout_ns;
	uint16_t registers_max, gap_max;
	/* How the register of devices knows it; serial "": it is not in there. */
	const char *maker, *serial, *kind;
	const config_point_t *points;
	size_t point_count;
} config_device_t;

/* An approved row of the white-list, shipped as policy. */
typedef struct {
	ip_t client, server;
	uint8_t unit;
	uint8_t function; /* 0: every function that writes */
	uint16_t from, to;
} config_policy_t;

/* When pages and the API go by TLS. */
typedef enum {
	TLS_AUTO, /* beyond loopback */
	TLS_ALWAYS,
	TLS_NEVER, /* refused beyond loopback */
	TLS_MODE_COUNT
} tls_mode_t;

typedef enum { TLS_CLIENTS_NONE, TLS_CLIENTS_OPTIONAL, TLS_CLIENTS_COUNT } tls_clients_t;

typedef struct {
	tls_mode_t mode;
	const char *certificate, *key; /* files; both "": the node makes its own */
	tls_clients_t clients;         /* whether browsers are asked for a certificate */
} config_tls_t;

enum {
	CONFIG_LISTEN_MAX = 8,
	CONFIG_PORTS_MAX = 16,
	CONFIG_ROOTS_MAX = 4,
	CONFIG_ADMINS_MAX = 16,
	CONFIG_TRUST_MAX = 16,
	CONFIG_CLASSES_MAX = 7,
	CONFIG_CLASS_POINTS_MAX = 32,
	CONFIG_PARENTS_MAX = 8,
	CONFIG_CONTRACTS_MAX = 16,
	CONFIG_PATTERNS_MAX = 32,
	CONFIG_EVENTS_MAX = 8,
	CONFIG_PERIODS_MAX = 8,
	CONFIG_SHIFTS_MAX = 12
};

/* Points whose samples are kept for a time of their own. */
typedef struct {
	uint8_t number; /* 1 to CONFIG_CLASSES_MAX; what stands on disk */
	/* Names of points or texts of label sets; with * at the end, what begins so. */
	const char *points[CONFIG_CLASS_POINTS_MAX];
	size_t point_count;
	int64_t keep_ns; /* 0: as all others */
} config_class_t;

typedef enum {
	CONFIG_BY_ANY,
	CONFIG_BY_UDP,
	CONFIG_BY_TCP,
	CONFIG_TRANSPORT_COUNT
} config_transport_t;

/* A server asked for all names under a prefix, whatever their prefix record says. */
typedef struct {
	const char *prefix;
	bool has_prefix; /* else: for every name */
	addr_t addr;
	config_transport_t transport;
} config_pin_t;

/* How identifiers that live elsewhere are looked for. */
typedef struct {
	const char *roots[CONFIG_ROOTS_MAX];
	size_t root_count;
	const config_pin_t *pins;
	size_t pin_count;
	config_transport_t prefer; /* UDP or TCP */
	int64_t negative_ns, stale_ns, deadline_ns;
	uint64_t cache_bytes;
	uint16_t walks_max;
} config_resolver_t;

/* A GS1 company prefix whose keys do not live under gs1.prefix: under another prefix of
 * this node, or at another resolver. */
typedef struct {
	const char *company; /* digits */
	const char *prefix;
	bool has_prefix;
	const char *resolver; /* else its root URI */
} config_company_t;

/* GS1 Digital Link on the HTTP door. */
typedef struct {
	const char *prefix; /* that the records of GS1 keys live under */
	bool has_prefix;    /* else: the node's own */
	const char *root;   /* URI without a slash at the end; "": as the request came */
	const config_company_t *companies;
	size_t company_count;
} config_gs1_t;

typedef enum {
	CONFIG_DNS_OID,
	CONFIG_DNS_GS1,
	CONFIG_DNS_HANDLE,
	CONFIG_DNS_SCHEME_COUNT
} config_dns_scheme_t;

typedef struct {
	const char *name; /* of the domain */
	config_dns_scheme_t scheme;
	const char *prefix;
	bool has_prefix; /* else: the node's own */
} config_dns_zone_t;

/* Names of the registry as names of the DNS. */
typedef struct {
	addr_t listen[CONFIG_LISTEN_MAX];
	size_t listen_count; /* 0: none */
	const config_dns_zone_t *zones;
	size_t zone_count;
	const char *ns, *contact;          /* "": not listening */
	ip_t addresses[CONFIG_LISTEN_MAX]; /* of ns */
	size_t address_count;
	int64_t negative_ns;
	uint64_t budget_bytes;
} config_dns_t;

/* Where the records of the codes of a scheme live. */
typedef struct {
	const char *prefix;
	bool has_prefix; /* else the node's own */
} config_scheme_t;

typedef struct {
	config_scheme_t gbt34014, vaa, oid, ecode, did;
} config_schemes_t;

/* How far down a parent may open a figure that went to it (lineage/answer.h). */
#define CONTRACT_OPEN_ROWS(X) \
	X(NOTHING, "nothing") /* not at all */ \
	X(FIGURES, "figures") /* to the figures it was made of */ \
	X(POINTS, "points")   /* to the points it was measured by, too */

#define X(name, word) CONTRACT_OPENS_##name,
typedef enum { CONTRACT_OPEN_ROWS(X) CONTRACT_OPEN_COUNT } contract_open_t;
#undef X

/* What may go to a parent (release/release.h). */
typedef struct {
	const char *name;
	unsigned streams[UPLINK_STREAM_COUNT]; /* uplink_stream_t */
	size_t stream_count;
	/* Definitions of indicators; with * at the end, all that begin so. */
	const char *indicators[CONFIG_PATTERNS_MAX];
	size_t indicator_count;
	unsigned points[DATA_CLASS_COUNT]; /* data_class_t, never DATA_CORE */
	size_t point_count;
	unsigned events[CONFIG_EVENTS_MAX]; /* event_class_t */
	size_t event_count;
	unsigned severity; /* severity_t, the least */
	int64_t every_ns;  /* figures of shorter periods stay; 0: none does */
	uint16_t cell;     /* counts below it stay */
	unsigned values;   /* 1: measured values in events go along */
	unsigned open;     /* contract_open_t */
} config_contract_t;

typedef struct {
	const char *name;
	const char *node; /* identifier of the parent */
	addr_t addr;
	const char *authority; /* file with what its certificate leads to; "": as it was enrolled */
	const char *contract;  /* name; "": nothing goes there */
} config_parent_t;

/* The tree: who may come from below, and whom this node dials. */
typedef struct {
	addr_t listen[CONFIG_LISTEN_MAX]; /* for children */
	size_t listen_count;
	const char *register_key; /* file; "": one of the node's own */
	const config_parent_t *parents;
	size_t parent_count;
	const config_contract_t *contracts;
	size_t contract_count;
} config_uplink_t;

/* Who certifies the children; both files or none. */
typedef struct {
	const char *certificate, *key; /* "": made by the node */
	int64_t lasts_ns;              /* of a child's certificate */
} config_authority_t;

/* A name and what was written for it; rows of a list have one name. */
typedef struct {
	const char *name, *text;
	const char *where; /* "file:line:column" of what was written */
} config_pair_t;

typedef struct {
	const config_pair_t *rows;
	size_t count;
} config_pairs_t;

typedef struct {
	const char *name;
	const char *start;
	int32_t start_s; /* of the day, by the wall clock */
} config_shift_t;

/* How days, months and shifts are counted. */
typedef struct {
	const char *name;
	const char *zone; /* of env/zone.h */
	const config_shift_t *shifts;
	size_t shift_count;
} config_calendar_t;

/* What of an indicator may be found wrong by who knows its definition. */
typedef enum {
	INDICATOR_AT_SELF,
	INDICATOR_AT_DEFINITION,
	INDICATOR_AT_SCOPE,
	INDICATOR_AT_PERIODS,
	INDICATOR_AT_CALENDAR,
	INDICATOR_PLACES
} indicator_place_t;

/* A definition bound to what this node measures. */
typedef struct {
	const char *definition; /* "iso22400.oee" */
	uint32_t version;       /* 0: the newest */
	const char *entity;     /* "": the node */
	const char *scope;
	const char *periods[CONFIG_PERIODS_MAX];
	size_t period_count;
	const char *calendar;    /* "": the first one, or Beijing time if there is none */
	config_pairs_t inputs;   /* points; an input with several stands in several rows */
	config_pairs_t rollover; /* points that are counters, where they begin again at 0 */
	config_pairs_t parameters;
	const char *where[INDICATOR_PLACES]; /* "file:line:column" */
} config_indicator_t;

typedef struct {
	node_info_t node;
	const char *data_dir;
	const char *user; /* to become when started as root */
	uint64_t memory_bytes;
	uint64_t disk_reserve_bytes;
	addr_t http;
	config_tls_t tls; /* of http */
	addr_t handle[CONFIG_LISTEN_MAX];
	size_t handle_count;
	config_resolver_t resolver;
	config_gs1_t gs1;
	config_dns_t dns;
	config_schemes_t schemes;
	config_uplink_t uplink;
	config_authority_t authority;
	const char *handle_admins[CONFIG_ADMINS_MAX]; /* "300:0.NA/99.100.1" */
	size_t handle_admin_count;
	const char *trust_roots[CONFIG_TRUST_MAX]; /* files (registry/trust/trust.h) */
	size_t trust_root_count;
	unsigned handle_admin_rights;        /* 1: all; 0: homing */
	unsigned handle_legacy, handle_list; /* 1: yes */
	uint16_t handle_dh_bits;
	uint8_t handle_source_cpu;     /* percent */
	const char *handle_country;    /* two letters; "": unknown */
	int64_t retain_raw_ns;         /* 0: for ever */
	const config_class_t *classes; /* the first that names a point has it */
	size_t class_count;
	int64_t slow_query_ns; /* 0: none is noted */
	uint32_t series_max;   /* that come through doors */
	int64_t pack_after_ns; /* 0: nothing is packed once more */
	const char *capture;   /* "iface:lo", "pipe:PATH", "tap", "none" */
	uint16_t capture_ports[CONFIG_PORTS_MAX];
	size_t capture_port_count;
	int64_t learn_ns;           /* sentry learns for this long after first traffic */
	double office_utc_offset_h; /* local time ahead of UTC: when the office's day begins */
	int64_t office_review_ns;   /* an application that waits longer is overdue */
	const config_policy_t *policies;
	size_t policy_count;
	const config_calendar_t *calendars;
	size_t calendar_count;
	const config_indicator_t *indicators;
	size_t indicator_count;
	const port_t *lines;
	size_t line_count;
	const config_device_t *devices;
	size_t device_count;
} config_t;

/* Reads and checks the file and, in the order of their names, every *.yaml of conf.d
 * beside it (at most 256, each file at most 4 MiB). ERR_CONFIG, ERR_NOT_FOUND or
 * what reading a file gave, always with the detail filled. */
MUST_CHECK err_t config_load(env_t *env, const char *path, config_t **ret_config,
                             err_detail_t *ret_detail);
/* The same from memory; `name` stands for the file in errors. */
MUST_CHECK err_t config_parse(slice_t yaml, const char *name, config_t **ret_config,
                              err_detail_t *ret_detail);
void config_free(config_t *config);
/* Whether pages and the API go by TLS. */
bool config_is_secure(const config_t *config);
enum { CONFIG_OPTION_MAX = 64 };
/* Whether a running node may go over from one to the other; when not, the first option
 * ("listen.http") that needs a restart. */
bool config_fits(const config_t *old, const config_t *fresh, char ret_option[CONFIG_OPTION_MAX]);
const char *contract_open_name(unsigned open);
/* The contract of that name, or NULL. */
const config_contract_t *config_contract(const config_uplink_t *uplink, const char *name);
/* The line of that name, or NULL. */
const port_t *config_line(const config_t *config, const char *name);
/* The calendar of that name, or NULL; "": the first one. */
const config_calendar_t *config_calendar(const config_t *config, const char *name);
/* The snapshot as YAML with every default filled in; config_parse reads it back.
 * `w` is bad when its buffer was too small: try again with a larger one. */
void config_dump(const config_t *config, writer_t *w);
/* The schema as Markdown: option, type, default, meaning. */
void config_doc(writer_t *w);
#endif
