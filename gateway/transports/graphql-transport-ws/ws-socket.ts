import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { type Frame, type FrameSocket, frameLength } from '../../delivery/outbox.ts';
import { bytesAsText, textFrame } from './text-frame.ts';

/** Payloads of longer frames are written where they are, shared by all who are sent them; shorter ones are sooner copied. */
const MAX_COPIED_BYTES = 4_096;
/** So much is held back at most. */
const MAX_HELD_BYTES = 65_536;

/**
 * `ws` as the small socket that the protocol needs. Text frames are written past it, straight to the TCP socket (see
 * docs/decisions/0011): without compression `ws` keeps nothing back, so that its own frames and these stay in order.
 */
export class WsSocket implements FrameSocket {
  readonly #socket: WebSocket;
  readonly #raw: Duplex;
  readonly #closeGraceMs: number;
  #isCorked = false;
  /** Frames that are held back, one character a byte. */
  #held = '';

  /** `raw` is the stream that the socket was made on, for which compression must not have been agreed. */
  constructor(socket: WebSocket, raw: Duplex, closeGraceMs: number) {
    this.#socket = socket;
    this.#raw = raw;
    this.#closeGraceMs = closeGraceMs;
  }

  get bufferedAmount(): number {
    return this.#raw.writableLength + this.#held.length;
  }

  send(frame: Frame, flushed?: () => void): void {
    const raw = this.#raw;
    if (this.#socket.readyState !== WebSocket.OPEN || !raw.writable) flushed?.();
    else if (!Buffer.isBuffer(frame) && frameLength(frame) <= MAX_COPIED_BYTES) {
      if (this.#isCorked) this.#holdBack(bytesAsText(frame), flushed);
      else raw.write(bytesAsText(frame), 'latin1', flushed);
    } else if (Buffer.isBuffer(frame)) {
      this.#release();
      raw.write(textFrame(frame, true), flushed);
    } else {
      this.#release();
      raw.cork();
      raw.write(textFrame(frame, false));
      raw.write(frame.payload);
      raw.write(frame.tail, flushed);
      raw.uncork();
    }
  }

  cork(): void {
    this.#isCorked = true;
  }

  uncork(): void {
    this.#isCorked = false;
    this.#release();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(code: number, reason: string): void {
    this.#release();
    const cut = setTimeout(() => this.#socket.terminate(), this.#closeGraceMs);
    this.#socket.once('close', () => clearTimeout(cut));
    this.#socket.close(code, reason);
  }

  #holdBack(text: string, flushed: (() => void) | undefined): void {
    this.#held += text;
    if (flushed || this.#held.length >= MAX_HELD_BYTES) this.#release(flushed);
  }

  #release(flushed?: () => void): void {
    if (this.#held === '') return;
    const text = this.#held;
    this.#held = '';
    // What was held back was so in this turn of the event loop, in which `ws` can't have closed it.
    if (this.#raw.writable) this.#raw.write(text, 'latin1', flushed);
    else flushed?.();
  }
}
