import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { yamlTree } from '../../server/collectors/config/yaml-tree.ts';
import { nearest } from './did-you-mean.ts';
import type { Given, SourceReading } from './given.ts';
import { SECTIONS, SETTINGS, settingAt } from './paths.ts';

/** Read when no file is named and it is there. */
export const DEFAULT_FILE = 'presage.yaml';

/** Reads the YAML file: the one named, which must be there, or `presage.yaml` in `cwd`, which may be missing. */
export function readFile(named: string | undefined, cwd: string): SourceReading {
  const file = named ?? DEFAULT_FILE;
  let text: string;
  try {
    text = readFileSync(resolve(cwd, file), 'utf8');
  } catch (error) {
    if (named === undefined && isMissing(error)) return { given: new Map(), problems: [] };
    const reason = isMissing(error) ? 'there is no such file' : String(error);
    return {
      given: new Map(),
      problems: [`${file}: can't be read (${reason}); name a YAML file with --config`],
    };
  }
  return parse(file, text);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function parse(file: string, text: string): SourceReading {
  const document = parseDocument(text, { prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map(
      (error) => `${file}:${lineAt(text, error.pos[0])}: not YAML: ${error.message.split('\n', 1)[0]}`,
    );
    return { given: new Map(), problems };
  }
  const tree = yamlTree(document);
  if ('problem' in tree) return { given: new Map(), problems: [`${file}: ${tree.problem}`] };
  const content = tree.value;
  const sections = content === null || content === undefined ? {} : asMapping(content);
  if (!sections) {
    return {
      given: new Map(),
      problems: [`${file}: must hold sections (${SECTIONS.join(', ')}), each with its settings`],
    };
  }
  return readSections(file, sections);
}

function readSections(file: string, sections: Readonly<Record<string, unknown>>): SourceReading {
  const given = new Map<string, Given>();
  const problems: string[] = [];
  for (const [section, content] of Object.entries(sections)) {
    if (!SECTIONS.includes(section)) {
      problems.push(unknownKey(file, section, [...SECTIONS, ...SETTINGS.map((setting) => setting.path)]));
      continue;
    }
    const settings = content === null ? {} : asMapping(content);
    if (!settings) {
      problems.push(`${file}: ${section} must hold settings, such as ${exampleOf(section)}`);
      continue;
    }
    for (const [key, raw] of Object.entries(settings)) {
      const path = `${section}.${key}`;
      if (settingAt(path)) given.set(path, { raw, origin: { kind: 'file', name: file } });
      else
        problems.push(
          unknownKey(
            file,
            path,
            SETTINGS.map((setting) => setting.path),
          ),
        );
    }
  }
  return { given, problems };
}

function asMapping(content: unknown): Readonly<Record<string, unknown>> | undefined {
  const mapping = z.record(z.string(), z.unknown()).safeParse(content);
  return mapping.success ? mapping.data : undefined;
}

function exampleOf(section: string): string {
  const example = SETTINGS.find((setting) => setting.section === section);
  return example ? `${example.key}: ${String(example.defaultValue)}` : section;
}

function unknownKey(file: string, key: string, candidates: readonly string[]): string {
  const near = nearest(key, candidates);
  return `${file}: ${key} is not a setting${near ? `; did you mean ${near}?` : '; docs/configuration.md lists them all'}`;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
