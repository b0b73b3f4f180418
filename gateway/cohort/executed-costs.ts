import { PresageError } from '../../schema/errors.ts';

/** Whose selections are counted together: a connection, by something of its own. */
type Connection = object;

/** What one connection or address has of selections that are executed. */
interface Account {
  /** How many subscriptions there are to each. */
  readonly uses: Map<string, { readonly cost: number; count: number }>;
  total: number;
}

/** What a selection costs at least: as much as executing the smallest does, in the units of an operation's cost. */
const LEAST_COST = 40;

export interface ExecutedCostsSettings {
  readonly maxExecutedCost: number;
  readonly maxExecutedCostPerAddress: number;
}

/**
 * What the selections cost that have to be executed for every event, since what they ask for is not in it: each different
 * one anew. Who subscribes to very many of them would have the process, and the database, to himself. A selection counts
 * once for a connection and once for an address, however many subscriptions share it.
 */
export class ExecutedCosts {
  readonly #settings: ExecutedCostsSettings;
  readonly #byConnection = new Map<Connection, Account & { readonly address: string | undefined }>();
  readonly #byAddress = new Map<string, Account>();

  constructor(settings: ExecutedCostsSettings) {
    this.#settings = settings;
  }

  /** One more subscription to a selection. Throws `LIMITED` if that would be too much, and counts nothing then. */
  take(key: string, operationCost: number, connection: Connection, address: string | undefined): void {
    const cost = Math.max(LEAST_COST, operationCost);
    const { maxExecutedCost, maxExecutedCostPerAddress } = this.#settings;
    const own = this.#byConnection.get(connection) ?? { ...newAccount(), address };
    const shared = address === undefined ? undefined : (this.#byAddress.get(address) ?? newAccount());
    if (isTooMuch(own, key, cost, maxExecutedCost)) throw tooMuch('this connection', maxExecutedCost, cost);
    if (shared && isTooMuch(shared, key, cost, maxExecutedCostPerAddress)) {
      throw tooMuch('this address', maxExecutedCostPerAddress, cost);
    }
    add(own, key, cost);
    this.#byConnection.set(connection, own);
    if (address === undefined || !shared) return;
    add(shared, key, cost);
    this.#byAddress.set(address, shared);
  }

  /** One subscription less; nothing for those that were never taken. */
  giveBack(key: string, connection: Connection): void {
    const own = this.#byConnection.get(connection);
    if (!own?.uses.has(key)) return;
    if (remove(own, key)) this.#byConnection.delete(connection);
    const { address } = own;
    const shared = address === undefined ? undefined : this.#byAddress.get(address);
    if (address !== undefined && shared && remove(shared, key)) this.#byAddress.delete(address);
  }

  /** Connections and addresses that have any. */
  get size(): number {
    return this.#byConnection.size + this.#byAddress.size;
  }
}

function newAccount(): Account {
  return { uses: new Map(), total: 0 };
}

function isTooMuch({ uses, total }: Account, key: string, cost: number, most: number): boolean {
  return !uses.has(key) && total + cost > most;
}

function add(account: Account, key: string, cost: number): void {
  const use = account.uses.get(key);
  if (use) use.count += 1;
  else {
    account.uses.set(key, { cost, count: 1 });
    account.total += cost;
  }
}

/** True if the account is empty by that. */
function remove(account: Account, key: string): boolean {
  const use = account.uses.get(key);
  if (!use) return false;
  use.count -= 1;
  if (use.count === 0) {
    account.uses.delete(key);
    account.total -= use.cost;
  }
  return account.uses.size === 0;
}

function tooMuch(whose: string, most: number, cost: number): PresageError {
  return new PresageError(
    'LIMITED',
    `This selection asks for what events don't carry, and is executed for each; it costs ${cost}, and the different ones of ${whose} may cost ${most} together. Select only what the event carries and query the rest, ask for smaller pages, use one selection with different filters, or complete some.`,
  );
}
