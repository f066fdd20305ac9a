-- Functions that the limiter's scripts share; prepended to each of them when they are loaded.
-- Time is Redis TIME in whole microseconds, so that no client's clock matters.
--
-- State hash:   ran, clock                  when a script last ran; the lease clock (microseconds)
--               bucket:<scope>              "<at> <requests> <tokens>": levels at that time, "-" for no such bucket
--               flight:<model>              leases of that model
-- Leases:       sorted set, "<reservation> <model>" by the lease clock at which it expires
-- Grants:       hash, "<reservation> <model>" -> "<slot> <requests> <tokens> <requests> <tokens>":
--               when the call may start, then what provider and model bucket were charged, "-" for nothing
-- Limits:       revision, source, and per scope "<requests capacity> <requests rate> <tokens capacity>
--               <tokens rate> <tokens at most> <concurrency>" (rates per microsecond, "-" for no limit)

local function read_time()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

local function whole(number)
  return string.format('%.0f', number)
end

local function exact(number)
  if not number then return '-' end
  return string.format('%.17g', number)
end

-- The lease clock runs only while scripts run: a pause longer than a renewal interval counts as one interval.
-- So an outage of Redis, during which nobody can renew, expires nothing, and neither does a jump of its clock.
local function advance_clock(state_key, now, renew_every)
  local times = redis.call('HMGET', state_key, 'ran', 'clock')
  local step = now - (tonumber(times[1]) or now)
  if step < 0 then step = 0 end
  if step > renew_every then step = renew_every end
  local clock = (tonumber(times[2]) or 0) + step
  redis.call('HSET', state_key, 'ran', whole(now), 'clock', whole(clock))
  return clock
end

local function leave_flight(state_key, model)
  if redis.call('HINCRBY', state_key, 'flight:' .. model, -1) <= 0 then
    redis.call('HDEL', state_key, 'flight:' .. model)
  end
end

local function model_of(member)
  return string.sub(member, string.find(member, ' ', 1, true) + 1)
end
