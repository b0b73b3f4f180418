/**
 * Marks a field whose resolver reads nothing but its source and the tenant, and says how: the gateway then makes an
 * event's payload by itself, without executing the selection. Fields without a resolver need no mark.
 */
export function carried<Source>(read: (source: Source, tenant: string) => unknown): {
  readonly extensions: { readonly carried: (source: Source, tenant: string) => unknown };
} {
  return { extensions: { carried: read } };
}
