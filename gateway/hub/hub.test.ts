import { expect, it } from 'vitest';
import { EVERYTHING } from '../../schema/filter/form.ts';
import type { LogEntry } from '../../schema/log-entry.ts';
import { type FeedCohort, LiveFeed } from '../delivery/live-feed.ts';
import { Issuer } from '../registry/registry.ts';
import { MemoryLog } from '../testing/memory-log.ts';
import { deliver, resync } from './hub.ts';

const issuer = new Issuer();

/** A cohort that notes what it is to emit, and to whom; it has handed out everything up to `handedOut`. */
function cohortOf(name: string, handedOut = Number.MAX_SAFE_INTEGER) {
  const emitted: [name: string, position: number, feeds: number][] = [];
  const cohort: FeedCohort = {
    handedOut,
    eventOf: ({ tenant, topic, position, key, ts, document }: LogEntry, type) => ({
      ...{ type, tenant, topic, position, key, timestamp: ts, document },
    }),
    emit: ({ position }, feeds) => emitted.push([name, position, feeds.length]),
  };
  return { cohort, emitted };
}

function subscriptionIn(cohort: FeedCohort) {
  const subscription = issuer.issue({ tenant: 'main', topic: 'observation', filter: EVERYTHING });
  const resyncs: number[] = [];
  const nothing = () => undefined;
  subscription.feed = new LiveFeed(cohort, {
    ...{ take: nothing, fallBehind: nothing, fail: nothing },
    resync: (position) => resyncs.push(position),
  });
  return { subscription, resyncs };
}

it('gives an event once to each cohort, with those of its members that are live', () => {
  const [one, other] = [cohortOf('one'), cohortOf('other')];
  const those = [one, other, one, one, other].map(({ cohort }) => subscriptionIn(cohort).subscription);
  const gone = subscriptionIn(other.cohort).subscription;
  gone.feed = undefined;
  const log = new MemoryLog();
  deliver({ entry: log.put(log.stream(1), 1, '1'), type: 'CREATE', subscriptions: [...those, gone] });
  expect([...one.emitted, ...other.emitted]).toEqual([
    ['one', 1, 3],
    ['other', 1, 2],
  ]);
});

it('sends who is live back to the log after what was handed out: a payload that is still being made was not', () => {
  const waiting = subscriptionIn(cohortOf('its payload of 5 is being made', 4).cohort);
  const idle = subscriptionIn(cohortOf('nothing waits').cohort);
  const gone = subscriptionIn(cohortOf('left').cohort);
  gone.subscription.feed = undefined;
  resync(
    [waiting, idle, gone].map(({ subscription }) => subscription),
    7,
  );
  expect([waiting.resyncs, idle.resyncs, gone.resyncs]).toEqual([[4], [7], []]);
});
