-- include: clock, append-event, batch-events
-- Counts ended lines of a batch, each once. Tells of the progress at most once a second.
-- KEYS: 1 batch hash, 2 events list, 3 outbox list, 4 bitmap of ended lines, 5 bitmap of lines without an answer
-- ARGV: line, status, input, cached, output and reasoning tokens, cost in US dollars; repeated
-- Returns: 'counted' | 'all_ended' | 'gone'
local state = redis.call('HMGET', KEYS[1], 'status', 'total', 'all_queued', 'told')
if not state[1] then return 'gone' end
local changed = false
for i = 1, #ARGV, 7 do
  local bit, status = tonumber(ARGV[i]) - 1, ARGV[i + 1]
  if redis.call('SETBIT', KEYS[4], bit, 1) == 0 then
    changed = true
    redis.call('HINCRBY', KEYS[1], 'ended', 1)
    if status == 'completed' then
      redis.call('HINCRBY', KEYS[1], 'completed', 1)
    else
      redis.call('SETBIT', KEYS[5], bit, 1)
      redis.call('HINCRBY', KEYS[1], 'failed', 1)
      if status ~= 'failed' then redis.call('HINCRBY', KEYS[1], status, 1) end
    end
    redis.call('HINCRBY', KEYS[1], 'input', ARGV[i + 2])
    redis.call('HINCRBY', KEYS[1], 'cached', ARGV[i + 3])
    redis.call('HINCRBY', KEYS[1], 'output', ARGV[i + 4])
    redis.call('HINCRBY', KEYS[1], 'reasoning', ARGV[i + 5])
    if ARGV[i + 6] ~= '0' then redis.call('HINCRBYFLOAT', KEYS[1], 'cost', ARGV[i + 6]) end
  end
end
local now = now_ms()
local total = tonumber(state[2])
local all = state[3] == '1' and tonumber(redis.call('HGET', KEYS[1], 'ended')) >= total
if all and state[1] == 'in_progress' then
  redis.call('HSET', KEYS[1], 'status', 'finalizing', 'at_finalizing', now)
end
if changed and state[1] == 'in_progress' then
  if progress_is_due(state[4], now) then
    push_batch_event('batch.in_progress', now)
  else
    redis.call('HSET', KEYS[1], 'untold', 1)
  end
end
return all and 'all_ended' or 'counted'
