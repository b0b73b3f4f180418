import type { SubscriptionEvent, Timelines } from '../../ports.ts';
import type { FollowedTopic } from './request.ts';

/** How events of a topic are asked of the GraphQL side, and as what they are sent. */
export interface Rendering {
  readonly query: string;
  /** The root field, whose value is an event's data. */
  readonly field: string;
}

const STREAM = 'stream { uuid serverId name }';
const OBSERVATION = 'position value observedAt ts hash provider revision retracted';

/** Only what the entries themselves carry: no event costs a query. */
export const RENDERINGS: Readonly<Record<FollowedTopic, Rendering>> = {
  observation: rendering('observations', `observation { id ${STREAM} ${OBSERVATION} }`),
  prediction: rendering(
    'predictions',
    `prediction { id ${STREAM} peer { publicKey name } base { id ${OBSERVATION} } horizon value quantiles { level value } submittedAt }`,
  ),
  consensus: rendering(
    'consensus',
    `consensus { ${STREAM} base { id ${OBSERVATION} } value quantiles { level value } contributors updatedAt }`,
  ),
};

function rendering(field: string, selection: string): Rendering {
  return { field, query: `subscription { ${field} { type cursor id timestamp ${selection} } }` };
}

/**
 * Makes a whole frame of a payload: what comes of one event is the same for all who follow the topic, whatever their
 * filters. `id:` is the cursor; a `READY` that was not asked for sets it and is nothing else.
 */
export function framesOf(
  { field }: Rendering,
  isReadyWanted: boolean,
  timelines: Pick<Timelines, 'cursor'>,
): (payload: Buffer, event: SubscriptionEvent) => Buffer {
  return (payload, { type, tenant, position }) => {
    const id = `id: ${timelines.cursor(tenant, position)}\n`;
    if (type === 'READY' && !isReadyWanted) return Buffer.from(`${id}\n`);
    return Buffer.from(`${id}event: ${type.toLowerCase()}\ndata: ${dataOf(field, payload)}\n\n`);
  };
}

function dataOf(field: string, payload: Buffer): string {
  const text = payload.toString('utf8');
  const head = `{"data":{${JSON.stringify(field)}:`;
  if (text.startsWith(head) && text.endsWith('}}')) return text.slice(head.length, -2);
  // Something of it failed: with its errors beside what there is.
  const { data, errors }: { data?: Record<string, unknown> | null; errors?: unknown } = JSON.parse(text);
  return JSON.stringify({ ...Object(data?.[field]), errors });
}
