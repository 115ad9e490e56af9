import { Duration, Issuance, KeyAlgorithm } from "../../lib";

const accepted = { acceptKeysInState: true } as const;

test("is a first RSA 4096 intermediate for two years", () => {
  const { keyAlgorithm, validFor, generation } = Issuance.terraform(accepted);
  expect(`${keyAlgorithm} ${validFor} ${generation}`).toBe("rsa-4096 2y 1");
});

test("takes another key, lifetime and generation", () => {
  const options = { keyAlgorithm: KeyAlgorithm.ecdsa(384), validFor: Duration.days(90), generation: 7 };
  expect(Issuance.terraform({ ...accepted, ...options })).toMatchObject(options);
});

test("external issues for 90 days, or as long as it is told", () => {
  expect(`${Issuance.external().validFor}`).toBe("90d");
  expect(`${Issuance.external({ validFor: Duration.days(30) }).validFor}`).toBe("30d");
});

test("deploy issues a first RSA 4096 intermediate for two years, or what it is told", () => {
  const { keyAlgorithm, validFor, generation } = Issuance.deploy();
  expect(`${keyAlgorithm} ${validFor} ${generation}`).toBe("rsa-4096 2y 1");
  const options = { keyAlgorithm: KeyAlgorithm.ecdsa(384), validFor: Duration.days(90), generation: 7 };
  expect(Issuance.deploy(options)).toMatchObject(options);
});

// A caller in plain JavaScript, or one that casts, gets past the type.
test.each([false, undefined, "true", 1])("fails where keys in the state are accepted by %p", (accept) => {
  expect(() => Issuance.terraform({ acceptKeysInState: accept as true })).toThrow(
    'issuance "terraform" keeps the intermediate\'s private key in Terraform\'s state, and whoever can read the state can act as this cluster\'s CA; write "acceptKeysInState: true" if that is intended (IV0205; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0205)',
  );
});

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("fails for generation %s", (generation) => {
  for (const issuance of [Issuance.deploy, Issuance.terraform]) {
    expect(() => issuance({ ...accepted, generation })).toThrow(
      `"generation" is ${generation}; write a whole number of at least 1, and raise it by one to renew (IV0210; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0210)`,
    );
  }
});
