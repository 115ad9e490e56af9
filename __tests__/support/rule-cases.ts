import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";

const PROJECT = join(__dirname, "..", "..");

/** A rule as its part of the program declares it. */
export interface DeclaredRule {
  readonly name: string;
  readonly id: string;
  /** Its whole message, whatever the facts are. */
  readonly message: string;
  /** How much of the message is the same for all facts. */
  readonly fixed: number;
}

/** The rules that the files of a folder declare: `name: rule("IV0101", level, title, (facts) => message)`. */
export function declaredRules(folder: string): DeclaredRule[] {
  return sources(folder).flatMap((source) =>
    find(source, ts.isPropertyAssignment).flatMap(({ name, initializer }) => {
      if (!ts.isCallExpression(initializer)) return [];
      const [id, message] = [initializer.arguments[0], initializer.arguments.at(-1)!];
      if (!id || !ts.isStringLiteral(id) || !/^IV\d{4}$/.test(id.text) || !ts.isArrowFunction(message))
        return [];
      const pattern = bodyPattern(message.body);
      return [
        {
          name: name.getText(source),
          id: id.text,
          message: pattern,
          fixed: pattern.replaceAll(ANYTHING, "").length,
        },
      ];
    }),
  );
}

/** Where the files of a folder make findings, by the rule's name: `rules.name`. */
export function ruleUses(folder: string): Map<string, string[]> {
  const uses = new Map<string, string[]>();
  for (const source of sources(folder)) {
    for (const node of find(source, ts.isPropertyAccessExpression)) {
      // `rules.name.id` speaks of the rule, and makes nothing.
      if (node.expression.getText(source) !== "rules" || ts.isPropertyAccessExpression(node.parent)) continue;
      const { line } = source.getLineAndCharacterOfPosition(node.name.getStart(source));
      const at = `${source.fileName}:${line + 1}`;
      uses.set(node.name.text, [...(uses.get(node.name.text) ?? []), at]);
    }
  }
  return uses;
}

/** Every text the files of a folder write down, what is filled in left open. */
export function writtenTexts(folder: string): string[] {
  return sources(folder).flatMap((source) =>
    find(source, ts.isStringLiteralLike)
      .map(({ text }) => text)
      .concat(find(source, ts.isTemplateExpression).map(templateText)),
  );
}

/** How many of the texts hold the rule's whole message: with its id, or alone where it cannot be another's. */
export function countStated({ id, message, fixed }: DeclaredRule, texts: readonly string[]): number {
  const whole = new RegExp(`(?:^|[\\s|])(?:${message})\\s*(?:\\(${id}\\b|$|\\|)`);
  const alone = new RegExp(`^(?:${message})$`);
  return texts.filter((text) => (text.includes(id) ? whole.test(text) : fixed >= 20 && alone.test(text)))
    .length;
}

const ANYTHING = "[\\s\\S]*?";

/** A regular expression for all that an expression of text can become. */
function textPattern(node: ts.Node): string {
  if (ts.isStringLiteralLike(node)) return escaped(node.text);
  if (ts.isParenthesizedExpression(node)) return textPattern(node.expression);
  if (ts.isConditionalExpression(node)) {
    return `(?:${textPattern(node.whenTrue)}|${textPattern(node.whenFalse)})`;
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    return textPattern(node.left) + textPattern(node.right);
  }
  if (ts.isTemplateExpression(node)) {
    const spans = node.templateSpans.map((span) => textPattern(span.expression) + escaped(span.literal.text));
    return escaped(node.head.text) + spans.join("");
  }
  return ANYTHING;
}

function bodyPattern(body: ts.ConciseBody): string {
  if (!ts.isBlock(body)) return textPattern(body);
  return find(body, ts.isReturnStatement)
    .map(({ expression }) => textPattern(expression!))
    .join("|");
}

function templateText({ head, templateSpans }: ts.TemplateExpression): string {
  return head.text + templateSpans.map(({ literal }) => `…${literal.text}`).join("");
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

function sources(folder: string): ts.SourceFile[] {
  return readdirSync(join(PROJECT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => {
      const path = join(folder, file);
      return ts.createSourceFile(
        path,
        readFileSync(join(PROJECT, path), "utf8"),
        ts.ScriptTarget.ES2022,
        true,
      );
    });
}

function find<N extends ts.Node>(root: ts.Node, is: (node: ts.Node) => node is N): N[] {
  const found: N[] = is(root) ? [root] : [];
  ts.forEachChild(root, (child) => void found.push(...find(child, is)));
  return found;
}
