// What `nodemapi` exports, read from the sources with the TypeScript compiler: name, kind, signature, docstring, place.
import { join, relative, sep } from 'node:path';
import ts from 'typescript';
import { lineAt, root } from './workspace.mjs';

const FRONT_DOOR = 'packages/nodemapi/src/index.ts';
/** Lines of a declaration that are shown; of longer ones the beginning. */
const DECLARATION_LINES_MAX = 40;

/** Everything that the front door exports, by source file and in the order of the sources. */
export function exportedThings() {
  const program = ts.createProgram([join(root, FRONT_DOOR)], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    customConditions: ['source'],
    allowImportingTsExtensions: true,
    noEmit: true,
    types: ['node'],
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const entry = checker.getSymbolAtLocation(program.getSourceFile(join(root, FRONT_DOOR)));
  const symbols = checker.getExportsOfModule(entry).map((symbol) => resolved(symbol, checker));
  const things = [...new Set(symbols)].flatMap((symbol) => thingOf(symbol) ?? []);
  return things.sort((a, b) => compare(a.source, b.source) || a.line - b.line);
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

function resolved(symbol, checker) {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

function thingOf(symbol) {
  const declarations = symbol.declarations ?? [];
  const [first] = declarations;
  if (first === undefined) return undefined;
  const file = first.getSourceFile();
  return {
    name: symbol.name,
    kind: kindOf(first),
    source: relative(root, file.fileName).split(sep).join('/'),
    line: lineAt(file.text, first.getStart(file)),
    doc: declarations.map((declaration) => docOf(declaration, file)).find((doc) => doc !== '') ?? '',
    signature: signatureOf(declarations.filter((each) => ts.isFunctionDeclaration(each)).at(-1) ?? first, file),
    members: membersOf(first, file),
  };
}

function kindOf(node) {
  if (ts.isInterfaceDeclaration(node)) return 'interface';
  if (ts.isClassDeclaration(node)) return 'class';
  if (ts.isTypeAliasDeclaration(node)) return 'type';
  if (ts.isFunctionDeclaration(node)) return 'function';
  return 'constant';
}

/**
 * The docstring of a declaration. A constant has that of the group of lines in which it stands; what the comment at the
 * head of the file names, and nothing else tells of, has that.
 */
function docOf(node, file) {
  if (!ts.isVariableDeclaration(node)) return commentOf(node, file) || namedInHeader(node, file);
  const statement = node.parent.parent;
  const own = commentOf(statement, file);
  if (own !== '') return own;
  const siblings = file.statements;
  for (let at = siblings.indexOf(statement); at >= 0; at--) {
    const sibling = siblings[at];
    if (!ts.isVariableStatement(sibling)) break;
    const doc = commentOf(sibling, file);
    // a canonical name is that of one property and of no other
    if (doc !== '') return /^Pid(Tag|Lid|Name)/.test(doc) ? 'Without a canonical name.' : doc;
    const before = siblings[at - 1];
    if (before === undefined || /\n\s*\n/.test(file.text.slice(before.end, sibling.getStart(file)))) break;
  }
  // the first group of a file is what the file is about
  return isFirstGroup(statement, file) ? headerOf(file) : '';
}

/** Whether nothing but imports and constants, without an empty line between them, stands before a statement. */
function isFirstGroup(statement, file) {
  const first = file.statements.find((each) => !ts.isImportDeclaration(each));
  return first !== undefined && !/\n\s*\n/.test(file.text.slice(first.getStart(file), statement.getStart(file)));
}

function namedInHeader(node, file) {
  const header = headerOf(file);
  return new RegExp(`\\b${node.name.text}\\b`).test(header) ? header : '';
}

/** The comment at the head of a file. */
function headerOf(file) {
  const header = /^(?:\/\/[^\n]*\n)*\/\*\*([\s\S]*?)\*\//.exec(file.text);
  return header === null ? '' : cleaned(header[1]);
}

/** The docstring that stands right before a node. */
function commentOf(node, file) {
  const ranges = ts.getLeadingCommentRanges(file.text, node.getFullStart()) ?? [];
  const last = ranges.at(-1);
  if (last === undefined || !file.text.startsWith('/**', last.pos)) return '';
  const isHeader = last.pos === 0 && file.text.slice(last.end, node.getStart(file)).includes('\n\n');
  return isHeader ? '' : cleaned(file.text.slice(last.pos + 3, last.end - 2));
}

function cleaned(comment) {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim();
}

/** The declaration without its body and without comments. */
function signatureOf(node, file) {
  if (ts.isVariableDeclaration(node)) return shortened(`const ${uncommented(node, file)}`);
  if (ts.isTypeAliasDeclaration(node)) return shortened(uncommented(node, file).replace(/^export /, ''));
  const end = ts.isFunctionDeclaration(node) ? (node.body?.pos ?? node.end) : node.members.pos - 1;
  return file.text
    .slice(node.getStart(file), end)
    .replace(/^export /, '')
    .trim();
}

function uncommented(node, file) {
  return node.getText(file).replace(/\/\*\*[\s\S]*?\*\/\s*/g, '');
}

function shortened(text) {
  const lines = text.split('\n');
  return lines.length <= DECLARATION_LINES_MAX ? text : [...lines.slice(0, DECLARATION_LINES_MAX), '…'].join('\n');
}

/** What users of an interface or a class can call and read. */
function membersOf(node, file) {
  if (!ts.isInterfaceDeclaration(node) && !ts.isClassDeclaration(node)) return [];
  return node.members.flatMap((member) => {
    const isHidden = (ts.canHaveModifiers(member) ? (ts.getModifiers(member) ?? []) : []).some(
      ({ kind }) => kind === ts.SyntaxKind.PrivateKeyword || kind === ts.SyntaxKind.ProtectedKeyword,
    );
    if (isHidden || (member.name !== undefined && ts.isPrivateIdentifier(member.name))) return [];
    const end = member.body?.pos ?? member.initializer?.pos ?? member.end;
    const signature = file.text
      .slice(member.getStart(file), end)
      .replace(/\s+/g, ' ')
      .replace(/[;={ ]+$/, '');
    return [{ signature, doc: commentOf(member, file) }];
  });
}
