interface Vertex {
  readonly point: readonly number[];
  readonly value: number;
}

/**
 * A minimum of `objective` near `start` by the downhill simplex of Nelder and Mead (1965), with the usual
 * coefficients 1, 2, ½, ½. `step` is how far the first simplex reaches along each axis; at most `evaluations` calls.
 */
export function nelderMead(
  objective: (point: readonly number[]) => number,
  start: readonly number[],
  step: number,
  evaluations: number,
): Vertex {
  let calls = 0;
  const vertex = (point: readonly number[]): Vertex => {
    calls += 1;
    const value = objective(point);
    return { point, value: Number.isNaN(value) ? Number.POSITIVE_INFINITY : value };
  };
  const simplex = [start, ...start.map((_, axis) => start.map((x, i) => (i === axis ? x + step : x)))].map(
    vertex,
  );
  const order = () => simplex.sort((a, b) => a.value - b.value);
  order();
  const last = simplex.length - 1;
  while (calls < evaluations) {
    const [best, worst, next] = [simplex[0], simplex[last], simplex[last - 1]];
    if (!best || !worst || !next || worst.value - best.value <= 1e-9 * Math.abs(best.value)) break;
    const centre = start.map((_, i) => {
      let sum = 0;
      for (let v = 0; v < last; v += 1) sum += simplex[v]?.point[i] ?? 0;
      return sum / last;
    });
    const along = (factor: number) => vertex(centre.map((c, i) => c + factor * ((worst.point[i] ?? c) - c)));
    const reflected = along(-1);
    if (reflected.value < best.value) {
      const expanded = along(-2);
      simplex[last] = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < next.value) simplex[last] = reflected;
    else {
      const contracted = along(reflected.value < worst.value ? -0.5 : 0.5);
      if (contracted.value < Math.min(reflected.value, worst.value)) simplex[last] = contracted;
      else {
        for (let v = 1; v <= last; v += 1) {
          const point = simplex[v]?.point ?? best.point;
          simplex[v] = vertex(point.map((x, i) => ((best.point[i] ?? x) + x) / 2));
        }
      }
    }
    order();
  }
  return simplex[0] ?? { point: start, value: Number.POSITIVE_INFINITY };
}
