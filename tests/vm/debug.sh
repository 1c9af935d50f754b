#!/bin/sh
# Runs as the command of a virtual machine with a kernel that stacks no directories by descriptor (scripts/test-vm): a shell beside a container.
set -eu
export TARE_DATA_ROOT=/tmp/data TARE_EXEC_ROOT=/run/tare-vm
expect() { [ "$2" = "$3" ] || { echo "FAILED: $1: $2, not $3"; exit 1; }; echo "ok: $1"; }
tare import /busybox.tar busybox >/dev/null
tare run -d --name web --network none -h host -v data:/data busybox sleep 1000 >/dev/null
expect "files, name and processes" "$(tare debug web -c 'echo x >/new; cat /new; hostname; ls -d /data /bin/ls; ps | grep -c "[s]leep 1000"' | tr '\n' ' ')" "x host /bin/ls /data 1 "
expect "volumes are read-only" "$(tare debug web sh -c 'touch /data/x 2>/dev/null || echo no')" no
tare debug --write web touch /data/x
expect "unless told otherwise" "$(tare exec web ls /data)" x
expect "no trace" "$(tare diff web | grep -v -e /data -e /etc || true)" ""
tare debug web -c 'ls /late 2>/dev/null; while ! [ -e /late ]; do sleep 0.1; done; echo seen' >/tmp/late &
sleep 2
tare exec web touch /late
wait $!
expect "changes are seen" "$(cat /tmp/late)" seen
expect "the toolbox as root" "$(tare debug --root toolbox web sh -c 'pwd; ls -d late')" "/container
late"
tare rm -f web >/dev/null
expect "an image" "$(tare debug busybox -c 'echo x >/new; cat /new')" x
expect "no group is left" "$(ls -d /sys/fs/cgroup/tare-*/* 2>/dev/null | grep -c '[0-9a-f]\{64\}' || true)" 0
