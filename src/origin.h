/*
 * origin: the file and line that something comes from, as shown in messages.
 * owns: nothing; the names live as long as the drop-in list or the config.
 */
#ifndef RAMPART_ORIGIN_H
#define RAMPART_ORIGIN_H

struct origin {
	const char *file;	  /* path as opened, less --root; NULL: no file */
	unsigned int line;	  /* 1-based; 0: the file as a whole */
	const struct origin *use; /* a template's line: where it is used; else NULL */
};

#define ORIGIN_NONE \
	{ \
		NULL, 0, NULL \
	}

#endif
