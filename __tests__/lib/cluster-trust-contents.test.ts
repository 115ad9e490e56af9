import { ClusterTrust, type ClusterTrustProps, IstioRootCA, Issuance, RootSource } from "../../lib";
import { CA_PEM, Synthesized, testStack } from "../support/synth";

const issuance = Issuance.terraform({ acceptKeysInState: true });

function synthesize(props: Partial<ClusterTrustProps> = {}, bundleNames: string[] = ["a"]): Synthesized {
  const stack = testStack();
  const bundle = bundleNames.map((rootName) => {
    const source = RootSource.existing({ mountPath: `pki-${rootName}`, certificatePem: CA_PEM });
    return new IstioRootCA(stack, `Root-${rootName}`, { rootName, source });
  });
  new ClusterTrust(stack, "Trust", {
    clusterName: "cluster1",
    signingRoot: bundle[0],
    bundle,
    issuance,
    ...props,
  });
  return new Synthesized(stack);
}

const secret = (stack: Synthesized, path: string) =>
  stack.all("vault_kv_secret_v2").find(({ name }) => name === path)!;

/** Logical ids carry a hash; it says nothing here. */
const plain = (text: string) => text.replace(/_[0-9A-F]{8}\b/g, "");

test("the request is made with the key, and signed by the root that signs", () => {
  const stack = synthesize({}, ["a", "b"]);
  expect(plain(stack.only("tls_cert_request").private_key_pem)).toBe(
    "${tls_private_key.Trust_Intermediate_Key.private_key_pem}",
  );
  const signed = stack.only("vault_pki_secret_backend_root_sign_intermediate");
  expect(signed.backend).toBe("pki-a");
  expect(plain(signed.csr)).toBe("${tls_cert_request.Trust_Intermediate_Request.cert_request_pem}");
});

test("the secret holds that key, that certificate and that chain, under istiod's names for them", () => {
  const signed = "vault_pki_secret_backend_root_sign_intermediate.Trust_Intermediate";
  expect(plain(secret(synthesize(), "istiod-service/certs").data_json)).toBe(
    "${jsonencode({" +
      '"ca_key" = tls_private_key.Trust_Intermediate_Key.private_key_pem, ' +
      `"ca_cert" = ${signed}.certificate, ` +
      `"cert_chain" = join("\\n", ${signed}.ca_chain)` +
      "})}",
  );
});

test("the bundle is each root trimmed, with one newline between", () => {
  const root = `trimspace("${CA_PEM.replaceAll("\n", "\\n")}")`;
  expect(secret(synthesize({}, ["a", "b"]), "istiod-service/trust-bundle").data_json).toBe(
    `\${jsonencode({"root_cert" = join("\\n", [${root}, ${root}])})}`,
  );
});

test("every other generation of leaves is a line behind the roots, and the others are none", () => {
  const bundle = (leafGeneration?: number) =>
    secret(synthesize({ leafGeneration }), "istiod-service/trust-bundle").data_json;
  expect(bundle(2)).toMatch(/\), "# leaf generation 2"\]\)\}\)\}$/);
  expect([1, 3].map(bundle)).toEqual([bundle(), bundle()]);
  expect(bundle()).not.toContain("leaf");
});

test.each([0, 1.5])("fails for the generation %s of leaves", (leafGeneration) => {
  expect(() => synthesize({ leafGeneration })).toThrow(
    `"leafGeneration" is ${leafGeneration}; write a whole number of at least 1, and raise it by one to renew (IV0210 at test/Trust;`,
  );
});

test("secrets are written after the mount keeps two versions", () => {
  const stack = synthesize();
  expect(plain(stack.only("vault_kv_secret_backend_v2").mount)).toBe("${vault_mount.Trust.path}");
  for (const { mount } of stack.all("vault_kv_secret_v2")) {
    expect(plain(mount)).toBe("${vault_kv_secret_backend_v2.Trust_Settings.mount}");
  }
});
