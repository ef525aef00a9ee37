// The project's sources as the tidy rules see them: text, syntax tree and imports of each file.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';

/** Something that is not as it should be. */
export interface Finding {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

export interface Import {
  /** As written: `./x.ts`, `node:fs`. */
  readonly specifier: string;
  /** Of a file of the project, its path; otherwise null. */
  readonly target: string | null;
  readonly line: number;
  /** Gone at run time. */
  readonly isType: boolean;
}

export interface SourceFile {
  /** Below the project's folder, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

/** The TypeScript and JavaScript files of the folders that follow the rules. */
export const FOLDERS = ['abi', 'build', 'host', 'test'];
const SKIPPED = new Set(['build/out', 'build/cache']);
const EXTENSIONS = /\.(?:ts|mts|mjs)$/;

/** Reads and parses the sources below `root`. */
export function readSources(root: string): SourceFile[] {
  return FOLDERS.flatMap((folder) => pathsBelow(root, folder)).map((path) =>
    parseSource(path, readFileSync(join(root, path), 'utf8')),
  );
}

function pathsBelow(root: string, folder: string): string[] {
  if (SKIPPED.has(folder)) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return pathsBelow(root, path);
    return EXTENSIONS.test(path) ? [path] : [];
  });
}

export function parseSource(path: string, text: string): SourceFile {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  return { path, text, tree, imports: importsOf(path, tree) };
}

/** The line of a node, from 1. */
export function lineOf(tree: ts.SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

/** Calls `visit` for every node of a file. */
export function walk(tree: ts.SourceFile, visit: (node: ts.Node) => void): void {
  const down = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, down);
  };
  down(tree);
}

function importsOf(path: string, tree: ts.SourceFile): Import[] {
  const imports: Import[] = [];
  const add = (node: ts.Node, specifier: ts.Node | undefined, isType: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const { text } = specifier;
    imports.push({
      specifier: text,
      target: text.startsWith('.') ? posix.join(dirname(path), text) : null,
      line: lineOf(tree, node),
      isType,
    });
  };
  walk(tree, (node) => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, isTypeImport(node));
    else if (ts.isExportDeclaration(node)) add(node, node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, true);
    } else if (ts.isCallExpression(node)) {
      if (node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node, node.arguments[0], false);
    } else if (ts.isNewExpression(node) && node.expression.getText(tree) === 'URL') {
      // How a script or a worker of the project is named.
      const [file, base] = node.arguments ?? [];
      if (base?.getText(tree) === 'import.meta.url') add(node, file, false);
    }
  });
  return imports;
}

function isTypeImport({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false;
  if (importClause.isTypeOnly) return true;
  const { name, namedBindings } = importClause;
  if (name !== undefined || namedBindings === undefined) return false;
  if (!ts.isNamedImports(namedBindings)) return false;
  return namedBindings.elements.length > 0 && namedBindings.elements.every((e) => e.isTypeOnly);
}
