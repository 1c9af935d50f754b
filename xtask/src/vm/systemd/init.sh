#!/bin/busybox sh
# The first program of a guest with systemd, run twice: on the initial RAM disk, and again in a bind mount of it that lies over it, where pivot_root works.
export PATH=/sbin:/usr/sbin:/bin:/usr/bin
if [ "$1" != again ]; then
    /bin/busybox mount --bind / /new
    cd /new || exit 1
    /bin/busybox mount --move . /
    exec /bin/busybox chroot . /init again
fi
cd / || exit 1
/bin/busybox --install -s /bin
mount -t devtmpfs devtmpfs /dev
exec </dev/console >/dev/console 2>&1
while read -r module; do
    insmod "$module" || echo "vm: cannot load $module"
done </vm/modules
ip link set lo up
exec /lib/systemd/systemd
