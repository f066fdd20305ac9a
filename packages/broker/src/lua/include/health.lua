-- Health of a provider's models. Needs clock.lua and breaker.lua.
-- KEYS[1] is the stem of the provider's keys; all of them carry the hash tag {provider}. A field is '<lane>|<model>'.
--   :breakers        hash field -> breaker
--   :window          hash field -> 'bucket:calls:failures,…' of the counted calls
--   :pace            hash field -> see count_pace()
--   :latency:<min>   hash '<lane>|<tier>|f or t|<bucket>|<model>' -> calls; first tokens and totals of one minute
local STEM = KEYS[1]
local WINDOW_BUCKETS = 12
local LATENCY_KEPT_MS = 6 * 60000
-- Each bucket of latencies is 15 % wider than the one before.
local LOG_GROWTH = math.log(1.15)
local LEAST_TOKENS = 16

local function load_breaker(field)
  return decode_breaker(redis.call('HGET', STEM .. ':breakers', field))
end

-- Stores what has changed and tells every process. A breaker that closes forgets the calls of before.
local function store_breaker(field, breaker, before, channel, provider)
  local text = encode_breaker(breaker)
  if text == before then return text end
  redis.call('HSET', STEM .. ':breakers', field, text)
  local was = decode_breaker(before)
  if was.state ~= 'closed' and breaker.state == 'closed' then redis.call('HDEL', STEM .. ':window', field) end
  if was.state ~= breaker.state or was.step ~= breaker.step or was.forced ~= breaker.forced or was.epoch ~= breaker.epoch then
    redis.call('PUBLISH', channel,
      cjson.encode({ type = 'breaker', provider = provider, field = field, breaker = text }))
  end
  return text
end

-- Counts a call in the sliding window. Returns calls and failures of the window.
local function count_call(field, failed, now, window_ms)
  local bucket = math.floor(now / (window_ms / WINDOW_BUCKETS))
  local calls, failures, kept, found = 0, 0, {}, false
  local function keep(at, c, f)
    calls, failures = calls + c, failures + f
    kept[#kept + 1] = string.format('%.0f:%.0f:%.0f', at, c, f)
  end
  local text = redis.call('HGET', STEM .. ':window', field)
  for at, c, f in string.gmatch(text or '', '(%d+):(%d+):(%d+)') do
    at, c, f = tonumber(at), tonumber(c), tonumber(f)
    if at == bucket then
      found = true
      keep(at, c + 1, f + failed)
    elseif at > bucket - WINDOW_BUCKETS and at < bucket then
      keep(at, c, f)
    end
  end
  if not found then keep(bucket, 1, failed) end
  redis.call('HSET', STEM .. ':window', field, table.concat(kept, ','))
  return calls, failures
end

-- The same for a call that went well while nobody asks for the sums: mostly only the newest bucket changes.
local function count_good_call(field, now, window_ms)
  local bucket = math.floor(now / (window_ms / WINDOW_BUCKETS))
  local text = redis.call('HGET', STEM .. ':window', field)
  local from, _, at, calls, failures = string.find(text or '', '(%d+):(%d+):(%d+)$')
  if not from or tonumber(at) ~= bucket then return count_call(field, 0, now, window_ms) end
  redis.call('HSET', STEM .. ':window', field,
    string.sub(text, 1, from - 1) .. at .. ':' .. string.format('%.0f', calls + 1) .. ':' .. failures)
end

-- Whether a stored breaker is closed, at an epoch, and without a failure to forget: a good call changes nothing of it.
local function is_untroubled(text, epoch)
  if not text then return epoch == '0' end
  return string.find(text, '^closed|' .. epoch .. '|%d+||%d+|0|0|') ~= nil
end

local function count_latency(lane, tier, kind, ms, model, now)
  local bucket = math.max(0, math.floor(math.log(math.max(1, ms)) / LOG_GROWTH))
  local key = STEM .. ':latency:' .. string.format('%.0f', math.floor(now / 60000))
  redis.call('HINCRBY', key, table.concat({ lane, tier, kind, bucket, model }, '|'), 1)
  redis.call('PEXPIRE', key, LATENCY_KEPT_MS)
end

-- Running means, of logarithms, of the time to the first token and of the time for a token: the baseline over some
-- hundreds of calls, and the latest few.
-- Stored: last|first: calls, baseline, latest calls, latest|token: the same four
local function count_pace(field, first_ms, token_ms, now)
  local text = redis.call('HGET', STEM .. ':pace', field)
  local at = {}
  for part in string.gmatch(text or '0|0|0|0|0|0|0|0|0', '[^|]+') do at[#at + 1] = tonumber(part) end
  local pause = now - at[1] > 60000
  local function count(from, value)
    if pause then at[from + 2], at[from + 3] = 0, 0 end
    if not value then return end
    local log = math.log(math.max(0.01, value))
    at[from] = at[from] + 1
    at[from + 1] = at[from + 1] + math.max(1 / at[from], 0.005) * (log - at[from + 1])
    at[from + 2] = at[from + 2] + 1
    at[from + 3] = at[from + 3] + math.max(1 / at[from + 2], 0.2) * (log - at[from + 3])
  end
  count(2, first_ms)
  count(6, token_ms)
  redis.call('HSET', STEM .. ':pace', field, string.format('%.0f|%.0f|%.4f|%.0f|%.4f|%.0f|%.4f|%.0f|%.4f',
    now, at[2], at[3], at[4], at[5], at[6], at[7], at[8], at[9]))
end
