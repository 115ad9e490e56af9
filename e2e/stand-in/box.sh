#!/usr/bin/env bash
# box.sh ROOT USER GROUP EXTRAGROUPS [SOURCE:TARGET[:ro]]... -- COMMAND...
# Runs COMMAND as USER:GROUP in a private mount namespace. What it sees as / is made at ROOT: the
# host's programs and the essentials of /etc, read-only, /proc, /dev, and each SOURCE at its TARGET;
# nothing else. The SOURCE tmpfs is an empty directory all may write to.
set -euo pipefail
if [ -z "${BOXED:-}" ]; then
	BOXED=1 exec unshare --mount --propagation private "$0" "$@"
fi
root=$1 user=$2 group=$3 groups=$4
shift 4
umask 022
mkdir -p "$root"
mount -t tmpfs -o mode=755 box "$root"

bind() { # bind SOURCE TARGET [ro]
	if [ "$1" = tmpfs ]; then
		mkdir -p "$root$2"
		mount -t tmpfs -o mode=1777 box "$root$2"
		return
	elif [ -d "$1" ]; then
		mkdir -p "$root$2"
	else
		mkdir -p "$root$(dirname "$2")"
		touch "$root$2"
	fi
	mount --bind "$1" "$root$2"
	[ "${3:-}" != ro ] || mount -o remount,bind,ro "$root$2"
}

for path in /usr /bin /sbin /lib /lib64; do
	if [ -L "$path" ]; then cp -P "$path" "$root$path"; elif [ -d "$path" ]; then bind "$path" "$path" ro; fi
done
for path in /etc/hosts /etc/resolv.conf /etc/nsswitch.conf /etc/passwd /etc/group /etc/ssl; do
	[ ! -e "$path" ] || bind "$path" "$path" ro
done
bind /proc /proc
bind /dev /dev
while [ "$1" != -- ]; do
	IFS=: read -r source target option <<<"$1"
	bind "$source" "$target" "$option"
	shift
done
shift
mount -o remount,ro "$root"
if [ -n "$groups" ]; then groups=--groups=$groups; else groups=--clear-groups; fi
exec chroot "$root" setpriv --reuid="$user" --regid="$group" "$groups" --no-new-privs \
	--bounding-set=-all --inh-caps=-all --ambient-caps=-all "$@"
