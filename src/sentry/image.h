/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SENTRY_IMAGE_H
#define SENTRY_IMAGE_H
/* What the wire last said of every writable register and coil, and who usually
 * writes it. So an alert can tell the value before, even of machines this node
 * does not poll.
 *
 * Story: each good response of a read, and each accepted write, puts its words
 * with image_put(); a write request asks image_get() for the words before.
 * Accepted writes that nobody objects to are counted with image_wrote().
 *
 * Limits: IMAGE_PAGES_MAX pages of 64 words, IMAGE_WRITERS_MAX addresses with four
 * clients each; what does not fit is not remembered, and counted. */
#include "base/metrics.h"
#include "codec/modbus/modbus.h"
#include "sentry/keymap.h"

enum { IMAGE_PAGES_MAX = 4096, IMAGE_PAGE_WORDS = 64, IMAGE_WRITERS_MAX = 2048, IMAGE_CLIENTS = 4 };

typedef struct {
	uint64_t known; /* bit by word */
	uint16_t words[IMAGE_PAGE_WORDS];
} image_page_t;

typedef struct {
	ip_t client[IMAGE_CLIENTS];
	uint64_t count[IMAGE_CLIENTS];
} image_writers_t;

typedef struct {
	image_page_t *pages;
	image_writers_t *writers;
	size_t page_count, writer_count;
	keymap_t page_map, writer_map;
	metrics_t *metrics;
} image_t;

/* One address: which machine, table and place. A coil is a word of 0 or 1. */
typedef struct {
	ip_t server;
	uint8_t unit;
	modbus_space_t space;
	uint16_t address;
} image_at_t;

MUST_CHECK err_t image_open(image_t *image, metrics_t *metrics, uint64_t seed);
void image_close(image_t *image);
/* Words from `at` on; those beyond 65,535 are ignored. */
void image_put(image_t *image, image_at_t at, const uint16_t *words, size_t count);
/* False when the word at this address was never seen. */
bool image_get(const image_t *image, image_at_t at, uint16_t *ret_word);
void image_wrote(image_t *image, image_at_t at, ip_t client);
/* Who writes this address most often; false when nobody does. */
bool image_writer(const image_t *image, image_at_t at, ip_t *ret_client, uint64_t *ret_count);
#endif
