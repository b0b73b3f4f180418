import { expect, it } from 'vitest';
import { DeliveryOrder } from './delivery-order.ts';

it.each([
  ['without a hole', ['7-1', '7-2', '7-3'], [true, true, true]],
  ['whose first are missing', ['7-2', '7-3'], [false, true]],
  ['with a hole', ['7-1', '7-3', '7-4'], [true, false, true]],
  ['of a streamer that begins anew', ['7-1', '7-2', '8-1', '8-2'], [true, true, true, true]],
  ['of another streamer whose first are missing', ['7-1', '8-2', '8-3'], [true, false, true]],
  ['that come twice', ['7-1', '7-1'], [true, false]],
])('says of deliveries %s which follow', (_what, ids, follow) => {
  const order = new DeliveryOrder();
  expect(ids.map((id) => order.follows(id))).toEqual(follow);
});
