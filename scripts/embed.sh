#!/bin/sh
# Turns the files named on the command line into a C table (base/embed.h) on standard output.
# Every byte is written as an octal escape: nothing in a file can then mean anything to a compiler
# (quotes, trigraphs, CRLF, NUL), and three digits cannot run into a digit that follows.
set -eu
LC_ALL=C
export LC_ALL
echo '/* Written by scripts/embed.sh. */'
echo '#include "base/embed.h"'
echo 'const CgEmbedded cg_embedded[] = {'
[ $# -eq 0 ] || printf '%s\n' "$@" | sort -u | while IFS= read -r path; do
    printf '{ "%s",\n""' "$path"
    od -An -v -to1 "$path" | sed 's/ /\\/g; s/^/"/; s/$/"/'
    printf ', %d },\n' "$(wc -c <"$path")"
done
echo '{ NULL, NULL, 0 } };'
echo 'const size_t cg_n_embedded = sizeof cg_embedded / sizeof *cg_embedded - 1;'
