/**
 * The grammar of `mapi list --where`: every restriction type as text.
 *
 * ```
 * expr    = and { "or" and }
 * and     = unary { "and" unary }
 * unary   = "not" unary | "(" expr ")" | call | TAG test
 * call    = "exist(" TAG ")" | "size(" TAG ")" relop NUMBER | "sub(" TAG "," expr ")" | "count(" NUMBER "," expr ")"
 *         | "comment(" STRING [ "," expr ] ")"
 * test    = relop ( value | TAG ) | match STRING | "has" NUMBER | "hasnt" NUMBER
 * relop   = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~"
 * match   = "contains" | "startswith" | "is", each with an optional "/i" (case), "/d" (diacritics), "/id"
 * ```
 */
import {
  baseType,
  fileTimeFromIso,
  fromHex,
  MapiError,
  type MatchKind,
  MV_FLAG,
  PR_DISPLAY_NAME,
  type PropTag,
  type PropValue,
  PT_BINARY,
  PT_BOOLEAN,
  PT_DOUBLE,
  PT_I2,
  PT_I8,
  PT_LONG,
  PT_SYSTIME,
  PT_UNICODE,
  parseTag,
  prop,
  type RelOp,
  type Restriction,
  tagFromNumber,
} from 'nodemapi';
import { UsageError } from './command.ts';

const RELOPS: Readonly<Record<string, RelOp>> = {
  '=': 'EQ',
  '!=': 'NE',
  '<': 'LT',
  '<=': 'LE',
  '>': 'GT',
  '>=': 'GE',
  '~': 'RE',
};
const MATCHES: Readonly<Record<string, MatchKind>> = { contains: 'substring', startswith: 'prefix', is: 'fullString' };
const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(!=|<=|>=|[=<>~(),])|([^\s"'=<>!~(),]+))/uy;
/** Expressions nest at most so deep. */
const nestingDepthMax = 50;

interface Token {
  readonly kind: 'string' | 'symbol' | 'word' | 'end';
  readonly text: string;
  readonly at: number;
}

/** Reads an expression. @throws UsageError, saying where and what was expected */
export function parseWhere(text: string): Restriction {
  const parser = new WhereParser(tokens(text), text);
  return parser.whole();
}

function tokens(text: string): readonly Token[] {
  const result: Token[] = [];
  TOKEN.lastIndex = 0;
  let end = 0;
  while (end < text.trimEnd().length) {
    TOKEN.lastIndex = end;
    const match = TOKEN.exec(text);
    if (match === null) {
      const rest = text.slice(end).trimStart();
      const at = text.length - rest.length + 1;
      const why = /^["']/u.test(rest) ? ' (the closing quote is missing)' : '';
      throw new UsageError(`--where: cannot read at position ${at}: ${rest.slice(0, 20)}${why}`);
    }
    const [whole, string, symbol, word] = match;
    const at = TOKEN.lastIndex - whole.trimStart().length;
    end = TOKEN.lastIndex;
    if (string !== undefined)
      result.push({ kind: 'string', text: string.slice(1, -1).replaceAll(/\\(.)/gu, '$1'), at });
    else if (symbol !== undefined) result.push({ kind: 'symbol', text: symbol, at });
    else result.push({ kind: 'word', text: word ?? '', at });
  }
  return [...result, { kind: 'end', text: 'the end', at: text.length }];
}

class WhereParser {
  readonly #tokens: readonly Token[];
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(list: readonly Token[], text: string) {
    this.#tokens = list;
    this.#text = text;
  }

  whole(): Restriction {
    const result = this.#or();
    if (this.#peek().kind !== 'end') this.#fail('"and", "or" or the end');
    return result;
  }

  #or(): Restriction {
    if (++this.#depth > nestingDepthMax) throw new UsageError(`--where: nested deeper than ${nestingDepthMax}`);
    const of = [this.#and()];
    while (this.#takeWord('or')) of.push(this.#and());
    this.#depth--;
    return of.length === 1 && of[0] !== undefined ? of[0] : { kind: 'or', of };
  }

  #and(): Restriction {
    const of = [this.#unary()];
    while (this.#takeWord('and')) of.push(this.#unary());
    return of.length === 1 && of[0] !== undefined ? of[0] : { kind: 'and', of };
  }

  #unary(): Restriction {
    let negations = 0;
    while (this.#takeWord('not')) negations++;
    const inner = this.#primary();
    return negations % 2 === 1 ? { kind: 'not', of: inner } : inner;
  }

  #primary(): Restriction {
    if (this.#takeSymbol('(')) {
      const inner = this.#or();
      this.#expectSymbol(')');
      return inner;
    }
    const token = this.#next();
    if (token.kind !== 'word') this.#fail('a property or an expression', token);
    if (this.#takeSymbol('(')) return this.#call(token);
    return this.#test(this.#tag(token));
  }

  #call(name: Token): Restriction {
    switch (name.text.toLowerCase()) {
      case 'exist': {
        const tag = this.#tag(this.#next());
        this.#expectSymbol(')');
        return { kind: 'exist', tag };
      }
      case 'size': {
        const tag = this.#tag(this.#next());
        this.#expectSymbol(')');
        return { kind: 'size', relop: this.#relop(), tag, size: this.#number() };
      }
      case 'sub': {
        const subobject = this.#tag(this.#next());
        this.#expectSymbol(',');
        const of = this.#or();
        this.#expectSymbol(')');
        return { kind: 'sub', subobject, of };
      }
      case 'count': {
        const count = this.#number();
        this.#expectSymbol(',');
        const of = this.#or();
        this.#expectSymbol(')');
        return { kind: 'count', count, of };
      }
      case 'comment': {
        const text = this.#string();
        const of = this.#takeSymbol(',') ? this.#or() : undefined;
        this.#expectSymbol(')');
        const props = [prop(PR_DISPLAY_NAME, text)];
        return of === undefined ? { kind: 'comment', props } : { kind: 'comment', props, of };
      }
      default:
        return this.#fail('exist, size, sub, count or comment', name);
    }
  }

  #test(tag: PropTag): Restriction {
    const token = this.#peek();
    const word = token.text.toLowerCase();
    if (token.kind === 'word' && (word === 'has' || word === 'hasnt')) {
      this.#next();
      return { kind: 'bitmask', relop: word === 'has' ? 'NEZ' : 'EQZ', tag, mask: this.#number() };
    }
    const [name = '', flags = ''] = word.split('/');
    const match = token.kind === 'word' && Object.hasOwn(MATCHES, name) ? MATCHES[name] : undefined;
    if (match !== undefined) {
      this.#next();
      if (!/^[id]{0,2}$/u.test(flags)) this.#fail('/i, /d or /id', token);
      const value = this.#value(tag);
      const ignoreCase = flags.includes('i');
      const ignoreNonSpace = flags.includes('d');
      return {
        kind: 'content',
        match,
        tag,
        value,
        ...(ignoreCase ? { ignoreCase } : {}),
        ...(ignoreNonSpace ? { ignoreNonSpace } : {}),
      };
    }
    const relop = this.#relop();
    const right = this.#peek();
    if (right.kind === 'word' && /^PR_/iu.test(right.text))
      return { kind: 'compareProps', relop, tag1: tag, tag2: this.#tag(this.#next()) };
    return { kind: 'property', relop, tag, value: this.#value(tag) };
  }

  #value(tag: PropTag): PropValue {
    const token = this.#next();
    if (token.kind === 'symbol' || token.kind === 'end') this.#fail('a value', token);
    const single = tagFromNumber(tag & ~MV_FLAG);
    const wrong = (form: string): never => this.#fail(form, token);
    switch (baseType(single)) {
      case PT_UNICODE:
        return prop(single, token.text);
      case PT_LONG:
      case PT_I2:
        return prop(
          single,
          /^-?(?:\d+|0x[0-9a-f]+)$/iu.test(token.text) ? Number(token.text) : wrong('a whole number'),
        );
      case PT_DOUBLE:
        return prop(single, Number.isNaN(Number(token.text)) ? wrong('a number') : Number(token.text));
      case PT_I8:
        return prop(single, /^-?\d+$/u.test(token.text) ? BigInt(token.text) : wrong('a whole number'));
      case PT_BOOLEAN:
        return prop(single, token.text === 'true' || (token.text === 'false' ? false : wrong('true or false')));
      case PT_SYSTIME:
        return prop(single, this.#read(token, 'a time in ISO 8601', fileTimeFromIso));
      case PT_BINARY:
        return prop(single, this.#read(token, 'hex', fromHex));
      default:
        return wrong('a property whose type has a text form');
    }
  }

  #read<T>(token: Token, form: string, read: (text: string) => T): T {
    try {
      return read(token.text);
    } catch (error) {
      if (MapiError.is(error)) return this.#fail(form, token);
      throw error;
    }
  }

  #tag(token: Token): PropTag {
    if (token.kind !== 'word') this.#fail('a property', token);
    try {
      return parseTag(token.text);
    } catch (error) {
      if (MapiError.is(error)) throw new UsageError(`--where: ${error.detail}`);
      throw error;
    }
  }

  #relop(): RelOp {
    const token = this.#next();
    return (
      (token.kind === 'symbol' && Object.hasOwn(RELOPS, token.text) ? RELOPS[token.text] : undefined) ??
      this.#fail('=, !=, <, <=, >, >=, contains, startswith, is, has or hasnt', token)
    );
  }

  #number(): number {
    const token = this.#next();
    if (!/^(?:\d+|0x[0-9a-f]+)$/iu.test(token.text)) this.#fail('a number', token);
    return Number(token.text);
  }

  #string(): string {
    const token = this.#next();
    if (token.kind !== 'string') this.#fail('a text in quotes', token);
    return token.text;
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: 'the end', at: this.#text.length };
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #takeWord(word: string): boolean {
    const token = this.#peek();
    const taken = token.kind === 'word' && token.text.toLowerCase() === word;
    if (taken) this.#at++;
    return taken;
  }

  #takeSymbol(symbol: string): boolean {
    const token = this.#peek();
    const taken = token.kind === 'symbol' && token.text === symbol;
    if (taken) this.#at++;
    return taken;
  }

  #expectSymbol(symbol: string): void {
    if (!this.#takeSymbol(symbol)) this.#fail(`"${symbol}"`);
  }

  #fail(expected: string, token = this.#peek()): never {
    throw new UsageError(
      `--where: expected ${expected} at position ${token.at + 1}, found ${token.kind === 'end' ? 'the end' : `"${token.text}"`}`,
    );
  }
}
