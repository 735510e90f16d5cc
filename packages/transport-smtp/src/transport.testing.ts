/** The transport with its surroundings, as a spooler would have them. */
import { MessageDouble } from '@nodemapi/conformance';
import { type StandaloneHost, StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import {
  type IMAPISupport,
  type IXPLogon,
  type IXPProvider,
  MAPI_TO,
  PR_ADDRTYPE,
  PR_DISPLAY_NAME,
  PR_EMAIL_ADDRESS,
  PR_INTERNET_MESSAGE_ID,
  PR_RECIPIENT_TYPE,
  PR_RESPONSIBILITY,
  PR_ROWID,
  PR_SUBJECT,
  type PropValue,
  prop,
  propOf,
  type SubmitResult,
  type TransportLogonOptions,
} from '@nodemapi/mapi';
import {
  PR_SMTP_FROM_ADDRESS,
  PR_SMTP_FROM_NAME,
  PR_SMTP_HOST,
  PR_SMTP_PORT,
  PR_SMTP_SECURITY,
  PR_SMTP_TIMEOUT_SECONDS,
  PR_SMTP_TLS_REJECT_UNAUTHORIZED,
} from './smtp-properties.ts';
import { XPProviderInit } from './smtp-xp-provider.ts';

/** Counts its references, so that a test sees who still holds it. */
export class CountedSupport extends StandaloneSupport {
  references = 1;

  override addRef(): this {
    this.references++;
    return super.addRef();
  }

  override async release(): Promise<void> {
    this.references--;
    await super.release();
  }
}

/** A section for a server on this computer; `more` goes before what is usual. */
export function sectionFor(port: number, more: readonly PropValue[] = []): readonly PropValue[] {
  const usual: readonly PropValue[] = [
    prop(PR_SMTP_HOST, '127.0.0.1'),
    prop(PR_SMTP_PORT, port),
    prop(PR_SMTP_SECURITY, 'none'),
    prop(PR_SMTP_FROM_ADDRESS, 'me@sender.test'),
    prop(PR_SMTP_FROM_NAME, 'Me Myself'),
    prop(PR_SMTP_TIMEOUT_SECONDS, 5),
    prop(PR_SMTP_TLS_REJECT_UNAUTHORIZED, false),
  ];
  return [...usual.filter((value) => !more.some(({ tag }) => tag === value.tag)), ...more];
}

export interface TestTransport extends AsyncDisposable {
  readonly host: StandaloneHost;
  readonly provider: IXPProvider;
  readonly logon: IXPLogon;
  readonly support: CountedSupport;
}

export async function logOn(
  section: readonly PropValue[],
  options: TransportLogonOptions = {},
): Promise<TestTransport> {
  const host = await standaloneHost();
  const support = new CountedSupport({ kind: 'transport', host, section });
  const { provider } = await XPProviderInit(host);
  const close = async (): Promise<void> => {
    await provider.shutdown();
    await host[Symbol.asyncDispose]();
  };
  try {
    const { logon } = await provider.transportLogon(support as IMAPISupport, 'test', options);
    return { host, provider, logon, support, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

export type TestRecipient = readonly [address: string, type?: number, addrType?: string];

/** A message with recipients; the first PR_ROWID is 1. */
export async function messageTo(
  recipients: readonly TestRecipient[],
  values: readonly PropValue[] = [],
): Promise<MessageDouble> {
  const message = new MessageDouble([
    prop(PR_SUBJECT, 'Hello'),
    prop(PR_INTERNET_MESSAGE_ID, '<m1@sender.test>'),
    ...values,
  ]);
  await message.modifyRecipients(
    'replace',
    recipients.map(([address, type = MAPI_TO, addrType = 'SMTP']) => [
      prop(PR_RECIPIENT_TYPE, type),
      prop(PR_DISPLAY_NAME, address),
      prop(PR_ADDRTYPE, addrType),
      prop(PR_EMAIL_ADDRESS, address),
      prop(PR_RESPONSIBILITY, false),
    ]),
  );
  return message;
}

/** Offers all rows, or those named. */
export function submit(logon: IXPLogon, message: MessageDouble, rowIds?: readonly number[]): Promise<SubmitResult> {
  const all = message.recipients.map((row) => propOf(row, PR_ROWID) ?? -1);
  return logon.submitMessage(message, { rowIds: rowIds ?? all, signal: new AbortController().signal });
}

/** Outcomes by PR_ROWID, in their order. */
export function outcomesOf({ outcomes }: SubmitResult): readonly string[] {
  return [...outcomes].sort((a, b) => a.rowId - b.rowId).map(({ outcome }) => outcome);
}
