/* Fault points of test builds; see fault.h. */
#include "base/fault.h"

#ifdef CG_FAULTS

#include <fcntl.h>
#include <glib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
trace(const char *path, const char *name)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
        return;
    g_autofree char *line = g_strconcat(name, "\n", NULL);
    if (write(fd, line, strlen(line)) < 0)
        g_printerr("fault trace: cannot write\n");
    close(fd);
}

void
cg_fault(const char *name)
{
    static GHashTable *reached = NULL; /* name -> times, as GINT_TO_POINTER */
    const char *trace_path = getenv("CG_FAULT_TRACE");
    if (trace_path != NULL)
        trace(trace_path, name);
    const char *wanted = getenv("CG_FAULT");
    if (wanted == NULL)
        return;
    if (reached == NULL)
        reached = g_hash_table_new(g_str_hash, g_str_equal);
    int times = GPOINTER_TO_INT(g_hash_table_lookup(reached, name)) + 1;
    g_hash_table_insert(reached, (void *)name, GINT_TO_POINTER(times));

    g_auto(GStrv) parts = g_strsplit(wanted, ":", 3);
    if (parts[0] == NULL || strcmp(parts[0], name) != 0)
        return;
    int when = 1;
    double seconds = -1;
    for (char **part = parts + 1; *part != NULL; part++) {
        if (g_str_has_prefix(*part, "sleep="))
            seconds = g_ascii_strtod(*part + strlen("sleep="), NULL);
        else
            when = (int)g_ascii_strtoll(*part, NULL, 10);
    }
    if (times != when)
        return;
    if (seconds >= 0)
        g_usleep((unsigned long)(seconds * G_USEC_PER_SEC));
    else
        raise(SIGKILL);
}

#else
typedef int cg_fault_is_empty; /* ISO C forbids an empty translation unit */
#endif
