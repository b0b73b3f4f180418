import { z } from 'zod';
import { ADAPTER_NAMES } from '../../../neuron/adapters/adapter.ts';
import {
  directory,
  fractions,
  linesOf,
  listOf,
  optional,
  someOf,
  text,
  trueOrFalse,
  url,
  wholeNumber,
  wholeNumbers,
} from '../kinds.ts';
import { setting } from '../setting.ts';

/** The neuron: its server, its files, its training. */
export const neuron = z.strictObject({
  serverUrl: setting(optional(url(['http:', 'https:'])), null, {
    env: 'PRESAGE_SERVER',
    flag: '--server <url>',
    about: 'The server that the neuron and the commands for publishers talk to.',
    defaultText: 'the server on this machine, at `server.port`',
  }),
  dataDir: setting(optional(directory()), null, {
    env: 'PRESAGE_NEURON_DATA_DIR',
    flag: '--neuron-data-dir <directory>',
    about: 'Where the neuron keeps its key and its SQLite file.',
    defaultText: '`neuron` inside `server.dataDir`',
  }),
  name: setting(optional(text(200)), null, {
    env: 'PRESAGE_NEURON_NAME',
    flag: '--name <text>',
    about: 'What the neuron calls itself on the leaderboard.',
    defaultText: 'none',
  }),
  tenant: setting(text(63), 'default', {
    env: 'PRESAGE_NEURON_TENANT',
    flag: '--neuron-tenant <name>',
    about: 'The tenant that the neuron predicts in.',
  }),
  joinCode: setting(optional(text(200)), null, {
    env: 'PRESAGE_NEURON_JOIN_CODE',
    about: 'Lets the neuron into its tenant, which `neuron.tenant` names.',
    defaultText: 'none',
    secret: true,
  }),
  streams: setting(listOf(100, 200), [], {
    env: 'PRESAGE_NEURON_STREAMS',
    flag: '--streams <names>',
    about: 'Names or uuids of the streams to predict, separated by commas.',
    defaultText: 'every stream',
  }),
  tags: setting(listOf(100, 200), [], {
    env: 'PRESAGE_NEURON_TAGS',
    flag: '--tags <tags>',
    about: 'Streams with one of these tags are predicted too, beside those that `neuron.streams` names.',
    defaultText: 'none',
  }),
  filters: setting(linesOf(32, 1_000), [], {
    env: 'PRESAGE_NEURON_FILTER',
    flag: '--filter <conditions>',
    about:
      'Conditions that every predicted stream meets, such as `stream.tags array-contains crypto`; several are joined by `;` or listed.',
    defaultText: 'none',
  }),
  horizons: setting(wholeNumbers(1, 64), [1], {
    env: 'PRESAGE_NEURON_HORIZONS',
    flag: '--horizons <steps>',
    about: 'Steps ahead to predict: 1 is the next observation.',
  }),
  quantiles: setting(fractions(99), [0.1, 0.25, 0.5, 0.75, 0.9], {
    env: 'PRESAGE_NEURON_QUANTILES',
    flag: '--quantiles <levels>',
    about: 'Levels of the quantiles that go with a prediction.',
  }),
  trainIntervalSeconds: setting(wholeNumber(0, 86_400), 600, {
    env: 'PRESAGE_NEURON_TRAIN_INTERVAL',
    flag: '--train-interval <seconds>',
    about: 'Seconds until a stream is trained again; 0 trains on every observation.',
  }),
  trainThreads: setting(wholeNumber(1, 64), 2, {
    env: 'PRESAGE_NEURON_TRAIN_THREADS',
    flag: '--train-threads <number>',
    about: 'Worker threads that train at most.',
  }),
  fitTimeoutSeconds: setting(wholeNumber(1, 3_600), 60, {
    env: 'PRESAGE_NEURON_FIT_TIMEOUT',
    about: 'Seconds after which the training of a stream is cut off, to be tried again later.',
  }),
  memoryMb: setting(wholeNumber(128, 1_048_576), 512, {
    env: 'PRESAGE_NEURON_MEMORY_MB',
    flag: '--memory-mb <megabytes>',
    about: 'Memory of the neuron, its worker threads included, in MB: bounds what a training may take.',
  }),
  uiPort: setting(wholeNumber(0, 65_535), 24_601, {
    env: 'PRESAGE_NEURON_UI_PORT',
    flag: '--ui-port <number>',
    about: 'TCP port on the loopback address where the neuron tells its state; 0 for none.',
  }),
  historyRows: setting(wholeNumber(10, 100_000), 8_000, {
    env: 'PRESAGE_NEURON_HISTORY_ROWS',
    about: 'Newest observations of a stream that its forecasts are made from.',
  }),
  retentionDays: setting(wholeNumber(0, 36_500), 0, {
    env: 'PRESAGE_NEURON_RETENTION_DAYS',
    about:
      'Days after which the neuron deletes its copies of observations and answered predictions; 0 keeps them.',
  }),
  vacuum: setting(trueOrFalse(), true, {
    env: 'PRESAGE_NEURON_VACUUM',
    about: 'Whether the space of deleted rows goes back to the disk.',
  }),
  maxStoreMb: setting(wholeNumber(0, 1_048_576), 0, {
    env: 'PRESAGE_NEURON_MAX_STORE_MB',
    about: 'Largest size of the neuron’s SQLite file, in MB; 0 for what the disk takes.',
  }),
  adapters: setting(someOf(ADAPTER_NAMES), [...ADAPTER_NAMES], {
    env: 'PRESAGE_NEURON_ADAPTERS',
    flag: '--adapters <names>',
    about: 'Forecasting methods that the neuron may use: each stream has what did best on it.',
  }),
});
