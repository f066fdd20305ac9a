-- One budget under its own hash tag. Money is whole micro-dollars. Needs clock.lua.
-- KEYS: 1 hash: day, day_spent, month, month_spent, reserved; 2 hash job id -> token|reserved|lost|booked
-- A job's calls reserve one after another; what a lost worker left is `lost` until the job has ended.

local function month_of(ms)
  return string.sub(iso(ms), 1, 7)
end

local function day_of(ms)
  return string.sub(iso(ms), 1, 10)
end

-- Spent today, spent this month, reserved.
local function read_budget(now)
  local state = redis.call('HMGET', KEYS[1], 'day', 'day_spent', 'month', 'month_spent', 'reserved')
  return state[1] == day_of(now) and tonumber(state[2]) or 0, state[3] == month_of(now) and tonumber(state[4]) or 0,
    tonumber(state[5] or '0')
end

local function spend(now, amount)
  local day, month = read_budget(now)
  redis.call('HSET', KEYS[1], 'day', day_of(now), 'day_spent', day + amount, 'month', month_of(now), 'month_spent', month + amount)
end

local function reserve(amount)
  redis.call('HINCRBY', KEYS[1], 'reserved', amount)
end

local function job_entry(job)
  local row = redis.call('HGET', KEYS[2], job)
  if not row then return nil end
  local token, reserved, lost, booked = string.match(row, '^([^|]*)|(%d+)|(%d+)|(%d+)$')
  return { token = token, reserved = tonumber(reserved), lost = tonumber(lost), booked = tonumber(booked) }
end

local function store_entry(job, entry)
  redis.call('HSET', KEYS[2], job, string.format('%s|%d|%d|%d', entry.token, entry.reserved, entry.lost, entry.booked))
end
