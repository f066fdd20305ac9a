-- Events of a job or a batch after a sequence number.
-- KEYS: 1 job or batch hash, 2 events list
-- ARGV: 1 tenant, 2 last sequence number that the reader has, 3 at most so many, 4 statuses of one that has not ended, ',a,b,'
-- Returns: {'ok', last sequence number, '1' when it has ended, events} | {'expired'} | {'not_found'}
local state = redis.call('HMGET', KEYS[1], 'tenant', 'status', 'trimmed')
if state[1] ~= ARGV[1] then return { 'not_found' } end
local trimmed = tonumber(state[3] or '0')
local after = tonumber(ARGV[2])
if after < trimmed then return { 'expired' } end
local from = after - trimmed
local length = redis.call('LLEN', KEYS[2])
local events = redis.call('LRANGE', KEYS[2], from, from + tonumber(ARGV[3]) - 1)
local ended = not string.find(ARGV[4], ',' .. state[2] .. ',', 1, true)
return { 'ok', length + trimmed, ended and '1' or '0', events }
