/** Puts what a TNEF stream holds into a message, by the contract alone. spec: itnef-extractprops */
import { copyProps, copyTo, openSourceMessage, recipientsOf } from '@nodemapi/kit';
import {
  type CopyResult,
  type IAttach,
  type IMessage,
  MapiError,
  type MapiNameId,
  NAMED_ID_MIN,
  PR_MAPPING_SIGNATURE,
  PR_MESSAGE_ATTACHMENTS,
  PR_MESSAGE_RECIPIENTS,
  PR_OBJECT_TYPE,
  type PropTag,
  propId,
  type TnefProblem,
  tagFromNumber,
} from '@nodemapi/mapi';
import { tnefSource } from './source-message.ts';
import { ATTRIBUTES } from './tnef-attributes.ts';
import type { TnefMessage } from './tnef-message.ts';

export interface FillOptions {
  /** Whether a property of the message itself is taken; all are if omitted. */
  readonly wants?: (tag: PropTag, name: MapiNameId | undefined) => boolean;
  /** Takes the recipients, in place of those of the message. */
  readonly recipients?: boolean;
  /** Takes the attachments, beside those of the message. */
  readonly attachments?: boolean;
  /** Numbers of attachments that an earlier call made, by their order in the stream; grows. */
  readonly attachNums?: Map<number, number>;
  /** Ends the filling between two attachments; its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** What the object that stands for the stream says of itself. */
const OWN: ReadonlySet<number> = new Set(
  [PR_OBJECT_TYPE, PR_MESSAGE_RECIPIENTS, PR_MESSAGE_ATTACHMENTS, PR_MAPPING_SIGNATURE].map(propId),
);

/**
 * Fills `message`, which is not saved here; attachments are.
 *
 * @returns what could not be set; what the message computes itself is no problem
 */
export async function fillFromTnef(
  content: TnefMessage,
  message: IMessage,
  options: FillOptions = {},
): Promise<readonly TnefProblem[]> {
  await using source = openSourceMessage(tnefSource(content));
  const tags = await wantedTags(source, options);
  const problems: TnefProblem[] = [];
  if (tags.length > 0) {
    problems.push(...problemsOf(await copyProps(source, tags, message), 0, ATTRIBUTES.attMAPIProps));
  }
  if (options.recipients === true && content.recipients !== undefined) {
    await attempt(
      problems,
      { component: 0, attribute: ATTRIBUTES.attRecipTable, tag: PR_MESSAGE_RECIPIENTS },
      async () => message.modifyRecipients('replace', await recipientsOf(source)),
    );
  }
  if (options.attachments === true) await fillAttachments(content, source, message, options, problems);
  return problems;
}

async function wantedTags(source: IMessage, { wants }: FillOptions): Promise<readonly PropTag[]> {
  const tags = (await source.getPropList()).filter((tag) => !OWN.has(propId(tag)));
  if (wants === undefined) return tags;
  const named = tags.filter((tag) => propId(tag) >= NAMED_ID_MIN);
  const names = named.length === 0 ? [] : await source.getNamesFromIDs(named);
  const nameOf = new Map(named.map((tag, index) => [tag, names[index]]));
  return tags.filter((tag) => wants(tag, nameOf.get(tag)));
}

async function fillAttachments(
  content: TnefMessage,
  source: IMessage,
  message: IMessage,
  { attachNums = new Map<number, number>(), signal }: FillOptions,
  problems: TnefProblem[],
): Promise<void> {
  for (const index of content.attachments.keys()) {
    signal?.throwIfAborted();
    const component = content.key + index;
    await attempt(problems, { component, attribute: ATTRIBUTES.attAttachment, tag: tagFromNumber(0) }, async () => {
      await using from = await source.openAttach(index);
      await using to = await openOrCreate(message, index, attachNums);
      problems.push(...problemsOf(await copyTo(from, undefined, to), component, ATTRIBUTES.attAttachment));
      await to.saveChanges();
    });
  }
}

async function openOrCreate(message: IMessage, index: number, attachNums: Map<number, number>): Promise<IAttach> {
  const known = attachNums.get(index);
  if (known !== undefined) return message.openAttach(known, { modify: true });
  const { attachNum, attach } = await message.createAttach();
  attachNums.set(index, attachNum);
  return attach;
}

/** One failure stops nothing else. */
async function attempt(
  problems: TnefProblem[],
  where: Omit<TnefProblem, 'code'>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!MapiError.is(error)) throw error;
    problems.push({ ...where, code: error.code });
  }
}

function problemsOf({ problems }: CopyResult, component: number, attribute: number): readonly TnefProblem[] {
  return problems
    .filter(({ code }) => code !== 'MAPI_E_COMPUTED')
    .map(({ tag, code }) => ({ component, attribute, tag, code }));
}
