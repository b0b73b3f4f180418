import { randomBytes } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { type FromClients, now, type ToClients } from './clients-protocol.ts';

/**
 * Many WebSocket clients in a process of their own, which do the least that a client can: they find where messages end
 * and count those with an event. What they cost is the same for every server.
 */
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
let lastAt = 0;
let arrivals: number[] = [];

process.on('message', (message: ToClients) => {
  switch (message.kind) {
    case 'connect':
      void connectAll(message).then(() => tell({ kind: 'connected' }));
      break;
    case 'expect':
      received = 0;
      arrivals = [];
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

function onEvent(): void {
  received += 1;
  lastAt = now();
  arrivals.push(lastAt);
  if (received === expected) tell({ kind: 'received', lastAt, arrivals });
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
  #rest: Buffer = Buffer.alloc(0);
  #onReady: () => void = () => undefined;

  constructor(given: Connect, number: number) {
    this.#given = given;
    this.#number = number;
    this.#socket = connectTcp({ port: given.port, host: '127.0.0.1', noDelay: true });
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
    this.#socket.on('data', (data) => this.#read(data));
  }

  stall(): void {
    this.isStalled = true;
    this.#socket.pause();
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(data: Buffer): void {
    this.#rest = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    if (!this.#isUpgraded && !this.#upgrade()) return;
    let at = 0;
    for (let end = endOfFrame(this.#rest, at); end !== -1; end = endOfFrame(this.#rest, at)) {
      this.#message(this.#rest.subarray(at, end));
      at = end;
    }
    this.#rest = this.#rest.subarray(at);
  }

  #upgrade(): boolean {
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end === -1) return false;
    this.#isUpgraded = true;
    this.#rest = this.#rest.subarray(end + 4);
    if (this.#given.subprotocol === '') this.#onReady();
    else this.#socket.write(masked('{"type":"connection_init"}'));
    return true;
  }

  #message(frame: Buffer): void {
    const opcode = (frame[0] ?? 0) & 0x0f;
    if (opcode === OPCODE_PING) this.#socket.write(masked('', OPCODE_PONG));
    if (opcode !== OPCODE_TEXT) return;
    if (this.#given.subprotocol === '' || frame.includes(EVENT)) onEvent();
    else if (frame.includes(ACK)) {
      const own = this.#given.subscribe.replaceAll('{n}', String(this.#number));
      for (let n = 0; n < this.#given.subscriptions; n += 1) {
        this.#socket.write(masked(own.replaceAll('{s}', String(n))));
      }
      this.#onReady();
    } else if (frame.includes(PING)) this.#socket.write(masked('{"type":"pong"}'));
    else throw new Error(`a client got ${frame.toString('utf8')}`);
  }
}

/** Where the frame that begins at `at` ends; -1 if it is not whole. Servers don't mask. */
function endOfFrame(bytes: Buffer, at: number): number {
  if (bytes.length < at + 2) return -1;
  const short = (bytes[at + 1] ?? 0) & 0x7f;
  const header = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < at + header) return -1;
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
  const end = at + header + length;
  return end <= bytes.length ? end : -1;
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
