/* SPDX-License-Identifier: Apache-2.0 */
/* Processors for which no kernel is compiled more than once. */
#include "env/ops.h"

isa_t isa_of_machine(env_t *env)
{
	(void)env;
	return ISA_PLAIN;
}
