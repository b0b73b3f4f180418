import { type Config, finishConfig } from './config.ts';
import { ConfigError } from './config-error.ts';
import { CROSS_CHECKS, type CrossCheck } from './cross-checks.ts';
import type { Environment } from './environment.ts';
import { readEnvironment } from './from-environment.ts';
import { readFile } from './from-file.ts';
import { describeOrigin, type Given, type GivenSettings } from './given.ts';
import { SECTIONS, SETTINGS, settingAt } from './paths.ts';
import { configSchema, type Settings } from './schema.ts';

/** Where a config comes from, from the weakest to the strongest. */
export interface ConfigSources {
  /** The file that `--config` names. */
  readonly file?: string | undefined;
  readonly environment: Environment;
  /** By setting path; what the flags of the command said. */
  readonly flags: GivenSettings;
  /** The directory that relative paths start at. */
  readonly cwd: string;
  /** Rules between settings are judged where all of them are among these paths. @default all rules */
  readonly rulesOf?: readonly string[] | undefined;
}

/** Defaults, then file, then environment, then flags. Throws `ConfigError` with every problem there is. */
export function loadConfig(sources: ConfigSources): Config {
  const file = readFile(sources.file, sources.cwd);
  const environment = readEnvironment(sources.environment);
  const given = new Map([...file.given, ...environment.given, ...sources.flags]);
  const problems = [...file.problems, ...environment.problems];
  const { rulesOf } = sources;
  const rules = CROSS_CHECKS.filter(({ about }) => !rulesOf || about.every((path) => rulesOf.includes(path)));
  const settings = check(given, rules, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return finishConfig(settings, sources.cwd);
}

/** The settings; those with a problem have their default, so that the rest can still be judged. */
function check(given: GivenSettings, rules: readonly CrossCheck[], problems: string[]): Settings {
  const bad = badSettings(given);
  for (const setting of SETTINGS) {
    const value = given.get(setting.path);
    if (value && bad.has(setting.path))
      problems.push(line(setting.path, value, `must be ${setting.allowed}`));
  }
  const sound = new Map([...given].filter(([path]) => !bad.has(path)));
  const settings = configSchema.parse(nest(sound));
  for (const { about, problem } of rules) {
    const message = about.some((path) => bad.has(path)) ? undefined : problem(settings);
    const [path = ''] = about;
    const culprit = [path, ...about].find((candidate) => given.has(candidate)) ?? path;
    if (message) problems.push(line(path, given.get(path), message, given.get(culprit)));
  }
  return settings;
}

function badSettings(given: GivenSettings): ReadonlySet<string> {
  const result = configSchema.safeParse(nest(given));
  return new Set(result.error?.issues.map((issue) => issue.path.slice(0, 2).join('.')));
}

function nest(given: GivenSettings): Record<string, Record<string, unknown>> {
  const nested: Record<string, Record<string, unknown>> = {};
  for (const section of SECTIONS) nested[section] = {};
  for (const { path, section, key } of SETTINGS) {
    const value = given.get(path);
    const settings = nested[section];
    if (value && settings) settings[key] = value.raw;
  }
  return nested;
}

/** One problem: setting, value, where it came from, what is allowed. */
function line(path: string, value: Given | undefined, message: string, culprit = value): string {
  const setting = settingAt(path);
  const raw = value ? value.raw : setting?.defaultValue;
  const shown = setting?.secret ? '(hidden)' : show(raw);
  return `${path} = ${shown} (${culprit ? describeOrigin(culprit.origin) : 'default'}): ${message}`;
}

function show(raw: unknown): string {
  const text = JSON.stringify(raw) ?? String(raw);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
