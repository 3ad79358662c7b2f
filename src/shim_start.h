/*
 * shim_start: how shim.c begins and calls the kernel on this machine: call(nr, a, b, c, d) or with
 * a fifth argument. Machines that are not known here take the C library, and its time to start.
 * Source: the psABI of each machine; syscall(2), section "Architecture calling conventions".
 */
#ifndef RAMPART_SHIM_START_H
#define RAMPART_SHIM_START_H

int shim_main(int argc, char **argv, char **env, const char *execfn);

#define call5(nr, a, b, c, d, e, ...) \
	kernel((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e))
#define call(...) call5(__VA_ARGS__, 0, 0)

#if defined(__x86_64__) || defined(__aarch64__) || (defined(__riscv) && __riscv_xlen == 64)

#include <asm/unistd.h>

enum { AUXV_EXECFN = 31 }; /* AT_EXECFN: getauxval(3) */

#if defined(__x86_64__)
static long kernel(long nr, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return ret;
}
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n"
	"\tcall shim_begin\n");
#elif defined(__aarch64__)
static long kernel(long nr, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
}
__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tmov x0, sp\n\tand sp, x0, #-16\n"
	"\tbl shim_begin\n");
#else
static long kernel(long nr, long a, long b, long c, long d, long e)
{
	register long a7 __asm__("a7") = nr;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;

	__asm__ volatile("ecall"
			 : "+r"(a0)
			 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4)
			 : "memory");
	return a0;
}
__asm__(".globl _start\n_start:\n\tmv a0, sp\n\tandi sp, sp, -16\n\tcall shim_begin\n");
#endif

/* The kernel leaves argc, argv, the environment and pairs of numbers on the stack: elf(5). */
void __attribute__((used, noreturn)) shim_begin(long *stack);
void shim_begin(long *stack)
{
	char **argv = (char **)(stack + 1), **env = argv + *stack + 1, **end = env;
	const char *execfn = "";

	while (*end)
		end++;
	for (const long *pair = (const long *)(end + 1); pair[0]; pair += 2)
		if (pair[0] == AUXV_EXECFN)
			execfn = (const char *)pair[1]; /* NOLINT(performance-no-int-to-ptr) */
	for (;;)
		kernel(__NR_exit_group, shim_main((int)*stack, argv, env, execfn), 0, 0, 0, 0);
}

#else

#include <errno.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

static long kernel(long nr, long a, long b, long c, long d, long e)
{
	long ret = syscall(nr, a, b, c, d, e);

	return ret < 0 ? -errno : ret;
}

int main(int argc, char **argv)
{
	return shim_main(argc, argv, environ, (const char *)getauxval(AT_EXECFN));
}

#endif

#endif
