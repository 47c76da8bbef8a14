/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine needs to make 64 bytes durable: appends and syncs, one at a time.
 *
 *     append FILE TIMES     prints `p50_us value`, `p99_us value`; the file goes
 *
 * and `over_us value`, the median where the file is as long as it will be beforehand, which
 * spares the file system its own journal. */
#include "http.h"

#include <fcntl.h>

enum { RECORD = 64, TIMES_MAX = 1 << 20 };

/* From the file's beginning on. */
static void write_all(int fd, size_t times, int64_t *took)
{
	char record[RECORD];
	memset(record, 7, sizeof(record));
	demand(lseek(fd, 0, SEEK_SET) == 0, "seek");
	for (size_t i = 0; i < times; i++) {
		int64_t began = now_ns();
		demand(write(fd, record, RECORD) == RECORD && fdatasync(fd) == 0, "append");
		took[i] = now_ns() - began;
	}
}

int main(int argc, char **argv)
{
	demand(argc == 3, "append FILE TIMES");
	size_t times = number_of(argv[2]);
	int64_t *took = calloc(TIMES_MAX, sizeof(*took));
	int fd = open(argv[1], O_CREAT | O_TRUNC | O_WRONLY, 0600);
	demand(took && fd >= 0 && times <= TIMES_MAX, argv[1]);
	write_all(fd, times, took);
	(void)printf("p50_us %.1f\n", percentile_us(took, times, 0.5));
	(void)printf("p99_us %.1f\n", percentile_us(took, times, 0.99));
	write_all(fd, times, took);
	(void)printf("over_us %.1f\n", percentile_us(took, times, 0.5));
	(void)close(fd);
	(void)unlink(argv[1]);
	free(took);
	return 0;
}
