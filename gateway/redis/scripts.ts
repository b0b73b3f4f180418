import { script } from './script.ts';

/**
 * Adds entries to a tenant's log, which has no hole: KEYS log; ARGV length, channel, first position, entries in order.
 * Gives the last position that it had before. Entries that it has already are left out, and nothing is added if what
 * comes before them is missing, unless it is empty.
 */
export const PUBLISH = script(`
local tail = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local last = 0
if tail[1] then last = tonumber(string.match(tail[1][1], '^%d+')) end
local first = tonumber(ARGV[3])
local through = first + #ARGV - 4
if (last > 0 and first > last + 1) or through <= last then return last end
for i = 4, #ARGV do
  local position = first + i - 4
  if position > last then
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], string.format('%.0f-0', position), 'e', ARGV[i])
  end
end
redis.call('PUBLISH', ARGV[2], string.format('%.0f %.0f', first, through))
return last`);

/** Deletes a log that reaches past a position: KEYS log; ARGV position, channel. Gives 1 if it did. */
export const DROP_BEYOND = script(`
local tail = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
if tail[1] and tonumber(string.match(tail[1][1], '^%d+')) > tonumber(ARGV[1]) then
  redis.call('DEL', KEYS[1])
  redis.call('PUBLISH', ARGV[2], '0 0')
  return 1
end
return 0`);

/**
 * Puts a gateway's expiry off and forgets the deliveries that it has taken: KEYS alive, lease, deliveries, and what else
 * it has; ARGV ms, id of the last delivery taken. Whatever has no expiry of its own gets twice the time, so that nothing
 * stays for ever where nobody knows of the gateway any more and so nobody sweeps it. Gives the lease, "" if nobody has it, the id of the last delivery there was, and what
 * `RUN_ID` does; false if the gateway is not known.
 */
export const BEAT = script(`
if redis.call('PEXPIRE', KEYS[1], ARGV[1]) == 0 then return false end
redis.call('XTRIM', KEYS[3], 'MINID', '~', ARGV[2])
for i = 3, #KEYS do redis.call('PEXPIRE', KEYS[i], 2 * ARGV[1]) end
local last = '0-0'
if redis.call('EXISTS', KEYS[3]) == 1 then
  local info = redis.call('XINFO', 'STREAM', KEYS[3])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
  end
end
return { redis.call('GET', KEYS[2]) or '', last, string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') }`);

/**
 * Names the Redis process that has a key: KEYS any. Another one, or one that was started again, has another id. A script,
 * since a Cluster asks the node that has the key only for what names one.
 */
export const RUN_ID = script(`
return string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')`);

/** How a gateway is: KEYS alive, lease. Gives "dead", or its lease, "" if nobody has it. */
export const LOOK = script(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 'dead' end
return redis.call('GET', KEYS[2]) or ''`);

/**
 * Takes a gateway's lease: KEYS alive, lease, epoch; ARGV streamer, ms. Gives the new epoch, 0 if it is taken. Epochs begin
 * at the time in ms and grow by one: where Redis has thrown the last one away, the next is later all the same.
 */
export const CLAIM = script(`
if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local epoch = redis.call('INCR', KEYS[3])
if epoch == 1 then
  local now = redis.call('TIME')
  epoch = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
  redis.call('SET', KEYS[3], string.format('%.0f', epoch))
end
redis.call('SET', KEYS[2], ARGV[1] .. ':' .. string.format('%.0f', epoch), 'PX', ARGV[2])
return epoch`);

/** Keeps a lease: KEYS lease; ARGV lease, ms. Gives 0 if it was lost. */
export const RENEW = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

/** Gives a lease back: KEYS lease; ARGV lease. */
export const RELEASE = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`);

/**
 * Adds a delivery and remembers how far it reaches, if the lease still holds: KEYS lease, deliveries, progress, alive;
 * ARGV lease, length, id, delivery, and tenant and position in turn. Gives 0 if the lease was lost. A delivery that is
 * there already, because its answer was lost, is left as it is.
 */
export const DELIVER = script(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('EXISTS', KEYS[4]) == 0 then return 0 end
local added = redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], ARGV[3], 'd', ARGV[4])
if type(added) == 'table' and added.err and not string.find(added.err, 'equal or smaller') then return added end
if #ARGV > 4 then redis.call('HSET', KEYS[3], unpack(ARGV, 5)) end
return 1`);
