-- include: clock, append-event, events
-- Makes a queued job a line of a provider's batch: opens its next attempt, owned by the run. May be repeated.
-- KEYS: 1 job hash, 2 events list, 3 outbox list
-- ARGV: 1 turn of the ticket, 2 target, 3 JSON members of the attempt without braces, 4 run
-- Returns: {'started', n} | {'gone'} | {'ended'} | {'stale', turn} | {'deadline'}
local state = redis.call('HMGET', KEYS[1], 'status', 'turn', 'deadline', 'open', 'ready_at', 'run:' .. ARGV[4])
local status = state[1]
if not status then return { 'gone' } end
if status ~= 'queued' and status ~= 'in_progress' then return { 'ended' } end
if state[2] ~= ARGV[1] then return { 'stale', tonumber(state[2]) } end
if state[6] then
  if state[6] == state[4] then return { 'started', tonumber(state[6]) } end
  return { 'stale', tonumber(state[2]) }
end
local now = now_ms()
if now >= tonumber(state[3]) then return { 'deadline' } end
if status ~= 'queued' then return { 'stale', tonumber(state[2]) } end
local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
local wait = math.max(0, now - tonumber(state[5]))
redis.call('HSET', KEYS[1], 'status', 'in_progress', 'owner', 'provider_batch', 'run', ARGV[4], 'run:' .. ARGV[4], n, 'open', n,
  'a:' .. n, '"n":' .. n .. ',"started_at":"' .. iso(now) .. '","queue_wait_ms":' .. wait .. ',' .. ARGV[3])
redis.call('HSETNX', KEYS[1], 'started', now)
push_event('job.started', now, ',"target":' .. ARGV[2] .. ',"attempt":' .. n)
return { 'started', n }
