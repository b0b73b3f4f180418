import { PresageError } from '../../../schema/errors.ts';
import { serialiseResult } from '../../cohort/serialise.ts';
import type { Outbox } from '../../delivery/outbox.ts';
import type { Engine } from '../../engine.ts';
import type { Executor, GraphQLRequest, Identity, PreparedOperation } from '../../ports.ts';
import { type Refusals, refusalOf } from '../../refusals.ts';
import { errorsOf } from '../../request-errors.ts';
import { completeFrame, errorFrame, nextFrames } from './messages.ts';

export interface OperationParts {
  readonly engine: Engine;
  readonly executor: Executor;
  readonly outbox: Outbox;
  readonly maxOperations: number;
  readonly refusals: Refusals;
  readonly onUnexpected: (error: unknown) => string;
}

/** What stops an operation that is under way. */
interface Running {
  readonly isSubscription: boolean;
  readonly stop: () => void;
}

/** The operations of one connection by the client's ids. An id is free again when its operation is over. */
export class Operations {
  readonly #parts: OperationParts;
  readonly #running = new Map<string, Running>();
  #whenDone: (() => void) | null = null;

  constructor(parts: OperationParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#running.size;
  }

  has(id: string): boolean {
    return this.#running.has(id);
  }

  /** Runs an operation to its end, or starts it if it is a subscription. Failures become an `error` message. */
  start(id: string, request: GraphQLRequest, identity: Identity): void {
    try {
      if (this.#running.size >= this.#parts.maxOperations) throw tooMany(this.#parts.maxOperations);
      const operation = this.#parts.executor.prepare(request, identity);
      if (operation.kind === 'subscription') this.#subscribe(id, operation, request, identity);
      else this.#execute(id, operation, request, identity);
    } catch (error) {
      this.#fail(id, error);
    }
  }

  /** The client wants no more of it. An id that is not under way is no mistake: messages cross. */
  complete(id: string): void {
    this.#running.get(id)?.stop();
    this.#over(id);
  }

  /** Stops the subscriptions, and calls back when everything else is answered. */
  finish(done: () => void): void {
    this.#whenDone = done;
    for (const [id, { isSubscription }] of [...this.#running]) if (isSubscription) this.complete(id);
    if (this.#running.size === 0) done();
  }

  stopAll(): void {
    for (const { stop } of this.#running.values()) stop();
    this.#running.clear();
  }

  #subscribe(id: string, operation: PreparedOperation, request: GraphQLRequest, identity: Identity): void {
    const { engine, outbox } = this.#parts;
    const subscription = engine.subscribe(operation, request, identity, {
      outbox,
      frame: nextFrames(id),
      onFailure: (error) => this.#fail(id, error),
    });
    this.#running.set(id, { isSubscription: true, stop: () => subscription.end() });
  }

  #execute(id: string, operation: PreparedOperation, request: GraphQLRequest, identity: Identity): void {
    const { executor, outbox, onUnexpected } = this.#parts;
    const running: Running = { isSubscription: false, stop: () => undefined };
    this.#running.set(id, running);
    const isWanted = () => this.#running.get(id) === running;
    const run = async () => {
      const payload = serialiseResult(await executor.execute(operation, request, identity), onUnexpected);
      await outbox.room();
      if (!isWanted()) return;
      outbox.send(nextFrames(id)(payload));
      outbox.send(completeFrame(id));
      this.#over(id);
    };
    run().catch((error: unknown) => {
      if (isWanted()) this.#fail(id, error);
    });
  }

  #fail(id: string, error: unknown): void {
    const { outbox, onUnexpected, refusals } = this.#parts;
    const refusal = refusalOf(error);
    if (refusal) refusals[refusal] += 1;
    outbox.send(errorFrame(id, errorsOf(error, onUnexpected)));
    this.#over(id);
  }

  #over(id: string): void {
    if (this.#running.delete(id) && this.#running.size === 0) this.#whenDone?.();
  }
}

function tooMany(limit: number): PresageError {
  return new PresageError(
    'LIMITED',
    `This connection has ${limit} operations under way, which is the limit; complete some or open another connection.`,
  );
}
