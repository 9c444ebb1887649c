-- Counts the jobs of one function over both lanes.
-- KEYS: wait, paused, active, delayed, prioritized, failed, completed of the one lane, then of the other
-- ARGV: prefix of the keys of the one lane, of the other
-- Gives: waiting, active, delayed, prioritized, failed, completed, and when the oldest waiting one was made (0: none).
local count = { 0, 0, 0, 0, 0, 0 }
local oldest = 0
for lane = 0, 1 do
  local at = lane * 7
  count[1] = count[1] + redis.call("LLEN", KEYS[at + 1]) + redis.call("LLEN", KEYS[at + 2])
  count[2] = count[2] + redis.call("LLEN", KEYS[at + 3])
  for i = 3, 6 do count[i] = count[i] + redis.call("ZCARD", KEYS[at + i + 1]) end
  local first = redis.call("LINDEX", KEYS[at + 1], -1) or redis.call("ZRANGE", KEYS[at + 5], 0, 0)[1]
  local made = first and tonumber(redis.call("HGET", ARGV[lane + 1] .. first, "timestamp") or 0) or 0
  if made > 0 and (oldest == 0 or made < oldest) then oldest = made end
end
count[7] = oldest
return count
