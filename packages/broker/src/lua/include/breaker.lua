-- The circuit breaker of one model in one lane: the same machine as breaker-transitions.ts of the core, which says what
-- each step means; a test compares the two. Nothing here reads a clock or a key.
-- A breaker is stored as 13 fields with '|' between them, see BREAKER_FIELDS; without one it is NEW_BREAKER.
-- A policy comes as JSON, see encode-breaker-policy.ts.
local ASK_AGAIN_MS = 500
local BREAKER_FIELDS = { 'state', 'epoch', 'openings', 'forced', 'since', 'until', 'row', 'step', 'credit', 'admitted',
  'succeeded', 'calls', 'failures' }

local function decode_breaker(text)
  local breaker = { state = 'closed', forced = '' }
  for _, name in ipairs(BREAKER_FIELDS) do
    if name ~= 'state' and name ~= 'forced' then breaker[name] = 0 end
  end
  if not text then return breaker end
  local at = 1
  for part in string.gmatch(text .. '|', '([^|]*)|') do
    local name = BREAKER_FIELDS[at]
    if name == 'state' or name == 'forced' then
      breaker[name] = part
    elseif name then
      breaker[name] = tonumber(part) or 0
    end
    at = at + 1
  end
  return breaker
end

local function encode_breaker(breaker)
  local parts = {}
  for at, name in ipairs(BREAKER_FIELDS) do
    local value = breaker[name]
    parts[at] = type(value) == 'number' and string.format('%.0f', value) or value
  end
  return table.concat(parts, '|')
end

local function set_closed(breaker, since)
  breaker.state, breaker.since, breaker['until'], breaker.row = 'closed', since, 0, 0
  breaker.step, breaker.credit, breaker.admitted, breaker.succeeded, breaker.calls, breaker.failures = 0, 0, 0, 0, 0, 0
end

local function set_open(breaker, since, until_ms)
  set_closed(breaker, since)
  breaker.state, breaker['until'] = 'open', until_ms
end

local function new_step(breaker, since)
  breaker.since, breaker.credit, breaker.admitted, breaker.succeeded = since, 1000, 0, 0
end

local function set_step(breaker, step, since, policy)
  if step >= #policy.ramp then return set_closed(breaker, since) end
  breaker.step = step
  new_step(breaker, since)
end

local function share_of_step(breaker, policy)
  return policy.ramp[breaker.step + 1] or 1000
end

local function advance_breaker(breaker, now, policy)
  while breaker.state == 'ramping' do
    local idle = breaker.admitted == 0
    if now - breaker.since < policy.step or not (idle or breaker.succeeded > 0) then break end
    set_step(breaker, breaker.step + 1, idle and breaker.since + policy.step or now, policy)
  end
end

local function open_breaker(breaker, now, policy)
  local settled = breaker.state == 'closed' and now - breaker.since > policy.longest
  breaker.openings = settled and 1 or breaker.openings + 1
  breaker.epoch = breaker.epoch + 1
  local grown = policy.cooldown * policy.factor ^ math.min(breaker.openings - 1, 50)
  set_open(breaker, now, now + math.floor(math.min(policy.longest, grown)))
end

-- Returns 'normal' | 'probe' | 'ramp', or 'refused' and the milliseconds until it makes sense to ask again.
local function admit_call(breaker, now, policy)
  advance_breaker(breaker, now, policy)
  if breaker.forced == 'open' then return 'refused', ASK_AGAIN_MS end
  if breaker.forced == 'closed' or breaker.state == 'closed' then return 'normal' end
  if breaker.state == 'open' then
    if now < breaker['until'] then return 'refused', breaker['until'] - now end
    breaker.state, breaker.since, breaker['until'] = 'half_open', now, now + policy.probe
    return 'probe'
  end
  if breaker.state == 'half_open' then
    if now < breaker['until'] then return 'refused', ASK_AGAIN_MS end
    breaker['until'] = now + policy.probe
    return 'probe'
  end
  local share = share_of_step(breaker, policy)
  if share >= 1000 then return 'normal' end
  local left = breaker.since + policy.step - now
  if left <= 0 then
    new_step(breaker, now)
    left = policy.step
  end
  breaker.credit = breaker.credit + share
  if breaker.credit < 1000 then return 'refused', left end
  breaker.credit = breaker.credit - 1000
  breaker.admitted = breaker.admitted + 1
  return 'ramp'
end

-- `calls` and `failures` are those of the window, this one included.
local function record_verdict(breaker, verdict, epoch, calls, failures, now, policy)
  advance_breaker(breaker, now, policy)
  if breaker.forced ~= '' or epoch ~= breaker.epoch then return end
  if breaker.state == 'closed' and verdict ~= 'neutral' then
    breaker.row = verdict == 'ok' and 0 or breaker.row + 1
    local too_many = calls >= policy.calls and failures > policy.rate * calls
    if verdict == 'failed' and policy.enabled and (too_many or breaker.row >= policy.row) then
      open_breaker(breaker, now, policy)
    end
  elseif breaker.state == 'half_open' then
    if verdict == 'failed' then
      open_breaker(breaker, now, policy)
    elseif verdict == 'neutral' then
      breaker['until'] = 0
    else
      set_closed(breaker, now)
      breaker.state = 'ramping'
      set_step(breaker, 0, now, policy)
    end
  elseif breaker.state == 'ramping' then
    if verdict == 'neutral' then
      if share_of_step(breaker, policy) < 1000 and breaker.admitted > 0 then
        breaker.credit = breaker.credit + 1000
        breaker.admitted = breaker.admitted - 1
      end
      return
    end
    breaker.calls = breaker.calls + 1
    if verdict == 'ok' then
      breaker.succeeded = breaker.succeeded + 1
      breaker.row = 0
    else
      breaker.failures = breaker.failures + 1
      breaker.row = breaker.row + 1
      if breaker.failures > policy.rate * breaker.calls or breaker.row >= policy.row then
        return open_breaker(breaker, now, policy)
      end
    end
    advance_breaker(breaker, now, policy)
  end
end

local function force_breaker(breaker, to, now)
  if to ~= 'auto' then
    breaker.forced = to
    if to == 'open' then breaker.epoch = breaker.epoch + 1 end
  elseif breaker.forced == 'open' then
    breaker.forced = ''
    set_open(breaker, now, now)
  elseif breaker.forced == 'closed' then
    breaker.forced, breaker.openings = '', 0
    set_closed(breaker, now)
  end
end
