import type { GraphQLFormattedError } from 'graphql';
import { eventFrame } from '../event-stream/event-stream.ts';

const HEAD = Buffer.from('event: next\ndata: ');
const END = Buffer.from('\n\n');
/** With empty data, or `EventSource` would not tell of it. */
export const COMPLETE = Buffer.from('event: complete\ndata: \n\n');

/** Frames are the same for all who get a payload, which has no id here: each is made once while the payload lives. */
const framed = new WeakMap<Buffer, Buffer>();

export function nextFrame(payload: Buffer): Buffer {
  const made = framed.get(payload);
  if (made) return made;
  const frame = Buffer.concat([HEAD, payload, END]);
  framed.set(payload, frame);
  return frame;
}

/** An operation's failure, and its end. */
export function failureFrames(errors: readonly GraphQLFormattedError[]): Buffer {
  return Buffer.concat([eventFrame('next', JSON.stringify({ errors })), COMPLETE]);
}
