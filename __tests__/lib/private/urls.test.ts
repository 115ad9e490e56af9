import { isHttpsOrigin, isHttpsUrl, isLoopbackUrl } from "../../../lib/private/urls";

test.each(["https://a", "https://a:8200", "https://a/", "https://[fd00::1]:6443", "https://[::1]"])(
  "%s is an origin",
  (text) => {
    expect(isHttpsOrigin(text)).toBe(true);
  },
);

test("a path makes a URL that is no origin", () => {
  expect(isHttpsOrigin("https://a/b")).toBe(false);
  expect(isHttpsUrl("https://a/b")).toBe(true);
});

test.each([
  "",
  "a:8200",
  "http://a",
  "https://",
  "https://user@a",
  "https://:password@a",
  "https://a?b",
  "https://a#b",
  "https://fd00::1:6443",
  "https://[fe80::1%25eth0]:6443",
  "https:a:6443",
  "https:/a",
  "https:\\\\a",
  "https://a\\b",
])('"%s" is neither', (text) => {
  expect(isHttpsUrl(text)).toBe(false);
  expect(isHttpsOrigin(text)).toBe(false);
});

test.each(["http://127.0.0.1:8200", "http://localhost", "http://[::1]:8200/"])(
  "%s is this machine's",
  (text) => {
    expect(isLoopbackUrl(text)).toBe(true);
  },
);

test.each(["https://[::1]:8200", "http://[::2]:8200", "http://::1:8200", "http://127.0.0.1.example.com"])(
  "%s is no http URL of this machine's",
  (text) => {
    expect(isLoopbackUrl(text)).toBe(false);
  },
);
