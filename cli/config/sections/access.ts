import { z } from 'zod';
import { listOf, oneOf, optional, text, trueOrFalse, wholeNumber } from '../kinds.ts';
import { setting } from '../setting.ts';

/** Who may do what, how much of it, and who may look. */
export const peers = z.strictObject({
  operatorKeys: setting(listOf(100, 43), [], {
    env: 'PRESAGE_OPERATOR_KEYS',
    about: 'Public keys (base64url) of the operators of the installation, separated by commas.',
    defaultText: 'a key made on first start, `operator.key` in the data directory',
  }),
  openJoin: setting(trueOrFalse(), true, {
    env: 'PRESAGE_OPEN_JOIN',
    about: 'Whether new keys may join the tenant `default` without a join code.',
  }),
  signInsPerKey: setting(wholeNumber(1, 1_000_000), 60, {
    env: 'PRESAGE_SIGN_INS_PER_KEY',
    about: 'Sign-ins a minute with one key, at one server process.',
  }),
  signInsPerAddress: setting(wholeNumber(3, 10_000_000), 1_200, {
    env: 'PRESAGE_SIGN_INS_PER_ADDRESS',
    about: 'Challenges, answers and refreshes a minute from one address, at one server process.',
  }),
  observationsPerMinute: setting(wholeNumber(0, 2_000_000_000), 6_000_000, {
    env: 'PRESAGE_PEER_OBSERVATIONS_PER_MINUTE',
    about: 'Observations a minute of a peer that has no limit of its own, at one server process.',
  }),
  predictionsPerMinute: setting(wholeNumber(0, 2_000_000_000), 600_000, {
    env: 'PRESAGE_PEER_PREDICTIONS_PER_MINUTE',
    about: 'Predictions a minute of a peer that has no limit of its own, at one server process.',
  }),
  maxStreams: setting(wholeNumber(0, 2_000_000_000), 10_000, {
    env: 'PRESAGE_PEER_MAX_STREAMS',
    about: 'Streams of a peer that has no limit of its own.',
  }),
});

export const limits = z.strictObject({
  depth: setting(wholeNumber(3, 100), 12, {
    env: 'PRESAGE_MAX_DEPTH',
    about: 'Deepest nesting of a GraphQL operation.',
  }),
  complexity: setting(wholeNumber(10, 10_000_000), 50_000, {
    env: 'PRESAGE_MAX_COMPLEXITY',
    about: 'Highest cost of a GraphQL operation: about one per field and item asked for.',
  }),
  aliases: setting(wholeNumber(0, 10_000), 30, {
    env: 'PRESAGE_MAX_ALIASES',
    about: 'Most aliases in a GraphQL operation.',
  }),
  tokens: setting(wholeNumber(100, 1_000_000), 5_000, {
    env: 'PRESAGE_MAX_TOKENS',
    about: 'Most lexical tokens in a GraphQL document (variables don’t count).',
  }),
  readingMs: setting(wholeNumber(100, 86_400_000), 5_000, {
    env: 'PRESAGE_MAX_READING_MS',
    about:
      'How long GraphQL documents from one address that are not known yet may take to be parsed and validated, in ms; a tenth of what passes is given back.',
  }),
  bodyBytes: setting(wholeNumber(1_024, 1_073_741_824), 8_388_608, {
    env: 'PRESAGE_MAX_BODY_BYTES',
    about: 'Largest body of an HTTP request, in bytes.',
  }),
  unfinishedBytes: setting(wholeNumber(1_024, 68_719_476_736), 268_435_456, {
    env: 'PRESAGE_MAX_UNFINISHED_BYTES',
    about:
      'Most that is kept of all bodies that have begun to come and are not whole, in bytes; more is refused for now.',
  }),
});

export const metrics = z.strictObject({
  read: setting(oneOf(['loopback', 'all', 'none']), 'loopback', {
    env: 'PRESAGE_METRICS_READ',
    about: 'Who may read `/metrics` without a token: this machine, everybody, or nobody.',
  }),
  token: setting(optional(text(500)), null, {
    env: 'PRESAGE_METRICS_TOKEN',
    about: 'Lets whoever sends it as a bearer token read `/metrics`, from anywhere.',
    defaultText: 'none',
    secret: true,
  }),
});
