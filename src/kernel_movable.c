#include "base.h"
#include "kernel_movable.h"

bool extension_is_movable(const char *name)
{
	static const char *const of_namespace[] = { "set", "SET", "bpf" };

	for (size_t i = 0; i < ARRAY_SIZE(of_namespace); i++)
		if (str_equal(name, of_namespace[i]))
			return false;
	return true;
}
