/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MODEL_RISK_H
#define MODEL_RISK_H
/* Risk inputs: what a node tells upward instead of a security index. They are whole numbers
 * that add, a join of sets, and times of which the oldest counts, so that what a parent makes
 * of many children's is the same in any order and grouping, and the index (posture) of it is
 * made of the very same inputs by the same function at every level.
 *
 *     assets     known, of them monitored, and of these rated in 20 classes of risk times
 *                criticality: class i is what lies around i/19, so that class 0 is none
 *     events     counts by (hour, severity, technique) of the newest RISK_CELLS_MAX of those
 *                keys, and of all. The order of the keys decides what is left out and no
 *                count, so that a merge of merges leaves out the same
 *     records    taken, and of them valid
 *     sources,   who attacked and who was: a HyperLogLog each (room sketch), of hashes under
 *     victims    one key for the whole tree
 *     as of      of the inputs that are in it: the newest and the oldest; and of how many nodes
 *
 * Story: a node writes its own once a period, a parent those it has merged if it passes on
 * no others; risk_read checks all of what came, and risk_cell_next walks the cells. Who holds
 * inputs of one node twice keeps those with the later `newest_ns`: they are a state and no
 * difference, so that a second delivery changes nothing.
 *
 * Wire (an item of the stream COUNTERS, since they are counts of a time; HEALTH tells of
 * lines): node string, version u8 = 1, nodes varint, newest zig-zag ns, age of the oldest
 * varint ns, known, monitored, valid, records varints, 20 counts of classes, sources and
 * victims strings, events varint, count of cells varint, then each cell by descending key:
 * hours since the one before (the first: since 1970) varint, severity u8, technique varint,
 * count varint.
 *
 * A technique is the number of an ATT&CK for ICS technique, 836 of T0836; 0 is unknown.
 * Caveat: a child can only be believed; what it signed stays in the journal. */
#include "base/cursor.h"
#include "base/err.h"
#include "model/event.h"

enum {
	RISK_VERSION = 1,
	RISK_CLASSES = 20,
	RISK_CELLS_MAX = 8192,
	RISK_TECHNIQUES = 1000,
	RISK_NODE_MAX = 128,
	RISK_SET_MAX = 4096, /* bytes of a set's form */
	RISK_BYTES_MAX = 256 * 1024,
};

/* Counts above are refused: no honest one comes near, and sums of them do not overflow. */
#define RISK_COUNT_MAX ((uint64_t)1 << 48)

typedef struct {
	uint32_t hour; /* since 1970 UTC */
	uint8_t severity;
	uint16_t technique;
	uint64_t count;
} risk_cell_t;

typedef struct {
	slice_t node; /* identifier of who made it */
	uint64_t nodes;
	int64_t newest_ns, oldest_ns;
	uint64_t known, monitored; /* assets */
	uint64_t valid, records;
	uint64_t classes[RISK_CLASSES]; /* rated assets; at most `monitored` */
	slice_t sources, victims;       /* forms of a set */
	uint64_t events;                /* also those that are in no cell */
	uint64_t cell_count;
	slice_t cells; /* of a body that was read; risk_cell_next */
} risk_t;

/* Keys in the order in which they are kept and written: the newest hour, then the gravest
 * severity, then the lowest technique is first. Below 0: a stands before b. */
int risk_cell_order(const risk_cell_t *a, const risk_cell_t *b);
/* `cells` in this order, `cell_count` of them; the slice of `risk` is not looked at. */
void risk_put(const risk_t *risk, const risk_cell_t *cells, writer_t *w);
/* Checks all of it, each cell too. Borrows `body`. The forms of the sets are left to who
 * reads them. ERR_MALFORMED, ERR_NEWER_FORMAT, ERR_TOO_BIG. */
MUST_CHECK err_t risk_read(slice_t body, risk_t *ret_risk);
/* Begins with reader_of(risk.cells) and a cell of zeros. False at the end. */
bool risk_cell_next(reader_t *cells, risk_cell_t *cell);
#endif
