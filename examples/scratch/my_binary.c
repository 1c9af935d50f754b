// Counts what the image brought along.
#define _GNU_SOURCE
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int files;

static int count(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)path, (void)kind, (void)place;
    files += S_ISREG(status->st_mode) && status->st_size > 0;
    return 0;
}

int main(void) {
    // the image is one file system; /proc, /dev and /etc/hosts, which the engine adds, are others
    if (nftw("/", count, 16, FTW_PHYS | FTW_MOUNT) != 0)
        return 1;
    int systems = access("/etc/os-release", F_OK) == 0;
    printf("hello from %d file%s and %d operating system%s\n", files, files == 1 ? "" : "s", systems, systems == 1 ? "" : "s");
    return 0;
}
