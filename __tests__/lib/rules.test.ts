import { ValidationError } from "../../lib";
import { rules } from "../../lib/rules";
import { testStack } from "../support/synth";

test("a message repeats no secret that was put in the wrong place", () => {
  expect(rules.kubernetesHostForm("https://admin:hunter2@10.0.0.1").message).toContain(
    '"kubernetesHost" is "https://(not shown)@10.0.0.1"; ',
  );
});

describe("an error", () => {
  const finding = rules.replicas(0);
  const words = '"replicas" is 0; write a whole number of at least 1';

  test("ends with rule and page", () => {
    expect(new ValidationError(finding).message).toBe(
      `${words} (IV0403; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0403)`,
    );
  });

  test("says which construct is concerned, and carries its finding", () => {
    const error = new ValidationError(finding, testStack());
    expect(error.message).toBe(
      `${words} (IV0403 at test; https://github.com/cdktf-istio-vault/cdktf-istio-vault/blob/main/docs/rules.md#iv0403)`,
    );
    expect(error).toMatchObject({ name: "ValidationError", finding });
  });
});
