-- include: clock, backlog, pace, release, forecast
-- How much waits at a provider, and how fast it goes.
-- KEYS: 1 stem of the provider's backlog
-- Returns: {name, value, …}: for each tier '<tier>' tickets that wait, '<tier>:cost' their tokens, '<tier>:oldest' ms
--          that the first of them waits, '<tier>:drain' ms until all have gone (-1: unknown); 'delayed', 'ready',
--          'capacity', 'inflight', 'workers'; 'rate' and 'token_rate' drained per second × 1000
local now = now_ms()
local capacity, inflight, served, workers = survey(now)
local counts = {}
local function tell(name, value)
  counts[#counts + 1] = name
  counts[#counts + 1] = value
end
for _, tier in ipairs(TIERS) do
  local waiting, cost = load_of(tier)
  local oldest = redis.call('ZRANGE', STEM .. ':since:' .. tier, 0, 0, 'WITHSCORES')[2]
  tell(tier, waiting)
  tell(tier .. ':cost', cost)
  tell(tier .. ':oldest', oldest and math.max(0, now - tonumber(oldest)) or 0)
  local beside, beside_cost = beside_tier(tier, cost, served)
  tell(tier .. ':drain', waiting == 0 and 0 or (served[tier] and time_for(now, waiting + beside, cost + beside_cost) or -1))
end
tell('delayed', redis.call('ZCARD', STEM .. ':delayed'))
tell('ready', redis.call('ZCARD', STEM .. ':ready'))
tell('capacity', capacity)
tell('inflight', inflight)
tell('workers', workers)
local rate, token_rate = drain_rate(now)
tell('rate', math.floor(rate * 1000))
tell('token_rate', math.floor(token_rate * 1000))
return counts
