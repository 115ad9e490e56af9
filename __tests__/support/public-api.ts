import { dirname, join, relative, sep } from "node:path";
import ts from "typescript";

/** What an importer sees of the library, as the compiler reads it. */

const PROJECT = join(__dirname, "..", "..");
const ENTRY = join(PROJECT, "lib", "index.ts");

/** A member of an exported interface, or a parameter of an exported function or static method. */
export interface Input {
  /** `ClusterTrustProps.clusterName`, `Duration.seconds(amount)`. */
  readonly name: string;
  /** Its type as written out, `undefined` left out. */
  readonly type: string;
}

const program = ts.createProgram([ENTRY], {
  strict: true,
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.Node10,
  target: ts.ScriptTarget.ES2022,
  lib: ["lib.es2023.d.ts"],
  types: ["node"],
  esModuleInterop: true,
  skipLibCheck: true,
});
const checker = program.getTypeChecker();

/** Everything lib/index.ts exports, aliases followed. */
export const exported: readonly ts.Symbol[] = checker
  .getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(ENTRY)!)!)
  .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));

/** The public members of a class or interface that are its own. */
export function membersOf(symbol: ts.Symbol): ts.Symbol[] {
  const members = [...(symbol.members?.values() ?? []), ...(symbol.exports?.values() ?? [])];
  return members.filter((member) => {
    const declaration = member.valueDeclaration;
    if (!declaration || member.name === "prototype" || member.name.startsWith("__")) return false;
    return !(
      ts.getCombinedModifierFlags(declaration) &
      (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)
    );
  });
}

/** The summary of a symbol's docstring; of a member without one, its base's. */
export function summary(symbol: ts.Symbol): string {
  return ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
}

/** A tag of a symbol's docstring. */
export function tag(symbol: ts.Symbol, name: string): string | undefined {
  const found = symbol.getJsDocTags(checker).find((one) => one.name === name);
  return found && ts.displayPartsToString(found.text).trim();
}

/** Whether a member may be left out. */
export function isOptional(symbol: ts.Symbol): boolean {
  return (symbol.flags & ts.SymbolFlags.Optional) !== 0;
}

/** Whether an interface is what a caller writes. */
export function isWritten(symbol: ts.Symbol): boolean {
  return /(Props|Options|Attributes)$/.test(symbol.name);
}

/** Everything a caller writes: members of props, options and attributes, parameters of factories and functions. */
export function inputs(): Input[] {
  const written = exported
    .filter(isWritten)
    .flatMap((owner) =>
      checker
        .getPropertiesOfType(checker.getDeclaredTypeOfSymbol(owner))
        .map((member) => ({ name: `${owner.name}.${member.name}`, type: typeText(member) })),
    );
  const functions = exported.filter(({ flags }) => flags & ts.SymbolFlags.Function);
  const methods = exported
    .filter(({ flags }) => flags & ts.SymbolFlags.Class)
    .flatMap((owner) => membersOf(owner).filter(({ flags }) => flags & ts.SymbolFlags.Method));
  return [...written, ...[...functions, ...methods].flatMap(parameters)];
}

function parameters(method: ts.Symbol): Input[] {
  const declaration = method.valueDeclaration as ts.FunctionLikeDeclaration;
  const owner = ts.isClassDeclaration(declaration.parent) ? `${declaration.parent.name!.text}.` : "";
  return declaration.parameters.map((parameter) => {
    const symbol = checker.getSymbolAtLocation(parameter.name)!;
    return { name: `${owner}${method.name}(${symbol.name})`, type: typeText(symbol) };
  });
}

function typeText(symbol: ts.Symbol): string {
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(symbol));
  return checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation);
}

/** Types that public signatures mention and an importer cannot name, each with where. */
export function unnamedTypes(): string[] {
  const known = new Set(exported);
  const found = new Set<string>();
  for (const symbol of exported) {
    for (const declaration of symbol.declarations ?? []) {
      visit(declaration, symbol.name);
    }
  }
  return [...found].sort();

  function visit(node: ts.Node, where: string): void {
    if (ts.isBlock(node) || isHidden(node)) return;
    // What a property or a constant is set to is no signature; what its type is inferred as, is.
    if (ts.isPropertyDeclaration(node) || ts.isVariableDeclaration(node) || ts.isMethodDeclaration(node)) {
      if (!node.type) checkInferred(node, where);
    }
    if (ts.isTypeReferenceNode(node)) check(checker.getSymbolAtLocation(node.typeName), where);
    if (ts.isExpressionWithTypeArguments(node)) check(checker.getSymbolAtLocation(node.expression), where);
    ts.forEachChild(node, (child) => {
      if ((ts.isPropertyDeclaration(node) || ts.isVariableDeclaration(node)) && child === node.initializer)
        return;
      visit(child, where);
    });
  }

  function checkInferred(node: ts.Node, where: string): void {
    const type = checker.getTypeAtLocation(node);
    for (const part of type.isUnion() ? type.types : [type]) {
      if (
        part.symbol &&
        (part.symbol.flags & ts.SymbolFlags.Class || part.symbol.flags & ts.SymbolFlags.Interface)
      ) {
        check(part.symbol, where);
      }
    }
  }

  function check(symbol: ts.Symbol | undefined, where: string): void {
    if (!symbol) return;
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const file = target.declarations?.[0].getSourceFile().fileName;
    if (!file || known.has(target)) return;
    const path = relative(PROJECT, file).split(sep);
    const isForeign =
      path[0] === "node_modules" &&
      (["cdktf", "constructs", "typescript"].includes(path[1]) || path[1] === "@types");
    if (!isForeign) found.add(`${where} mentions ${target.name} of ${dirname(path.join("/"))}`);
  }
}

function isHidden(node: ts.Node): boolean {
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some(
      ({ kind }) => kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.ProtectedKeyword,
    )
  );
}
