import { endWithUs } from './end-with-us.ts';

/** Watches over two processes, and lets go of the second. */
const [watched, other] = process.argv.slice(2).map(Number);
endWithUs(watched ?? 0, 'TERM');
endWithUs(other ?? 0, 'TERM')();
process.stdout.write('watching\n');
setInterval(() => undefined, 60_000);
