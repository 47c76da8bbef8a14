/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENV_TWIN_WORLD_H
#define ENV_TWIN_WORLD_H
/* Inside the simulated world: what its rooms (loops, disk, store, network, tap,
 * HTTP) share. Only files of env/twin include this.
 *
 * Story: a room makes an object with twin_alloc, links it to its host with
 * thing_link so that closing the host frees it, prepares its event with
 * event_of, and lets the world turn it with world_queue.
 *
 * Time: while a callback runs, world_now() is the time of its event plus what
 * the callback spent on slow calls (a sync); its loop then takes no event
 * before that time, other loops do. That is a thread without threads.
 *
 * Caveats: a test double has nobody to tell that memory is gone: it aborts. */
#include "base/num.h"
#include "env/ops.h"
#include "env/twin/agenda.h"
#include "env/twin/twin.h"

typedef struct host host_t;
typedef struct loop loop_t;
typedef struct disk disk_t;
typedef struct network network_t;
typedef struct thing thing_t;

/* What a host must free when it is closed: linked newest first. */
struct thing {
	host_t *host;
	void *self;
	void (*drop)(void *self); /* frees `self`, and so unlinks the thing */
	thing_t *prev, *next;
};

struct loop {
	env_loop_t base;
	thing_t thing;
	host_t *host;
	env_loop_kind_t kind;
	bool is_started, is_stopped;
	int64_t busy_until;
	agenda_t parked; /* events before env_loop_start */
};

/* Faults to come; a countdown of 0 is not armed. */
typedef struct {
	uint64_t crash_in;
	uint64_t fail_in, fail_times; /* fail_times 0: for ever */
	twin_fault_t fault;
	bool is_lying;
} faults_t;

struct host {
	env_t env;
	twin_t *twin;
	host_t *next;
	char *name;
	loop_t *control;
	thing_t *things;
	disk_t *disk;
	struct http *http; /* the servers, newest first */
	rng_t chance;      /* what env_random gives */
	faults_t faults;
	uint64_t disk_operations;
	int64_t utc_shift_ns;
	clock_state_t clock_state;
	int64_t clock_error_ns;
	env_state_t state;
	bool is_stopping, is_dead;
	struct {
		event_t event;
		bool is_raised;
		void (*fn)(void *ctx);
		void *ctx;
	} signals[ENV_SIGNAL_COUNT];
};

struct twin {
	twin_spec_t spec;
	rng_t chance; /* order, delays, losses, crashes */
	agenda_t agenda;
	int64_t now, spent;
	loop_t *current; /* whose callback runs; NULL outside */
	bool is_stopping;
	uint64_t serial, trace;
	host_t *hosts;
	disk_t *disks;
	network_t *network;
	struct cable *cables;  /* serial lines, newest first */
	struct answer *answer; /* what the last twin_http returned */
	twin_stats_t stats;
};

/* Zeroed, never NULL. */
void *twin_alloc(size_t count, size_t size);
/* As realloc, never NULL. */
void *twin_realloc(void *old, size_t count, size_t size);
/* A NUL-terminated copy. */
char *twin_copy(slice_t text);

host_t *host_of(env_t *env);
const host_t *host_of_const(const env_t *env);
/* Power is gone: no event of the host happens any more. */
void host_crash(host_t *host);

void thing_link(thing_t *thing, host_t *host, void *self, void (*drop)(void *self));
void thing_unlink(thing_t *thing);

event_t event_of(twin_t *twin, loop_t *loop, void (*fn)(void *ctx), void *ctx);
/* Queues the event for `when`, or moves it there. */
void world_queue(twin_t *twin, event_t *event, int64_t when);
int64_t world_now(const twin_t *twin);
int64_t world_utc(const twin_t *twin);
/* The running callback took so long. */
void world_spend(twin_t *twin, int64_t ns);
/* A delay around `mean_ns`: from half of it to one and a half. */
int64_t world_jitter(twin_t *twin, int64_t mean_ns);
/* Makes the trace depend on something that happened. */
void world_trace(twin_t *twin, uint64_t what);
/* Turns one event; false when none is due until then. */
bool world_turn(twin_t *twin, int64_t until_ns);
#endif
