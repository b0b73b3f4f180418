import { knownEnd, ms } from '../sql.ts';
import { GIVEN } from './collecting.ts';

/** Instances with what they can collect: $4 whether retired ones too. */
export const INSTANCES = `
  WITH ${GIVEN}
  SELECT 'instance' AS kind, i.id, i.name, i.version, i.environment, i.standby,
         ${ms('i.registered_at')} AS "registeredAt", ${ms('i.retired_at')} AS "retiredAt", ${ms('i.seen_at')} AS "seenAt",
         i.retired_at IS NULL AND i.seen_at >= given.now - given.patience * interval '1 millisecond' AS alive,
         json_build_object('host', i.host, 'port', i.port, 'storagePath', i.storage_path, 'clientId', i.client_id) AS address,
         coalesce((
           SELECT json_agg(json_build_object(
                    'stream', json_build_object('uuid', s.uuid, 'name', s.name), 'wanted', w.wanted,
                    'collecting', EXISTS (
                      SELECT FROM session_streams x JOIN collection_sessions c ON c.id = x.session_id
                       CROSS JOIN LATERAL ${knownEnd('given.now', 'given.patience')} AS e
                       WHERE x.tenant = $1 AND x.stream_id = s.id AND c.instance_id = i.id AND upper_inf(x.period) AND e.open
                    )) ORDER BY s.name)
             FROM instance_streams w JOIN streams s ON s.id = w.stream_id
            WHERE w.tenant = $1 AND w.instance_id = i.id), '[]'::json) AS offers
    FROM given CROSS JOIN server_instances i
   WHERE i.tenant = $1 AND ($4::boolean OR i.retired_at IS NULL)
   ORDER BY i.name, i.id`;
