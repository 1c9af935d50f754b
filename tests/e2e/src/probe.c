// Looks around from inside a container: /probe VERB [ARGUMENT]. Every answer is a line of text.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static int is(const char *a, const char *b) { return strcmp(a, b) == 0; }

static void report(const char *name, long result) {
    printf("%s %s\n", name, result < 0 ? strerrorname_np(errno) : "allowed");
    fflush(stdout);
}

// Open descriptors but the three standard ones.
static int descriptors(void) {
    DIR *directory = opendir("/proc/self/fd");
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        int fd = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || fd <= 2 || fd == dirfd(directory)) continue;
        char path[64], target[4096] = "";
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        readlink(path, target, sizeof target - 1);
        printf("%d %s\n", fd, target);
    }
    return directory ? 0 : 1;
}

// System calls that the default filter refuses. Arguments are such that the kernel refuses them in another way.
static int denied(void) {
    report("mount", syscall(SYS_mount, "x", "/nowhere", "nosuchfs", 0L, 0L));
    report("umount2", syscall(SYS_umount2, "/nowhere", 0L));
    report("pivot_root", syscall(SYS_pivot_root, "/nowhere", "/nowhere"));
    report("fsopen", syscall(SYS_fsopen, "nosuchfs", 0L));
    report("fsconfig", syscall(SYS_fsconfig, -1L, 0L, 0L, 0L, 0L));
    report("move_mount", syscall(SYS_move_mount, -1L, "", -1L, "", 0L));
    report("open_tree", syscall(SYS_open_tree, -1L, "nowhere", 1L));
    report("unshare", syscall(SYS_unshare, (long)CLONE_NEWUSER));
    report("setns", syscall(SYS_setns, -1L, 0L));
    report("keyctl", syscall(SYS_keyctl, 0L, -3L, 0L));
    report("add_key", syscall(SYS_add_key, "nosuch", "x", "", 0L, -3L));
    report("request_key", syscall(SYS_request_key, "nosuch", "x", 0L, 0L));
    report("bpf", syscall(SYS_bpf, 9999L, 0L, 0L));
    report("perf_event_open", syscall(SYS_perf_event_open, 0L, 0L, -1L, -1L, 0L));
    report("userfaultfd", syscall(SYS_userfaultfd, -1L));
    report("io_uring_setup", syscall(SYS_io_uring_setup, 0L, 0L));
    report("init_module", syscall(SYS_init_module, 0L, 0L, ""));
    report("delete_module", syscall(SYS_delete_module, "nosuch", 0L));
    report("open_by_handle_at", syscall(SYS_open_by_handle_at, -1L, 0L, 0L));
    report("reboot", syscall(SYS_reboot, 0L, 0L, 0L, 0L));
    report("swapon", syscall(SYS_swapon, "/nowhere", 0L));
    report("acct", syscall(SYS_acct, "/nowhere"));
    report("quotactl", syscall(SYS_quotactl, 0L, "/nowhere", 0L, 0L));
    report("settimeofday", syscall(SYS_settimeofday, 0L, 0L));
    report("clock_settime", syscall(SYS_clock_settime, 9999L, 0L));
    report("personality", syscall(SYS_personality, 0x0040000L));
    report("clone3", syscall(SYS_clone3, 0L, 0L));
    report("clone-newuser", syscall(SYS_clone, (long)(CLONE_NEWUSER | CLONE_THREAD), 0L, 0L, 0L, 0L));
    report("socket-alg", socket(38, SOCK_SEQPACKET, 0));
    report("socket-vsock", socket(40, SOCK_STREAM, 0));
    return 0;
}

// Processes that have ended and that nobody has reaped.
static int zombies(void) {
    int count = 0;
    DIR *directory = opendir("/proc");
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        char path[300], line[512] = "";
        if (atoi(entry->d_name) == 0) continue;
        snprintf(path, sizeof path, "/proc/%s/stat", entry->d_name);
        FILE *file = fopen(path, "r");
        if (file && fgets(line, sizeof line, file) && strstr(line, ") Z ")) count++;
        if (file) fclose(file);
    }
    if (directory) closedir(directory);
    return count;
}

// Leaves a process to process 1 and tells whether that reaps it: "reaped" or "zombie".
static int orphan(void) {
    int line[2];
    if (pipe(line)) return 1;
    pid_t child = fork();
    if (child == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0) {
            close(line[1]);
            char byte;
            read(line[0], &byte, 1);  // until its parent is gone
            _exit(0);
        }
        _exit(0);
    }
    waitpid(child, 0, 0);
    close(line[1]);
    // both ends: it has ended when it is a zombie, or gone
    for (int turn = 0; turn < 200; turn++) {
        usleep(10000);
        if (zombies() > 0 && turn > 20) { puts("zombie"); return 0; }
        if (zombies() == 0 && turn > 20) { puts("reaped"); return 0; }
    }
    return 1;
}

static void *touch(size_t bytes) {
    char *memory = malloc(bytes);
    for (size_t at = 0; memory && at < bytes; at += 4096) memory[at] = 1;
    return memory;
}

// Forks until the kernel refuses; how many processes there were, with this one.
static int forks(int most) {
    int count = 1;
    for (; count < most; count++) {
        pid_t child = fork();
        if (child == 0) { pause(); _exit(0); }
        if (child < 0) break;
    }
    printf("%d %s\n", count, count < most ? strerrorname_np(errno) : "no limit");
    fflush(stdout);
    return 0;
}

// Tries to write to the program of every visible process that is not one of the image's: at once, and through a descriptor that is
// held until the process has ended and its program is no longer busy. Tells what it could open.
static void overwrite_one(int pid) {
    char path[300], target[4096] = "";
    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    if (readlink(path, target, sizeof target - 1) < 0 || is(target, "/probe") || is(target, "/bin/busybox")) return;
    int held = open(path, O_RDONLY);
    if (held < 0) held = open(path, O_PATH);
    int direct = open(path, O_WRONLY);
    if (direct >= 0) printf("opened %s (%s) for writing\n", path, target);
    if (direct >= 0) close(direct);
    if (held < 0) return;
    if (pid != 1) kill(pid, SIGKILL);
    snprintf(path, sizeof path, "/proc/self/fd/%d", held);
    for (int turn = 0; turn < 20; turn++) {
        int again = open(path, O_WRONLY);
        if (again >= 0) { printf("opened %s again for writing\n", target); close(again); break; }
        if (errno != ETXTBSY) break;
        usleep(1000);
    }
    close(held);
}

static int overwrite(int turns) {
    do {
        DIR *directory = opendir("/proc");
        for (struct dirent *entry; directory && (entry = readdir(directory));) {
            if (atoi(entry->d_name) > 0 && atoi(entry->d_name) != getpid()) overwrite_one(atoi(entry->d_name));
        }
        if (directory) closedir(directory);
    } while (--turns > 0);
    puts("tried");
    return 0;
}

int main(int count, char **arguments) {
    const char *verb = count > 1 ? arguments[1] : "";
    const char *value = count > 2 ? arguments[2] : "0";
    if (is(verb, "descriptors")) return descriptors();
    if (is(verb, "denied")) return denied();
    if (is(verb, "orphan")) return orphan();
    if (is(verb, "forks")) return forks(atoi(value));
    if (is(verb, "overwrite")) return overwrite(atoi(value));
    if (is(verb, "hog")) { touch((size_t)atol(value)); puts("survived"); return 0; }
    if (is(verb, "fault")) { *(volatile int *)0 = 1; return 0; }
    if (is(verb, "pause")) { for (;;) pause(); }
    if (is(verb, "exit")) return atoi(value);
    if (is(verb, "no-new-privileges")) { printf("%d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)); return 0; }
    if (is(verb, "device")) {
        int made = mknod("/tmp/device", S_IFCHR | 0600, makedev(10, 229));
        report("mknod", made);
        report("open", open("/tmp/device", O_RDWR));
        return 0;
    }
    fprintf(stderr, "probe: unknown verb: %s\n", verb);
    return 2;
}
