/* SPDX-License-Identifier: Apache-2.0 */
/* Giving up rights, always for good. The C library's setres*id calls reach all
 * threads, the capability call only its own: hence "before threads". */
#include "env/posix/capture_impl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { GIVE_DEPTH_MAX = 16, GROUPS_MAX = 64 };

err_t posix_capabilities_drop(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &head, none) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return posix_err(errno);
	return ERR_OK;
}

/* The groups beside the own one. */
typedef struct {
	gid_t list[GROUPS_MAX];
	size_t count;
} groups_t;

static err_t identity_set(uid_t uid, gid_t gid, const groups_t *groups)
{
	if (setgroups(groups->count, groups->list) != 0 || setresgid(gid, gid, gid) != 0 ||
	    setresuid(uid, uid, uid) != 0)
		return posix_err(errno);
	/* A way back would make all of this a decoration. */
	if (uid != 0 && setuid(0) == 0)
		return ERR_INTERNAL;
	return ERR_OK;
}

err_t posix_identity_set(uid_t uid, gid_t gid)
{
	return identity_set(uid, gid, &(groups_t){ .count = 0 });
}

/* A user may open serial ports by being in their group. */
static err_t groups_of(const char *user, gid_t gid, groups_t *ret)
{
	gid_t all[GROUPS_MAX];
	int count = GROUPS_MAX;
	if (getgrouplist(user, gid, all, &count) < 0)
		return ERR_LIMIT;
	ret->count = 0;
	for (int i = 0; i < count; i++)
		if (all[i] != gid)
			ret->list[ret->count++] = all[i];
	return ERR_OK;
}

typedef struct {
	uid_t uid;
	gid_t gid;
} owner_t;

static err_t give_folder(int fd, owner_t to, int depth);

/* Only what root owns changes hands, and no file that has a second name: a link
 * placed there by the user must not give away a file of the system. */
static err_t give_entry(int folder, const char *name, owner_t to, int depth)
{
	struct stat st;
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return posix_err(errno);
	if (S_ISDIR(st.st_mode)) {
		int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		return fd < 0 ? posix_err(errno) : give_folder(fd, to, depth);
	}
	if (!S_ISREG(st.st_mode) || st.st_uid != 0 || st.st_nlink != 1)
		return ERR_OK;
	int rc = fchownat(folder, name, to.uid, to.gid, AT_SYMLINK_NOFOLLOW);
	return rc == 0 ? ERR_OK : posix_err(errno);
}

/* Takes `fd` over. */
static err_t give_folder(int fd, owner_t to, int depth)
{
	struct stat st;
	DIR *dir = depth > 0 ? fdopendir(fd) : NULL;
	if (!dir) {
		posix_close(&fd);
		return depth > 0 ? ERR_NO_MEMORY : ERR_LIMIT;
	}
	err_t err = fstat(fd, &st) == 0 ? ERR_OK : posix_err(errno);
	if (!err && st.st_uid == 0 && fchown(fd, to.uid, to.gid) != 0)
		err = posix_err(errno);
	struct dirent *entry = NULL;
	while (!err && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			err = give_entry(fd, entry->d_name, to, depth - 1);
	}
	(void)closedir(dir);
	return err;
}

/* Whether the folder can be found at all by somebody who is not root: asked while
 * the way back is still open. */
static bool is_reachable(const char *dir, uid_t uid)
{
	if (seteuid(uid) != 0)
		return false;
	bool reachable = faccessat(AT_FDCWD, dir, F_OK, AT_EACCESS) == 0;
	return seteuid(0) == 0 && reachable;
}

static err_t become(owner_t to, const groups_t *groups, const char *dir)
{
	if (!is_reachable(dir, to.uid))
		return ERR_DENIED;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return posix_err(errno);
	err_t err = give_folder(fd, to, GIVE_DEPTH_MAX);
	return err ? err : identity_set(to.uid, to.gid, groups);
}

err_t posix_drop_privileges(env_t *env, const char *user, const char *dir)
{
	(void)env;
	if (geteuid() != 0 || !user[0])
		return posix_capabilities_drop();
	const struct passwd *entry = getpwnam(user);
	if (!entry)
		return ERR_NOT_FOUND;
	owner_t owner = { entry->pw_uid, entry->pw_gid };
	groups_t groups;
	err_t err = groups_of(user, owner.gid, &groups);
	if (!err)
		err = become(owner, &groups, dir);
	return err ? err : posix_capabilities_drop();
}
