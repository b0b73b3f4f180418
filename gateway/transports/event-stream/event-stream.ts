import type { ServerResponse } from 'node:http';
import type { Corked } from '../../delivery/burst.ts';
import { type Frame, type FrameSocket, wholeFrame } from '../../delivery/outbox.ts';
import { CORS_HEADERS } from '../http/methods.ts';

/** When a client whose connection broke may come again, in ms: spread, so that not all come at once. */
const RETRY_MS = { least: 500, spread: 1_000 } as const;

/** A response as the small socket that the protocols need: what is sent are frames of `text/event-stream`. */
export class EventStream implements FrameSocket {
  readonly #response: ServerResponse;
  readonly #closeGraceMs: number;
  #ended = false;

  constructor(response: ServerResponse, closeGraceMs: number) {
    this.#response = response;
    this.#closeGraceMs = closeGraceMs;
    response.on('error', () => response.destroy());
  }

  /** Whether the head is out: a failure can't be told by the status any more. */
  get begun(): boolean {
    return this.#response.headersSent;
  }

  get bufferedAmount(): number {
    return this.#response.writableLength;
  }

  /** Sends the head, and how soon to come again. */
  open(): void {
    if (this.begun || this.#response.destroyed) return;
    this.#response.writeHead(200, {
      ...CORS_HEADERS,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // Nginx would gather events otherwise.
      'x-accel-buffering': 'no',
      // A stream lasts; whatever comes after it may as well connect anew, and a server that stops waits for nobody.
      connection: 'close',
    });
    this.#response.write(retryFrame(RETRY_MS.least + Math.random() * RETRY_MS.spread));
  }

  send(frame: Frame, flushed?: () => void): void {
    if (this.#ended || this.#response.destroyed) {
      flushed?.();
      return;
    }
    this.open();
    if (flushed) this.#response.write(wholeFrame(frame), () => flushed());
    else this.#response.write(wholeFrame(frame));
  }

  cork(): Corked {
    this.#response.cork();
    return this.#response;
  }

  pause(): void {
    // A client says nothing after its request.
  }

  resume(): void {
    // As above.
  }

  /** There are no close codes here: what they say is in the last frames. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    const cut = setTimeout(() => this.#response.destroy(), this.#closeGraceMs);
    this.#response.once('close', () => clearTimeout(cut));
    this.#response.end();
  }
}

/** Tells a client when to come again, in ms, if the connection breaks. */
export function retryFrame(ms: number): Buffer {
  return Buffer.from(`retry: ${Math.round(ms)}\n\n`);
}

/** A sign of life that clients ignore. */
export const HEARTBEAT = Buffer.from(':\n\n');

/** A frame of one event. `data` has no line breaks, which JSON never does. */
export function eventFrame(event: string, data: string): Buffer {
  return Buffer.from(`event: ${event}\ndata: ${data}\n\n`);
}
