import type { Client } from '../redis/client.ts';
import type { RedisConnections } from '../redis/connections.ts';
import type { Loss } from './loss.ts';

/** How long a blocking read waits, and how much longer it may take before its connection counts as dead, in ms. */
const BLOCK_MS = 1_000;
const GRACE_MS = 2_000;
/** Deliveries taken at once. */
const PAGE = 64;

export interface DeliveryReaderParts {
  readonly redis: RedisConnections;
  /** The stream to read. */
  readonly stream: string;
  readonly onDelivery: (id: string, text: string) => void;
  readonly onFailure: (loss: Loss) => void;
}

/** Takes a gateway's deliveries as they come, over a connection of its own that waits for them. */
export class DeliveryReader {
  readonly #parts: DeliveryReaderParts;
  readonly #blocking: Client;
  #last = '0-0';
  #answeredAt = Date.now();
  #over = false;

  constructor(parts: DeliveryReaderParts) {
    this.#parts = parts;
    this.#blocking = parts.redis.openBlocking();
  }

  /** The id of the last delivery that was taken. */
  get last(): string {
    return this.#last;
  }

  /** Whether Redis has not answered a read for longer than one can take. */
  get isDead(): boolean {
    return Date.now() - this.#answeredAt > BLOCK_MS + GRACE_MS;
  }

  start(): void {
    this.#answeredAt = Date.now();
    void this.#read();
  }

  close(): void {
    this.#over = true;
    this.#parts.redis.closeBlocking(this.#blocking);
  }

  /** Never rejects. */
  async #read(): Promise<void> {
    const { stream, onDelivery, onFailure } = this.#parts;
    while (!this.#over) {
      try {
        const answer = await this.#blocking.xread(
          ...(['COUNT', PAGE, 'BLOCK', BLOCK_MS, 'STREAMS', stream, this.#last] as const),
        );
        this.#answeredAt = Date.now();
        for (const [id, fields] of answer?.[0]?.[1] ?? []) {
          if (this.#over) return;
          this.#last = id;
          onDelivery(id, fields[1] ?? '');
        }
      } catch (error) {
        if (!this.#over) onFailure(error instanceof Error ? error : new Error(String(error)));
        return;
      }
    }
  }
}
