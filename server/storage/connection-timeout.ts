/** How long a call waits for a connection before it fails as `UNAVAILABLE`, in ms. */
export const CONNECTION_TIMEOUT_MS = 10_000;
