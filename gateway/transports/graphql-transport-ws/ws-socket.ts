import { WebSocket } from 'ws';
import type { FrameSocket } from '../../delivery/outbox.ts';

const TEXT = { binary: false, compress: false } as const;

/** `ws` as the small socket that the protocol needs. */
export class WsSocket implements FrameSocket {
  readonly #socket: WebSocket;
  readonly #closeGraceMs: number;

  constructor(socket: WebSocket, closeGraceMs: number) {
    this.#socket = socket;
    this.#closeGraceMs = closeGraceMs;
  }

  get bufferedAmount(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Buffer, flushed?: () => void): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(frame, TEXT, flushed);
    else flushed?.();
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
