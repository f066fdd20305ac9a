-- include: clock, breaker, health
-- What a call of a provider's model tells about its health: the breaker, the error rate, latencies and pace.
-- KEYS: 1 stem of the provider's health
-- ARGV: 1 policy JSON, 2 lane, 3 model, 4 epoch that it was admitted under, 5 'ok' | 'failed' | 'neutral',
--       6 control channel, 7 provider, 8 tier ('': a probe of the broker's own, which counts for the breaker alone),
--       9 ms to the first token ('': none), 10 ms in all, 11 tokens of the answer
--       12 ms of the window
-- Returns: breaker after it, '' for a new one
local now = now_ms()
local lane, model, verdict, tier, window = ARGV[2], ARGV[3], ARGV[5], ARGV[8], tonumber(ARGV[12])
local field = lane .. '|' .. model
local before = redis.call('HGET', STEM .. ':breakers', field)
if verdict == 'ok' and tier ~= '' then
  local first, total, tokens = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
  if first then count_latency(lane, tier, 'f', first, model, now) end
  if total then count_latency(lane, tier, 't', total, model, now) end
  count_pace(field, first, total and tokens and tokens >= LEAST_TOKENS and total / tokens or nil, now)
end
if verdict == 'ok' and is_untroubled(before, ARGV[4]) then
  count_good_call(field, now, window)
  return before or ''
end

local policy, epoch = cjson.decode(ARGV[1]), tonumber(ARGV[4])
local breaker = decode_breaker(before)
advance_breaker(breaker, now, policy)
if breaker.state == 'closed' and decode_breaker(before).state ~= 'closed' then redis.call('HDEL', STEM .. ':window', field) end
local calls, failures = 0, 0
-- A call of before an opening says nothing of now.
if verdict ~= 'neutral' and epoch == breaker.epoch then
  calls, failures = count_call(field, verdict == 'failed' and 1 or 0, now, window)
end
record_verdict(breaker, verdict, epoch, calls, failures, now, policy)
if not before and encode_breaker(breaker) == encode_breaker(decode_breaker(nil)) then return '' end
return store_breaker(field, breaker, before, ARGV[6], ARGV[7])
