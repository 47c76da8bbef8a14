/* SPDX-License-Identifier: Apache-2.0 */
/* Runs every file of a corpus folder through a fuzz target without the fuzzer, so
 * that the ordinary test run, with any compiler, holds every input that was ever
 * interesting. Prints TAP, one line per file; a corpus that is missing or empty
 * fails, because then nothing was tested.
 *
 * Each input is copied into an allocation of exactly its size: a read past its
 * end is then seen by the address sanitizer. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 16 << 20, PATH_CAP = 4096 };

/* The whole file in a fresh allocation (one byte when it is empty), or NULL. */
static uint8_t *file_read(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = file ? malloc(size ? size : 1) : NULL;
	if (bytes && fread(bytes, 1, size, file) != size) {
		free(bytes);
		bytes = NULL;
	}
	if (file)
		fclose(file);
	return bytes;
}

static bool file_replay(const char *path, size_t size)
{
	uint8_t *bytes = file_read(path, size);
	if (!bytes)
		return false;
	LLVMFuzzerTestOneInput(bytes, size);
	free(bytes);
	return true;
}

/* Replays one entry of the folder; false when it is not a plain file. */
static bool entry_replay(const char *folder, const char *name, unsigned number)
{
	char path[PATH_CAP];
	struct stat about;
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path) ||
	    stat(path, &about) || !S_ISREG(about.st_mode))
		return false;
	/* Said before the run, so that a crash leaves the name of its input behind. */
	printf("# input %s\n", name);
	fflush(stdout);
	bool ok = about.st_size <= INPUT_MAX && file_replay(path, (size_t)about.st_size);
	printf("%s %u - %s\n", ok ? "ok" : "not ok", number, name);
	return true;
}

int main(int argc, char **argv)
{
	const char *folder = argc == 2 ? argv[1] : "";
	DIR *entries = opendir(folder);
	unsigned count = 0;
	for (struct dirent *e = entries ? readdir(entries) : NULL; e; e = readdir(entries))
		count += entry_replay(folder, e->d_name, count + 1);
	if (entries)
		closedir(entries);
	if (!count)
		printf("not ok %u - the corpus '%s' is missing or empty\n", ++count, folder);
	printf("1..%u\n", count);
	return 0;
}
