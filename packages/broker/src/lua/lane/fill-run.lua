-- include: clock, lane
-- Moves tickets from the pool into a run that is not sealed, those that are due first; the run owns them from then on.
-- Seals it when nothing more fits or waits: its lines are then known.
-- KEYS: 1 stem of the provider's batch lane
-- ARGV: 1 pool, 2 fence, 3 run, 4 tickets in one go, 5 most lines, 6 most bytes, 7 most tokens (0: any),
--       8 how many times as long as the first may others still have
-- Returns: {lines of the run, '1' when it is sealed}, or {-1} when another leads
local now = now_ms()
local run_key = STEM .. ':run:' .. ARGV[3]
if not leads(ARGV[1], ARGV[2], now) then return { -1 } end
local state = redis.call('HMGET', run_key, 'state', 'sealed', 'lines', 'bytes', 'tokens', 'deadline')
if not state[1] then return { -1 } end
local lines, bytes, tokens = tonumber(state[3]), tonumber(state[4]), tonumber(state[5])
if state[1] ~= 'intent' or state[2] then return { lines, '1' } end
local max_lines, max_bytes, max_tokens = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local first, sealed, last = tonumber(state[6] or '0'), false, 0
local tickets = redis.call('ZRANGE', STEM .. ':pool:' .. ARGV[1], 0, tonumber(ARGV[4]) - 1)
if #tickets < tonumber(ARGV[4]) then sealed = true end
for _, ticket in ipairs(tickets) do
  local meta = meta_of(ticket)
  if first == 0 then first = meta.deadline end
  local fits = lines < max_lines and bytes + meta.bytes <= max_bytes and (max_tokens == 0 or tokens + meta.tokens <= max_tokens)
  -- One that has far more time than the first would be hurried by it.
  if not fits or meta.deadline - now > math.max(0, first - now) * tonumber(ARGV[8]) then
    sealed = true
    break
  end
  take_from_pool(ticket, meta)
  meta.run = ARGV[3]
  set_meta(ticket, meta)
  redis.call('RPUSH', STEM .. ':lines:' .. ARGV[3], ticket)
  lines, bytes, tokens, last = lines + 1, bytes + meta.bytes, tokens + meta.tokens, meta.deadline
end
redis.call('HSET', run_key, 'lines', lines, 'bytes', bytes, 'tokens', tokens, 'deadline', first)
if sealed then redis.call('HSET', run_key, 'sealed', 1) end
return { lines, sealed and '1' or '0' }
