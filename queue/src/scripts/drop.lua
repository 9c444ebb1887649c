-- Sends jobs that wait to the dead letter, some at a time, each with its record.
-- KEYS: wait, paused, prioritized, delayed, failed
-- ARGV: prefix of the queue's keys, prefix of records, prefix of ids in URLs, prefix of the channels of the end, now,
--   reason, outcome, function, milliseconds to keep, most
-- Gives how many there were.
local ids = {}
local most = tonumber(ARGV[10])
local function gather(list, remove)
  for _, id in ipairs(list) do
    ids[#ids + 1] = id
    remove(id)
  end
end
for i = 1, 2 do
  gather(redis.call("LRANGE", KEYS[i], 0, most - #ids - 1), function(id) redis.call("LREM", KEYS[i], 1, id) end)
  if #ids >= most then break end
end
for i = 3, 4 do
  if #ids < most then
    gather(redis.call("ZRANGE", KEYS[i], 0, most - #ids - 1), function(id) redis.call("ZREM", KEYS[i], id) end)
  end
end
for _, id in ipairs(ids) do
  local job = ARGV[1] .. id
  redis.call("HSET", job, "failedReason", ARGV[6], "finishedOn", ARGV[5])
  redis.call("ZADD", KEYS[5], ARGV[5], id)
  local record = ARGV[2] .. id
  local made, options = unpack(redis.call("HMGET", job, "timestamp", "opts"))
  local public = ARGV[3] .. id
  local tenant, version = "", ""
  local readable, said = pcall(function() return cjson.decode(cjson.decode(options).mayfly) end)
  if readable then
    public, tenant, version = id, said.tenant, said.version
    if type(said.sync) == "table" then
      local header = cjson.encode({ id = id, outcome = cjson.decode(ARGV[7]), isHttpResponse = false, timing = cjson.null })
      redis.call("PUBLISH", said.sync.replyTo, header .. "\n")
    end
  end
  redis.call("HDEL", record, "due", "place", "entered", "cancel")
  redis.call("HSET", record, "state", "cancelled", "outcome", ARGV[7], "endedAt", ARGV[5], "function", ARGV[8])
  redis.call("HSETNX", record, "acceptedAt", made or ARGV[5])
  redis.call("HSETNX", record, "tenant", tenant)
  redis.call("HSETNX", record, "version", version)
  redis.call("PEXPIRE", record, ARGV[9])
  redis.call("PUBLISH", ARGV[4] .. public, "")
end
return #ids
