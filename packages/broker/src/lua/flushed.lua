-- Removes flushed entries from a job's outbox; when the job has ended and nothing is left, its time to live begins.
-- KEYS: 1 job hash, 2 events list, 3 outbox list, 4 tombstone
-- ARGV: the entries that were flushed, as stored. Not their number: another process may have flushed them as well,
--       and entries that were added since would be taken for them.
-- A job that is kept for less than a day leaves a tombstone, so that its Idempotency-Key holds for a day.
-- Returns: 1 when the job has ended and its outbox is empty, else 0
for _, entry in ipairs(ARGV) do redis.call('LREM', KEYS[3], 1, entry) end
local DAY_MS = 86400000
local state = redis.call('HMGET', KEYS[1], 'owner', 'ttl', 'body_hash')
if redis.call('LLEN', KEYS[3]) > 0 or state[1] ~= 'outbox' then
  return (state[1] == false or state[1] == '') and 1 or 0
end
redis.call('HSET', KEYS[1], 'owner', '')
if tonumber(state[2]) < DAY_MS then redis.call('SET', KEYS[4], state[3], 'PX', DAY_MS) end
redis.call('PEXPIRE', KEYS[1], state[2])
redis.call('PEXPIRE', KEYS[2], state[2])
return 1
