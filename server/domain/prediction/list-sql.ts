import type { Filter } from '../../../schema/filter/form.ts';
import { isUuid } from '../../../schema/uuid.ts';
import { filterSql } from '../filter/filter-sql.ts';
import { orderSql, pageSql } from '../filter/page-sql.ts';
import { Parameters } from '../filter/parameters.ts';
import type { PageRequest } from '../page.ts';

/** Without statistics a NULL is taken for rare, and an index in the order of the page for no better than any other. */
const STANDS = 'CASE WHEN p.superseded_at IS NULL THEN TRUE ELSE FALSE END';

/**
 * What a page of predictions is selected from, in the aliases of `PREDICTION_COLUMNS`. The page is found first, by
 * walking an index in its order; each thing that is needed of other tables is a look-up (`OFFSET 0`). Joined at once,
 * tables that were never analysed were read as often as there are predictions.
 */
export function listSql(tenant: string, filter: Filter, page: PageRequest) {
  const parameters = new Parameters();
  const owner = parameters.add(tenant);
  const parts = filter.kind === 'and' ? filter.of : [filter];
  const keys = parts.map((part) => keySql(part, owner, parameters));
  const rest = parts.filter((_, index) => keys[index] === undefined);
  const conditions = [
    `p.tenant = ${owner}`,
    ...keys.flatMap((key) => key ?? []),
    STANDS,
    ...rest.map((part) => filterSql(part, parameters)),
  ];
  const lookUps = `
     CROSS JOIN LATERAL (SELECT * FROM streams x WHERE x.id = p.stream_id OFFSET 0) s
     CROSS JOIN LATERAL (SELECT * FROM peers x WHERE x.id = p.peer_id OFFSET 0) e`;
  const from = `(
    SELECT p.* FROM predictions p ${rest.length > 0 ? lookUps : ''}
     WHERE ${conditions.join(' AND ')} ${pageSql('p.position', page, parameters)}) p
    CROSS JOIN LATERAL (
      SELECT * FROM observations x WHERE x.tenant = p.tenant AND x.position = p.base_position OFFSET 0) o
    CROSS JOIN LATERAL (SELECT * FROM peers x WHERE x.id = p.peer_id OFFSET 0) e
    ${orderSql('p.position', page)}`;
  return { from, values: parameters.values };
}

/** A condition that names the one stream or peer, by the column that the indexes have; undefined for any other. */
function keySql(part: Filter, owner: string, parameters: Parameters): string | undefined {
  if (part.kind !== 'is' || part.op !== 'eq') return undefined;
  if (part.field === 'stream.uuid' && isUuid(String(part.value))) {
    return `p.stream_id = (SELECT id FROM streams WHERE tenant = ${owner} AND uuid = ${parameters.add(part.value)}::uuid)`;
  }
  if (part.field !== 'peer.publicKey') return undefined;
  return `p.peer_id = (SELECT id FROM peers WHERE tenant = ${owner} AND public_key = ${parameters.add(part.value)}::text)`;
}
