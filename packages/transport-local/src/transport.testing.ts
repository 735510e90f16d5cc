/** The local transport with its surroundings, as a spooler would have them: several mailboxes in one home. */
import { join } from 'node:path';
import { MessageDouble, messageDoubleTo, type TestRecipient } from '@nodemapi/conformance';
import { StandaloneSupport, standaloneHost } from '@nodemapi/kit';
import {
  type IMAPISupport,
  type IXPLogon,
  type IXPProvider,
  PR_CLIENT_SUBMIT_TIME,
  PR_INTERNET_MESSAGE_ID,
  PR_SUBJECT,
  type PropValue,
  type ProviderHost,
  prop,
  type StartMessageOptions,
  type TransportLogonOptions,
} from '@nodemapi/mapi';
import { systemProcesses } from './claim.ts';
import { folderName } from './drop-name.ts';
import { PR_LOCAL_ADDRESSES, PR_LOCAL_NAME } from './local-properties.ts';
import { newLocalXPProvider } from './local-xp-provider.ts';

export interface Mailbox {
  readonly logon: IXPLogon;
  readonly support: StandaloneSupport;
}

/** A process that uses the transport in a home. */
export class TestProcess implements AsyncDisposable {
  readonly host: ProviderHost;
  readonly provider: IXPProvider;

  private constructor(host: ProviderHost, provider: IXPProvider) {
    this.host = host;
    this.provider = provider;
  }

  /** @param startedMs when it began, on a system whose marks do not say so; before the claims of the others, if omitted */
  static async start(host: ProviderHost, startedMs?: number): Promise<TestProcess> {
    if (startedMs === undefined) return new TestProcess(host, newLocalXPProvider(host, systemProcesses));
    const fates = { ...systemProcesses.fates, tellsStarts: false };
    return new TestProcess(host, newLocalXPProvider(host, { fates, startedMs }));
  }

  async logOn(addresses: readonly string[], options: TransportLogonOptions = {}, name?: string): Promise<Mailbox> {
    const section: PropValue[] = [prop(PR_LOCAL_ADDRESSES, addresses)];
    if (name !== undefined) section.push(prop(PR_LOCAL_NAME, name));
    const support = new StandaloneSupport({ kind: 'transport', host: this.host, section });
    const { logon } = await this.provider.transportLogon(support as IMAPISupport, 'test', options);
    return { logon, support };
  }

  /** Names in a subfolder of a drop folder. */
  names(address: string, subfolder: string): Promise<readonly string[]> {
    return this.host.files.list(folderPath(this.host, address, subfolder));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.provider.shutdown();
  }
}

export function folderPath(host: ProviderHost, address: string, subfolder: string): string {
  return join(host.home, 'local', folderName(address), subfolder);
}

/** A process in a home of its own, which goes with it. */
export async function newHome(overrides: Partial<ProviderHost> = {}): Promise<TestProcess & AsyncDisposable> {
  const host = await standaloneHost(overrides);
  const started = await TestProcess.start(host);
  const close = started[Symbol.asyncDispose].bind(started);
  return Object.assign(started, {
    [Symbol.asyncDispose]: async () => {
      await close();
      await host[Symbol.asyncDispose]();
    },
  });
}

/** A message with recipients; the first PR_ROWID is 1. */
export function messageTo(
  recipients: readonly TestRecipient[],
  values: readonly PropValue[] = [],
): Promise<MessageDouble> {
  return messageDoubleTo(recipients, [
    prop(PR_SUBJECT, 'Hello'),
    prop(PR_INTERNET_MESSAGE_ID, '<m1@home.test>'),
    prop(PR_CLIENT_SUBMIT_TIME, 134_000_000_000_000_000n),
    ...values,
  ]);
}

export async function receive(
  logon: IXPLogon,
  message = new MessageDouble(),
  recognise?: StartMessageOptions['recognise'],
): Promise<MessageDouble> {
  const { signal } = new AbortController();
  await logon.startMessage(message, recognise === undefined ? { signal } : { signal, recognise });
  return message;
}
