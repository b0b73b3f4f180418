import { afterEach, beforeEach } from 'vitest';
import type { Neuron } from '../neuron.ts';
import { temporaryDirectory } from './test-neuron.ts';
import { startTestServer, type TestServer } from './test-server.ts';

/** What a test of a whole neuron stands on; it may put another server, directory or neuron in its place. */
export interface Ground {
  server: TestServer;
  dataDir: string;
  neuron: Neuron;
}

/** A server and an empty data directory for each test of a file. They end after it, as does the neuron that it started. */
export function testGround(): Ground {
  let server: TestServer | undefined;
  let neuron: Neuron | undefined;
  let dataDir = '';
  beforeEach(async () => {
    server = await startTestServer();
    neuron = undefined;
    dataDir = temporaryDirectory();
  });
  afterEach(async () => {
    await neuron?.stop();
    await server?.stop();
  });
  return {
    get server() {
      return started(server);
    },
    set server(other) {
      server = other;
    },
    get dataDir() {
      return dataDir;
    },
    set dataDir(other) {
      dataDir = other;
    },
    get neuron() {
      return started(neuron);
    },
    set neuron(other) {
      neuron = other;
    },
  };
}

function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('The test has not started it yet.');
  return part;
}
