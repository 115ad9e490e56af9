import { KeyAlgorithm } from "../../lib";

test.each(["rsa-2048", "rsa-3072", "rsa-4096", "ecdsa-p256", "ecdsa-p384"])(
  "%s is read and written",
  (text) => {
    expect(KeyAlgorithm.parse(text).toString()).toBe(text);
  },
);

test("says family and size", () => {
  expect(KeyAlgorithm.rsa(3072)).toMatchObject({ family: "rsa", bits: 3072 });
  expect(KeyAlgorithm.ecdsa(384)).toMatchObject({ family: "ecdsa", bits: 384 });
});

test.each(["rsa-1024", "ecdsa-p521", "ed25519", "RSA-4096", "rsa4096", ""])('fails to parse "%s"', (text) => {
  expect(() => KeyAlgorithm.parse(text)).toThrow(
    `"${text}" is not a supported key algorithm; write rsa-2048, rsa-3072, rsa-4096, ecdsa-p256 or ecdsa-p384 (IV0112; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0112)`,
  );
});

test("fails for another size", () => {
  expect(() => KeyAlgorithm.rsa(1024)).toThrow(
    '"rsa-1024" is not a supported key algorithm; write rsa-2048, rsa-3072, rsa-4096, ecdsa-p256 or ecdsa-p384 (IV0112; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0112)',
  );
  expect(() => KeyAlgorithm.ecdsa(521)).toThrow(
    '"ecdsa-p521" is not a supported key algorithm; write rsa-2048, rsa-3072, rsa-4096, ecdsa-p256 or ecdsa-p384 (IV0112; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0112)',
  );
});
