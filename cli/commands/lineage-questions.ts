import { Command } from 'commander';
import { listInstances, readTimeline, retireInstance, whoCollected } from '../client/lineage-questions.ts';
import { say } from '../say.ts';
import { table } from '../table.ts';
import { withConnection } from './connection.ts';
import { uuidOf } from './lineage-range.ts';
import { print, type StretchOptions, seconds, signedIn, stretch, stretchOptions } from './lineage-stretch.ts';
import { connectAsOperator, withOperator } from './operator-connection.ts';

export function lineageInstancesCommand(): Command {
  const command = new Command('instances')
    .description('list the server instances that collect, and what')
    .option('--retired', 'retired ones too')
    .option('--json', 'print one JSON object a line')
    .action(async ({ retired, json }: { retired?: boolean; json?: boolean }) => {
      const client = await signedIn(command);
      const { serverInstances } = await client.request(listInstances, { retired: retired === true });
      const rows = serverInstances.map(({ instance, alive, seenAt, offers }) => [
        ...[instance.name, instance.retiredAt ? 'retired' : alive ? 'alive' : 'silent', instance.version],
        String(offers.filter(({ collecting }) => collecting).length),
        String(offers.filter(({ wanted }) => wanted).length),
        ...[String(offers.length), seenAt],
      ]);
      const head = ['NAME', 'STATE', 'VERSION', 'COLLECTS', 'WANTED', 'CAN', 'SEEN AT'];
      print(json, serverInstances, [head, ...rows], 'Nothing collects here.');
    });
  return withConnection(command);
}

export function lineageWhoCommand(): Command {
  const command = new Command('who')
    .description('who was collecting a stream at an instant')
    .argument('<stream>', 'name or uuid of the stream')
    .option('--at <time>', 'the instant, such as 2026-01-31T12:00:00Z (default: now)')
    .option('--json', 'print one JSON object a line')
    .action(async (stream: string, { at, json }: { at?: string; json?: boolean }) => {
      const client = await signedIn(command);
      const variables = { stream: await uuidOf(client, stream), at: at ?? null };
      const { collecting } = await client.request(whoCollected, variables);
      print(json, collecting, [HEAD, ...collecting.map(row)], 'Nobody was collecting it then.');
    });
  return withConnection(command);
}

export function lineageTimelineCommand(): Command {
  const command = stretchOptions(new Command('timeline'))
    .description('the sessions that collected a stream, or anything, in a stretch of time')
    .action(async (stream: string | undefined, options: StretchOptions) => {
      const client = await signedIn(command);
      const { timeline } = await client.request(readTimeline, await stretch(client, stream, options));
      if (options.json) {
        say(`${JSON.stringify(timeline)}\n`);
        return;
      }
      const { sessions, total, coveredMs, from, to } = timeline;
      const rows = sessions.map((one) => [...row(one), seconds(one.durationMs)]);
      if (rows.length > 0) say(table([[...HEAD, 'DURATION'], ...rows]));
      const length = Date.parse(to) - Date.parse(from);
      const share = length > 0 ? ((100 * coveredMs) / length).toFixed(2) : '0.00';
      say(`${sessions.length} of ${total} sessions; ${share} % of ${from} to ${to} was covered.\n`);
    });
  return withConnection(command);
}

export function lineageRetireCommand(): Command {
  const command = new Command('retire')
    .description('for operators: free the name, host and port of an instance')
    .argument('<instance>', 'its name')
    .action(async (instance: string) => {
      await connectAsOperator(command).request(retireInstance, { instance });
      say(`Retired ${instance}.\n`);
    });
  return withOperator(command);
}

const HEAD = ['INSTANCE', 'SESSION', 'STATUS', 'FROM', 'TO', 'MESSAGES'];

function row(one: {
  instance: { name: string };
  session: number;
  status: string;
  startedAt: string;
  endedAt: string;
  open: boolean;
  messages: number;
}): string[] {
  const { instance, session, status, startedAt, endedAt, open, messages } = one;
  const to = open ? 'now' : endedAt;
  return [instance.name, String(session), status.toLowerCase(), startedAt, to, String(messages)];
}
