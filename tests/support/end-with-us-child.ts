import { endWithUs } from '../../server/storage/end-with-us.ts';

/** Watches over three processes: lets go of the second, and the third is not the one that its files name. */
const [watched = 0, other = 0, reused = 0] = process.argv.slice(2, 5).map(Number);
const [named = '', stale = ''] = process.argv.slice(5);
endWithUs({ pid: watched, signal: 'TERM', pidFile: named });
endWithUs({ pid: other, signal: 'TERM' })();
endWithUs({ pid: reused, signal: 'TERM', pidFile: stale });
endWithUs({ pid: reused, signal: 'TERM', pidFile: `${stale}.none` });
process.stdout.write('watching\n');
setInterval(() => undefined, 60_000);
