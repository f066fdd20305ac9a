-- include: clock, breaker, health
-- An administrator's word about breakers.
-- KEYS: 1 stem of the provider's health
-- ARGV: 1 'open' | 'closed' | 'auto', 2 control channel, 3 provider, 4… fields
-- Returns: breakers after it, in the order of the fields
local now = now_ms()
local after = {}
for i = 4, #ARGV do
  local before = redis.call('HGET', STEM .. ':breakers', ARGV[i])
  local breaker = decode_breaker(before)
  force_breaker(breaker, ARGV[1], now)
  after[#after + 1] = store_breaker(ARGV[i], breaker, before, ARGV[2], ARGV[3])
end
return after
