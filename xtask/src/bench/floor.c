/* What the kernel takes for a container of bundle.json, without a runtime: the same namespaces, cgroups, mounts, devices, masks, capabilities and seccomp
 * program, from constants. `floor ROOTFS CGROUP FILTER PROGRAM`: CGROUP is a path below each version 1 hierarchy, FILTER a file with a compiled program.
 * Errors end it with the line as exit code's reason: it is a yardstick, not a tool. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(call) do { if ((call) < 0) { fprintf(stderr, "floor: line %d: %s: %m\n", __LINE__, #call); _exit(125); } } while (0)

static const char *const TREES[] = {"cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "systemd", "unified"};
static const char *const DEVICES[] = {"c 1:5 rwm", "c 1:3 rwm", "c 1:9 rwm", "c 1:8 rwm", "c 5:0 rwm", "c 5:1 rwm", "c *:* m", "b *:* m", "c 1:7 rwm",
                                      "c 136:* rwm", "c 5:2 rwm"};
static const char *const MASKED[] = {"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
                                     "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware"};
static const char *const READ_ONLY[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
static const struct { const char *name; unsigned major, minor; } NODES[] = {{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9},
                                                                            {"tty", 5, 0}};
static const char *const LINKS[][2] = {{"/proc/kcore", "core"}, {"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"},
                                       {"/proc/self/fd/2", "stderr"}, {"pts/ptmx", "ptmx"}};
/* AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT */
static const unsigned CAPABILITIES = 0xa80425fb;

#define EACH(i, list) for (size_t i = 0; i < sizeof(list) / sizeof *(list); i++)

static void put(const char *path, const char *text) {
    int fd;
    CHECK(fd = open(path, O_WRONLY | O_CLOEXEC));
    CHECK(write(fd, text, strlen(text)));
    close(fd);
}

static char *in(const char *directory, const char *name) {
    static char paths[4][4096];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

static char *group(const char *controller, const char *path, const char *file) {
    static char text[4096];
    snprintf(text, sizeof text, "/sys/fs/cgroup/%s/%s/%s", controller, path, file);
    return text;
}

/* A new cpuset is empty. */
static void inherit(const char *path, const char *file) {
    char text[4096] = "";
    int fd;
    CHECK(fd = open(group("cpuset", ".", file), O_RDONLY | O_CLOEXEC));
    CHECK(read(fd, text, sizeof text - 1));
    close(fd);
    put(group("cpuset", path, file), text);
}

static void mounts(const char *root, const char *path) {
    const unsigned long three = MS_NOSUID | MS_NOEXEC | MS_NODEV;
    CHECK(mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL));
    CHECK(mount(root, root, NULL, MS_BIND | MS_REC, NULL));
    CHECK(chdir(root));
    CHECK(mount("proc", "proc", "proc", three, NULL));
    CHECK(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"));
    CHECK(mkdir("dev/pts", 0755));
    CHECK(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"));
    CHECK(mount("sysfs", "sys", "sysfs", three | MS_RDONLY, NULL));
    CHECK(mount("cgroup", "sys/fs/cgroup", "tmpfs", three, "mode=755"));
    EACH(i, TREES) {
        const char *place = in("sys/fs/cgroup", TREES[i]);
        CHECK(mkdir(place, 0755));
        CHECK(mount(group(TREES[i], path, ""), place, NULL, MS_BIND, NULL));
        CHECK(mount(NULL, place, NULL, MS_REMOUNT | MS_BIND | three | MS_RDONLY, NULL));
    }
    CHECK(mount(NULL, "sys/fs/cgroup", NULL, MS_REMOUNT | MS_BIND | three | MS_RDONLY, NULL));
    CHECK(mkdir("dev/mqueue", 0755));
    CHECK(mount("mqueue", "dev/mqueue", "mqueue", three, NULL));
    CHECK(mkdir("dev/shm", 0755));
    CHECK(mount("shm", "dev/shm", "tmpfs", three, "mode=1777,size=67108864"));
    umask(0);
    EACH(i, NODES) CHECK(mknod(in("dev", NODES[i].name), S_IFCHR | 0666, makedev(NODES[i].major, NODES[i].minor)));
    EACH(i, LINKS) CHECK(symlink(LINKS[i][0], in("dev", LINKS[i][1])));
    umask(022);
    put("proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
    put("proc/sys/net/ipv4/ping_group_range", "0 2147483647");
    EACH(i, READ_ONLY) {
        const char *place = READ_ONLY[i] + 1;
        if (mount(place, place, NULL, MS_BIND | MS_REC, NULL) == 0) CHECK(mount(NULL, place, NULL, MS_REMOUNT | MS_BIND | three | MS_RDONLY, NULL));
    }
    EACH(i, MASKED) {
        const char *place = MASKED[i] + 1;
        if (mount("/dev/null", place, NULL, MS_BIND, NULL) < 0 && errno == ENOTDIR) CHECK(mount("tmpfs", place, "tmpfs", MS_RDONLY, "nr_inodes=2"));
    }
    CHECK(syscall(SYS_pivot_root, ".", "."));
    CHECK(umount2(".", MNT_DETACH));
    CHECK(chdir("/"));
}

static void loopback(void) {
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd;
    CHECK(fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    CHECK(ioctl(fd, SIOCSIFFLAGS, &request));
    close(fd);
}

static void drop(const char *filter_path, int filter) {
    static struct sock_filter program[4096];
    long size;
    CHECK(size = read(filter, program, sizeof program));
    if (size == 0) { fprintf(stderr, "floor: %s is empty\n", filter_path); _exit(125); }
    struct sock_fprog loaded = {.len = (unsigned short)(size / sizeof *program), .filter = program};
    /* needs CAP_SYS_ADMIN, so before the capabilities go, unlike a runtime's */
    CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &loaded));
    for (unsigned number = 0; number < 64; number++)
        if ((number >= 32 || !(CAPABILITIES >> number & 1)) && prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0) break;
    gid_t groups[] = {0};
    CHECK(setgroups(1, groups));
    CHECK(setresgid(0, 0, 0));
    CHECK(setresuid(0, 0, 0));
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{CAPABILITIES, CAPABILITIES, 0}, {0, 0, 0}};
    CHECK(syscall(SYS_capset, &header, data));
}

int main(int count, char **words) {
    if (count != 5) { fprintf(stderr, "usage: floor ROOTFS CGROUP FILTER PROGRAM\n"); return 125; }
    const char *root = words[1], *path = words[2];
    char pid[32], byte;
    int gate[2], filter, status;
    CHECK(filter = open(words[3], O_RDONLY | O_CLOEXEC));
    EACH(i, TREES) CHECK(mkdir(group(TREES[i], path, ""), 0755));
    inherit(path, "cpuset.cpus");
    inherit(path, "cpuset.mems");
    put(group("devices", path, "devices.deny"), "a");
    EACH(i, DEVICES) put(group("devices", path, "devices.allow"), DEVICES[i]);
    CHECK(pipe2(gate, O_CLOEXEC));
    struct clone_args arguments = {
        .flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET,
        .exit_signal = SIGCHLD,
    };
    long child;
    CHECK(child = syscall(SYS_clone3, &arguments, sizeof arguments));
    if (child == 0) {
        close(gate[1]);
        CHECK(read(gate[0], &byte, 1));
        CHECK(unshare(CLONE_NEWCGROUP));
        CHECK(setsid());
        loopback();
        CHECK(sethostname("bench", 5));
        mounts(root, path);
        drop(words[3], filter);
        char *arguments[] = {words[4], NULL}, *environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};
        execve(words[4], arguments, environment);
        _exit(127);
    }
    snprintf(pid, sizeof pid, "%ld", child);
    EACH(i, TREES) put(group(TREES[i], path, "cgroup.procs"), pid);
    CHECK(write(gate[1], "s", 1));
    CHECK(waitpid((pid_t)child, &status, 0));
    EACH(i, TREES) CHECK(rmdir(group(TREES[i], path, "")));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
