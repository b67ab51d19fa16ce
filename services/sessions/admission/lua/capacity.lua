-- → {workers, slots, slots in use}; the free slots of a draining worker do not count
purge()
local workers, slots, busy = 0, 0, 0
for _, worker in ipairs(redis.call('ZRANGE', P .. ':workers', 0, -1)) do
  local info = redis.call('HGET', P .. ':info', worker)
  if info then
    info = cjson.decode(info)
    local taken = used(worker)
    workers, busy = workers + 1, busy + taken
    slots = slots + (info[3] and taken or math.max(info[2], taken))
  end
end
return {workers, slots, busy}
