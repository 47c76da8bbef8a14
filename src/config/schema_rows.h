/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONFIG_SCHEMA_ROWS_H
#define CONFIG_SCHEMA_ROWS_H
/* What the files of rows share: schema.c has the file itself and the node, schema_doors.c
 * where it answers and asks, schema_devices.c the machines, schema_uplink.c the tree. */
#include "config/schema.h"

#define MS     1e6
#define SECOND 1e9
#define DAY    (86400 * SECOND)
#define MIB    1048576.0

#define ROWS(rows)  .fields = (rows), .field_count = sizeof(rows) / sizeof((rows)[0])
#define WORDS(list) .words = (list), .word_count = sizeof(list) / sizeof((list)[0])

extern const section_t SECTION_LISTEN, SECTION_RESOLVER, SECTION_HANDLE, SECTION_LINE,
	SECTION_DEVICE, SECTION_CALENDAR, SECTION_BINDING;
#endif
