import { shown, shownLines } from "../../../lib/private/shown";

const BODY = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg";

test.each([
  ["a private key", '"-----BEGIN EC PRIVATE KEY-----\nMIIB\n-----END EC PRIVATE KEY-----\n"'],
  ["a key of no named kind", '"-----BEGIN PRIVATE KEY-----\nMIIB"'],
  ["a key whose first line is cut", '"-----BEGIN RSA PRIVATE KEY"'],
  ["a key whose beginning is cut", '"qGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----"'],
  ["a key's body alone", `"${BODY}"`],
  ["a token of Vault", '"hvs.CAESIJ-x_y"'],
  ["a batch token of Vault", '"hvb.AAAAAQJ-x_y"'],
  ["a token of an older Vault", '"s.AbCdEfGhIjKlMnOpQrStUvWx"'],
  ["a batch token of an older Vault", '"b.AAAAAQKr5J-3Yhm8x_aBcDeF"'],
  ["a token with a control character in it", '"hvs.CAESIJ\u0000abc"'],
  ["a token that is cut", '"eyJhbGciOiJSUzI1NiIsImtpZCI6"'],
  ["a token cut in its second part", '"eyJhbGciOi.eyJpc3Mi"'],
  ["a ServiceAccount's token", '"eyJhbGciOi.eyJpc3Mi.c2ln-_"'],
  ["a token of EKS", '"k8s-aws-v1.aHR0cHM6Ly9zdHM"'],
  ["a token of Google", '"ya29.a0AfH6SMB-x"'],
  ["a token of GitHub", '"ghs_16C7e42F292c6912E7710c838347Ae178B4a"'],
  ["a token of GitLab", '"glpat-aBcDeFgHiJkLmNoPqRsT"'],
])("does not show %s", (_what, text) => {
  expect(shown(`received ${text}; write a name`)).toBe('received "(not shown)"; write a name');
});

test.each([
  ["https://user:password@a:8200/x", "https://(not shown)@a:8200/x"],
  ["https:/user:password@a:8200/x", "https:/(not shown)@a:8200/x"],
  ["https://user:pass/word@a:8200/x", "https://(not shown)@a:8200/x"],
  ["https://user:p@ssword@a:8200/x", "https://(not shown)@a:8200/x"],
  ["https://user:pass\nword@a:8200/x", "https://(not shown)@a:8200/x"],
  ["Authorization: Bearer abc", "Authorization: Bearer (not shown)"],
  ['"authorization":"Basic dXNlcg=="', '"authorization":"Basic (not shown)"'],
  ["sent bearer 0123456789abcdef to it", "sent bearer (not shown) to it"],
  ["X-Vault-Token: abc", "X-Vault-Token: (not shown)"],
  ['{"secret_id":"5e5d2bd1-7a1c-4c0e-9d7a-0f7a1b2c3d4e"}', '{"secret_id":"(not shown)"}'],
  ["VAULT_SECRET_ID=5e5d2bd1-7a1c-4c0e-9d7a-0f7a1b2c3d4e", "VAULT_SECRET_ID=(not shown)"],
  ["a\ns.AbCdEfGhIjKlMnOpQrStUvWx", "a\\n(not shown)"],
  ["?access_token=0123456789&x=y", "?access_token=(not shown)&x=y"],
])("of %j shows what is no secret", (text, expected) => {
  expect(shown(text)).toBe(expected);
  expect(shown(expected)).toBe(expected);
});

test.each([
  "https://vault.example.com:8200/a@b",
  "-----BEGIN CERTIFICATE-----",
  "MIIBxzCCAW2gAwIBAgIUTQ",
  "istiod.istio-system.svc",
  "docs/rules.md#iv0101",
  "registry.example.com:5000/vault:2.1.2@sha256:0123",
  "VAULT_ROLE_ID and VAULT_SECRET_ID, or VAULT_ID_TOKEN; its bearer token",
  'é 日本語 👩‍👩‍👧 "\\',
])("leaves %s", (text) => {
  expect(shown(text)).toBe(text);
});

test.each([
  ["what a terminal obeys", "\u001b[2J\u009b\u007f", "\\u001b[2J\\u009b\\u007f"],
  ["what ends a line", "a\nb\tc\r\u2028", "a\\nb\\tc\\r\\u2028"],
  ["what turns the text around", "\u202eabc\u2066\u061c", "\\u202eabc\\u2066\\u061c"],
  ["what is not seen", "a\u200bb\u2060\ufeff\u{e0041}", "a\\u200bb\\u2060\\ufeff\\udb40\\udc41"],
  ["half a character", "a\ud800b", "a\\ud800b"],
])("spells out %s", (_name, text, expected) => {
  expect(shown(text)).toBe(expected);
});

test("cuts what has no end, after what it hides", () => {
  expect(shown("a".repeat(10_000_000))).toBe(`${"a".repeat(8_000)}…`);
  expect(shown("https://user:password@a/x", 25)).toBe("https://(not shown)@a/x");
  expect(shown("abcdef", 3)).toBe("abc…");
});

test.each([
  ["://", "://a:b"],
  ["a key's end", "A".repeat(64)],
  ["an end in lines", `${"A".repeat(64)} `],
  ["a token", "eyJ"],
])("takes no longer for much of %s", (_name, piece) => {
  const started = performance.now();
  shown(piece.repeat(1_000_000 / piece.length));
  expect(performance.now() - started).toBeLessThan(2_000);
});

test("keeps the lines of a text that has some", () => {
  expect(shownLines("a\n  hvs.abc \u001b\nb")).toBe("a\n  (not shown) \\u001b\nb");
});
