// Reads rule ids out of the specification, and out of the titles of tests.

const SESSION_RULE = /^- ([A-Z]+-\d+) · /;
const MESSAGING_RULE = /^\d+\. \*\*([A-Z]+-\d+)\*\*(?: (★))?/;
const CONFLICT_ROW = /^\| (C-\d+) \|/;
const OTHERWISE = /Decided otherwise \((\d{4})\)/;
const TITLE = /^([A-Z]+-\d+(?:, [A-Z]+-\d+)*): /;

/** Prefixes of names that look like a rule id and are none: `UTF-8: decodes …`. */
const NO_RULES = new Set([
  'AES',
  'BASE',
  'BIG',
  'CP',
  'CRC',
  'EUC',
  'GB',
  'HMAC',
  'ISO',
  'KOI',
  'MD',
  'RFC',
  'SHA',
  'UTF',
  'UTC',
]);

/** Prefixes of entries that are choices where the documentation is silent or contradicts itself, not rules of their own. */
export const CHOICES = new Set(['AMB', 'C']);

export const prefixOf = (id) => id.slice(0, id.indexOf('-'));
export const numberOf = (id) => Number(id.slice(id.indexOf('-') + 1));

/**
 * The rules of the given specification files (path → text), in their order, as a map from id to where it stands.
 * Only the first line with an id defines it; a second definition is a problem. A choice that was decided otherwise than
 * proposed says so in its line, with the number of the decision.
 */
export function readRules(texts) {
  const rules = new Map();
  const problems = [];
  for (const [path, text] of Object.entries(texts)) {
    let section = '';
    for (const [index, line] of text.split('\n').entries()) {
      if (line.startsWith('## ')) section = line.slice(3);
      const match = SESSION_RULE.exec(line) ?? MESSAGING_RULE.exec(line) ?? CONFLICT_ROW.exec(line);
      if (match === null) continue;
      const [, id, star] = match;
      if (rules.has(id)) problems.push(`${path}:${index + 1}: ${id} is defined twice`);
      else {
        const otherwise = OTHERWISE.exec(line)?.[1];
        rules.set(id, { path, line: index + 1, section, durable: star === '★', ...(otherwise && { otherwise }) });
      }
    }
  }
  return { rules, problems };
}

/** The ids a test's title begins with; none when it begins otherwise. */
export function claimedIds(title) {
  const ids = TITLE.exec(title)?.[1].split(', ') ?? [];
  return ids.filter((id) => !NO_RULES.has(prefixOf(id)));
}

/**
 * Which tests speak for which rule.
 *
 * @param results one entry per test file: `{ file, tests: [{ title, status }] }`
 * @returns a map from id to `{ file, status }` per test, and the tests that name a rule that does not exist
 */
export function testClaims(results, rules) {
  const byRule = new Map();
  const problems = [];
  for (const { file, tests } of results) {
    for (const { title, status } of tests) {
      for (const id of claimedIds(title)) {
        if (!rules.has(id)) problems.push(`${file}: "${title}" names ${id}, which is not in the specification`);
        else byRule.set(id, [...(byRule.get(id) ?? []), { file, status }]);
      }
    }
  }
  return { byRule, problems };
}

/** The state of one rule, from the tests that name it. */
export function stateOf(id, excused, byRule) {
  if (excused[id] !== undefined) return 'not applicable';
  const statuses = (byRule.get(id) ?? []).map((claim) => claim.status);
  return statuses.includes('passed') && !statuses.includes('failed') ? 'done' : 'not yet';
}
