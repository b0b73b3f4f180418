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
    expect(problemsOf('')).toContain("can't be started");
    expect(problemsOf('sources: [')).toContain('not YAML');
  });
});
