/*
 * kernel_netns: this process in another network namespace for a moment, to open a socket there,
 * which stays one of that namespace.
 */
#ifndef RAMPART_KERNEL_NETNS_H
#define RAMPART_KERNEL_NETNS_H

/* What kernel_netns_leave() takes; -1 with errno set: it is where it was. */
int kernel_netns_enter(int netns);
/* errno stays what it was. */
void kernel_netns_leave(int here);

#endif
