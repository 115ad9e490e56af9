import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import type { Network } from "./network";

/** Settings of a node's programs, by file name. */
export function nodeSettings(name: string, directory: string, network: Network, number: number, dns: string) {
  return {
    "containerd.toml": CONTAINERD,
    "10-bridge.conflist": JSON.stringify(podNetwork(network, number)),
    "kubelet.yaml": stringify(kubelet(directory, dns)),
    "proxy.yaml": stringify(proxy(name, directory)),
    "resolv.conf": "",
  };
}

const CONTAINERD = `version = 2
oom_score = 0
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10"
  # Without CAP_SYS_RESOURCE runc cannot lower a score, and no pod starts.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    options = { SystemdCgroup = false }
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
    conf_dir = "/etc/cni/net.d"
`;

function podNetwork(network: Network, number: number) {
  const { podRange, podRangeOfIpv6 } = network.node(number);
  const ipam = {
    type: "host-local",
    ranges: [podRange, ...(network.ipv6 ? [podRangeOfIpv6] : [])].map((subnet) => [{ subnet }]),
    routes: ["0.0.0.0/0", ...(network.ipv6 ? ["::/0"] : [])].map((dst) => ({ dst })),
  };
  return {
    cniVersion: "1.0.0",
    name: "pods",
    plugins: [
      // No masquerade: a pod of another node would arrive under that node's address.
      { type: "bridge", bridge: "pods", isGateway: true, ipMasq: false, hairpinMode: true, ipam },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}

function kubelet(directory: string, dns: string) {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${directory}/pki/ca.crt` },
    },
    authorization: { mode: "Webhook" },
    containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
    cgroupDriver: "cgroupfs",
    failCgroupV1: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    maxOpenFiles: Number(/^Max open files +\d+ +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))![1]),
    clusterDomain: "cluster.local",
    clusterDNS: [dns],
    resolvConf: `${directory}/settings/resolv.conf`,
    // Images come from no registry: what is collected is lost.
    imageGCHighThresholdPercent: 100,
    // The machine's own disk, which is none of the tests' business, has more than these.
    evictionHard: {
      "memory.available": "0%",
      "nodefs.available": "64Mi",
      "nodefs.inodesFree": "0%",
      "imagefs.available": "0%",
      "imagefs.inodesFree": "0%",
    },
    evictionPressureTransitionPeriod: "10s",
  };
}

function proxy(name: string, directory: string) {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    clientConnection: { kubeconfig: `${directory}/pki/proxy.kubeconfig` },
    mode: "iptables",
    hostnameOverride: name,
    oomScoreAdj: 0,
    // Settings of the whole machine, which a network namespace may not write.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
  };
}
