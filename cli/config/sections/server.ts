import { z } from 'zod';
import { directory, hostName, oneOf, origins, trueOrFalse, wholeNumber } from '../kinds.ts';
import { setting } from '../setting.ts';

/** What the server is, and how it writes what it does. */
export const server = z.strictObject({
  port: setting(wholeNumber(0, 65_535), 4000, {
    env: 'PRESAGE_PORT',
    flag: '--port <number>',
    about: 'TCP port for HTTP and WebSocket; 0 takes a free one.',
  }),
  host: setting(hostName(), '127.0.0.1', {
    env: 'PRESAGE_HOST',
    flag: '--host <address>',
    about: 'Address to listen on; 0.0.0.0 or :: for every network interface.',
  }),
  role: setting(oneOf(['all', 'api', 'gateway', 'streamer']), 'all', {
    env: 'PRESAGE_ROLE',
    flag: '--role <all|api|gateway|streamer>',
    about:
      'What this process does: the API and the work behind it, subscriptions, matching for gateways, or all of it.',
  }),
  dataDir: setting(directory(), '.presage', {
    env: 'PRESAGE_DATA_DIR',
    flag: '--data-dir <directory>',
    about: 'Where the embedded database, keys and the neuron keep their files.',
  }),
  publicRead: setting(trueOrFalse(), true, {
    env: 'PRESAGE_PUBLIC_READ',
    flag: '--public-read <true|false>',
    about: 'Whether reading needs no token. Writing always needs one.',
  }),
  origins: setting(origins(100), ['*'], {
    env: 'PRESAGE_ORIGINS',
    about:
      'Origins whose pages may use the server from a browser, besides its own; `*` for all of them, which is safe as tokens are in no cookie, unless what anybody may read is only for some networks.',
  }),
  accessTokenSeconds: setting(wholeNumber(30, 86_400), 900, {
    env: 'PRESAGE_ACCESS_TOKEN_SECONDS',
    about: 'Lifetime of an access token, in seconds.',
  }),
  refreshTokenSeconds: setting(wholeNumber(60, 31_536_000), 2_592_000, {
    env: 'PRESAGE_REFRESH_TOKEN_SECONDS',
    about: 'Lifetime of a refresh token, in seconds.',
  }),
  challengeSeconds: setting(wholeNumber(5, 3_600), 120, {
    env: 'PRESAGE_CHALLENGE_SECONDS',
    about: 'How long a sign-in challenge can be answered, in seconds.',
  }),
  consensusDebounceMs: setting(wholeNumber(0, 60_000), 100, {
    env: 'PRESAGE_CONSENSUS_DEBOUNCE_MS',
    about: 'How long predictions are gathered before the consensus is made of them, in ms.',
  }),
  maxFutureSeconds: setting(wholeNumber(0, 315_360_000), 86_400, {
    env: 'PRESAGE_MAX_FUTURE_SECONDS',
    about: 'How far ahead of the server’s clock `observedAt` may be, in seconds.',
  }),
  trustProxy: setting(trueOrFalse(), false, {
    env: 'PRESAGE_TRUST_PROXY',
    about:
      'Whether the address of a client is the last of `X-Forwarded-For`: only behind a proxy that sets it.',
  }),
});

export const log = z.strictObject({
  level: setting(oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']), 'info', {
    env: 'PRESAGE_LOG_LEVEL',
    flag: '--log-level <level>',
    about: 'The least important log records to write.',
  }),
  format: setting(oneOf(['auto', 'pretty', 'json']), 'auto', {
    env: 'PRESAGE_LOG_FORMAT',
    flag: '--log-format <format>',
    about: 'How log records look; `auto` is pretty on a terminal and JSON otherwise.',
  }),
});
