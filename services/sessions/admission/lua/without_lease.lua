-- sessions → {age of the leases in ms, or -1 when Redis is empty, then each of the sessions that has no lease}
local ready = redis.call('GET', P .. ':ready')
local answer = {ready and NOW - ready or -1}
for _, session in ipairs(ARGV) do
  local ends = redis.call('ZSCORE', P .. ':leases', session)
  if not ends or tonumber(ends) <= NOW then answer[#answer + 1] = session end
end
return answer
