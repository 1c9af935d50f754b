#!/bin/sh
# Runs as the command of a virtual machine with pure cgroup v2 (scripts/test-vm): limits, OOM kill, freeze, devices, nothing left.
set -eu
export TARE_DATA_ROOT=/tmp/data TARE_EXEC_ROOT=/run/tare-vm
expect() { [ "$2" = "$3" ] || { echo "FAILED: $1: $2, not $3"; exit 1; }; echo "ok: $1"; }
tare import /busybox.tar bb >/dev/null
bb() { tare run --rm --network none "$@"; }

expect "memory limit" "$(bb --memory 32m bb cat /sys/fs/cgroup/memory.max)" 33554432
expect "memory and swap" "$(bb --memory 32m --memory-swap 48m bb cat /sys/fs/cgroup/memory.swap.max)" 16777216
tare run --name hungry --network none --memory 16m bb sh -c 'x=a; while :; do x=$x$x; done' || code=$?
expect "a hungry container is killed" "${code:-0}" 137
expect "and its record says so" "$(tare inspect -f '{{.State.OOMKilled}}' hungry)" true
expect "processor limit" "$(bb --cpus 0.5 bb cat /sys/fs/cgroup/cpu.max)" "50000 100000"
expect "processor weight" "$(bb --cpu-shares 1024 bb cat /sys/fs/cgroup/cpu.weight)" 100
expect "process limit" "$(bb --pids-limit 7 bb cat /sys/fs/cgroup/pids.max)" 7
bb --pids-limit 3 bb sh -c 'sleep 9 & sleep 9 & sleep 9 & wait' 2>/dev/null && forked=yes || forked=no
expect "no more processes than that" "$forked" no
expect "null device" "$(bb bb sh -c 'cat /dev/null && echo fine')" fine
expect "no other device" "$(bb bb sh -c 'mknod /disk b 8 0 && cat /disk 2>&1 | grep -c "not permitted"')" 1
tare run -d --name frozen --network none bb sh -c 'while :; do :; done' >/dev/null
tare pause frozen >/dev/null
expect "frozen" "$(cat /sys/fs/cgroup/tare-*/*/cgroup.freeze)" 1
expect "paused" "$(tare inspect -f '{{.State.Status}}' frozen)" paused
tare unpause frozen >/dev/null
expect "exec is in the container's group" "$(tare exec frozen cat /proc/self/cgroup)" "0::/"
tare rm -f frozen hungry >/dev/null
expect "the bridge" "$(tare run --rm bb sh -c 'ip -o -4 addr show eth0 | wc -l')" 1
tare system prune -af >/dev/null
expect "no group is left" "$(find /sys/fs/cgroup -name 'tare*' | wc -l)" 0
expect "no bridge is left" "$(find /sys/class/net -name 'tare*' | wc -l)" 0
