import assert from 'node:assert/strict';
import {
  type IMAPIAdviseSink,
  MapiError,
  PR_COMMENT,
  PR_CONTROL_ID,
  PR_CONTROL_STRUCTURE,
  PR_CONTROL_TYPE,
  PR_DISPLAY_NAME,
  PR_IMPORTANCE,
  type PropTag,
  type PropValue,
  PT_BOOLEAN,
  PT_UNICODE,
  prop,
  propOf,
  tag,
  type UserInterface,
} from '@nodemapi/mapi';
import { describe, test } from 'vitest';
import { buildDisplayTable, type DisplayPage, DTCT_EDIT, readDisplayTable } from './display-table.ts';
import { getProp, queryAllRows } from './prop-access.ts';
import { PropBag } from './prop-bag.ts';
import { PropObject } from './prop-object.ts';
import { showSettings } from './settings-dialog.ts';
import { standaloneHost } from './standalone-host.ts';
import { StandaloneSupport } from './standalone-support.ts';
import { snapshotTable } from './table-data.ts';

const PR_FLAG = tag(0x6610, PT_BOOLEAN);
const PR_SECRET = tag(0x67f1, PT_UNICODE);

const PAGES: readonly DisplayPage[] = [
  {
    label: 'General',
    fields: [
      { label: 'Name', tag: PR_DISPLAY_NAME, required: true },
      { label: 'Wichtigkeit ✓', tag: PR_IMPORTANCE },
      { label: 'Flag', tag: PR_FLAG },
    ],
  },
  { label: 'More', fields: [{ label: 'Secret', tag: PR_SECRET, secret: true }] },
];

class Data extends PropObject {
  readonly iid = 'IProfSect';
  saves = 0;

  override async saveChanges(): Promise<void> {
    this.saves++;
  }
}

/** Answers questions in their order: a text picks the choice that begins with it, or is what is typed. */
function answering(...answers: readonly string[]) {
  const left = [...answers];
  const asked: string[] = [];
  const ui: UserInterface = {
    confirm: async (question) => {
      asked.push(question);
      return true;
    },
    choose: async (question, choices) => {
      const answer = left.shift() ?? 'Cancel';
      asked.push(`${question} | ${choices.join(' | ')}`);
      return choices.findIndex((choice) => choice.startsWith(answer));
    },
    prompt: async (question, options) => {
      asked.push(`${question}${options?.secret === true ? ' (secret)' : ''} [${options?.default ?? ''}]`);
      return left.shift() ?? '';
    },
    progress: () => {},
  };
  return { ui, asked };
}

async function support(section: readonly PropValue[] = []): Promise<StandaloneSupport> {
  const host = await standaloneHost({ home: '/nowhere', files: { mkdir: async () => {} } as never });
  return new StandaloneSupport({ kind: 'configuration', host, section });
}

const valueIn = async (data: PropObject, wanted: PropTag) => propOf((await data.getProps([wanted])).props, wanted);

describe('display tables', () => {
  test('UTIL-020: what is built is read as it was, texts of any language too', async () => {
    await using table = await buildDisplayTable(PAGES);
    const read = await readDisplayTable(table);
    const facts = (pages: readonly DisplayPage[]) =>
      pages.map(({ label, fields }) => [label, fields.map((one) => [one.label, one.tag, one.secret === true])]);
    assert.deepEqual(facts(read), facts(PAGES));
    assert.deepEqual(
      read.flatMap(({ fields }) => fields.map(({ required }) => required)),
      [true, false, false, false],
    );
  });

  test('a control whose structure is cut off, or points outside of it, is damage', async () => {
    const control = (bytes: Uint8Array) => [prop(PR_CONTROL_TYPE, DTCT_EDIT), prop(PR_CONTROL_STRUCTURE, bytes)];
    await using short = await snapshotTable([control(Uint8Array.of(1, 2))]);
    await assert.rejects(readDisplayTable(short), { code: 'MAPI_E_CORRUPT_DATA' });
    const far = [prop(PR_CONTROL_TYPE, 8), prop(PR_CONTROL_STRUCTURE, Uint8Array.of(99, 0, 0, 0, 0, 0, 0, 0x80))];
    await using outside = await snapshotTable([far]);
    await assert.rejects(readDisplayTable(outside), { code: 'MAPI_E_CORRUPT_DATA' });
  });
});

describe('IMAPISupport::DoConfigPropsheet', () => {
  test('SUPP-23: the sheet shows the properties by the table, and what is changed is set and saved', async () => {
    const data = new Data(new PropBag([prop(PR_DISPLAY_NAME, 'Old'), prop(PR_IMPORTANCE, 1), prop(PR_SECRET, 'x')]));
    await using display = await buildDisplayTable(PAGES);
    const { ui, asked } = answering(
      'Name',
      'New',
      'Wicht',
      'abc',
      'Wicht',
      '2',
      'Flag',
      'Page More',
      'Secret',
      'y',
      'OK',
    );
    await (await support()).doConfigPropsheet(display, data, ui, { title: 'Store' });
    assert.deepEqual(
      [await valueIn(data, PR_DISPLAY_NAME), await valueIn(data, PR_IMPORTANCE), await valueIn(data, PR_FLAG)],
      ['New', 2, true],
    );
    assert.equal(await valueIn(data, PR_SECRET), 'y');
    assert.equal(data.saves, 1);
    assert.equal(asked[0], 'Store: General | Name: Old | Wichtigkeit ✓: 1 | Flag: – | Page More | OK | Cancel');
    assert.equal(asked[1], 'Name [Old]');
    assert.ok(asked.includes('Secret (secret) []'));
    assert.ok(
      asked.some((text) => text.includes('Secret: ********')) && !asked.some((text) => text.includes('Secret: x')),
    );
  });

  test('SUPP-23: a page on top, counted from 0; flags and pages that there are not', async () => {
    const data = new Data(new PropBag([prop(PR_DISPLAY_NAME, 'Old')]));
    await using display = await buildDisplayTable(PAGES);
    const configuration = await support();
    const { ui, asked } = answering('OK');
    await configuration.doConfigPropsheet(display, data, ui, { topPage: 1 });
    assert.match(asked[0] ?? '', /^Properties: More/);
    await assert.rejects(configuration.doConfigPropsheet(display, data, ui, { topPage: 2 }), {
      code: 'MAPI_E_INVALID_PARAMETER',
    });
    await assert.rejects(configuration.doConfigPropsheet(display, data, ui, { flags: 1 } as object), {
      code: 'MAPI_E_UNKNOWN_FLAGS',
    });
    await assert.rejects(configuration.doConfigPropsheet(display, data), { code: 'MAPI_E_NO_SUPPORT' });
  });

  test('AB-084: a control that is told to have changed is read anew, and shown as it is now', async () => {
    const data = new Data(new PropBag([prop(PR_DISPLAY_NAME, 'Old'), prop(PR_IMPORTANCE, 1)]));
    await using display = await buildDisplayTable(PAGES);
    const rows = await queryAllRows(display, { tags: [PR_CONTROL_ID, PR_CONTROL_TYPE] });
    const edit = rows.find((row) => propOf(row, PR_CONTROL_TYPE) === DTCT_EDIT) ?? [];
    let sink: IMAPIAdviseSink | undefined;
    let cancelled = 0;
    display.advise = async (_mask, given) => {
      sink = given;
      return { connection: 1, [Symbol.asyncDispose]: async () => void cancelled++ };
    };
    const tell = async (id: Uint8Array): Promise<void> => {
      await data.setProps([prop(PR_DISPLAY_NAME, 'From elsewhere')]);
      await sink?.onNotify([{ kind: 'tableModified', event: 'rowModified', index: prop(PR_CONTROL_ID, id) }]);
    };
    const { ui, asked } = answering('Name', 'Mine', 'Wicht', '2', 'OK');
    const { prompt } = ui;
    Object.assign(ui, {
      prompt: async (...args: Parameters<typeof prompt>) => {
        const text = await prompt(...args);
        if (text === '2') await tell(propOf(edit, PR_CONTROL_ID) ?? new Uint8Array());
        return text;
      },
    });
    await (await support()).doConfigPropsheet(display, data, ui);
    assert.ok(asked.some((text) => text.includes('Name: Mine')));
    assert.ok(asked.at(-1)?.includes('Name: From elsewhere'));
    assert.deepEqual([await valueIn(data, PR_DISPLAY_NAME), await valueIn(data, PR_IMPORTANCE)], ['From elsewhere', 2]);
    assert.equal(cancelled, 1);
  });

  test('a user interface that answers what was not offered is not asked for ever', async () => {
    await using display = await buildDisplayTable(PAGES);
    const sheet = (await support()).doConfigPropsheet(display, new Data(new PropBag()), answering('no such field').ui);
    await assert.rejects(sheet, { code: 'MAPI_E_CALL_FAILED' });
  });

  test('a cancelled sheet changes nothing, and one that lacks what is needed does not close', async () => {
    const data = new Data(new PropBag([prop(PR_DISPLAY_NAME, 'Old')]));
    await using display = await buildDisplayTable(PAGES);
    const { ui, asked } = answering('Name', '', 'OK', 'Cancel');
    await assert.rejects((await support()).doConfigPropsheet(display, data, ui), { code: 'MAPI_E_USER_CANCEL' });
    assert.ok(asked.includes('Name is needed.'));
    assert.deepEqual([await valueIn(data, PR_DISPLAY_NAME), data.saves], ['Old', 0]);
  });
});

describe('IMAPIStatus::SettingsDialog', () => {
  const fields = [
    { label: 'Name', tag: PR_DISPLAY_NAME },
    { label: 'Comment', tag: PR_COMMENT },
  ];

  test('STAT-17: settings are changed in the profile section, if they can be used together', async () => {
    const provider = await support([prop(PR_DISPLAY_NAME, 'Old'), prop(PR_COMMENT, 'c')]);
    const stored = async () => {
      await using section = await provider.openProfileSection(null);
      return [await getProp(section, PR_DISPLAY_NAME), await getProp(section, PR_COMMENT)];
    };
    const check = (values: readonly PropValue[]): void => {
      if (propOf(values, PR_DISPLAY_NAME) === 'bad') throw new MapiError('MAPI_E_INVALID_PARAMETER', 'a bad name');
    };
    const refused = showSettings(provider, fields, answering('Name', 'bad', 'OK').ui, { check });
    await assert.rejects(refused, { code: 'MAPI_E_INVALID_PARAMETER' });
    assert.deepEqual(await stored(), ['Old', 'c']);
    assert.equal(await showSettings(provider, fields, answering('OK').ui, { check }), false);
    const changes = answering('Name', 'New', 'Comment', '', 'OK').ui;
    assert.equal(await showSettings(provider, fields, changes, { check }), true);
    assert.deepEqual(await stored(), ['New', undefined]);
  });

  test('STAT-34: UI_READONLY is granted: nothing can be changed', async () => {
    const provider = await support([prop(PR_DISPLAY_NAME, 'Old')]);
    const { ui, asked } = answering('Name', 'OK');
    assert.equal(await showSettings(provider, fields, ui, { readOnly: true }), false);
    assert.ok(!asked.some((text) => text.startsWith('Name [')));
  });
});
