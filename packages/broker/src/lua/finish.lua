-- include: clock, append-event, events
-- The one way to end a job: compare-and-set, result, event and outbox in one step. A terminal state is final.
-- Two attempts are open when a batch was not waited for (hedged): the first to finish wins.
-- KEYS: 1 job hash, 2 events list, 3 outbox list
-- ARGV: 1 condition: 'attempt' (2 must be an open one) | 'turn' (2 must be the turn, no attempt needed) |
--       'deadline' (it must have passed) | 'any'
--       2 attempt or turn, 3 end of the attempt (JSON members without status when it may be somebody else's),
--       4 status, 5 result JSON or '', 6 error JSON or '', 7 JSON members of the event or '', 8 warnings or '',
--       9 milliseconds to keep the job, 10 '1': drop the request, 11 outbox entry for the job's batch or ''
-- Returns: {'finished', outbox entry, …} | {'fenced', status or ''}
local state = redis.call('HMGET', KEYS[1], 'status', 'turn', 'open', 'deadline', 'hedged')
local status = state[1]
if not status then return { 'fenced', '' } end
local now = now_ms()
local condition = ARGV[1]
local open = tonumber(state[3])
local hedged = tonumber(state[5] or '0')
local by_hedged = condition == 'attempt' and hedged > 0 and state[5] == ARGV[2]
local running = status == 'queued' or status == 'in_progress'
local met = running and (condition == 'any'
  or (condition == 'attempt' and state[3] == ARGV[2] and open > 0)
  or by_hedged
  or (condition == 'turn' and state[2] == ARGV[2])
  or (condition == 'deadline' and now >= tonumber(state[4])))
if not met then
  if condition == 'attempt' then redis.call('HSET', KEYS[1], 'late:' .. ARGV[2], ARGV[3]) end
  return { 'fenced', status }
end
local function close(n, ending)
  if n > 0 then redis.call('HSET', KEYS[1], 'z:' .. n, '"finished_at":"' .. iso(now) .. '",' .. ending) end
end
if by_hedged then
  -- The batch was first: the live call that runs beside it is told to stop, and what it cost is booked when it comes.
  close(hedged, ARGV[3])
  close(open, '"status":"cancelled"')
else
  close(open, ARGV[3])
  close(hedged, '"status":"abandoned"')
end
redis.call('HSET', KEYS[1], 'status', ARGV[4], 'owner', 'outbox', 'open', 0, 'hedged', 0, 'finished', now, 'ttl', ARGV[9])
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'result', ARGV[5]) end
if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'error', ARGV[6]) end
if ARGV[8] ~= '' then redis.call('HSET', KEYS[1], 'warnings', ARGV[8]) end
if ARGV[10] == '1' then redis.call('HDEL', KEYS[1], 'request') end
local seq = push_event('job.' .. ARGV[4], now, ARGV[7] == '' and '' or ',' .. ARGV[7])
if ARGV[11] ~= '' then redis.call('RPUSH', KEYS[3], ARGV[11]) end
redis.call('RPUSH', KEYS[3], '{"kind":"ended","type":"job.' .. ARGV[4] .. '","seq":' .. seq .. ',"at_ms":' .. now .. '}')
local reply = redis.call('HGET', KEYS[1], 'reply')
if reply then
  -- Whoever waits gets the record with the message and need not read it; a large one is read instead, because
  -- it would fill the subscriber's output buffer.
  local message = { ended = redis.call('HGET', KEYS[1], 'id') }
  if #ARGV[5] <= 262144 then
    message.fields = {}
    local hash = redis.call('HGETALL', KEYS[1])
    for i = 1, #hash, 2 do
      if hash[i] ~= 'request' then
        message.fields[#message.fields + 1] = hash[i]
        message.fields[#message.fields + 1] = hash[i + 1]
      end
    end
  end
  redis.call('PUBLISH', reply, cjson.encode(message))
end
return { 'finished', unpack(redis.call('LRANGE', KEYS[3], 0, -1)) }
