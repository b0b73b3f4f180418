import { type CanonicalDecimal, parseDecimal } from '../../../schema/decimal.ts';
import type { ItemCode } from '../../../schema/errors.ts';
import type { StreamDocument } from '../../../schema/log-entry.ts';
import { nameTrouble } from '../../../schema/text.ts';
import { type EpochMs, formatTime, parseTime } from '../../../schema/time.ts';
import { isUuid, notAUuid } from '../../../schema/uuid.ts';
import type { Actor } from '../actor.ts';
import type { NewObservation } from './observations.ts';

/** Longest `provider`, in characters. */
const MAX_PROVIDER = 200;

/** An observation that is good on its own; whether its time is free is for the log to say. */
export interface JudgedObservation {
  readonly stream: StreamDocument;
  readonly value: CanonicalDecimal;
  /** `undefined`: when it is committed. */
  readonly observedAt: EpochMs | undefined;
  readonly provider: string;
}

/** Why an item can't be taken: what `ItemError` has besides the index. */
export class Refusal {
  readonly code: ItemCode;
  readonly message: string;

  constructor(code: ItemCode, message: string) {
    this.code = code;
    this.message = message;
  }
}

/** Judges an item for all that can be judged without the log. `latest` is the newest time that is allowed. */
export function judgeObservation(
  actor: Actor,
  item: NewObservation,
  stream: StreamDocument | undefined,
  latest: EpochMs,
): JudgedObservation | Refusal {
  if (!stream) return unknownStream(item);
  if (stream.author !== actor.peer.publicKey) {
    return new Refusal(
      'FORBIDDEN',
      `Only its author publishes on "${stream.name}"; publish on a stream of yours.`,
    );
  }
  if (stream.archivedAt !== null) {
    return archived(stream);
  }
  const value = parseDecimal(item.value);
  if (value === undefined) return badValue(item.value);
  const observedAt = item.observedAt == null ? undefined : parseTime(item.observedAt);
  if (item.observedAt != null && observedAt === undefined) return badTime(item.observedAt);
  if (observedAt !== undefined && observedAt > latest) return tooLate(observedAt, latest);
  const provider = item.provider ?? actor.peer.name ?? actor.peer.publicKey;
  if (provider.length > MAX_PROVIDER) {
    return new Refusal(
      'TOO_LONG',
      `The provider has ${provider.length} characters; at most ${MAX_PROVIDER} are kept.`,
    );
  }
  const trouble = nameTrouble(provider);
  if (trouble !== undefined) return new Refusal('BAD_TEXT', `The provider ${trouble}.`);
  return { stream, value, observedAt, provider };
}

export function archived({ name }: StreamDocument): Refusal {
  return new Refusal('ARCHIVED', `The stream "${name}" is archived; it takes no more observations.`);
}

function unknownStream({ streamUuid, streamName }: NewObservation): Refusal {
  if (streamUuid == null && streamName == null) {
    return new Refusal('UNKNOWN_STREAM', 'The item names no stream; give streamUuid or streamName.');
  }
  if (streamUuid != null && !isUuid(streamUuid)) return new Refusal('UNKNOWN_STREAM', notAUuid(streamUuid));
  const named = streamUuid != null ? `uuid ${clip(streamUuid)}` : `name "${clip(streamName ?? '')}"`;
  return new Refusal('UNKNOWN_STREAM', `There is no stream of ${named}; create it, or correct it.`);
}

export function badValue(value: string | number): Refusal {
  return new Refusal(
    'BAD_VALUE',
    `"${clip(String(value))}" is no decimal such as 12.5 with at most 35 digits before and 30 after the point.`,
  );
}

function badTime(text: string): Refusal {
  return new Refusal(
    'BAD_TIME',
    `"${clip(text)}" is no time; write it with a zone, such as 2026-01-31T12:00:00.000Z.`,
  );
}

function tooLate(observedAt: EpochMs, latest: EpochMs): Refusal {
  return new Refusal(
    'BAD_TIME',
    `${formatTime(observedAt)} is too far in the future; at most ${formatTime(latest)} is taken now (PRESAGE_MAX_FUTURE_SECONDS).`,
  );
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
