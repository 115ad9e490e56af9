/** What happens to PEM on its way: each takes a text of one or more blocks. */
export type TextChange = (text: string, dice: number) => string;

const BEGIN = "-----BEGIN CERTIFICATE-----";

/** Changes one line between the markers. */
const inBody =
  (change: (line: string) => string): TextChange =>
  (text, dice) => {
    const lines = text.split("\n");
    const body = lines.flatMap((line, place) => (/^[A-Za-z0-9+/=]+$/.test(line) ? [place] : []));
    if (body.length === 0) return text;
    const place = body[dice % body.length]!;
    return lines.with(place, change(lines[place]!)).join("\n");
  };

const joined = (text: string) =>
  text.replace(
    /(-----BEGIN [^-]+-----\n)([A-Za-z0-9+/=\n]+)(\n-----END)/g,
    (_, begin: string, body: string, end: string) => `${begin}${body.replaceAll("\n", "")}${end}`,
  );

export const TEXT_CHANGES: Readonly<Record<string, TextChange>> = {
  CRLF: (text) => text.replaceAll("\n", "\r\n"),
  "CR alone": (text) => text.replaceAll("\n", "\r"),
  "CR alone in the base64": inBody((line) => `${line.slice(0, 10)}\r${line.slice(10)}`),
  "CR alone instead of a line end": (text) => text.replace(/([A-Za-z0-9+/]{64})\n/, "$1\r"),
  "two CRs": (text) => text.replaceAll("\n", "\r\r\n"),
  "blanks at line ends": (text) => text.replaceAll("\n", "  \n"),
  "tabs at line ends": (text) => text.replaceAll("\n", "\t\n"),
  indented: (text) => text.replace(/^/gm, "  "),
  "body indented": inBody((line) => `   ${line}`),
  "a blank in the base64": inBody((line) => `${line.slice(0, 10)} ${line.slice(10)}`),
  "a tab in the base64": inBody((line) => `${line.slice(0, 10)}\t${line.slice(10)}`),
  "a foreign character": inBody((line) => `${line.slice(0, 10)}*${line.slice(11)}`),
  "a dash in the base64": inBody((line) => `${line.slice(0, 10)}-${line.slice(11)}`),
  "a character too much": inBody((line) => `${line}A`),
  "a character too few": inBody((line) => line.slice(0, -1)),
  "a no-break space": inBody((line) => `${line}\u00A0`),
  "a null byte": inBody((line) => `${line}\0`),
  "a form feed": inBody((line) => `${line}\f`),
  "an equals sign within": inBody((line) => `${line.slice(0, 10)}=${line.slice(11)}`),
  "no padding": (text) => text.replace(/=+(\n-----END)/g, "$1"),
  "padding added": (text) => text.replace(/(\n-----END)/g, "=$1"),
  "padding on a line of its own": (text) => text.replace(/(=+)(\n-----END)/g, "\n$1$2"),
  "one line": joined,
  "lines of 76": (text) =>
    joined(text).replace(/[A-Za-z0-9+/=]{70,}/g, (body) => body.replace(/.{76}/g, "$&\n")),
  "lines of 20": (text) =>
    joined(text).replace(/[A-Za-z0-9+/=]{70,}/g, (body) => body.replace(/.{20}/g, "$&\n")),
  "lines of 63": (text) =>
    joined(text).replace(/[A-Za-z0-9+/=]{70,}/g, (body) => body.replace(/.{63}/g, "$&\n")),
  "an empty line within": inBody((line) => `${line}\n`),
  "an empty line after BEGIN": (text) => text.replaceAll(BEGIN, `${BEGIN}\n`),
  "empty lines around": (text) => `\n\n${text}\n\n`,
  "a header": (text) => text.replaceAll(BEGIN, `${BEGIN}\nSubject: CN=x\n`),
  "a header without an empty line": (text) => text.replaceAll(BEGIN, `${BEGIN}\nSubject: CN=x`),
  "text before": (text) => `subject=CN=x\nissuer=CN=y\n${text}`,
  "text after": (text) => `${text}# the end\n`,
  "text between": (text) => text.replaceAll(`\n${BEGIN}`, `\n# next\n${BEGIN}`),
  "a comment within": inBody((line) => `${line}\n# comment`),
  "a comment after END": (text) => text.replaceAll(/(-----END [^-]+-----)/g, "$1 # comment"),
  "blanks after END": (text) => text.replaceAll(/(-----END [^-]+-----)/g, "$1   "),
  "blanks before BEGIN": (text) => text.replaceAll("-----BEGIN", " -----BEGIN"),
  "blanks before END": (text) => text.replaceAll("-----END", " -----END"),
  "text before BEGIN on its line": (text) => text.replaceAll("-----BEGIN", "cert: -----BEGIN"),
  "BEGIN twice": (text) => text.replace(BEGIN, `${BEGIN}\n${BEGIN}`),
  "END twice": (text) => `${text}-----END CERTIFICATE-----\n`,
  "END gone": (text) => text.replace(/-----END CERTIFICATE-----\n/, ""),
  "BEGIN gone": (text) => text.replace(`${BEGIN}\n`, ""),
  "another END": (text) => text.replace("-----END CERTIFICATE", "-----END CERTIFICATES"),
  "four dashes": (text) => text.replace(BEGIN, "----BEGIN CERTIFICATE----"),
  "six dashes": (text) => text.replace(BEGIN, "------BEGIN CERTIFICATE------"),
  "lower case": (text) => text.replaceAll("BEGIN CERTIFICATE", "begin certificate"),
  "X509 CERTIFICATE": (text) => text.replaceAll(" CERTIFICATE-", " X509 CERTIFICATE-"),
  "TRUSTED CERTIFICATE": (text) => text.replaceAll(" CERTIFICATE-", " TRUSTED CERTIFICATE-"),
  PKCS7: (text) => text.replaceAll(" CERTIFICATE-", " PKCS7-"),
  "no type": (text) => text.replaceAll(" CERTIFICATE-", " -"),
  "byte order mark": (text) => `\uFEFF${text}`,
  "escaped line ends": (text) => text.replaceAll("\n", "\\n"),
  "no line end at the end": (text) => text.trimEnd(),
  "run together": (text) => text.replaceAll(`-----\n-----BEGIN`, "----------BEGIN"),
  twice: (text) => text + text,
  empty: () => "",
  blank: () => " \n",
  "the base64 alone": (text) => text.replace(/-----[^\n]+-----\n/g, ""),
  "cut in the middle": (text) => text.slice(0, text.length / 2),
  "an empty block before": (text) => `-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n${text}`,
  "an empty block after": (text) => `${text}-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n`,
  "parameters before": (text) =>
    `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${text}`,
  "a damaged block before": (text) => `${BEGIN}\nbm9uZQ==\n-----END CERTIFICATE-----\n${text}`,
  "a damaged block after": (text) => `${text}${BEGIN}\nbm9uZQ==\n-----END CERTIFICATE-----\n`,
  "a block without base64 after": (text) => `${text}${BEGIN}\n!!!!\n-----END CERTIFICATE-----\n`,
  "an open block after": (text) => `${text}${BEGIN}\nbm9uZQ==\n`,
  "1000 lines of text before": (text) => `${"# text\n".repeat(1000)}${text}`,
  "a long line of text before": (text) => `# ${"x".repeat(5000)}\n${text}`,
};
