/*
 * banned: functions that are too easy to get wrong. Using one of them is a
 * compile error that names it. base.h includes this file last, after the
 * headers that declare them.
 */
#ifndef RAMPART_BANNED_H
#define RAMPART_BANNED_H

#define BANNED(func) sorry_##func##_is_a_banned_function

#undef strcpy
#define strcpy(d, s) BANNED(strcpy)
#undef strcat
#define strcat(d, s) BANNED(strcat)
#undef strncpy
#define strncpy(d, s, n) BANNED(strncpy)
#undef strncat
#define strncat(d, s, n) BANNED(strncat)
#undef strtok
#define strtok(s, d) BANNED(strtok)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef atoi
#define atoi(s) BANNED(atoi)
#undef atol
#define atol(s) BANNED(atol)
#undef atoll
#define atoll(s) BANNED(atoll)
#undef system
#define system(s) BANNED(system)
#undef popen
#define popen(s, m) BANNED(popen)
#undef gets
#define gets(s) BANNED(gets)
#undef mktemp
#define mktemp(s) BANNED(mktemp)
#undef tmpnam
#define tmpnam(s) BANNED(tmpnam)

#endif
