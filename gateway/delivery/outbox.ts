import type { Burst, Corked } from './burst.ts';
import type { Buffered, ByteBudget } from './byte-budget.ts';

/** A payload and what a client's transport puts around it: joined only where the socket copies it anyway. */
export interface WrappedPayload {
  /** ASCII, so that its bytes are its characters and nothing has to be measured; the tail too. */
  readonly head: string;
  /** Shared by all who are sent it. */
  readonly payload: Buffer;
  readonly tail: string;
}

/** What is sent at once: UTF-8 text. */
export type Frame = Buffer | WrappedPayload;

/** Bytes of a frame's text. */
export function frameLength(frame: Frame): number {
  if (Buffer.isBuffer(frame)) return frame.length;
  return frame.head.length + frame.payload.length + frame.tail.length;
}

/** Writes a frame's text into `target` from `offset` on; gives where it ends. */
export function writeFrame(frame: Frame, target: Buffer, offset: number): number {
  if (Buffer.isBuffer(frame)) return offset + frame.copy(target, offset);
  const { head, payload, tail } = frame;
  let at = offset + target.write(head, offset, 'latin1');
  target.set(payload, at);
  at += payload.length;
  // A byte or two: a call would cost more than all of them.
  for (let n = 0; n < tail.length; n += 1) target[at + n] = tail.charCodeAt(n);
  return at + tail.length;
}

/** A frame's text in one piece. */
export function wholeFrame(frame: Frame): Buffer {
  if (Buffer.isBuffer(frame)) return frame;
  const whole = Buffer.allocUnsafe(frameLength(frame));
  writeFrame(frame, whole, 0);
  return whole;
}

/** What a connection needs of a socket. A transport adapts its own to it. */
export interface FrameSocket {
  /** Bytes handed over that the operating system has not taken yet, those that are held back too. */
  readonly bufferedAmount: number;
  /** Hands over a frame; `flushed` is called when it has been taken, or never will be. */
  send(frame: Frame, flushed?: () => void): void;
  /**
   * Holds back what is sent from now on, until what it gives is uncorked, as more follows at once; a socket may send when
   * there is much already.
   */
  cork(): Corked;
  /** Stops and goes on reading what the client sends. */
  pause(): void;
  resume(): void;
  /** Closes when what was sent before is out, but waits no longer than the transport's grace. */
  close(code: number, reason: string): void;
}

/** More than any transport adds to a frame. */
const FRAMING_BYTES = 16;

/**
 * What is on its way to one connection. It never refuses a frame: those who feed it look at `full` before they send,
 * so that what waits is at most the budget and one frame for each that could not know.
 */
export class Outbox implements Buffered {
  readonly #socket: FrameSocket;
  readonly #budget: ByteBudget;
  readonly #burst: Burst;
  /** The burst that it last held frames back in. */
  #heldIn = 0;
  #waiting: (() => void)[] = [];
  #sent = 0;
  #closed = false;

  /** What is sent during `burst` goes out at its end. */
  constructor(socket: FrameSocket, budget: ByteBudget, burst: Burst) {
    this.#socket = socket;
    this.#budget = budget;
    this.#burst = burst;
    budget.add(this);
  }

  /** Whether more waits than the budget allows: feed it no more before `room`. */
  get full(): boolean {
    return this.#socket.bufferedAmount > this.#budget.perConnection;
  }

  get bufferedBytes(): number {
    return this.#closed ? 0 : this.#socket.bufferedAmount;
  }

  /** Bytes that the client's side has taken so far: it stands still while a client reads nothing. */
  get takenBytes(): number {
    return this.#sent - this.#socket.bufferedAmount;
  }

  send(frame: Frame): void {
    if (this.#closed) return;
    const burst = this.#burst.current;
    if (burst !== 0 && burst !== this.#heldIn) this.#hold(burst);
    const length = frameLength(frame);
    this.#sent += length;
    // Only frames past the budget are followed: the last of them being out means that all is out.
    const fills = this.#socket.bufferedAmount + length + FRAMING_BYTES > this.#budget.perConnection;
    if (fills) this.#socket.send(frame, () => this.#flushed());
    else this.#socket.send(frame);
    this.#budget.sent(length);
  }

  /** Resolves when there is room, or when the outbox is closed. */
  async room(): Promise<void> {
    while (this.full && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  /** Forgets the socket: nothing is sent any more and nobody waits for room. */
  close(): void {
    this.#closed = true;
    this.#budget.remove(this);
    this.#wake();
  }

  /** The budget is another: frames that were within the last one are not followed. */
  recheck(): void {
    if (this.#waiting.length > 0) this.#flushed();
  }

  #hold(burst: number): void {
    this.#heldIn = burst;
    this.#burst.hold(this.#socket.cork());
  }

  #flushed(): void {
    if (!this.full) this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
