import { AnnotationMetadataEntryType, TerraformStack, Testing } from "cdktf";
import {
  ClusterTrust,
  GatewayCertificate,
  GatewayCertificateSource,
  GatewayWithVault,
  HelmCharts,
  IstiodWithVault,
  VaultAgentInjector,
  VaultK8sAuth,
} from "../../lib";

const OLD_CHARTS = HelmCharts.repository("https://istio-release.storage.googleapis.com/charts");
const names = (key: string, host: string, instead: string) =>
  `"${key}" uses ${host}, which Istio turns off for a day on 2026-12-08 and removes in December 2026; use ${instead} instead (IV1003, docs/rules.md#iv1003)`;
const CHARTS = names("charts", "istio-release.storage.googleapis.com", "blob.istio.io/istio-release");
const AGENT =
  '"agentImage" is hashicorp/vault:2.0.1, with which the agent does not start: the image needs the capability IPC_LOCK, which the injector drops; use 1.21.7, 2.0.2 or later (IV1004, docs/rules.md#iv1004)';

/** What a stack warns of at synth. */
function warnings(add: (stack: TerraformStack) => void): unknown[] {
  const stack = new TerraformStack(Testing.app(), "test");
  add(stack);
  return stack.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === AnnotationMetadataEntryType.WARN)
    .map(({ data }) => data);
}

const trust = (stack: TerraformStack) => ClusterTrust.fromClusterName(stack, "Trust", "cluster1");
const auth = (stack: TerraformStack) => VaultK8sAuth.fromClusterName(stack, "Auth", "cluster1");
const certificate = (stack: TerraformStack) =>
  GatewayCertificate.fromGatewayCertificateAttributes(stack, "Certificate", {
    ...{ clusterName: "cluster1", gatewayName: "ingress", source: GatewayCertificateSource.vaultKv() },
  });

test("istiod warns of charts, images and values on a host that goes, and of an agent that does not start", () => {
  const found = warnings((stack) => {
    new IstiodWithVault(stack, "Istiod", {
      ...{ trust: trust(stack), auth: auth(stack), istioVersion: "1.29.6" },
      charts: OLD_CHARTS,
      imageHub: "gcr.io/istio-release",
      agentImage: "hashicorp/vault:2.0.1",
      values: { pilot: { hub: "registry.istio.io/release" } },
    });
  });
  expect(found).toEqual([
    CHARTS,
    names("imageHub", "gcr.io/istio-release", "docker.io/istio"),
    names("values.pilot.hub", "registry.istio.io/release", "docker.io/istio"),
    AGENT,
  ]);
});

test("a gateway does", () => {
  const found = warnings((stack) => {
    new GatewayWithVault(stack, "Gateway", {
      ...{
        gatewayName: "ingress",
        certificate: certificate(stack),
        auth: auth(stack),
        istioVersion: "1.29.6",
      },
      charts: OLD_CHARTS,
      agentImage: "hashicorp/vault:2.0.1",
      values: { env: { A: "gcr.io/istio-release" } },
    });
  });
  expect(found).toEqual([CHARTS, names("values.env.A", "gcr.io/istio-release", "docker.io/istio"), AGENT]);
});

test("the injector does", () => {
  const found = warnings((stack) => {
    new VaultAgentInjector(stack, "Injector", {
      vaultAddress: "https://vault.example.com:8200",
      charts: OLD_CHARTS,
      image: "gcr.io/istio-release/vault-k8s:1.7.6",
      values: { a: ["registry.istio.io"] },
    });
  });
  expect(found).toEqual([
    CHARTS,
    names("image", "gcr.io/istio-release", "docker.io/istio"),
    names("values.a[0]", "registry.istio.io", "docker.io/istio"),
  ]);
});

test("by default none warns of anything, however old its Istio", () => {
  const found = warnings((stack) => {
    new IstiodWithVault(stack, "Istiod", { trust: trust(stack), auth: auth(stack), istioVersion: "1.27.0" });
    new VaultAgentInjector(stack, "Injector", { vaultAddress: "https://vault.example.com:8200" });
  });
  expect(found).toEqual([]);
});
