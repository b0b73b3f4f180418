/** A layer within the parameters: for each of its units the weights of what it takes, then the biases of all units. */
export interface Layer {
  readonly from: number;
  readonly to: number;
  readonly weights: number;
  readonly biases: number;
}

/*
 * Four units go through their weights together, as a sum that waits for its last addend takes four times as long as
 * four that don't wait for one another, and as what they take is read once for all four.
 */

/** What each unit of a layer sums up. */
export function sumUnits(
  parameters: Float64Array,
  { from, to, weights, biases }: Layer,
  taken: Float64Array,
  sums: Float64Array,
): void {
  let unit = 0;
  for (; unit + 4 <= to; unit += 4) {
    const p = weights + unit * from;
    const [q, r, s] = [p + from, p + 2 * from, p + 3 * from];
    let a = parameters[biases + unit] ?? 0;
    let b = parameters[biases + unit + 1] ?? 0;
    let c = parameters[biases + unit + 2] ?? 0;
    let d = parameters[biases + unit + 3] ?? 0;
    for (let i = 0; i < from; i += 1) {
      const input = taken[i] ?? 0;
      a += (parameters[p + i] ?? 0) * input;
      b += (parameters[q + i] ?? 0) * input;
      c += (parameters[r + i] ?? 0) * input;
      d += (parameters[s + i] ?? 0) * input;
    }
    sums[unit] = a;
    sums[unit + 1] = b;
    sums[unit + 2] = c;
    sums[unit + 3] = d;
  }
  for (; unit < to; unit += 1) {
    const p = weights + unit * from;
    let sum = parameters[biases + unit] ?? 0;
    for (let i = 0; i < from; i += 1) sum += (parameters[p + i] ?? 0) * (taken[i] ?? 0);
    sums[unit] = sum;
  }
}

/** Units of a layer: the first `count` of `units`. */
export interface Units {
  readonly units: Int32Array;
  count: number;
}

/** Adds to `gradient` what the slopes of `learning` mean for each of their parameters. */
export function teachUnits(
  gradient: Float64Array,
  { from, weights, biases }: Layer,
  taken: Float64Array,
  slopes: Float64Array,
  { units, count }: Units,
): void {
  const unitOf = (n: number) => units[n] ?? 0;
  const slopeOf = (n: number) => slopes[unitOf(n)] ?? 0;
  for (let n = 0; n < count; n += 1) {
    gradient[biases + unitOf(n)] = (gradient[biases + unitOf(n)] ?? 0) + slopeOf(n);
  }
  let n = 0;
  for (; n + 4 <= count; n += 4) {
    const [a, b, c, d] = [slopeOf(n), slopeOf(n + 1), slopeOf(n + 2), slopeOf(n + 3)];
    const [p, q] = [weights + unitOf(n) * from, weights + unitOf(n + 1) * from];
    const [r, s] = [weights + unitOf(n + 2) * from, weights + unitOf(n + 3) * from];
    for (let i = 0; i < from; i += 1) {
      const input = taken[i] ?? 0;
      gradient[p + i] = (gradient[p + i] ?? 0) + a * input;
      gradient[q + i] = (gradient[q + i] ?? 0) + b * input;
      gradient[r + i] = (gradient[r + i] ?? 0) + c * input;
      gradient[s + i] = (gradient[s + i] ?? 0) + d * input;
    }
  }
  for (; n < count; n += 1) {
    const a = slopeOf(n);
    const p = weights + unitOf(n) * from;
    for (let i = 0; i < from; i += 1) gradient[p + i] = (gradient[p + i] ?? 0) + a * (taken[i] ?? 0);
  }
}

/** How much the loss changes with what the layer takes, by what it changes with what `learning` give. */
export function slopesBelow(
  parameters: Float64Array,
  { from, weights }: Layer,
  slopes: Float64Array,
  { units, count }: Units,
  below: Float64Array,
): void {
  below.fill(0);
  for (let n = 0; n < count; n += 1) {
    const unit = units[n] ?? 0;
    const slope = slopes[unit] ?? 0;
    const p = weights + unit * from;
    for (let i = 0; i < from; i += 1) below[i] = (below[i] ?? 0) + slope * (parameters[p + i] ?? 0);
  }
}
