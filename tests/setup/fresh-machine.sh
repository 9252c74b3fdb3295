#!/bin/sh
# Shows that the README's commands work on a fresh machine: an empty Debian 12 in a chroot.
#
#   fresh-machine.sh FOLDER [make targets …]      default target: run ONCE=1
#   ORDINARY_USER=1 fresh-machine.sh FOLDER …     as somebody without root there
#
# Needs root and debootstrap. The environment (pip's and apt's registries) is passed through.
set -eu
root=$1
shift
here=$(cd "$(dirname "$0")/../.." && pwd)
[ -d "$root/usr" ] || debootstrap --variant=minbase \
  --include=git,make,python3,ca-certificates,procps bookworm "$root" >/dev/null
for file in /etc/resolv.conf /etc/hosts /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
  if [ -e "$file" ]; then mkdir -p "$root$(dirname "$file")" && cp "$file" "$root$file"; fi
done
cp -r /etc/apt/sources.list* /etc/apt/apt.conf.d "$root/etc/apt/" 2>/dev/null || true
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
mountpoint -q "$root/dev" || mount --rbind /dev "$root/dev"
trap 'umount -l "$root/proc" "$root/dev"' EXIT
rm -rf "$root/srv/tongban"
git clone -q "$here" "$root/srv/tongban"
[ $# -gt 0 ] || set -- run ONCE=1
if [ -z "${ORDINARY_USER:-}" ]; then
  chroot "$root" sh -c 'cd /srv/tongban && exec make "$@"' make "$@"
else
  chroot "$root" sh -c 'id tester >/dev/null 2>&1 || useradd --create-home tester'
  chroot "$root" chown -R tester:tester /srv/tongban
  HOME=/home/tester chroot --userspec=tester:tester "$root" \
    sh -c 'cd /srv/tongban && exec make "$@"' make "$@"
fi
