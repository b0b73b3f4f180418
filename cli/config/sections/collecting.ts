import { z } from 'zod';
import { oneOf, optional, text, trueOrFalse, url, wholeNumber } from '../kinds.ts';
import { setting } from '../setting.ts';

/** What is collected, as which instance, and who hears of gaps. */
export const collectors = z.strictObject({
  collect: setting(oneOf(['host', 'none']), 'host', {
    env: 'PRESAGE_COLLECT',
    flag: '--collect <host|none>',
    about: 'What the server observes by itself: the metrics of its machine, or nothing.',
  }),
  intervalMs: setting(wholeNumber(100, 3_600_000), 2_000, {
    env: 'PRESAGE_COLLECT_INTERVAL_MS',
    flag: '--collect-interval-ms <ms>',
    about: 'Time between two observations of a stream about the machine, in ms.',
  }),
  file: setting(optional(text(4_096)), null, {
    env: 'PRESAGE_COLLECTORS_FILE',
    flag: '--collectors <file>',
    about: 'The file that names what else is collected: see docs/collectors.md.',
    defaultText: '`collectors.yaml` in the working directory, if there is one',
  }),
  keyFile: setting(optional(text(4_096)), null, {
    env: 'PRESAGE_COLLECTOR_KEY',
    flag: '--collector-key <file>',
    about:
      'The Ed25519 key of the peer that owns what is collected. Servers that hand streams to each other share it.',
    defaultText: '`collector.key` in the data directory',
  }),
  spoolMaxMb: setting(wholeNumber(1, 1_048_576), 1_024, {
    env: 'PRESAGE_SPOOL_MAX_MB',
    about:
      'Most that is kept on disk of what was collected, in MiB; what is not published yet is never dropped.',
  }),
  spoolRetentionHours: setting(wholeNumber(1, 87_600), 48, {
    env: 'PRESAGE_SPOOL_RETENTION_HOURS',
    about:
      'How long what was collected and published is kept on disk, for buffer queries and backfills, in hours.',
  }),
});

export const instance = z.strictObject({
  name: setting(optional(text(63)), null, {
    env: 'PRESAGE_INSTANCE',
    flag: '--instance <name>',
    about:
      'Names this server, or presage collect, in the lineage: the same through restarts, another for each of a tenant.',
    defaultText:
      'the host name and the port; of presage collect the host name and a hash of its storage directory',
  }),
  host: setting(optional(text(255)), null, {
    env: 'PRESAGE_INSTANCE_HOST',
    about: 'Where other servers reach this one.',
    defaultText: 'the host name',
  }),
  environment: setting(text(63), 'production', {
    env: 'PRESAGE_ENVIRONMENT',
    about: 'What this server is for, such as production or staging: shown in the lineage.',
  }),
  standby: setting(trueOrFalse(), false, {
    env: 'PRESAGE_STANDBY',
    flag: '--standby <true|false>',
    about: 'Whether this server, or presage collect, collects nothing until it is told to, by a handoff.',
  }),
  heartbeatMs: setting(wholeNumber(50, 60_000), 2_000, {
    env: 'PRESAGE_HEARTBEAT_MS',
    about: 'How often a server that collects says that it lives, and asks what to collect, in ms.',
  }),
  heartbeatTimeoutMs: setting(wholeNumber(200, 3_600_000), 15_000, {
    env: 'PRESAGE_HEARTBEAT_TIMEOUT_MS',
    about: 'A collection session without a heartbeat for so long has failed, at its last one, in ms.',
  }),
  maxPerPeer: setting(wholeNumber(0, 1_000_000), 100, {
    env: 'PRESAGE_INSTANCES_PER_PEER',
    about:
      'Most instances that are not retired that one peer may register over the API, as presage collect does.',
  }),
  callsPerMinute: setting(wholeNumber(1, 100_000_000), 6_000, {
    env: 'PRESAGE_RECORD_CALLS_PER_MINUTE',
    about:
      "How often a minute one peer's instances may write the record over the API, heartbeats counted; of each process of the API.",
  }),
});

export const alerts = z.strictObject({
  webhook: setting(optional(url(['http:', 'https:'])), null, {
    env: 'PRESAGE_ALERT_WEBHOOK',
    about: 'Where gaps, failed sessions and failed handoffs are posted to: see docs/lineage.md.',
    // Such URLs often have a token in their path.
    secret: true,
  }),
  secret: setting(optional(text(1_000)), null, {
    env: 'PRESAGE_ALERT_SECRET',
    about: 'What alerts are signed with; needed with a webhook.',
    secret: true,
  }),
  minGapSeconds: setting(wholeNumber(0, 86_400), 30, {
    env: 'PRESAGE_ALERT_MIN_GAP_SECONDS',
    about: 'Shorter gaps are not announced, in seconds.',
  }),
  cadences: setting(wholeNumber(1, 1_000), 3, {
    env: 'PRESAGE_GAP_CADENCES',
    about: "Observations further apart than so many times their stream's cadence leave a data gap.",
  }),
});
