import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { Frame, FrameSocket } from '../../delivery/outbox.ts';
import { bytesAsText, textFrame } from './text-frame.ts';

/** Longer payloads are written where they are, shared by all who are sent them; shorter ones are sooner copied. */
const MAX_COPIED_BYTES = 4_096;

/**
 * `ws` as the small socket that the protocol needs. Text frames are written past it, straight to the TCP socket (see
 * docs/decisions/0011): without compression `ws` keeps nothing back, so that its own frames and these stay in order.
 */
export class WsSocket implements FrameSocket {
  readonly #socket: WebSocket;
  readonly #raw: Duplex;
  readonly #closeGraceMs: number;

  /** `raw` is the stream that the socket was made on, for which compression must not have been agreed. */
  constructor(socket: WebSocket, raw: Duplex, closeGraceMs: number) {
    this.#socket = socket;
    this.#raw = raw;
    this.#closeGraceMs = closeGraceMs;
  }

  get bufferedAmount(): number {
    return this.#raw.writableLength;
  }

  send(frame: Frame, flushed?: () => void): void {
    const raw = this.#raw;
    if (this.#socket.readyState !== WebSocket.OPEN || !raw.writable) flushed?.();
    else if (Buffer.isBuffer(frame)) raw.write(textFrame(frame, true), flushed);
    else if (frame.payload.length <= MAX_COPIED_BYTES) raw.write(bytesAsText(frame), 'latin1', flushed);
    else {
      raw.cork();
      raw.write(textFrame(frame, false));
      raw.write(frame.payload);
      raw.write(frame.tail, flushed);
      raw.uncork();
    }
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(code: number, reason: string): void {
    const cut = setTimeout(() => this.#socket.terminate(), this.#closeGraceMs);
    this.#socket.once('close', () => clearTimeout(cut));
    this.#socket.close(code, reason);
  }
}
