-- One request, made once, sent for ever. What is sent comes from the environment, so that every subject gets the very same bytes.
wrk.method = 'POST'
wrk.body = os.getenv('CALL_BODY')
for name, value in os.getenv('CALL_HEADERS'):gmatch('([^:\n]+): ([^\n]*)') do wrk.headers[name] = value end

-- In a session every request needs an id of its own; ids below stay what the bench itself has used.
if os.getenv('CALL_OWN_IDS') ~= '' then
  local before, after = wrk.body:match('^(.-"id":)%d+(.*)$')
  local id = os.time() % 100000 * 100000
  function request()
    id = id + 1
    return wrk.format(nil, nil, nil, before .. string.format('%d', id) .. after)
  end
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format('{"calls":%d,"micros":%d,"errors":%d,"p50Ms":%.3f,"p99Ms":%.3f}', summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
