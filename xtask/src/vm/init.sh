#!/bin/busybox sh
# The first program of the guest, run twice: by the kernel on the initial RAM disk, and again on a tmpfs, because
# pivot_root does not work on an initial RAM disk. /vm has the modules to load, the command and the console's nonce.
export PATH=/sbin:/usr/sbin:/bin:/usr/bin HOME=/root TERM=dumb

if [ "$1" != again ]; then
    /bin/busybox mount -t tmpfs -o mode=755,size=90% tmpfs /new
    for entry in /* ; do
        case $entry in /new|/dev) ;; *) /bin/busybox cp -a "$entry" /new/ ;; esac
    done
    /bin/busybox mkdir -p /new/dev
    /bin/busybox mount -t devtmpfs devtmpfs /new/dev
    exec /bin/busybox switch_root -c /dev/console /new /init again
fi

/bin/busybox --install -s /bin
mount -t proc -o nosuid,nodev,noexec proc /proc
mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
mkdir -p /dev/pts /dev/shm /dev/mqueue
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs -o nosuid,nodev tmpfs /dev/shm
mount -t mqueue mqueue /dev/mqueue
mount -t tmpfs -o nosuid,nodev,mode=755 tmpfs /run
mount -t cgroup2 -o nosuid,nodev,noexec,nsdelegate,memory_recursiveprot cgroup2 /sys/fs/cgroup
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
    echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control
done
ln -s /proc/self/fd /dev/fd
while read -r module; do
    insmod "$module" || echo "vm: cannot load $module"
done </vm/modules
ip link set lo up
hostname vm
ulimit -Hn 1048576 # the kernel's 4096 is less than any service manager gives
dmesg -n 1 # the console belongs to the command now
stty -opost </dev/console

read -r nonce </vm/nonce
echo "<<tare-vm $nonce begins>>"
cd /root
sh /vm/command </dev/null
code=$?
echo "<<tare-vm $nonce ends $code>>"
reboot -f
