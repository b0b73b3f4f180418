/**
 * Names of keys and channels. What is in braces is the hash tag: keys of one tenant, of one gateway or of one streamer
 * are in one slot of a Redis Cluster, and no command or script touches two slots.
 */
export interface Keys {
  /** Stream: a tenant's newest entries, ids `<position>-0`. */
  log(tenant: string): string;
  /** Set: ids of the gateways there are, dead ones until they are swept. */
  readonly gateways: string;
  /** Set: ids of the streamers there are. */
  readonly streamers: string;
  streamerAlive(streamerId: string): string;
  gateway(gatewayId: string): GatewayKeys;
  /** Channel of a tenant: "<first> <last>", positions that came into its log. */
  logWake(tenant: string): string;
  /** Channel of a gateway: its registry has changed. */
  registryWake(gatewayId: string): string;
  /** Channel that every process listens to. */
  readonly control: string;
}

/** The keys of one gateway's session, all of them in one slot. */
export interface GatewayKeys {
  /** Host and process id, with an expiry that the gateway keeps putting off. */
  readonly alive: string;
  /** Hash: internal subscription id → what it is of. */
  readonly registry: string;
  /** Stream: changes of the registry, ids `<number>-0`, without a hole. */
  readonly requests: string;
  /** Text with an expiry: the streamer that works for it, and its epoch. */
  readonly lease: string;
  /** Number: leases there have been. */
  readonly epoch: string;
  /** Stream: deliveries, ids `<epoch>-<sequence>`. */
  readonly deliveries: string;
  /** Hash: tenant → position up to which everything was delivered. */
  readonly progress: string;
}

export function keysOf(prefix: string): Keys {
  return {
    log: (tenant) => `${prefix}:{${tenant}}:log`,
    gateways: `${prefix}:gateways`,
    streamers: `${prefix}:streamers`,
    streamerAlive: (id) => `${prefix}:{streamer:${id}}:alive`,
    gateway: (id) => gatewayKeys(`${prefix}:{gateway:${id}}`),
    logWake: (tenant) => `${prefix}:{${tenant}}:log:wake`,
    registryWake: (id) => `${prefix}:{gateway:${id}}:wake`,
    control: `${prefix}:control`,
  };
}

function gatewayKeys(name: string): GatewayKeys {
  return {
    alive: `${name}:alive`,
    registry: `${name}:registry`,
    requests: `${name}:requests`,
    lease: `${name}:lease`,
    epoch: `${name}:epoch`,
    deliveries: `${name}:deliveries`,
    progress: `${name}:progress`,
  };
}
