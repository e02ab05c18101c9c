/* What a piece of code writes to stdout or stderr, with a terminal behind them or without one. */
#ifndef CG_TESTS_LIB_CAPTURE_H
#define CG_TESTS_LIB_CAPTURE_H

#include <stdio.h>

/* Runs body(data) with `stream` (stdout or stderr) going to a terminal of so many columns, or with
 * 0 to a file. Returns what came out, allocated. A terminal holds at most about 4,000 bytes. */
char *test_capture(FILE *stream, unsigned columns, void (*body)(void *data), void *data);

#endif
