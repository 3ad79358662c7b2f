#include "base.h"
#include "preset.h"
#include "patterns.h"

struct preset {
	const char *name;
	const char *chains[10]; /* the last one NULL */
	const char *rules[20];	/* the last one NULL */
};

static const struct preset presets[] = {
	{ "docker",
	  { "DOCKER*" },
	  /* the default bridge docker0, br-<12 hex digits> of user-made networks, and
	   * docker_gwbridge of a swarm's node */
	  { "-A FORWARD * docker0 *", "-A FORWARD * br-[0-9a-f]??????????? *",
	    "-A FORWARD * docker_gwbridge *",
	    "-A FORWARD -m set --match-set docker-ext-bridges-v[46] dst *",
	    "-A POSTROUTING -s * ! -o docker0 -j MASQUERADE",
	    "-A POSTROUTING -s * ! -o br-[0-9a-f]??????????? -j MASQUERADE",
	    "-A POSTROUTING -s * ! -o docker_gwbridge -j MASQUERADE",
	    "-A POSTROUTING -o docker0 -m addrtype --src-type LOCAL -j MASQUERADE",
	    "-A POSTROUTING -o br-[0-9a-f]??????????? -m addrtype --src-type LOCAL -j MASQUERADE",
	    "-A POSTROUTING -o docker_gwbridge -m addrtype --src-type LOCAL -j MASQUERADE",
	    /* a published port that a container reaches by way of the host */
	    "-A POSTROUTING -s */32 -d */32 -p * --dport * -j MASQUERADE",
	    "-A POSTROUTING -s */128 -d */128 -p * --dport * -j MASQUERADE",
	    /* of raw: containers, and ports published on loopback, are not reached from outside */
	    "-A PREROUTING -d */32 ! -i docker0 *", "-A PREROUTING -d */128 ! -i docker0 *",
	    "-A PREROUTING -d */32 ! -i br-[0-9a-f]??????????? *",
	    "-A PREROUTING -d */128 ! -i br-[0-9a-f]??????????? *",
	    "-A PREROUTING -d 127.0.0.1/32 ! -i lo -p * --dport * -j DROP",
	    "-A PREROUTING -d ::1/128 ! -i lo -p * --dport * -j DROP" } },
	{ "fail2ban",
	  { "f2b-*", "fail2ban-*" },
	  { "-A * --match-set f2b-* src *", "-A * --match-set fail2ban-* src *" } },
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
