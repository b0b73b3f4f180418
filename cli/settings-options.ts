import { type Command, Option } from 'commander';
import type { Config } from './config/config.ts';
import { environment } from './config/environment.ts';
import type { Given } from './config/given.ts';
import { loadConfig } from './config/load.ts';
import { type PlacedSetting, settingAt } from './config/paths.ts';

/** Settings of collecting that are flags of a server and of `presage collect`. */
export const COLLECTOR_FLAGS = ['collectors.file', 'collectors.keyFile'] as const;

/** Settings that a server takes as flags. */
export const SERVER_FLAGS = [
  'server.role',
  'server.port',
  'server.host',
  'server.dataDir',
  'server.publicRead',
  'collectors.collect',
  'collectors.intervalMs',
  ...COLLECTOR_FLAGS,
  'instance.name',
  'instance.standby',
  'log.level',
  'log.format',
] as const;

/** Settings that a neuron takes as flags, beside the server it talks to. */
export const NEURON_FLAGS = [
  'neuron.dataDir',
  'neuron.name',
  'neuron.tenant',
  'neuron.streams',
  'neuron.tags',
  'neuron.filters',
  'neuron.adapters',
  'neuron.horizons',
  'neuron.quantiles',
  'neuron.trainIntervalSeconds',
  'neuron.trainThreads',
  'neuron.memoryMb',
  'neuron.uiPort',
  'log.level',
  'log.format',
] as const;

/** Gives a command `--config` and the flags of these settings. */
export function withSettings(command: Command, paths: readonly string[]): Command {
  command.option('--config <file>', 'YAML file with settings (default: presage.yaml, if there is one)');
  for (const setting of flagged(paths)) {
    const otherwise = setting.defaultText ?? String(setting.defaultValue);
    command.addOption(new Option(setting.flag, `${setting.about} [${setting.env}; default: ${otherwise}]`));
  }
  return command;
}

/** The config that a command's flags, the environment and the file make. Throws `ConfigError`. */
export function configOf(command: Command, paths: readonly string[]): Config {
  return load(command, paths);
}

/**
 * The same for a command that runs beside servers: how their settings fit together is theirs to judge, as a password that
 * `presage.yaml` asks for may be in their environment alone.
 */
export function clientConfigOf(command: Command, paths: readonly string[]): Config {
  return load(command, paths, paths);
}

function load(command: Command, paths: readonly string[], rulesOf?: readonly string[]): Config {
  const flags = new Map<string, Given>();
  for (const { setting, name, raw } of givenFlags(command, paths)) {
    flags.set(setting.path, { raw, origin: { kind: 'flag', name } });
  }
  return loadConfig({
    file: fileOf(command),
    environment: environment(),
    flags,
    cwd: process.cwd(),
    rulesOf,
  });
}

/** The arguments that hand a command's file and flags on to another command with these settings. */
export function passedOn(command: Command, paths: readonly string[]): readonly string[] {
  const file = fileOf(command);
  const flags = givenFlags(command, paths).map(({ name, raw }) => `${name}=${raw}`);
  return [...(file === undefined ? [] : [`--config=${file}`]), ...flags];
}

function fileOf(command: Command): string | undefined {
  const file: unknown = command.opts().config;
  return typeof file === 'string' ? file : undefined;
}

function givenFlags(command: Command, paths: readonly string[]) {
  const options: Readonly<Record<string, unknown>> = command.opts();
  return flagged(paths).flatMap((setting) => {
    const option = new Option(setting.flag);
    const raw = options[option.attributeName()];
    return typeof raw === 'string' ? [{ setting, name: option.long ?? setting.flag, raw }] : [];
  });
}

function flagged(paths: readonly string[]): readonly (PlacedSetting & { readonly flag: string })[] {
  return [...new Set(paths)].map((path) => {
    const setting = settingAt(path);
    if (!setting?.flag) throw new Error(`There is no setting ${path} with a flag.`);
    return { ...setting, flag: setting.flag };
  });
}
