import assert from 'node:assert/strict';
import { utf8Encode } from '@nodemapi/base';
import { queryAllRows } from '@nodemapi/kit';
import {
  MapiError,
  PR_DISPLAY_NAME,
  PR_SERVICE_EXTRA_UIDS,
  PR_SERVICE_NAME,
  PR_SERVICE_SUPPORT_FILES,
  propOf,
} from '@nodemapi/mapi';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { checkCatalogue } from './catalogue.ts';
import { INF_LIMITS } from './inf-file.ts';
import { readMapisvcInf } from './mapisvc-inf.ts';
import { columnOf } from './stores.testing.ts';
import { TestSubsystem } from './subsystem.testing.ts';

/** In the form of the files that are delivered. */
const SAMPLE = `
; services of this computer
[Services]
AB=Default Address Book
MsgService=My Own Service

[Default Services]
AB=Default Address Book

[Help File Mappings]
MsgService=MYSERV.HLP

[AB]
PR_DISPLAY_NAME=Default Address Book
Providers=AB Provider
PR_SERVICE_DLL_NAME=AB.DLL
PR_SERVICE_SUPPORT_FILES=AB.DLL
PR_SERVICE_ENTRY_NAME=DABServiceEntry
PR_RESOURCE_FLAGS=SERVICE_NO_PRIMARY_IDENTITY

[AB Provider]
PR_DISPLAY_NAME=Default Address Book
PR_PROVIDER_DISPLAY=Default Address Book
PR_PROVIDER_DLL_NAME=AB.DLL
PR_RESOURCE_TYPE=MAPI_AB_PROVIDER
PR_RESOURCE_FLAGS=
6600001e=C:\\WINNT35\\System32\\DEFAB.TXT

[MsgService]
PR_DISPLAY_NAME=My Own Service
Providers=MsgService Prov1, MsgService Prov2
Sections=First_Special_Section
PR_SERVICE_DLL_NAME=MYSERV.DLL
PR_SERVICE_SUPPORT_FILES=MYSERV.DLL, MYXXX.DLL
PR_SERVICE_ENTRY_NAME=MyServiceEntry
PR_RESOURCE_FLAGS=SERVICE_SINGLE_COPY|SERVICE_NO_PRIMARY_IDENTITY
66040003=00000000

[MsgService Prov1]
PR_DISPLAY_NAME=My Own Service
PR_PROVIDER_DISPLAY=My Own Address Book
PR_PROVIDER_DLL_NAME=MYXXX32.DLL
PR_RESOURCE_TYPE=MAPI_AB_PROVIDER
PR_RESOURCE_FLAGS=

[MsgService Prov2]
PR_DISPLAY_NAME=My Folders
PR_PROVIDER_DISPLAY=My Own Message Store
PR_RESOURCE_TYPE=21000000
PR_PROVIDER_DLL_NAME=MYZZZ.DLL
PR_RESOURCE_FLAGS=STATUS_NO_DEFAULT_STORE
34140102=78b2fa70aff711cd9bc800aa002fc45a
66090003=06000000
660A0003=03000000

[First_Special_Section]
UID=13DBB0C8AA05101A9BB000AA002FC45A
66020003=01000000
66000003=00040000
`;
const MODULES = { ab: 'test', MYSERV: 'test', 'myxxx.dll': 'test', myzzz: 'test' };

const read = (text: string, modules: Readonly<Record<string, string>> = MODULES) =>
  readMapisvcInf(utf8Encode(text), { modules });
/** The sample with one line in the place of another. */
const changed = (from: string, to: string) => read(SAMPLE.replace(from, to));
const messages = ({ problems }: ReturnType<typeof read>): string => problems.map(({ message }) => message).join('; ');

describe('mapisvc.inf', () => {
  test('AMB-55, SVC-52, SVC-53: services, default services and help files are linked by the names of sections', () => {
    const { catalogue, problems } = read(SAMPLE);
    assert.deepEqual(problems, []);
    assert.deepEqual(Object.keys(catalogue.services), ['AB', 'MsgService']);
    assert.deepEqual(catalogue.defaultServices, ['AB']);
    assert.equal(catalogue.services.MsgService?.helpFile, 'MYSERV.HLP');
    assert.equal(catalogue.services.AB?.displayName, 'Default Address Book');
    checkCatalogue(catalogue);
  });

  test('AMB-57, SVC-54, SVC-55: a service has properties and lists, a provider properties alone', () => {
    const service = read(SAMPLE).catalogue.services.MsgService;
    assert.deepEqual(service?.supportFiles, ['MYSERV.DLL', 'MYXXX.DLL']);
    assert.deepEqual(service?.resourceFlags, ['SERVICE_NO_PRIMARY_IDENTITY', 'SERVICE_SINGLE_COPY']);
    assert.equal(service?.module, 'test');
    assert.deepEqual(service?.providers, [
      {
        displayName: 'My Own Service',
        providerDisplay: 'My Own Address Book',
        module: 'test',
        resourceType: 'MAPI_AB_PROVIDER',
        resourceFlags: [],
      },
      {
        displayName: 'My Folders',
        providerDisplay: 'My Own Message Store',
        module: 'test',
        resourceType: 'MAPI_STORE_PROVIDER',
        resourceFlags: ['STATUS_NO_DEFAULT_STORE'],
        props: {
          '0x34140102': '78b2fa70aff711cd9bc800aa002fc45a',
          '0x66090003': 6,
          '0x660a0003': 3,
        },
      },
    ]);
    assert.match(messages(changed('660A0003=03000000', 'Providers=AB Provider')), /Providers is no property/);
  });

  test('AMB-56, SVC-56: tags are names or eight digits, numbers lie with the lowest byte first, strings are Unicode', () => {
    const { AB, MsgService } = read(SAMPLE).catalogue.services;
    assert.deepEqual(AB?.providers[0]?.props, { '0x6600001f': 'C:\\WINNT35\\System32\\DEFAB.TXT' });
    assert.deepEqual(MsgService?.props, { '0x66040003': 0 });
    assert.deepEqual(MsgService?.sections, [
      { uid: '13dbb0c8aa05101a9bb000aa002fc45a', props: { '0x66020003': 1, '0x66000003': 1024 } },
    ]);
    const value = (line: string): unknown =>
      Object.values(changed('66090003=06000000', line).catalogue.services.MsgService?.providers[1]?.props ?? {});
    assert.deepEqual(value('66090003=MAPI_TRANSPORT_PROVIDER'), ['78b2fa70aff711cd9bc800aa002fc45a', 36, 3]);
    assert.deepEqual(value('6609000b=01000000'), ['78b2fa70aff711cd9bc800aa002fc45a', true, 3]);
    assert.deepEqual(value('66090002=feff'), ['78b2fa70aff711cd9bc800aa002fc45a', -2, 3]);
    assert.deepEqual(value('PR_COMMENT="quoted "'), ['78b2fa70aff711cd9bc800aa002fc45a', 'quoted ', 3]);
  });

  test('SVC-52, SVC-56: a profile is built by copying, and the extra sections are found by PR_SERVICE_EXTRA_UIDS', async () => {
    const { catalogue } = read(SAMPLE);
    const { subsystem } = await TestSubsystem.withProfile({ catalogue });
    await using admin = await subsystem.MAPIAdminProfiles();
    await using services = await admin.adminServices('Work');
    await services.createMsgService('MsgService');
    assert.deepEqual(await columnOf(await services.getMsgServiceTable(), PR_SERVICE_NAME), ['AB', 'MsgService']);
    await using table = await services.getMsgServiceTable();
    const row = (await queryAllRows(table)).at(-1) ?? [];
    assert.deepEqual(propOf(row, PR_SERVICE_SUPPORT_FILES), ['MYSERV.DLL', 'MYXXX.DLL']);
    const uid = await services.createMsgServiceEx('AB');
    await using section = await services.openProfileSection(uid);
    assert.equal((await section.getProps([PR_SERVICE_EXTRA_UIDS])).values[0], undefined);
    assert.deepEqual(await columnOf(await services.getProviderTable(), PR_DISPLAY_NAME), [
      'Default Address Book',
      'My Own Service',
      'My Folders',
      'Default Address Book',
    ]);
  });

  test.each([
    ['[Services]', '[Service]', /no section \[Services\]/],
    ['MsgService=My Own Service', 'MsgService=My Own Service\nNone=None', /no section \[None\]/],
    ['[Default Services]', '[Default Services]\nNone=None', /the default service None/],
    ['Providers=MsgService Prov1, MsgService Prov2', 'Providers=Nothing', /not there: Nothing; \[MsgService\] has no/],
    ['PR_PROVIDER_DISPLAY=My Own Message Store', '', /provider \[MsgService Prov2\] has no PR_PROVIDER_DISPLAY/],
    ['PR_RESOURCE_TYPE=21000000', 'PR_RESOURCE_TYPE=01000000', /type of provider is unknown/],
    ['PR_PROVIDER_DLL_NAME=MYZZZ.DLL', 'PR_PROVIDER_DLL_NAME=OTHER.DLL', /no package stands for the library OTHER.DLL/],
    ['STATUS_NO_DEFAULT_STORE', 'STATUS_PERFECT', /STATUS_PERFECT are no flags of a provider/],
    ['UID=13DBB0C8AA05101A9BB000AA002FC45A', 'UID=13DB0C8AA05101A9BB000AA002FC45A', /no UID= of 32/],
    ['66090003=06000000', '66090003=six', /66090003 cannot be "six"/],
    ['66090003=06000000', 'PR_NO_SUCH_THING=1', /PR_NO_SUCH_THING is no property/],
    ['66040003=00000000', 'PR_SERVICE_UID=00', /PR_SERVICE_UID cannot be/],
    ['66040003=00000000', '67f0001e=password', /67f0001e is a secret/],
    ['; services of this computer', 'a line of text', /neither a section nor key=value/],
    ['; services of this computer', 'key=value', /stands in no section/],
    ['[First_Special_Section]', '[AB]\n[First_Special_Section]', /\[AB\] is there already/],
  ])('what is wrong is named, and the rest is read: %s becomes %s', (from, to, message) => {
    const result = changed(from, to);
    assert.match(messages(result), message);
    assert.ok(result.problems.every(({ line }) => line > 0));
    checkCatalogue(result.catalogue);
    if (from !== '[Services]') assert.ok(Object.hasOwn(result.catalogue.services, 'AB'));
  });

  test('SVC-51: STATUS_NEED_IPM_TREE is MAPI’s, whatever a file says', () => {
    const { catalogue, problems } = changed('STATUS_NO_DEFAULT_STORE', 'STATUS_NO_DEFAULT_STORE|STATUS_NEED_IPM_TREE');
    assert.deepEqual(problems, []);
    assert.deepEqual(catalogue.services.MsgService?.providers[1]?.resourceFlags, ['STATUS_NO_DEFAULT_STORE']);
  });

  test('files in UTF-16 and in the code page of Windows are read', () => {
    const text = SAMPLE.replaceAll('My Folders', 'Ordnerübersicht');
    const utf16 = new Uint8Array([
      0xff,
      0xfe,
      ...new Uint8Array(Uint16Array.from(text, (c) => c.charCodeAt(0)).buffer),
    ]);
    const ansi = Uint8Array.from(text, (c) => c.charCodeAt(0));
    for (const bytes of [utf16, ansi, utf8Encode(text)]) {
      const { catalogue } = readMapisvcInf(bytes, { modules: MODULES });
      assert.equal(catalogue.services.MsgService?.providers[1]?.displayName, 'Ordnerübersicht');
    }
  });

  test('what is too large is refused', () => {
    for (const bytes of [
      new Uint8Array(INF_LIMITS.fileBytesMax + 1),
      utf8Encode('\n'.repeat(INF_LIMITS.linesMax)),
      utf8Encode(Array.from({ length: INF_LIMITS.sectionsMax + 1 }, (_, index) => `[${index}]`).join('\n')),
    ]) {
      assert.throws(() => readMapisvcInf(bytes, { modules: {} }), { code: 'MAPI_E_TOO_BIG' });
    }
    assert.match(messages(read(`[Services]\nx=${'y'.repeat(INF_LIMITS.lineCharsMax)}`)), /has 16386 characters/);
    const many = Array.from({ length: 1500 }, (_, index) => `s${index}=x`).join('\n');
    assert.match(messages(read(`[Services]\n${many}`)), /more than 1000 services/);
    assert.deepEqual(read('[Services]\n__proto__=x\nconstructor=y').catalogue.services, {});
  });

  test('no bytes and no changed line do more than make problems', () => {
    const lines = SAMPLE.split('\n');
    const line = fc.nat(lines.length - 1);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, fc.string()), { maxLength: 8 }),
        fc.uint8Array({ maxLength: 60 }),
        (edits, tail) => {
          const edited = [...lines];
          for (const [index, text] of edits) edited[index] = text;
          const bytes = new Uint8Array([...utf8Encode(edited.join('\n')), ...tail]);
          try {
            checkCatalogue(readMapisvcInf(bytes, { modules: MODULES }).catalogue);
          } catch (error) {
            assert.ok(MapiError.is(error), String(error));
          }
        },
      ),
      { seed: 11, numRuns: 300 },
    );
  });
});
