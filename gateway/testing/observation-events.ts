import { decodeCursor } from '../../schema/cursor.ts';
import type { Message } from './test-client.ts';

/** An event of a subscription to observations that selects type, cursor and value. */
export interface Event {
  readonly type: string;
  readonly position: number;
  readonly value: string | null;
}

interface Next {
  readonly data: {
    readonly observations: {
      readonly type: string;
      readonly cursor: string;
      readonly observation: { value: string } | null;
    };
  };
}

function nextOf(message: Message | undefined): Next['data']['observations'] {
  if (!message) throw new Error('there is no such message');
  return (message.payload as Next).data.observations;
}

export function cursorOf(message: Message | undefined): string {
  return nextOf(message).cursor;
}

export function eventsOf(messages: readonly Message[]): Event[] {
  return messages.map((message) => {
    const { type, cursor, observation } = nextOf(message);
    return { type, position: decodeCursor('main', cursor), value: observation?.value ?? null };
  });
}
