import { randomBytes } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { type FromClients, now, type ToClients } from './clients-protocol.ts';

/**
 * Many WebSocket clients in a process of their own, which do the least that a client can: they find where messages end
 * and count those with an event, in one buffer that all of them read into. What they cost is the same for every server;
 * it has to be less than any server costs, as otherwise the clients would be what is measured.
 */
const BUFFER = Buffer.allocUnsafeSlow(262_144);
const NOTHING = Buffer.alloc(0);
const EVENT = Buffer.from('"type":"next"');
const ACK = Buffer.from('"connection_ack"');
const PING = Buffer.from('"type":"ping"');
const AT_ONCE = 50;
const OPCODE_TEXT = 0x1;
const OPCODE_PING = 0x9;
const OPCODE_PONG = 0xa;

let clients: Client[] = [];
let expected = Number.POSITIVE_INFINITY;
let received = 0;
let arrivals: number[] = [];
let processorBefore = process.cpuUsage();

process.on('message', (message: ToClients) => {
  switch (message.kind) {
    case 'connect':
      void connectAll(message).then(() => tell({ kind: 'connected' }));
      break;
    case 'expect':
      received = 0;
      arrivals = [];
      processorBefore = process.cpuUsage();
      expected = message.events * clients.filter(({ isStalled }) => !isStalled).length;
      tell({ kind: 'connected' });
      break;
    case 'stall':
      for (const client of clients.slice(0, message.connections)) client.stall();
      tell({ kind: 'connected' });
      break;
    case 'close':
      for (const client of clients) client.close();
      clients = [];
      tell({ kind: 'closed' });
      break;
  }
});
process.on('disconnect', () => process.exit());

function tell(message: FromClients): void {
  process.send?.(message);
}

function onEvents(count: number): void {
  const at = now();
  for (let n = 0; n < count; n += 1) arrivals.push(at);
  received += count;
  if (received !== expected) return;
  const { user, system } = process.cpuUsage(processorBefore);
  tell({ kind: 'received', lastAt: at, arrivals, processorMs: (user + system) / 1_000 });
}

type Connect = Extract<ToClients, { kind: 'connect' }>;

async function connectAll(given: Connect): Promise<void> {
  for (let from = 0; from < given.connections; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, given.connections - from);
    const some = Array.from({ length: count }, (_, n) => new Client(given, from + n));
    await Promise.all(some.map(({ ready }) => ready));
    clients.push(...some);
  }
}

class Client {
  readonly ready: Promise<void>;
  isStalled = false;
  readonly #socket: Socket;
  readonly #given: Connect;
  readonly #number: number;
  #isUpgraded = false;
  /** What has come of a message that is not whole. */
  #rest = NOTHING;
  #onReady: () => void = () => undefined;

  constructor(given: Connect, number: number) {
    this.#given = given;
    this.#number = number;
    this.#socket = connectTcp({
      port: given.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: BUFFER,
        callback: (length) => {
          this.#read(length);
          return true;
        },
      },
    });
    this.#socket.write(
      [
        `GET ${given.path} HTTP/1.1`,
        'Host: 127.0.0.1',
        'Upgrade: websocket',
        'Connection: Upgrade',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
        'Sec-WebSocket-Version: 13',
        ...(given.subprotocol === '' ? [] : [`Sec-WebSocket-Protocol: ${given.subprotocol}`]),
        '\r\n',
      ].join('\r\n'),
    );
    this.ready = new Promise((resolve, reject) => {
      this.#onReady = resolve;
      this.#socket.once('error', reject);
    });
  }

  stall(): void {
    this.isStalled = true;
    this.#socket.pause();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Takes what is in the buffer that all share. */
  #read(length: number): void {
    let bytes = BUFFER;
    let through = length;
    if (this.#rest.length > 0) {
      bytes = Buffer.concat([this.#rest, BUFFER.subarray(0, length)]);
      through = bytes.length;
    }
    let at = this.#isUpgraded ? 0 : this.#upgrade(bytes, through);
    let events = 0;
    if (this.#isUpgraded) {
      for (let end = endOfFrame(bytes, at, through); end !== -1; end = endOfFrame(bytes, at, through)) {
        if (this.#isEvent(bytes, at, end)) events += 1;
        else this.#answer(bytes.subarray(at, end));
        at = end;
      }
    }
    this.#rest = at === through ? NOTHING : Buffer.from(bytes.subarray(at, through));
    if (events > 0) onEvents(events);
  }

  /** Where the messages begin; 0 before the server's answer is whole. */
  #upgrade(bytes: Buffer, through: number): number {
    const end = bytes.subarray(0, through).indexOf('\r\n\r\n');
    if (end === -1) return 0;
    this.#isUpgraded = true;
    if (this.#given.subprotocol === '') this.#onReady();
    else this.#socket.write(masked('{"type":"connection_init"}'));
    return end + 4;
  }

  #isEvent(bytes: Buffer, at: number, end: number): boolean {
    if (((bytes[at] ?? 0) & 0x0f) !== OPCODE_TEXT) return false;
    if (this.#given.subprotocol === '') return true;
    const found = bytes.indexOf(EVENT, at);
    return found !== -1 && found < end;
  }

  #answer(frame: Buffer): void {
    const opcode = (frame[0] ?? 0) & 0x0f;
    if (opcode === OPCODE_PING) this.#socket.write(masked('', OPCODE_PONG));
    if (opcode !== OPCODE_TEXT) return;
    if (frame.includes(ACK)) {
      const own = this.#given.subscribe.replaceAll('{n}', String(this.#number));
      for (let n = 0; n < this.#given.subscriptions; n += 1) {
        this.#socket.write(masked(own.replaceAll('{s}', String(n))));
      }
      this.#onReady();
    } else if (frame.includes(PING)) this.#socket.write(masked('{"type":"pong"}'));
    else throw new Error(`a client got ${frame.toString('utf8')}`);
  }
}

/** Where the frame that begins at `at` ends, if it does so by `through`; -1 if it is not whole. Servers don't mask. */
function endOfFrame(bytes: Buffer, at: number, through: number): number {
  if (through < at + 2) return -1;
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  const header = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (through < at + header) return -1;
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
  const end = at + header + length;
  return end <= through ? end : -1;
}

/** A frame of a client, which has to mask. */
function masked(text: string, opcode = OPCODE_TEXT): Buffer {
  const body = Buffer.from(text);
  const mask = randomBytes(4);
  for (let n = 0; n < body.length; n += 1) body[n] = (body[n] ?? 0) ^ (mask[n % 4] ?? 0);
  const header =
    body.length < 126
      ? Buffer.from([0x80 | opcode, 0x80 | body.length])
      : Buffer.from([0x80 | opcode, 0x80 | 126, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([header, mask, body]);
}
