import type { StreamDocument } from '../../../schema/log-entry.ts';
import type { Actor } from '../actor.ts';
import type { WriteGuard } from '../peer/write-guard.ts';
import { StreamService } from './stream-service.ts';
import type { NewStream } from './streams.ts';

/** Streams of peers that may create them, as many as each of them may own. */
export class GuardedStreams extends StreamService {
  readonly #guard: WriteGuard;

  constructor(guard: WriteGuard, ...parts: ConstructorParameters<typeof StreamService>) {
    super(...parts);
    this.#guard = guard;
  }

  override async create(actor: Actor, input: NewStream): Promise<StreamDocument> {
    const { limits } = await this.#guard.admit(actor);
    return super.create(actor, input, limits.streams);
  }
}
