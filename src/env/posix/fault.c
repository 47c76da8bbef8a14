/* SPDX-License-Identifier: Apache-2.0 */
/* A mapped file that somebody cuts, or whose disk fails, kills who reads it: the
 * system has no page to give and sends SIGBUS. Here the page becomes zeros instead,
 * so that the reader goes on, finds a checksum that does not hold, and says so.
 *
 * The handler knows nothing of who mapped what: an address without a page behind it
 * is always one of a mapped file. Any other reason for the signal ends the process
 * as before. */
#include "env/posix/impl.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static void on_fault(int number, siginfo_t *info, void *context)
{
	(void)context;
	int kept = errno;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uint8_t *at = info->si_addr;
	at -= (uintptr_t)at % page;
	bool is_mended = info->si_code == BUS_ADRERR &&
	                 mmap(at, page, PROT_READ | PROT_WRITE,
	                      MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
	if (!is_mended)
		(void)signal(number, SIG_DFL); /* the access is tried again, and ends the process */
	errno = kept;
}

void posix_fault_catch(void)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	(void)sigemptyset(&action.sa_mask);
	(void)sigaction(SIGBUS, &action, NULL);
}
