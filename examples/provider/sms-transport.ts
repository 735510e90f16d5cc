// A transport provider in one file: text messages by the HTTP gateway of a telephone company. It serves recipients of the address type
// SMS, and answers one outcome for each. The base classes of @nodemapi/kit do what is the same for all transports.
import {
  assertSpiVersion,
  configureByCall,
  identifySender,
  identityProps,
  isAboutConfiguration,
  openServiceSection,
  queryAllRows,
  type SendAttempt,
  type SendResult,
  TransportStatus,
  XPLogonBase,
  type XPLogonPorts,
  XPProviderBase,
} from '@nodemapi/kit';
import {
  type AddressTypes,
  CURRENT_SPI_VERSION,
  type IMessage,
  type Initialised,
  type IXPProvider,
  MAPI_TRANSPORT_PROVIDER,
  MapiError,
  type MsgServiceEntry,
  PR_ADDRTYPE,
  PR_BODY,
  PR_EMAIL_ADDRESS,
  PR_ROWID,
  PR_SUBJECT,
  type PropValue,
  type ProviderHost,
  PT_UNICODE,
  propOf,
  type RecipientOutcome,
  type TransportLogonOptions,
  tag,
} from '@nodemapi/mapi';

/** Properties of the profile section: 0x6600–0x67EF are a provider's own, 0x67F0–0x67FF are kept encrypted. */
export const PR_SMS_URL = tag(0x6601, PT_UNICODE);
export const PR_SMS_SENDER = tag(0x6602, PT_UNICODE);
export const PR_SMS_KEY = tag(0x67f0, PT_UNICODE);
const TAGS = [PR_SMS_URL, PR_SMS_SENDER, PR_SMS_KEY];
const QUESTIONS = [
  { tag: PR_SMS_URL, question: 'Address of the gateway' },
  { tag: PR_SMS_SENDER, question: 'Number of the sender' },
  { tag: PR_SMS_KEY, question: 'Key', secret: true },
];

interface Config {
  readonly url: string;
  readonly sender: string;
  readonly key: string;
}

/** What is missing is MAPI_E_UNCONFIGURED: a user may be asked for it. What is wrong is MAPI_E_INVALID_PARAMETER. */
function configOf(values: readonly PropValue[]): Config {
  const [url, sender] = [propOf(values, PR_SMS_URL), propOf(values, PR_SMS_SENDER)];
  if (url === undefined || sender === undefined) {
    throw new MapiError('MAPI_E_UNCONFIGURED', 'the address of the gateway or the number of the sender is missing');
  }
  if (!URL.canParse(url)) throw new MapiError('MAPI_E_INVALID_PARAMETER', `"${url}" is no address of a gateway`);
  return { url, sender, key: propOf(values, PR_SMS_KEY) ?? '' };
}

class SmsLogon extends XPLogonBase<Config> {
  constructor(ports: XPLogonPorts<Config>, config: Config, options: TransportLogonOptions) {
    super(ports, config, options, new TransportStatus(ports.support, 'SMS gateway'));
  }

  async addressTypes(): Promise<AddressTypes> {
    this.assertLoggedOn();
    return { types: ['SMS'], uids: [] };
  }

  /** Nothing comes in. */
  async poll(): Promise<boolean> {
    this.assertLoggedOn();
    return false;
  }

  async startMessage(): Promise<void> {
    this.assertLoggedOn();
  }

  protected row(): readonly PropValue[] {
    return this.status.row(`SMS of ${this.config.sender}`, identityProps(this.#identity));
  }

  protected async validate(): Promise<void> {
    this.config = await this.ports.reload();
  }

  /** What it throws defers the whole message; what it answers is told per recipient. It saves nothing in the message. */
  protected async send(message: IMessage, attempt: SendAttempt): Promise<SendResult> {
    await identifySender(message, this.#identity, this.ports.host.clock.now());
    const { values } = await message.getProps([PR_BODY, PR_SUBJECT]);
    const text = values[0] ?? values[1] ?? '';
    const outcomes: RecipientOutcome[] = [];
    await using table = await message.getRecipientTable();
    for (const row of await queryAllRows(table, { tags: [PR_ROWID, PR_ADDRTYPE, PR_EMAIL_ADDRESS] })) {
      const rowId = propOf(row, PR_ROWID) ?? -1;
      if (!attempt.rowIds.includes(rowId)) continue; // offered to others, or served before
      if (propOf(row, PR_ADDRTYPE) !== 'SMS') outcomes.push({ rowId, outcome: 'notMine' });
      else outcomes.push({ rowId, ...(await this.#post(propOf(row, PR_EMAIL_ADDRESS) ?? '', text, attempt.signal)) });
    }
    return { outcomes, end: 'sent' };
  }

  get #identity() {
    return { displayName: this.config.sender, addrType: 'SMS', emailAddress: this.config.sender };
  }

  async #post(to: string, text: string, signal: AbortSignal): Promise<Omit<RecipientOutcome, 'rowId'>> {
    const { url, sender, key } = this.config;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
    let response: Response;
    try {
      signal.throwIfAborted();
      response = await fetch(url, {
        method: 'POST',
        headers,
        body: JSON.stringify({ from: sender, to, text }),
        signal,
      });
    } catch (error) {
      await this.status.unreachable(String(error));
      return { outcome: 'deferred', text: String(error) };
    }
    const answer = `${response.status} ${(await response.text()).slice(0, 200)}`;
    if (response.ok) {
      await this.status.works();
      return { outcome: 'delivered', text: answer };
    }
    // A wrong key is a matter of the configuration; what the gateway says of the number is for good.
    const isForGood =
      response.status >= 400 && response.status < 500 && ![401, 403, 408, 429].includes(response.status);
    if (!isForGood) await this.status.broken(answer);
    return { outcome: isForGood ? 'failed' : 'deferred', text: answer };
  }
}

class SmsProvider extends XPProviderBase<Config, SmsLogon> {
  protected readonly sectionTags = TAGS;
  protected readonly logonFlags = {};
  protected readonly settings = QUESTIONS;
  protected readonly configOf = configOf;

  protected newLogon(ports: XPLogonPorts<Config>, config: Config, options: TransportLogonOptions): SmsLogon {
    return new SmsLogon(ports, config, options);
  }
}

/** Entry point of the transport. */
export async function XPProviderInit(host: ProviderHost): Promise<Initialised<IXPProvider>> {
  assertSpiVersion(host);
  return { provider: new SmsProvider(host), spiVersion: CURRENT_SPI_VERSION };
}

/** Entry point of the message service: MSGSERVICEENTRY. */
export const ServiceEntry: MsgServiceEntry = async (call) => {
  if (!isAboutConfiguration(call)) return;
  await using section = await openServiceSection(call, MAPI_TRANSPORT_PROVIDER);
  await configureByCall(call, section, { questions: QUESTIONS, tags: TAGS, check: configOf });
};
