-- Keeps an endpoint's record of failures, and disables it when it is gone, or when nothing arrived for long.
-- KEYS: 1 endpoint hash
-- ARGV: 1 'arrived' | 'failed' | 'gone', 2 ms of nothing but failures that disable it
-- A failure that comes later than that after the one before begins anew: a receiver that is called once a week and
-- fails twice has not failed all week.
-- Returns: 'disabled' when it is disabled by this, else 'none'
local state = redis.call('HMGET', KEYS[1], 'record', 'disabled', 'failing_since', 'last_failure')
if not state[1] then return 'none' end
if ARGV[1] == 'arrived' then
  if state[3] then redis.call('HDEL', KEYS[1], 'failing_since', 'last_failure') end
  return 'none'
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window = tonumber(ARGV[2])
local since = tonumber(state[3] or now)
if state[4] and now - tonumber(state[4]) > window then since = now end
redis.call('HSET', KEYS[1], 'failing_since', since, 'last_failure', now)
if state[2] then return 'none' end
local reason = ARGV[1] == 'gone' and 'gone' or (now - since >= window and 'failing') or nil
if not reason then return 'none' end
redis.call('HSET', KEYS[1], 'disabled', reason, 'disabled_at', now, 'notice', '1')
return 'disabled'
