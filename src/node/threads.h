/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NODE_THREADS_H
#define NODE_THREADS_H
/* The threads of a node: one row a loop. Columns: name, kind, what runs there. */
#define THREAD_ROWS(X) \
	X(DEVICE, "device", EVENTS, "fleet links and drivers, orders to machines") \
	X(RESOLVER, "resolver", EVENTS, "Handle and DNS doors, UDP and TCP") \
	X(WALK, "walk", EVENTS, "resolver: names that live elsewhere") \
	X(DESK, "handle-desk", EVENTS, \
	  "Handle proofs, sessions and changes, for all Handle doors") \
	X(HTTP, "http", EVENTS, "HTTP door, event streams, office") \
	X(INGEST, "ingest", EVENTS, \
	  "large bodies of samples: read, and told when they are durable") \
	X(SENTRY, "sentry", EVENTS, "capture stream, detection") \
	X(COMMIT_MAIN, "commit-main", FILES, "writes and syncs the main journal") \
	X(COMMIT_HISTORY, "commit-hist", FILES, "writes and syncs the history journal") \
	X(COMMIT_TREE, "commit-tree", FILES, "writes and syncs the tree journal") \
	X(VIEW, "view", FILES, "applies the main journal to registry and event views") \
	X(SEARCH, "search", FILES, \
	  "follows the main journal for text search and the view of series, which may lag") \
	X(HISTORY, "history", FILES, "seals and retains segments, compresses the main journal") \
	X(QUERY, "query", FILES, "answers that read files") \
	X(TREE, "tree", FILES, \
	  "parents and children: sessions, what was released and received, and its views") \
	X(PASSWORD, "password", FILES, "PBKDF2 of passwords")

#define X(name, text, kind, duty) THREAD_##name,
typedef enum { THREAD_ROWS(X) THREAD_COUNT } thread_t;
#undef X
#endif
