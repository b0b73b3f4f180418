import { connect, type Socket } from 'node:net';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';

/** The head of a request for a WebSocket. */
export function handshake(path: string, protocol = 'graphql-transport-ws'): string {
  const protocols = protocol === '' ? '' : `Sec-WebSocket-Protocol: ${protocol}\r\n`;
  return `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n${protocols}\r\n`;
}

/** One frame as a client sends it, masked by zeros; `opcode` and `final` are whatever the test wants. */
export function clientFrame(opcode: number, payload: Buffer, { final = true, bits = 0 } = {}): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(14);
  head[0] = (final ? 0x80 : 0) | bits | opcode;
  if (length < 126) head[1] = length;
  else if (length < 65_536) {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  } else {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  const size = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  head[1] = (head[1] ?? 0) | 0x80;
  return Buffer.concat([head.subarray(0, size + 4), payload]);
}

/** A TCP connection on which a test sends what it likes. */
export class RawClient {
  readonly socket: Socket;
  /** Resolves when the other side has closed, or cut, the connection. */
  readonly closed: Promise<void>;
  #got = '';
  #onData: () => void = () => undefined;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    // As a client that never closes by itself.
    this.socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    this.socket.on('data', (part) => {
      this.#got += part.toString('latin1');
      this.#onData();
    });
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      this.socket.once('end', resolve);
      this.socket.once('close', () => resolve());
    });
  }

  get got(): string {
    return this.#got;
  }

  send(bytes: string | Buffer): this {
    this.socket.write(bytes);
    return this;
  }

  /** Waits for a text. */
  async until(text: string): Promise<this> {
    while (!this.#got.includes(text)) {
      await new Promise<void>((resolve) => {
        this.#onData = resolve;
      });
    }
    return this;
  }
}
