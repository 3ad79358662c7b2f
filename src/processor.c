#include "base.h"
#include "processor.h"
#include "text.h"

enum { NONE_CHOSEN = -1, NOT_HERE = -2, FASTEST = 1024 /* cpu_capacity: ABI/testing of Linux */ };

/* Where some are slower than others the kernel moves work that turns out to be much to a fast one:
 * who can't be moved must be on such a one. Most machines do not say, since all are the same. */
static bool is_slow(int number)
{
	char path[64], text[32] = "";
	unsigned long capacity;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/cpu_capacity", number);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fgets(text, sizeof(text), file))
		text[strcspn(text, "\n")] = '\0';
	fclose(file);
	return text_number(text, 0, FASTEST - 1, &capacity) == 0;
}

static int choose(void)
{
	int number = sched_getcpu();

	/* a machine may have more of them than a set has room for */
	return number < 0 || number >= CPU_SETSIZE || is_slow(number) ? NOT_HERE : number;
}

void processor_stay(struct processor *processor)
{
	cpu_set_t only;

	if (processor->number == NONE_CHOSEN)
		processor->number = choose();
	if (processor->number == NOT_HERE ||
	    sched_getaffinity(0, sizeof(processor->before), &processor->before) < 0)
		return;
	CPU_ZERO(&only);
	CPU_SET((size_t)processor->number, &only);
	processor->stays = sched_setaffinity(0, sizeof(only), &only) == 0;
}

void processor_leave(struct processor *processor)
{
	if (processor->stays)
		(void)sched_setaffinity(0, sizeof(processor->before), &processor->before);
	processor->stays = false;
}
