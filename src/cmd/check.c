/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/certificate.h"
#include "base/text.h"
#include "config/config.h"
#include "env/posix/posix.h"

/* Reads a configuration and says what is wrong with it; the same check runs at
 * every start and reload. */

enum { DUMP_BYTES = 4 << 20 };

static int print_dump(const config_t *config)
{
	static const char refused[] = "the configuration is too long to print";
	uint8_t *buf = malloc(DUMP_BYTES);
	if (!buf)
		return cmd_fail_plain(ERR_NO_MEMORY, "");
	writer_t w = writer_of(buf, DUMP_BYTES);
	config_dump(config, &w);
	int code = w.bad ? cmd_fail_plain(ERR_TOO_BIG, refused) : 0;
	if (!w.bad)
		fwrite(buf, 1, w.len, stdout);
	free(buf);
	return code;
}

static const err_text_t text_ages[] = {
	[CERTIFICATE_EARLY] = { { "the certificate is valid only from %1", "证书自 %1 起才有效" },
	                        { "check the clock of this machine", "请检查本机时钟" } },
	[CERTIFICATE_ENDING] = { { "the certificate is valid only until %1", "证书有效期仅至 %1" },
	                         { "renew it", "请更新证书" } },
	[CERTIFICATE_ENDED] = { { "the certificate expired at %1", "证书已于 %1 过期" },
	                        { "renew it", "请更新证书" } },
};

static void warn(const err_detail_t *detail)
{
	char text[1024];
	fprintf(stderr, "jizhu: warning: %s\n", err_render(detail, cmd_lang(), text, sizeof(text)));
}

static void warn_of_age(env_t *env, const certificate_t *certificate)
{
	char time[TIME_TEXT_MAX];
	err_detail_t detail;
	const env_x509_t *info = &certificate->info;
	certificate_age_t age = certificate_age(info, env_utc(env).ns);
	if (age == CERTIFICATE_VALID)
		return;
	int64_t at_ns = age == CERTIFICATE_EARLY ? info->not_before_ns : info->not_after_ns;
	(void)!err_raise(&detail, ERR_CONFIG, &text_ages[age], certificate->certificate_path,
	                 time_format(at_ns, time), (char *)NULL);
	warn(&detail);
}

/* A warning only: the files may be another user's to read, and the node's own pair is
 * made when it starts. */
static void check_certificate(env_t *env, const config_t *config)
{
	certificate_files_t files = { .certificate = config->tls.certificate,
		                      .key = config->tls.key,
		                      .keys_dir = "",
		                      .ip = config->http.ip };
	certificate_t *certificate = NULL;
	err_detail_t detail;
	if (!config_is_secure(config) || !files.certificate[0])
		return;
	if (certificate_load(env, &files, &certificate, &detail))
		warn(&detail);
	else
		warn_of_age(env, certificate);
	certificate_free(certificate);
}

static int report(const char *path, const config_t *config)
{
	size_t points = 0;
	for (size_t i = 0; i < config->device_count; i++)
		points += config->devices[i].point_count;
	printf("%s: good. %zu devices, %zu points, prefix %s\n", path, config->device_count, points,
	       config->node.prefix);
	return 0;
}

int cmd_check(int argc, char **argv)
{
	bool dump = false;
	int rest;
	const option_t options[] = {
		{ "dump", NULL, "print it with every default filled in", OPTION_FLAG, &dump },
		{ 0 },
	};
	err_detail_t detail;
	int stop = cmd_options(options, argc, argv, &rest);
	if (stop >= 0)
		return stop;
	const char *path = rest > 0 ? argv[0] : "jizhu.yaml";
	env_t *env = NULL;
	config_t *config = NULL;
	err_t err = cmd_world(&env);
	if (err)
		return cmd_fail_plain(err, "");
	err = config_load(env, path, &config, &detail);
	if (!err)
		check_certificate(env, config);
	int code = err ? cmd_fail(&detail) : dump ? print_dump(config) : report(path, config);
	config_free(config);
	posix_env_close(env);
	return code;
}
