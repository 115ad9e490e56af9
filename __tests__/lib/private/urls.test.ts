import { isHttpsOrigin, isHttpsUrl } from "../../../lib/private/urls";

test.each(["https://a", "https://a:8200", "https://a/", "https://[fd00::1]:6443"])(
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
])('"%s" is neither', (text) => {
  expect(isHttpsUrl(text)).toBe(false);
  expect(isHttpsOrigin(text)).toBe(false);
});
