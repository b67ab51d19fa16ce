-- session, tenant, limit, ttl_ms → {'admitted', worker, address} | {'limit'} | {'full'} | {'empty'}
local session, tenant, limit, ttl_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if redis.call('EXISTS', P .. ':ready') == 0 then return {'empty'} end
purge()
local held = redis.call('HGET', P .. ':held', session)
if held then
  held = cjson.decode(held)
  local info = redis.call('HGET', P .. ':info', held[1])
  return {'admitted', held[1], info and cjson.decode(info)[1] or ''}
end
if redis.call('SCARD', P .. ':tenant:' .. tenant) >= limit then return {'limit'} end
local worker, address = choose('')
if not worker then return {'full'} end
put(session, worker, tenant, ttl_ms)
return {'admitted', worker, address}
