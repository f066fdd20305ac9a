-- include: clock, pins
-- Deletes a file for its tenant, or at its time; the content of one that a batch still reads stays.
-- KEYS: 1 file hash
-- ARGV: 1 tenant ('': its time has come)
-- Returns: {'dropped'} the content may go | {'pinned', until} it may go then | {'gone'}
local state = redis.call('HMGET', KEYS[1], 'tenant', 'deleted')
if not state[1] then return { 'gone' } end
if ARGV[1] ~= '' and (state[1] ~= ARGV[1] or state[2]) then return { 'gone' } end
local latest = pinned_until(KEYS[1])
if latest then
  redis.call('HSET', KEYS[1], 'deleted', 1)
  return { 'pinned', tostring(latest) }
end
redis.call('DEL', KEYS[1])
return { 'dropped' }
