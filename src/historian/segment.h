/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIAN_SEGMENT_H
#define HISTORIAN_SEGMENT_H
/* A sealed, immutable file of blocks, read through a map. builder.h writes it.
 *
 * Disk, little-endian: head 16 bytes "JIZHUSEG", version u32 = 3, crc32c of the head before
 * this field u32; parts of blocks
 * and pages, found by what points to them; directory rows of 40 bytes (point u32, length
 * of its root page u32, offset of it u64, rows u64, first and last source time i64)
 * sorted by point; foot of 96 bytes (id u64, directory offset u64, directory rows u64,
 * rows u64, first and last source time i64, window's start i64 and length i64, level u8,
 * class u8, flags u16 (1: coded), crc32c of the directory u32, zeros u64, zeros u32, crc32c of the
 * foot before this field u32, "JIZHUEND").
 *
 * Story: segment_open checks head, foot and directory, so that a file cut or mistaken is
 * found at once. Pages and blocks carry checksums of their own and are checked as they
 * are read: damage in one is an error to who needs it, and to nobody else. */
#include "env/file.h"
#include "historian/page.h"

typedef struct segment segment_t;

enum { SEGMENT_PATH_MAX = 512, SEGMENT_HEAD = 16, SEGMENT_ROW = 40, SEGMENT_FOOT = 96 };

/* Stored: append, never reorder. */
typedef enum {
	SEGMENT_SEALED,  /* of any time and class, as it came */
	SEGMENT_MERGED,  /* of one window and class */
	SEGMENT_THINNED, /* likewise; blocks may hold fewer rows than they sum up, so it is
	                  * never merged again */
} segment_level_t;

/* What stands in the foot and in the manifest. */
typedef struct {
	uint64_t id;                      /* never reused */
	uint8_t level;                    /* segment_level_t */
	uint8_t class;                    /* retention class of its points, of one window */
	bool is_coded;                    /* written to be small (column_kernel_coding) */
	int64_t window_ns, window_len_ns; /* start and length */
	uint64_t rows, bytes;
	int64_t first_ns, last_ns;
	uint32_t crc; /* of its foot */
} segment_info_t;

typedef struct {
	point_id_t point;
	uint64_t rows;
	int64_t first_ns, last_ns;
	extent_t root; /* its page */
} segment_point_t;

/* `dir`/<id>.seg; ERR_TOO_BIG. */
MUST_CHECK err_t segment_path_of(const char *dir, uint64_t id, char ret_path[SEGMENT_PATH_MAX]);
/* ERR_CORRUPT, ERR_NEWER_FORMAT, ERR_UNSUPPORTED for those before; the detail names file
 * and place. */
MUST_CHECK err_t segment_open(env_t *env, const char *path, segment_t **ret_segment,
                              err_detail_t *ret_detail);
/* Stands for one that cannot be opened, so that who needs its time can be told: it has no
 * points. ERR_NO_MEMORY, ERR_TOO_BIG. */
MUST_CHECK err_t segment_absent(const char *path, const segment_info_t *info,
                                segment_t **ret_segment);
bool segment_is_absent(const segment_t *segment);
void segment_close(segment_t *segment);
const segment_info_t *segment_info(const segment_t *segment);
const char *segment_path(const segment_t *segment);
size_t segment_points(const segment_t *segment);
segment_point_t segment_point(const segment_t *segment, size_t i);
/* The directory's row of the point; segment_points when it has none. */
size_t segment_find(const segment_t *segment, point_id_t point);
/* A page by its place. ERR_CORRUPT. */
MUST_CHECK err_t segment_page(const segment_t *segment, extent_t at, page_t *ret_page);
/* Checks and decodes one block, a child of a page of level 0, into an empty set.
 * ERR_CORRUPT, ERR_NO_MEMORY. */
MUST_CHECK err_t segment_read(const segment_t *segment, const page_child_t *child,
                              rowset_t *ret_rows);

enum {
	SEGMENT_VERSION = 3,
	SEGMENT_HEAD_CRC_AT = 12,
	SEGMENT_FOOT_CRC_AT = 84,
};
/* The foot's bytes but for its own checksum and end; builder and segment agree here. */
void segment_foot_encode(const segment_info_t *info, uint64_t directory_at, uint64_t points,
                         uint32_t directory_crc, uint8_t ret_foot[SEGMENT_FOOT]);
void segment_head_encode(uint8_t ret_head[SEGMENT_HEAD]);
#endif
