/** The transport with its surroundings, as a spooler would have them. */
import { type MessageDouble, messageDoubleTo, type TestRecipient } from '@nodemapi/conformance';
import { type StandaloneHost, StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import {
  type IMAPISupport,
  type IXPLogon,
  type IXPProvider,
  PR_INTERNET_MESSAGE_ID,
  PR_SUBJECT,
  type PropValue,
  prop,
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
  readonly support: StandaloneSupport;
}

export async function logOn(
  section: readonly PropValue[],
  options: TransportLogonOptions = {},
): Promise<TestTransport> {
  const host = await standaloneHost();
  const support = new StandaloneSupport({ kind: 'transport', host, section });
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

/** A message with recipients; the first PR_ROWID is 1. */
export function messageTo(
  recipients: readonly TestRecipient[],
  values: readonly PropValue[] = [],
): Promise<MessageDouble> {
  return messageDoubleTo(recipients, [
    prop(PR_SUBJECT, 'Hello'),
    prop(PR_INTERNET_MESSAGE_ID, '<m1@sender.test>'),
    ...values,
  ]);
}
