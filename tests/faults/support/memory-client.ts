import { Outbox } from '../../../gateway/delivery/outbox.ts';
import type { Subscription } from '../../../gateway/delivery/subscription.ts';
import type { Engine } from '../../../gateway/engine.ts';
import type { Identity } from '../../../gateway/ports.ts';
import type { Seen } from '../../../gateway/testing/brute-force.ts';
import type { TestExecutor } from '../../../gateway/testing/executor.ts';
import { MemorySocket } from '../../../gateway/testing/memory-socket.ts';
import { decodeCursor } from '../../../schema/cursor.ts';
import type { Filter } from '../../../schema/filter/form.ts';
import { toWhere } from '../../../schema/filter/to-where.ts';

const READER: Identity = { tenant: 'main', publicKey: null, expiresAt: null };
const QUERY = `subscription ($where: ObservationWhere) {
  observations(where: $where, ready: true) { type cursor id } }`;

/** A subscriber that takes everything at once. */
export class MemoryClient {
  readonly filter: Filter;
  readonly #socket = new MemorySocket();
  readonly #subscription: Subscription;
  readonly errors: unknown[] = [];

  constructor(engine: Engine, executor: TestExecutor, filter: Filter) {
    this.filter = filter;
    const request = { query: QUERY, variables: { where: toWhere(filter) } };
    this.#subscription = engine.subscribe(executor.prepare(request), request, READER, {
      outbox: new Outbox(this.#socket, engine.budget, engine.burst),
      frame: (payload) => payload,
      onFailure: (error) => this.errors.push(error),
    });
  }

  /** Everything it was sent, `READY` first. */
  get taken(): Seen[] {
    return this.#socket.taken.map((frame) => {
      const { type, cursor, id } = JSON.parse(frame).data.observations;
      return { type, position: decodeCursor('main', cursor), id };
    });
  }

  end(): void {
    this.#subscription.end();
  }
}
