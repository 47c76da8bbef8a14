/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POSTURE_CAMPAIGN_H
#define POSTURE_CAMPAIGN_H
/* Campaigns: what one attacker does, at however many plants. Events of many nodes become
 * sightings, of which what several sensors or deliveries tell of the same counts once, and
 * sightings of one subject become one campaign.
 *
 *     sighting   (technique, subject, object, ten minutes); its key says whether two reports
 *                are of the same. Subject and object are the pseudonyms or names under which
 *                the tree knows the attacker and what was attacked
 *     campaign   all sightings of a subject: when, by which techniques, at how many nodes
 *
 * Story: campaigns_new with its limits; campaigns_add for each report, again and again and in
 * any order: counts of reports of one sighting join by the greater, not by the sum, so that
 * the same messages seen by two sensors, or a report delivered twice, change nothing;
 * campaigns_list for the ones to show; campaigns_prune drops what is too old and counts anew.
 *
 * Limits: as many reports, sightings and campaigns as campaigns_limits_t says. What is beyond
 * is refused whole and counted (campaigns_tally): what is known stays, until it is pruned.
 * Threads: one at a time.
 *
 * Caveats: what two nodes name by different pseudonyms are two subjects: attackers from
 * outside need one key for the tree. Two clocks on either side of a ten-minute border make
 * two sightings of one. */
#include "base/err.h"
#include "posture/posture.h"

enum {
	CAMPAIGN_NAME_MAX = 128, /* bytes of a subject, an object, a node; at least one */
	CAMPAIGN_TECHNIQUES = 1000,
};

#define CAMPAIGN_BUCKET_NS (600 * NS_PER_S)

typedef struct {
	size_t reports, sightings, campaigns;
} campaigns_limits_t; /* 0: none are taken */

typedef struct {
	unsigned technique; /* 836 of T0836; 0: unknown */
	severity_t severity;
	slice_t subject, object;
	slice_t node;   /* who reports it */
	int64_t ns;     /* UTC, not before 1970 */
	uint32_t count; /* of messages or events in it */
} sighting_t;

/* Of an event that tells of an attack and of who made it; false of any other. The object is
 * the server, else the device, else the node. Borrows the event's texts. */
bool sighting_of_event(const event_t *event, slice_t node, sighting_t *ret_sighting);
/* The same for the risk inputs. Source and victim are hashed here and nowhere else, since who
 * merges counts of different ones must mean the same: this function never changes. */
posture_event_t posture_event_of(const sighting_t *sighting);

typedef struct {
	slice_t subject;           /* of a list: valid until the next add or prune */
	int64_t first_ns, last_ns; /* beginnings of the ten minutes of its sightings */
	uint64_t sightings;
	uint64_t count;                                       /* of messages of all sightings */
	uint32_t nodes;                                       /* that reported one */
	severity_t severity;                                  /* the gravest */
	uint64_t techniques[(CAMPAIGN_TECHNIQUES + 63) / 64]; /* bits */
} campaign_t;

typedef struct {
	size_t reports, sightings, campaigns;
	uint64_t refused; /* since the start */
} campaigns_tally_t;

typedef struct campaigns campaigns_t;

/* NULL when memory is gone. */
campaigns_t *campaigns_new(const campaigns_limits_t *limits, uint64_t hash_seed);
void campaigns_free(campaigns_t *campaigns);
/* ERR_INVALID: names too long or empty, technique, time. ERR_LIMIT, ERR_NO_MEMORY: nothing
 * has changed. */
MUST_CHECK err_t campaigns_add(campaigns_t *campaigns, const sighting_t *sighting);
/* Drops sightings that ended before. ERR_NO_MEMORY: nothing has changed. */
MUST_CHECK err_t campaigns_prune(campaigns_t *campaigns, int64_t before_ns);
campaigns_tally_t campaigns_tally(const campaigns_t *campaigns);
/* False: none of this subject. */
bool campaigns_find(const campaigns_t *campaigns, slice_t subject, campaign_t *ret_campaign);
/* At most `max`: those at the most nodes first, then of the most sightings, then by name. */
size_t campaigns_list(const campaigns_t *campaigns, campaign_t *ret_rows, size_t max);
bool campaign_has(const campaign_t *campaign, unsigned technique);
#endif
