-- Sends the request bodies of a file, one a line, from START on; counts responses with errors.
local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

function init(args)
  wrk.method = "POST"
  wrk.headers["content-type"] = "application/json"
  wrk.headers[os.getenv("HEADER")] = os.getenv("CREDENTIAL")
  bodies = {}
  for body in io.lines(os.getenv("BODIES")) do
    bodies[#bodies + 1] = body
  end
  sent, errors, told = tonumber(os.getenv("START")), 0, ""
end

function request()
  sent = sent + 1
  return wrk.format(nil, nil, nil, bodies[(sent - 1) % #bodies + 1])
end

function response(status, headers, body)
  if status < 200 or status > 299 or body:find('"errors"', 1, true) then
    errors, told = errors + 1, body
  end
end

function done(summary, latency, requests)
  local thread = threads[1]
  local lost = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  print(string.format("sent=%d done=%d microseconds=%d errors=%d lost=%d p50=%d p99=%d", thread:get("sent"),
    summary.requests, summary.duration, thread:get("errors"), lost, latency:percentile(50), latency:percentile(99)))
  print("told=" .. thread:get("told"))
end
