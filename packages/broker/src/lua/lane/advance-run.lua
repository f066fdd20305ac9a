-- include: clock, lane
-- Writes the step that a run is about to do, or what came of it, before anything else happens.
-- KEYS: 1 stem of the provider's batch lane
-- ARGV: 1 pool, 2 fence, 3 run, 4 state that it is in, 5 state from now on, then field, value, … of the run
-- In state `created` a run's creation may be under way, and at a provider only one may be: what the provider made of it is
-- then told apart even where a batch carries no name.
-- Returns: 'ok' | 'fenced' (another leads, or the run is elsewhere) | 'busy' (another run's creation is under way)
-- Longer than any batch lives.
local OWNED_FOR_MS = 7 * 86400000
local now = now_ms()
local run_key = STEM .. ':run:' .. ARGV[3]
if not leads(ARGV[1], ARGV[2], now) or redis.call('HGET', run_key, 'state') ~= ARGV[4] then return 'fenced' end
local creating = redis.call('GET', STEM .. ':creating')
if ARGV[5] == 'created' then
  if creating and creating ~= ARGV[3] and redis.call('EXISTS', STEM .. ':run:' .. creating) == 1 then return 'busy' end
  redis.call('SET', STEM .. ':creating', ARGV[3])
elseif creating == ARGV[3] then
  redis.call('DEL', STEM .. ':creating')
end
if ARGV[4] ~= ARGV[5] then redis.call('HSET', run_key, 'state', ARGV[5], 'since', now) end
if ARGV[4] == 'file' and ARGV[5] == 'created' then redis.call('HSET', run_key, 'created_since', now) end
for i = 6, #ARGV, 2 do
  redis.call('HSET', run_key, ARGV[i], ARGV[i + 1])
  if ARGV[i] == 'batch' and ARGV[i + 1] ~= '' then 
    redis.call('ZADD', STEM .. ':owned', now, ARGV[i + 1])
    redis.call('ZREMRANGEBYSCORE', STEM .. ':owned', '-inf', now - OWNED_FOR_MS)
  end
end
return 'ok'
