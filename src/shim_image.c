#include "base.h"
#include "shim.h"

#ifndef SHIM_FILE
#define SHIM_FILE "/dev/null" /* for tools that only read this */
#endif

/* The built stand-in, as it is: SHIM_FILE is its path, given by the Makefile. */
__asm__(".section .rodata\n"
	".global shim_image\n"
	".balign 16\n"
	"shim_image:\n"
	".incbin \"" SHIM_FILE "\"\n"
	".global shim_image_end\n"
	"shim_image_end:\n"
	".byte 0\n"
	".previous\n");
