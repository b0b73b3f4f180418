import { describe, expect, it } from 'vitest';
import { ResumePoint } from './resume-point.ts';

function resumed(
  snapshot: boolean,
  ...events: readonly (readonly ['READY' | 'SNAPSHOT' | 'CREATE', string])[]
) {
  const point = new ResumePoint({ where: {}, after: null, snapshot });
  for (const [type, cursor] of events) point.passed({ type, cursor });
  return [point.variables.after, point.variables.snapshot];
}

describe('ResumePoint', () => {
  it('goes on after the last event, or after READY if there was none', () => {
    expect(resumed(false)).toEqual([null, false]);
    expect(resumed(false, ['READY', '5'])).toEqual(['5', false]);
    expect(resumed(false, ['READY', '5'], ['CREATE', '7'])).toEqual(['7', false]);
  });

  it('begins a snapshot anew that was cut off, whichever end READY is at', () => {
    expect(resumed(true, ['READY', '5'])).toEqual([null, true]);
    expect(resumed(true, ['READY', '5'], ['SNAPSHOT', '5'])).toEqual([null, true]);
    expect(resumed(true, ['SNAPSHOT', '5'])).toEqual([null, true]);
    expect(resumed(true, ['SNAPSHOT', '5'], ['READY', '5'])).toEqual(['5', false]);
    expect(resumed(true, ['READY', '5'], ['SNAPSHOT', '5'], ['CREATE', '6'])).toEqual(['6', false]);
  });
});
