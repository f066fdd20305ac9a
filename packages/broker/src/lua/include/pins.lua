-- The latest time until which any batch needs a file's content; nil when none does any more.
local function pinned_until(file)
  local latest = nil
  local fields = redis.call('HGETALL', file)
  for i = 1, #fields, 2 do
    if string.sub(fields[i], 1, 4) == 'pin:' then
      local untilMs = tonumber(fields[i + 1])
      if untilMs > now_ms() and (not latest or untilMs > latest) then latest = untilMs end
    end
  end
  return latest
end
