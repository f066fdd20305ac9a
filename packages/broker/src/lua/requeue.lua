-- include: clock, append-event, events
-- The one way to queue a job again: closes the attempt (if one is open) and raises the turn.
-- KEYS: 1 job hash, 2 events list, 3 outbox list
-- ARGV: 1 turn, 2 attempt (0: none was opened), 3 end of the attempt (JSON members; '' when it made no
--       call and is none), 4 target index, 5 round,
--       6 '1' when a round begins, 7 delay in ms, 8 JSON members of the event, 9 warnings (JSON array; '' for none),
--       10 lane from now on ('' for the same)
-- Returns: {'requeued', new turn, ready at} | {'fenced'} (its usage is still booked)
local state = redis.call('HMGET', KEYS[1], 'status', 'turn', 'open', 'n', 'deadline')
local status = state[1]
if not status then return { 'fenced' } end
local now = now_ms()
local n = tonumber(ARGV[2])
if state[2] ~= ARGV[1] or state[3] ~= ARGV[2] or (status ~= 'queued' and status ~= 'in_progress') then
  if n > 0 and ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'late:' .. n, ARGV[3]) end
  return { 'fenced' }
end
if n > 0 and ARGV[3] ~= '' then
  redis.call('HSET', KEYS[1], 'z:' .. n, '"finished_at":"' .. iso(now) .. '",' .. ARGV[3])
elseif n > 0 then
  redis.call('HDEL', KEYS[1], 'a:' .. n)
  redis.call('HINCRBY', KEYS[1], 'n', -1)
end
local lane = ARGV[10] ~= '' and ARGV[10] or redis.call('HGET', KEYS[1], 'lane')
local turn = redis.call('HINCRBY', KEYS[1], 'turn', 1)
local ready = math.min(now + tonumber(ARGV[7]), tonumber(state[5]))
redis.call('HSET', KEYS[1], 'status', 'queued', 'run', '', 'owner', lane == 'batch' and 'collecting' or 'backlog', 'open', 0, 'target_index', ARGV[4], 'round', ARGV[5],
  'ready_at', ready)
if ARGV[10] ~= '' then redis.call('HSET', KEYS[1], 'lane', ARGV[10]) end
if ARGV[6] == '1' then redis.call('HSET', KEYS[1], 'round_first', tonumber(state[4]) + 1) end
if ARGV[9] ~= '' then redis.call('HSET', KEYS[1], 'warnings', ARGV[9]) end
restart_stream(now)
if ARGV[8] ~= '' then push_event('job.requeued', now, ',' .. ARGV[8]) end
return { 'requeued', turn, ready }
