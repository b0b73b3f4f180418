import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { Corked } from '../../delivery/burst.ts';
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
  #held: HeldText | null = null;
  /** Whether the system may not have taken all of what was written; mostly it has, and a thousand streams need not be asked. */
  #mayWait = false;

  /** `raw` is the stream that the socket was made on, for which compression must not have been agreed. */
  constructor(socket: WebSocket, raw: Duplex, closeGraceMs: number) {
    this.#socket = socket;
    this.#raw = raw;
    this.#closeGraceMs = closeGraceMs;
  }

  get bufferedAmount(): number {
    const held = this.#held?.length ?? 0;
    if (!this.#mayWait) return held;
    const waiting = this.#raw.writableLength;
    this.#mayWait = waiting > 0;
    return held + waiting;
  }

  send(frame: Frame, flushed?: () => void): void {
    if (!Buffer.isBuffer(frame) && frameLength(frame) <= MAX_COPIED_BYTES) {
      const text = bytesAsText(frame);
      if (this.#held?.isCorked) this.#held.add(text, flushed);
      else this.write(text, flushed);
      return;
    }
    this.#held?.write();
    if (this.#isOpen) this.#writeLong(frame, flushed);
    else flushed?.();
  }

  cork(): Corked {
    this.#held = new HeldText(this);
    return this.#held;
  }

  /** Writes a text of one character a byte, whatever is held back. */
  write(text: string, flushed?: () => void): void {
    const raw = this.#raw;
    if (!this.#isOpen) {
      flushed?.();
      return;
    }
    raw.write(text, 'latin1', flushed);
    if (raw.writableLength > 0) this.#mayWait = true;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(code: number, reason: string): void {
    this.#held?.write();
    const cut = setTimeout(() => this.#socket.terminate(), this.#closeGraceMs);
    this.#socket.once('close', () => clearTimeout(cut));
    this.#socket.close(code, reason);
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN && this.#raw.writable;
  }

  #writeLong(frame: Frame, flushed?: () => void): void {
    const raw = this.#raw;
    this.#mayWait = true;
    if (Buffer.isBuffer(frame)) {
      raw.write(textFrame(frame, true), flushed);
      return;
    }
    raw.cork();
    raw.write(textFrame(frame, false));
    raw.write(frame.payload);
    raw.write(frame.tail, flushed);
    raw.uncork();
  }
}

/**
 * Frames that are held back, one character a byte. An object of its own for each time, so that those of a thousand
 * sockets lie side by side in memory when they are written.
 */
class HeldText implements Corked {
  readonly #socket: WsSocket;
  #text = '';
  #isCorked = true;

  constructor(socket: WsSocket) {
    this.#socket = socket;
  }

  get isCorked(): boolean {
    return this.#isCorked;
  }

  get length(): number {
    return this.#text.length;
  }

  add(text: string, flushed: (() => void) | undefined): void {
    this.#text += text;
    if (flushed || this.#text.length >= MAX_HELD_BYTES) this.write(flushed);
  }

  uncork(): void {
    this.#isCorked = false;
    this.write();
  }

  /** What was added so far. */
  write(flushed?: () => void): void {
    if (this.#text === '') return;
    const text = this.#text;
    this.#text = '';
    this.#socket.write(text, flushed);
  }
}
