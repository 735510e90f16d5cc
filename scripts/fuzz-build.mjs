// Makes one file of a fuzz target and everything it imports, with a counter at every branch.
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import { bundledCode } from './testing-bundle.mjs';
import { root } from './workspace.mjs';

/** Test helpers that export FUZZ_TARGETS. */
export const FUZZ_FILE = /fuzz\.testing\.ts$/;

/** Bundles the target file; the module exports FUZZ_TARGETS, damagedCopy, seededRandom and COUNTERS. */
export async function instrumentedBundle(file) {
  const folder = join(root, 'node_modules/.cache/fuzz');
  mkdirSync(folder, { recursive: true });
  const entry = join(folder, `${basename(file, '.ts')}-entry.ts`);
  const from = (path) => JSON.stringify(join(root, path));
  writeFileSync(
    entry,
    `export { FUZZ_TARGETS } from ${from(file)};
export { damagedCopy, FUZZ_BYTES_MAX } from ${from('packages/conformance/src/fuzz-damage.ts')};
export { seededRandom } from ${from('packages/base/src/random.ts')};\n`,
  );
  const code = await bundledCode(entry);
  const path = join(folder, `${basename(file, '.ts')}.mjs`);
  writeFileSync(path, instrumented(code));
  return path;
}

/** Puts a counter at the start of every function body, branch, loop and case. */
export function instrumented(code) {
  const source = ts.createSourceFile('bundle.mjs', code, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const counters = new Counters();
  const { transformed } = ts.transform(source, [
    (context) => {
      const visit = (node) => counters.put(ts.visitEachChild(node, visit, context));
      return (file) => ts.visitEachChild(file, visit, context);
    },
  ]);
  const printed = ts.createPrinter().printFile(transformed[0]);
  const imports = /^(?:import [^\n]*\n)*/.exec(printed)[0];
  const array = `export const COUNTERS = new Uint32Array(${counters.count});\nconst __fuzz = COUNTERS;\n`;
  return `${imports}${array}${printed.slice(imports.length)}`;
}

const f = ts.factory;

class Counters {
  count = 0;

  /** The node with its counters. */
  put(node) {
    if (ts.isIfStatement(node)) {
      const otherwise = node.elseStatement ?? f.createBlock([]);
      return f.updateIfStatement(node, node.expression, this.#block(node.thenStatement), this.#block(otherwise));
    }
    if (ts.isCaseClause(node)) {
      return f.updateCaseClause(node, node.expression, [this.#statement(), ...node.statements]);
    }
    if (ts.isConditionalExpression(node)) {
      const { condition, questionToken, whenTrue, colonToken, whenFalse } = node;
      const [yes, no] = [this.#expression(whenTrue), this.#expression(whenFalse)];
      return f.updateConditionalExpression(node, condition, questionToken, yes, colonToken, no);
    }
    if (ts.isBinaryExpression(node) && SHORTCUTS.has(node.operatorToken.kind)) {
      return f.updateBinaryExpression(node, node.left, node.operatorToken, this.#expression(node.right));
    }
    return this.#loop(node) ?? this.#function(node) ?? node;
  }

  #loop(node) {
    if (ts.isForStatement(node)) {
      const { initializer, condition, incrementor } = node;
      return f.updateForStatement(node, initializer, condition, incrementor, this.#block(node.statement));
    }
    if (ts.isForOfStatement(node)) {
      const { awaitModifier, initializer, expression } = node;
      return f.updateForOfStatement(node, awaitModifier, initializer, expression, this.#block(node.statement));
    }
    if (ts.isWhileStatement(node)) return f.updateWhileStatement(node, node.expression, this.#block(node.statement));
    if (ts.isDoStatement(node)) return f.updateDoStatement(node, this.#block(node.statement), node.expression);
    return undefined;
  }

  #function(node) {
    if (ts.isFunctionDeclaration(node)) {
      const { modifiers, asteriskToken, name, typeParameters, parameters, type } = node;
      const body = this.#block(node.body);
      return f.updateFunctionDeclaration(node, modifiers, asteriskToken, name, typeParameters, parameters, type, body);
    }
    if (ts.isMethodDeclaration(node)) {
      const { modifiers, asteriskToken, name, parameters } = node;
      const body = this.#block(node.body);
      return f.updateMethodDeclaration(
        node,
        modifiers,
        asteriskToken,
        name,
        undefined,
        undefined,
        parameters,
        undefined,
        body,
      );
    }
    return undefined;
  }

  #block(body) {
    if (ts.isBlock(body)) return f.updateBlock(body, [this.#statement(), ...body.statements]);
    return f.createBlock([this.#statement(), body], true);
  }

  #expression(expression) {
    return f.createParenthesizedExpression(f.createComma(this.#counter(), expression));
  }

  #statement() {
    return f.createExpressionStatement(this.#counter());
  }

  #counter() {
    const index = f.createNumericLiteral(this.count++);
    return f.createPostfixIncrement(f.createElementAccessExpression(f.createIdentifier('__fuzz'), index));
  }
}

/** Operators that leave their right side out. */
const SHORTCUTS = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
]);
