#!/usr/bin/env bash
# First process of a node, in namespaces of its own: prepares mounts and network, then runs containerd, the control plane
# where there is one to run, kubelet and kube-proxy. When one of them ends, all end. node.ts says where things are.
set -euo pipefail
umask 022 # what containerd makes, pods' users must be able to walk through
: "${DIRECTORY:?}" "${NAME:?}" "${ADDRESS:?}" "${MACHINE:?}" "${POD_RANGE:?}" "${ROUTES:?}" "${CNI:?}"

mounts() { # this machine's view, with directories of the node's own where programs have their fixed places
	local path type options cgroups
	mount --make-rprivate /
	cgroups=$(awk '$3 == "cgroup" || $3 == "cgroup2" && $2 == "/sys/fs/cgroup" { print $2, $3, $4 }' /proc/mounts)
	mount -t sysfs sysfs /sys # of this network
	[[ $cgroups == *" cgroup2 "* ]] || mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
	while read -r path type options; do
		mkdir -p "$path"
		if [ "$type" = cgroup2 ]; then
			mount -t cgroup2 cgroup2 "$path"
			# Nothing may run in a cgroup that gives its controllers on.
			mkdir "$path/init" && echo 0 >"$path/init/cgroup.procs"
		elif [[ $options == *name=* ]]; then
			mount -t cgroup -o "none,name=${path##*/}" cgroup "$path"
		else
			mount -t cgroup -o "${path##*/}" cgroup "$path"
		fi
	done <<<"$cgroups"
	mkdir -p "$DIRECTORY"/lib/{cni,containerd,etcd,kubelet}
	mount --bind "$DIRECTORY/lib" /var/lib
	[ -z "${DISK:-}" ] || mount -t tmpfs -o "mode=755,size=$DISK" tmpfs /var/lib/kubelet
	mount --bind "$DIRECTORY/log" /var/log
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir -p /run/lock
	for path in /opt /etc; do # CNI plugins and their settings, which istio-cni adds to
		mkdir -p "$DIRECTORY/overlay$path"/{upper,work}
		mount -t overlay overlay -o "lowerdir=$path,upperdir=$DIRECTORY/overlay$path/upper,workdir=$DIRECTORY/overlay$path/work" "$path"
	done
	mkdir -p /opt/cni/bin /etc/cni/net.d
	rm -f /etc/cni/net.d/*
	cp "$CNI"/{bridge,host-local,loopback,portmap} /opt/cni/bin/
	cp "$DIRECTORY/settings/10-bridge.conflist" /etc/cni/net.d/
	settings_of_the_machine
	mount --make-rshared /
}

settings_of_the_machine() { # kubelet insists on them: it finds them here, and leaves the machine as it is
	local setting path
	mkdir -p /run/settings
	for setting in vm/overcommit_memory=1 vm/panic_on_oom=0 kernel/panic=10 kernel/panic_on_oops=1 \
		kernel/keys/root_maxkeys=1000000 kernel/keys/root_maxbytes=25000000; do
		path=/proc/sys/${setting%=*}
		[ "$(cat "$path")" != "${setting#*=}" ] || continue
		echo "${setting#*=}" >"/run/settings/${path//\//_}"
		mount --bind "/run/settings/${path//\//_}" "$path"
	done
}

network() {
	local route
	hostname "$NAME"
	ip link set lo up
	for _ in {1..100}; do ip link show eth0 >/dev/null 2>&1 && break || sleep 0.1; done
	ip address add "$ADDRESS/24" dev eth0
	ip link set eth0 up
	ip route add default via "$MACHINE"
	for route in $ROUTES; do ip route add "${route%=*}" via "${route#*=}"; done
	echo 1 >/proc/sys/net/ipv4/ip_forward
	if [ -n "${ADDRESS_6:-}" ]; then # for one node of each cluster
		ip address add "$ADDRESS_6/64" dev eth0 nodad
		ip -6 route add default via "$MACHINE_6"
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
	fi
	# Pods keep their addresses between nodes, as identities are checked against them; Vault sees the node's.
	iptables -t nat -A POSTROUTING -s "$POD_RANGE" -d "$MACHINE" -j MASQUERADE
}

run() { # run NAME COMMAND...: in the background, with a log
	local name=$1
	shift
	"$@" >>"$DIRECTORY/log/$name.log" 2>&1 &
	programs[$!]=$name
}

control_plane() {
	local pki=$DIRECTORY/pki
	run etcd etcd --name=etcd --data-dir=/var/lib/etcd/data --unsafe-no-fsync --log-level=warn
	# No kubelet's server certificate is checked: kubelet makes it itself.
	run apiserver kube-apiserver --etcd-servers=http://127.0.0.1:2379 --secure-port=6443 --advertise-address="$ADDRESS" ${ADDRESS_6:+--bind-address=::} \
		--tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" \
		--client-ca-file="$pki/ca.crt" --kubelet-client-certificate="$pki/admin.crt" \
		--kubelet-client-key="$pki/admin.key" --kubelet-preferred-address-types=InternalIP \
		--service-account-issuer="$TOKEN_ISSUER" \
		--service-account-key-file="$pki/sa.pub" --service-account-signing-key-file="$pki/sa.key" \
		--service-cluster-ip-range="$SERVICE_RANGE" --authorization-mode=Node,RBAC \
		--enable-admission-plugins=NodeRestriction --allow-privileged --profiling=false
	until kubectl --kubeconfig "$DIRECTORY/kubeconfig" get --raw /readyz >/dev/null 2>&1; do sleep 0.3; done
	run controller-manager kube-controller-manager --kubeconfig="$pki/controller-manager.kubeconfig" --leader-elect=false \
		--secure-port=0 --profiling=false --root-ca-file="$pki/ca.crt" --service-account-private-key-file="$pki/sa.key"
	run scheduler kube-scheduler --kubeconfig="$pki/scheduler.kubeconfig" --leader-elect=false --secure-port=0 --profiling=false
}

declare -A programs=()
mounts
network
export GOGC=200 # two cores are scarcer than memory: the API server alone works a third less
run containerd containerd --config "$DIRECTORY/settings/containerd.toml"
[ -z "${SERVICE_RANGE:-}" ] || control_plane
run kubelet kubelet --config="$DIRECTORY/settings/kubelet.yaml" --kubeconfig="$DIRECTORY/pki/kubelet.kubeconfig" \
	--node-ip="$ADDRESS" --hostname-override="$NAME" --cert-dir=/var/lib/kubelet/pki
run proxy kube-proxy --config="$DIRECTORY/settings/proxy.yaml"

# Orphans of containers are reaped by bash.
wait -n -p ended || true
echo "${programs[$ended]} ended; so does $NAME"
