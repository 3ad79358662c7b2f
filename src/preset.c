#include "base.h"
#include "preset.h"
#include "patterns.h"

struct preset {
	const char *name;
	const char *chains[10];
	const char *rules[12];
};

static const struct preset presets[] = {
	{ "docker",
	  { "DOCKER*" },
	  /* the default bridge docker0, and br-<12 hex digits> of user-made networks */
	  { "-A FORWARD * docker0 *", "-A FORWARD * br-[0-9a-f]??????????? *",
	    "-A POSTROUTING -s * ! -o docker0 -j MASQUERADE",
	    "-A POSTROUTING -s * ! -o br-[0-9a-f]??????????? -j MASQUERADE",
	    "-A POSTROUTING -o docker0 -m addrtype --src-type LOCAL -j MASQUERADE",
	    "-A POSTROUTING -o br-[0-9a-f]??????????? -m addrtype --src-type LOCAL -j MASQUERADE",
	    /* a published port that a container reaches by way of the host */
	    "-A POSTROUTING -s */32 -d */32 -p * --dport * -j MASQUERADE",
	    "-A POSTROUTING -s */128 -d */128 -p * --dport * -j MASQUERADE" } },
	{ "fail2ban", { "f2b-*", "fail2ban-*" }, { NULL } },
	{ "kubernetes",
	  { "KUBE-*", "cali-*", "CNI-*", "FLANNEL-*", "WEAVE*", "CILIUM_*" },
	  { "* --comment \"kubernetes *", "* --comment \"flanneld *", "* --comment \"cali:*",
	    "-A FORWARD * cni0 *", "-A FORWARD -s * -m comment --comment \"*flannel*" } },
	{ "libvirt",
	  { "LIBVIRT_*" },
	  { "-A INPUT -i virbr[0-9]* *", "-A OUTPUT -o virbr[0-9]* *", "-A FORWARD * virbr[0-9]* *",
	    "-A POSTROUTING -o virbr[0-9]* *", "-A POSTROUTING -s 192.168.122.0/24 *" } },
};

static const struct preset *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(presets); i++)
		if (str_equal(presets[i].name, name))
			return &presets[i];
	return NULL;
}

bool preset_find(const char *name)
{
	return find(name) != NULL;
}

void preset_add(const char *name, struct patterns *chains, struct patterns *rules)
{
	const struct preset *preset = find(name);

	for (const char *const *p = preset->chains; *p; p++)
		patterns_add(chains, *p);
	for (const char *const *p = preset->rules; *p; p++)
		patterns_add(rules, *p);
}
