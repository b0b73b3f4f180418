import { DEFAULT_FILE } from './from-file.ts';
import { type PlacedSetting, SECTIONS, SETTINGS } from './paths.ts';

/** docs/configuration.md, made from the schema; a test writes and checks it. */
export function configurationMarkdown(): string {
  return `${[INTRODUCTION, ...SECTIONS.map(sectionMarkdown)].join('\n\n')}\n`;
}

const INTRODUCTION = `# Configuration

<!-- Made from cli/config/schema.ts: change it there, then run \`npx vitest run cli/config -u\`. -->

Settings come from defaults, then a YAML file, then the environment, then flags; the later wins. The file is
\`${DEFAULT_FILE}\` in the working directory if it is there, or the one that \`--config\` names. In it, settings stand
in their sections:

\`\`\`yaml
server:
  port: 4100
collectors:
  collect: none
\`\`\`

A command starts only if everything is in order. Otherwise it lists every problem, one line each, and exits with code 2.
An empty variable counts as unset. Relative paths start at the working directory.`;

function sectionMarkdown(section: string): string {
  const rows = SETTINGS.filter((setting) => setting.section === section).map(row);
  return [
    `## ${section}`,
    '',
    '| setting | environment | flag | default | allowed | what it does |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function row(setting: PlacedSetting): string {
  const cells = [
    `\`${setting.path}\``,
    `\`${setting.env}\``,
    setting.flag ? `\`${setting.flag}\`` : '',
    setting.defaultText ?? `\`${defaultText(setting.defaultValue)}\``,
    setting.allowed,
    setting.about,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function defaultText(value: unknown): string {
  return Array.isArray(value) ? value.join(',') : String(value);
}
