import { openDatabase } from '../../server/storage/database.ts';
import { makeActor, openTestDomain } from '../support/domain.ts';

/** An API server that is killed between commit and publication: it writes once, and what listens to commits kills it. */
const [url = '', streamUuid = '', at = ''] = process.argv.slice(2);
const database = await openDatabase(url, 4, { info: () => undefined, warn: () => undefined });
const domain = await openTestDomain(database);
const actor = await makeActor(database, 'crash');
const { uuid } =
  streamUuid === ''
    ? await domain.streams.create(actor, { name: `crash ${at}`, tags: ['crypto'] })
    : { uuid: streamUuid };
domain.log.onCommit(() => {
  process.kill(process.pid, 'SIGKILL');
});
await domain.observations.publish(actor, [{ streamUuid: uuid, value: '9', observedAt: at }]);
