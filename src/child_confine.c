#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base.h"
#include "child.h"

static const unsigned int kept[] = { CAP_NET_ADMIN, CAP_NET_RAW };

static bool is_kept(unsigned int capability)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (kept[i] == capability)
			return true;
	return false;
}

/* From inheritable and permitted into the ambient set: so they are still there after exec. */
static int keep_capabilities(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		data[0].permitted |= 1u << kept[i];
	data[0].effective = data[0].inheritable = data[0].permitted;
	if (syscall(SYS_capset, &header, data) < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kept[i], 0, 0) < 0)
			return -1;
	return 0;
}

int child_confine(const struct child_confinement *confine)
{
	const struct rlimit none = { 0, 0 };

	if (chdir(confine->cwd) < 0 && chdir("/") < 0)
		return -1;
	for (unsigned int i = 0; i <= CAP_LAST_CAP; i++)
		if (!is_kept(i) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0 && errno != EINVAL)
			return -1;
	/* an ordinary user's namespace allows no setgroups(), and there is nothing to lose */
	if (setgroups(0, NULL) < 0 && errno != EPERM)
		return -1;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 ||
	    setresgid(confine->uid, confine->uid, confine->uid) < 0 ||
	    setresuid(confine->uid, confine->uid, confine->uid) < 0 || keep_capabilities() < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	/* a change of uid takes the wish away */
	prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0);
	return setrlimit(RLIMIT_NPROC, &none);
}
