-- Keeps a version and makes it the latest, unless the name is another tenant's or the code has gone.
-- KEYS: latest, versions, artifact, users of the artifact
-- ARGV: name, version, tenant, the version as JSON, channel
local current = redis.call("HGET", KEYS[1], ARGV[1])
if current and cjson.decode(current).tenant ~= ARGV[3] then return "taken" end
if redis.call("EXISTS", KEYS[3]) == 0 then return "noArtifact" end
local answer = "created"
local kept = redis.call("HGET", KEYS[2], ARGV[2])
if kept then
  answer = "known"
else
  redis.call("HSET", KEYS[2], ARGV[2], ARGV[4])
  redis.call("SADD", KEYS[4], ARGV[1] .. "@" .. ARGV[2])
end
redis.call("HSET", KEYS[1], ARGV[1], kept or ARGV[4])
redis.call("PUBLISH", ARGV[5], ARGV[1])
return answer
