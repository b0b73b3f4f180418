import type { Corked } from '../delivery/burst.ts';
import { type Frame, type FrameSocket, frameLength, wholeFrame } from '../delivery/outbox.ts';

/** A socket in memory, whose other side takes frames when it is told to. What it never took is lost when it closes. */
export class MemorySocket implements FrameSocket, Corked {
  readonly taken: string[] = [];
  /** Most that ever waited, in bytes. */
  peakBytes = 0;
  #waiting: { readonly frame: Frame; readonly flushed: (() => void) | undefined }[] = [];
  #bytes = 0;
  #isTaking = true;
  #isCorked = false;
  readonly #framing: number;

  /** `framing`: bytes that it adds to each frame. */
  constructor(framing = 0) {
    this.#framing = framing;
  }

  get bufferedAmount(): number {
    return this.#bytes;
  }

  send(frame: Frame, flushed?: () => void): void {
    this.#waiting.push({ frame, flushed });
    this.#bytes += frameLength(frame) + this.#framing;
    this.peakBytes = Math.max(this.peakBytes, this.#bytes);
    if (this.#isTaking && !this.#isCorked) this.#take();
  }

  stall(): void {
    this.#isTaking = false;
  }

  flow(): void {
    this.#isTaking = true;
    if (!this.#isCorked) this.#take();
  }

  cork(): Corked {
    this.#isCorked = true;
    return this;
  }

  uncork(): void {
    this.#isCorked = false;
    if (this.#isTaking) this.#take();
  }

  pause(): void {
    // Nothing comes in this way.
  }

  resume(): void {
    // Nothing comes in this way.
  }

  close(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }

  #take(): void {
    const frames = this.#waiting;
    this.#waiting = [];
    this.#bytes = 0;
    for (const { frame, flushed } of frames) {
      this.taken.push(wholeFrame(frame).toString('utf8'));
      flushed?.();
    }
  }
}
