/*
 * config_key: the baseline's plain options: what each may hold and where it
 * goes in struct config. One table, in the order of rampart.conf(5).
 */
#ifndef RAMPART_CONFIG_KEY_H
#define RAMPART_CONFIG_KEY_H

#include <stddef.h>

struct config;
struct conf_node;
struct diags;

size_t config_nr_keys(void);
const char *config_key_name(size_t i);

/* node: an option whose name is in the table. Faults go to diags. */
void config_set_key(struct config *config, const struct conf_node *node, struct diags *diags);

#endif
