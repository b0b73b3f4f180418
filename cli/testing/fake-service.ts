import { runService } from '../service/run-service.ts';

/** A service that says what happens to it: fake-service.ts <how> [supervised]. */
const [how = '', supervised] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const forever = (): Promise<never> => new Promise(() => {});
const alive = setInterval(() => {}, 1_000);

await runService({
  supervised: supervised === 'supervised',
  start: async () => ({
    url: 'http://fake:1',
    stop: async () => {
      say('stopping');
      if (how === 'hangs') await forever();
      clearInterval(alive);
      say('stopped');
    },
    ...(how === 'ends' && { ended: Promise.resolve() }),
  }),
  announce: ({ url }) => say(`up at ${url}`),
  log: { info: (_, message) => say(message), error: (_, message) => say(message) },
  stopLimitMs: 300,
});
