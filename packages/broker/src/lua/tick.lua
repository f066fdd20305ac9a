-- include: clock, release
-- A worker says that it lives, what it can take, and which ready tickets it holds.
-- KEYS: 1 stem of the provider's backlog
-- ARGV: 1 shares, 2 worker, 3 capacity (0: it leaves), 4 calls in flight, 5 ms until it counts as dead, 6 tiers,
--       7 requests/s allowed (0: no limit), 8 tokens/s allowed, 9 concurrency allowed, 10… tickets that it holds
-- Returns: see release()
local now = now_ms()
if ARGV[3] == '0' then
  redis.call('HDEL', STEM .. ':workers', ARGV[2])
else
  redis.call('HSET', STEM .. ':workers', ARGV[2], ARGV[3] .. '|' .. ARGV[4] .. '|' .. (now + tonumber(ARGV[5])) .. '|' .. ARGV[6])
  redis.call('HSET', STEM .. ':pace', 'rate', ARGV[7], 'token_rate', ARGV[8], 'slots', ARGV[9])
end
for i = 10, #ARGV do
  redis.call('ZADD', STEM .. ':ready', 'XX', now, ARGV[i])
end
return release(now, parse_shares(ARGV[1]))
