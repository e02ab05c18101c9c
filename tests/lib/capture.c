/* Redirection of a stream within this process; see capture.h. */
#include "tests/lib/capture.h"

#include <fcntl.h>
#include <glib.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* The master's side; the slave's, raw, in *out_slave. */
static int
open_terminal(unsigned columns, int *out_slave)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
    char name[64];
    struct termios settings;
    struct winsize size = { .ws_row = 24, .ws_col = (unsigned short)columns };
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0 ||
        ptsname_r(master, name, sizeof name) != 0)
        g_error("no terminal to be had");
    *out_slave = open(name, O_RDWR | O_NOCTTY);
    tcgetattr(*out_slave, &settings);
    cfmakeraw(&settings);
    tcsetattr(*out_slave, TCSANOW, &settings);
    ioctl(*out_slave, TIOCSWINSZ, &size);
    return master;
}

static int
open_file(int *out_writer)
{
    FILE *file = tmpfile();
    if (file == NULL)
        g_error("no temporary file to be had");
    int reader = dup(fileno(file));
    *out_writer = dup(reader);
    fclose(file);
    return reader;
}

static char *
read_all(int fd)
{
    GString *text = g_string_new(NULL);
    char chunk[4096];
    ssize_t n = 0;
    while ((n = read(fd, chunk, sizeof chunk)) > 0)
        g_string_append_len(text, chunk, n);
    return g_string_free(text, FALSE);
}

char *
test_capture(FILE *stream, unsigned columns, void (*body)(void *data), void *data)
{
    int writer = -1;
    int reader = columns > 0 ? open_terminal(columns, &writer) : open_file(&writer);
    fflush(stream);
    int saved = dup(fileno(stream));
    dup2(writer, fileno(stream));
    body(data);
    fflush(stream);
    dup2(saved, fileno(stream));
    close(saved);
    if (columns == 0)
        lseek(reader, 0, SEEK_SET);
    char *text = read_all(reader);
    close(writer);
    close(reader);
    return text;
}
