// The pages of the API reference as Markdown.

const SPECIFICATION = 'https://learn.microsoft.com/office/client-developer/outlook/mapi/';
/** From this many constants on a file is told as a table: tags and codes. */
const TABLE_FROM = 12;

const pageOf = (source) => source.replace(/^packages\/([^/]+)\/src\//, '$1/').replace(/\.ts$/, '.md');
const anchorOf = (name) => name.toLowerCase().replace(/[^a-z0-9_-]/g, '');
const packageOf = (source) => source.split('/')[1];

/** Everything by package and source file. */
export function indexPage(bySource) {
  const lines = [
    '# API reference',
    '',
    'Everything that `nodemapi` exports, by the package and the file it comes from. Made by `npm run api-docs` from the',
    'docstrings of the sources.',
  ];
  let shown = '';
  for (const [source, things] of bySource) {
    if (packageOf(source) !== shown) {
      shown = packageOf(source);
      lines.push('', `## ${shown}`, '');
    }
    const names = things.map(({ name }) => `[\`${name}\`](${pageOf(source)}#${anchorOf(name)})`);
    lines.push(`- [${source.split('/').slice(3).join('/')}](${pageOf(source)}): ${names.join(', ')}`);
  }
  return `${lines.join('\n')}\n`;
}

/** What one source file gives. */
export function sourcePage(source, things) {
  const up = '../'.repeat(pageOf(source).split('/').length + 1);
  const lines = [
    `# ${source.split('/').slice(3).join('/')}`,
    '',
    `[Source](${up}${source}) · [Index](${up}docs/api/README.md)`,
  ];
  const constants = things.filter(({ kind }) => kind === 'constant');
  const inTable = constants.length >= TABLE_FROM ? constants : [];
  for (const thing of things) if (!inTable.includes(thing)) lines.push('', ...thingLines(thing, `${up}${source}`));
  if (inTable.length > 0) lines.push('', ...constantTable(inTable, `${up}${source}`));
  return `${lines.join('\n')}\n`;
}

function thingLines({ name, kind, line, doc, signature, members }, source) {
  const lines = [`## ${name}`, '', `${kind} · [line ${line}](${source}#L${line})`, '', '```ts', signature, '```'];
  if (doc !== '') lines.push('', ...docLines(doc));
  for (const member of members) {
    lines.push('', `- \`${member.signature.replaceAll('`', "'")}\``);
    if (member.doc !== '') lines.push('', ...docLines(member.doc).map((text) => (text === '' ? '' : `  ${text}`)));
  }
  return lines;
}

function constantTable(constants, source) {
  const rows = constants.map(({ name, line, doc, signature }) => {
    const value = signature
      .slice(signature.indexOf('=') + 1)
      .replace(/\s+/g, ' ')
      .trim();
    const cells = [`<a id="${anchorOf(name)}"></a>[\`${name}\`](${source}#L${line})`, `\`${value}\``, flat(doc)];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['## Constants', '', '| name | value | |', '| --- | --- | --- |', ...rows];
}

const flat = (doc) => linked(doc).replace(/\s+/g, ' ');

/** A docstring: text, then what it says of parameters, answers and errors, then the specification. */
function docLines(doc) {
  return linked(doc)
    .replace(/^@param (\S+) ?/gm, '- **$1**: ')
    .replace(/^@returns ?/gm, '- **Answers** ')
    .replace(/@throws ?/gm, '**Throws** ')
    .replace(/^@see ?/gm, '**See** ')
    .replace(/^@(\w+) ?/gm, '**$1** ')
    .split('\n');
}

/** `spec: imapitable-queryrows, imapitable-sorttable` names pages of the documentation; so does `@see` of a property. */
function linked(doc) {
  return doc
    .replace(/@see (\w+-canonical-property)/g, 'spec: $1')
    .replace(/\bspec: ([a-z0-9][a-z0-9-]*(?:, [a-z0-9-]+)*)/gi, (_, pages) => {
      const links = pages.split(', ').map((page) => `[${page}](${SPECIFICATION}${page.toLowerCase()})`);
      return `specification: ${links.join(', ')}`;
    });
}
