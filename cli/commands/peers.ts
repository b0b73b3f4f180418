import { Command } from 'commander';
import type { GraphqlClient } from '../client/graphql-client.ts';
import type { Operation } from '../client/operation.ts';
import {
  listPeers,
  renamePeer,
  restorePeer,
  revokePeer,
  type ShownMember,
  setPeerRole,
} from '../client/operator-operations.ts';
import { say } from '../say.ts';
import { table } from '../table.ts';
import { connectAsOperator, withOperator } from './operator-connection.ts';
import { peerArgument } from './peer-argument.ts';
import { peerLimitsCommand } from './peers-limit.ts';

/** Peers asked for at once. */
const PAGE = 500;

export function peersCommand(): Command {
  const command = new Command('peers')
    .description("for operators: list a tenant's peers, name, limit and revoke them")
    .enablePositionalOptions()
    .option('--json', 'print one JSON object a line')
    .addHelpText(
      'after',
      `
Examples:
  $ presage peers --tenant acme
  $ presage peers revoke 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo --tenant acme
  $ presage peers limit 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo --observations 6000`,
    )
    .action(async ({ json }: { json?: boolean }) => {
      const members = await everyPeer(connectAsOperator(command));
      say(json ? members.map((member) => `${JSON.stringify(member)}\n`).join('') : shown(members));
    });
  return withOperator(command)
    .addCommand(changeCommand('revoke', 'shut a peer out: its tokens and sockets end at once', revokePeer))
    .addCommand(changeCommand('restore', 'let a revoked peer sign in again', restorePeer))
    .addCommand(renameCommand())
    .addCommand(roleCommand())
    .addCommand(peerLimitsCommand());
}

type Changed = { readonly member: ShownMember };

function changeCommand(
  name: string,
  about: string,
  operation: Operation<Changed, { peer: string }>,
): Command {
  const command = new Command(name)
    .description(about)
    .addArgument(peerArgument())
    .action(async (peer: string) => {
      const { member } = await connectAsOperator(command).request(operation, { peer });
      say(shown([member]));
    });
  return withOperator(command);
}

function renameCommand(): Command {
  const command = new Command('rename')
    .description('name a peer')
    .addArgument(peerArgument())
    .argument('<name>', 'its name; empty for none')
    .action(async (peer: string, name: string) => {
      const { member } = await connectAsOperator(command).request(renamePeer, { peer, name });
      say(shown([member]));
    });
  return withOperator(command);
}

function roleCommand(): Command {
  const command = new Command('role')
    .description('give a peer another role')
    .addArgument(peerArgument())
    .argument('<role>', 'reader, peer or operator')
    .action(async (peer: string, role: string) => {
      const variables = { peer, role: role.toUpperCase() };
      const { member } = await connectAsOperator(command).request(setPeerRole, variables);
      say(shown([member]));
    });
  return withOperator(command);
}

async function everyPeer(client: GraphqlClient): Promise<readonly ShownMember[]> {
  const found: ShownMember[] = [];
  let after: string | null = null;
  do {
    const answer: { peers: PeerPage } = await client.request(listPeers, { first: PAGE, after });
    found.push(...answer.peers.edges.map(({ node }) => node));
    after = answer.peers.pageInfo.hasNextPage ? answer.peers.pageInfo.endCursor : null;
  } while (after !== null);
  return found;
}

interface PeerPage {
  readonly edges: readonly { readonly node: ShownMember }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** Peers as a table. */
function shown(members: readonly ShownMember[]): string {
  const rows = members.map(({ peer, limits, revokedAt }) => [
    peer.publicKey,
    peer.name ?? '-',
    peer.role.toLowerCase(),
    String(limits.observationsPerMinute),
    String(limits.predictionsPerMinute),
    String(limits.streams),
    revokedAt ?? '-',
  ]);
  const head = ['KEY', 'NAME', 'ROLE', 'OBSERVATIONS/MIN', 'PREDICTIONS/MIN', 'STREAMS', 'REVOKED AT'];
  return table([head, ...rows]);
}
