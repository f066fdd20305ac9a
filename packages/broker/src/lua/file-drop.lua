-- include: clock
-- Deletes a file for its tenant, or at its time; the content of one that a batch still reads stays.
-- KEYS: 1 file hash
-- ARGV: 1 tenant ('': its time has come)
-- Returns: {'dropped'} the content may go | {'pinned', until} it may go then | {'gone'}
local state = redis.call('HMGET', KEYS[1], 'tenant', 'deleted', 'pinned_until')
if not state[1] then return { 'gone' } end
if ARGV[1] ~= '' and (state[1] ~= ARGV[1] or state[2]) then return { 'gone' } end
if tonumber(state[3] or '0') > now_ms() then
  redis.call('HSET', KEYS[1], 'deleted', 1)
  return { 'pinned', state[3] }
end
redis.call('DEL', KEYS[1])
return { 'dropped' }
