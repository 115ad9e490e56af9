/** Longer than any message; what comes from outside may have no end. */
const MOST = 8_000;

const HIDDEN = "(not shown)";

/**
 * A text as it may be shown, whoever wrote it: without what looks like a secret, on one line, with nothing that
 * a terminal obeys or that turns the text around. Whatever comes from outside goes through here: values of
 * mesh.yaml, names of files, answers of Vault, of GitHub, of API servers and of the programs that log in there.
 *
 * @param most the number of characters after which it is cut
 */
export function shown(text: string, most = MOST): string {
  const line = redact(printable(text.slice(0, 2 * MOST)));
  return line.length > most ? `${line.slice(0, most)}…` : line;
}

/** Several lines, each as {@link shown} has it: for texts of ours that quote what is not. */
export function shownLines(text: string): string {
  return text
    .split("\n")
    .map((line) => shown(line))
    .join("\n");
}

/** Each also where it is cut, and where control characters in it or before it are spelled out. */
const SECRETS: readonly (readonly [pattern: RegExp, instead: string])[] = [
  // Private keys: from their first line on, up to their last, or by how the body of one begins.
  [/-----BEGIN [A-Z ]*PRIVATE KEY[^"]*/g, HIDDEN],
  [/(?<![\w+/=\\])(?:[\w+/=\\]{32,128}\s)*[\w+/=\\]*\s?-----END [A-Z ]*PRIVATE KEY(?:-----)?/g, HIDDEN],
  [/M(?:II[\w+/]{3}IBA|I[GH][\w+/]AgE|HcCAQEE|C4CAQAw)[\w+/=\\]*/g, HIDDEN],
  // A URL with one slash is what is left of one that was taken for a file's path.
  [/(:\/\/?)[^/\s"]*@/g, `$1${HIDDEN}@`],
  // A password with a slash in it; a host's port is a number.
  [/(:\/\/)[^/\s":@]{1,128}:(?!\d+(?:[/?#]|$))[^\s"@]{1,128}@/g, `$1${HIDDEN}@`],
  // Vault's tokens, JWTs, and those of EKS, Google, GitHub and GitLab.
  [/hv[sbr]\.[\w\\-]+|(?<![A-Za-z0-9](?<!\\[bfnrt])(?<!\\u[0-9a-f]{4}))[sbr]\.[\w\\-]{20,}/g, HIDDEN],
  [/eyJ[\w\\-]{5,}(?:\.[\w.\\-]*)?|eyJ[\w\\-]+\.[\w.\\-]+/g, HIDDEN],
  [/k8s-aws-v1\.[\w\\-]+|ya29\.[\w.\\-]+|gh[pousr]_\w{10,}|github_pat_\w+|gl[a-z]+-[\w-]{20,}/g, HIDDEN],
  // What is named as a secret: headers, fields of JSON, parameters.
  [/(authorization["']?\s*[:=]\s*["']?(?:bearer |basic )?)(?!\(|bearer |basic )[^\s"',;]+/gi, `$1${HIDDEN}`],
  [/((?:bearer|basic)\s+)[\w.~+/=\\-]{16,}/gi, `$1${HIDDEN}`],
  [/(x-vault-token["']?\s*[:=]\s*["']?)[^\s"',;(]+/gi, `$1${HIDDEN}`],
  [
    /((?:secret[_-]?id|client[_-]?secret|client[_-]?token|(?:access|id|refresh)[_-]?token|password)\\?["']?\s*[:=]\s*\\?["']?)[^\s"'\\,;&(]{8,}/gi,
    `$1${HIDDEN}`,
  ],
];

/** A text without what looks like a secret: for data, whose form escapes the rest. */
export function redact(text: string): string {
  return SECRETS.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), text);
}

/** Escapes control and format characters, but for the two that join letters and emoji; ends of lines; halves of characters. */
function printable(text: string): string {
  return text.replace(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (character) =>
    character
      .split("")
      .map((unit) => SHORT[unit] ?? `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

const SHORT: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
};
