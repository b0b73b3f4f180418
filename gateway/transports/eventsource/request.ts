import type { IncomingMessage } from 'node:http';
import { PresageError } from '../../../schema/errors.ts';
import { condition } from '../../../schema/filter/condition.ts';
import { allOf, type Filter, type FilterSubject } from '../../../schema/filter/form.ts';
import { fromSymbols } from '../../../schema/filter/from-symbols.ts';
import type { WrittenTopic } from '../../../schema/log-entry.ts';
import type { Asked } from '../../subscribing/root-fields.ts';
import { parametersOf } from '../http/request-url.ts';

/** Topics that can be followed, and what their filters are about. */
const SUBJECTS = {
  observation: 'observation',
  prediction: 'prediction',
  consensus: 'stream',
} as const satisfies Partial<Record<WrittenTopic, FilterSubject>>;

export type FollowedTopic = keyof typeof SUBJECTS;

const PARAMETERS = ['topic', 'stream', 'filter', 'after', 'snapshot', 'ready', 'includeData'];
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export interface FollowRequest extends Asked {
  readonly topic: FollowedTopic;
}

/**
 * Reads `?topic=observation&stream=<name or uuid>&filter=value>=100&after=<cursor>`: streams of several `stream` are
 * joined by or, `filter`s by and. `Last-Event-ID`, which says how far this client has come, wins over `after`, which
 * stays in the URL. Throws `BAD_INPUT`, `BAD_FILTER`.
 */
export function readFollowRequest(request: IncomingMessage): FollowRequest {
  const parameters = parametersOf(request);
  for (const name of parameters.keys()) {
    if (!PARAMETERS.includes(name)) {
      throw new PresageError('BAD_INPUT', `There is no parameter "${name}"; use ${PARAMETERS.join(', ')}.`);
    }
  }
  const topic = topicOf(single(parameters, 'topic') ?? 'observation');
  const subject = SUBJECTS[topic];
  const lastEventId = request.headers['last-event-id'];
  const resume = typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : null;
  const snapshot = flag(parameters, 'snapshot', false);
  if (snapshot && topic === 'prediction') {
    throw new PresageError('BAD_INPUT', 'There is no snapshot of predictions; leave snapshot out.');
  }
  return {
    topic,
    filter: allOf([
      ...streams(subject, parameters.getAll('stream')),
      fromSymbols(subject, parameters.getAll('filter')),
    ]),
    after: resume ?? single(parameters, 'after'),
    snapshot,
    ready: flag(parameters, 'ready', true),
    includeData: flag(parameters, 'includeData', true),
  };
}

function topicOf(given: string): FollowedTopic {
  const topic = Object.keys(SUBJECTS).find((name): name is FollowedTopic => name === given);
  if (topic) return topic;
  throw new PresageError(
    'BAD_INPUT',
    `"${given}" is no topic that can be followed; use one of ${Object.keys(SUBJECTS).join(', ')}.`,
  );
}

function streams(subject: FilterSubject, given: readonly string[]): Filter[] {
  if (given.length === 0) return [];
  const uuids = given.filter((one) => UUID.test(one));
  const names = given.filter((one) => !UUID.test(one));
  const either: Filter[] = [];
  if (uuids.length > 0) either.push(condition(subject, 'stream.uuid', 'in', uuids));
  if (names.length > 0) either.push(condition(subject, 'stream.name', 'in', names));
  return [either.length === 1 && either[0] ? either[0] : { kind: 'or', of: either }];
}

function single(parameters: URLSearchParams, name: string): string | null {
  const values = parameters.getAll(name);
  if (values.length > 1)
    throw new PresageError('BAD_INPUT', `${name} is given ${values.length} times; once, please.`);
  return values[0] ?? null;
}

function flag(parameters: URLSearchParams, name: string, otherwise: boolean): boolean {
  const given = single(parameters, name);
  if (given === null) return otherwise;
  if (given === 'true' || given === '1' || given === '') return true;
  if (given === 'false' || given === '0') return false;
  throw new PresageError('BAD_INPUT', `${name} is "${given}"; use true or false.`);
}
