/*
 * template_parse: the text of a template: its help, its parameters, its body.
 */
#ifndef RAMPART_TEMPLATE_PARSE_H
#define RAMPART_TEMPLATE_PARSE_H

struct arena;
struct diags;
struct template;

/* In: name, path and body (the whole file). Fills in the rest. -1 after adding to diags. */
int template_parse(struct template *template, struct arena *arena, struct diags *diags);

#endif
