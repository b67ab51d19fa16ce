-- session, tenant, limit, ttl_ms → {'admitted', worker, agent name} | {'limit'} | {'full'} | {'empty'}
local session, tenant, limit, ttl_ms = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if redis.call('EXISTS', P .. ':ready') == 0 then return {'empty'} end
purge()
local held = redis.call('HGET', P .. ':held', session)
if held then
  held = cjson.decode(held)
  return {'admitted', held[1], held[3]}
end
if redis.call('SCARD', P .. ':tenant:' .. tenant) >= limit then return {'limit'} end
local worker, agent_name = choose('')
if not worker then return {'full'} end
put(session, worker, tenant, agent_name, ttl_ms)
return {'admitted', worker, agent_name}
