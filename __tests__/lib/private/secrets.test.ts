import { redact } from "../../../lib/private/secrets";

test.each([
  ["a private key", '"-----BEGIN EC PRIVATE KEY-----\nMIIB\n-----END EC PRIVATE KEY-----\n"'],
  ["a key of no named kind", '"-----BEGIN PRIVATE KEY-----\nMIIB"'],
  ["a token of Vault", '"hvs.CAESIJ-x_y"'],
  ["a token of an older Vault", '"s.AbCdEfGhIjKlMnOpQrStUvWx"'],
  ["a token that is cut", '"eyJhbGciOiJSUzI1NiIsImtpZCI6"'],
  ["a ServiceAccount's token", '"eyJhbGciOi.eyJpc3Mi.c2ln-_"'],
])("does not show %s", (_what, text) => {
  expect(redact(`received ${text}; write a name`)).toBe('received "(not shown)"; write a name');
});

test("does not show a URL's credentials", () => {
  expect(redact("https://user:password@a:8200/x")).toBe("https://(not shown)@a:8200/x");
});

test("does not show the credentials of a URL that went through path.join()", () => {
  expect(redact("https:/user:password@a:8200/x")).toBe("https:/(not shown)@a:8200/x");
});

test.each([
  "https://vault.example.com:8200/a@b",
  "-----BEGIN CERTIFICATE-----",
  "istiod.istio-system.svc",
  "docs/rules.md#iv0101",
])("leaves %s", (text) => {
  expect(redact(text)).toBe(text);
});
