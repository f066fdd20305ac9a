-- include: clock, append-event, events
-- Opens the next attempt of a queued job, or takes over from a worker that was lost. This is the fence: from now on
-- only this attempt's number can add deltas, finish or requeue.
-- KEYS: 1 job hash, 2 events list, 3 outbox list
-- ARGV: 1 turn of the ticket, 2 target, 3 JSON members of the attempt without braces, 4 end of an attempt that is
--       taken over (JSON members)
-- Returns: {'started', n, abandoned attempt or 0} | {'gone'} | {'ended'} | {'stale', turn} | {'deadline'}
local state = redis.call('HMGET', KEYS[1], 'status', 'turn', 'deadline', 'open', 'ready_at')
local status = state[1]
if not status then return { 'gone' } end
if status ~= 'queued' and status ~= 'in_progress' then return { 'ended' } end
if state[2] ~= ARGV[1] then return { 'stale', tonumber(state[2]) } end
local now = now_ms()
if now >= tonumber(state[3]) then return { 'deadline' } end
local lost = tonumber(state[4])
if lost > 0 then
  redis.call('HSET', KEYS[1], 'z:' .. lost, '"status":"abandoned","finished_at":"' .. iso(now) .. '",' .. ARGV[4])
  restart_stream(now)
end
local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
local wait = math.max(0, now - tonumber(state[5]))
redis.call('HSET', KEYS[1], 'status', 'in_progress', 'owner', 'ticket', 'open', n,
  'a:' .. n, '"n":' .. n .. ',"started_at":"' .. iso(now) .. '","queue_wait_ms":' .. wait .. ',' .. ARGV[3])
redis.call('HSETNX', KEYS[1], 'started', now)
push_event('job.started', now, ',"target":' .. ARGV[2] .. ',"attempt":' .. n)
return { 'started', n, lost }
