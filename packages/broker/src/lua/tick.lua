-- include: clock, backlog, pace, release, policy
-- A worker says that it lives, what it can take, and which tickets it has.
-- KEYS: 1 stem of the provider's backlog
-- ARGV: 1 policy JSON ('': as it is), 2 worker, 3 capacity (0: it leaves), 4 calls in flight, 5 ms until it counts as
--       dead, 6 tiers, 7 requests/s allowed (0: no limit), 8 tokens/s allowed, 9 concurrency allowed,
--       10 limits of models JSON {model: 'requests/s|tokens/s|slots'} ('': as they are), 11… tickets that it has
-- Returns: see release(); {'no policy'} and nothing was done when there is none and none was given
local now = now_ms()
if ARGV[1] ~= '' then store_policy(ARGV[1]) end
if redis.call('EXISTS', STEM .. ':policy') == 0 then return { 'no policy' } end
if ARGV[3] == '0' then
  redis.call('HDEL', STEM .. ':workers', ARGV[2])
else
  redis.call('HSET', STEM .. ':workers', ARGV[2], ARGV[3] .. '|' .. ARGV[4] .. '|' .. (now + tonumber(ARGV[5])) .. '|' .. ARGV[6])
  redis.call('HSET', STEM .. ':pace', 'rate', ARGV[7], 'token_rate', ARGV[8], 'slots', ARGV[9])
  if ARGV[10] ~= '' then
    redis.call('DEL', STEM .. ':limits')
    for model, limits in pairs(cjson.decode(ARGV[10])) do redis.call('HSET', STEM .. ':limits', model, limits) end
  end
end
for i = 11, #ARGV do
  redis.call('ZADD', STEM .. ':ready', 'XX', now, ARGV[i])
  redis.call('ZADD', STEM .. ':running', 'XX', now + RUNNING_MS, ARGV[i])
end
return release(now)
