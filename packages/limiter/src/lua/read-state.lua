-- Reads how the buckets stand; changes nothing.
-- KEYS  1 limits  2 state  3 leases  4 holders  5 queued tokens
-- ARGV  scopes
-- Returns JSON: { inFlight, scopes: { <scope>: { levels: { <dimension>: level }, days, flight, queued, resumeIn, shares } },
--   workers: { <worker>: leases } }; numbers are microseconds, levels and counts

local now = read_time()
local clock = redis.call('HGET', KEYS[2], 'clock') or '0'
local scopes = {}
for _, name in ipairs(ARGV) do
  local scope = open_scope('', name, redis.call('HGET', KEYS[1], name), redis.call('HGET', KEYS[2], 'scope:' .. name))
  refresh(scope, now)
  local levels = {}
  for _, bucket in ipairs(scope.limits.rates) do
    local claim = first_claim(scope.state, bucket.dimension)
    local shortage = (1 - scope.state[bucket.dimension]) / bucket.rate
    levels[bucket.dimension] = {
      level = scope.state[bucket.dimension],
      claimed = claim and claim.filled or 0,
      nextFree = time_until(scope.state, now, claim and 2 * shortage or shortage),
    }
  end
  local days = {}
  for _, daily in ipairs(scope.limits.days) do
    days[daily.dimension] = { used = scope.state[daily.dimension], untilReset = (scope.state.day + 1) * DAY - now }
  end
  scopes[name] = {
    levels = levels,
    days = days,
    claims = scope.state.claims and #scope.state.claims or 0,
    flight = name == 'provider' and redis.call('ZCOUNT', KEYS[3], '(' .. clock, '+inf')
      or tonumber(redis.call('HGET', KEYS[2], 'flight:' .. name)) or 0,
    queued = tonumber(redis.call('HGET', KEYS[5], 'sum:' .. name)) or 0,
    resumeIn = scope.state.resume and math.max(0, scope.state.resume - now) or 0,
    share = share_now(scope.state, now),
  }
end
local workers, holders = {}, redis.call('HGETALL', KEYS[4])
for index = 1, #holders, 2 do
  local worker = string.match(holders[index], '^[^@]+')
  workers[worker] = (workers[worker] or 0) + tonumber(holders[index + 1])
end
return cjson.encode({ scopes = scopes, workers = workers })
