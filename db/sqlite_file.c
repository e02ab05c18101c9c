/*
 * SQLite: what concerns the file. The run lock, the copy, the change counter.
 *
 * The lock is an open file description lock (F_OFD_SETLK) on a file beside the database: the kernel
 * releases it when its holder dies, so there is no stale lock to break. It can be asked for without
 * being taken, which flock() cannot. The file is removed on release; who locked a file that is no
 * longer the one at its path tries again. A killed holder leaves it: it therefore has the owner,
 * group and mode of the database, as SQLite's own side files do, so that who may write the database
 * may lock it, whoever made the file.
 */
#include "db/sqlite.h"

#include "base/term.h"
#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKUP_PATIENCE_S = 30 };

typedef struct {
    int fd;
    char *path;
} Held;

/* Two names of one file must give one lock. */
static char *
database_path(CgDb *db)
{
    const char *path = db->address != NULL ? cg_address_path(db->address) : ":memory:";
    char *resolved = realpath(path, NULL);
    if (resolved == NULL)
        return g_strdup(path);
    char *copy = g_strdup(resolved);
    free(resolved);
    return copy;
}

static char *
lock_path(CgDb *db, const char *name)
{
    g_autofree char *path = database_path(db);
    return g_strdup_printf("%s-cg-%s.lock", path, name);
}

static bool
lock_error(const char *path, GError **error)
{
    int code = errno;
    bool exists = access(path, F_OK) == 0;
    cg_db_error_set(error, CG_DB_ERROR_READ_ONLY, NULL, NULL,
                    exists ? "run as the user that Cinder runs as, or remove the file when no run "
                             "is under way"
                           : "the folder of the database must be writable for the lock file",
                    -1, "cannot %s the lock file \"%s\": %s", exists ? "open" : "make", path,
                    g_strerror(code));
    return false;
}

/* Only root can give a file away; others can to a group that they are in. */
static void
copy_rights(CgDb *db, int fd)
{
    struct stat st;
    if (db->address == NULL || stat(cg_address_path(db->address), &st) != 0)
        return;
    bool ok = fchmod(fd, st.st_mode & 0666) == 0 &&
              (fchown(fd, st.st_uid, st.st_gid) == 0 || fchown(fd, (uid_t)-1, st.st_gid) == 0);
    if (!ok) /* whoever it keeps out is told of the file */
        return;
}

/* The file may come and go between two looks at it, and has its rights a moment after it came. */
static int
open_lock_file(CgDb *db, const char *path)
{
    enum { FLAGS = O_RDWR | O_CLOEXEC | O_NOFOLLOW, LOOKS = 20 };
    int fd = -1;
    for (int look = 0; fd < 0 && look < LOOKS; look++) {
        fd = open(path, FLAGS | O_CREAT | O_EXCL, 0600);
        if (fd >= 0)
            copy_rights(db, fd);
        else if (errno == EEXIST)
            fd = open(path, FLAGS);
        if (fd < 0 && errno == EACCES)
            g_usleep(1000);
        else if (fd < 0 && errno != ENOENT)
            break;
    }
    return fd;
}

static bool
is_at_path(int fd, const char *path)
{
    struct stat mine, there;
    return fstat(fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino &&
           mine.st_dev == there.st_dev;
}

/* F_OFD_SETLK takes it, F_OFD_GETLK only asks; true when it was, or could be, had. */
static bool
lock_file(int fd, int command)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    return fcntl(fd, command, &lock) == 0 && (command == F_OFD_SETLK || lock.l_type == F_UNLCK);
}

static char *
read_holder(int fd)
{
    char text[512];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    if (n <= 0)
        return NULL;
    g_autofree char *valid = g_utf8_make_valid(text, n);
    return g_strdup(g_strstrip(valid));
}

static void
write_holder(int fd)
{
    char now[CG_TIME_TEXT_SIZE];
    g_autofree char *text =
        g_strdup_printf("pid %d, %s on %s, user %s, since %.19s UTC\n", (int)getpid(),
                        g_get_prgname() != NULL ? g_get_prgname() : "a program", g_get_host_name(),
                        g_get_user_name(), cg_time_format(cg_time_now(), now));
    /* The text only serves people: a full disk must not keep the lock from being had. */
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, strlen(text), 0) < 0)
        return;
}

bool
cg_sqlite_try_lock(CgDb *db, const char *name, void **out_held, char **out_holder, GError **error)
{
    g_autofree char *path = lock_path(db, name);
    int fd = open_lock_file(db, path);
    if (fd < 0)
        return lock_error(path, error);
    if (!lock_file(fd, F_OFD_SETLK) || !is_at_path(fd, path)) {
        *out_holder = read_holder(fd);
        close(fd);
        return true;
    }
    write_holder(fd);
    Held *held = g_new(Held, 1);
    *held = (Held){ .fd = fd, .path = g_steal_pointer(&path) };
    *out_held = held;
    return true;
}

bool
cg_sqlite_check_lock(CgDb *db G_GNUC_UNUSED, const char *name, void *held, GError **error)
{
    const Held *self = held;
    if (is_at_path(self->fd, self->path))
        return true;
    cg_db_error_set(error, CG_DB_ERROR_BUSY, NULL, NULL, "run the command again", -1,
                    "the lock \"%s\" was lost: somebody removed \"%s\"", name, self->path);
    return false;
}

void
cg_sqlite_unlock(CgDb *db G_GNUC_UNUSED, const char *name G_GNUC_UNUSED, void *held)
{
    Held *self = held;
    if (is_at_path(self->fd, self->path))
        unlink(self->path);
    close(self->fd);
    g_free(self->path);
    g_free(self);
}

char *
cg_sqlite_lock_holder(CgDb *db, const char *name, GError **error G_GNUC_UNUSED)
{
    g_autofree char *path = lock_path(db, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    char *holder = !lock_file(fd, F_OFD_GETLK) ? read_holder(fd) : NULL;
    close(fd);
    return holder;
}

/* ---- copy ---- */

/* A name with the time in it; several copies within a second are numbered. */
static char *
backup_path(CgDb *db, const char *label, unsigned number)
{
    g_autofree char *path = database_path(db);
    char now[CG_TIME_TEXT_SIZE];
    cg_time_format(cg_time_now(), now);
    g_autofree char *day = g_strdup_printf("%.4s%.2s%.2s", now, now + 5, now + 8);
    g_autofree char *hour = g_strdup_printf("%.2s%.2s%.2s", now + 11, now + 14, now + 17);
    g_autofree char *suffix = number > 1 ? g_strdup_printf("-%u", number) : g_strdup("");
    return g_strdup_printf("%s.%s-%sT%s%s.bak", path, label, day, hour, suffix);
}

static int
create_new(CgDb *db, const char *label, mode_t mode, char **out_path)
{
    int fd = -1;
    for (unsigned number = 1; fd < 0 && number < 1000; number++) {
        g_free(*out_path);
        *out_path = backup_path(db, label, number);
        fd = open(*out_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    return fd;
}

/* An empty file of ours, with the rights of the original: it holds the same secrets. */
static bool
create_copy(CgDb *db, const char *label, char **out_path, GError **error)
{
    struct stat st = { .st_mode = 0600, .st_uid = geteuid(), .st_gid = getegid() };
    bool known = stat(cg_address_path(db->address), &st) == 0;
    mode_t mode = known ? st.st_mode & 0777 : 0600;
    int fd = create_new(db, label, mode, out_path);
    if (fd < 0) {
        cg_db_error_set(error, CG_DB_ERROR_FULL, NULL, NULL,
                        "make room or rights there, or go without a copy (--no-backup)", -1,
                        "cannot make the copy \"%s\": %s", *out_path, g_strerror(errno));
        return false;
    }
    if (known && fchown(fd, st.st_uid, st.st_gid) != 0 && fchmod(fd, mode & 0700) != 0)
        unlink(*out_path);
    close(fd);
    return true;
}

static bool
is_busy(int code)
{
    return code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

/* Until all is copied, or nothing could be for too long, or the user has had enough. */
static int
step_to_the_end(sqlite3_backup *backup)
{
    gint64 moved = g_get_monotonic_time();
    int code = SQLITE_OK;
    while (code == SQLITE_OK || is_busy(code)) {
        if (cg_interrupted())
            return SQLITE_INTERRUPT;
        code = sqlite3_backup_step(backup, 1000);
        if (code == SQLITE_OK)
            moved = g_get_monotonic_time();
        if (is_busy(code) && g_get_monotonic_time() - moved > BACKUP_PATIENCE_S * G_USEC_PER_SEC)
            return code;
        if (is_busy(code))
            sqlite3_sleep(20);
    }
    return code;
}

static bool
copy_pages(CgDb *db, sqlite3 *target, const char *path, GError **error)
{
    sqlite3_backup *backup = sqlite3_backup_init(target, "main", cg_sqlite(db)->handle, "main");
    int code = backup != NULL ? step_to_the_end(backup) : sqlite3_errcode(target);
    sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE)
        return true;
    if (code == SQLITE_INTERRUPT)
        cg_error_set(error, CG_EXIT_INTERRUPTED, "nothing was changed",
                     "interrupted while copying the database");
    else
        cg_db_error_set(error, is_busy(code) ? CG_DB_ERROR_BUSY : CG_DB_ERROR_FULL, NULL, NULL,
                        NULL, -1, "cannot copy to \"%s\": %s", path, sqlite3_errstr(code));
    return false;
}

bool
cg_sqlite_backup(CgDb *db, const char *label, char **out_path, GError **error)
{
    g_autofree char *path = NULL;
    if (!create_copy(db, label, &path, error))
        return false;
    sqlite3 *target = NULL;
    int code = sqlite3_open_v2(path, &target, SQLITE_OPEN_READWRITE, NULL);
    bool ok = code == SQLITE_OK && copy_pages(db, target, path, error);
    if (code != SQLITE_OK)
        cg_db_error_set(error, CG_DB_ERROR_FULL, NULL, NULL, NULL, -1, "cannot open \"%s\": %s",
                        path, sqlite3_errstr(code));
    sqlite3_close_v2(target);
    if (!ok) {
        unlink(path);
        return false;
    }
    *out_path = g_steal_pointer(&path);
    return true;
}

/* ---- position ---- */

/*
 * The file change counter, bytes 24 to 27 of the header (sqlite.org/fileformat2.html, 1.3.7). Read
 * through SQLite's own file: closing a second descriptor of it would drop the locks of this
 * process.
 */
char *
cg_sqlite_position(CgDb *db, GError **error G_GNUC_UNUSED)
{
    unsigned char bytes[4] = { 0 };
    sqlite3_file *file = NULL;
    int code =
        sqlite3_file_control(cg_sqlite(db)->handle, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (db->address == NULL || code != SQLITE_OK || file->pMethods == NULL ||
        file->pMethods->xRead(file, bytes, sizeof bytes, 24) != SQLITE_OK)
        return g_strdup("no position");
    unsigned counter =
        (unsigned)bytes[0] << 24 | (unsigned)bytes[1] << 16 | (unsigned)bytes[2] << 8 | bytes[3];
    return g_strdup_printf("file change counter %u", counter);
}
