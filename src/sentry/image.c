/* SPDX-License-Identifier: Apache-2.0 */
/* Pages, because reads come as blocks: one look-up serves up to 64 registers. */
#include "sentry/image.h"

#include <stdlib.h>

#include "sentry/counters.h"

err_t image_open(image_t *image, metrics_t *metrics, uint64_t seed)
{
	*image = (image_t){ .metrics = metrics };
	image->pages = calloc(IMAGE_PAGES_MAX, sizeof(*image->pages));
	image->writers = calloc(IMAGE_WRITERS_MAX, sizeof(*image->writers));
	if (!image->pages || !image->writers)
		return ERR_NO_MEMORY;
	err_t err = keymap_open(&image->page_map, IMAGE_PAGES_MAX, seed);
	return err ? err : keymap_open(&image->writer_map, IMAGE_WRITERS_MAX, seed);
}

void image_close(image_t *image)
{
	free(image->pages);
	free(image->writers);
	keymap_close(&image->page_map);
	keymap_close(&image->writer_map);
}

static keymap_key_t key_of(image_at_t at, uint16_t number)
{
	uint64_t rest = (uint64_t)at.space << 24 | (uint64_t)at.unit << 16 | number;
	return keymap_key(at.server, (ip_t){ 0 }, rest);
}

static image_page_t *find_page(const image_t *image, image_at_t at)
{
	keymap_key_t key = key_of(at, at.address / IMAGE_PAGE_WORDS);
	uint32_t place = keymap_get(&image->page_map, &key);
	return place == KEYMAP_NONE ? NULL : &image->pages[place];
}

static image_page_t *make_page(image_t *image, image_at_t at)
{
	image_page_t *page = find_page(image, at);
	if (page)
		return page;
	keymap_key_t key = key_of(at, at.address / IMAGE_PAGE_WORDS);
	if (!keymap_put(&image->page_map, &key, (uint32_t)image->page_count)) {
		metric_add(image->metrics, COUNT_PAGES_FULL, 1);
		return NULL;
	}
	return &image->pages[image->page_count++];
}

void image_put(image_t *image, image_at_t at, const uint16_t *words, size_t count)
{
	size_t room = (size_t)UINT16_MAX + 1 - at.address;
	image_page_t *page = NULL;
	for (size_t i = 0; i < count && i < room; i++) {
		size_t word = at.address % IMAGE_PAGE_WORDS;
		if (i == 0 || word == 0)
			page = make_page(image, at);
		if (page) {
			page->words[word] = words[i];
			page->known |= UINT64_C(1) << word;
		}
		at.address++;
	}
}

bool image_get(const image_t *image, image_at_t at, uint16_t *ret_word)
{
	const image_page_t *page = find_page(image, at);
	size_t word = at.address % IMAGE_PAGE_WORDS;
	if (!page || !(page->known >> word & 1))
		return false;
	*ret_word = page->words[word];
	return true;
}

static image_writers_t *make_writers(image_t *image, image_at_t at)
{
	keymap_key_t key = key_of(at, at.address);
	uint32_t place = keymap_get(&image->writer_map, &key);
	if (place != KEYMAP_NONE)
		return &image->writers[place];
	if (!keymap_put(&image->writer_map, &key, (uint32_t)image->writer_count)) {
		metric_add(image->metrics, COUNT_PAGES_FULL, 1);
		return NULL;
	}
	return &image->writers[image->writer_count++];
}

void image_wrote(image_t *image, image_at_t at, ip_t client)
{
	image_writers_t *w = make_writers(image, at);
	size_t least = 0;
	if (!w)
		return;
	for (size_t i = 0; i < IMAGE_CLIENTS; i++) {
		if (w->count[i] > 0 && ip_eq(w->client[i], client)) {
			w->count[i]++;
			return;
		}
		if (w->count[i] < w->count[least])
			least = i;
	}
	w->client[least] = client;
	w->count[least] = 1;
}

bool image_writer(const image_t *image, image_at_t at, ip_t *ret_client, uint64_t *ret_count)
{
	keymap_key_t key = key_of(at, at.address);
	uint32_t place = keymap_get(&image->writer_map, &key);
	uint64_t best = 0;
	for (size_t i = 0; place != KEYMAP_NONE && i < IMAGE_CLIENTS; i++) {
		const image_writers_t *w = &image->writers[place];
		if (w->count[i] > best) {
			best = w->count[i];
			*ret_client = w->client[i];
			*ret_count = best;
		}
	}
	return best > 0;
}
