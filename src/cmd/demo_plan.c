/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/demo_plan.h"

#include "model/time.h"

static int64_t share(int64_t run_ns, int64_t seconds)
{
	return run_ns / 60 * seconds;
}

demo_plan_t demo_plan_of(int64_t run_ns)
{
	int64_t scale = run_ns ? run_ns : 60 * NS_PER_S;
	if (scale < 20 * NS_PER_S)
		scale = 20 * NS_PER_S;
	if (scale > 60 * NS_PER_S)
		scale = 60 * NS_PER_S;
	return (demo_plan_t){
		.run_ns = run_ns,
		.learn_ns = share(scale, 25),
		.attack_ns = share(scale, 30),
		.attack_span_ns = share(scale, 12),
	};
}

void demo_config_yaml(const demo_config_t *demo, writer_t *w)
{
	char http[ADDR_TEXT_MAX], handle[ADDR_TEXT_MAX];
	wr_format(w, "node:\n"
	             "  name: demo-plant\n"
	             "  label: {en: \"Demo battery plant\", zh: \"演示电池工厂\"}\n"
	             "  prefix: 99.100.1\n"
	             "  level: enterprise\n");
	wr_format(w, "data: %s\nuser: nobody\n", demo->data_dir);
	wr_format(w, "listen:\n  http: \"%s\"\n  handle: [\"%s\"]\n", addr_format(demo->http, http),
	          addr_format(demo->handle, handle));
	sim_config_yaml(demo->sim, demo->capture, demo->learn_ns, w);
	wr_u8(w, 0);
}
