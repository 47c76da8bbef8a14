/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CENSUS_CENSUS_H
#define CENSUS_CENSUS_H
/* The register of devices of a node and of all below it. A device that a plant, a park and
 * a platform tell of is one device: it is known by its key (key.h), what every reporter says
 * of it is kept, and one of them speaks for it in counts and lists. That is
 *
 *     the nearest: of those that have not retired it (of all, when all have), the one with
 *     the fewest hops, then the one that has had it longest, then the least identifier.
 *
 * Of what one reporter says the latest told holds, and of the ways by which it came the
 * shortest. So the register is the same in whatever order items come, and an item that comes
 * again changes nothing.
 *
 * Story: node opens the register on the journal `tree` and calls census_follow when more of
 * it is durable, and census_tick every few seconds. The node's own devices come by
 * census_tell and census_beat, which append a JOURNAL_CENSUS record of what has changed and
 * nothing when nothing has; the register takes it when it is durable, as it takes batches of
 * the stream DEVICES out of JOURNAL_RECEIVED records. Who sends upward follows the same
 * records and passes each item on by census_item_pass.
 *
 * Heartbeats do not travel, changes of state do. The node that has a device judges it: not
 * heard for `offline_ns`, it is offline. A node above judges the reporter: when that was
 * silent for `silent_ns`, what it said of online and offline counts as unknown, and the
 * answer says how many reporters were silent. A silent reporter's devices stay devices.
 *
 * A view (DATA/views/census) keeps the register with the mark of the journal; it is rebuilt
 * when it is missing, damaged, of another form or another journal's.
 *
 * Threads: any, but for follow, tick and save: one FILES loop, or set-up time. A question
 * takes the lock for a page or a count, some milliseconds at the most.
 *
 * Limits, each with a metric: `claims_max` claims (a device said of by one reporter), past
 * which new ones are refused and counted while the known go on; CENSUS_REPORTERS_MAX
 * reporters a device; CENSUS_WORDS reporters and words of packs; CENSUS_PLACES combinations
 * of them. Some 55 bytes of memory a claim.
 *
 * Caveats: what a child passes on of an origin is that child's word; only in this node's own
 * name nobody else is believed. A device sold on counts
 * for the old owner until he retires it. A limit that is reached makes the register depend on
 * the order of what came.
 *
 * Disk: "JIZHUCEN" in the frame of journal/view_file.h; words (count varint, then string and
 * heard zig-zag each), places (count varint, four numbers of words varint each), claims
 * (count varint; key, told zig-zag, since, seen, place varint, state, hops u8). */
#include "base/metrics.h"
#include "journal/journal.h"
#include "model/census.h"

enum {
	CENSUS_CLAIMS_MAX = (1 << 24) - 2,
	CENSUS_REPORTERS_MAX = 16,
	CENSUS_WORDS = 1 << 16,
	CENSUS_PLACES = 1 << 18,
	CENSUS_LOOKS_MAX = 1 << 17, /* claims looked at for one page */
};

typedef struct census census_t;

typedef struct {
	const char *views_dir;
	journal_t *journal;  /* tree */
	const char *node;    /* own identifier */
	uint32_t claims_max; /* 0: CENSUS_CLAIMS_MAX */
	int64_t offline_ns;  /* 0: 5 min */
	int64_t silent_ns;   /* 0: 1 h; a reporter without news speaks a quarter of it after */
} census_spec_t;

MUST_CHECK err_t census_open(env_t *env, const census_spec_t *spec, census_t **ret_census);
/* After its loop stopped; flushes the journal and saves the view. */
void census_close(census_t *census);
/* Whether the view had to be made again; for an event. */
bool census_rebuilt(const census_t *census);

/* Takes what is durable. What the journal's cursor fails with, ERR_NO_MEMORY. */
MUST_CHECK err_t census_follow(census_t *census);
MUST_CHECK err_t census_save(census_t *census);

/* The node's own devices, as they are now; only changes are journalled. A state that is not
 * known leaves the one that is. `hops` as in
 * model/census.h; since_s 0: now, and of a known device as it was told first. What
 * journal_append gives; a part may have been taken then, and telling all again is harmless. */
MUST_CHECK err_t census_tell(census_t *census, const census_row_t *rows, size_t count,
                             uint8_t hops);
/* A device of this node was heard; true: it is one, and not retired. It is online by the next
 * census_tick. */
bool census_beat(census_t *census, const census_key_t *key);
/* Follows, then tells of the node's own devices that are heard again, or not any more. */
MUST_CHECK err_t census_tick(census_t *census);

/* Questions. Words that they give live as long as the register. */

#define CENSUS_BY_ROWS(X) \
	X(NOTHING, "nothing") \
	X(REPORTER, "reporter") \
	X(KIND, "kind") \
	X(INDUSTRY, "industry") \
	X(REGION, "region") \
	X(STATE, "state")

#define X(name, word) CENSUS_BY_##name,
typedef enum { CENSUS_BY_ROWS(X) CENSUS_BY_COUNT } census_by_t;
#undef X

/* Which devices: those whose words are these, where a word is given. */
typedef struct {
	const slice_t *words[CENSUS_BY_COUNT]; /* NULL: any */
} census_filter_t;

typedef struct {
	slice_t word[2];
	uint64_t count;
} census_cell_t;

typedef struct {
	uint64_t devices; /* the sum of the cells */
	/* Of all, whatever is asked for; told: devices times those who tell of them. */
	uint64_t known, told;
	uint32_t reporters, silent;
} census_total_t;

typedef struct {
	census_by_t by[2];
	census_filter_t filter;
	census_cell_t *cells; /* room */
	size_t cap;
} census_count_t;

/* Devices by one or two properties, cells sorted by their words, none of zero.
 * ERR_TOO_BIG: they are more than there is room for. */
MUST_CHECK err_t census_count(census_t *census, const census_count_t *ask, size_t *ret_cells,
                              census_total_t *ret_total);

typedef struct {
	census_row_t row; /* as the one who speaks for it says; state as it is judged now */
	slice_t reporter;
	uint8_t hops;
	uint32_t reporters; /* that say of it */
	int64_t told_ns;
} census_device_t;

typedef struct {
	uint32_t from; /* 0: the start, else `next` of the page before */
	census_filter_t filter;
	census_device_t *devices; /* room */
	size_t cap;
} census_list_t;

typedef struct {
	size_t count;
	uint32_t next; /* 0: that was all */
} census_page_t;

/* Devices in the order in which the register learnt of them, each once. A page may be short,
 * even empty, while more follows: at most CENSUS_LOOKS_MAX claims are looked at. */
void census_list(census_t *census, const census_list_t *ask, census_page_t *ret_page);
/* What every reporter says of a device, who speaks for it first. ERR_NOT_FOUND. */
MUST_CHECK err_t census_reporters(census_t *census, const census_key_t *key,
                                  census_device_t ret_said[CENSUS_REPORTERS_MAX],
                                  size_t *ret_count);

const metrics_t *census_metrics(const census_t *census);
#endif
