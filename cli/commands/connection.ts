import { resolve } from 'node:path';
import type { Command } from 'commander';
import { GraphqlClient } from '../client/graphql-client.ts';
import { publisherKey } from '../client/key-file.ts';
import { configOf, withSettings } from '../settings-options.ts';

const FLAGS = ['neuron.serverUrl', 'server.dataDir'];

/** Gives a command the options of everything that talks to a server. */
export function withConnection(command: Command): Command {
  return withSettings(command, FLAGS).option(
    '--key <file>',
    'Ed25519 key to sign in with, made on first use (default: publisher.key in the data directory)',
  );
}

/** The client that a command's options ask for. */
export function connect(command: Command): GraphqlClient {
  const config = configOf(command, FLAGS);
  const given: unknown = command.opts().key;
  const path = resolve(config.server.dataDir, 'publisher.key');
  const file = typeof given === 'string' ? resolve(given) : path;
  return new GraphqlClient({ serverUrl: config.neuron.serverUrl, key: () => publisherKey(file) });
}
