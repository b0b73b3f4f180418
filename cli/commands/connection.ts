import { resolve } from 'node:path';
import type { Command } from 'commander';
import { GraphqlClient } from '../client/graphql-client.ts';
import { publisherKey } from '../client/key-file.ts';
import { clientConfigOf, withSettings } from '../settings-options.ts';

export const CONNECTION_FLAGS = ['neuron.serverUrl', 'server.dataDir'];

/** Gives a command the options of everything that talks to a server. */
export function withConnection(command: Command): Command {
  return withSettings(command, CONNECTION_FLAGS)
    .option(
      '--key <file>',
      'Ed25519 key to sign in with, made on first use (default: publisher.key in the data directory)',
    )
    .option('--tenant <name>', 'tenant to sign in to, of which the key is a peer (default: default)')
    .option('--join-code <code>', "sign in to this code's tenant, which lets the key in");
}

/** The client that a command's options ask for. */
export function connect(command: Command): GraphqlClient {
  const config = clientConfigOf(command, CONNECTION_FLAGS);
  const { key: given, tenant, joinCode }: Readonly<Record<string, unknown>> = command.opts();
  const path = resolve(config.server.dataDir, 'publisher.key');
  const file = typeof given === 'string' ? resolve(given) : path;
  return new GraphqlClient({
    serverUrl: config.neuron.serverUrl,
    key: () => publisherKey(file),
    ...(typeof joinCode === 'string'
      ? { place: { joinCode } }
      : typeof tenant === 'string'
        ? { place: { tenant } }
        : {}),
  });
}
