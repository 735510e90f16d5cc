// The SMTP server of the soak, a process by itself: it behaves badly at random, and writes down what it took.
//
//   node hostile-sink.testing.mjs PORT JOURNAL SEED     PORT 0: any; prints {port} when it listens
//
// Over IPC it hears {weather}: how likely a fault is at each step of a conversation; 0 is a good server.
//
// The journal, a line of JSON each, written before the client hears of it, since this process may be killed, too:
//   {taken, addresses, subject, messageId, isWhole}   the message is ours from here on, whatever the client hears
//   {answered}                                        its 250 has been handed to the system, whole
//   {refused, code}                                   an address was refused, for now or for good
//   {spoilt, fault}                                   what became of the answer to a message that was taken
//   {fault, at}                                       what was done to the conversation
// each with the time and the number of the conversation. Addresses that begin with `bad` are refused for ever, in any weather.
import { openSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const [port, journalPath, seed] = process.argv.slice(2);
const journal = openSync(journalPath, 'a');
const silenceMsMax = 90_000;
const slowMsMax = 2500;
const dripMs = 60;
const dripsMax = 30;
const dripLast = 3;
const lineBytesMax = 4096;

/** Numbers from 0 to 1 by the seed; which conversation gets which depends on the order of the network. */
let state = Number(seed) >>> 0;
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const oneOf = (list) => list[Math.floor(random() * list.length)];

let weather = 1;
let conversations = 0;
let messages = 0;
const note = (conversation, what) =>
  void writeSync(journal, `${JSON.stringify({ time: Date.now(), conversation, ...what })}\n`);

/** What may happen at any step in place of the answer. */
const ANYWHERE = ['421', 'reset', 'close', 'silence', 'slow', 'slow', 'drip', 'drip', 'garbage'];
/** And besides at some of them. */
const BESIDES = {
  mail: ['451', '451', '452'],
  rcpt: ['450', '450', '450', '451', '452', '550'],
  data: ['451', '554'],
  body: ['reset', 'reset', 'close'],
  dot: ['451', '552', 'keep+close', 'keep+reset', 'keep+half', 'keep+silence', 'keep+garbage', 'keep+answer+reset'],
};
/** The answer to a message is where most can go wrong. */
const PROBABILITY = { greeting: 0.01, ehlo: 0.01, mail: 0.012, rcpt: 0.05, data: 0.015, body: 0.01, dot: 0.08 };
const TEXTS = {
  421: '4.3.2 going down',
  450: '4.2.0 greylisted, come again',
  451: '4.3.0 local error',
  452: '4.3.1 no space',
  550: '5.1.1 no such user today',
  552: '5.3.4 too much for us',
  554: '5.7.1 we do not like it',
};

/** The conversation is over, in a way that was meant. */
class Over extends Error {}

class Conversation {
  #socket;
  #input;
  #rest = Buffer.alloc(0);
  #number = `${process.pid}.${++conversations}`;
  #addresses = [];
  #drips = false;

  constructor(socket) {
    this.#socket = socket;
    this.#input = socket[Symbol.asyncIterator]();
  }

  async run() {
    try {
      await this.#answer('greeting', '220 sink.test ESMTP');
      for (;;) await this.#command(await this.#line());
    } catch (error) {
      if (!(error instanceof Over)) this.#note({ fault: `broken: ${error.code ?? error.message}`, at: 'socket' });
    } finally {
      this.#socket.destroy();
    }
  }

  #note(what) {
    note(this.#number, what);
  }

  async #more() {
    const { value, done } = await this.#input.next();
    if (done) throw new Over();
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
  }

  async #line() {
    for (let end = this.#rest.indexOf('\r\n'); ; end = this.#rest.indexOf('\r\n')) {
      if (end >= 0) {
        const line = this.#rest.subarray(0, end).toString('utf8');
        this.#rest = this.#rest.subarray(end + 2);
        return line;
      }
      if (this.#rest.length > lineBytesMax) throw new Error('a line without an end');
      await this.#more();
    }
  }

  async #command(line) {
    const [, verb = '', rest = ''] = /^(\S*)\s*(.*)$/u.exec(line) ?? [];
    switch (verb.toUpperCase()) {
      case 'EHLO': {
        const offers = random() < 0.7 ? ['PIPELINING', '8BITMIME', 'SIZE 50000000'] : ['8BITMIME'];
        const lines = ['sink.test', ...offers, 'ENHANCEDSTATUSCODES'];
        return this.#answer(
          'ehlo',
          lines.map((each, i) => `250${i === lines.length - 1 ? ' ' : '-'}${each}`).join('\r\n'),
        );
      }
      case 'HELO':
        return this.#answer('ehlo', '250 sink.test');
      case 'MAIL':
        this.#addresses = [];
        return this.#answer('mail', '250 2.1.0 ok');
      case 'RCPT':
        return this.#recipient(/<(.*)>/u.exec(rest)?.[1] ?? '');
      case 'DATA':
        return this.#data();
      case 'RSET':
        this.#addresses = [];
        return this.#write('250 2.0.0 ok');
      case 'NOOP':
        return this.#write('250 2.0.0 ok');
      case 'QUIT':
        await this.#write('221 2.0.0 bye');
        throw new Over();
      default:
        return this.#write('500 5.5.1 what?');
    }
  }

  async #recipient(address) {
    if (address.startsWith('bad')) {
      this.#note({ refused: address, code: 550 });
      return this.#write('550 5.1.1 no such user');
    }
    const code = await this.#answer('rcpt', '250 2.1.5 ok', [address]);
    if (code === '250') this.#addresses.push(address);
  }

  async #data() {
    const offered = this.#addresses;
    this.#addresses = [];
    if (offered.length === 0) return this.#write('503 5.5.1 to whom?');
    if ((await this.#answer('data', '354 go on', offered)) !== '354') return;
    const message = await this.#message();
    await this.#taken(offered, message);
  }

  /** The message up to its dot. */
  async #message() {
    if (this.#isFaulty('body')) {
      while (this.#rest.length < 200) await this.#more();
      await this.#misbehave(oneOf(BESIDES.body), 'body');
    }
    const ending = '\r\n.\r\n';
    for (let from = 0; ; ) {
      const end = this.#rest.indexOf(ending, from);
      if (end >= 0) {
        const bytes = this.#rest.subarray(0, end);
        this.#rest = this.#rest.subarray(end + ending.length);
        return bytes;
      }
      from = Math.max(0, this.#rest.length - ending.length);
      await this.#more();
    }
  }

  async #taken(addresses, bytes) {
    const text = bytes.toString('latin1');
    const header = (name) => new RegExp(`^${name}:\\s*(\\S+)`, 'imu').exec(text)?.[1] ?? '';
    const subject = header('subject');
    const taken = `${process.pid}.${++messages}`;
    const take = () => {
      const isWhole = text.includes(`end of ${subject}`);
      this.#note({ taken, addresses, subject, messageId: header('message-id'), isWhole });
    };
    const fault = this.#isFaulty('dot') ? oneOf([...ANYWHERE, ...BESIDES.dot, ...BESIDES.dot]) : '';
    const [first, ...rest] = fault.split('+');
    if (first === 'keep') {
      take();
      if (rest[0] === 'answer') {
        await this.#write('250 2.0.0 taken');
        this.#note({ answered: taken });
      }
      this.#note({ spoilt: taken, fault });
      return this.#misbehave(rest.at(-1), 'dot');
    }
    if (fault === '') await delay(random() * 20);
    else if (await this.#misbehave(fault, 'dot', addresses)) return;
    take();
    await this.#write('250 2.0.0 taken');
    this.#note({ answered: taken });
  }

  #isFaulty(step) {
    return random() < PROBABILITY[step] * weather;
  }

  /** Answers, or does what comes to its mind; the code that the client hears. */
  async #answer(step, text, addresses = []) {
    if (this.#isFaulty(step)) {
      const fault = oneOf([...ANYWHERE, ...(BESIDES[step] ?? []), ...(BESIDES[step] ?? [])]);
      const refused = await this.#misbehave(fault, step, addresses);
      if (refused) return refused;
    }
    await this.#write(text);
    return text.slice(0, 3);
  }

  /** What the client has heard in place of an answer; nothing where it is still to be answered. */
  async #misbehave(fault, at, addresses = []) {
    if (fault !== 'slow' && fault !== 'drip') this.#note({ fault, at, addresses });
    switch (fault) {
      case 'slow':
        await delay(random() * slowMsMax);
        return undefined;
      case 'drip': // letter by letter, what comes next
        this.#drips = true;
        return undefined;
      case 'reset':
        this.#socket.resetAndDestroy();
        throw new Over();
      case 'half':
        await this.#write('25', '');
        this.#socket.destroy();
        throw new Over();
      case 'close': // and goes on listening, as if it waited for more
        this.#socket.end();
        for (;;) {
          this.#rest = Buffer.alloc(0);
          await this.#more();
        }
      case 'silence':
        await delay(silenceMsMax, undefined, { ref: false });
        throw new Over();
      case 'garbage':
        await this.#write(oneOf(['hello?', '999 what', '\u0000\u0001', '25', '3']));
        throw new Over();
      case '421':
        await this.#write(`421 ${TEXTS[421]}`);
        throw new Over();
      default:
        for (const address of addresses) this.#note({ refused: address, code: Number(fault) });
        await this.#write(`${fault} ${TEXTS[fault]}`);
        return fault;
    }
  }

  async #write(text, end = '\r\n') {
    const whole = `${text}${end}`;
    const letters = this.#drips ? whole.length - dripLast : 0;
    this.#drips = false;
    for (let i = 0; i < Math.min(letters, dripsMax); i++) {
      await this.#send(whole[i]);
      await delay(dripMs);
    }
    await this.#send(whole.slice(Math.max(0, Math.min(letters, dripsMax))));
  }

  #send(text) {
    return new Promise((resolve, reject) => {
      this.#socket.write(text, (error) => (error ? reject(error) : resolve()));
    });
  }
}

const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {}); // a client that is killed; the reader hears of it
  socket.setNoDelay(true);
  void new Conversation(socket).run();
});
server.listen(Number(port), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`);
});
process.on('message', (message) => {
  weather = message.weather;
});
process.once('disconnect', () => process.exit());
