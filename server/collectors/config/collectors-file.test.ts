import { describe, expect, it } from 'vitest';
import { parseCollectors } from './collectors-file.ts';

describe('collectors.yaml', () => {
  const problemsOf = (yaml: string): string => {
    try {
      parseCollectors(yaml, 'collectors.yaml', {});
      return '';
    } catch (error) {
      return String(error);
    }
  };

  it.each([
    [
      'multiply',
      `a0: &a0 [x,x,x,x,x,x,x,x,x]\n${[1, 2, 3, 4, 5, 6].map((n) => `a${n}: &a${n} [${`*a${n - 1},`.repeat(9)}]\n`).join('')}`,
    ],
    ['lead in a circle', 'sources: &a\n  - *a\n'],
  ])('says so of aliases that %s', (_, yaml) => {
    expect(problemsOf(yaml)).toMatch(
      /collectors.yaml:1: its aliases \(\*name\) come to too much, or lead in a/,
    );
  });

  it('lists every problem with its line', () => {
    const problems = problemsOf(`combine: { maxDeviation: -1, evry: 5s }
sources:
  - type: kraken
    every: 1 minute
  - type: karken
  - { type: kraken, every: 5s, daily: "06:30" }
  - { type: http-json, url: "ftp://x", headers: { a: "\${NOT_SET}" }, streams: [{ name: a, value: "a..b" }] }
  - { type: safetrade, unknown: 1, jitter: 2m }
  - { type: host, daily: "24:00" }
  - { type: command, name: "a b", command: [] }
`);
    for (const expected of [
      'collectors.yaml:1: combine.maxDeviation',
      'collectors.yaml:1: combine: Unrecognized key: "evry"',
      'collectors.yaml:4: sources[0].every: "1 minute" is no duration',
      'collectors.yaml:5: sources[1].type: "karken" is no type; there are host,',
      'collectors.yaml:6: sources[2]: give every or daily, not both',
      'collectors.yaml:7: sources[3].headers.a: the environment variable NOT_SET is not set',
      'collectors.yaml:7: sources[3].url: must be a URL',
      'collectors.yaml:7: sources[3].streams[0].value: "a..b" is no path',
      'collectors.yaml:8: sources[4]: Unrecognized key: "unknown"',
      'collectors.yaml:8: sources[4]: jitter must be less than every',
      'collectors.yaml:9: sources[5].daily: must be a time of the day',
      'collectors.yaml:10: sources[6].name: must be of letters',
    ]) {
      expect(problems).toContain(expected);
    }
  });

  it('wants names that tell sources apart', () => {
    const twice = 'sources: [{ type: kraken }, { type: kraken, coins: [ETH] }]';
    expect(problemsOf(twice)).toContain('there is another source named kraken');
    expect(problemsOf('sources: [{ type: kraken }, { type: kraken, name: k2 }]')).toBe('');
  });

  it('says what to do about a file that is none, and no more than that', () => {
    expect(problemsOf('')).toMatch(
      /collectors\.yaml:1: it needs a list named sources; see docs\/collectors\.md$/,
    );
    expect(problemsOf('- type: kraken')).toContain('it needs a list named sources');
    expect(problemsOf('sources: []')).toContain(
      'collectors.yaml:1: sources: is empty; name one source at least',
    );
    expect(problemsOf('source: [{ type: kraken }]').split('\n').slice(1)).toEqual([
      '  collectors.yaml:1: source: is not known here; there are combine and sources',
      '  collectors.yaml:1: sources: is missing: array expected',
    ]);
    // Everything after the unquoted brace is wrong, too, and only says the same.
    const unquoted = `sources:\n  - { type: kraken, url: \${URL} }\n  - { type: host }\n`;
    expect(problemsOf(unquoted).split('\n')).toHaveLength(2);
    expect(problemsOf(unquoted)).toMatch(/:2: not YAML: .*; text with \{ \} .* goes in quotes$/);
  });

  it('judges the sources although something beside them is wrong', () => {
    const problems = problemsOf('sources: [{ type: http-json, ulr: "http://x" }]\nmedian: {}\n');
    for (const expected of [
      'collectors.yaml:2: median: is not known here',
      'collectors.yaml:1: sources[0].streams: is missing: array expected',
      'collectors.yaml:1: sources[0]: Unrecognized key: "ulr"',
    ]) {
      expect(problems).toContain(expected);
    }
  });
});
