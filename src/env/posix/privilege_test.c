/* SPDX-License-Identifier: Apache-2.0 */
/* Giving rights up is for good, so each case does it in a child of its own. */
#include "env/posix/fixture.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { NOBODY = 65534, OTHER = 12345 };

static void make_file(const world_t *world, const char *name)
{
	char path[256];
	assert_int_equal(env_file_save(world->env, world_path(world, name, path), SLICE("x")),
	                 ERR_OK);
}

static uid_t owner_of(const world_t *world, const char *name)
{
	char path[256];
	struct stat st;
	assert_int_equal(lstat(world_path(world, name, path), &st), 0);
	return st.st_uid;
}

/* What the child finds; 0 when all is as it should be. */
static int child_main(const world_t *world)
{
	char path[256], status[4096] = "";
	size_t len = 0;
	if (posix_drop_privileges(world->env, "nobody", world->folder) != ERR_OK)
		return 1;
	if (geteuid() != NOBODY || getuid() != NOBODY || getgroups(0, NULL) != 0)
		return 2;
	if (setuid(0) == 0)
		return 3;
	if (env_file_save(world->env, world_path(world, "state", path), SLICE("mine")) != ERR_OK)
		return 4;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t got = read(fd, status, sizeof(status) - 1);
	len = got > 0 ? (size_t)got : 0;
	slice_t all = slice_of(status, len);
	if (!slice_holds(all, SLICE("CapEff:\t0000000000000000\n")) ||
	    !slice_holds(all, SLICE("CapPrm:\t0000000000000000\n")) ||
	    !slice_holds(all, SLICE("NoNewPrivs:\t1\n")))
		return 5;
	return 0;
}

static void root_gives_its_folder_and_itself_away(void **state)
{
	const world_t *world = *state;
	char path[256], other[256];
	if (geteuid() != 0)
		skip();
	make_file(world, "state");
	make_file(world, "linked");
	make_file(world, "foreign");
	assert_int_equal(env_dir_make(world->env, world_path(world, "journal", path)), ERR_OK);
	make_file(world, "journal/0001");
	world_path(world, "linked", path);
	assert_int_equal(link(path, world_path(world, "linked too", other)), 0);
	assert_int_equal(chown(world_path(world, "foreign", path), OTHER, OTHER), 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(child_main(world));
	int status = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(owner_of(world, "."), NOBODY);
	assert_int_equal(owner_of(world, "state"), NOBODY);
	assert_int_equal(owner_of(world, "journal/0001"), NOBODY);
	assert_int_equal(owner_of(world, "foreign"), OTHER);
	assert_int_equal(owner_of(world, "linked"), 0);
}

/* A user of this machine who is in more groups than the own one, other than root. */
static const struct group *somebodys_group(char user[64])
{
	const struct group *group;
	setgrent();
	while ((group = getgrent()) != NULL) {
		const struct passwd *entry = group->gr_mem[0] ? getpwnam(group->gr_mem[0]) : NULL;
		if (!entry || entry->pw_uid == 0 || entry->pw_gid == group->gr_gid)
			continue;
		(void)snprintf(user, 64, "%s", entry->pw_name);
		return group;
	}
	return NULL;
}

static bool is_in(gid_t gid)
{
	gid_t list[64];
	int count = getgroups(64, list);
	for (int i = 0; i < count; i++)
		if (list[i] == gid)
			return true;
	return false;
}

static void the_groups_of_the_user_are_kept(void **state)
{
	const world_t *world = *state;
	char user[64];
	const struct group *group = geteuid() == 0 ? somebodys_group(user) : NULL;
	if (!group)
		skip();
	gid_t gid = group->gr_gid;
	pid_t pid = fork();
	if (pid == 0) {
		err_t err = posix_drop_privileges(world->env, user, world->folder);
		_exit(err == ERR_OK && is_in(gid) && !is_in(0) ? 0 : 1);
	}
	int status = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void unknown_user_is_not_found(void **state)
{
	const world_t *world = *state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(posix_drop_privileges(world->env, "no-such-user-here", world->folder),
	                 ERR_NOT_FOUND);
	assert_int_equal(geteuid(), 0);
}

static void ordinary_user_keeps_going(void **state)
{
	const world_t *world = *state;
	pid_t pid = fork();
	if (pid == 0) {
		bool became = geteuid() != 0 || setuid(NOBODY) == 0;
		_exit(became && posix_drop_privileges(world->env, "nobody", "/") == ERR_OK ? 0 : 1);
	}
	int status = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(root_gives_its_folder_and_itself_away),
		WORLD_TEST(the_groups_of_the_user_are_kept),
		WORLD_TEST(unknown_user_is_not_found),
		WORLD_TEST(ordinary_user_keeps_going),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
