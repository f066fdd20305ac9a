-- Takes deliveries that are due, lanes in turn, each within its own concurrency, rate and rest after failures.
-- A lane is unproven until it has delivered something, and failing while it is unproven and has failed, or has failed
-- three times in a row. Each kind shares what the caller sets aside for it, so that receivers that hang hold neither
-- every place nor those that new ones need.
-- KEYS: 1 stem of the lanes
-- ARGV: 1 how many at most, 2 how many of unproven lanes, 3 lease in ms, 4 concurrency of lanes that name none,
--       5 failures in a row after which a lane rests, 6 how many of failing lanes, which count as unproven too
-- Returns: {ms until there may be more, lane, delivery, 'proven' | 'unproven' | 'failing', lane, delivery, …}
local stem = KEYS[1]
local wanted, unproven_left, lease = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local usual, limit_of_failures, failing_left = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local NEVER = 9e15
local MAX_LANES = 128
local FIRST_CONCURRENCY = 1

local lanes = redis.call('ZRANGEBYSCORE', stem .. ':lanes', '-inf', now, 'LIMIT', 0, MAX_LANES)
local share = math.max(1, math.ceil(wanted / math.max(1, #lanes)))
local taken = {}
local count = 0

local function look(lane)
  local due, busy, state_key = stem .. ':due:' .. lane, stem .. ':busy:' .. lane, stem .. ':state:' .. lane
  -- Their process was lost.
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', busy, '-inf', now, 'LIMIT', 0, 100)) do
    redis.call('ZREM', busy, id)
    redis.call('ZADD', due, 'NX', now, id)
  end
  local state = redis.call('HMGET', state_key, 'failures', 'open_until', 'proven', 'tat')
  local failures, open_until = tonumber(state[1] or '0'), tonumber(state[2] or '0')
  local concurrency, rate = usual, 0
  local own = redis.call('HGET', stem .. ':conf', lane)
  if own then
    local c, r = string.match(own, '^(%d+)|(%d+)$')
    concurrency, rate = tonumber(c), tonumber(r)
    if concurrency == 0 then concurrency = usual end
  end
  local failing = failures >= 3 or (failures > 0 and not state[3])
  local unproven = failing or not state[3]
  local limit = concurrency
  if failures >= limit_of_failures then limit = 1
  elseif failures > 0 then limit = math.max(1, math.floor(concurrency / 2 ^ math.min(failures, 10)))
  elseif not state[3] then limit = math.min(concurrency, FIRST_CONCURRENCY) end
  local not_before = now
  if open_until > now then not_before = open_until end

  local under_way = redis.call('ZCARD', busy)
  local room = math.min(limit - under_way, share, wanted - count)
  if unproven then
    local left = failing and math.min(unproven_left, failing_left) or unproven_left
    if room > left then not_before = math.max(not_before, now + 50) end
    room = math.min(room, left)
  end
  local interval, tat = 0, now
  if rate > 0 then
    -- A second's worth may go at once; tat is when the lane will have paid for what went.
    interval = 1000 / rate
    tat = math.max(tonumber(state[4] or '0'), now)
    local affordable = math.floor((now + 1000 - tat) / interval + 1e-6)
    if affordable < 1 then not_before = math.max(not_before, math.ceil(tat + interval - 1000)) end
    room = math.min(room, math.max(0, affordable))
  end
  if open_until > now then room = 0 end
  if room > 0 then
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, room)) do
      redis.call('ZREM', due, id)
      redis.call('ZADD', busy, now + lease, id)
      taken[#taken + 1] = lane
      taken[#taken + 1] = id
      taken[#taken + 1] = failing and 'failing' or unproven and 'unproven' or 'proven'
      count = count + 1
      under_way = under_way + 1
      tat = tat + interval
      if unproven then unproven_left = unproven_left - 1 end
      if failing then failing_left = failing_left - 1 end
    end
    if rate > 0 then redis.call('HSET', state_key, 'tat', tat) redis.call('PEXPIRE', state_key, 86400000) end
  end

  local first = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
  local lapse = redis.call('ZRANGE', busy, 0, 0, 'WITHSCORES')
  if not first[1] and not lapse[1] then
    redis.call('ZREM', stem .. ':lanes', lane)
    return
  end
  local wake = first[2] and math.max(tonumber(first[2]), not_before) or NEVER
  -- Whoever gives a place back wakes the lane.
  if under_way >= limit then wake = NEVER end
  if lapse[2] then wake = math.min(wake, tonumber(lapse[2])) end
  redis.call('ZADD', stem .. ':lanes', math.max(wake, now), lane)
end

for _, lane in ipairs(lanes) do
  if count >= wanted then break end
  look(lane)
end
local next_lane = redis.call('ZRANGE', stem .. ':lanes', 0, 0, 'WITHSCORES')
local pause = next_lane[2] and math.max(0, math.floor(tonumber(next_lane[2]) - now)) or 60000
-- Others may take what is left.
if pause == 0 and redis.call('LLEN', stem .. ':bell') == 0 then
  redis.call('LPUSH', stem .. ':bell', 1)
  redis.call('PEXPIRE', stem .. ':bell', 10000)
end
return { math.min(pause, 60000), unpack(taken) }
