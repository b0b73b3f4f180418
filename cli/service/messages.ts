import { z } from 'zod';

/** What `presage start` and its programs tell each other over the IPC channel. */
const VERSION = 1;

const FROM_PROGRAM = z.discriminatedUnion('type', [
  z.object({ version: z.literal(VERSION), type: z.literal('ready'), url: z.string() }),
]);
const FROM_START = z.discriminatedUnion('type', [
  z.object({ version: z.literal(VERSION), type: z.literal('stop') }),
]);

/** A program's: it is up; `url` is the server's. */
export type FromProgram = z.output<typeof FROM_PROGRAM>;
/** From `start`: stop in order. */
export type FromStart = z.output<typeof FROM_START>;

export function ready(url: string): FromProgram {
  return { version: VERSION, type: 'ready', url };
}

export function stop(): FromStart {
  return { version: VERSION, type: 'stop' };
}

/** The message, or `undefined` for anything else that came over the channel. */
export function fromProgram(message: unknown): FromProgram | undefined {
  return FROM_PROGRAM.safeParse(message).data;
}

export function fromStart(message: unknown): FromStart | undefined {
  return FROM_START.safeParse(message).data;
}
