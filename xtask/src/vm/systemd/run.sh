#!/bin/busybox sh
# What vm.service runs: the command, between the marks that the host looks for.
export PATH=/sbin:/usr/sbin:/bin:/usr/bin HOME=/root TERM=dumb
exec >/dev/console 2>&1
stty -opost </dev/console
read -r nonce </vm/nonce
echo "<<tare-vm $nonce begins>>"
cd /root
sh /vm/command </dev/null
code=$?
echo "<<tare-vm $nonce ends $code>>"
reboot -f
