import { PresageError } from '../../../schema/errors.ts';
import { serialiseResult } from '../../cohort/serialise.ts';
import type { Frame, Outbox } from '../../delivery/outbox.ts';
import { type Subscriber, Subscription } from '../../delivery/subscription.ts';
import type { Engine } from '../../engine.ts';
import type { Executor, GraphQLRequest, Identity, PreparedOperation } from '../../ports.ts';
import { type Refusals, refusalOf } from '../../refusals.ts';
import { errorsOf } from '../../request-errors.ts';
import { completeFrame, errorFrame, nextFrame, nextHead } from './messages.ts';

export interface OperationParts {
  readonly engine: Engine;
  readonly executor: Executor;
  readonly outbox: Outbox;
  readonly maxOperations: number;
  /** Characters that the messages of all operations under way may have. */
  readonly maxCharacters: number;
  readonly refusals: Refusals;
  readonly onUnexpected: (error: unknown) => string;
}

/** An operation that is under way: what stops it. */
interface Running {
  end(): void;
}

/** Shorter messages are bounded by the number of operations, and not worth memory of their own. */
const SHORT = 1_000;

/** A subscription's client: one object and a short text of its own, as there may be very many. */
class OperationSubscriber implements Subscriber {
  readonly outbox: Outbox;
  readonly #id: string;
  readonly #head: string;
  readonly #fail: (id: string, error: unknown) => void;

  constructor(id: string, outbox: Outbox, fail: (id: string, error: unknown) => void) {
    this.outbox = outbox;
    this.#id = id;
    this.#head = nextHead(id);
    this.#fail = fail;
  }

  frame(payload: Buffer): Frame {
    return nextFrame(this.#head, payload);
  }

  onFailure(error: unknown): void {
    this.#fail(this.#id, error);
  }
}

/** The operations of one connection by the client's ids. An id is free again when its operation is over. */
export class Operations {
  readonly #parts: OperationParts;
  readonly #running = new Map<string, Running>();
  /** How long the messages were that began those, where they were not short, and all of them together. */
  readonly #lengths = new Map<string, number>();
  #characters = 0;
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

  /**
   * Runs an operation to its end, or starts it if it is a subscription. Failures become an `error` message. `length` is
   * that of its message, in characters: what is kept of an operation grows with it, a hundredfold.
   */
  start(id: string, request: GraphQLRequest, identity: Identity, length: number): void {
    try {
      const { maxOperations, maxCharacters, executor } = this.#parts;
      if (this.#running.size >= maxOperations) throw tooMany(maxOperations);
      if (length > SHORT && this.#characters + length > maxCharacters) throw tooLong(maxCharacters);
      const operation = executor.prepare(request, identity);
      if (length > SHORT) {
        this.#lengths.set(id, length);
        this.#characters += length;
      }
      if (operation.kind === 'subscription') this.#subscribe(id, operation, request, identity);
      else this.#execute(id, operation, request, identity);
    } catch (error) {
      this.#fail(id, error);
    }
  }

  /** The client wants no more of it. An id that is not under way is no mistake: messages cross. */
  complete(id: string): void {
    this.#running.get(id)?.end();
    this.#over(id);
  }

  /** Stops the subscriptions, and calls back when everything else is answered. */
  finish(done: () => void): void {
    this.#whenDone = done;
    for (const [id, running] of [...this.#running]) if (running instanceof Subscription) this.complete(id);
    if (this.#running.size === 0) done();
  }

  stopAll(): void {
    for (const running of this.#running.values()) running.end();
    this.#running.clear();
    this.#lengths.clear();
    this.#characters = 0;
  }

  #subscribe(id: string, operation: PreparedOperation, request: GraphQLRequest, identity: Identity): void {
    const { engine, outbox } = this.#parts;
    const subscriber = new OperationSubscriber(id, outbox, this.#fail);
    this.#running.set(id, engine.subscribe(operation, request, identity, subscriber));
  }

  #execute(id: string, operation: PreparedOperation, request: GraphQLRequest, identity: Identity): void {
    const { engine, executor, outbox, onUnexpected } = this.#parts;
    const running: Running = { end: () => undefined };
    this.#running.set(id, running);
    const isWanted = () => this.#running.get(id) === running;
    const run = async () => {
      const payload = serialiseResult(await executor.execute(operation, request, identity), onUnexpected);
      await outbox.room();
      if (!isWanted()) return;
      engine.burst.during(() => {
        outbox.send(nextFrame(nextHead(id), payload));
        outbox.send(completeFrame(id));
      });
      this.#over(id);
    };
    run().catch((error: unknown) => {
      if (isWanted()) this.#fail(id, error);
    });
  }

  readonly #fail = (id: string, error: unknown): void => {
    const { outbox, onUnexpected, refusals } = this.#parts;
    const refusal = refusalOf(error);
    if (refusal) refusals[refusal] += 1;
    outbox.send(errorFrame(id, errorsOf(error, onUnexpected)));
    this.#over(id);
  };

  #over(id: string): void {
    this.#characters -= this.#lengths.get(id) ?? 0;
    this.#lengths.delete(id);
    if (this.#running.delete(id) && this.#running.size === 0) this.#whenDone?.();
  }
}

function tooLong(limit: number): PresageError {
  return new PresageError(
    'LIMITED',
    `The messages of this connection's operations under way come to more than ${limit} characters, which is the limit; complete some, write shorter ones, or open another connection.`,
  );
}

function tooMany(limit: number): PresageError {
  return new PresageError(
    'LIMITED',
    `This connection has ${limit} operations under way, which is the limit; complete some or open another connection.`,
  );
}
