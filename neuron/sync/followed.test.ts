import { expect, it } from 'vitest';
import { followedStreams, followedText } from './followed.ts';

const UUID = '9b2d7c1e-4f7a-4a52-9a39-0c7f5a1f0d11';
const nothing = { streams: [], tags: [], filters: [] };

it('asks for everything where nothing is named', () => {
  expect(followedStreams(nothing)).toBeUndefined();
});

it('asks for what has one of the names, uuids or tags, and meets every condition', () => {
  expect(followedStreams({ ...nothing, streams: ['a', UUID], tags: ['t'] })).toEqual({
    or: [{ tags: { contains: 't' } }, { name: { in: ['a'] } }, { uuid: { in: [UUID] } }],
  });
  expect(followedStreams({ ...nothing, filters: ['stream.name!=a'] })).toEqual({ name: { ne: 'a' } });
  const filters = ['stream.tags array-contains crypto', 'stream.name in x,y'];
  expect(followedStreams({ ...nothing, tags: ['t'], filters })).toEqual({
    and: [
      { tags: { contains: 'crypto' } },
      { name: { in: ['x', 'y'] } },
      { or: [{ tags: { contains: 't' } }] },
    ],
  });
});

it('knows the same set in any order', () => {
  expect(followedText({ ...nothing, streams: ['b', 'a', 'b'] })).toBe('["a","b"]');
  const one = followedText({ ...nothing, streams: ['b', 'a'], tags: ['y', 'x'] });
  expect(followedText({ ...nothing, streams: ['a', 'b'], tags: ['x', 'y'] })).toBe(one);
  expect(followedText({ ...nothing, tags: ['x'] })).not.toBe(one);
});
