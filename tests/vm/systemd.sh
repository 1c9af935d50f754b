#!/bin/sh
# Runs as the command of a virtual machine whose process 1 is systemd (scripts/test-vm), with version 2 of control groups or a hybrid: both drivers of `tare oci`.
set -eu
expect() { [ "$2" = "$3" ] || { echo "FAILED: $1: $2, not $3"; exit 1; }; echo "ok: $1"; }
mkdir -p /bundle/rootfs/bin && cd /bundle
cp /bin/busybox rootfs/bin/ && for name in sh sleep cat true; do ln -s busybox rootfs/bin/$name; done
tare oci spec
# MEMORY and LIMIT are files of the version's; the specification is edited as one would by hand
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then v2=yes; else v2=no; fi
sed -i 's/"linux": {/"linux": { "devices": [{"path": "\/dev\/kmsg", "type": "c", "major": 1, "minor": 11}],/' config.json
sed -i 's/"terminal": true/"terminal": false/; s/"sh"/"sleep", "1000"/; s/"linux": {/"linux": { "cgroupsPath": "GROUP",/
  s/"resources": {/"resources": { "memory": {"limit": 67108864}, "pids": {"limit": 33}, "cpu": {"quota": 50000, "period": 100000, "shares": 512},/' config.json
cp config.json template.json
with() { sed "s|GROUP|$1|" template.json >config.json; }
detached() { "$@" </dev/null >/log 2>&1 || { cat /log; exit 1; }; }
pid() { tare oci state "$1" | sed -n 's/.*"pid": \([0-9]*\).*/\1/p'; }
group() { if [ $v2 = yes ]; then echo /sys/fs/cgroup; else echo "/sys/fs/cgroup/$1"; fi; }
property() { systemctl show "$1" -P "$2"; }
memory() { if [ $v2 = yes ]; then cat "$(group memory)/$1/memory.max"; else cat "$(group memory)/$1/memory.limit_in_bytes"; fi; }

with a-b.slice:pre:x
detached tare oci --systemd-cgroup run -d x
scope=a.slice/a-b.slice/pre-x.scope
expect "the scope is where its slice is" "$(grep -E '^0::|memory' /proc/"$(pid x)"/cgroup | sed 's/.*://' | sort -u)" "/$scope"
expect "the unit is delegated" "$(property pre-x.scope Delegate)" yes
expect "tasks" "$(property pre-x.scope TasksMax)" 33
expect "processor" "$(property pre-x.scope CPUQuotaPerSecUSec)" 500ms
expect "memory" "$(memory $scope)" 67108864
systemctl daemon-reload
expect "memory after a reload" "$(memory $scope)" 67108864
tare oci update --memory 33554432 x
expect "memory after an update" "$(memory $scope)" 33554432
systemctl daemon-reload
expect "the update after a reload" "$(memory $scope)" 33554432
expect "tasks after a reload" "$(cat "$(group pids)/$scope/pids.max")" 33
expect "devices after a reload" "$(tare oci exec x sh -c 'cat /dev/null && echo null; (: </dev/kmsg) 2>&1 | grep -o "not permitted"')" "null
not permitted"
expect "an exec is in the scope" "$(tare oci exec x cat /proc/self/cgroup)" "$(tare oci exec x cat /proc/1/cgroup)"
tare oci pause x; expect "paused" "$(tare oci state x | sed -n 's/.*"status": "\(.*\)".*/\1/p')" paused; tare oci resume x
tare oci delete -f x
expect "the unit is gone" "$(property pre-x.scope LoadState)" not-found
expect "nothing is left" "$(find /sys/fs/cgroup -name 'pre-x*' | wc -l)" 0

with system.slice:pre:bad
sed -i 's|"sleep", *"1000"|"/no/such"|' config.json
tare oci --systemd-cgroup run bad 2>/log && exit 1
expect "the reason is told" "$(grep -c /no/such /log)" 1
expect "a failure leaves no unit" "$(property pre-bad.scope LoadState)" not-found
with a-b.slice:pre
tare oci --systemd-cgroup run bad 2>/log && exit 1
expect "another form is refused" "$(grep -c 'slice:prefix:name' /log)" 1
systemd-run --quiet --scope --unit pre-foreign sleep 1000 & until systemctl -q is-active pre-foreign.scope; do sleep 0.1; done
with other.slice:pre:foreign
tare oci --systemd-cgroup run foreign 2>/log && exit 1
expect "a unit of somebody else's is not taken" "$(grep -c UnitExists /log)" 1
expect "and goes on" "$(systemctl is-active pre-foreign.scope)" active
systemctl stop pre-foreign.scope
with ""
sed -i 's|"linux": {|"annotations": {"org.systemd.property.TimeoutStopSec": "uint64 7"}, "linux": {|' config.json
detached tare oci --systemd-cgroup run -d named
expect "a unit by the container's name" "$(property tare-named.scope Slice)" system.slice
expect "a property by an annotation" "$(property tare-named.scope TimeoutStopUSec)" 7s
tare oci kill named KILL
tare oci delete -f named

with /plain/y
detached tare oci run -d y
expect "directories without the manager" "$(memory plain/y)" 67108864
tare oci update --pids-limit 44 y
expect "and updates" "$(cat "$(group pids)/plain/y/pids.max")" 44
tare oci events y >/events &
until [ -s /events ]; do sleep 0.1; done # its first line comes when it listens
tare oci exec y sh -c 'x=a; while :; do x=$x$x; done' 2>/dev/null || true
tare oci kill y KILL; wait
expect "the end of memory is an event" "$(grep -c '"type":"oom"' /events | sed 's/[1-9][0-9]*/some/')" some
tare oci delete -f y
expect "nothing is left" "$(find /sys/fs/cgroup -path '*plain/y*' | wc -l)" 0
