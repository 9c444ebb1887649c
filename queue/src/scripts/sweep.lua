-- Looks which of many queues have work, for those that nobody hinted at: producers' jobs, and delayed ones.
-- The queues are named in ARGV, not in KEYS: they lie in many slots. On Redis Cluster each needs a call of its own.
-- ARGV: names of functions
-- Gives, for each with anything in it: index, "1" where jobs wait (async, sync), "1" where some are active (async,
--   sync), and when the first delayed one is due (0: none).
local found = {}
for index, name in ipairs(ARGV) do
  local async = "mayfly:{" .. name .. "}:"
  local sync = "mayfly:{" .. name .. "}-sync:"
  if redis.call("EXISTS", async .. "wait", async .. "prioritized", async .. "delayed", async .. "active",
      sync .. "wait", sync .. "active") > 0 then
    local delayed = redis.call("ZRANGE", async .. "delayed", 0, 0, "WITHSCORES")
    found[#found + 1] = {
      index - 1,
      redis.call("EXISTS", async .. "wait", async .. "prioritized") > 0 and 1 or 0,
      redis.call("EXISTS", sync .. "wait") > 0 and 1 or 0,
      redis.call("EXISTS", async .. "active") > 0 and 1 or 0,
      redis.call("EXISTS", sync .. "active") > 0 and 1 or 0,
      -- BullMQ's score holds the time in milliseconds above twelve bits that keep the order.
      delayed[2] and math.floor(tonumber(delayed[2]) / 4096) or 0,
    }
  end
end
return found
