/** The database's time, which is the record's: whatever the clocks of the instances say. In ms, as columns have it. */
export const CLOCK = "date_trunc('milliseconds', clock_timestamp())";

/** A time as epoch ms. */
export function ms(expression: string): string {
  return `(extract(epoch FROM ${expression}) * 1000)::float8`;
}

/** Epoch ms, or null, as a time. */
export function time(parameter: string): string {
  return `to_timestamp(${parameter}::float8 / 1000)`;
}
