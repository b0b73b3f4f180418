import { connect, type Socket } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = /\r\ncontent-length: *(\d+)/i;

/**
 * One kept-alive HTTP/1.1 connection, one request at a time: the bytes of a request out, the bytes of its answer in, which
 * must have a `Content-Length`. `node:http` spends as much on a small call as the server that answers it. It is opened when
 * there is something to send: a server closes those that are idle.
 */
export class HttpConnection {
  readonly #port: number;
  #socket: Socket | undefined;
  #received: Buffer = Buffer.alloc(0);
  #waiting: { resolve(body: string): void; reject(error: Error): void } | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** Sends a whole request; gives the body of the answer. Rejects if the connection ends before it is there. */
  send(request: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket ??= this.#open();
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    socket.on('data', (chunk) => this.#take(chunk));
    // An idle one is closed by both: what comes after that needs another, and what is said of this one then is nothing to it.
    const lose = (error: Error): void => {
      if (this.#socket === socket) this.#lose(error);
    };
    socket.on('end', () => lose(new Error('The server closed the connection.')));
    socket.on('error', lose);
    return socket;
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headEnd = this.#received.indexOf(HEAD_END);
    if (headEnd === -1) return;
    const length = LENGTH.exec(this.#received.toString('latin1', 0, headEnd))?.[1];
    if (length === undefined) {
      this.#fail(new Error('The answer has no Content-Length.'));
      return;
    }
    const from = headEnd + HEAD_END.length;
    const end = from + Number(length);
    if (this.#received.length < end) return;
    const body = this.#received.toString('utf8', from, end);
    this.#received = this.#received.subarray(end);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(body);
  }

  #lose(error: Error): void {
    this.#socket = undefined;
    this.#received = Buffer.alloc(0);
    this.#fail(error);
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
